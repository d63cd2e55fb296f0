"""Which venue is asked first: left when it fails, the first again when it has shown itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.venue_server import Fault, VenueServer
from trading_tools.exchange.breaker import BreakerRules
from trading_tools.exchange.failover import Failover, FailoverRules
from trading_tools.exchange.market_data import Ages

TICKER = "/v5/market/tickers"
RULES = FailoverRules(
    breaker=BreakerRules(failures=3, window_s=60, open_s=15, longest_s=60),
    trial_every_s=10,
    good_trials=3,
)


@dataclass
class Bench:
    """A failover on a clock that moves when told, and readings that end as they are told to."""

    now: float = 1_000.0
    asked: list[tuple[float, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.failover = Failover(("first", "second"), RULES, lambda: self.now)

    def read(self, works: dict[str, bool]) -> str | None:
        """One reading: who gave it."""
        for venue in self.failover.turns().venues:
            self.asked.append((self.now, venue))
            if works[venue]:
                self.failover.answered(venue)
                return venue
            self.failover.failed(venue, "told to")
        return None

    def first_left(self) -> bool:
        return self.failover.health()[0].left


Moments = list[tuple[float, bool, bool]]
MOMENTS = st.lists(
    st.tuples(st.floats(0.1, 40), st.booleans(), st.booleans()), min_size=1, max_size=120
)


@given(MOMENTS)
def test_everybody_is_in_the_order_once_whatever_happens(moments: Moments) -> None:
    bench = Bench()
    for passed, first, second in moments:
        bench.now += passed
        turns = bench.failover.turns()
        assert sorted(turns.venues) == ["first", "second"]
        assert set(turns.late) <= {one.venue for one in bench.failover.health() if one.left}
        bench.read({"first": first, "second": second})


@given(MOMENTS)
def test_a_reading_comes_whenever_anybody_can_give_one(moments: Moments) -> None:
    bench = Bench()
    for passed, first, second in moments:
        bench.now += passed
        given_by = bench.read({"first": first, "second": second})
        assert (given_by is None) == (not first and not second)


@given(st.lists(st.floats(0.1, 100), min_size=1, max_size=60))
def test_while_all_do_well_only_the_first_is_asked(steps: list[float]) -> None:
    bench = Bench()
    for step in steps:
        bench.now += step
        assert bench.read({"first": True, "second": True}) == "first"


@given(st.lists(st.floats(0.5, 5), min_size=20, max_size=200))
def test_a_venue_that_stays_away_is_tried_ever_more_rarely(steps: list[float]) -> None:
    bench = Bench()
    for step in steps:
        bench.now += step
        assert bench.read({"first": False, "second": True}) == "second"
    tries = [at for at, venue in bench.asked if venue == "first"]
    trials = tries[3:]  # those before it was left
    waits = [later - sooner for sooner, later in zip(tries[2:], trials, strict=False)]
    assert all(wait >= least for wait, least in zip(waits, (15, 30, 60, 60, 60), strict=False))


@given(st.lists(st.tuples(st.floats(0.5, 20), st.booleans()), min_size=10, max_size=200))
def test_it_is_the_first_again_only_after_enough_good_trials_apart(
    moments: list[tuple[float, bool]],
) -> None:
    bench = Bench()
    row: list[float] = []
    for passed, works in moments:
        bench.now += passed
        left_before, asked_before = bench.first_left(), len(bench.asked)
        bench.read({"first": works, "second": True})
        tried = "first" in [venue for _, venue in bench.asked[asked_before:]]
        if not left_before:
            row = []
            continue
        if tried:
            row = [*row, bench.now] if works else []
        if not bench.first_left():
            assert len(row) == RULES.good_trials
            assert all(b - a >= RULES.trial_every_s for a, b in pairwise(row))


def test_what_fails_now_and_then_is_not_left() -> None:
    bench = Bench()
    for number in range(200):
        bench.now += 5
        bench.read({"first": number % 3 != 0, "second": True})
    assert not bench.first_left()


def test_data_that_has_stopped_counts_as_a_failure() -> None:
    bench = Bench()
    for _ in range(3):
        bench.now += 5
        bench.failover.answered("first", data_age_s=300)
    health = bench.failover.health()[0]
    assert (health.left, health.data_age_s) == (True, 300)
    turns = bench.failover.turns()
    assert turns.venues == ("second", "first")
    assert turns.late["first"].endswith("it failed: its data was 300 s old")


def test_one_reading_at_a_time_is_a_trial() -> None:
    bench = Bench()
    for _ in range(3):
        bench.read({"first": False, "second": True})
    bench.now += 20
    assert bench.failover.turns().venues == ("first", "second")
    assert bench.failover.turns().venues == ("second", "first")


@pytest.fixture
def server() -> Iterator[VenueServer]:
    with VenueServer() as server:
        yield server


async def test_bybit_is_left_for_binance_and_comes_back_and_each_reading_says_so(
    server: VenueServer,
) -> None:
    now = [0.0]
    rules: dict[str, Any] = {
        "monotonic": lambda: now[0],
        "ages": Ages(ticker_s=0),
        "failover": RULES,
    }
    server.faults[TICKER] = Fault(status=503, body="{}", times=3)
    async with server.market_data(**rules) as data:
        for _ in range(3):
            assert (await data.ticker("BTC/USDT")).venue == "binance"
        asked = server.asked(TICKER)
        skipped = await data.ticker("BTC/USDT")
        assert (skipped.venue, server.asked(TICKER)) == ("binance", asked)
        assert skipped.source.passed_over[0].startswith(
            "bybit is left until 3 readings in a row do not fail; it failed: bybit is out of order"
        )
        given_by = []
        for _ in range(4):
            now[0] += 15
            given_by.append((await data.ticker("BTC/USDT")).venue)
        assert given_by == ["bybit"] * 4
        assert not any(one.left for one in data.health())
        again = await data.ticker("BTC/USDT")
        assert (again.venue, again.source.passed_over) == ("bybit", ())


async def test_a_venue_that_is_named_is_asked_though_it_was_left(server: VenueServer) -> None:
    server.faults[TICKER] = Fault(status=503, body="{}", times=3)
    async with server.market_data(ages=Ages(ticker_s=0), failover=RULES) as data:
        for _ in range(3):
            await data.ticker("BTC/USDT")
        assert (await data.ticker("BTC/USDT", "bybit")).venue == "bybit"


async def test_a_symbol_that_a_venue_does_not_list_says_nothing_of_its_health(
    server: VenueServer,
) -> None:
    async with server.market_data(failover=RULES) as data:
        for _ in range(5):
            assert (await data.market_limits("BTC/JPY")).venue == "binance"
        assert [(one.left, one.failed) for one in data.health()] == [(False, 0), (False, 0)]


@pytest.mark.parametrize("wrong", ["stale_after_s", "trial_every_s", "good_trials"])
def test_rules_that_nothing_could_come_back_by_are_refused(wrong: str) -> None:
    with pytest.raises(ValueError, match="no rules for a failover"):
        FailoverRules(**{wrong: float("nan")})  # type: ignore[arg-type]
