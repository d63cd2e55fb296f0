"""Market data as its users see it: which venue answers, what is asked how often, and candles."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from tests.support.venue_markets import AT_S
from tests.support.venue_replies import bybit
from tests.support.venue_server import NOW, Fault, VenueServer
from trading_tools.exchange.ccxt_venue import public_client
from trading_tools.exchange.errors import (
    AmbiguousSymbol,
    BadReply,
    Refused,
    UnknownSymbol,
    UnknownVenue,
    Unsupported,
)
from trading_tools.exchange.intervals import interval_of
from trading_tools.exchange.market_data import Ages
from trading_tools.exchange.venues import KNOWN

TICKER = "/v5/market/tickers"
KLINE = "/v5/market/kline"
MARKETS = "/v5/market/instruments-info"


@pytest.fixture
def server() -> Iterator[VenueServer]:
    with VenueServer() as server:
        yield server


async def test_where_no_venue_is_named_bybit_answers(server: VenueServer) -> None:
    async with server.market_data() as data:
        found = await data.ticker("BTC/USDT")
    assert (found.venue, found.source.passed_over) == ("bybit", ())
    assert not any("binance" in request for request in server.requests)


async def test_where_bybit_cannot_binance_answers_and_says_why(server: VenueServer) -> None:
    server.faults[TICKER] = Fault(status=403, body="<h1>blocked</h1>")
    async with server.market_data() as data:
        found = await data.ticker("BTC/USDT")
    assert found.venue == "binance"
    assert found.source.passed_over == (
        "bybit refuses requests from this place or network (HTTP 403: blocked); ask another venue",
    )


async def test_a_market_that_only_binance_lists_is_found_there(server: VenueServer) -> None:
    async with server.market_data() as data:
        found = await data.market_limits("BTC/JPY")
    assert found.venue == "binance"
    assert found.tick_size == 1
    assert found.source.passed_over[0].startswith("bybit lists no 'BTC/JPY'; near it: BTC/USDT")


async def test_where_neither_can_both_reasons_are_given(server: VenueServer) -> None:
    server.faults[TICKER] = Fault(status=403, body="no")
    server.faults["/api/v3/ticker/24hr"] = Fault(status=451, body="{}")
    async with server.market_data() as data:
        with pytest.raises(Refused, match=r"bybit refuses .*403.*; binance refuses .*451"):
            await data.ticker("BTC/USDT")


async def test_a_symbol_of_two_markets_is_refused_not_asked_elsewhere(server: VenueServer) -> None:
    async with server.market_data() as data:
        with pytest.raises(AmbiguousSymbol, match=r"BTC/USDT \(spot\), BTC/USDT:USDT \(perpetual"):
            await data.ticker("BTCUSDT")
    assert not any("binance" in request for request in server.requests)


async def test_a_venue_that_is_named_is_the_only_one_asked(server: VenueServer) -> None:
    async with server.market_data() as data:
        with pytest.raises(UnknownSymbol, match="kraken lists no 'BTC/USDT'"):
            await data.ticker("BTC/USDT", "Kraken")
        with pytest.raises(UnknownVenue, match="did you mean kraken"):
            await data.ticker("BTC/USDT", "krakn")


async def test_many_at_once_ask_the_venue_once(server: VenueServer) -> None:
    async with server.market_data() as data:
        found = await asyncio.gather(*(data.ticker("BTC/USDT", "bybit") for _ in range(20)))
    assert {ticker.last for ticker in found} == {60000}
    assert server.asked(TICKER) == 1
    assert server.asked(MARKETS) == 3  # spot, perpetuals, and those before their launch


async def test_an_answer_is_kept_as_long_as_its_kind_and_says_how_old_it_is(
    server: VenueServer,
) -> None:
    now = [0.0]
    ages = Ages(ticker_s=40, markets_s=100)
    async with server.market_data(monotonic=lambda: now[0], ages=ages) as data:
        first = await data.ticker("BTC/USDT", "bybit")
        now[0] = 39.5
        again = await data.ticker("BTC/USDT", "bybit")
        now[0] = 40.0
        anew = await data.ticker("BTC/USDT", "bybit")
        limits = await data.market_limits("BTC/USDT", "bybit")
        now[0] = 100.0
        await data.market_limits("BTC/USDT", "bybit")
    assert [found.source.age_s for found in (first, again, anew, limits)] == [0, 40, 0, 40]
    assert first.source.fetched_at == NOW
    assert (server.asked(TICKER), server.asked(MARKETS)) == (2, 6)


async def test_connections_live_until_the_last_user_leaves(server: VenueServer) -> None:
    data = server.market_data(ages=Ages(ticker_s=0))
    async with data:
        async with data:
            await data.ticker("BTC/USDT", "bybit")
            session = server.clients[0].session
        assert not session.closed
        await data.ticker("BTC/USDT", "bybit")
    assert session.closed
    async with data:
        assert (await data.ticker("BTC/USDT", "bybit")).last == 60000


@pytest.mark.parametrize("venue", KNOWN)
def test_clients_hold_no_credentials_and_keep_the_venues_rate(
    venue: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("apiKey", "API_KEY", f"{venue}_apiKey", f"{venue.upper()}_API_KEY"):
        monkeypatch.setenv(name, "planted-credential")
    client = public_client(venue)
    assert not any((client.apiKey, client.secret, client.password, client.token))
    assert client.enableRateLimit
    assert "planted" not in str(vars(client))


async def test_only_public_endpoints_are_asked_and_nothing_is_signed(server: VenueServer) -> None:
    async with server.market_data() as data:
        for venue, symbol in (("bybit", "BTC/USDT"), ("binance", "BTC/USDT"), ("kraken", "BTC/USD"),
                              ("coinbase", "BTC/USD"), ("binanceusdm", "BTC/USDT")):  # fmt: skip
            await data.ticker(symbol, venue)
            await data.order_book(symbol, 5, venue)
            await data.candles(symbol, "1h", 3, venue)
            await data.trading_fees(symbol, venue)
    private = ("signature", "sapi", "private", "query-api", "apiKey", "account")
    assert server.requests
    assert not [one for one in server.requests if any(word in one for word in private)]


async def test_a_perpetual_venue_knows_its_pair_without_the_ending(server: VenueServer) -> None:
    async with server.market_data() as data:
        found = await data.market_limits("BTC/USDT", "binanceusdm")
    assert (found.symbol, found.kind) == ("BTC/USDT:USDT", "swap")


@pytest.mark.parametrize("depth", [1, 5, 7, 100])
async def test_a_book_has_the_depth_that_was_asked_for(server: VenueServer, depth: int) -> None:
    async with server.market_data() as data:
        book = await data.order_book("BTC/USDT", depth, "binanceusdm")
    assert (len(book.bids), len(book.asks)) == (depth, depth)


async def candles(server: VenueServer, *at: Any, **settings: Any) -> Any:
    async with server.market_data() as data:
        return await data.candles(*at, **settings)


@pytest.mark.parametrize(
    ("venue", "symbol"),
    [("bybit", "BTC/USDT"), ("binance", "ETH/USDT:USDT"), ("kraken", "BTC/USD"),
     ("coinbase", "SOL/USD")],
)  # fmt: skip
@pytest.mark.parametrize("interval", ["1m", "1h", "1d"])
async def test_only_closed_candles_are_given_and_the_open_one_on_request(
    server: VenueServer, venue: str, symbol: str, interval: str
) -> None:
    step = interval_of(interval, venue, [interval]).longest
    closed = await candles(server, symbol, interval, 5, venue)
    times = [datetime.fromisoformat(row[0]) for row in closed.rows]
    assert len(times) == 5
    assert times[-1] + step <= NOW < times[-1] + 2 * step
    assert [after - before for before, after in pairwise(times)] == [step] * 4
    with_open = await candles(server, symbol, interval, 5, venue, with_open=True)
    assert (closed.last_is_open, with_open.last_is_open) == (False, True)
    assert datetime.fromisoformat(with_open.rows[-1][0]) == times[-1] + step


async def test_candles_until_a_time_know_nothing_of_what_came_after(server: VenueServer) -> None:
    until = datetime(2026, 11, 20, 12, 30, 30, tzinfo=UTC)
    found = await candles(server, "BTC/USDT", "1h", 3, "bybit", until=until)
    assert [row[0][11:16] for row in found.rows] == ["09:00", "10:00", "11:00"]
    with pytest.raises(Unsupported, match="it would tell what came after"):
        await candles(server, "BTC/USDT", "1h", 3, "bybit", until=until, with_open=True)


async def test_a_time_to_come_gives_no_candle_that_is_still_open(server: VenueServer) -> None:
    until = NOW + timedelta(days=3)
    found = await candles(server, "BTC/USDT", "1h", 2, "bybit", until=until)
    assert [row[0][11:16] for row in found.rows] == ["14:00", "15:00"]


async def test_a_time_before_all_venues_has_no_candles(server: VenueServer) -> None:
    with pytest.raises(BadReply, match="bybit has no closed 1h candle"):
        await candles(server, "BTC/USDT", "1h", 2, "bybit", until=datetime(1, 1, 1, tzinfo=UTC))


async def test_gaps_are_named_and_not_filled(server: VenueServer) -> None:
    server.replies[KLINE] = klines(-5, -4, -1)
    found = await candles(server, "BTC/USDT", "1m", 4, "bybit")
    assert len(found.rows) == 3
    gap = found.gaps[0]
    assert (gap.after, gap.before, gap.candles) == (
        "2026-11-20T15:56:00Z",
        "2026-11-20T15:59:00Z",
        2,
    )
    short = await candles(server, "BTC/USDT", "1m", 9, "bybit")
    assert short.missing == {"rows": "3 of 9: the venue gave no more in the time asked for"}


@pytest.mark.parametrize(
    ("row", "says"),
    [
        (["100", "90", "95", "98", "1"], "cannot be"),
        (["100", "101", "0", "98", "1"], "cannot be"),
        (["100", "101", "99", "", "1"], "lacks a number"),
        (["100", "101", "99", "abc", "1"], "candle of BTC/USDT"),
    ],
)
async def test_a_candle_that_cannot_be_is_refused(
    server: VenueServer, row: list[str], says: str
) -> None:
    reply = klines(-1)
    reply["result"]["list"][0][1:6] = row
    server.replies[KLINE] = reply
    with pytest.raises(BadReply, match=says):
        await candles(server, "BTC/USDT", "1m", 1, "bybit")


async def test_an_interval_the_venue_does_not_keep_is_answered_with_those_it_does(
    server: VenueServer,
) -> None:
    with pytest.raises(Unsupported, match="kraken keeps no candles of '3m'; it has 1m, 5m, 15m"):
        await candles(server, "BTC/USD", "3m", 5, "kraken")


async def test_no_candle_at_all_is_an_error(server: VenueServer) -> None:
    server.replies[KLINE] = klines()
    with pytest.raises(BadReply, match="bybit has no closed 1m candle of BTC/USDT"):
        await candles(server, "BTC/USDT", "1m", 5, "bybit")


def test_months_are_as_long_as_they_are() -> None:
    month = interval_of("1M", "binance", ["1M"])
    opened = datetime(2026, 12, 1, tzinfo=UTC)
    assert month.next(opened) == datetime(2027, 1, 1, tzinfo=UTC)
    assert month.between(opened, datetime(2027, 3, 1, tzinfo=UTC)) == 2


def klines(*minutes: int) -> Any:
    """Bybit's reply with the candles that opened so many minutes from the local venues' time."""
    query = {"category": "spot", "symbol": "BTCUSDT", "interval": "1", "limit": "1"}
    rows = []
    for minute in minutes:
        start = str((AT_S + minute * 60) * 1000)
        rows += bybit(KLINE, {**query, "start": start})["result"]["list"]
    return {**bybit(KLINE, {**query, "start": "0"}), "result": {"list": rows[::-1]}}
