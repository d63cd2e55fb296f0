"""Running an agent's command: sealed with bubblewrap where that works, else with the same limits.

The permission layer asks a person before a command runs without the seal; not decided here.
What the seal shows is `bubblewrap`, limits are `supervise`, protected paths `protect`.
"""

from __future__ import annotations

import os
import secrets
import shutil
import sys
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from orchestrator.workspace.bubblewrap import (
    HIDDEN,
    HOME,
    SESSION,
    Bubblewrap,
    View,
    arguments,
    environment_folders,
    find_bubblewrap,
    mount_points_made,
    python_places,
    search_path,
)
from orchestrator.workspace.errors import WorkspaceError
from orchestrator.workspace.paths import WORKSPACE, with_paths_replaced
from orchestrator.workspace.protect import Guard
from orchestrator.workspace.supervise import Bounds, Ended, Launch, supervise

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

MEMORY_BYTES = 4 * 2**30
PROCESSES = 512
OUTPUT_BYTES = 48_000
TIMED_OUT = 124

_FILE_KIB = 2**20
_OPEN_FILES = 4096
_TASKS = 8192
_MARKER = "ORC_COMMAND"
_TMP = "/tmp"  # noqa: S108 - what output shows for the scratch folder


class SealError(WorkspaceError):
    """A command could not be started; the message says why."""


@dataclass(frozen=True)
class Seal:
    """How commands are kept in: by bubblewrap, or not at all, and why."""

    kind: Literal["bubblewrap", "none"]
    why: str


@dataclass(frozen=True)
class Completed:
    """A command that has ended, with everything it started.

    `exit_code` is the shell's (128 + n for signal n, 124 at the time limit); `stopped` names a
    limit other than time that ended it; `restored` lists protected paths that were put back.
    """

    exit_code: int
    output: str
    timed_out: bool
    seal: Seal
    dropped_bytes: int = 0
    stopped: str = ""
    restored: tuple[str, ...] = ()


def available_seal() -> Seal:
    """The seal commands get on this machine; found out once a process by trying it."""
    found = find_bubblewrap()
    if isinstance(found, Bubblewrap):
        return Seal("bubblewrap", f"{found.program} works here")
    return Seal("none", found)


async def run_sealed(
    command: str | Sequence[str],
    *,
    workspace_root: Path,
    cwd: Path | str | None = None,
    read_only: Sequence[Path] = (),
    extra_ro: Sequence[Path] = (),
    also_at: Sequence[Path] = (),
    timeout_s: float,
    environ: Mapping[str, str],
    variables: Mapping[str, str] | None = None,
    memory_bytes: int | None = None,
    processes: int = PROCESSES,
    output_bytes: int = OUTPUT_BYTES,
    network: bool = False,
    session: Path | None = None,
    seal: Seal | None = None,
) -> Completed:
    """Run a command (text goes to bash) and return once it and all its children are gone.

    Args:
        workspace_root: mounted read-write at `/workspace`; its `.git` is always read-only.
        cwd: a host path under the workspace, a `/workspace` path or one relative to the workspace.
        read_only: workspace paths that must not change; existing ones are read-only mounts, the
            rest (and all without a seal) are compared and put back afterwards.
        extra_ro: host folders visible read-only at their own paths. The `bin` of each that is a
            Python environment comes first on PATH.
        also_at: further absolute paths at which the workspace appears, so that an environment that
            has the project installed by path finds the workspace's code (in the seal only).
        timeout_s: wall time, after which everything is killed.
        environ: where PATH is taken from without a seal. Nothing else of it reaches the command:
            locale and time zone are fixed, so that results are the same on every machine.
        variables: what the command sees besides.
        memory_bytes: of all processes together (resident) and of each (data); default 4 GiB.
        output_bytes: what is kept of the output, its first third and its end.
        session: a private folder for what goes over to the next command, /tmp among it.
        seal: instead of `available_seal()`.

    Limits that also hold: 512 processes, 1 GiB a file, 4096 open files, 1 GiB of /tmp in the seal.
    The size of the workspace is not limited.

    Raises:
        SealError: the seal could not be made, or the working directory does not exist.
    """
    chosen = seal or available_seal()
    root = _real(workspace_root)
    protected = _under(root, [*read_only, root / ".git", *(root / name for name in HIDDEN)])
    bounds = Bounds(
        timeout_s=timeout_s,
        memory_bytes=memory_bytes or MEMORY_BYTES,
        processes=processes,
        output_bytes=output_bytes,
    )
    inside = _inside(root, cwd)
    found = find_bubblewrap() if chosen.kind == "bubblewrap" else chosen.why
    sealed = isinstance(found, Bubblewrap)
    mounted = [path for path in protected if sealed and path.exists() and not path.is_symlink()]
    guard = Guard(root, [path for path in protected if path not in mounted])
    argv = _limited(command, bounds, sealed=sealed)
    env = _variables(variables or {})
    restored: tuple[str, ...] = ()
    try:
        if isinstance(found, Bubblewrap):
            view = View(
                workspace_root=root,
                protected=mounted,
                visible=[path.absolute() for path in extra_ro],
                also_at=also_at,
                session=session,
                network=network,
            )
            env |= {"PATH": search_path(view.visible), "HOME": HOME}
            place = str(Path(WORKSPACE) / inside)
            ended = await _in_seal(found, view, place, argv, env, bounds)
            text = ended.output.text()
        else:
            folders = [*environment_folders(extra_ro), environ.get("PATH", os.defpath)]
            env |= {"PATH": os.pathsep.join(folders)}
            pythons = {place: str(real) for place, real in python_places(extra_ro).items()}
            places = {WORKSPACE: str(root), **pythons}
            ended, text = await _in_the_open(root / inside, argv, env, bounds, places, session)
    finally:
        restored = guard.restore()
    return Completed(
        exit_code=TIMED_OUT if ended.timed_out else ended.exit_code,
        output=text,
        timed_out=ended.timed_out,
        seal=chosen,
        dropped_bytes=ended.output.dropped_bytes,
        stopped=ended.stopped,
        restored=restored,
    )


