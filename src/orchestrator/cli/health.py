"""The checks of `orc doctor`. Each looks at one thing and never raises for what it finds."""

from __future__ import annotations

import importlib.util
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from orchestrator.cli.output import CommandError
from orchestrator.cli.place import Place
from orchestrator.cli.text import counted
from orchestrator.config.errors import ConfigError
from trading_tools.audit.key import KEY_VARIABLE, LEAST_KEY_BYTES, audit_key

State = Literal["ok", "warn", "fail"]

OLDEST, NEWEST = (3, 11), (3, 13)
_DISTRIBUTION = "trading-orchestrator"
_TIMEOUT_S = 10.0
# Distributions whose import name is not theirs with an underscore for the hyphen.
_IMPORTED_AS = {"markdown-it-py": "markdown_it", "pyyaml": "yaml", "vcrpy": "vcr"}


@dataclass(frozen=True, slots=True)
class Check:
    """What was found. `fail`: something needed is broken; `warn`: something cannot be used."""

    name: str
    state: State
    found: str
    fix: str = ""


def examine_all(place: Place) -> list[Check]:
    """All checks, the machine's first."""
    found = [_python(), _platform(), *_packages(), _git(), _seal()]
    looks: tuple[Callable[[Place], Check], ...] = (
        _model,
        _project,
        _configuration,
        _trust,
        _agents,
        _ledger,
        _key,
        _user_folder,
    )
    for look in looks:
        try:
            found.append(look(place))
        except (ConfigError, CommandError) as error:
            name = look.__name__.removeprefix("_").replace("_", " ")
            found.append(Check(name, "fail", f"{error.where}: {error.what}", error.fix))
    return found


def _python() -> Check:
    here = ".".join(map(str, sys.version_info[:3]))
    found = f"{here} at {sys.executable}"
    if OLDEST <= sys.version_info[:2] <= NEWEST:
        return Check("python", "ok", found)
    return Check("python", "fail", found, "use Python 3.11, 3.12 or 3.13")


def _platform() -> Check:
    system = platform.system()
    found = f"{system} {platform.release()} {platform.machine()}"
    if system == "Linux":
        return Check("platform", "ok", found)
    if system == "Darwin":
        return Check("platform", "warn", found, "all works but the strong seal, which needs Linux")
    return Check("platform", "fail", found, "use WSL2, Linux or macOS")


def _packages() -> Iterator[Check]:
    """The packages each extra names, from the installed distribution's own list."""
    try:
        named = requires(_DISTRIBUTION) or []
        yield Check("installation", "ok", f"{_DISTRIBUTION} {version(_DISTRIBUTION)}")
    except PackageNotFoundError:
        fix = f"pip install {_DISTRIBUTION}"
        yield Check("installation", "fail", "not installed as a distribution", fix)
        return
    groups: dict[str, list[str]] = {"": []}
    for requirement in named:
        package, _, marker = requirement.partition(";")
        name = package.strip().split("[")[0]
        for sign in "<>=!~ ":
            name = name.split(sign)[0]
        extra = marker.split("extra ==")[-1].strip(" '\"") if "extra ==" in marker else ""
        groups.setdefault(extra, []).append(name.lower())
    groups.pop("dev", None)
    for extra, names in groups.items():
        missing = [name for name in names if not _importable(name)]
        label = f"extra {extra}" if extra else "packages"
        target = f"{_DISTRIBUTION}[{extra}]" if extra else _DISTRIBUTION
        if missing:
            state: State = "warn" if extra else "fail"
            found = f"missing: {', '.join(missing)}"
            yield Check(label, state, found, f"pip install '{target}'")
        else:
            yield Check(label, "ok", ", ".join(names))


def _importable(distribution: str) -> bool:
    module = _IMPORTED_AS.get(distribution, distribution.replace("-", "_"))
    try:
        return importlib.util.find_spec(module) is not None
    except (ImportError, ValueError):
        return False


def _git() -> Check:
    program = shutil.which("git")
    fix = "install git; runs work in a git worktree"
    if program is None:
        return Check("git", "fail", "not found on PATH", fix)
    try:
        said = subprocess.run(
            [program, "--version"], capture_output=True, timeout=_TIMEOUT_S, check=True, text=True
        )
    except (OSError, subprocess.SubprocessError) as error:
        return Check("git", "fail", f"{program} does not run: {error}", fix)
    return Check("git", "ok", f"{said.stdout.strip()} at {program}")


def _seal() -> Check:
    from orchestrator.workspace.seal import available_seal

    seal = available_seal()
    if seal.kind == "bubblewrap":
        return Check("seal", "ok", f"bubblewrap: {seal.why}")
    fix = "agents' commands ask you first; install bubblewrap (package `bubblewrap`) on Linux"
    return Check("seal", "warn", seal.why, fix)


