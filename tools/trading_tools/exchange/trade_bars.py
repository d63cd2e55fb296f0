"""Bars of any length of a venue's past, made from its trades: where it keeps no such candles.

Reading the trades is `market_data`, making bars of them `history` and `bars`.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final

from trading_tools.exchange.bars import Bar
from trading_tools.exchange.ccxt_venue import offered
from trading_tools.exchange.history import bars
from trading_tools.exchange.limits import units
from trading_tools.exchange.market_data import MarketData
from trading_tools.exchange.readings import Source, TradeBar, TradeBars
from trading_tools.exchange.venues import venue_id

MOST_BARS: Final = 200
MOST_REQUESTS: Final = 40
"""Pages of trades for one answer: a busy market of a long time has more."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_COLUMNS: Final = ("open_time", "open", "high", "low", "close", "volume", "trades", "complete")


async def trade_bars(
    data: MarketData,
    symbol: str,
    venue: str,
    length_s: int,
    count: int,
    until: datetime | None = None,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> TradeBars:
    """The last `count` bars of `length_s` that were closed by `until` (now), oldest first.

    Raises:
        MarketDataError: one of its kinds; the message says what was wrong and what to do.
    """
    asked_at = clock()
    length = timedelta(seconds=length_s)
    end = asked_at if until is None else min(until, asked_at)
    last = _EPOCH + (end - _EPOCH) // length * length
    first = last - count * length
    name = venue_id(venue, offered())
    market = await data.market(symbol, name)
    history = data.past_trades(market.symbol, name, first, last, MOST_REQUESTS)
    since, before = ((moment - _EPOCH) // timedelta(milliseconds=1) for moment in (first, last))
    made = [bar async for bar in bars(history, length_s * 1_000, since, before)]
    return TradeBars(
        venue=name,
        symbol=market.symbol,
        kind=market.kind,
        length_s=length_s,
        price_unit=market.quote,
        volume_unit=units(market).amount,
        columns=_COLUMNS,
        rows=tuple(map(_row, made)),
        missing=tuple(dict.fromkeys(bar.missing for bar in made if bar.missing is not None)),
        source=Source(venue=name, fetched_at=asked_at, age_s=0),
    )


def _row(bar: Bar) -> TradeBar:
    opened = (_EPOCH + timedelta(milliseconds=bar.opens_at)).isoformat().replace("+00:00", "Z")
    prices = bar.open, bar.high, bar.low, bar.close
    return (opened, *prices, bar.volume_base, bar.trades, bar.complete)