async def _in_seal(
    found: Bubblewrap, view: View, cwd: str, argv: list[str], env: dict[str, str], bounds: Bounds
) -> Ended:
    opened: list[int] = []
    made = mount_points_made(view)

    def launch(info: int | None) -> Launch:
        line = arguments(found, view, cwd, opened)
        line += ["--json-status-fd", str(info)] if info is not None else []
        fds = [*opened, *([info] if info is not None else [])]
        return Launch(argv=[*line, "--", *argv], env=env, pass_fds=fds)

    try:
        ended = await supervise(launch, bounds, sealed=True)
    except OSError as error:
        raise SealError(f"{argv[-1]!r} could not be started: {error}") from error
    finally:
        for fd in opened:
            os.close(fd)
        for folder in made:
            with suppress(OSError):
                folder.rmdir()
    if not ended.began:
        raise SealError(f"the seal could not be made: {ended.output.text().strip()}")
    return ended


async def _in_the_open(
    cwd: Path,
    argv: list[str],
    env: dict[str, str],
    bounds: Bounds,
    places: dict[str, str],
    session: Path | None,
) -> tuple[Ended, str]:
    """Without a seal: `/workspace` and such in the command and its output are the real folders."""
    marker = f"{_MARKER}={secrets.token_hex(16)}"
    scratch = Path(tempfile.mkdtemp(prefix="orc-"))
    places |= {HOME: str(scratch / "home")}
    tmp = scratch
    if session is not None:
        places[SESSION] = str(session)
        tmp = session / "tmp"
    try:
        tmp.mkdir(exist_ok=True)
        (scratch / "home").mkdir()
        env = {name: with_paths_replaced(value, places) for name, value in env.items()}
        env |= {"HOME": str(scratch / "home"), "TMPDIR": str(tmp)}
        env[_MARKER] = marker.partition("=")[2]
        line = [with_paths_replaced(part, places) for part in argv]

        def launch(_info: int | None) -> Launch:
            return Launch(argv=line, env=env, cwd=cwd, marker=marker)

        ended = await supervise(launch, bounds, sealed=False)
        back = {real: shown for shown, real in places.items()} | {str(tmp): _TMP}
        return ended, with_paths_replaced(ended.output.text(), back)
    except OSError as error:
        raise SealError(f"{argv[-1]!r} could not be started: {error}") from error
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _limited(command: str | Sequence[str], bounds: Bounds, *, sealed: bool) -> list[str]:
    """The command under a shell that first lowers its limits; what a system lacks is passed over.

    The number of tasks is limited in the seal alone: outside the kernel counts all the user's.
    """
    limits = {"c": 0, "f": _FILE_KIB, "n": _OPEN_FILES, "d": bounds.memory_bytes // 1024}
    if sealed:
        limits["u"] = _TASKS
    lower = "; ".join(f"ulimit -{name} {value} 2>/dev/null" for name, value in limits.items())
    argv = ["bash", "-c", command] if isinstance(command, str) else list(command)
    return ["bash", "-c", f'{lower}; exec "$@"', "bash", *argv]


def _variables(more: Mapping[str, str]) -> dict[str, str]:
    locale = "en_US.UTF-8" if sys.platform == "darwin" else "C.UTF-8"
    return {
        "LANG": locale,
        "LC_ALL": locale,
        "TZ": "UTC",
        "TERM": "dumb",
        "COLUMNS": "80",
        "LINES": "24",
        "NO_COLOR": "1",
        "PAGER": "cat",
        "GIT_PAGER": "cat",
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_TERMINAL_PROMPT": "0",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONHASHSEED": "0",
        **more,
    }


def _real(path: Path) -> Path:
    try:
        return path.resolve(strict=True)
    except OSError as error:
        raise SealError(f"the workspace {path} cannot be used: {error}") from error


def _inside(root: Path, cwd: Path | str | None) -> Path:
    text = str(cwd or ".")
    if text == WORKSPACE or text.startswith(f"{WORKSPACE}/"):
        text = text[len(WORKSPACE) :].lstrip("/") or "."
    path = Path(os.path.normpath(root / text))
    if not path.is_relative_to(root):
        raise SealError(f"the working directory {cwd} is not in the workspace")
    if not path.is_dir():
        raise SealError(f"the working directory {cwd} does not exist in the workspace")
    return path.relative_to(root)


def _under(root: Path, paths: Sequence[Path]) -> list[Path]:
    found = []
    for path in paths:
        whole = Path(os.path.normpath(root / path))
        if not whole.is_relative_to(root) or whole == root:
            raise SealError(f"the protected path {path} is not in the workspace")
        found += _links_and_target(root, whole)
    return list(dict.fromkeys(found))


def _links_and_target(root: Path, path: Path) -> list[Path]:
    """A path without links on the way to it, and before it the links that make `path` mean it."""
    here = root
    parts = path.relative_to(root).parts
    for depth, part in enumerate(parts, start=1):
        here = here / part
        if here.is_symlink():
            try:
                target = here.resolve().joinpath(*parts[depth:])
            except (OSError, RuntimeError):  # a link to itself
                return [here]
            beneath = target.is_relative_to(root) and target != root
            return [here, *(_links_and_target(root, target) if beneath else [])]
    return [path]
