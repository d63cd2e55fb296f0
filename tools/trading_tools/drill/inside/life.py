"""One life of the bot: its processes from their start until the last of them is gone.

In the seal all processes of the bot are one process namespace: forks and daemons are followed, and
all end with its first process. When a bot is signalled is `bot`.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import json
import os
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, Protocol, Self

from trading_tools.drill.inside.memory import more_than

_CHUNK = 1 << 18
_PIPE_BYTES = 1 << 20
_LAST_WORDS_S = 2


class SealBroken(Exception):
    """bubblewrap could not make the seal; what it printed says why."""


class Ended(NamedTuple):
    """How the command ended: its exit code, or the signal that ended it."""

    code: int | None
    signal: str | None

    @classmethod
    def of(cls, status: int) -> Self:
        """From an exit status in which 128 + n stands for signal n."""
        try:
            return cls(None, signal.Signals(status - 128).name)
        except ValueError:
            return cls(status, None)


class Life(Protocol):
    """A bot that was started."""

    async def ended(self) -> Ended:
        """Wait until nothing of it lives."""

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to every process of it."""

    def kill(self) -> None:
        """End every process of it at once."""

    def crowd(self) -> int:
        """How many processes it has, as far as can be seen."""

    def holds_more_than(self, memory_bytes: int) -> bool:
        """Whether its processes hold more memory than that, as far as can be seen."""


class Drain:
    """A pipe whose reading end the event loop empties."""

    def __init__(self, take: Callable[[bytes], None]) -> None:
        self._loop = asyncio.get_running_loop()
        self._take = take
        self._read, self.write = os.pipe()
        if sys.platform == "linux":
            with contextlib.suppress(OSError):  # more than the user may have: the usual size does
                fcntl.fcntl(self._read, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
        os.set_blocking(self._read, False)
        self._ended = asyncio.Event()
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
            self._ended.set()

    async def close(self) -> None:
        """Take what is still in it, then close it. Nobody is waited for who holds it open."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_LAST_WORDS_S):
                await self._ended.wait()
        self._loop.remove_reader(self._read)
        os.close(self._read)


class SealedLife:
    """A bot in the process namespace that bubblewrap made for it."""

    def __init__(
        self, bwrap: asyncio.subprocess.Process, drains: Sequence[Drain], said: bytearray
    ) -> None:
        self._bwrap = bwrap
        self._drains = drains
        self._said = said
        self._first, self._pidfd = 0, -1
        self._told_to_end = False

    @classmethod
    async def start(
        cls,
        argv: Callable[[int], Sequence[str]],
        env: Mapping[str, str],
        take: Callable[[bytes], None],
    ) -> Self:
        """Start what `argv` gives for the descriptor on which bubblewrap reports.

        `take` gets what it prints.
        """
        status: asyncio.Queue[bytes] = asyncio.Queue()
        said = bytearray()

        def hear(data: bytes) -> None:
            said.extend(data)
            status.put_nowait(data)

        output, reports = Drain(take), Drain(hear)
        bwrap = await asyncio.create_subprocess_exec(
            *argv(reports.write),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=output.write,
            stderr=output.write,
            env=env,
            pass_fds=(reports.write,),
        )
        os.close(output.write)
        os.close(reports.write)
        life = cls(bwrap, (output, reports), said)
        exited = asyncio.ensure_future(bwrap.wait())
        while b"\n" not in said and not exited.done():
            heard = asyncio.ensure_future(status.get())
            await asyncio.wait({heard, exited}, return_when=asyncio.FIRST_COMPLETED)
            heard.cancel()
        life._hold()
        return life

    def _hold(self) -> None:
        """Hold the namespace's first process, so that a reused number is never signalled."""
        with contextlib.suppress(ValueError, KeyError, IndexError, ProcessLookupError):
            self._first = int(json.loads(self._said.splitlines()[0])["child-pid"])
            self._pidfd = os.pidfd_open(self._first)

    async def ended(self) -> Ended:
        """Wait for the command, then for what it left behind.

        What was forked by a command that ended well goes on, as a daemon does; what is left after
        an error or a signal is ended.

        Raises:
            SealBroken: the command was never started.
        """
        status = await self._bwrap.wait()
        ordered = self._told_to_end
        if status or ordered:
            self.kill()
        if self._pidfd >= 0:
            gone = asyncio.Event()
            loop = asyncio.get_running_loop()
            loop.add_reader(self._pidfd, gone.set)
            await gone.wait()
            loop.remove_reader(self._pidfd)
            os.close(self._pidfd)
            self._pidfd = -1
        for drain in self._drains:
            await drain.close()
        if status and not ordered and b'"exit-code"' not in self._said:
            raise SealBroken
        return Ended.of(status)

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to every process but the namespace's own first one."""
        self._told_to_end = True
        for pid in self._pids():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)

    def kill(self) -> None:
        """End the namespace's first process, and with it all others."""
        self._told_to_end = True
        if self._pidfd >= 0:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._pidfd, signal.SIGKILL)

    def crowd(self) -> int:
        """All processes of the drill's network, which are the bot's but for two or three."""
        return len(_numbers())

    def holds_more_than(self, memory_bytes: int) -> bool:
        """Whether its processes hold more memory than that; what they share counts once."""
        return more_than(memory_bytes, self._pids())

    def _pids(self) -> list[int]:
        space = _space(self._first)
        return [pid for pid in _numbers() if pid != self._first and space and _space(pid) == space]


def _numbers() -> list[int]:
    return [int(name) for name in os.listdir("/proc") if name.isdigit()]  # noqa: PTH208


def _space(pid: int) -> int:
    """Which process namespace a process is in; 0 where it is gone."""
    try:
        return Path(f"/proc/{pid}/ns/pid").stat().st_ino
    except OSError:
        return 0
