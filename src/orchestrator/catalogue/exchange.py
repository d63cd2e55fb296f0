"""Market data tools for agents: prices, books, candles, bars, market limits, fees, facts.

Only the door: arguments, wording and refusals. Asking venues and reading what they answer is
`trading_tools.exchange`. All of it is public data, read only; no key is used.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Annotated, Final

from pydantic import Field

from orchestrator.toolbox.tool import Effect, Tool, ToolContext, ToolError, Unavailable, tool
from trading_tools.exchange.errors import (
    AmbiguousSymbol,
    MarketDataError,
    UnknownSymbol,
    UnknownVenue,
    Unsupported,
)
from trading_tools.exchange.facts.told import ToldFacts, Topic, told_facts
from trading_tools.exchange.fit import Order
from trading_tools.exchange.market_data import DEEPEST, MOST_CANDLES, MarketData
from trading_tools.exchange.readings import (
    Candles,
    MarketLimits,
    OrderBook,
    Ticker,
    TradeBars,
    TradingFees,
)
from trading_tools.exchange.trade_bars import MOST_BARS
from trading_tools.exchange.trade_bars import trade_bars as bars_of_trades
from trading_tools.money import JsonDecimal

Symbol = Annotated[
    str,
    Field(
        description="The market: BTC/USDT is spot, BTC/USDT:USDT the perpetual settled in USDT. "
        "Other spellings (BTCUSDT, BTC-USD, XBT/USD) work where they name one market; `spot` or "
        "`perp` behind them says which.",
        min_length=1,
        max_length=60,
    ),
]
VenueName = Annotated[
    str | None,
    Field(
        description="bybit, binance, binanceusdm, kraken, coinbase, or another venue that ccxt "
        "has; null = Bybit, then Binance where Bybit cannot answer.",
        max_length=60,
    ),
]


@tool(effect=Effect.READ)
async def ticker(context: ToolContext, symbol: Symbol, venue: VenueName = None) -> Ticker:
    """Read a market's last price, best bid and ask, and its last 24 hours, from the venue itself.

    Prices are in `price_unit` (the quote currency), volumes in the currency in their name, changes
    in percent. `source` says which venue answered, when it was asked and how old that is: at most
    30 s. What the venue did not give is null, with the reason in `missing`.
    """
    with _refusals("ticker"):
        return await context.service(MarketData).ticker(symbol, venue)


@tool(effect=Effect.READ)
async def order_book(
    context: ToolContext,
    symbol: Symbol,
    venue: VenueName = None,
    depth: Annotated[int, Field(description="Levels of each side.", ge=1, le=DEEPEST)] = 10,
) -> OrderBook:
    """Read a market's order book: bids from the highest, asks from the lowest, as [price, amount].

    Prices are in `price_unit`, amounts in `amount_unit` (contracts where it says so). `best_bid`,
    `best_ask`, `spread` and `mid` come from the first levels. At most 30 s old: see `source`.
    """
    with _refusals("order_book"):
        return await context.service(MarketData).order_book(symbol, depth, venue)


@tool(effect=Effect.READ)
async def candles(
    context: ToolContext,
    symbol: Symbol,
    interval: Annotated[
        str, Field(description="1m, 5m, 1h, 1d … as the venue has them.", max_length=10)
    ],
    count: Annotated[
        int, Field(description="How many, counted back from the last.", ge=1, le=MOST_CANDLES)
    ] = 50,
    venue: VenueName = None,
    until: Annotated[
        datetime | None,
        Field(description="Only candles closed by this time (ISO 8601, UTC); null = by now."),
    ] = None,
    include_open: Annotated[
        bool, Field(description="Whether the candle that is still open follows the closed ones.")
    ] = False,
) -> Candles:
    """Read a market's candles, oldest first; only closed ones unless the open one is asked for.

    `rows` are [open_time (UTC), open, high, low, close, volume]: prices in `price_unit`, volume in
    `volume_unit`. `gaps` names where the venue has no candles in between; nothing is filled in.
    At most 60 s old, and asked anew whenever a candle has closed: see `source`.
    """
    with _refusals("candles"):
        return await context.service(MarketData).candles(
            symbol, interval, count, venue, until=_utc(until), with_open=include_open
        )


@tool(effect=Effect.READ)
async def market_limits(
    context: ToolContext,
    symbol: Symbol,
    venue: VenueName = None,
    amount: Annotated[
        JsonDecimal | None,
        Field(description="An order's size in `amount_unit`, to hold against the limits."),
    ] = None,
    price: Annotated[
        JsonDecimal | None,
        Field(description="An order's price in quote currency, to hold against the limits."),
    ] = None,
) -> MarketLimits:
    """Read what a market takes: tick and step size, least and most amount, price and notional.

    Prices are in `price_unit`, amounts in `amount_unit`, notional in `notional_unit`;
    `price_decimals` and `amount_decimals` are null where a step is no power of ten. A limit that
    the venue does not publish is null, with the reason in `missing`. With `amount` or `price`,
    `order` says whether they fit, and gives the amount rounded down and the price rounded down for
    a buy and up for a sell. At most 15 min old: see `source`.
    """
    with _refusals("market_limits"):
        return await context.service(MarketData).market_limits(
            symbol, venue, order=Order(amount=amount, price=price)
        )


@tool(effect=Effect.READ)
async def trading_fees(
    context: ToolContext, symbol: Symbol, venue: VenueName = None
) -> TradingFees:
    """Read a market's published maker and taker fee, as a fraction of the notional and in percent.

    These are the defaults of the lowest tier (`basis` says from where); what an account pays needs
    its key, which is not used here. At most 15 min old: see `source`.
    """
    with _refusals("trading_fees"):
        return await context.service(MarketData).trading_fees(symbol, venue)


@tool(effect=Effect.READ, timeout_s=300.0)
async def trade_bars(
    context: ToolContext,
    symbol: Symbol,
    venue: Annotated[
        str,
        Field(description="binance, binanceusdm, kraken, coinbase …; no other one stands in."),
    ],
    length_s: Annotated[int, Field(description="30 = bars of 30 seconds.", ge=1, le=86_400)] = 30,
    count: Annotated[
        int, Field(description="How many, counted back from the last closed.", ge=1, le=MOST_BARS)
    ] = 20,
    until: Annotated[
        datetime | None,
        Field(description="Only bars closed by this time (ISO 8601, UTC); null = by now."),
    ] = None,
) -> TradeBars:
    """Make bars of any length from a market's past trades; `candles` is cheaper where it has them.

    `rows` are [open_time (UTC), open, high, low, close, volume, trades, complete], oldest first. A
    bar without trades has no prices. One in which trades may be missing is not complete, and
    `missing` says why: Bybit tells its latest trades only, and a busy market of a long time is left
    after 40 requests.
    """
    with _refusals("trade_bars"):
        data = context.service(MarketData)
        return await bars_of_trades(data, symbol, venue, length_s, count, _utc(until))


@tool(effect=Effect.READ)
def exchange_facts(
    venue: Annotated[str, Field(description="binance, kraken, okx …", min_length=1, max_length=60)],
    about: Annotated[
        Topic | None,
        Field(
            description="limits (and how they refuse), fees, or rules (client order ids, filters, "
            "quirks); null = all."
        ),
    ] = None,
    tier: Annotated[
        int | None, Field(description="Fees of this tier only, by its number.", ge=0, le=100)
    ] = None,
) -> ToldFacts:
    """Look up what a venue publishes of itself: rate limits, fees, client ids, filters, quirks.

    Asks no venue: it is a list kept with this software. Each fact has its `basis`, the venue's own
    document and the day it was read; `verified` is false where that could not be done, and `basis`
    says where the fact is from instead. A market's own figures are `market_limits`.
    """
    with _refusals("exchange_facts"):
        return told_facts(venue, about, tier)


TOOLS: Final[tuple[Tool, ...]] = (
    ticker,
    order_book,
    candles,
    market_limits,
    trading_fees,
    trade_bars,
    exchange_facts,
)


def _utc(moment: datetime | None) -> datetime | None:
    """A time without a zone is meant as UTC."""
    if moment is None or moment.tzinfo is not None:
        return moment
    return moment.replace(tzinfo=UTC)


@contextmanager
def _refusals(name: str) -> Iterator[None]:
    try:
        yield
    except (AmbiguousSymbol, UnknownSymbol, UnknownVenue, Unsupported) as error:
        raise ToolError(f"{name}: {error}") from None
    except MarketDataError as error:
        raise Unavailable(f"{name}: {error}") from None
