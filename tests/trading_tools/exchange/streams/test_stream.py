"""A stream in virtual time: silence, breaks, gaps, slow consumers, hours of breaks."""

from __future__ import annotations

import asyncio
import itertools
import random
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import pytest

from tests.support.virtual_time import VirtualLoop, run_virtually
from trading_tools.exchange.streams.delivery import Delivery, WhenFull
from trading_tools.exchange.streams.once import Once
from trading_tools.exchange.streams.stream import Gap, Patience, Stream

CALM = Patience(first_s=0.5)


class Feed:
    """A connection that plays a script: numbers are seconds of rest, texts items, errors raise."""

    def __init__(self, script: list[Any], then: Any = "x") -> None:
        self.script = script
        self.then = then
        self.reopened = 0

    async def watch(self) -> Sequence[str]:
        while True:
            step = self.script.pop(0) if self.script else self.then
            if isinstance(step, Exception):
                raise step
            if isinstance(step, str):
                await asyncio.sleep(0.1)
                return [step]
            await asyncio.sleep(step)

    async def reopen(self) -> None:
        self.reopened += 1


async def nothing(item: str) -> None:
    return None


def stream(
    loop: VirtualLoop,
    feed: Feed,
    consume: Callable[[str], Awaitable[None]] = nothing,
    size: int = 1_000,
    when_full: WhenFull = WhenFull.DROP_OLDEST,
    **settings: Any,
) -> Stream[str]:
    given = {"patience": CALM, "clock": loop.time, "draw": random.Random(1), **settings}
    return Stream(feed.watch, feed.reopen, Delivery(consume, size, when_full), **given)


async def run_for(stream: Stream[Any], seconds: float) -> None:
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(seconds):
            await stream.run()


def test_a_silent_connection_is_let_go_after_three_seconds_and_data_comes_again() -> None:
    async def main(loop: VirtualLoop) -> tuple[Stream[str], Feed, float]:
        feed = Feed(["a", "b", 3_600.0], then="c")
        made = stream(loop, feed)
        began = loop.time()
        back: list[float] = []

        async def recover(gap: Gap) -> None:
            back.append(loop.time() - began)

        made._recover = recover
        await run_for(made, 20)
        return made, feed, back[1]

    made, feed, back = run_virtually(main)
    assert made.health.silences == feed.reopened == 1
    assert back < 0.2 + 3 + 1.5
    assert made.health.messages > 50


def test_each_gap_is_told_before_anything_newer_is_handed_on() -> None:
    async def main(loop: VirtualLoop) -> list[Any]:
        told: list[Any] = []

        async def consume(item: str) -> None:
            told.append(item)

        async def recover(gap: Gap) -> None:
            told.append((gap.why, round(gap.since, 1)))
            await asyncio.sleep(1)

        feed = Feed(["a", "b", ConnectionError("reset"), "c", 3_600.0])
        await run_for(stream(loop, feed, consume, recover=recover), 6)
        return told

    told = run_virtually(main)
    broken = ("ConnectionError: reset", 1001.2)
    assert told == [("the stream begins", 1000.0), "a", "b", broken, "c"]


def test_a_stream_that_may_be_silent_is_mended_though_no_data_comes() -> None:
    async def main(loop: VirtualLoop) -> list[str]:
        gaps: list[str] = []

        async def recover(gap: Gap) -> None:
            gaps.append(gap.why)

        feed = Feed(["a", ConnectionError("reset")], then=3_600.0)
        patience = Patience(silent_after_s=None)
        await run_for(stream(loop, feed, recover=recover, patience=patience), 7_200)
        return gaps

    assert run_virtually(main) == ["the stream begins", "ConnectionError: reset"]


def test_a_recovery_that_fails_is_tried_again_and_hides_nothing() -> None:
    async def main(loop: VirtualLoop) -> tuple[list[float], list[str]]:
        tries: list[float] = []
        told: list[str] = []

        async def consume(item: str) -> None:
            told.append(item)

        async def recover(gap: Gap) -> None:
            tries.append(gap.since)
            if len(tries) < 4:
                raise ConnectionError("the venue does not say")

        await run_for(stream(loop, Feed([]), consume, recover=recover), 30)
        return tries, told

    tries, told = run_virtually(main)
    assert len(tries) == 4
    assert len(set(tries)) == 1
    assert told


