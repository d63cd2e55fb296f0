"""The conversation on a WebSocket: subscribing, pings, heartbeats, and requests of the account.

What channels carry is `channels` and `private`; what order methods do is `methods`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from trading_tools.venue.kraken import quotes
from trading_tools.venue.kraken.books import DEPTHS
from trading_tools.venue.kraken.call import stamp
from trading_tools.venue.kraken.channels import TOLD, Channels, Feed
from trading_tools.venue.kraken.errors import KrakenError
from trading_tools.venue.kraken.figures import dumps, plain
from trading_tools.venue.kraken.methods import METHODS, serve
from trading_tools.venue.kraken.params import read_object
from trading_tools.venue.kraken.private import PrivateChannels, Subscription
from trading_tools.venue.kraken.spot import KrakenSpot
from trading_tools.venue.wire.connection import Connection
from trading_tools.venue.wire.interference import Request
from trading_tools.venue.wire.messages import Operation, Seen, Told

_PRIVATE: Final = frozenset({"executions", "balances"})
_IDLE_MS = 60_000
_HEARTBEAT_MS = 1_000
_OPTIONS: Final[dict[str, tuple[str, int | str]]] = {
    "ticker": ("event_trigger", "trades"),
    "book": ("depth", 10),
    "ohlc": ("interval", 1),
}
"""What else a channel is subscribed with, and its default."""


class KrakenSocket:
    """One connection. `private` is None on the public host."""

    def __init__(
        self,
        venue: KrakenSpot,
        channels: Channels,
        private: PrivateChannels | None,
        connection: Connection,
        on_end: Callable[[KrakenSocket], None],
    ) -> None:
        self._venue = venue
        self._channels = channels
        self._private = private
        self._connection = connection
        self._on_end = on_end
        self._feeds: dict[Feed, None] = {}
        self._own: dict[str, None] = {}
        self._holders: dict[str, str] = {}
        self._heard = self._spoke = venue.clock()
        status = {
            "version": "2.0.10",
            "system": "online",
            "api_version": "v2",
            "connection_id": venue.seed * 1_000_003 + connection.number,
        }
        self._say({"channel": "status", "type": "update", "data": [status]}, Told.CONTROL)

    def on_text(self, text: str) -> None:
        """Answer one message."""
        at = self._heard = self._venue.advance()
        request: dict[str, Any] = {}
        try:
            request = read_object(text)
            method = request.get("method")
            params = request.get("params", {})
            if not isinstance(method, str) or not isinstance(params, dict):
                raise KrakenError("Malformed request")
            self._do(method, params, request, at)
        except KrakenError as error:
            words = error.words if request else "Malformed request"
            self._reply(request, {"success": False, "error": words}, at)

    def leave(self) -> None:
        """End all subscriptions."""
        for feed in self._feeds:
            self._channels.forget(feed, self._connection.number)
        for channel in self._own:
            if self._private is not None:
                self._private.leave(self._connection, channel)
        self._feeds.clear()
        self._own.clear()
        self._on_end(self)

    def pump(self, at: int) -> None:
        """A heartbeat where nothing else was sent for a second; an end to what is idle."""
        if self._feeds or self._own:
            if at - self._spoke >= _HEARTBEAT_MS:
                self._say({"channel": "heartbeat"}, Told.CONTROL)
        elif at - self._heard >= _IDLE_MS:
            self._connection.close(1000, "idle without a subscription")

    def _do(self, method: str, params: dict[str, Any], request: dict[str, Any], at: int) -> None:
        if method == "ping":
            self._reply({**request, "method": "pong"}, {}, at)
        elif method in {"subscribe", "unsubscribe"}:
            shown = {name: value for name, value in params.items() if name != "token"}
            self._venue.ledger.record(
                at,
                "stream.asked",
                connection=self._connection.number,
                text=dumps(plain({"method": method, "params": shown}))[:2_000],
            )
            if params.get("channel") in _PRIVATE:
                self._private_channel(method, params, request, at)
            else:
                self._public_channel(method, params, request, at)
        else:
            self._request(method, params, request, at)

    def _public_channel(
        self, method: str, params: dict[str, Any], request: dict[str, Any], at: int
    ) -> None:
        channel = params.get("channel")
        if not isinstance(channel, str) or channel not in TOLD or self._private is not None:
            raise KrakenError(f"Channel not found: {str(channel)[:100]}")
        symbols = params.get("symbol")
        if channel == "instrument":
            symbols = [""]
        if not isinstance(symbols, list) or not symbols:
            raise KrakenError("Symbol(s) not found")
        option = _option(channel, params)
        for symbol in symbols:
            if channel != "instrument" and symbol not in self._venue.exchange.instruments:
                words = f"Currency pair not supported {str(symbol)[:100]}"
                told = {"success": False, "error": words, "symbol": symbol}
                self._reply(request, told, at)
                continue
            feed = Feed(channel, symbol, option)
            if method == "subscribe":
                self._subscribe(feed, params, request, at)
            else:
                self._unsubscribe(feed, request, at)

    def _subscribe(
        self, feed: Feed, params: dict[str, Any], request: dict[str, Any], at: int
    ) -> None:
        same = [each for each in self._feeds if each[:2] == feed[:2] and feed.channel != "ohlc"]
        if feed in self._feeds or same:
            told = {"success": False, "error": "Already subscribed", "symbol": feed.symbol}
            self._reply(request, told, at)
            return
        snapshot = params.get("snapshot") is not False
        self._feeds[feed] = None
        self._reply(request, {"result": _result(feed, snapshot), "success": True}, at)
        first = self._channels.snapshot(feed, at)
        if snapshot and first is not None:
            self._send(first, TOLD[feed.channel], feed.symbol)
        self._channels.listen(feed, self._connection.number, self._send)

    def _unsubscribe(self, feed: Feed, request: dict[str, Any], at: int) -> None:
        if feed not in self._feeds:
            told = {"success": False, "error": "Subscription not found", "symbol": feed.symbol}
            self._reply(request, told, at)
            return
        del self._feeds[feed]
        self._channels.forget(feed, self._connection.number)
        self._reply(request, {"result": _result(feed, None), "success": True}, at)

    def _private_channel(
        self, method: str, params: dict[str, Any], request: dict[str, Any], at: int
    ) -> None:
        private, channel = self._private, str(params["channel"])
        if private is None:
            raise KrakenError("Private data and trading are unavailable on this endpoint")
        account = self._holder(params.get("token"), at)
        if method == "unsubscribe":
            if not private.leave(self._connection, channel):
                raise KrakenError("Subscription not found")
            self._own.pop(channel, None)
            self._reply(request, {"result": {"channel": channel}, "success": True}, at)
            return
        if private.listening(self._connection, channel):
            raise KrakenError("Already subscribed")
        self._own[channel] = None
        subscription = Subscription(
            self._connection,
            account,
            channel,
            every_status=params.get("order_status") is not False,
            rate_counter=params.get("ratecounter") is True,
        )
        snapshot = params.get("snapshot") is not False
        orders = snapshot and params.get("snap_orders") is not False
        trades = params.get("snap_trades") is True
        result: dict[str, Any] = {"channel": channel, "snapshot": snapshot}
        if channel == "executions":
            most = int(self._venue.limits.rules.orders)
            result = {"channel": channel, "maxratecount": most}
            result |= {"snap_orders": orders, "snap_trades": trades}
        self._reply(request, {"result": result, "success": True}, at)
        if snapshot or trades:
            private.snapshot(subscription, at, orders, trades)
        private.subscribe(subscription)

    def _request(
        self, method: str, params: dict[str, Any], request: dict[str, Any], at: int
    ) -> None:
        known = METHODS.get(method)
        operation = Operation.UNKNOWN if known is None else known.operation
        shown = {name: value for name, value in params.items() if name != "token"}
        ledger = self._venue.ledger
        number = ledger.record(
            at,
            "request.received",
            wire="socket",
            operation=operation.value,
            connection=self._connection.number,
            method=method[:100],
            params=plain(shown),
        ).seq
        arrived = self._connection.admit(Seen(operation, shown), at, number)
        if arrived is None:
            return
        replies: list[dict[str, Any]]
        try:
            if known is None:
                ledger.record(at, "endpoint.missing", request=number, method=method[:100])
                raise KrakenError(f"Method not found: {method[:100]}")
            if self._private is None:
                raise KrakenError("Private data and trading are unavailable on this endpoint")
            account = self._holder(params.get("token"), at)
            replies = serve(self._venue, known, params, account, at, number)
        except KrakenError as error:
            replies = [{"success": False, "error": error.words}]
        for reply in replies:
            code = str(reply.get("error", ""))
            ledger.record(at, "request.answered", request=number, status=200, code=code)
            self._reply(request, reply, at, operation, arrived, code)
            arrived = None  # a batch has several replies, and is one request

    def _holder(self, token: object, at: int) -> str:
        """Whose token it is; one that was good once stays so on its connection.

        Raises:
            KrakenError: it is unknown or too old.
        """
        account = self._holders.get(token) if isinstance(token, str) else None
        if account is None:
            account = self._venue.gate.holder(token, at)
            self._holders[str(token)] = account
        return account

    def _reply(
        self,
        request: dict[str, Any],
        told: dict[str, Any],
        at: int,
        operation: Operation = Operation.OTHER,
        arrived: Request | None = None,
        code: str = "",
    ) -> None:
        message: dict[str, Any] = {}
        if isinstance(request.get("method"), str):
            message["method"] = request["method"][:100]
        number = request.get("req_id")
        if isinstance(number, int) and not isinstance(number, bool):
            message["req_id"] = number
        message |= told
        message |= {"time_in": stamp(at), "time_out": stamp(self._venue.clock())}
        self._spoke = at
        self._connection.send(dumps(message), Told.REPLY, "", operation, arrived, code)

    def _say(self, message: dict[str, Any], told: Told) -> None:
        self._send(dumps(message), told, "")

    def _send(self, text: str, told: Told, symbol: str) -> None:
        self._spoke = self._venue.clock()
        self._connection.send(text, told, symbol)


def _option(channel: str, params: dict[str, Any]) -> int | str:
    if channel not in _OPTIONS:
        return ""
    name, default = _OPTIONS[channel]
    value = params.get(name, default)
    if channel == "ticker" and value not in {"trades", "bbo"}:
        raise KrakenError("Event trigger not supported")
    if channel == "book" and (isinstance(value, bool) or value not in DEPTHS):
        raise KrakenError("Subscription depth not supported")
    if channel == "ohlc" and (isinstance(value, bool) or value not in quotes.INTERVALS):
        raise KrakenError("Subscription ohlc interval not supported")
    return value if isinstance(value, str) else int(value)


def _result(feed: Feed, snapshot: bool | None) -> dict[str, Any]:
    result: dict[str, Any] = {"channel": feed.channel}
    if feed.symbol:
        result["symbol"] = feed.symbol
    if snapshot is not None:
        result["snapshot"] = snapshot
    if feed.channel in _OPTIONS:
        result[_OPTIONS[feed.channel][0]] = feed.option
    return result
