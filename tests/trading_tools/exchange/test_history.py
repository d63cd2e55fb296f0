"""The past of a market: each trade once and in order, with what is missing said; bars; books.

Paging is held against the trades that a local venue really made, over ccxt's own client.
"""

from __future__ import annotations

import asyncio
import tracemalloc
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.past_markets import past
from trading_tools.exchange import trade_pages
from trading_tools.exchange.errors import BadReply
from trading_tools.exchange.history import Missing, PastTrade, Snapshot, bars, books, trades
from trading_tools.exchange.readings import OrderBook, Source
from trading_tools.exchange.trade_bars import trade_bars
from trading_tools.exchange.trade_pages import Page, Place, page

START = datetime(2026, 11, 26, tzinfo=UTC)
AT = int(START.timestamp() * 1000)


def _moment(ms: int) -> datetime:
    return datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=ms)


@pytest.mark.parametrize("name", ["binance", "binanceusdm", "kraken", "coinbase"])
async def test_a_history_read_in_small_pages_is_what_the_venue_traded(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trade_pages, "PAGE", 40)
    async with past(name) as (data, made, symbol):
        since, until = made[len(made) // 4].at, made[-1].at + 1
        read = [one async for one in data.past_trades(symbol, name, _moment(since), _moment(until))]
    wanted = [one for one in made if since <= one.at < until]
    assert len(wanted) > 40
    assert all(isinstance(one, PastTrade) for one in read)
    assert [one.at for one in read if isinstance(one, PastTrade)] == [one.at for one in wanted]


async def test_a_venue_that_tells_the_latest_only_says_what_it_did_not_tell(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(trade_pages, "PAGE", 40)
    async with past("bybit") as (data, made, symbol):
        since, until = _moment(made[0].at), _moment(made[-1].at + 1)
        read = [one async for one in data.past_trades(symbol, "bybit", since, until)]
    assert read[0] == Missing(made[0].at, made[-40].at, "the venue tells the latest trades only")
    told = [one.at for one in read if isinstance(one, PastTrade)]
    assert told == [one.at for one in made[-40:]]


async def test_bars_of_30_seconds_come_from_a_venue_that_keeps_no_such_candles(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(trade_pages, "PAGE", 40)
    async with past("kraken") as (data, made, symbol):
        since = made[0].at // 30_000 * 30_000
        until = made[-1].at // 30_000 * 30_000
        history = data.past_trades(symbol, "kraken", _moment(since), _moment(until))
        found = [bar async for bar in bars(history, 30_000, since, until)]
    assert [bar.opens_at for bar in found] == list(range(since, until, 30_000))
    assert sum(bar.trades for bar in found) == sum(1 for one in made if one.at < until)
    assert all(bar.complete for bar in found)


async def test_the_last_bars_are_those_that_are_closed_by_now() -> None:
    async with past("binance") as (data, made, symbol):
        now = _moment(made[-1].at + 7_000)
        found = await trade_bars(data, symbol, "Binance", 15, 4, clock=lambda: now)
    assert (found.venue, found.missing, len(found.rows)) == ("binance", (), 4)
    last = datetime.fromisoformat(found.rows[-1][0])
    assert last + timedelta(seconds=15) <= now < last + timedelta(seconds=30)
    begins = int(datetime.fromisoformat(found.rows[0][0]).timestamp() * 1_000)
    inside = [one for one in made if begins <= one.at < begins + 60_000]
    assert sum(row[6] for row in found.rows) == len(inside) > 0


async def test_a_history_that_is_too_long_is_left_and_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(trade_pages, "PAGE", 20)
    async with past("binance") as (data, made, symbol):
        since, until = _moment(made[0].at), _moment(made[-1].at + 1)
        history = data.past_trades(symbol, "binance", since, until, most_pages=2)
        read = [one async for one in history]
    assert len(read) == 41
    assert isinstance(read[-1], Missing)
    assert read[-1].why == "the history was left after 2 pages"


Trades = list[dict[str, Any]]


def told(numbers: list[int], times: list[int] | None = None) -> Trades:
    """Trades as ccxt tells them, one a number, at these times or one a second."""
    return [
        {"id": str(number), "timestamp": AT + at, "price": "60000.5", "amount": "0.1"}
        for number, at in zip(numbers, times or [number * 1_000 for number in numbers], strict=True)
    ]


def pages_of(cut: list[Trades]) -> Callable[[Place], Any]:
    """Asks for one page after the other, whatever the place."""
    left = list(cut)

    async def ask(place: Place) -> Page:
        page = left.pop(0)
        return Page(page, replace(place, mark="on") if left else None)

    return ask


async def all_of(
    ask: Callable[[Place], Any], venue: str = "binance", until: int = AT + 10**9
) -> list[PastTrade | Missing]:
    return [one async for one in trades(venue, AT, until, ask)]


@given(
    st.integers(1, 60),
    st.lists(st.integers(1, 9), min_size=1, max_size=30),
    st.lists(st.integers(0, 5), min_size=30, max_size=30),
)
def test_pages_that_overlap_in_any_way_give_each_trade_once(
    count: int, sizes: list[int], overlaps: list[int]
) -> None:
    whole = told(list(range(1, count + 1)))
    cut, at = [], 0
    for size, overlap in zip(sizes, overlaps, strict=False):
        cut.append(whole[max(0, at - overlap) : at + size])
        at += size
    read = asyncio.run(all_of(pages_of(cut)))
    assert [one.id for one in read if isinstance(one, PastTrade)] == [
        one["id"] for one in whole[:at]
    ]
    assert not [one for one in read if isinstance(one, Missing)]


@given(st.sets(st.integers(2, 39), max_size=12), st.integers(1, 40))
def test_every_hole_in_consecutive_numbers_is_told_before_what_follows_it(
    lost: set[int], cut: int
) -> None:
    kept = told([number for number in range(1, 41) if number not in lost])
    read = asyncio.run(all_of(pages_of([kept[:cut], kept[cut:]])))
    missing = 0
    last = 0
    for one in read:
        if isinstance(one, Missing):
            missing += int(one.why.split()[0])
            assert one.since == AT + last * 1_000
        else:
            last = int(one.id)
    assert missing == len(lost)


async def test_a_hole_makes_its_bars_incomplete_and_no_others() -> None:
    kept = told([number for number in range(120) if number not in {35, 36}])

    async def history() -> AsyncIterator[PastTrade | Missing]:
        for one in await all_of(pages_of([kept])):
            yield one

    made = [bar async for bar in bars(history(), 30_000, AT, AT + 120_000)]
    assert [bar.complete for bar in made] == [True, False, True, True]
    assert made[1].missing == "2 trades between 34 and 37 were not told"


async def test_trades_that_are_days_apart_are_all_in_their_bars() -> None:
    day = 86_400_000

    async def history() -> AsyncIterator[PastTrade | Missing]:
        for number in (0, 3, 9):
            yield PastTrade(str(number), AT + number * day, Decimal(number + 1), Decimal(1))

    made = [bar async for bar in bars(history(), day, AT, AT + 10 * day)]
    assert [bar.trades for bar in made] == [1, 0, 0, 1, 0, 0, 0, 0, 0, 1]


async def test_a_page_that_goes_back_in_time_is_refused() -> None:
    with pytest.raises(BadReply, match="went back in time"):
        await all_of(pages_of([told([1, 2]), told([3], [500])]))


@pytest.mark.parametrize(
    "broken",
    [
        {"price": "nan"},
        {"price": None},
        {"price": "0"},
        {"timestamp": None},
        {"amount": "x"},
        {"amount": "-1"},
        {"id": None},
    ],
    ids=str,
)
async def test_a_trade_that_is_none_is_refused(broken: dict[str, Any]) -> None:
    with pytest.raises(BadReply):
        await all_of(pages_of([[{**told([1])[0], **broken}]]))


@pytest.mark.slow
async def test_a_long_history_is_held_a_page_at_a_time() -> None:
    async def ask(place: Place) -> Page:
        first = int(place.mark or 0)
        rest = replace(place, mark=str(first + 1_000)) if first < 49_000 else None
        return Page(told(list(range(first, first + 1_000))), rest)

    read = 0
    tracemalloc.start()
    async for _ in trades("binance", AT, AT + 10**12, ask):
        read += 1
        if read == 15_000:
            tracemalloc.reset_peak()
            before, _peak = tracemalloc.get_traced_memory()
    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert read == 50_000
    assert peak - before < 3_000_000


class Recent:
    """Any venue of ccxt: `fetch_trades` from a time on, so many a page."""

    def __init__(self, made: Trades, size: int) -> None:
        self.made, self.size = made, size

    async def fetch_trades(self, symbol: str, since: int, limit: int) -> Trades:
        return [one for one in self.made if one["timestamp"] >= since][: self.size]


@given(
    st.lists(st.integers(0, 400), min_size=1, max_size=120).map(sorted),
    st.integers(20, 30),
)
def test_another_venue_is_read_by_time_and_what_one_millisecond_hides_is_told(
    times: list[int], size: int
) -> None:
    made = told(list(range(len(times))), times)
    client = Recent(made, size)

    async def ask(place: Place) -> Page:
        return await page("other", client, "BTC/USD", place)

    read = asyncio.run(all_of(ask, "other"))
    got = [one.id for one in read if isinstance(one, PastTrade)]
    hidden = [at for at in set(times) if times.count(at) > size]
    assert got == [one["id"] for one in made if hidden == [] or one["id"] in got]
    assert bool(hidden) <= bool([one for one in read if isinstance(one, Missing)])


def a_book(bid: str, at: datetime | None = None) -> OrderBook:
    return OrderBook(
        venue="kraken", symbol="BTC/USD", kind="spot", price_unit="USD", amount_unit="BTC",
        best_bid=Decimal(bid), best_ask=None, spread=None, mid=None,
        bids=((Decimal(bid), Decimal(1)),), asks=(), venue_time=at, missing={},
        source=Source(venue="kraken", fetched_at=START, age_s=0),
    )  # fmt: skip


async def looks(
    shown: list[tuple[OrderBook, float]], every_s: float
) -> tuple[list[Snapshot], list[float]]:
    """What comes of looks that show these books and take so long."""
    now, left, at = [0.0], list(shown), list[float]()

    async def look() -> OrderBook:
        at.append(now[0])
        book, took = left.pop(0)
        now[0] += took
        return book

    async def sleep(seconds: float) -> None:
        now[0] += seconds

    found = [one async for one in books(look, every_s, len(shown), lambda: now[0], sleep)]
    return found, at


async def test_books_are_looked_at_on_time_and_told_when_they_differ() -> None:
    shown = [(a_book("1"), 0.1), (a_book("1"), 0.1), (a_book("2"), 0.1)]
    found, at = await looks(shown, 1)
    assert [str(one.book.best_bid) for one in found] == ["1", "2"]
    assert at == [0, 1, 2]


async def test_a_book_that_is_older_than_the_last_is_left_out() -> None:
    late = START - timedelta(seconds=1)
    found, _ = await looks([(a_book("1", START), 0), (a_book("2", late), 0)], 1)
    assert [str(one.book.best_bid) for one in found] == ["1"]


async def test_looks_that_a_slow_venue_made_impossible_are_counted() -> None:
    found, at = await looks([(a_book("1"), 3.5), (a_book("2"), 0), (a_book("3"), 0)], 1)
    assert [(str(one.book.best_bid), one.missed) for one in found][:1] == [("1", 0)]
    assert len(at) + sum(one.missed for one in found) <= 3
