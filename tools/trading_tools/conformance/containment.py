"""What holds the user's code: bubblewrap where it works, else a process with fewer walls.

Within bubblewrap there is no network, no other process, nothing to write but an empty /tmp, and no
credential files. Without it the same process runs under Python's audit hook and resource limits
alone (`inside.hold`), which stop accidents and not malice; the outcome says which it was.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import trading_tools
from trading_tools.drill.seal.hidden import EMPTIED, OWN_RECORD, hidden_paths

_SPACES = ("--unshare-all", "--die-with-parent", "--new-session", "--cap-drop", "ALL")
# Where root is root outside too, the kernel lets it write these without any capability.
_KERNEL = ("/proc/sys", "/proc/sysrq-trigger", "/proc/irq", "/proc/bus")
_TRIED_S = 10
_KEPT_VARIABLES = ("LANG", "LC_ALL", "LC_CTYPE")
_TMP = "/tmp"  # noqa: S108 - the seal's own, empty


@dataclass(frozen=True)
class Containment:
    """The command line of the sealed process, its environment, and what holds it in words."""

    argv: tuple[str, ...]
    env: dict[str, str]
    words: str


@cache
def bubblewrap() -> str | None:
    """The bubblewrap that makes the seal here; None where there is none, or it may not."""
    program = shutil.which("bwrap") if sys.platform == "linux" else None
    if program is None:
        return None
    command = [program, *_SPACES, "--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc"]
    try:
        tried = subprocess.run(
            [*command, "--", "true"], capture_output=True, timeout=_TRIED_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return program if tried.returncode == 0 else None


def contain(command: Sequence[str], folder: Path, scratch: Path) -> Containment:
    """How `command` is held: it sees `folder`, and writes nowhere but to its scratch space."""
    env = {name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ}
    env |= {"PATH": os.defpath, "TZ": "UTC", "PYTHONDONTWRITEBYTECODE": "1", "PYTHONHASHSEED": "0"}
    env["MALLOC_ARENA_MAX"] = "2"  # else a thousand idle threads use the memory up
    program = bubblewrap()
    if program is None:
        env |= {"TMPDIR": str(scratch), "HOME": str(scratch)}
        words = (
            "a process of its own with resource limits and Python's audit hook; no bubblewrap "
            "works here, so code that means harm is not held"
        )
        return Containment(tuple(command), env, words)
    env |= {"TMPDIR": _TMP, "HOME": _TMP}
    argv = (program, *_SPACES, *_view(folder), "--chdir", str(folder), "--", *command)
    return Containment(argv, env, "bubblewrap: no network, no files to write, no other processes")


def _view(folder: Path) -> Iterator[str]:
    yield from ("--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc")
    for name in _KERNEL:
        yield from ("--ro-bind-try", name, name)
    for place in map(Path, EMPTIED):
        if place.is_dir() and not place.is_symlink():
            yield from ("--tmpfs", str(place))
    for path in hidden_paths(folder, [Path.home()], os.environ):
        if any(path.is_relative_to(place) for place in EMPTIED):
            continue
        hide = ("--tmpfs", str(path)) if path.is_dir() else ("--ro-bind", os.devnull, str(path))
        yield from hide
    ours = Path(trading_tools.__file__).parent.parent
    for path in dict.fromkeys((Path(sys.prefix), Path(sys.base_prefix), ours, folder)):
        if any(path.is_relative_to(place) for place in EMPTIED):
            yield from ("--ro-bind", str(path), str(path))
    if (folder / OWN_RECORD).is_dir():
        yield from ("--tmpfs", str(folder / OWN_RECORD))
