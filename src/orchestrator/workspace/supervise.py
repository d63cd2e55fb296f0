"""One command from start to certain end: output, time and memory bounded, nothing left behind.

What is started, and within which seal, is decided by `seal` and `bubblewrap`.
"""

from __future__ import annotations

import asyncio
import json
import os
import select
import signal
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from orchestrator.workspace.output import HeadAndTail
from orchestrator.workspace.watch import (
    descendants,
    kill_marked,
    marked,
    proportional_memory,
    resident_memory,
    tasks_of_machine,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

_CHUNK = 65_536
_WATCH_EVERY_S = 0.05
_SEARCH_EVERY = 5  # without a namespace all processes of the machine are looked at
_GRACE_S = 5.0


@dataclass(frozen=True, kw_only=True)
class Launch:
    """What to start. A process whose environment holds `marker` is killed at the end."""

    argv: Sequence[str]
    env: Mapping[str, str]
    cwd: Path | str | None = None
    pass_fds: Sequence[int] = ()
    marker: str = ""


@dataclass(frozen=True, kw_only=True)
class Bounds:
    """Limits of a whole command: its processes together, not each."""

    timeout_s: float
    memory_bytes: int
    processes: int
    output_bytes: int


@dataclass(frozen=True)
class Ended:
    """How it ended. `stopped` says which limit ended it, empty when it ended by itself.

    `began` is false where a seal could not be made, and `output` then says why.
    """

    exit_code: int
    output: HeadAndTail
    timed_out: bool
    stopped: str
    began: bool = True


class _Pipe:
    """The reading end of a pipe, drained by the event loop."""

    def __init__(self, take: Callable[[bytes], None]) -> None:
        self._loop = asyncio.get_running_loop()
        self._take = take
        self._read, self.write = os.pipe()
        os.set_blocking(self._read, False)
        self.ended = asyncio.Event()
        self._loop.add_reader(self._read, self._ready)

    def _ready(self) -> None:
        try:
            data = os.read(self._read, _CHUNK)
        except BlockingIOError:
            return
        if data:
            self._take(data)
        else:
            self._loop.remove_reader(self._read)
            self.ended.set()

    def close_write(self) -> None:
        if self.write >= 0:
            os.close(self.write)
            self.write = -1

    def close(self) -> None:
        self.close_write()
        self._loop.remove_reader(self._read)
        os.close(self._read)


@dataclass
class _Namespace:
    """The first process of bubblewrap's process namespace; with it every process inside ends.

    It is held by a pidfd, so that a reused number is never signalled.
    """

    said: bytearray = field(default_factory=bytearray)
    pid: int | None = None
    _fd: int = -1

    def hear(self, data: bytes) -> None:
        """Take what bubblewrap reports: one JSON document a line."""
        self.said += data
        with suppress(ValueError, KeyError, TypeError, OSError):
            if self.pid is None:
                pid = int(json.loads(self.said.splitlines()[0])["child-pid"])
                if hasattr(os, "pidfd_open"):
                    self._fd = os.pidfd_open(pid)
                self.pid = pid

    @property
    def began(self) -> bool:
        """Whether the command itself was started and ended by itself."""
        return b'"exit-code"' in self.said

    def pids(self, stop_at: int) -> list[int]:
        return descendants(self.pid, stop_at) if self.pid is not None else []

    def kill(self) -> None:
        if self._fd >= 0:
            with suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._fd, signal.SIGKILL)

    async def gone(self) -> None:
        """Return once no process of the namespace lives, after at most the grace time."""
        waited = 0.0
        while self._fd >= 0 and not select.select([self._fd], [], [], 0)[0] and waited < _GRACE_S:
            await asyncio.sleep(0.002)
            waited += 0.002

    def close(self) -> None:
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1


class _Marked:
    """The processes of a command without a seal, found by the mark in their environment."""

    def __init__(self, marker: str, group: int) -> None:
        self._marker = marker
        self._group = group
        self._tasks = tasks_of_machine()
        self._turn = 0

    def pids(self, stop_at: int) -> list[int]:
        """All of them at every fifth call, or as soon as the machine has many more tasks."""
        self._turn += 1
        storm = tasks_of_machine() - self._tasks > stop_at
        if not storm:
            return marked(self._marker) if self._turn % _SEARCH_EVERY == 0 else []
        # A search among processes that multiply would not end: they wait while it lasts.
        _signal_group(self._group, signal.SIGSTOP)
        found = marked(self._marker)
        if len(found) <= stop_at:
            _signal_group(self._group, signal.SIGCONT)
        return found


async def supervise(
    launch: Callable[[int | None], Launch], bounds: Bounds, *, sealed: bool
) -> Ended:
    """Run to the end or to a limit, then kill whatever is left; cancelling the task kills all too.

    `launch` is given the descriptor that bubblewrap reports on (None without the seal).

    Raises:
        OSError: the program could not be started.
    """
    output = HeadAndTail(bounds.output_bytes)
    space = _Namespace()
    pipe = _Pipe(output.add)
    info = _Pipe(space.hear) if sealed else None
    try:
        what = launch(info.write if info else None)
        process = await asyncio.create_subprocess_exec(
            *what.argv,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=pipe.write,
            stderr=pipe.write,
            env=dict(what.env),
            cwd=what.cwd,
            pass_fds=tuple(what.pass_fds),
            start_new_session=True,
        )
        pipe.close_write()
        if info:
            info.close_write()
        exited = asyncio.ensure_future(process.wait())
        find = space.pids if sealed else _Marked(what.marker, process.pid).pids
        watching = asyncio.ensure_future(_watch(find, bounds))
        try:
            await asyncio.wait(
                {exited, watching}, timeout=bounds.timeout_s, return_when=asyncio.FIRST_COMPLETED
            )
            timed_out = not exited.done() and not watching.done()
            stopped = watching.result() if watching.done() and not exited.done() else ""
        finally:
            watching.cancel()
            _kill(process, space, what.marker, sealed=sealed)
            code = await exited
            if not sealed:
                # What was forked while the group was being killed carries the marker still.
                _kill(process, space, what.marker, sealed=sealed)
            await space.gone()
            with suppress(TimeoutError):
                async with asyncio.timeout(_GRACE_S):
                    await pipe.ended.wait()
        began = not sealed or space.began or timed_out or bool(stopped)
        return Ended(128 - code if code < 0 else code, output, timed_out, stopped, began)
    finally:
        pipe.close()
        if info:
            info.close()
        space.close()


def _kill(
    process: asyncio.subprocess.Process, space: _Namespace, marker: str, *, sealed: bool
) -> None:
    space.kill()
    if not sealed or process.returncode is None:
        _signal_group(process.pid, signal.SIGKILL)
    if marker:
        kill_marked(marker)


def _signal_group(group: int, kind: signal.Signals) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(group, kind)


async def _watch(find: Callable[[int], list[int]], bounds: Bounds) -> str:
    """Look at the processes until together they exceed a limit; say which."""
    while True:
        await asyncio.sleep(_WATCH_EVERY_S)
        pids = find(bounds.processes)
        if len(pids) > bounds.processes:
            return f"more than {bounds.processes} processes at once"
        if (
            resident_memory(pids) > bounds.memory_bytes
            and proportional_memory(pids) > bounds.memory_bytes
        ):
            return f"more than {bounds.memory_bytes // 2**20} MiB of memory"
