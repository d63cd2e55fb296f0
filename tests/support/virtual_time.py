"""An event loop whose clock jumps to the next thing that is due: hours of waiting in no time."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from _typeshed import FileDescriptorLike

R = TypeVar("R")


class _Jumping(selectors.BaseSelector):
    """Instead of waiting for a file, moves the clock on."""

    def __init__(self, real: selectors.BaseSelector) -> None:
        self._real = real
        self.now = 1_000.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = self._real.select(0)
        if not ready and timeout is None:
            raise AssertionError("everybody waits, and nothing will ever happen")
        if not ready and timeout:
            self.now += timeout
        return ready

    def register(
        self, fileobj: FileDescriptorLike, events: int, data: object = None
    ) -> selectors.SelectorKey:
        return self._real.register(fileobj, events, data)

    def unregister(self, fileobj: FileDescriptorLike) -> selectors.SelectorKey:
        return self._real.unregister(fileobj)

    def close(self) -> None:
        self._real.close()

    def get_map(self) -> Mapping[FileDescriptorLike, selectors.SelectorKey]:
        return self._real.get_map()


class VirtualLoop(asyncio.SelectorEventLoop):
    """`time` is that of the jumps."""

    def __init__(self) -> None:
        self._jumping = _Jumping(selectors.DefaultSelector())
        super().__init__(self._jumping)

    def time(self) -> float:
        """Seconds of virtual time."""
        return self._jumping.now


def run_virtually(main: Callable[[VirtualLoop], Awaitable[R]]) -> R:
    """Run `main` with a loop whose time costs nothing; its result."""
    loop = VirtualLoop()
    try:

        async def run() -> R:
            return await main(loop)

        return loop.run_until_complete(run())
    finally:
        loop.close()
