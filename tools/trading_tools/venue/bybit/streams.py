"""The public streams: who listens to which topic, and what goes out when.

Trades go out as they happen, books and tickers when they have changed, candles every second. How
clients subscribe is `socket`; how a book becomes a snapshot and deltas is `books`.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from trading_tools.venue.bybit import quotes, texts
from trading_tools.venue.bybit.books import DEPTHS, BookTopic
from trading_tools.venue.bybit.listing import SPOT
from trading_tools.venue.bybit.place import BybitPlace
from trading_tools.venue.bybit.quotes import INTERVALS, taker_side
from trading_tools.venue.core.instruments import Instrument
from trading_tools.venue.core.orders import Trade
from trading_tools.venue.market.candles import Candle, closing
from trading_tools.venue.wire.connection import Connection
from trading_tools.venue.wire.messages import Told, compact

_SECOND_MS = 1_000
_CS: Final = 24_987_956_000
_FIRST_SEQ: Final = 1_783_284_000


class Topic(NamedTuple):
    """What a subscription names: `kind` is orderbook, publicTrade, tickers or kline."""

    text: str
    kind: str
    variant: str
    instrument: Instrument


Listeners = dict[Connection, None]


class Streams:
    """All public streams of one category. `pump` sends what is due by the venue's clock."""

    def __init__(self, place: BybitPlace, category: str) -> None:
        self._place = place
        self._category = category
        self._listeners: dict[str, Listeners] = {}
        self._topics: dict[str, Topic] = {}
        self._books: dict[str, BookTopic] = {}
        self._sent: dict[str, dict[str, Any]] = {}
        self._numbers: dict[str, int] = {}
        self._candle: dict[str, int] = {}
        self._second = place.clock() // _SECOND_MS
        place.exchange.on_trade.append(self._on_trade)

    def topic(self, text: str) -> Topic | None:
        """What a topic's name says, or None for what is no topic here."""
        kind, _, rest = text.partition(".")
        variant, _, symbol = rest.rpartition(".")
        known = {
            "orderbook": variant.isascii() and variant.isdigit() and int(variant) in DEPTHS,
            "kline": variant in INTERVALS,
            "publicTrade": not variant,
            "tickers": not variant,
        }
        each = self._place.find(self._category, symbol)
        if not known.get(kind) or each is None:
            return None
        return Topic(text, kind, variant, each)

    def listen(self, topic: Topic, connection: Connection) -> None:
        """Send a topic to a connection; books and tickers begin with what they are now."""
        listeners = self._listeners.setdefault(topic.text, {})
        if connection in listeners:
            return
        listeners[connection] = None
        self._topics[topic.text] = topic
        at = self._place.clock()
        if topic.kind == "orderbook":
            if topic.text not in self._books:
                depth = int(topic.variant)
                self._books[topic.text] = BookTopic(
                    self._place, topic.instrument, topic.text, depth, self._category
                )
            self._send([connection], topic, self._books[topic.text].snapshot(at), Told.BOOK)
        elif topic.kind == "tickers":
            self._sent.setdefault(topic.text, self._figures(topic, at))
            message = self._ticker(topic, at, "snapshot", self._sent[topic.text])
            self._send([connection], topic, message, Told.TICKER)

    def forget(self, text: str, connection: Connection) -> None:
        """Send a topic to a connection no more."""
        listeners = self._listeners.get(text, {})
        listeners.pop(connection, None)
        if not listeners:
            for kept in (
                self._listeners,
                self._topics,
                self._books,
                self._sent,
                self._numbers,
                self._candle,
            ):
                kept.pop(text, None)

    def pump(self, at: int) -> None:
        """Send what is due at `at`."""
        second = at // _SECOND_MS != self._second
        self._second = at // _SECOND_MS
        for text, topic in list(self._topics.items()):
            listeners = list(self._listeners[text])
            if topic.kind == "orderbook":
                message = self._books[text].due(at)
                if message is not None:
                    self._send(listeners, topic, message, Told.BOOK)
            elif topic.kind == "tickers":
                self._tickers(topic, listeners, at, second)
            elif topic.kind == "kline" and second:
                self._candles(topic, listeners, at)

    def _send(
        self, listeners: list[Connection], topic: Topic, message: dict[str, Any], told: Told
    ) -> None:
        text = compact(message)
        for connection in listeners:
            connection.send(text, told, topic.instrument.symbol)

    def _on_trade(self, trade: Trade) -> None:
        place = self._place
        if place.category(trade.symbol) != self._category:
            return
        topic = self._topics.get(f"publicTrade.{place.name(trade.symbol)}")
        if topic is None:
            return
        each = topic.instrument
        row: dict[str, Any] = {
            "T": trade.at,
            "s": place.name(trade.symbol),
            "S": taker_side(trade),
            "v": texts.size(each, trade.size),
            "p": texts.price(each, trade.price),
        }
        if self._category != SPOT:
            row["L"] = _direction(trade)
        row |= {
            "i": place.trade_id(trade.symbol, trade.id),
            "BT": False,
            "RPI": False,
            "seq": _FIRST_SEQ + trade.id,
        }
        message = {"topic": topic.text, "type": "snapshot", "ts": trade.at, "data": [row]}
        self._send(list(self._listeners[topic.text]), topic, message, Told.TRADES)

    def _figures(self, topic: Topic, at: int) -> dict[str, Any]:
        """A spot ticker has no best prices."""
        found = quotes.day(self._place, topic.instrument, at)
        if self._category == SPOT:
            return found
        latest = self._place.recent[topic.instrument.symbol]
        return {
            **found,
            "tickDirection": _direction(latest[-1]) if latest else "ZeroPlusTick",
            **quotes.best(self._place, topic.instrument),
        }

    def _tickers(self, topic: Topic, listeners: list[Connection], at: int, second: bool) -> None:
        """Spot sends the whole ticker each time, contracts what has changed of it."""
        number = self._place.depths[topic.instrument.symbol].commit()
        if number == self._numbers.get(topic.text) and not second:
            return
        self._numbers[topic.text] = number
        now, before = self._figures(topic, at), self._sent.get(topic.text, {})
        self._sent[topic.text] = now
        changed = {name: text for name, text in now.items() if before.get(name) != text}
        if not changed:
            return
        if self._category == SPOT:
            message = self._ticker(topic, at, "snapshot", now)
        else:
            message = self._ticker(topic, at, "delta", {"symbol": now["symbol"], **changed})
        self._send(listeners, topic, message, Told.TICKER)

    def _ticker(self, topic: Topic, at: int, kind: str, data: dict[str, Any]) -> dict[str, Any]:
        number = self._place.depths[topic.instrument.symbol].commit()
        return {"topic": topic.text, "ts": at, "type": kind, "cs": _CS + number, "data": data}

    def _candles(self, topic: Topic, listeners: list[Connection], at: int) -> None:
        each = topic.instrument
        interval = INTERVALS[topic.variant]
        *before, candle = self._place.candles[each.symbol].query(interval, at, 2)
        rows = []
        if before and self._candle.get(topic.text) == before[0].opened_ms:
            rows.append(_kline(each, topic.variant, interval, before[0], True, at))
        self._candle[topic.text] = candle.opened_ms
        rows.append(_kline(each, topic.variant, interval, candle, False, at))
        message = {"topic": topic.text, "data": rows, "ts": at, "type": "snapshot"}
        self._send(listeners, topic, message, Told.CANDLES)


def _direction(trade: Trade) -> str:
    """Which way a trade moved the price, told by its taker's side."""
    return "MinusTick" if trade.buyer_maker else "PlusTick"


def _kline(
    each: Instrument, name: str, interval: str, candle: Candle, confirm: bool, at: int
) -> dict[str, Any]:
    return {
        "start": candle.opened_ms,
        "end": closing(interval, candle.opened_ms),
        "interval": name,
        "open": texts.price(each, candle.open),
        "close": texts.price(each, candle.close),
        "high": texts.price(each, candle.high),
        "low": texts.price(each, candle.low),
        "volume": texts.size(each, candle.volume),
        "turnover": texts.plain(candle.quote_volume),
        "confirm": confirm,
        "timestamp": at,
    }