def _model(place: Place) -> Check:
    """Whether a model could be asked. Names the variable a key is in, never the key."""
    from orchestrator.cli.choosing import model_of
    from orchestrator.config.load import load
    from orchestrator.models.port import ModelConfigError

    loaded = load(place.project, place.environ, trusted=place.trust.holds).settings
    settings = loaded.model
    try:
        model_of(place, loaded)
    except ModelConfigError as error:
        return Check("model", "warn", error.what, error.fix)
    found = [f"{settings.name} by {settings.provider}"]
    if settings.provider == "anthropic":
        names = ("ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN")
        key = next((name for name in names if place.environ.get(name)), None)
        found.append(f"key in {key}" if key else "no key")
        if settings.base_url:
            parts = urlsplit(settings.base_url)
            found.append(f"endpoint {parts.scheme}://{parts.netloc.rpartition('@')[2]}")
    return Check("model", "ok", ", ".join(found))


def _project(place: Place) -> Check:
    folder = place.state if place.state.is_dir() else place.project
    if os.access(folder, os.W_OK | os.X_OK):
        return Check("project", "ok", str(place.project))
    fix = "make it writable; runs keep their ledger and worktrees there"
    return Check("project", "fail", f"{folder} cannot be written", fix)


def _configuration(place: Place) -> Check:
    from orchestrator.config.load import load

    loaded = load(place.project, place.environ, trusted=place.trust.holds)
    sources = ", ".join(dict.fromkeys(loaded.sources.values())) or "defaults"
    if loaded.notices:
        more = f" (and {len(loaded.notices) - 1} more)" if len(loaded.notices) > 1 else ""
        return Check("configuration", "warn", f"{loaded.notices[0]}{more}")
    return Check("configuration", "ok", f"from {sources}")


def _trust(place: Place) -> Check:
    trust = place.trust
    files = counted(len(trust.files), "file")
    if trust.state == "nothing":
        return Check("trust", "ok", "the project brings nothing that needs trust")
    if trust.state == "trusted":
        return Check("trust", "ok", f"{files} trusted as they stand")
    if trust.obstacle:
        return Check("trust", "warn", trust.obstacle, "keep agents in their own folder")
    words = "changed since you trusted it" if trust.state == "changed" else "not trusted yet"
    return Check("trust", "warn", f"{words}: {files} not in force", "look, then run `orc trust`")


def _agents(place: Place) -> Check:
    from orchestrator.agents.catalogue import AgentCatalogue

    catalogue = AgentCatalogue.discover(place.project if place.trust.holds else None, place.user)
    faults = [problem for problem in catalogue.problems if problem.severity == "error"]
    found = counted(len(catalogue), "agent")
    if not len(catalogue):
        return Check("agents", "fail", "none", f"install {_DISTRIBUTION} again")
    if faults:
        return Check("agents", "warn", f"{found}; {faults[0].path}: {faults[0].message}", "mend it")
    return Check("agents", "ok", found)


def _ledger(place: Place) -> Check:
    from trading_tools.audit.errors import KeyMismatch, LedgerError

    try:
        if not place.state.is_symlink() and not place.has_ledger():
            return Check("ledger", "ok", "none yet; the first run starts one")
        with place.open_ledger(read_only=True) as ledger, ledger.store.database.failures():
            streams = len(ledger.streams())
            ledger.store.require_key()
    except KeyMismatch as error:
        return Check("ledger", "fail", str(error), f"set {KEY_VARIABLE} as it was")
    except LedgerError as error:
        return Check("ledger", "fail", str(error))
    found = f"{counted(streams, 'stream')} at {place.ledger_name}"
    if place.ledger_url is None and not os.access(place.ledger_file, os.W_OK):
        return Check("ledger", "fail", f"{found}, not writable", "make it writable")
    return Check("ledger", "ok", f"{found}; `orc audit verify` checks it")


def _key(place: Place) -> Check:
    key = audit_key(place.environ)
    if key is None and _is_keyed(place):
        fix = f"set {KEY_VARIABLE} to the key it was written with"
        return Check("audit key", "warn", "none, and the ledger is under one", fix)
    if key is None:
        found = "none: whoever can write the ledger could rewrite it whole"
        return Check("audit key", "ok", found, f"set {KEY_VARIABLE} before the first run")
    if len(key) < LEAST_KEY_BYTES:
        fix = "take 32 random bytes as hex"
        return Check("audit key", "warn", f"in {KEY_VARIABLE}, only {len(key)} bytes", fix)
    return Check("audit key", "ok", f"in {KEY_VARIABLE}")


def _is_keyed(place: Place) -> bool:
    from trading_tools.audit.errors import KeyMismatch, LedgerError

    try:
        if not place.has_ledger():
            return False
        with place.open_ledger(read_only=True) as ledger, ledger.store.database.failures():
            ledger.store.require_key()
    except KeyMismatch:
        return True
    except (LedgerError, CommandError):
        return False  # The check of the ledger tells why.
    return False


def _user_folder(place: Place) -> Check:
    folder: Path = place.user
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    if folder.is_dir() and os.access(folder, os.W_OK | os.X_OK):
        return Check("user folder", "ok", str(place.user))
    fix = "make it writable or set ORC_HOME; trust is remembered there"
    return Check("user folder", "warn", f"{place.user} cannot be written", fix)
