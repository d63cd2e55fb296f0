"""The cache of replies: how long it keeps, one request at a time, who may go away when."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trading_tools.exchange.cache import MOST_KEPT, Cache

TTL_S = 30.0


@dataclass
class Bench:
    """A cache on a clock that moves when told, and something to ask that can be held up."""

    now_s: float = 0.0
    asked: int = 0
    ended: int = 0
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    fails: bool = False

    def __post_init__(self) -> None:
        start = datetime(2026, 11, 20, tzinfo=UTC)
        self.cache = Cache(lambda: start + timedelta(seconds=self.now_s), lambda: self.now_s)
        self.gate.set()

    async def ask(self) -> int:
        self.asked += 1
        number = self.asked
        try:
            await self.gate.wait()
        finally:
            self.ended += 1
        if self.fails:
            raise LookupError(f"answer {number} failed")
        return number

    async def get(self, key: str = "k") -> int:
        return (await self.cache.get(key, TTL_S, self.ask)).value


@given(st.lists(st.integers(0, 70), min_size=1, max_size=30))
def test_an_answer_is_given_again_until_it_is_as_old_as_allowed_and_not_after(
    steps: list[int],
) -> None:
    async def scenario() -> None:
        bench = Bench()
        asked_at = None
        for step in steps:
            bench.now_s += step
            if asked_at is None or bench.now_s - asked_at >= TTL_S:
                asked_at = bench.now_s
            kept = await bench.cache.get("k", TTL_S, bench.ask)
            assert kept.asked_s == asked_at
            assert bench.cache.age_s(kept) == bench.now_s - asked_at < TTL_S

    asyncio.run(scenario())


@given(st.lists(st.sampled_from(["a", "b", "c"]), min_size=1, max_size=12))
def test_callers_at_the_same_time_share_one_request_for_each_key(keys: list[str]) -> None:
    async def scenario() -> None:
        bench = Bench()
        bench.gate.clear()
        waiting = [asyncio.ensure_future(bench.get(key)) for key in keys]
        await asyncio.sleep(0)
        bench.gate.set()
        answers = await asyncio.gather(*waiting)
        assert bench.asked == len(set(keys))
        assert len({*zip(keys, answers, strict=True)}) == len(set(keys))

    asyncio.run(scenario())


async def test_an_error_goes_to_all_who_wait_and_is_not_kept() -> None:
    bench = Bench(fails=True)
    outcomes = await asyncio.gather(bench.get(), bench.get(), return_exceptions=True)
    assert [str(outcome) for outcome in outcomes] == ["answer 1 failed"] * 2
    bench.fails = False
    assert await bench.get() == 2


@given(st.lists(st.booleans(), min_size=1, max_size=8))
def test_who_goes_away_takes_nobody_with_it(leaves: list[bool]) -> None:
    async def scenario() -> None:
        bench = Bench()
        bench.gate.clear()
        waiting = [asyncio.ensure_future(bench.get()) for _ in leaves]
        await asyncio.sleep(0)
        for task, leaving in zip(waiting, leaves, strict=True):
            if leaving:
                task.cancel()
        await asyncio.sleep(0)
        bench.gate.set()
        outcomes = await asyncio.gather(*waiting, return_exceptions=True)
        assert [isinstance(outcome, asyncio.CancelledError) for outcome in outcomes] == leaves
        assert [outcome for outcome in outcomes if outcome == 1] == [1] * leaves.count(False)
        assert bench.asked == 1

    asyncio.run(scenario())


async def test_the_request_ends_with_the_last_who_waits_and_is_made_anew_for_the_next() -> None:
    bench = Bench()
    bench.gate.clear()
    alone = asyncio.ensure_future(bench.get())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    alone.cancel()
    with pytest.raises(asyncio.CancelledError):
        await alone
    await asyncio.sleep(0)
    assert (bench.asked, bench.ended) == (1, 1)
    bench.gate.set()
    assert await bench.get() == 2


async def test_an_answer_is_as_old_as_its_question() -> None:
    bench = Bench()
    bench.gate.clear()
    waiting = asyncio.ensure_future(bench.cache.get("k", TTL_S, bench.ask))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    bench.now_s = 12
    bench.gate.set()
    kept = await waiting
    assert bench.cache.age_s(kept) == 12
    assert kept.asked_at == datetime(2026, 11, 20, tzinfo=UTC)


async def test_what_is_kept_is_bounded_and_the_oldest_goes_first() -> None:
    bench = Bench()
    for number in range(MOST_KEPT + 1):
        await bench.get(str(number))
    asked = bench.asked
    await bench.get(str(MOST_KEPT))
    assert bench.asked == asked
    await bench.get("0")
    assert bench.asked == asked + 1
