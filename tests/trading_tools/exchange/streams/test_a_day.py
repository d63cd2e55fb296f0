"""A day of a stream in virtual time: what it keeps does not grow."""

from __future__ import annotations

import asyncio
import gc
import random
from collections.abc import Sequence

from tests.support.virtual_time import VirtualLoop, run_virtually
from trading_tools.exchange.streams.delivery import Delivery, WhenFull
from trading_tools.exchange.streams.once import Once
from trading_tools.exchange.streams.stream import Gap, Patience, Stream

HOUR_S = 3_600


def test_a_day_of_trades_breaks_and_silences_keeps_no_more_than_its_first_hours() -> None:
    async def main(loop: VirtualLoop) -> tuple[Stream[dict[str, int]], int]:
        draw, numbers, taken = random.Random(7), iter(range(10**9)), 0
        once: Once[dict[str, int]] = Once(lambda trade: trade["id"], kept=500)

        async def watch() -> Sequence[dict[str, int]]:
            await asyncio.sleep(draw.expovariate(0.5))
            what = draw.random()
            if what < 0.005:
                raise ConnectionError(f"reset number {next(numbers)}")
            if what < 0.01:
                await asyncio.sleep(HOUR_S)
            told = [{"id": next(numbers)} for _ in range(2)]
            return once.new([*told, *told])

        async def nothing() -> None:
            return None

        async def consume(trade: dict[str, int]) -> None:
            nonlocal taken
            taken += 1
            if trade["id"] % 1_000 == 0:
                raise ValueError("a consumer's fault")

        async def recover(gap: Gap) -> None:
            await asyncio.sleep(0.1)

        made = Stream(
            watch,
            nothing,
            Delivery(consume, size=50, when_full=WhenFull.GAP),
            recover,
            Patience(silent_after_s=30),
            loop.time,
            draw,
        )
        running = asyncio.create_task(made.run())
        await asyncio.sleep(6 * HOUR_S)
        before = kept()
        await asyncio.sleep(18 * HOUR_S)
        after = kept()
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        assert taken > 70_000
        return made, after - before

    made, grown = run_virtually(main)
    assert made.health.failures > 300
    assert made.health.silences > 100
    assert grown < 200


def kept() -> int:
    """How many objects are alive."""
    gc.collect()
    return len(gc.get_objects())
