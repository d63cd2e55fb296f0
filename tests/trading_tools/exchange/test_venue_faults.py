"""Venues that fail, on real sockets: each failure is one clear error, and nothing hangs."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.venue_replies import bybit
from tests.support.venue_server import Fault, VenueServer
from trading_tools.exchange.errors import (
    BadReply,
    MarketDataError,
    RateLimited,
    Refused,
    Unreachable,
)
from trading_tools.exchange.market_data import MarketData

TICKER = "/v5/market/tickers"
BOOK = "/v5/market/orderbook"
MARKETS = "/v5/market/instruments-info"
SYMBOL = "BTC/USDT"
CLOUDFRONT = (
    "<HTML><HEAD><TITLE>ERROR: The request could not be satisfied</TITLE></HEAD><BODY>"
    "<H1>403 ERROR</H1>The Amazon CloudFront distribution is configured to block access from "
    "your country.\n\n</BODY></HTML>"
)
RESTRICTED = '{"code": 0, "msg": "Service unavailable from a restricted location"}'


@pytest.fixture
def server() -> Iterator[VenueServer]:
    with VenueServer() as server:
        yield server


async def failure(server: VenueServer, venue: str = "bybit", **settings: Any) -> MarketDataError:
    """How asking for a ticker fails."""
    async with server.market_data(**settings) as data:
        with pytest.raises(MarketDataError) as caught:
            await data.ticker(SYMBOL, venue)
    assert len(str(caught.value).splitlines()) == 1
    return caught.value


@pytest.mark.parametrize("path", [TICKER, MARKETS])
@pytest.mark.parametrize(
    ("fault", "kind", "says"),
    [
        (Fault(ending="reset"), Unreachable, "the connection was cut before the reply was whole"),
        (Fault(body='{"retCode": 0', ending="cut"), Unreachable, "the connection was cut before"),
        (Fault(status=403, body=CLOUDFRONT), Refused,
         "bybit refuses requests from this place or network (HTTP 403: 403 ERROR The Amazon "
         "CloudFront distribution is configured to block access from your country.); ask another"),
        (Fault(status=451, body=RESTRICTED), Refused, "from a restricted location"),
        (Fault(status=503, body="<html>Back soon</html>"), Unreachable,
         "bybit is out of order (HTTP 503: Back soon); ask again later"),
        (Fault(body='{"retCode": 0, "result": {"li'), BadReply, "something that is no whole JSON"),
        (Fault(body="<html>Please log in to the hotel network</html>"), BadReply,
         "something that is no whole JSON: Please log in to the hotel network"),
        (Fault(body=""), BadReply, "something that is no whole JSON"),
        (Fault(body='{"retCode": 10001, "retMsg": "params error", "result": {}}'), BadReply,
         "params error"),
        (Fault(body='{"retCode": 0, "result": {"list": 1'), BadReply, "no whole JSON"),
        (Fault(body="[]"), BadReply, "bybit"),
    ],
    ids=["reset", "cut", "geo-block", "restricted", "maintenance", "half", "portal", "empty",
         "error", "half-number", "shape"],
)  # fmt: skip
async def test_a_failure_says_its_shape_and_what_to_do(
    server: VenueServer, path: str, fault: Fault, kind: type[MarketDataError], says: str
) -> None:
    server.faults[path] = fault
    error = await failure(server)
    assert isinstance(error, kind)
    assert says in str(error)


async def test_a_venue_that_says_it_is_unavailable_is_to_be_asked_later(
    server: VenueServer,
) -> None:
    server.replies["/0/public/Ticker"] = {"error": ["EService:Unavailable"]}
    async with server.market_data() as data:
        with pytest.raises(Unreachable, match=r"kraken cannot serve this now: .*Unavailable"):
            await data.ticker("BTC/USD", "kraken")


async def test_a_list_of_markets_that_is_empty_is_no_answer(server: VenueServer) -> None:
    server.replies[MARKETS] = {"retCode": 0, "retMsg": "OK", "result": {"list": []}}
    error = await failure(server)
    assert str(error) == "bybit answered with a list of markets that is empty"


async def test_a_venue_that_never_answers_is_given_up(server: VenueServer) -> None:
    server.faults[TICKER] = Fault(ending="silent")
    error = await failure(server, timeout_s=0.2)
    assert str(error) == "bybit cannot be reached: it did not answer in time"


async def test_a_venue_has_one_budget_for_all_that_it_is_asked(server: VenueServer) -> None:
    server.faults[MARKETS] = Fault(ending="silent")
    error = await failure(server, budget_s=0.2)
    assert str(error) == "bybit did not answer within 0.2 s"


async def test_a_refused_connection_is_named(server: VenueServer) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        server.port = closed.getsockname()[1]
        error = await failure(server)
    assert str(error) == "bybit cannot be reached: the connection was refused"


async def test_what_speaks_no_tls_is_named(server: VenueServer) -> None:
    server.scheme = "https"
    error = await failure(server)
    assert isinstance(error, Unreachable)
    assert "its TLS certificate is not sound, or something stands in between" in str(error)


async def test_a_name_that_is_not_found_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def nowhere(*_: object, **__: object) -> None:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", nowhere)
    async with MarketData() as data:
        with pytest.raises(Unreachable, match="its name is not found"):
            await data.ticker(SYMBOL, "bybit")


async def test_a_rate_limit_is_waited_out_within_the_budget(server: VenueServer) -> None:
    server.faults[TICKER] = Fault(status=429, headers={"Retry-After": "3"}, body="{}", times=1)
    time = Time()
    async with server.market_data(monotonic=time.now, sleep=time.sleep) as data:
        assert (await data.ticker(SYMBOL, "bybit")).last == 60000
    assert time.slept == [3]
    assert server.asked(TICKER) == 2


async def test_a_rate_limit_beyond_the_budget_is_told_and_the_venue_left_in_peace(
    server: VenueServer,
) -> None:
    server.faults[TICKER] = Fault(status=429, headers={"Retry-After": "120"}, body="{}")
    time = Time()
    async with server.market_data(monotonic=time.now, sleep=time.sleep) as data:
        with pytest.raises(RateLimited, match=re.escape("(HTTP 429: {}); ask again in 120 s")):
            await data.ticker(SYMBOL, "bybit")
        time.at += 20
        with pytest.raises(RateLimited, match="bybit asks to slow down; ask again in 100 s"):
            await data.order_book(SYMBOL, 5, "bybit")
        assert (server.asked(TICKER), server.asked(BOOK), time.slept) == (1, 0, [])
        server.faults.clear()
        time.at += 101
        assert (await data.ticker(SYMBOL, "bybit")).last == 60000


async def test_a_rate_limit_without_a_time_is_not_tried_again(server: VenueServer) -> None:
    server.faults[TICKER] = Fault(status=429, body="{}")
    error = await failure(server)
    assert isinstance(error, RateLimited)
    assert error.retry_after_s is None
    assert server.asked(TICKER) == 1


async def test_an_error_is_not_kept(server: VenueServer) -> None:
    server.faults[TICKER] = Fault(status=500, body="{}", times=1)
    async with server.market_data() as data:
        with pytest.raises(Unreachable):
            await data.ticker(SYMBOL, "bybit")
        assert (await data.ticker(SYMBOL, "bybit")).last == 60000


@pytest.mark.parametrize(
    ("bids", "asks", "says"),
    [
        ([], [], "bybit's book of BTC/USDT is empty"),
        ([["60001", "1"]], [["60000", "1"]], "is crossed: best bid 60001, best ask 60000"),
        ([["60000", "1"]], [["60000", "1"]], "is crossed"),
        ([["60000", "0"]], [["60001", "1"]], "a level without price or amount"),
        ([["nan", "1"]], [["60001", "1"]], "a level of the bids"),
    ],
)
async def test_a_book_that_cannot_be_is_refused(
    server: VenueServer, bids: list[list[str]], asks: list[list[str]], says: str
) -> None:
    with pytest.raises(BadReply, match=says):
        await book_of(server, bids, asks)


async def test_a_book_with_one_side_has_no_spread_and_says_why(server: VenueServer) -> None:
    book = await book_of(server, [["99.5", "1"]], [])
    assert (book.best_bid, book.best_ask, book.spread, book.mid) == (99.5, None, None, None)
    assert book.missing["best_ask"] == "nobody offers"


async def test_levels_are_in_order_of_their_numbers_not_of_their_texts(server: VenueServer) -> None:
    book = await book_of(server, [["99.5", "1"], ["100.5", "2"]], [["101", "1"], ["1000", "1"]])
    assert [price for price, _ in book.bids] == [100.5, 99.5]
    assert [price for price, _ in book.asks] == [101, 1000]


async def test_an_empty_ticker_is_an_error_and_a_missing_price_is_null(server: VenueServer) -> None:
    reply = bybit(TICKER, {"category": "spot", "symbol": "BTCUSDT"})
    row = reply["result"]["list"][0]
    row |= {"bid1Price": "", "ask1Price": None}
    server.replies[TICKER] = reply
    async with server.market_data() as data:
        found = await data.ticker(SYMBOL, "bybit")
    assert (found.bid, found.ask) == (None, None)
    assert found.last == 60000
    assert found.missing["bid"] == "not in the venue's reply"
    row |= {"lastPrice": ""}
    assert "without any price" in str(await failure(server))


async def book_of(server: VenueServer, bids: list[list[str]], asks: list[list[str]]) -> Any:
    reply = bybit(BOOK, {"category": "spot", "symbol": "BTCUSDT", "limit": "5"})
    reply["result"] |= {"b": bids, "a": asks}
    server.replies[BOOK] = reply
    async with server.market_data() as data:
        return await data.order_book(SYMBOL, 5, "bybit")


class Time:
    """A clock that moves when told, or when slept on."""

    def __init__(self) -> None:
        self.at = 1000.0
        self.slept: list[float] = []

    def now(self) -> float:
        return self.at

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.at += seconds
