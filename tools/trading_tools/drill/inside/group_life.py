"""One life of the bot in the weaker seal: a process group, since there are no namespaces.

A process that leaves the group is not seen any more; the strong seal ends those too (`life`).
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Self

from trading_tools.drill.inside.life import Drain, Ended

_LOOK_EVERY_S = 0.05


class GroupLife:
    """A bot as the leader of a session of its own."""

    def __init__(self, process: asyncio.subprocess.Process, drain: Drain) -> None:
        self._process = process
        self._drain = drain
        self._told_to_end = False

    @classmethod
    async def start(
        cls,
        command: Sequence[str],
        folder: Path,
        env: Mapping[str, str],
        take: Callable[[bytes], None],
    ) -> Self:
        """Start a command in a folder; `take` gets what it prints."""
        output = Drain(take)
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=output.write,
            stderr=output.write,
            env=env,
            cwd=folder,
            start_new_session=True,
        )
        os.close(output.write)
        return cls(process, output)

    async def ended(self) -> Ended:
        """Wait for the command, then for what it left behind in its group, as `SealedLife` does."""
        status = await self._process.wait()
        if status or self._told_to_end:
            self.kill()
        while self._send(0):  # noqa: ASYNC110 - nothing tells when a group is gone
            await asyncio.sleep(_LOOK_EVERY_S)
        await self._drain.close()
        return Ended.of(128 - status if status < 0 else status)

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the group."""
        self._told_to_end = True
        self._send(number)

    def kill(self) -> None:
        """End the group."""
        self.signal(signal.SIGKILL)

    def crowd(self) -> int:
        """Nothing tells how many processes a group has."""
        return 1

    def holds_more_than(self, memory_bytes: int) -> bool:
        """Nothing tells what a group holds."""
        del memory_bytes
        return False

    def _send(self, number: int) -> bool:
        """Whether there was a group to send it to."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, number)
            return True
        return False
