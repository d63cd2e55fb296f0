"""The circuit breaker: opens on what fails now, probes with one request, forgets late news."""

from __future__ import annotations

import asyncio
import itertools
import time
from typing import Any

import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from trading_tools.exchange.breaker import Breaker, BreakerRules, CircuitOpen, Permit, State

RULES = BreakerRules(failures=3, ratio=0.5, window_s=10, open_s=5, longest_s=15, probe_s=8)


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def breaker(clock: Clock) -> Breaker:
    return Breaker("bybit", RULES, clock)


def opened(breaker: Breaker) -> Breaker:
    for _ in range(RULES.failures):
        breaker.permit().failed()
    assert breaker.state is State.OPEN
    return breaker


def test_failures_of_the_window_open_it_and_it_says_when_the_next_try_is(
    breaker: Breaker, clock: Clock
) -> None:
    opened(breaker)
    clock.now += 2
    with pytest.raises(CircuitOpen, match=r"bybit keeps failing: the next try is in 3\.0 s"):
        breaker.permit()


def test_old_failures_and_a_low_ratio_leave_it_closed(breaker: Breaker, clock: Clock) -> None:
    for _ in range(20):
        breaker.permit().failed()
        clock.now += RULES.window_s / 2
    for _ in range(100):
        breaker.permit().succeeded()
    for _ in range(50):
        breaker.permit().failed()
    assert breaker.state is State.CLOSED


def test_it_opens_also_where_that_takes_above_a_hundred_failures(
    clock: Clock,
) -> None:
    breaker = Breaker("bybit", BreakerRules(failures=101), clock)
    for _ in range(100):
        breaker.permit().failed()
    breaker.permit().failed()
    with pytest.raises(CircuitOpen):
        breaker.permit()


def test_steps_of_the_wall_clock_do_not_keep_it_open(monkeypatch: pytest.MonkeyPatch) -> None:
    breaker = opened(Breaker("bybit", BreakerRules(failures=3, open_s=1e-9)))
    monkeypatch.setattr(time, "time", lambda: 0.0)
    assert breaker.permit().probe


def test_one_request_alone_is_the_probe(breaker: Breaker, clock: Clock) -> None:
    opened(breaker)
    clock.now += 5
    permits: list[Permit] = []
    refused = 0
    for _ in range(1_000):
        try:
            permits.append(breaker.permit())
        except CircuitOpen:
            refused += 1
    assert (len(permits), refused) == (1, 999)
    with pytest.raises(CircuitOpen, match="bybit keeps failing: one request is on its way"):
        breaker.permit()
    permits[0].succeeded()
    assert breaker.state is State.CLOSED


def test_each_probe_that_fails_doubles_the_wait_up_to_the_longest(
    breaker: Breaker, clock: Clock
) -> None:
    opened(breaker)
    waits = []
    for _ in range(4):
        with pytest.raises(CircuitOpen) as refusal:
            breaker.permit()
        waits.append(refusal.value.retry_in_s)
        clock.now += refusal.value.retry_in_s
        breaker.permit().failed()
    assert waits == [5, 10, 15, 15]


def test_a_probe_that_never_ends_has_failed(breaker: Breaker, clock: Clock) -> None:
    opened(breaker)
    clock.now += 5
    lost = breaker.permit()
    clock.now += RULES.probe_s
    with pytest.raises(CircuitOpen):
        breaker.permit()
    lost.succeeded()
    assert breaker.state is State.OPEN


def test_late_ends_of_requests_sent_before_it_opened_change_nothing(
    breaker: Breaker, clock: Clock
) -> None:
    late = [breaker.permit() for _ in range(10)]
    opened(breaker)
    clock.now += 4
    for permit in late:
        permit.failed()
    with pytest.raises(CircuitOpen) as refusal:
        breaker.permit()
    assert refusal.value.retry_in_s == 1


def test_a_refusal_by_the_venue_is_no_failure_and_a_named_one_is(breaker: Breaker) -> None:
    for _ in range(10):
        with pytest.raises(ValueError, match="too small"), breaker.guarding(ConnectionError):
            raise ValueError("too small")
    assert breaker.permit()
    for _ in range(20):
        with pytest.raises((ConnectionError, CircuitOpen)), breaker.guarding(ConnectionError):
            raise ConnectionError("reset")
    assert breaker.state is State.OPEN


async def test_a_cancelled_probe_does_not_leave_it_waiting_for_ever(
    breaker: Breaker, clock: Clock
) -> None:
    opened(breaker)
    clock.now += 5
    with pytest.raises(asyncio.CancelledError), breaker.guarding(ConnectionError):
        raise asyncio.CancelledError
    assert breaker.state is State.OPEN


def test_the_end_of_a_request_is_reported_once(breaker: Breaker) -> None:
    permit = breaker.permit()
    permit.succeeded()
    with pytest.raises(RuntimeError, match="reported twice"):
        permit.failed()


def test_every_change_is_told(clock: Clock) -> None:
    told: list[State] = []
    breaker = opened(Breaker("bybit", RULES, clock, told.append))
    clock.now += 5
    breaker.permit().succeeded()
    assert told == [State.OPEN, State.PROBING, State.CLOSED]


@given(
    st.lists(
        st.tuples(st.floats(0, 4), st.sampled_from(["send", "work", "fail"]), st.integers(0, 99)),
        max_size=200,
    )
)
def test_until_a_probe_works_at_most_one_request_goes_out_in_each_wait(
    acts: list[tuple[float, str, int]],
) -> None:
    clock = Clock()
    rules = BreakerRules(failures=1, ratio=0.01, window_s=100, open_s=1, longest_s=2, probe_s=3)
    breaker = Breaker("bybit", rules, clock)
    breaker.permit().failed()
    under_way: list[Permit] = []
    probes: list[float] = []
    for passed, act, which in acts:
        clock.now += passed
        if act != "send":
            if under_way:
                permit = under_way.pop(which % len(under_way))
                permit.succeeded() if act == "work" else permit.failed()
            if breaker.state is State.CLOSED:
                probes.clear()
            continue
        before = breaker.state
        try:
            under_way.append(breaker.permit())
        except CircuitOpen:
            event("refused")
            continue
        if before is not State.CLOSED:
            event("probe")
            probes.append(clock.now)
    gaps = [later - first for first, later in itertools.pairwise(probes)]
    assert all(gap >= rules.open_s for gap in gaps)


@pytest.mark.parametrize(
    "wrong",
    [
        {"failures": 0},
        {"failures": float("nan")},
        {"ratio": 0},
        {"ratio": 1.5},
        {"open_s": 0},
        {"open_s": float("nan")},
        {"window_s": -1},
    ],
)
def test_rules_that_no_breaker_could_work_with_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="no rules for a breaker"):
        BreakerRules(**wrong)
