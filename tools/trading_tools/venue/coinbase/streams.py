"""The public channels: who listens to which product, and what goes out when.

Books go out every 50 ms, tickers with a trade, trades every 250 ms, candles and heartbeats every
second, batched tickers every five. How clients subscribe is `socket`. Source: "WebSocket channels"
of Advanced Trade and its AsyncAPI document, whose fields stand here where the two differ.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, Final, Protocol

from trading_tools.venue.coinbase.place import CoinbasePlace
from trading_tools.venue.coinbase.products import (
    best_prices,
    candle_form,
    ticker_form,
    trade_form,
)
from trading_tools.venue.coinbase.texts import plain, price_text, size_text, time_text
from trading_tools.venue.core.instruments import Instrument, atoms
from trading_tools.venue.core.orders import Trade
from trading_tools.venue.market.candles import DAY_MS
from trading_tools.venue.wire.messages import compact

NAMES: Final = {
    "heartbeats": "heartbeats",
    "candles": "candles",
    "status": "status",
    "ticker": "ticker",
    "ticker_batch": "ticker_batch",
    "level2": "l2_data",
    "market_trades": "market_trades",
}
"""The channels, and under which name their messages come."""

HEARTBEATS: Final = "heartbeats"
"""The channel that has no products."""

_PACES: Final = {
    "level2": 50,
    "market_trades": 250,
    "candles": 1_000,
    "ticker_batch": 5_000,
    "status": 10_000,
}
"""Milliseconds between two messages of a channel; tickers go out with trades."""

_BEAT_MS = 1_000
_SNAPSHOT_TRADES = 50
_SNAPSHOT_CANDLES = 100
_CANDLE = "5m"


class Listener(Protocol):
    """A connection that has subscribed. `number` is its entry in the ledger."""

    number: int

    def tell(self, channel: str, event: str, at: int, symbol: str = "") -> bool:
        """Take an event of a channel, as JSON; whether it goes out as it is."""


class Streams:
    """All public channels of one venue. `pump` sends what is due by the venue's clock."""

    def __init__(self, place: CoinbasePlace) -> None:
        self._place = place
        self._listeners: dict[tuple[str, str], dict[Listener, None]] = defaultdict(dict)
        self._depths = {symbol: depth.reader() for symbol, depth in place.depths.items()}
        self._traded: set[str] = set()
        self._trades: dict[str, list[Trade]] = defaultdict(list)
        self._beats: dict[Listener, int] = {}
        self._last = place.clock()
        self._years: dict[str, tuple[int, int]] = {}
        place.exchange.on_trade.append(self._on_trade)

    def listen(self, channel: str, symbol: str, listener: Listener, at: int) -> None:
        """Send a channel to a listener, its snapshot first; heartbeats have no symbol."""
        self._listeners[channel, symbol][listener] = None
        if channel == HEARTBEATS:
            self._beats.setdefault(listener, 0)
            return
        each = self._place.instruments[symbol]
        listener.tell(NAMES[channel], _text(self._snapshot(channel, each, at)), at, symbol)

    def forget(self, channel: str, symbol: str, listener: Listener) -> None:
        """Send a channel to a listener no more."""
        self._listeners[channel, symbol].pop(listener, None)
        if channel == HEARTBEATS:
            self._beats.pop(listener, None)

    def pump(self, at: int) -> None:
        """Send what is due at `at`."""
        last, self._last = self._last, at
        due = [name for name, pace in _PACES.items() if at // pace != last // pace]
        for symbol, each in self._place.instruments.items():
            for channel in [*due, "ticker"] if symbol in self._traded else due:
                listeners = self._listeners[channel, symbol]
                # A book's changes are taken unheard, or the first listener would get them all.
                wanted = listeners or channel == "level2"
                event = self._update(channel, each, at) if wanted else None
                if event is not None and listeners:
                    text = _text(event)
                    for listener in list(listeners):
                        listener.tell(NAMES[channel], text, at, symbol)
        self._traded.clear()
        if "market_trades" in due:
            self._trades.clear()
        if at // _BEAT_MS != last // _BEAT_MS:
            self._beat(at)

    def _year(self, symbol: str, at: int) -> tuple[int, int]:
        """The lowest and the highest price of a year, as they were when they were first told."""
        if symbol not in self._years:
            year = self._place.candles[symbol].window(at, 364 * DAY_MS)
            self._years[symbol] = (year.low, year.high)
        return self._years[symbol]

    def _on_trade(self, trade: Trade) -> None:
        self._traded.add(trade.symbol)
        self._trades[trade.symbol].append(trade)

    def _beat(self, at: int) -> None:
        for listener, count in list(self._beats.items()):
            self._beats[listener] = count + 1
            now = f"{datetime.fromtimestamp(at / 1_000, UTC):%Y-%m-%d %H:%M:%S.%f} +0000 UTC"
            event = {"current_time": now, "heartbeat_counter": count}
            listener.tell(HEARTBEATS, _text(event), at)

    def _snapshot(self, channel: str, each: Instrument, at: int) -> dict[str, Any]:
        place = self._place
        if channel == "level2":
            sides = place.exchange.books[each.symbol]
            bids, asks = (side.depth(len(side.totals)) for side in (sides.bids, sides.asks))
            updates = _l2(each, bids, asks, 0)
            return {"type": "snapshot", "product_id": each.symbol, "updates": updates}
        if channel == "market_trades":
            rows = [trade_form(each, trade) for trade in reversed(place.recent[each.symbol])]
            return {"type": "snapshot", "trades": rows[:_SNAPSHOT_TRADES]}
        if channel == "candles":
            return {"type": "snapshot", "candles": self._candles(each, at, _SNAPSHOT_CANDLES)}
        return {"type": "snapshot", **self._state(channel, each, at)}

    def _update(self, channel: str, each: Instrument, at: int) -> dict[str, Any] | None:
        """What a channel says of a product now; None where nothing has happened."""
        symbol = each.symbol
        if channel == "level2":
            change = self._place.depths[symbol].take(self._depths[symbol])
            if change is None:
                return None
            updates = _l2(each, change.bids, change.asks, at)
            return {"type": "update", "product_id": symbol, "updates": updates}
        if channel == "market_trades":
            rows = [trade_form(each, trade) for trade in reversed(self._trades[symbol])]
            return {"type": "update", "trades": rows} if rows else None
        if channel == "candles":
            return {"type": "update", "candles": self._candles(each, at, 1)}
        return {"type": "update", **self._state(channel, each, at)}

    def _state(self, channel: str, each: Instrument, at: int) -> dict[str, Any]:
        """What a channel says whole each time."""
        if channel == "status":
            return {"products": [_status(each)]}
        ticker = ticker_form(self._place, each, at, self._year(each.symbol, at))
        if channel == "ticker":
            ticker |= best_prices(self._place, each)
        return {"tickers": [ticker]}

    def _candles(self, each: Instrument, at: int, count: int) -> list[dict[str, str]]:
        found = self._place.candles[each.symbol].query(_CANDLE, at, count)
        return [{**candle_form(each, row), "product_id": each.symbol} for row in reversed(found)]


def _l2(
    each: Instrument, bids: Iterable[tuple[int, int]], asks: Iterable[tuple[int, int]], at: int
) -> list[dict[str, str]]:
    moment = time_text(at)
    return [
        {
            "side": side,
            "event_time": moment,
            "price_level": price_text(each, price),
            "new_quantity": size_text(each, size),
        }
        for side, rows in (("bid", bids), ("offer", asks))
        for price, size in rows
    ]


def _status(each: Instrument) -> dict[str, str]:
    return {
        "product_type": "SPOT",
        "id": each.symbol,
        "base_currency": each.base,
        "quote_currency": each.quote,
        "base_increment": plain(each.step_atoms),
        "quote_increment": plain(atoms(each.tick_size)),
        "display_name": f"{each.base}/{each.quote}",
        "status": "online",
        "status_message": "",
        "min_market_funds": plain(each.min_worth),
    }


def _text(event: dict[str, Any]) -> str:
    return compact(event)
