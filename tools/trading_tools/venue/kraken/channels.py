"""The public channels: who listens to which, and what goes out when.

Trades go out as they happen; books, tickers and candles within 50 ms of a change. How clients
subscribe is `socket`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, NamedTuple

from trading_tools.venue.core.book import Top
from trading_tools.venue.core.orders import Trade
from trading_tools.venue.kraken import quotes
from trading_tools.venue.kraken.books import BookFeed
from trading_tools.venue.kraken.call import stamp
from trading_tools.venue.kraken.figures import Figure, dumps
from trading_tools.venue.kraken.info import COST_DECIMALS
from trading_tools.venue.kraken.listing import ASSETS, Pair, decimal
from trading_tools.venue.kraken.spot import KrakenSpot
from trading_tools.venue.market.candles import DAY_MS, MINUTE_MS, Candle
from trading_tools.venue.market.depth import DepthReader
from trading_tools.venue.wire.messages import Told

TOLD: Final = {
    "ticker": Told.TICKER,
    "book": Told.BOOK,
    "trade": Told.TRADES,
    "ohlc": Told.CANDLES,
    "instrument": Told.CONTROL,
}
"""What a channel is about."""

_SNAPSHOT_TRADES = 50
_SNAPSHOT_CANDLES = 720


class Feed(NamedTuple):
    """One channel of one symbol, as it was subscribed: `option` is depth, interval or trigger."""

    channel: str
    symbol: str = ""
    option: int | str = ""


Listener = Callable[[str, Told, str], None]
"""Takes a message as JSON, what it is about and its symbol."""


class Channels:
    """All public channels of one venue. `pump` sends what is due by the venue's clock."""

    def __init__(self, venue: KrakenSpot) -> None:
        self._venue = venue
        self._listeners: dict[Feed, dict[int, Listener]] = {}
        self._books: dict[Feed, BookFeed] = {}
        self._readers: dict[str, DepthReader] = {}
        self._best: dict[str, tuple[Top, Top]] = {}
        self._traded: set[str] = set()
        venue.exchange.on_trade.append(self._on_trade)

    def listen(self, feed: Feed, number: int, listener: Listener) -> None:
        """Send a feed to `listener`, which is known by `number`."""
        self._listeners.setdefault(feed, {})[number] = listener

    def forget(self, feed: Feed, number: int) -> None:
        """Send a feed to a listener no more."""
        listeners = self._listeners.get(feed, {})
        listeners.pop(number, None)
        if not listeners:
            self._listeners.pop(feed, None)
            self._books.pop(feed, None)

    def snapshot(self, feed: Feed, at: int) -> str | None:
        """The first message of a feed: what it was until now.

        None before a pair's first trade: the real venue has always traded, and ccxt's receiving
        ends at a message without data.
        """
        if feed.channel == "instrument":
            return dumps(self._instruments())
        pair = self._venue.pair(feed.symbol)
        if feed.channel == "book":
            return dumps(self._book(feed, at).snapshot(at))
        if feed.channel == "ticker":
            return dumps(_message("ticker", "snapshot", [self._ticker(pair, at)]))
        if feed.channel == "trade":
            kept = list(self._venue.recent[feed.symbol])[-_SNAPSHOT_TRADES:]
            rows = [_trade(pair, trade) for trade in kept]
            return dumps(_message("trade", "snapshot", rows)) if rows else None
        minutes = int(feed.option)
        found = quotes.candles(self._venue, pair, minutes, at, _SNAPSHOT_CANDLES)
        rows = [_candle(pair, minutes, each) for each in found]
        return dumps(_message("ohlc", "snapshot", rows) | {"timestamp": stamp(at)})

    def pump(self, at: int) -> None:
        """Send what is due at `at`."""
        self._venue.see_spreads(at)
        changed = {symbol for symbol in self._venue.depths if self._changed(symbol)}
        for feed in list(self._listeners):
            if feed.channel == "book" and feed.symbol in changed:
                self._book(feed, at)
            elif feed.channel == "ticker" and self._ticks(feed, changed):
                row = self._ticker(self._venue.pair(feed.symbol), at)
                self._publish(feed, _message("ticker", "update", [row]))
            elif feed.channel == "ohlc" and feed.symbol in self._traded:
                pair, minutes = self._venue.pair(feed.symbol), int(feed.option)
                found = quotes.candles(self._venue, pair, minutes, at, 1)
                row = _candle(pair, minutes, found[-1])
                self._publish(feed, _message("ohlc", "update", [row]) | {"timestamp": stamp(at)})
        for symbol in changed:
            self._best[symbol] = self._now_best(symbol)
        self._traded.clear()

    def _changed(self, symbol: str) -> bool:
        depth = self._venue.depths[symbol]
        reader = self._readers.get(symbol)
        if reader is None:
            self._readers[symbol] = depth.reader()
            return True
        return depth.take(reader) is not None

    def _ticks(self, feed: Feed, changed: set[str]) -> bool:
        if feed.option == "trades":
            return feed.symbol in self._traded
        return feed.symbol in changed and self._now_best(feed.symbol) != self._best.get(feed.symbol)

    def _now_best(self, symbol: str) -> tuple[Top, Top]:
        book = self._venue.exchange.books[symbol]
        return book.bids.top(), book.asks.top()

    def _book(self, feed: Feed, at: int) -> BookFeed:
        """A book feed that has told its listeners all until now."""
        known = self._books.get(feed)
        if known is None:
            pair, book = self._venue.pair(feed.symbol), self._venue.exchange.books[feed.symbol]
            known = self._books[feed] = BookFeed(pair, book, int(feed.option))
            known.take()
            return known
        bids, asks = known.take()
        if bids or asks:
            self._publish(feed, known.update(bids, asks, at))
        return known

    def _publish(self, feed: Feed, message: Any) -> None:
        listeners = self._listeners.get(feed)
        if listeners:
            text = dumps(message)
            for listener in list(listeners.values()):
                listener(text, TOLD[feed.channel], feed.symbol)

    def _on_trade(self, trade: Trade) -> None:
        self._traded.add(trade.symbol)
        feed = Feed("trade", trade.symbol)
        if feed in self._listeners:
            row = _trade(self._venue.pair(trade.symbol), trade)
            self._publish(feed, _message("trade", "update", [row]))

    def _ticker(self, pair: Pair, at: int) -> dict[str, Any]:
        bid, ask = self._now_best(pair.symbol)
        day = self._venue.candles[pair.symbol].window(at, DAY_MS)
        change = day.close - day.open
        percent = decimal(change * 10**10 // day.open, 2)
        return {
            "symbol": pair.symbol,
            "bid": Figure(pair.price(bid.price)),
            "bid_qty": Figure(pair.quantity(bid.size)),
            "ask": Figure(pair.price(ask.price)),
            "ask_qty": Figure(pair.quantity(ask.size)),
            "last": Figure(pair.price(day.close)),
            "volume": Figure(pair.quantity(day.volume)),
            "vwap": Figure(quotes.average(pair, day)),
            "low": Figure(pair.price(day.low)),
            "high": Figure(pair.price(day.high)),
            "change": Figure(pair.price(change)),
            "change_pct": Figure(percent),
            "timestamp": stamp(at),
        }

    def _instruments(self) -> dict[str, Any]:
        pairs = self._venue.pairs
        assets = [ASSETS[name] for name in self._venue.assets]
        return {
            "channel": "instrument",
            "type": "snapshot",
            "data": {
                "assets": [
                    {
                        "id": asset.name,
                        "status": "enabled",
                        "precision": asset.decimals,
                        "precision_display": asset.shown,
                        "borrowable": False,
                        "collateral_value": 1.0,
                        "margin_rate": 0.0,
                    }
                    for asset in assets
                ],
                "pairs": [_instrument(pair) for pair in pairs],
            },
        }


def _message(channel: str, kind: str, data: list[Any]) -> dict[str, Any]:
    return {"channel": channel, "type": kind, "data": data}


def _trade(pair: Pair, trade: Trade) -> dict[str, Any]:
    return {
        "symbol": pair.symbol,
        "side": "sell" if trade.buyer_maker else "buy",
        "price": Figure(pair.price(trade.price)),
        "qty": Figure(pair.quantity(trade.size)),
        "ord_type": "limit",
        "trade_id": trade.id,
        "timestamp": stamp(trade.at),
    }


def _candle(pair: Pair, minutes: int, candle: Candle) -> dict[str, Any]:
    return {
        "symbol": pair.symbol,
        "open": Figure(pair.price(candle.open)),
        "high": Figure(pair.price(candle.high)),
        "low": Figure(pair.price(candle.low)),
        "close": Figure(pair.price(candle.close)),
        "vwap": Figure(quotes.average(pair, candle)),
        "trades": candle.count,
        "volume": Figure(pair.quantity(candle.volume)),
        "interval_begin": stamp(candle.opened_ms).replace("Z", "000Z"),
        "interval": minutes,
        "timestamp": stamp(candle.opened_ms + minutes * MINUTE_MS),
    }


def _instrument(pair: Pair) -> dict[str, Any]:
    rules = pair.instrument
    tick, step = Figure(f"{rules.tick_size:f}"), Figure(f"{rules.step_size:f}")
    return {
        "symbol": pair.symbol,
        "base": pair.base.name,
        "quote": pair.quote.name,
        "status": "online",
        "qty_precision": pair.lot_decimals,
        "qty_increment": step,
        "price_precision": pair.pair_decimals,
        "cost_precision": COST_DECIMALS,
        "marginable": False,
        "has_index": True,
        "cost_min": Figure(f"{rules.min_notional:f}"),
        "price_increment": tick,
        "tick_size": tick,
        "qty_min": Figure(f"{rules.min_size:f}"),
    }
