"""The pacer in virtual time: nothing goes over a limit, the urgent go first, nothing is lost."""

from __future__ import annotations

import asyncio
import random
from collections import Counter as Counts
from collections.abc import Sequence
from contextlib import AbstractContextManager

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.virtual_time import VirtualLoop, run_virtually
from trading_tools.exchange.pacing.meters import Slot
from trading_tools.exchange.pacing.pacer import Pacer
from trading_tools.exchange.pacing.rules import Cost, Counter, NeverFits, Priority, Scope, Window
from trading_tools.exchange.pacing.slots import OwnSlots
from trading_tools.exchange.pacing.venues import UnknownLimits, pacer_for
from trading_tools.venue.binance.errors import BinanceError
from trading_tools.venue.binance.limits import Limits, Rules

TEN_A_SECOND = Window("ten", "requests", 10, 1, Scope.ADDRESS, margin_s=0)
NAN = float("nan")
ONE = Cost({"requests": 1})


@settings(deadline=None, max_examples=60)
@given(seed=st.integers(0, 2**32), phase_ms=st.integers(0, 59_999), offered=st.integers(1, 5))
def test_binance_never_warns_whatever_the_phase_of_its_minute_and_the_way_there(
    seed: int, phase_ms: int, offered: int
) -> None:
    draw = random.Random(seed)
    now = 0.0
    pacer = pacer_for("binance", clock=lambda: now)
    arrivals = []
    for _ in range(1_500):
        now += draw.random() * 0.03 / offered
        weight = draw.choice((1, 2, 4, 20, 80, 250))
        units = {"weight": weight, "orders": float(weight == 1)}
        priority = draw.choice(list(Priority))
        while (wait := pacer.try_acquire(Cost(units), priority)) > 0:
            now += wait
        arrivals.append((now + draw.random() * 0.5, weight))
    hits: list[str] = []
    limits = Limits(Rules(), lambda at, kind, what: hits.append(what))
    for at, weight in sorted(arrivals):
        moment = int(at * 1000) + phase_ms
        try:
            limits.charge(weight, moment)
            if weight == 1:
                limits.may_order("drill", moment)
                limits.ordered("drill", moment)
        except BinanceError:
            break
    assert hits == []


@settings(deadline=None, max_examples=60)
@given(seed=st.integers(0, 2**32), phase=st.floats(0, 1))
def test_a_window_of_the_venues_own_clock_holds_no_more_than_its_limit(
    seed: int, phase: float
) -> None:
    draw = random.Random(seed)
    now, rule = 0.0, Window("ten", "requests", 10, 1, Scope.KEY, margin_s=0.5)
    pacer = Pacer("venue", [rule], clock=lambda: now)
    arrived: Counts[int] = Counts()
    for _ in range(300):
        while (wait := pacer.try_acquire(ONE, Priority.CANCEL)) > 0:
            now += wait
        arrived[int(now + draw.random() * 0.5 + phase)] += 1
    assert max(arrived.values()) <= rule.limit


@settings(deadline=None, max_examples=60)
@given(seed=st.integers(0, 2**32))
def test_a_decaying_counter_never_passes_its_limit_as_requests_arrive(seed: int) -> None:
    draw = random.Random(seed)
    now, rule = 0.0, Counter("calls", "calls", 15, 0.33, Scope.KEY, margin_s=3)
    pacer = Pacer("kraken", [rule], clock=lambda: now)
    arrivals = []
    for _ in range(200):
        now += draw.random()
        cost = draw.choice((1, 1, 2))
        while (wait := pacer.try_acquire(Cost({"calls": cost}), Priority.CANCEL)) > 0:
            now += wait
        arrivals.append((now + draw.random() * 3, cost))
    count, last = 0.0, 0.0
    for at, cost in sorted(arrivals):
        count = max(0.0, count - (at - last) * rule.decay_per_s) + cost
        last = at
        assert count <= rule.limit + 1e-9


@settings(deadline=None, max_examples=40)
@given(seed=st.integers(0, 2**32))
def test_the_whole_limit_is_used_under_load_and_no_more(seed: int) -> None:
    async def main(loop: VirtualLoop) -> list[float]:
        pacer = Pacer("venue", [TEN_A_SECOND], clock=loop.time)
        sent: list[float] = []

        async def client() -> None:
            await asyncio.sleep(draw.random())
            await pacer.acquire(ONE, Priority.CANCEL)
            sent.append(loop.time())

        await asyncio.gather(*(client() for _ in range(200)))
        return sorted(sent)

    draw = random.Random(seed)
    sent = run_virtually(main)
    for first, eleventh in zip(sent, sent[10:], strict=False):
        assert eleventh - first >= 1.0 - 1e-6
    assert sent[-1] - sent[0] < 200 / 10 * 1.05


