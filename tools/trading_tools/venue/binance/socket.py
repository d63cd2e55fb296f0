"""The market stream's conversation: subscribing, unsubscribing, listing, and the errors of it.

What the streams carry is `streams`.
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qs, unquote

from trading_tools.venue.binance.place import BinancePlace
from trading_tools.venue.binance.streams import Streams
from trading_tools.venue.wire.connection import Connection
from trading_tools.venue.wire.messages import Told, compact

_METHODS = "SUBSCRIBE", "UNSUBSCRIBE", "LIST_SUBSCRIPTIONS", "SET_PROPERTY", "GET_PROPERTY"
_VARIANTS = ", ".join(f"`{method}`" for method in _METHODS)


_TOLD = {
    "trade": Told.TRADES,
    "aggTrade": Told.TRADES,
    "kline": Told.CANDLES,
    "ticker": Told.TICKER,
    "miniTicker": Told.TICKER,
    "bookTicker": Told.TICKER,
    "markPrice": Told.TICKER,
    "arr": Told.TICKER,
    "forceOrder": Told.TRADES,
}
"""What a stream is about, by the word after its symbol; the others are books."""


class _Invalid(Exception):
    """A request that cannot be done: code and words. Never leaves this module."""

    def __init__(self, code: int, msg: str) -> None:
        super().__init__(msg)
        self.code = code
        self.msg = msg


class MarketSocket:
    """The subscriptions of one connection."""

    def __init__(
        self,
        venue: BinancePlace,
        streams: Streams,
        connection: Connection,
        path: str,
        query: str,
    ) -> None:
        """`/ws/a/b` and `/stream?streams=a/b` begin with subscriptions; the latter is combined."""
        self._venue = venue
        self._streams = streams
        self._connection = connection
        self._combined = path.startswith("/stream")
        self._subscribed: dict[str, None] = {}
        first = parse_qs(query).get("streams", [""])[0] if self._combined else path[len("/ws") :]
        names = [name for name in unquote(first).split("/") if name]
        self._subscribe(names[: connection.rules.streams])

    def on_text(self, text: str) -> None:
        """Answer one message."""
        self._venue.ledger.record(
            self._venue.clock(),
            "stream.asked",
            connection=self._connection.number,
            text=text[:2_000],
        )
        number: Any = None
        try:
            request = _request(text)
            number = _id(request)
            reply = {"result": self._do(request), "id": number}
        except _Invalid as error:
            reply = {"error": {"code": error.code, "msg": error.msg}, "id": number}
        self._connection.send(compact(reply), Told.REPLY)

    def leave(self) -> None:
        """End all subscriptions."""
        for name in self._subscribed:
            self._forget(name)
        self._subscribed.clear()

    def _do(self, request: dict[str, Any]) -> Any:
        method = request.get("method")
        if method == "LIST_SUBSCRIPTIONS":
            return list(self._subscribed)
        if method == "GET_PROPERTY":
            return self._combined
        if method not in _METHODS:
            shown = method if isinstance(method, str) else ""
            words = f"unknown variant `{shown[:100]}`, expected one of {_VARIANTS}"
            raise _Invalid(2, f"Invalid request: {words}")
        params = request.get("params")
        if not isinstance(params, list):
            raise _Invalid(2, "Invalid request: params must be an array")
        if method == "SET_PROPERTY":
            if len(params) != 2 or params[0] != "combined" or not isinstance(params[1], bool):
                raise _Invalid(0, "Unknown property")
            self._combined = params[1]
            return None
        if not all(isinstance(name, str) for name in params):
            raise _Invalid(2, "Invalid request: stream names must be strings")
        if method == "SUBSCRIBE":
            self._subscribe(params)
        else:
            self._unsubscribe(params)
        return None

    def _subscribe(self, names: list[str]) -> None:
        new = [name for name in dict.fromkeys(names) if name not in self._subscribed]
        most = self._connection.rules.streams
        if len(self._subscribed) + len(new) > most:
            raise _Invalid(2, f"Invalid request: more than {most} streams")
        for name in new:
            self._subscribed[name] = None
            self._listen(name)

    def _unsubscribe(self, names: list[str]) -> None:
        for name in names:
            if name in self._subscribed:
                del self._subscribed[name]
                self._forget(name)

    def _listen(self, name: str) -> None:
        self._streams.listen(name, self._connection.number, self._tell)

    def _forget(self, name: str) -> None:
        self._streams.forget(name, self._connection.number)

    def _tell(self, stream: str, text: str) -> None:
        symbol, _, kind = stream.partition("@")
        told = _TOLD.get(kind.partition("@")[0].partition("_")[0], Told.BOOK)
        self._connection.send(self._wrapped(stream, text), told, symbol.upper())

    def _wrapped(self, stream: str, text: str) -> str:
        if not self._combined:
            return text
        return f'{{"stream":{json.dumps(stream)},"data":{text}}}'


def _request(text: str) -> dict[str, Any]:
    try:
        request = json.loads(text)
    except (ValueError, RecursionError):
        raise _Invalid(3, "Invalid JSON: expected value at line 1 column 1") from None
    if not isinstance(request, dict):
        raise _Invalid(2, "Invalid request: an object is expected")
    return request


def _id(request: dict[str, Any]) -> Any:
    number = request.get("id")
    whole = isinstance(number, int) and not isinstance(number, bool) and 0 <= number < 2**64
    if number is None or whole or (isinstance(number, str) and len(number) <= 36):
        return number
    raise _Invalid(2, "Invalid request: request ID must be an unsigned integer")
