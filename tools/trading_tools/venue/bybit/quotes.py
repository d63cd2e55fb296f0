"""Market data: books, tickers, candles and trades, for REST and for the streams."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from trading_tools.venue.bybit import texts
from trading_tools.venue.bybit.call import Call
from trading_tools.venue.bybit.contracts import figures, terms
from trading_tools.venue.bybit.errors import BybitError
from trading_tools.venue.bybit.listing import SPOT
from trading_tools.venue.bybit.pages import times
from trading_tools.venue.bybit.place import BybitPlace
from trading_tools.venue.core.instruments import Instrument
from trading_tools.venue.core.orders import Trade
from trading_tools.venue.market.candles import Candle

FIRST_SEQ = 7_961_638_000
INTERVALS: Final[Mapping[str, str]] = {
    "1": "1m",
    "3": "3m",
    "5": "5m",
    "15": "15m",
    "30": "30m",
    "60": "1h",
    "120": "2h",
    "240": "4h",
    "360": "6h",
    "720": "12h",
    "D": "1d",
    "W": "1w",
    "M": "1M",
}
"""Bybit's names of intervals and those of the candles."""


def book(call: Call) -> dict[str, Any]:
    """The best levels of both sides."""
    each = call.instrument()
    limit = call.params.limit(1 if call.category() == SPOT else 25, 1_000)
    number = call.place.depths[each.symbol].commit()
    sides = call.place.exchange.books[each.symbol]
    return {
        "s": call.place.name(each.symbol),
        "b": texts.levels(each, sides.bids.depth(limit)),
        "a": texts.levels(each, sides.asks.depth(limit)),
        "ts": call.at,
        "u": number,
        "seq": FIRST_SEQ + number,
        "cts": call.at,
    }


def tickers(call: Call) -> dict[str, Any]:
    """The day of one instrument or of all."""
    rows = [
        {**day(call.place, each, call.at), **best(call.place, each)} for each in call.instruments()
    ]
    return {"category": call.category(), "list": rows}


def day(place: BybitPlace, each: Instrument, at: int) -> dict[str, Any]:
    """The rolling day, without the best prices: they are not in every ticker."""
    window = place.candles[each.symbol].window(at)
    last = place.exchange.books[each.symbol].last_price
    row = {
        "symbol": place.name(each.symbol),
        "lastPrice": texts.price(each, last),
        "highPrice24h": texts.price(each, window.high),
        "lowPrice24h": texts.price(each, window.low),
        "prevPrice24h": texts.price(each, window.open),
        "volume24h": texts.size(each, window.volume),
        "turnover24h": texts.plain(window.quote_volume),
        "price24hPcnt": texts.ratio(last - window.open, window.open, 6),
    }
    if each.contract is not None:
        return row | figures(place, each, at)
    return {**row, "usdIndexPrice": texts.plain(usd(place, each.base))}


def best(place: BybitPlace, each: Instrument) -> dict[str, str]:
    """The best prices with their sizes; empty where a side is."""
    book_ = place.exchange.books[each.symbol]
    found = {}
    for name, side in (("bid1", book_.bids), ("ask1", book_.asks)):
        top = side.depth(1)
        found[f"{name}Price"] = texts.price(each, top[0][0]) if top else ""
        found[f"{name}Size"] = texts.size(each, top[0][1]) if top else ""
    return found


def usd(place: BybitPlace, asset: str) -> int:
    """What one unit of an asset is worth in dollars, in atoms: its last price in USDT."""
    if asset == "USDT":
        return 10**8
    each = place.find(SPOT, f"{asset}USDT")
    if each is None:
        return 0
    return place.exchange.books[each.symbol].last_price * each.tick_atoms


def candles(call: Call) -> dict[str, Any]:
    """Candles, newest first."""
    each, params = call.instrument(), call.params
    interval = INTERVALS.get(params.text("interval"))
    if interval is None:
        raise BybitError(10001, "Invalid period!")
    limit = params.limit(200, 1_000)
    start, end = times(call, "start", "end")
    found = call.place.candles[each.symbol].query(interval, call.at, limit, start, end)
    return {
        "category": call.category(),
        "symbol": call.place.name(each.symbol),
        "list": [_row(each, candle) for candle in reversed(found)],
    }


def price_candles(call: Call) -> dict[str, Any]:
    """Candles of a contract's mark or index price, as far as the venue knows: those of its trades.

    Raises:
        BybitError: it is no contract.
    """
    terms(call.instrument())
    told = candles(call)
    return {**told, "list": [row[:5] for row in told["list"]]}


def trades(call: Call) -> dict[str, Any]:
    """The latest trades, newest first."""
    each, category = call.instrument(), call.category()
    limit = call.params.limit(60, 60) if category == SPOT else call.params.limit(500, 1_000)
    kept = list(call.place.recent[each.symbol])[-limit:]
    rows = [
        {
            "execId": call.place.trade_id(each.symbol, trade.id),
            "symbol": call.place.name(each.symbol),
            "price": texts.price(each, trade.price),
            "size": texts.size(each, trade.size),
            "side": taker_side(trade),
            "time": str(trade.at),
            "isBlockTrade": False,
            "isRPITrade": False,
            "seq": str(FIRST_SEQ + trade.id),
        }
        for trade in reversed(kept)
    ]
    return {"category": category, "list": rows}


def taker_side(trade: Trade) -> str:
    """The side of the order that met the other one."""
    return "Sell" if trade.buyer_maker else "Buy"


def _row(each: Instrument, candle: Candle) -> list[str]:
    return [
        str(candle.opened_ms),
        texts.price(each, candle.open),
        texts.price(each, candle.high),
        texts.price(each, candle.low),
        texts.price(each, candle.close),
        texts.size(each, candle.volume),
        texts.plain(candle.quote_volume),
    ]