def test_a_cancel_goes_before_an_order_and_an_order_before_data() -> None:
    async def main(loop: VirtualLoop) -> list[Priority]:
        pacer = Pacer("venue", [TEN_A_SECOND], clock=loop.time)
        went: list[Priority] = []

        async def client(priority: Priority) -> None:
            await pacer.acquire(ONE, priority)
            went.append(priority)

        while pacer.try_acquire(ONE, Priority.CANCEL) == 0:
            pass
        wanted = [Priority.DATA, Priority.PLACE, Priority.CANCEL] * 5
        await asyncio.gather(*(client(priority) for priority in wanted))
        return went

    went = run_virtually(main)
    assert went == sorted(went)


def test_what_is_small_does_not_overtake_what_is_urgent_and_large() -> None:
    async def main(loop: VirtualLoop) -> list[Priority]:
        pacer = Pacer("venue", [TEN_A_SECOND], clock=loop.time)
        went: list[Priority] = []

        async def client(priority: Priority, units: int) -> None:
            await pacer.acquire(Cost({"requests": units}), priority)
            went.append(priority)

        pacer.try_acquire(Cost({"requests": 5}))
        asked = [(Priority.CANCEL, 8), (Priority.PLACE, 1), (Priority.DATA, 1)]
        large, small, last = (asyncio.create_task(client(*each)) for each in asked)
        await asyncio.sleep(0.1)
        last.cancel()  # whoever goes away lets the others be looked at
        await asyncio.gather(large, small)
        return went

    assert run_virtually(main) == [Priority.CANCEL, Priority.PLACE]


def test_data_leaves_room_for_an_order_and_both_for_a_cancel() -> None:
    pacer = Pacer("venue", [Window("w", "requests", 100, 10, Scope.KEY)], clock=lambda: 0.0)

    def goes(priority: Priority) -> int:
        count = 0
        while pacer.try_acquire(ONE, priority) == 0:
            count += 1
        return count

    assert [goes(Priority.DATA), goes(Priority.PLACE), goes(Priority.CANCEL)] == [85, 10, 5]


def test_a_cheap_request_does_not_overtake_a_dear_one_that_is_as_urgent() -> None:
    async def main(loop: VirtualLoop) -> list[str]:
        pacer = Pacer("venue", [TEN_A_SECOND], clock=loop.time)
        went: list[str] = []

        async def client(name: str, units: float) -> None:
            await pacer.acquire(Cost({"requests": units}), Priority.PLACE)
            went.append(name)

        pacer.try_acquire(Cost({"requests": 5}))
        async with asyncio.TaskGroup() as group:
            group.create_task(client("dear", 9))
            for _ in range(3):
                await asyncio.sleep(0.1)
                group.create_task(client("cheap", 1))
        return went

    assert run_virtually(main)[0] == "dear"


def test_what_waits_for_one_pair_holds_no_other_pair_up() -> None:
    async def main(loop: VirtualLoop) -> float:
        rule = Counter("engine", "engine", 10, 1, Scope.KEY, lanes=True)
        pacer = Pacer("kraken", [rule], clock=loop.time)
        nine = Cost({"engine": 9}, "XBTUSD")
        await pacer.acquire(nine, Priority.CANCEL)
        waiting = asyncio.create_task(pacer.acquire(nine, Priority.CANCEL))
        await asyncio.sleep(0)
        began = loop.time()
        await pacer.acquire(Cost({"engine": 9}, "ETHUSD"), Priority.DATA)
        other = loop.time() - began
        await waiting
        return other

    assert run_virtually(main) == 0


def test_who_is_cancelled_while_waiting_has_used_nothing() -> None:
    async def main(loop: VirtualLoop) -> tuple[float, int]:
        pacer = Pacer("venue", [TEN_A_SECOND], clock=loop.time)
        while pacer.try_acquire(ONE, Priority.CANCEL) == 0:
            pass
        tasks = [asyncio.create_task(pacer.acquire(ONE)) for _ in range(50)]
        await asyncio.sleep(0)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.sleep(2)
        return pacer.used("ten"), pacer.waiting

    assert run_virtually(main) == (0, 0)


