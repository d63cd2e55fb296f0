"""Market data: books, trades, candles and tickers, for REST and for the streams."""

from __future__ import annotations

import re
from typing import Any

from trading_tools.venue.binance import errors
from trading_tools.venue.binance.call import Call
from trading_tools.venue.binance.errors import BinanceError
from trading_tools.venue.binance.place import BinancePlace
from trading_tools.venue.core.instruments import Instrument, text_of
from trading_tools.venue.core.orders import Trade
from trading_tools.venue.market.candles import DAY_MS, INTERVALS, MINUTE_MS, Candle, closing

Rows = list[dict[str, Any]]


def depth(call: Call) -> dict[str, Any]:
    """The book, with the number of the update that it includes."""
    each, limit = call.instrument(), call.params.limit(100, 5_000)
    return book(call.venue, each, limit)


def book(venue: BinancePlace, each: Instrument, limit: int) -> dict[str, Any]:
    """The best `limit` levels of each side."""
    last = venue.depths[each.symbol].commit()
    sides = venue.exchange.books[each.symbol]
    return {
        "lastUpdateId": last,
        "bids": levels(each, sides.bids.depth(limit)),
        "asks": levels(each, sides.asks.depth(limit)),
    }


def levels(each: Instrument, rows: list[tuple[int, int]]) -> list[list[str]]:
    """Levels as text."""
    return [[each.price_text(price), each.size_text(size)] for price, size in rows]


def trades(call: Call) -> Rows:
    """The latest trades, or those from `fromId` on."""
    each, limit = call.instrument(), call.params.limit(500, 1_000)
    kept = list(call.venue.recent[each.symbol])
    first = call.params.optional_integer("fromId")
    if first is None:
        rows = kept[-limit:]
    else:
        rows = [trade for trade in kept if trade.id >= first][:limit]
    return [
        {
            "id": trade.id,
            "price": each.price_text(trade.price),
            "qty": each.size_text(trade.size),
            "quoteQty": text_of(trade.price * trade.size * each.lot_value),
            "time": trade.at,
            "isBuyerMaker": trade.buyer_maker,
            "isBestMatch": True,
        }
        for trade in rows
    ]


def agg_trades(call: Call) -> Rows:
    """Trades in the short form; each trade is an aggregate of its own."""
    each, limit = call.instrument(), call.params.limit(500, 1_000)
    params = call.params
    first = params.optional_integer("fromId")
    start, end = params.optional_integer("startTime"), params.optional_integer("endTime")
    if first is not None and (start is not None or end is not None):
        raise BinanceError(*errors.BAD_COMBINATION)
    rows = [
        trade
        for trade in call.venue.recent[each.symbol]
        if trade.id >= (first or 0)
        and trade.at >= (start or 0)
        and (end is None or trade.at <= end)
    ]
    rows = rows[-limit:] if first is None and start is None else rows[:limit]
    return [agg_trade(each, trade) for trade in rows]


def agg_trade(each: Instrument, trade: Trade) -> dict[str, Any]:
    """One aggregate."""
    return {
        "a": trade.id,
        "p": each.price_text(trade.price),
        "q": each.size_text(trade.size),
        "f": trade.id,
        "l": trade.id,
        "T": trade.at,
        "m": trade.buyer_maker,
        "M": True,
    }


def klines(call: Call) -> list[list[Any]]:
    """Candles, oldest first."""
    each, params = call.instrument(), call.params
    interval = params.text("interval")
    if interval not in INTERVALS:
        raise BinanceError(-1120, "Invalid interval.")
    limit = params.limit(500, 1_000)
    start, end = params.optional_integer("startTime"), params.optional_integer("endTime")
    found = call.venue.candles[each.symbol].query(interval, call.at, limit, start, end)
    return [
        [
            candle.opened_ms,
            each.price_text(candle.open),
            each.price_text(candle.high),
            each.price_text(candle.low),
            each.price_text(candle.close),
            each.size_text(candle.volume),
            closing(interval, candle.opened_ms),
            text_of(candle.quote_volume),
            candle.count,
            each.size_text(candle.taker_buy),
            text_of(candle.taker_buy_quote),
            "0",
        ]
        for candle in found
    ]


def average_price(call: Call) -> dict[str, Any]:
    """The average of the last five minutes, weighted by volume."""
    each = call.instrument()
    candles = call.venue.candles[each.symbol].query("1m", call.at, 5)
    total = candles[0].copy()
    for candle in candles[1:]:
        total.join(candle)
    return {"mins": 5, "price": _average(each, total), "closeTime": call.at}