def test_waits_grow_with_failures_in_a_row_and_start_anew_after_a_healthy_time() -> None:
    async def main(loop: VirtualLoop) -> list[float]:
        opened: list[float] = []

        class Dead(Feed):
            async def watch(self) -> Sequence[str]:
                opened.append(loop.time())
                raise ConnectionError("refused")

        await run_for(stream(loop, Dead([])), 600)
        return opened

    opened = run_virtually(main)
    waits = [later - first for first, later in itertools.pairwise(opened)]
    assert max(waits) <= CALM.longest_s
    assert max(waits[:2]) <= 2 * CALM.first_s
    assert sum(waits[-10:]) > 10 * CALM.longest_s * 0.2
    assert CALM.wait_s(1, random.Random(3)) <= CALM.first_s


def test_a_consumer_that_fails_or_hangs_does_not_stop_the_reader() -> None:
    told: list[Exception] = []

    async def main(loop: VirtualLoop) -> tuple[Stream[str], Delivery[str]]:
        async def fails(item: str) -> None:
            raise KeyError(item)

        feed = Feed([])
        delivery = Delivery(fails, 10, on_error=told.append)
        made = Stream(feed.watch, feed.reopen, delivery, clock=loop.time)
        await run_for(made, 10)

        async def hangs(item: str) -> None:
            await asyncio.sleep(3_600)

        feed, hanging = Feed([]), Delivery(hangs, 10)
        slow = Stream(feed.watch, feed.reopen, hanging, clock=loop.time)
        await run_for(slow, 60)
        assert slow.health.messages > 500
        assert hanging.waiting == 10
        assert hanging.dropped == slow.health.messages - 11
        return made, delivery

    made, delivery = run_virtually(main)
    assert delivery.errors == made.health.messages > 50
    assert [repr(error) for error in told[:1]] == ["KeyError('x')"]
    assert len(told) == delivery.errors
    assert made.health.opened == 1


def test_callbacks_that_raise_before_there_is_anything_to_await_do_not_stop_the_reader() -> None:
    async def main(loop: VirtualLoop) -> tuple[Stream[str], Delivery[str]]:
        feed = Feed(["a", ConnectionError("reset")])

        def reopen() -> Awaitable[None]:
            raise OSError("cannot be closed")

        fields: dict[str, str] = {}
        delivery: Delivery[str] = Delivery(lambda item: nothing(fields[item]))
        made = Stream(feed.watch, reopen, delivery, patience=CALM, clock=loop.time)
        await run_for(made, 10)
        return made, delivery

    made, delivery = run_virtually(main)
    assert made.health.opened == 2
    assert delivery.errors == made.health.messages > 50