def test_a_request_larger_than_the_limit_is_refused_at_once_also_behind_others() -> None:
    async def main(loop: VirtualLoop) -> None:
        pacer = Pacer("venue", [TEN_A_SECOND], clock=loop.time)
        await pacer.acquire(Cost({"requests": 10}), Priority.CANCEL)
        waiting = asyncio.create_task(pacer.acquire(ONE))
        await asyncio.sleep(0)
        for units in (11, -1, NAN):
            with pytest.raises(NeverFits, match=rf"ten: a request of {units:g} never fits into 10"):
                await pacer.acquire(Cost({"requests": units}))
        await waiting

    run_virtually(main)


def test_a_pause_holds_everybody_and_is_never_shortened() -> None:
    async def main(loop: VirtualLoop) -> float:
        pacer = Pacer("venue", [TEN_A_SECOND], clock=loop.time)
        began = loop.time()
        pacer.pause(120)
        pacer.pause(1)
        await pacer.acquire(ONE, Priority.CANCEL)
        return loop.time() - began

    assert run_virtually(main) >= 120


def test_two_keys_share_the_address_but_not_their_orders() -> None:
    slots = OwnSlots()
    one, two = (pacer_for("binance", key, slots) for key in ("one", "two"))
    one.try_acquire(Cost({"weight": 7, "orders": 1}))
    assert (two.used("weight-1m"), two.used("orders-10s")) == (7, 0)


def test_what_the_venue_says_is_used_counts_if_it_is_more() -> None:
    pacer = pacer_for("binance")
    pacer.try_acquire(Cost({"weight": 100}))
    pacer.told("weight-1m", 5_000)
    pacer.told("weight-1m", 50)
    assert pacer.used("weight-1m") == pytest.approx(5_000)


def test_a_clock_that_goes_back_frees_nothing() -> None:
    now = 1_000.0
    pacer = Pacer("venue", [TEN_A_SECOND], clock=lambda: now)
    while pacer.try_acquire(ONE, Priority.CANCEL) == 0:
        pass
    now = 0.0
    assert pacer.try_acquire(ONE, Priority.CANCEL) > 0
    assert pacer.used("ten") == 10


def test_what_was_used_before_a_step_back_is_still_used_when_its_time_comes_again() -> None:
    at = [100.0]
    pacer = Pacer("venue", [Window("w", "requests", 50, 1, Scope.KEY)], clock=lambda: at[0])
    for _ in range(30):
        assert pacer.try_acquire(ONE, Priority.CANCEL) == 0
    for now in (99.5, 100.1):
        at[0] = now
        assert pacer.used("w") == 30


def test_who_waits_is_told_where_the_counts_can_no_longer_be_kept() -> None:
    class Gone:
        gone = False
        own = OwnSlots()

        def held(self, names: Sequence[str]) -> AbstractContextManager[list[Slot]]:
            if self.gone:
                raise OSError("the disk is gone")
            return self.own.held(names)

    async def main(loop: VirtualLoop) -> list[object]:
        slots = Gone()
        pacer = Pacer("venue", [TEN_A_SECOND], slots=slots, clock=loop.time)
        while pacer.try_acquire(ONE, Priority.CANCEL) == 0:
            pass
        waiting = [asyncio.create_task(pacer.acquire(ONE)) for _ in range(3)]
        await asyncio.sleep(0)
        slots.gone = True
        async with asyncio.timeout(60):
            return await asyncio.gather(*waiting, return_exceptions=True)

    assert [str(each) for each in run_virtually(main)] == ["the disk is gone"] * 3


def test_a_venue_whose_limits_are_not_known_is_named_with_those_that_are() -> None:
    with pytest.raises(UnknownLimits, match=r"mtgox.* of binance, bin"):
        pacer_for("mtgox")


@pytest.mark.parametrize(
    ("kind", "given_"),
    [
        (Window, (0, 1)),
        (Window, (1, 0)),
        (Window, (NAN, 1)),
        (Window, (1, NAN)),
        (Counter, (1, 3)),
        (Counter, (1, 0)),
        (Counter, (NAN, 1)),
    ],
)
def test_a_limit_that_is_none_is_refused(
    kind: type[Window] | type[Counter], given_: tuple[int, float]
) -> None:
    with pytest.raises(ValueError, match="is not a limit"):
        kind("wrong", "requests", *given_, Scope.KEY)
