"""The public streams: who listens to which, and what goes out when.

Trades go out as they happen, best prices within 50 ms of a change, books every 100 or 1000 ms,
candles and tickers every second. How clients subscribe is `socket`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from trading_tools.venue.binance import quotes
from trading_tools.venue.binance.place import BinancePlace
from trading_tools.venue.core.instruments import Instrument, text_of
from trading_tools.venue.core.orders import Trade
from trading_tools.venue.market.candles import INTERVALS, Candle, closing
from trading_tools.venue.market.depth import DepthReader
from trading_tools.venue.wire.messages import compact

Listener = Callable[[str, str], None]
"""Takes a stream's name and a message as JSON."""

_PARTIAL = (5, 10, 20)


class Streams:
    """All public streams of one venue. `pump` sends what is due by the venue's clock.

    `paces` are how often books go out, in milliseconds, by the end of the stream's name.
    """

    paces: ClassVar[Mapping[str, int]] = {"@100ms": 100, "": 1_000}

    def __init__(self, venue: BinancePlace) -> None:
        self._venue = venue
        self._listeners: dict[str, dict[int, Listener]] = {}
        self._readers = {
            (symbol, pace): depth.reader()
            for symbol, depth in venue.depths.items()
            for pace in self.paces
        }
        self._best: dict[str, dict[str, str]] = {}
        self._candle: dict[str, int] = {}
        self._pumped = venue.clock()
        venue.exchange.on_trade.append(self._on_trade)

    def listen(self, stream: str, number: int, listener: Listener) -> None:
        """Send a stream to `listener`, which is known by `number`; unknown names stay silent."""
        self._listeners.setdefault(stream, {})[number] = listener

    def forget(self, stream: str, number: int) -> None:
        """Send a stream to a listener no more."""
        listeners = self._listeners.get(stream, {})
        listeners.pop(number, None)
        if not listeners:
            self._listeners.pop(stream, None)

    def pump(self, at: int) -> None:
        """Send what is due at `at`."""
        before, self._pumped = self._pumped, at
        second = at // 1_000 != before // 1_000
        due = [pace for pace, length in self.paces.items() if at // length != before // length]
        for each in self._venue.exchange.instruments.values():
            self._best_price(each)
            for pace in due:
                self._books(each, self._readers[each.symbol, pace], pace, at)
            if second:
                self._candles(each, at)
        if second:
            self._tickers(at)

    def _publish(self, stream: str, message: Any) -> None:
        listeners = self._listeners.get(stream)
        if listeners:
            text = compact(message)
            for listener in list(listeners.values()):
                listener(stream, text)

    def _wanted(self, stream: str) -> bool:
        return stream in self._listeners

    def _on_trade(self, trade: Trade) -> None:
        name = trade.symbol.lower()
        each = self._venue.exchange.instruments[trade.symbol]
        if self._wanted(f"{name}@trade"):
            message = {
                "e": "trade",
                "E": trade.at,
                "s": trade.symbol,
                "t": trade.id,
                "p": each.price_text(trade.price),
                "q": each.size_text(trade.size),
                "T": trade.at,
                "m": trade.buyer_maker,
                "M": True,
            }
            self._publish(f"{name}@trade", message)
        if self._wanted(f"{name}@aggTrade"):
            head = {"e": "aggTrade", "E": trade.at, "s": trade.symbol}
            self._publish(f"{name}@aggTrade", head | quotes.agg_trade(each, trade))

    def _best_price(self, each: Instrument) -> None:
        stream = f"{each.symbol.lower()}@bookTicker"
        if not self._wanted(stream):
            return
        best = quotes.best(self._venue, each)
        if self._best.get(each.symbol) == best:
            return
        self._best[each.symbol] = best
        message = {
            "u": self._venue.depths[each.symbol].commit(),
            "s": each.symbol,
            "b": best["bidPrice"],
            "B": best["bidQty"],
            "a": best["askPrice"],
            "A": best["askQty"],
        }
        self._publish(stream, message)

    def _books(self, each: Instrument, reader: DepthReader, pace: str, at: int) -> None:
        name = each.symbol.lower()
        for count in _PARTIAL:
            if self._wanted(f"{name}@depth{count}{pace}"):
                book = quotes.book(self._venue, each, count)
                self._publish(f"{name}@depth{count}{pace}", book)
        update = self._venue.depths[each.symbol].take(reader)
        if update is not None and self._wanted(f"{name}@depth{pace}"):
            message = {
                "e": "depthUpdate",
                "E": at,
                "s": each.symbol,
                "U": update.first,
                "u": update.last,
                "b": quotes.levels(each, update.bids),
                "a": quotes.levels(each, update.asks),
            }
            self._publish(f"{name}@depth{pace}", message)

    def _candles(self, each: Instrument, at: int) -> None:
        for interval in INTERVALS:
            stream = f"{each.symbol.lower()}@kline_{interval}"
            if not self._wanted(stream):
                continue
            *before, candle = self._venue.candles[each.symbol].query(interval, at, 2)
            if before and self._candle.get(stream) == before[0].opened_ms:
                self._publish(stream, _kline(each, interval, before[0], True, at))
            self._candle[stream] = candle.opened_ms
            self._publish(stream, _kline(each, interval, candle, False, at))

    def _tickers(self, at: int) -> None:
        every_full, every_mini = self._wanted("!ticker@arr"), self._wanted("!miniTicker@arr")
        full: list[dict[str, Any]] = []
        mini: list[dict[str, Any]] = []
        for each in self._venue.exchange.instruments.values():
            name = each.symbol.lower()
            wanted = self._wanted(f"{name}@ticker"), self._wanted(f"{name}@miniTicker")
            if not (every_full or every_mini or any(wanted)):
                continue
            figures = quotes.day_figures(self._venue, each, at)
            full.append(_ticker(each, figures, at))
            mini.append(mini_ticker(each, figures, at))
            self._publish(f"{name}@ticker", full[-1])
            self._publish(f"{name}@miniTicker", mini[-1])
        self._publish("!ticker@arr", full)
        self._publish("!miniTicker@arr", mini)


def _kline(
    each: Instrument, interval: str, candle: Candle, closed: bool, at: int
) -> dict[str, Any]:
    kline = {
        "t": candle.opened_ms,
        "T": closing(interval, candle.opened_ms),
        "s": each.symbol,
        "i": interval,
        "f": candle.first_id,
        "L": candle.last_id,
        "o": each.price_text(candle.open),
        "c": each.price_text(candle.close),
        "h": each.price_text(candle.high),
        "l": each.price_text(candle.low),
        "v": each.size_text(candle.volume),
        "n": candle.count,
        "x": closed,
        "q": text_of(candle.quote_volume),
        "V": each.size_text(candle.taker_buy),
        "Q": text_of(candle.taker_buy_quote),
        "B": "0",
    }
    return {"e": "kline", "E": at, "s": each.symbol, "k": kline}


def _ticker(each: Instrument, figures: dict[str, Any], at: int) -> dict[str, Any]:
    return {
        "e": "24hrTicker",
        "E": at,
        "s": each.symbol,
        "p": figures["priceChange"],
        "P": figures["priceChangePercent"],
        "w": figures["weightedAvgPrice"],
        "x": figures["prevClosePrice"],
        "c": figures["lastPrice"],
        "Q": figures["lastQty"],
        "b": figures["bidPrice"],
        "B": figures["bidQty"],
        "a": figures["askPrice"],
        "A": figures["askQty"],
        "o": figures["openPrice"],
        "h": figures["highPrice"],
        "l": figures["lowPrice"],
        "v": figures["volume"],
        "q": figures["quoteVolume"],
        "O": figures["openTime"],
        "C": figures["closeTime"],
        "F": figures["firstId"],
        "L": figures["lastId"],
        "n": figures["count"],
    }


def mini_ticker(each: Instrument, figures: dict[str, Any], at: int) -> dict[str, Any]:
    """The short ticker of a day's figures."""
    return {
        "e": "24hrMiniTicker",
        "E": at,
        "s": each.symbol,
        "c": figures["lastPrice"],
        "o": figures["openPrice"],
        "h": figures["highPrice"],
        "l": figures["lowPrice"],
        "v": figures["volume"],
        "q": figures["quoteVolume"],
    }
