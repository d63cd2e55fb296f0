"""How a project is verified: its own command if it names one, else the one its files suggest.

Decided from the files of the base commit, so that a run cannot choose its own judge. Running the
command is `verify_run`.
"""

from __future__ import annotations

import configparser
import posixpath
import re
import shlex
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from orchestrator.workspace.errors import WorkspaceError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from orchestrator.workspace.tree_files import TreeFiles

PYTEST_FILES = ("pytest.ini", ".pytest.ini", "pyproject.toml", "tox.ini", "setup.cfg")
MAKEFILES = ("GNUmakefile", "makefile", "Makefile")

_MAKE_TEST = re.compile(r"^test\s*:(?!=)", re.MULTILINE)


@dataclass(frozen=True)
class VerifySettings:
    """The project's own words: `[workspace] verify`, `setup`, `python` of `orchestrator.toml`."""

    verify: str | None = None
    setup: str | None = None
    python: str | None = None


@dataclass(frozen=True)
class Python:
    """The interpreter a project's commands get; `own` where it is the project's own."""

    path: Path
    own: bool

    @property
    def prefix(self) -> Path:
        """The environment or installation that it belongs to."""
        return self.path.parent.parent

    @property
    def is_environment(self) -> bool:
        """Whether it belongs to a virtual environment."""
        return (self.prefix / "pyvenv.cfg").is_file()

    @property
    def has_pytest(self) -> bool:
        """Whether pytest is installed beside it, as far as files tell."""
        places = ("lib/python3*/site-packages", "lib/python3*/dist-packages")
        found = (self.prefix.glob(f"{place}/pytest/__init__.py") for place in places)
        return any(next(paths, None) is not None for paths in found)

    def mounts(self, home: Path) -> tuple[Path, ...]:
        """What commands must see of it; never a folder that holds the whole home."""
        if self.prefix == Path("/usr") or home.is_relative_to(self.prefix):
            return ()
        return (self.prefix,)

    def roots(self, project: Path) -> tuple[str, ...]:
        """Folders of the project, from its root, that this environment imports from by path.

        An editable installation would otherwise import the user's files, not the run's.
        """
        found = []
        for file in sorted(self.prefix.glob("lib/python3*/site-packages/*.pth")):
            for line in file.read_text(errors="replace").splitlines():
                path = Path(line.strip())
                if path.is_absolute() and path.is_relative_to(project):
                    found.append(path.relative_to(project).as_posix())
        return tuple(dict.fromkeys(found))


@dataclass(frozen=True)
class Plan:
    """What is run to verify a project.

    `command` is what a shell gets, `shown` the same without this machine's paths; both are empty
    where there is none. `files` are the command's own files, from the workspace's root.
    """

    source: Literal["configured", "detected", "none"]
    runner: Literal["pytest", "unittest", "other"]
    command: str
    shown: str
    setup: str | None
    python: Python
    files: tuple[str, ...] = ()


def find_python(project: Path, settings: VerifySettings, fallback: Path) -> Python:
    """The interpreter a project names, that of an environment in it, else the fallback.

    Raises:
        WorkspaceError: the named one does not exist.
    """
    if settings.python is not None:
        named = project / settings.python
        if not named.is_file():
            raise WorkspaceError(
                f"[workspace] python = {settings.python!r}: there is no {named}; name one"
            )
        return Python(named, own=True)
    for folder in (".venv", "venv"):
        path = project / folder / "bin" / "python"
        if path.is_file():
            return Python(path, own=True)
    return Python(fallback, own=False)


def make_plan(base: TreeFiles, settings: VerifySettings, python: Python) -> Plan:
    """Choose the verify command from the settings or the base's files."""
    if settings.verify:
        runner: Literal["pytest", "other"] = "pytest" if "pytest" in settings.verify else "other"
        files = command_files(settings.verify, base)
        return Plan(
            "configured", runner, settings.verify, settings.verify, settings.setup, python, files
        )
    tests = [path for path in base.entries if is_test_file(path)]
    if tests and (python.has_pytest or settings.setup or not _all_unittest(base, tests)):
        return _detected("pytest", "-m pytest -q", settings, python)
    if tests:
        arguments = "-m unittest discover" + _start_folder(tests)
        return _detected("unittest", arguments, settings, python)
    makefile = next((name for name in MAKEFILES if name in base), None)
    if makefile is not None:
        text = base.read([makefile])[makefile].decode(errors="replace")
        if _MAKE_TEST.search(text):
            make = "make test"
            return Plan("detected", "other", make, make, settings.setup, python, (makefile,))
    return Plan("none", "other", "", "", settings.setup, python)


def new_tests_plan(
    settings: VerifySettings, python: Python, head: TreeFiles, tests: Sequence[str]
) -> Plan:
    """Run some test files of a change, in a project that has no verify command of its own."""
    unittest = bool(tests) and not python.has_pytest and not settings.setup
    if unittest and _all_unittest(head, tests):
        return _detected("unittest", shlex.join(["-m", "unittest", *tests]), settings, python)
    return _detected("pytest", shlex.join(["-m", "pytest", "-q", *tests]), settings, python)


def command_files(command: str, base: TreeFiles) -> tuple[str, ...]:
    """The files of the base that a command names (scripts, makefiles); tests are not its own."""
    try:
        words = shlex.split(command, comments=True)
    except ValueError:
        words = command.split()
    found = [posixpath.normpath(word) for word in words]
    if any(posixpath.basename(word) in ("make", "gmake") for word in words):
        found += MAKEFILES
    return tuple(dict.fromkeys(path for path in found if path in base and not is_test_file(path)))


def is_test_file(path: str) -> bool:
    """Whether pytest would look for tests in a file, by its name."""
    name = posixpath.basename(path)
    return name.endswith(".py") and (name.startswith("test_") or name.endswith("_test.py"))


def pytest_settings(files: TreeFiles) -> dict[str, object]:
    """What each configuration file of a tree says to pytest; an unreadable one is its blob."""
    found: dict[str, object] = {}
    for path, content in files.read(PYTEST_FILES).items():
        text = content.decode(errors="replace")
        try:
            said: object = _pytest_part(path, text)
        except (ValueError, configparser.Error):
            said = files.blob(path)
        if said:
            found[path] = said
    return found


def _pytest_part(path: str, text: str) -> object:
    if path == "pyproject.toml":
        tool = tomllib.loads(text).get("tool")
        return tool.get("pytest") if isinstance(tool, dict) else None
    parser = configparser.ConfigParser(interpolation=None)
    parser.read_string(text)
    sections = ("pytest", "tool:pytest")
    return {name: dict(parser[name]) for name in sections if parser.has_section(name)}


def _all_unittest(base: TreeFiles, tests: Sequence[str]) -> bool:
    texts = base.read(tests).values()
    return all(b"unittest" in text and b"pytest" not in text for text in texts)


def _start_folder(tests: Sequence[str]) -> str:
    """Where unittest must start: it does not descend into folders that are no packages."""
    folders = {path.split("/")[0] for path in tests if "/" in path}
    if len(folders) == 1 and all("/" in path for path in tests):
        return f" -s {shlex.quote(folders.pop())} -t ."
    return ""


def _detected(
    runner: Literal["pytest", "unittest"],
    arguments: str,
    settings: VerifySettings,
    python: Python,
) -> Plan:
    command = f"{shlex.quote(str(python.path))} {arguments}"
    return Plan("detected", runner, command, f"python {arguments}", settings.setup, python)
