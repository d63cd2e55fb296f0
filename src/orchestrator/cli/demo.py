"""`orc demo`: the main job on a sample project, with no key and no network.

The model's turns come from a cassette; everything else is real: the files, the commands, the tests,
the tools, the checks and the ledger.
"""

from __future__ import annotations

import contextlib
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import click

from orchestrator.cli.options import JSON
from orchestrator.cli.output import CommandError, leave, say
from orchestrator.cli.place import Place
from orchestrator.cli.run import Options, execute

if TYPE_CHECKING:
    from orchestrator.catalogue.sessions import House, Session

REQUEST = "Add a Bybit perpetual momentum bot sized by fractional Kelly"
AGENT = "trading-bot-specialist"
RUN = "demo"
SAMPLE = "momentum-desk"
_DATE = "2026-03-02T09:30:00+00:00"
"""Of the sample's one commit, so that it is the same commit everywhere."""
_KEPT = (
    "PATH",
    "HOME",
    "LANG",
    "LC_ALL",
    "TERM",
    "TMPDIR",
    "COLUMNS",
    "NO_COLOR",
    "XDG_CACHE_HOME",
)


@click.command("demo")
@click.option("--into", type=click.Path(path_type=Path), metavar="DIR", help="Where to work.")
@JSON
def demo_command(into: Path | None, as_json: bool) -> None:
    """Watch a request become verified work, on a sample project.

    The agents' words were recorded; what they do is done again here, for real.
    """
    _require_tools()
    from orchestrator.models.cassettes import replaying
    from orchestrator.models.factory import build_model

    project = sample_project(into)
    environ = demo_environment(project)
    say(f'Sample project: {project}\nRequest: "{REQUEST}"')
    say("Model turns: from a cassette. Files, commands, tests, checks and ledger: real.")
    place = Place.find(project, environ)
    with replaying(cassette()):
        model = build_model("anthropic", {"ANTHROPIC_API_KEY": "demo"})
        code = execute(place, Options(as_json=as_json), RUN, opened, lambda *_: model)
    _verified(place)
    leave(code)


def _require_tools() -> None:
    """The recorded agent uses what the demo's extra brings; without it nothing would match."""
    missing = [name for name in ("anthropic", "vcr", "pytest", "ruff") if find_spec(name) is None]
    if missing:
        raise CommandError(
            f"{', '.join(missing)} not installed",
            "orc demo",
            'pip install "trading-orchestrator[agents,demo]"',
        )


@contextlib.contextmanager
def opened(house: House) -> Iterator[Session]:
    """The demo's run, ready to be driven."""
    from orchestrator.catalogue.sessions import begin, open_session

    with open_session(house, RUN, agent=AGENT) as session:
        begin(session, house, REQUEST, AGENT, None)
        yield session


def sample_project(into: Path | None) -> Path:
    """A fresh copy of the sample, as a git repository with one commit."""
    target = into or Path(tempfile.mkdtemp(prefix="orc-demo-")) / SAMPLE
    if target.exists() and any(target.iterdir()):
        raise CommandError("is not empty", str(target), "name a folder that does not exist yet")
    shutil.copytree(_home("examples", "demo") / SAMPLE, target, dirs_exist_ok=True)
    with target.joinpath(".gitignore").open("a") as ignore:
        ignore.write("__pycache__/\n.pytest_cache/\n.orchestrator/\n")
    who = ("-c", "user.name=Sample", "-c", "user.email=sample@localhost")
    plain = {
        **os.environ,
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_AUTHOR_DATE": _DATE,
        "GIT_COMMITTER_DATE": _DATE,
    }
    for words in (("init", "-q", "-b", "main"), ("add", "-A"), ("commit", "-q", "-m", "Sample")):
        try:
            subprocess.run(["git", "-C", str(target), *who, *words], check=True, env=plain)
        except (OSError, subprocess.CalledProcessError) as error:
            raise CommandError(f"git failed ({error})", str(target), "install git") from None
    return target


def demo_environment(project: Path) -> dict[str, str]:
    """The user's environment without credentials or settings; commands may run without a seal.

    Where there is no seal, commands would ask a person each; the demo's own sample is harmless.
    """
    from orchestrator.workspace.seal import available_seal

    environ = {name: os.environ[name] for name in _KEPT if name in os.environ}
    environ["ORC_HOME"] = str(project.parent / f"{project.name}-user")
    seal = available_seal()
    if seal.kind == "none":
        say(f"No seal on this machine ({seal.why}); the sample's commands run without one.")
        environ["ORC_PERMISSIONS_ALLOW"] = "bash\nrun_checks"
    return environ


def cassette() -> Path:
    """The recording that the demo replays."""
    return _home("tests/cassettes", "cassettes") / "demo.json"


def _home(checkout: str, installed: str) -> Path:
    """A folder of ours: in a checkout where it is kept, else in the installed package."""
    root = Path(__file__).resolve().parents[3]
    if (root / "pyproject.toml").is_file() and (root / checkout).is_dir():
        return root / checkout
    return Path(str(files("orchestrator"))) / "bundled" / installed


def _verified(place: Place) -> None:
    from trading_tools.audit.verify import verify

    with place.open_ledger(read_only=True) as ledger:
        verdict = verify(ledger)
    if verdict.valid:
        say(f"Ledger verified: {verdict.events} events in {verdict.streams} streams, chain intact.")
    else:
        problems = "; ".join(problem.problem for problem in verdict.problems)
        say(f"LEDGER NOT VALID: {problems}")
    orc = "orc" if shutil.which("orc") else shlex.quote(str(Path(sys.argv[0]).absolute()))
    say(f"Look around: cd {shlex.quote(str(place.project))} && {orc} show demo --events")
