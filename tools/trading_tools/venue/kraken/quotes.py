"""Market data on REST: tickers, books, trades, candles and spreads."""

from __future__ import annotations

from typing import Any, Final

from trading_tools.venue.core.book import BookSide
from trading_tools.venue.core.instruments import ATOMS, text_of
from trading_tools.venue.core.orders import Trade
from trading_tools.venue.kraken.call import Call
from trading_tools.venue.kraken.errors import KrakenError, invalid
from trading_tools.venue.kraken.listing import Pair, decimal
from trading_tools.venue.kraken.spot import KrakenSpot
from trading_tools.venue.market.candles import DAY_MS, MINUTE_MS, Candle

INTERVALS: Final = {
    1: "1m",
    5: "5m",
    15: "15m",
    30: "30m",
    60: "1h",
    240: "4h",
    1_440: "1d",
    10_080: "1w",
    21_600: "1d",
}
"""Candle lengths in minutes, and the market's own candles of which they are made."""

_FORTNIGHT = 21_600
_MOST_CANDLES = 720
_SECOND_NS = 10**9
_PRICE_PLACES = 5


def ticker(call: Call) -> dict[str, Any]:
    """The last 24 hours of the pairs of `pair`, else of all."""
    return {key: _ticker(call.venue, pair, call.at) for key, pair in call.pairs().items()}


def _ticker(venue: KrakenSpot, pair: Pair, at: int) -> dict[str, Any]:
    book = venue.exchange.books[pair.symbol]
    candles = venue.candles[pair.symbol]
    today, day = candles.query("1d", at, 1)[-1], candles.window(at, DAY_MS)
    recent = venue.recent[pair.symbol]

    def best(side: BookSide) -> list[str]:
        found = side.top()
        lots = found.size * pair.instrument.step_atoms
        return [pair.long_price(found.price), decimal(lots, 0), decimal(lots, 3)]

    return {
        "a": best(book.asks),
        "b": best(book.bids),
        "c": [pair.long_price(book.last_price), pair.size(recent[-1].size if recent else 0)],
        "v": [pair.size(today.volume), pair.size(day.volume)],
        "p": [average(pair, today), average(pair, day)],
        "t": [today.count, day.count],
        "l": [pair.long_price(today.low), pair.long_price(day.low)],
        "h": [pair.long_price(today.high), pair.long_price(day.high)],
        "o": pair.long_price(today.open),
    }


def average(pair: Pair, candle: Candle) -> str:
    """A candle's average price by volume."""
    rules = pair.instrument
    if not candle.volume:
        return pair.long_price(candle.close)
    atoms = candle.quote_volume * ATOMS // (candle.volume * rules.step_atoms)
    return decimal(atoms, max(_PRICE_PLACES, pair.pair_decimals))


def depth(call: Call) -> dict[str, Any]:
    """The best `count` levels of each side."""
    key, pair = call.keyed()
    count = call.params.count("count", 100, 500)
    book, seconds = call.venue.exchange.books[pair.symbol], call.at // 1_000

    def levels(side: BookSide) -> list[list[Any]]:
        return [
            [pair.price(price), text_of(size * pair.instrument.step_atoms), seconds]
            for price, size in side.depth(count)
        ]

    return {key: {"asks": levels(book.asks), "bids": levels(book.bids)}}


def candles(venue: KrakenSpot, pair: Pair, minutes: int, at: int, limit: int) -> list[Candle]:
    """The latest candles of a length, oldest first.

    Raises:
        KrakenError: there are none of this length.
    """
    if minutes not in INTERVALS:
        raise invalid("interval")
    kept = venue.candles[pair.symbol]
    if minutes != _FORTNIGHT:
        return kept.query(INTERVALS[minutes], at, limit)
    length = _FORTNIGHT * MINUTE_MS
    joined: list[Candle] = []
    for day in kept.query("1d", at, 15 * limit):
        opened = day.opened_ms // length * length
        if joined and joined[-1].opened_ms == opened:
            joined[-1].join(day)
        else:
            joined.append(day)
            day.opened_ms = opened
    return joined[-limit:]


def ohlc(call: Call) -> dict[str, Any]:
    """The latest 720 candles, those after `since`; the last one still changes."""
    key, pair = call.keyed()
    minutes = call.params.integer("interval") or 1
    since = call.params.seconds("since")
    found = candles(call.venue, pair, minutes, call.at, _MOST_CANDLES)
    rows = [
        [
            each.opened_ms // 1_000,
            pair.price(each.open),
            pair.price(each.high),
            pair.price(each.low),
            pair.price(each.close),
            average(pair, each),
            pair.size(each.volume),
            each.count,
        ]
        for each in found
        if since is None or each.opened_ms > since
    ]
    complete = found[-2 if len(found) > 1 else -1].opened_ms // 1_000
    return {key: rows, "last": complete}


def trade_ns(trade: Trade) -> int:
    """When a trade was, in nanoseconds: of one millisecond no two are alike."""
    return trade.at * 1_000_000 + trade.id % 1_000_000


def trades(call: Call) -> dict[str, Any]:
    """The latest trades, or those after `since` (seconds, or nanoseconds as `last` has them)."""
    key, pair = call.keyed()
    count = call.params.count("count", 1_000, 1_000)
    kept = list(call.venue.recent[pair.symbol])
    since = _since_ns(call)
    found = kept[-count:]
    if since is not None:
        found = [trade for trade in kept if trade_ns(trade) > since][:count]
    last = trade_ns(found[-1]) if found else since or call.at * 1_000_000
    rows = [
        [
            pair.long_price(trade.price),
            pair.size(trade.size),
            trade_ns(trade) / _SECOND_NS,
            "s" if trade.buyer_maker else "b",
            "l",
            "",
            trade.id,
        ]
        for trade in found
    ]
    return {key: rows, "last": str(last)}


def spread(call: Call) -> dict[str, Any]:
    """The latest best prices, each from when it changed."""
    (key, pair), since = call.keyed(), call.params.seconds("since")
    rows = [
        [at // 1_000, pair.price(bid), pair.price(ask)]
        for at, bid, ask in call.venue.spreads[pair.symbol]
        if since is None or at >= since
    ]
    return {key: rows, "last": rows[-1][0] if rows else call.at // 1_000}


def _since_ns(call: Call) -> int | None:
    text = call.params.optional("since")
    if text is None:
        return None
    whole, _, part = text.partition(".")
    if not (whole + part).isdigit() or not text.isascii() or len(text) > 30:
        raise KrakenError("EGeneral:Invalid arguments:since")
    if len(whole) > 12:
        return int(whole)
    return int(whole or 0) * _SECOND_NS + int(part[:9].ljust(9, "0"))
