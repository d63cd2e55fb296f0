"""Bars from trades: the same as from the sorted whole, closed only, with gaps and lateness told."""

from __future__ import annotations

import random
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trading_tools.exchange.bars import Bar, Bars
from trading_tools.money import MoneyError

HALF_MINUTE = 30_000
START = 1_800_000_000_000
Trade = tuple[int, Decimal, Decimal]

trades_of_minutes = st.lists(
    st.tuples(
        st.integers(START, START + 300_000),
        st.decimals("0.01", 100_000, places=2),
        st.decimals("0.00001", 100, places=5),
    ),
    unique_by=lambda trade: trade[0],
    max_size=60,
)


def by_hand(trades: list[Trade], opens_at: int) -> Bar:
    inside = sorted(each for each in trades if opens_at <= each[0] < opens_at + HALF_MINUTE)
    prices = [price for _, price, _ in inside]
    volume = sum((size for _, _, size in inside), Decimal(0))
    if not prices:
        return Bar(opens_at, HALF_MINUTE, None, None, None, None, volume, 0)
    return Bar(
        opens_at,
        HALF_MINUTE,
        prices[0],
        max(prices),
        min(prices),
        prices[-1],
        volume,
        len(prices),
    )


@given(trades_of_minutes, st.integers(0, 2**32))
def test_trades_that_come_a_little_late_give_the_bars_of_the_sorted_whole(
    trades: list[Trade], seed: int
) -> None:
    draw = random.Random(seed)
    arrived = sorted(trades, key=lambda trade: trade[0] + draw.random() * 1_000)
    bars = Bars(HALF_MINUTE, START, lateness_ms=1_000)
    made = [bar for at, price, size in arrived for bar in bars.add(price, size, at)]
    made += bars.pass_time(START + 400_000)
    assert bars.late_trades == 0
    assert made == [by_hand(trades, START + number * HALF_MINUTE) for number in range(len(made))]
    assert len(made) == 13


def one(bars: Bars, at: int) -> list[Bar]:
    return bars.add(Decimal(100), Decimal(1), at)


def test_a_bar_is_given_once_it_is_closed_and_not_before() -> None:
    bars = Bars(HALF_MINUTE, START)
    assert one(bars, START) == []
    assert one(bars, START + 30_999) == []
    (closed,) = one(bars, START + 31_000)
    assert (closed.opens_at, closed.trades, closed.complete) == (START, 1, True)


def test_the_bar_in_which_it_begins_is_not_complete() -> None:
    bars = Bars(HALF_MINUTE, START + 1)
    first, second = bars.pass_time(START + 61_000)
    assert (first.complete, first.missing) == (False, "it had begun before")
    assert second.complete


def test_a_trade_of_a_closed_bar_is_counted_and_changes_nothing() -> None:
    bars = Bars(HALF_MINUTE, START)
    bars.pass_time(START + 31_000)
    assert one(bars, START + 29_999) == []
    assert bars.late_trades == 1
    (second,) = bars.pass_time(START + 61_000)
    assert second.trades == 0


def test_a_trade_of_the_far_future_is_counted_and_closes_nothing() -> None:
    bars = Bars(HALF_MINUTE, START)
    assert one(bars, START * 1_000) == []
    assert bars.strange_trades == 1
    assert one(bars, START) == []


def test_trades_go_on_after_a_gap_of_days() -> None:
    bars, days = Bars(HALF_MINUTE, START), 3 * 86_400_000
    one(bars, START)
    bars.miss(START + 1, START + days, "the stream broke")
    made = one(bars, START + days)
    assert bars.strange_trades == 0
    assert made[-1].opens_at + 2 * HALF_MINUTE == START + days
    assert not any(bar.complete for bar in made)


def test_a_bar_without_trades_has_no_prices() -> None:
    (empty,) = Bars(HALF_MINUTE, START).pass_time(START + 31_000)
    assert (empty.open, empty.high, empty.low, empty.close) == (None, None, None, None)
    assert (empty.volume_base, empty.trades, empty.complete) == (Decimal(0), 0, True)


@pytest.mark.parametrize(
    ("since", "until", "marked"),
    [
        (START + 30_000, START + 59_999, [1]),
        (START + 29_999, START + 60_000, [0, 1, 2]),
        (START + 45_000, START + 45_000, [1]),
        (START + 30_000, START, [1]),
    ],
)
def test_bars_that_a_gap_touches_are_not_complete(
    since: int, until: int, marked: list[int]
) -> None:
    bars = Bars(HALF_MINUTE, START)
    bars.miss(since, until, "the stream broke")
    made = bars.pass_time(START + 121_000)
    assert [number for number, bar in enumerate(made) if not bar.complete] == marked
    assert {bar.missing for bar in made if not bar.complete} == {"the stream broke"}


def test_memory_does_not_grow_with_time() -> None:
    bars = Bars(1_000, START)
    for second in range(20_000):
        one(bars, START + second * 1_000)
        bars.miss(START + second * 1_000, START + second * 1_000, "again")
    assert len(bars._open) <= 3
    assert len(bars._missing) <= 3


@pytest.mark.parametrize("wrong", [{"length_ms": 0}, {"length_ms": 1, "lateness_ms": -1}])
def test_a_length_that_is_none_is_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="give a length above 0"):
        Bars(begins_at=0, **wrong)


def test_a_float_is_refused() -> None:
    with pytest.raises(ValueError, match="float"):
        Bars(1_000, START).add(1.1, Decimal(1), START)  # type: ignore[arg-type]  # a float


@pytest.mark.parametrize(("price", "size"), [("0", "1"), ("-5", "1"), ("1", "0"), ("1", "-1")])
def test_what_can_be_no_trade_is_refused(price: str, size: str) -> None:
    with pytest.raises(MoneyError, match="both are above 0"):
        Bars(HALF_MINUTE, START).add(Decimal(price), Decimal(size), START)
