"""What a running command and its descendants use, read from /proc, and how they are ended.

The limits themselves belong to the caller (`supervise`). Where there is no /proc (macOS) nothing
can be seen: the lists are empty and only the per-process limits hold.
"""

from __future__ import annotations

import ctypes
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

PROC = Path("/proc")
_ROUNDS = 200
_PR_SET_CHILD_SUBREAPER, _PR_GET_CHILD_SUBREAPER = 36, 37  # linux/prctl.h


def descendants(root: int, stop_at: int) -> list[int]:
    """`root` and what it started, as far as still attached to it; ends soon after `stop_at`."""
    found = [root] if (PROC / str(root)).is_dir() else []
    for pid in found:  # grows while it is walked: breadth first
        if len(found) > stop_at:
            break
        with suppress(OSError):
            for task in (PROC / str(pid) / "task").iterdir():
                with suppress(OSError):
                    found += [int(child) for child in (task / "children").read_text().split()]
    return found


def marked(marker: str) -> list[int]:
    """Every living process whose starting environment holds `marker`, attached or not."""
    needle = marker.encode()
    return [pid for pid in _pids() if pid != os.getpid() and _has_marker(pid, needle)]


def tasks_of_machine() -> int:
    """How many tasks the whole machine has; one cheap read, 0 where it cannot be known."""
    try:
        return int((PROC / "loadavg").read_text().split()[3].partition("/")[2])
    except (OSError, IndexError, ValueError):
        return 0


def resident_memory(pids: list[int]) -> int:
    """Bytes resident for `pids`; pages that they share count once for each."""
    page = os.sysconf("SC_PAGE_SIZE")
    total = 0
    for pid in pids:
        with suppress(OSError, IndexError, ValueError):
            total += int((PROC / str(pid) / "statm").read_text().split()[1]) * page
    return total


def proportional_memory(pids: list[int]) -> int:
    """Bytes resident for `pids`, shared pages divided among their users; slower to find out."""
    total = 0
    for pid in pids:
        with suppress(OSError):
            for line in (PROC / str(pid) / "smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    total += int(line.split()[1]) * 1024
    return total


def kill_marked(marker: str) -> None:
    """Kill every process whose starting environment holds `marker`, until none is left.

    This reaches daemons that left the process group. A process that also cleared its environment
    escapes; only the seal ends those.
    """
    for _round in range(_ROUNDS):
        victims = marked(marker)
        if not victims:
            return
        for kind in (signal.SIGSTOP, signal.SIGKILL):  # stopped first, so that none forks on
            for pid in victims:
                with suppress(ProcessLookupError, PermissionError):
                    os.kill(pid, kind)


@contextmanager
def adopting() -> Iterator[None]:
    """While inside, what a command leaves behind stays a descendant of this process.

    A daemon that left its group and cleared its environment can be told so from a person's own
    process. At the end all that was adopted is killed. Linux alone can do this; elsewhere nothing
    happens.
    """
    before = set(_children())
    was_on = _subreaper()
    if was_on is None:
        yield
        return
    _set_subreaper(on=True)
    try:
        yield
    finally:
        for _round in range(_ROUNDS):
            victims = [pid for pid in _children() if pid not in before]
            if not victims:
                break
            _end(victims)
        _set_subreaper(on=was_on)


def _end(victims: list[int]) -> None:
    for pid in victims:
        with suppress(ProcessLookupError, PermissionError):
            os.kill(pid, signal.SIGKILL)
    for pid in victims:
        with suppress(ChildProcessError):
            os.waitpid(pid, 0)


def _children() -> list[int]:
    return descendants(os.getpid(), 1)[1:]


def _subreaper() -> bool | None:
    """Whether this process adopts orphans; None where the system knows no such thing."""
    state = ctypes.c_int()
    try:
        done = ctypes.CDLL(None).prctl(_PR_GET_CHILD_SUBREAPER, ctypes.byref(state), 0, 0, 0)
    except (OSError, AttributeError):
        return None
    return bool(state.value) if done == 0 else None


def _set_subreaper(*, on: bool) -> None:
    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, int(on), 0, 0, 0)


def _pids() -> list[int]:
    if not PROC.is_dir():
        return []
    return [int(entry.name) for entry in PROC.iterdir() if entry.name.isdigit()]


def _has_marker(pid: int, needle: bytes) -> bool:
    try:
        if needle not in (PROC / str(pid) / "environ").read_bytes():
            return False
        # A zombie keeps its number until it is reaped, but does nothing any more.
        return b") Z " not in (PROC / str(pid) / "stat").read_bytes()
    except OSError:
        return False