def day_tickers(call: Call) -> Rows | dict[str, Any]:
    """The last 24 hours of one, some or all instruments."""
    full = _kind(call) == "FULL"
    return one_or_all(call, [_ticker(call, each, full) for each in call.instruments()])


def price_tickers(call: Call) -> Rows | dict[str, Any]:
    """Last prices."""
    books = call.venue.exchange.books
    rows = [
        {"symbol": each.symbol, "price": each.price_text(books[each.symbol].last_price)}
        for each in call.instruments()
    ]
    return one_or_all(call, rows)


def book_tickers(call: Call) -> Rows | dict[str, Any]:
    """Best bids and asks."""
    rows = [{"symbol": each.symbol, **best(call.venue, each)} for each in call.instruments()]
    return one_or_all(call, rows)


def best(venue: BinancePlace, each: Instrument) -> dict[str, str]:
    """The best bid and ask with their sizes; zeros for an empty side."""
    sides = venue.exchange.books[each.symbol]
    bid, ask = sides.bids.top(), sides.asks.top()
    return {
        "bidPrice": each.price_text(bid.price),
        "bidQty": each.size_text(bid.size),
        "askPrice": each.price_text(ask.price),
        "askQty": each.size_text(ask.size),
    }


def rolling_tickers(call: Call) -> Rows | dict[str, Any]:
    """The last `windowSize` (1m to 7d) of one or some instruments."""
    if call.params.symbols() is None:
        raise errors.missing("symbol")
    size = call.params.text("windowSize") if "windowSize" in call.params else "1d"
    if not _WINDOW.fullmatch(size):
        raise BinanceError(-1132, "Invalid windowSize.")
    length = int(size[:-1]) * {"m": MINUTE_MS, "h": 60 * MINUTE_MS, "d": DAY_MS}[size[-1]]
    rows = [_ticker(call, each, _kind(call) == "FULL", length) for each in call.instruments()]
    for row in rows:
        for name in _ONLY_OF_A_DAY:
            row.pop(name, None)
    return one_or_all(call, rows)


def day_figures(
    venue: BinancePlace, each: Instrument, at: int, length_ms: int = DAY_MS
) -> dict[str, Any]:
    """What a full ticker says, by REST's names."""
    day = venue.candles[each.symbol].window(at, length_ms)
    change = day.close - day.open
    recent = venue.recent[each.symbol]
    percent = text_of(change * 10**10 // day.open)[:-5]
    return {
        "priceChange": each.price_text(change),
        "priceChangePercent": percent,
        "weightedAvgPrice": _average(each, day),
        "prevClosePrice": each.price_text(day.open),
        "lastPrice": each.price_text(day.close),
        "lastQty": each.size_text(recent[-1].size if recent else 0),
        **best(venue, each),
        "openPrice": each.price_text(day.open),
        "highPrice": each.price_text(day.high),
        "lowPrice": each.price_text(day.low),
        "volume": each.size_text(day.volume),
        "quoteVolume": text_of(day.quote_volume),
        "openTime": day.opened_ms,
        "closeTime": at,
        "firstId": day.first_id,
        "lastId": day.last_id,
        "count": day.count,
    }


_MINI = (
    "openPrice",
    "highPrice",
    "lowPrice",
    "lastPrice",
    "volume",
    "quoteVolume",
    "openTime",
    "closeTime",
    "firstId",
    "lastId",
    "count",
)


_ONLY_OF_A_DAY = ("prevClosePrice", "lastQty", "bidPrice", "bidQty", "askPrice", "askQty")
_WINDOW = re.compile(r"(?:[1-9]|[1-5][0-9])m|(?:[1-9]|1[0-9]|2[0-3])h|[1-7]d")


def _kind(call: Call) -> str:
    kind = call.params.text("type") if "type" in call.params else "FULL"
    if kind not in {"FULL", "MINI"}:
        raise BinanceError(-1139, "Invalid ticker type.")
    return kind


def _ticker(call: Call, each: Instrument, full: bool, length_ms: int = DAY_MS) -> dict[str, Any]:
    figures = day_figures(call.venue, each, call.at, length_ms)
    if not full:
        figures = {name: figures[name] for name in _MINI}
    return {"symbol": each.symbol, **figures}


def _average(each: Instrument, candle: Candle) -> str:
    if not candle.volume:
        return each.price_text(candle.close)
    return text_of(candle.quote_volume * each.tick_atoms // (candle.volume * each.lot_value))


def one_or_all(call: Call, rows: Rows) -> Rows | dict[str, Any]:
    """One row where `symbol` was sent, else a list."""
    return rows[0] if "symbol" in call.params else rows
