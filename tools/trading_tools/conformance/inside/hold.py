"""What the code under test may not do: a clear refusal where the seal would only say `no`.

Python's own audit hook, which nothing can take off again. It is the reader's friend and no wall:
the wall is the seal around this process (`containment`).
"""

from __future__ import annotations

import contextlib
import os
import resource
import sys
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import Any

_PROCESSES = ("os.fork", "os.forkpty", "os.exec", "os.posix_spawn", "os.system", "subprocess.Popen")
_SOCKETS = (
    "socket.connect", "socket.bind", "socket.sendto", "socket.getaddrinfo", "socket.gethostbyname",
)  # fmt: skip
_CHANGES = (
    "os.remove", "os.rename", "os.mkdir", "os.rmdir", "os.truncate", "os.symlink", "os.link",
    "os.chmod", "shutil.rmtree",
)  # fmt: skip
_SIGNALS = ("os.kill", "os.killpg", "signal.pthread_kill")
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_LOOPBACK = ("127.0.0.1", "::1", "localhost")
_MEMORY = 4 << 30
_STACK = 1 << 20
_FILE = 16 << 20
_LIMITS = {resource.RLIMIT_AS: _MEMORY, resource.RLIMIT_FSIZE: _FILE, resource.RLIMIT_CORE: 0}


class Hold:
    """Refuses, and remembers what was refused."""

    def __init__(self, scratch: Path) -> None:
        self._scratch = str(scratch)
        self._refused: dict[str, int] = {}
        self._open = True

    def close(self) -> None:
        """Refuse from now on, for as long as this process lives."""
        for kind, most in _LIMITS.items():
            with contextlib.suppress(ValueError, OSError):  # not every system bounds each of them
                resource.setrlimit(kind, (most, most))
        threading.stack_size(_STACK)  # each component that is made may leave a thread behind
        sys.addaudithook(self._hear)
        self._open = False

    @property
    def notes(self) -> Iterable[str]:
        """What the code tried, each once."""
        for what, times in self._refused.items():
            yield f"the code tried to {what}: refused{f', {times} times' if times > 1 else ''}"

    def _hear(self, event: str, given: tuple[Any, ...]) -> None:
        what = self._forbidden(event, given)
        if what and not self._open:
            self._refused[what] = self._refused.get(what, 0) + 1
            raise PermissionError(f"under a check no code may {what}")

    def _forbidden(self, event: str, given: tuple[Any, ...]) -> str:
        if event == "open":
            return self._opening(given)
        if event in _PROCESSES:
            return "start a process"
        if event in _SOCKETS and not _own(event, given):
            whom = next((each for each in given if isinstance(each, str)), given[-1])
            return f"reach a network ({event.partition('.')[2]} {_short(whom)})"
        if event in _CHANGES:
            inside = str(given[0]).startswith(self._scratch)
            return "" if inside else f"change files ({event.partition('.')[2]} {_short(given[0])})"
        return "send a signal" if event in _SIGNALS else ""

    def _opening(self, given: tuple[Any, ...]) -> str:
        path, mode, flags = given
        writes = any(c in mode for c in "wax+") if isinstance(mode, str) else bool(flags & _WRITES)
        if not writes or isinstance(path, int) or str(path) == os.devnull:
            return ""
        return "" if str(path).startswith(self._scratch) else f"write {_short(path)}"


def _own(event: str, given: tuple[Any, ...]) -> bool:
    """Whether it only tries what this machine can do: that reaches nobody."""
    address = given[-1]
    return event == "socket.bind" and isinstance(address, tuple) and address[0] in _LOOPBACK


def _short(value: object) -> str:
    return repr(value) if len(repr(value)) <= 60 else f"{repr(value)[:57]}…"