def test_a_consumer_that_fails_is_told_in_the_log_once_where_nobody_else_is_told(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def main(loop: VirtualLoop) -> Delivery[str]:
        async def fails(item: str) -> None:
            raise KeyError(f"no {item}")

        feed, delivery = Feed([]), Delivery(fails)
        await run_for(Stream(feed.watch, feed.reopen, delivery, clock=loop.time), 10)
        return delivery

    assert run_virtually(main).errors > 50
    assert caplog.text.count("fails; only this error") == caplog.text.count("KeyError: 'no x'") == 1


def test_a_delivery_that_is_run_twice_delivers_one_item_after_the_other() -> None:
    async def main(loop: VirtualLoop) -> list[str]:
        seen: list[str] = []

        async def slow(item: str) -> None:
            seen.append(f"{item} begins")
            await asyncio.sleep(1)
            seen.append(f"{item} ends")

        delivery = Delivery(slow)
        delivery.put("a")
        delivery.put("b")
        runs = [asyncio.create_task(delivery.run()) for _ in range(2)]
        await asyncio.sleep(3)
        for each in runs:
            each.cancel()
        return seen

    assert run_virtually(main) == ["a begins", "a ends", "b begins", "b ends"]


def test_the_lag_is_the_age_of_the_oldest_item_that_is_not_done() -> None:
    async def main(loop: VirtualLoop) -> list[float]:
        async def slow(item: str) -> None:
            await asyncio.sleep(2)

        delivery = Delivery(slow, clock=loop.time)
        lags = [delivery.lag_s]
        delivery.put("a")
        delivery.put("b")
        running = asyncio.create_task(delivery.run())
        for _ in range(5):
            await asyncio.sleep(0.9)
            lags.append(round(delivery.lag_s, 1))
        running.cancel()
        return lags

    assert run_virtually(main) == [0.0, 0.9, 1.8, 2.7, 3.6, 0.0]


def test_settings_that_would_never_find_silence_or_hold_nothing_are_refused() -> None:
    for wrong in (0, -1, float("nan"), float("inf")):
        with pytest.raises(ValueError, match="silent_after_s is"):
            Patience(silent_after_s=wrong)
    with pytest.raises(ValueError, match="a queue for 0 items holds none"):
        Delivery(nothing, 0)


def test_a_consumer_that_waits_for_what_is_cancelled_gets_the_next_item() -> None:
    async def main(loop: VirtualLoop) -> tuple[Stream[str], Delivery[str]]:
        async def cancelled(item: str) -> None:
            future = loop.create_future()
            future.cancel()
            await future

        def fails_too(error: Exception) -> None:
            raise KeyError(type(error).__name__)

        feed = Feed([])
        delivery = Delivery(cancelled, 10, on_error=fails_too)
        made = Stream(feed.watch, feed.reopen, delivery, clock=loop.time)
        await run_for(made, 10)
        return made, delivery

    made, delivery = run_virtually(main)
    assert delivery.errors == made.health.messages > 50


def test_a_watch_whose_shared_future_another_has_cancelled_is_opened_again() -> None:
    async def main(loop: VirtualLoop) -> Stream[str]:
        feed = Feed(["one"])
        real = feed.watch
        shared = loop.create_future()
        shared.cancel()

        async def watch() -> Sequence[str]:
            if feed.script or feed.reopened:
                return await real()
            await shared
            raise AssertionError("the future is cancelled")

        made = Stream(watch, feed.reopen, Delivery(nothing), patience=CALM, clock=loop.time)
        await run_for(made, 10)
        return made

    made = run_virtually(main)
    assert (made.health.opened, made.health.failures) == (2, 1)
    assert made.health.messages > 50


def test_where_nothing_may_be_missed_a_slow_consumer_makes_a_gap() -> None:
    async def main(loop: VirtualLoop) -> list[str]:
        gaps: list[str] = []

        async def slow(item: str) -> None:
            await asyncio.sleep(5)

        async def recover(gap: Gap) -> None:
            gaps.append(gap.why)

        made = stream(loop, Feed([]), slow, size=5, when_full=WhenFull.GAP, recover=recover)
        await run_for(made, 10)
        return gaps

    gaps = run_virtually(main)
    assert gaps[0] == "the stream begins"
    assert set(gaps[1:]) == {"a slow consumer"}


async def test_nothing_that_waited_before_a_gap_is_handed_on_after_it() -> None:
    async def consume(item: int) -> None:
        """Nobody runs it."""

    full = Delivery(consume, size=2, when_full=WhenFull.GAP)
    assert [full.put(number) for number in range(3)] == [True, True, False]
    assert (full.waiting, full.dropped) == (0, 3)


def test_hours_of_breaks_leave_nothing_behind() -> None:
    async def main(loop: VirtualLoop) -> tuple[Stream[str], int]:
        draw = random.Random(7)

        class Shaky(Feed):
            async def watch(self) -> Sequence[str]:
                await asyncio.sleep(draw.expovariate(1))
                if draw.random() < 0.01:
                    raise ConnectionError("reset")
                return ["x"]

        made = stream(loop, Shaky([]))
        await run_for(made, 6 * 3_600)
        return made, len(asyncio.all_tasks())

    made, tasks = run_virtually(main)
    assert made.health.failures > 125
    assert made.health.messages > 12_500
    assert len(made.health.gaps) == 100
    assert tasks == 1


def test_an_item_passes_once_among_the_kept_ones() -> None:
    once: Once[int] = Once(lambda item: item, kept=3)
    assert once.new([1, 1, 3, 2, 1]) == [1, 3, 2]
    assert once.new([4]) == [4]
    assert once.new([3, 1]) == [3]
    assert once.repeated == 3


async def test_a_stream_ends_also_in_the_moment_in_which_a_dead_connection_was_let_go() -> None:
    let_go = asyncio.get_running_loop().create_future()
    letting_go = asyncio.Event()

    async def watch() -> Sequence[str]:
        raise ConnectionError("cut")

    def reopen() -> Awaitable[None]:
        letting_go.set()
        return let_go

    async def consume(item: str) -> None:
        raise AssertionError(f"{item} came")

    running = asyncio.create_task(Stream(watch, reopen, Delivery(consume)).run())
    await letting_go.wait()
    let_go.set_result(None)
    running.cancel()
    done, _ = await asyncio.wait({running}, timeout=30)
    assert done
    assert running.cancelled()
