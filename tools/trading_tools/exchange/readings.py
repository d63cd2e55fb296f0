"""What market data looks like when it has been read: frozen, exact, with its unit and its origin.

A value that the venue did not give is None, and `missing` says why; nothing is made up. How it is
read from ccxt's structures is `parsing` and `limits`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from trading_tools.money import PlainDecimal


@dataclass(frozen=True, kw_only=True)
class Source:
    """Where a reading came from.

    `fetched_at` is when the venue was asked, `age_s` how long ago that was, in whole seconds
    rounded up: never less than the truth. `passed_over` are the venues tried before, and why not.
    """

    venue: str
    fetched_at: datetime
    age_s: int
    passed_over: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Ticker:
    """A market's last price, best bid and ask, and the last 24 hours; prices in `price_unit`."""

    venue: str
    symbol: str
    kind: str
    price_unit: str
    last: PlainDecimal | None
    bid: PlainDecimal | None
    ask: PlainDecimal | None
    high_24h: PlainDecimal | None
    low_24h: PlainDecimal | None
    change_24h_percent: PlainDecimal | None
    volume_base_24h: PlainDecimal | None
    volume_quote_24h: PlainDecimal | None
    venue_time: datetime | None
    missing: Mapping[str, str]
    source: Source


@dataclass(frozen=True, kw_only=True)
class OrderBook:
    """Bids from the highest, asks from the lowest, each as (price, amount)."""

    venue: str
    symbol: str
    kind: str
    price_unit: str
    amount_unit: str
    best_bid: PlainDecimal | None
    best_ask: PlainDecimal | None
    spread: PlainDecimal | None
    mid: PlainDecimal | None
    bids: tuple[tuple[PlainDecimal, PlainDecimal], ...]
    asks: tuple[tuple[PlainDecimal, PlainDecimal], ...]
    venue_time: datetime | None
    missing: Mapping[str, str]
    source: Source


Candle = tuple[str, PlainDecimal, PlainDecimal, PlainDecimal, PlainDecimal, PlainDecimal]
"""Opening time (UTC), open, high, low, close, volume."""


@dataclass(frozen=True, kw_only=True)
class Gap:
    """Candles that the venue does not have between two that it has."""

    after: str
    before: str
    candles: int


@dataclass(frozen=True, kw_only=True)
class Candles:
    """Candles, oldest first; only closed ones unless the open one was asked for."""

    venue: str
    symbol: str
    kind: str
    interval: str
    price_unit: str
    volume_unit: str
    columns: tuple[str, ...]
    rows: tuple[Candle, ...]
    last_is_open: bool
    gaps: tuple[Gap, ...]
    missing: Mapping[str, str]
    source: Source


TradeBar = tuple[
    str,
    PlainDecimal | None,
    PlainDecimal | None,
    PlainDecimal | None,
    PlainDecimal | None,
    PlainDecimal,
    int,
    bool,
]
"""Opening time (UTC), open, high, low, close, volume, trades, complete; no prices, no trades."""


@dataclass(frozen=True, kw_only=True)
class TradeBars:
    """Bars made from a venue's trades, oldest first; `missing` says why one is not complete."""

    venue: str
    symbol: str
    kind: str
    length_s: int
    price_unit: str
    volume_unit: str
    columns: tuple[str, ...]
    rows: tuple[TradeBar, ...]
    missing: tuple[str, ...]
    source: Source


@dataclass(frozen=True, kw_only=True)
class Fit:
    """Whether an order is one that the venue takes, and what of it can be sent.

    The verdicts are None where they were not asked for or a rule is not known; `unchecked` says
    which. `amount` is rounded down, `price_buy` down and `price_sell` up, so that no order grows
    and no price gets worse than what was asked; None where nothing sendable is left. `notional` is
    that of the rounded amount at the lower price.
    """

    fits: bool | None
    amount_fits: bool | None
    price_fits: bool | None
    notional_fits: bool | None
    amount: PlainDecimal | None
    price_buy: PlainDecimal | None
    price_sell: PlainDecimal | None
    notional: PlainDecimal | None
    problems: tuple[str, ...]
    unchecked: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class MarketLimits:
    """What a market takes.

    Prices in `price_unit`, amounts in `amount_unit`, notional in `notional_unit`. `tick_size` and
    `step_size` are the steps of price and amount; `price_decimals` and `amount_decimals` the same
    as digits after the point, where the step is a power of ten.
    """

    venue: str
    symbol: str
    venue_symbol: str
    kind: str
    status: str | None
    price_unit: str
    amount_unit: str
    notional_unit: str
    tick_size: PlainDecimal | None
    step_size: PlainDecimal | None
    price_decimals: int | None
    amount_decimals: int | None
    min_amount: PlainDecimal | None
    max_amount: PlainDecimal | None
    max_market_amount: PlainDecimal | None
    min_price: PlainDecimal | None
    max_price: PlainDecimal | None
    min_notional: PlainDecimal | None
    max_notional: PlainDecimal | None
    contract_size: PlainDecimal | None
    missing: Mapping[str, str]
    order: Fit | None
    source: Source


@dataclass(frozen=True, kw_only=True)
class TradingFees:
    """The published fee of the lowest tier, as a fraction of the notional (0.001 = 0.1%)."""

    venue: str
    symbol: str
    kind: str
    maker: PlainDecimal | None
    taker: PlainDecimal | None
    maker_percent: PlainDecimal | None
    taker_percent: PlainDecimal | None
    basis: str
    missing: Mapping[str, str]
    source: Source
