"""One venue by ccxt's asynchronous client: public endpoints only, no credentials.

Base URLs are ccxt's own and nothing here changes them. What an exception means is `faults`; this is
the package's one place that catches every exception, because ccxt lets through whatever its parsers
stumble over in a reply.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from contextvars import ContextVar
from functools import cache
from typing import Any, TypeVar

from trading_tools.exchange.errors import MarketDataError, RateLimited, Unsupported
from trading_tools.exchange.faults import Answer, explained, no_json
from trading_tools.exchange.pacing.costs import Asked, knows_orders_of, toll
from trading_tools.exchange.pacing.headers import observe
from trading_tools.exchange.pacing.machine import pacer_of
from trading_tools.exchange.trade_pages import Page, Place, page
from trading_tools.exchange.venues import OPTIONS

R = TypeVar("R")

REQUEST_TIMEOUT_S = 10.0

_answers: ContextVar[list[Answer]] = ContextVar("what the venue answered to this request")
"""One list for all that a request starts: ccxt asks for some things in several tasks at once."""


@cache
def offered() -> Collection[str]:
    """The ids of all venues that ccxt has."""
    import ccxt

    return frozenset(ccxt.exchanges)


def public_client(venue: str, timeout_s: float = REQUEST_TIMEOUT_S) -> Any:
    """ccxt's client of a venue, without credentials, exact, and held to the venue's rate."""
    from ccxt import async_support

    options = {
        key: dict(value) if isinstance(value, Mapping) else value
        for key, value in OPTIONS.get(venue, {}).items()
    }
    client = getattr(async_support, venue)(
        {"enableRateLimit": True, "timeout": int(timeout_s * 1000), "options": options}
    )
    # Exact text, made Decimal when it is read. Not Decimal here: ccxt reads its own numbers again
    # on the way, and what is no text, int or float it takes for missing (Coinbase's last price).
    client.number = str
    return client


class CcxtVenue:
    """A venue behind ccxt; the client opens its connections when it is first asked."""

    def __init__(self, venue: str, client: Any = None) -> None:
        self.name = venue
        self._client = public_client(venue) if client is None else client
        self._client.on_rest_response = self._noted
        self._client.on_json_response = self._parsed
        self._client.parse_order_book_bid_ask = self._level
        self._fetch2: Any = self._client.fetch2
        self._pacer = pacer_of(self._client)
        if self._client.enableRateLimit and knows_orders_of(venue):
            # orc: ignore[T25] our pacer in its place counts all that this machine asks of the venue
            self._client.enableRateLimit = False
            self._client.fetch2 = self._paced

    @property
    def version(self) -> str:
        """ccxt's version."""
        import ccxt

        return f"ccxt {ccxt.__version__}"

    @property
    def intervals(self) -> Sequence[str]:
        """The candle intervals the venue keeps."""
        return tuple(self._client.timeframes or ())

    @property
    def precision_mode(self) -> int:
        """ccxt's precision mode of this venue."""
        return int(self._client.precisionMode)

    async def markets(self) -> Sequence[Mapping[str, Any]]:
        """All markets, asked anew; with ccxt's default fees where the venue's reply has none."""

        async def ask() -> Sequence[Mapping[str, Any]]:
            # Not load_markets: that asks for currencies too, which needs a key on some venues.
            self._client.set_markets(await self._client.fetch_markets())
            return list(self._client.markets.values())

        return await self._asked(ask)

    async def ticker(self, symbol: str) -> Mapping[str, Any]:
        """ccxt's fetch_ticker."""
        return await self._unified("fetchTicker", lambda: self._client.fetch_ticker(symbol))

    async def order_book(self, symbol: str, levels: int | None) -> Mapping[str, Any]:
        """ccxt's fetch_order_book."""
        return await self._unified(
            "fetchOrderBook", lambda: self._client.fetch_order_book(symbol, levels)
        )

    async def candles(
        self, symbol: str, interval: str, since_ms: int, count: int
    ) -> Sequence[Sequence[Any]]:
        """ccxt's fetch_ohlcv."""
        return await self._unified(
            "fetchOHLCV", lambda: self._client.fetch_ohlcv(symbol, interval, since_ms, count)
        )

    async def trades(self, symbol: str, place: Place) -> Page:
        """One page of past trades, in the venue's own way."""
        return await self._unified(
            "fetchTrades", lambda: page(self.name, self._client, symbol, place)
        )

    async def close(self) -> None:
        """Close the client's session and its connections."""
        await self._client.close()

    async def _unified(self, method: str, ask: Callable[[], Awaitable[R]]) -> R:
        if not self._client.has.get(method):
            raise Unsupported(f"{self.name} does not offer {method.removeprefix('fetch')}")
        return await self._asked(ask)

    async def _asked(self, ask: Callable[[], Awaitable[R]]) -> R:
        answers: list[Answer] = []
        _answers.set(answers)
        try:
            return await ask()
        except (MarketDataError, asyncio.CancelledError):
            raise
        except Exception as error:
            raise explained(self.name, error, answers) from error

    async def _paced(
        self,
        path: str,
        api: Sequence[str] = ("public",),
        method: str = "GET",
        params: Mapping[str, Any] | None = None,
        config: Mapping[str, Any] | None = None,
    ) -> Any:
        """ccxt's way to every REST endpoint.

        Raises:
            RateLimited: the venue's limits leave no room in time.
        """
        given, cost = params or {}, config or {}
        weight = self._client.calculate_rate_limiter_cost(api, method, path, given, cost)
        due = toll(self.name, Asked(api, method, path, given, weight))
        wait = self._pacer.try_acquire(due.cost)
        try:
            if 0 < wait < REQUEST_TIMEOUT_S:
                async with asyncio.timeout(REQUEST_TIMEOUT_S):
                    await self._pacer.acquire(due.cost)
                wait = 0
        except TimeoutError:
            pass
        if wait:
            raise RateLimited(
                f"{self.name}'s limits are used up by what this machine asks of it: ask again in "
                f"{wait:.0f} s",
                wait,
            )
        return await self._fetch2(path, api, method, given, cost)

    def _noted(
        self,
        status: int,
        reason: str,
        url: str,
        method: str,
        headers: Mapping[str, str],
        body: str,
        *_request: object,
    ) -> str:
        """ccxt's hook for each reply: keeps what an error message needs of it.

        Raises:
            BadReply: a good status over what is no JSON, which ccxt would read as an empty reply.
        """
        headers = {key.lower(): value for key, value in headers.items()}
        answer = Answer(status, headers, body)
        _answers.get([]).append(answer)
        observe(self._pacer, status, headers, body=body)
        if status < 400 and body.lstrip()[:1] not in {"{", "["}:
            raise no_json(self.name, answer)
        return body.strip()

    def _parsed(self, text: str) -> Any:
        """ccxt's hook for JSON: numbers with a point stay the text that the venue wrote."""
        try:
            return json.loads(text, parse_float=str)
        except ValueError:
            answer = _answers.get()[-1]
            if answer.status < 400:
                raise no_json(self.name, answer) from None
            return None

    def _level(self, level: object, price: object = 0, amount: object = 1, *_: object) -> list[Any]:
        """A level of a book as ccxt takes it apart, but without making it a float."""
        client = self._client
        return [client.safe_string(level, price), client.safe_string(level, amount)]
