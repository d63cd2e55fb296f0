"""The WebSocket API's conversation: REST's requests as JSON, and the private stream.

Which endpoints there are is given by a table; what the private stream tells is `private`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from trading_tools.venue.binance import errors
from trading_tools.venue.binance.endpoint import SIGNING, Endpoint, serve
from trading_tools.venue.binance.errors import BinanceError
from trading_tools.venue.binance.info import rate_limits
from trading_tools.venue.binance.params import Params
from trading_tools.venue.binance.place import BinancePlace
from trading_tools.venue.binance.private import PrivateStreams
from trading_tools.venue.binance.signing import socket_payload
from trading_tools.venue.wire.connection import Connection
from trading_tools.venue.wire.messages import Operation, Seen, Told, compact

_SUBSCRIBE = "userDataStream.subscribe.signature"
_UNSUBSCRIBE = "userDataStream.unsubscribe"
_ALSO = frozenset({"apiKey", "returnRateLimits"})
_ID = re.compile(r"[a-zA-Z0-9-_]{1,36}")
_SUBSCRIPTION_MS = 86_400_000


class ApiSocket:
    """One connection to the WebSocket API."""

    def __init__(
        self,
        venue: BinancePlace,
        table: Mapping[str, Endpoint],
        connection: Connection,
        private: PrivateStreams | None = None,
    ) -> None:
        """`table` has the endpoints by method; `private` is the stream that spot has on here."""
        self._venue = venue
        self._table = table
        self._connection = connection
        self._private = private

    def on_text(self, text: str) -> None:
        """Answer one request."""
        at = self._venue.advance()
        number: Any = None
        operation = Operation.UNKNOWN
        status, told, values = 200, {}, {}
        entry, arrived = 0, None
        try:
            asked = _object(text)
            number = _id(asked)
            method, values = _method(asked), _values(asked)
            operation = self._operation(method)
            shown = {name: text for name, text in values.items() if name != "signature"}
            entry = self._venue.ledger.record(
                at,
                "request.received",
                wire="socket",
                operation=operation.value,
                connection=self._connection.number,
                method=method,
                params=shown,
                key=values.get("apiKey", ""),
            ).seq
            seen = Seen(operation, shown, values.get("apiKey", ""))
            arrived = self._connection.admit(seen, at, entry)
            if arrived is None:
                return
            told = {"result": self._result(method, values, at, entry)}
        except BinanceError as error:
            status = error.status
            told = {"error": error.body()}
            if error.retry_after_s is not None:
                told["error"]["data"] = {
                    "serverTime": at,
                    "retryAfter": at + error.retry_after_s * 1000,
                }
        code = told["error"]["code"] if "error" in told else 0
        self._venue.ledger.record(at, "request.answered", request=entry, status=status, code=code)
        reply: dict[str, Any] = {"id": number, "status": status, **told}
        if values.get("returnRateLimits") != "false":
            reply["rateLimits"] = self._used(at)
        text = compact(reply)
        refused = str(code) if code else ""
        self._connection.send(text, Told.REPLY, "", operation, arrived, refused)

    def leave(self) -> None:
        """End the private stream's subscription."""
        if self._private is not None:
            self._private.leave(self._connection)

    def _result(self, method: str, values: dict[str, str], at: int, request: int) -> Any:
        venue = self._venue
        key, payload = values.get("apiKey"), socket_payload(values)
        if method == _SUBSCRIBE and self._private is not None:
            venue.limits.charge(2, at)
            unknown = values.keys() - SIGNING - _ALSO
            if unknown:
                raise errors.unread(len(values) - len(unknown), len(values))
            owner = venue.gate.signed(key, payload, Params(values), at)
            number = self._private.subscribe(owner.account, self._connection)
            return {"subscriptionId": number, "expirationTime": at + _SUBSCRIPTION_MS}
        if method == _UNSUBSCRIBE and self._private is not None:
            venue.limits.charge(2, at)
            self.leave()
            return {}
        endpoint = self._table.get(method)
        if endpoint is None:
            venue.ledger.record(at, "endpoint.missing", request=request, method=method)
            raise BinanceError(-1000, f"Unknown method '{method[:100]}'.", 404)
        venue.limits.charge(endpoint.weigh(values), at)
        endpoint.check_names(values, _ALSO)
        return serve(venue, endpoint, values, key, payload, at, request)

    def _operation(self, method: str) -> Operation:
        if self._private is not None and method in (_SUBSCRIBE, _UNSUBSCRIBE):
            return Operation.OTHER
        endpoint = self._table.get(method)
        return Operation.UNKNOWN if endpoint is None else endpoint.operation

    def _used(self, at: int) -> list[dict[str, Any]]:
        limits = self._venue.limits
        orders = limits.orders_used(self._venue.account.name, at)
        counts = [limits.weight_used(at), *orders.values()]
        told = rate_limits(limits.rules)
        return [{**limit, "count": count} for limit, count in zip(told, counts, strict=True)]


def _object(text: str) -> dict[str, Any]:
    try:
        asked = json.loads(text)
    except (ValueError, RecursionError):
        raise BinanceError(-1135, "Invalid JSON Request") from None
    if not isinstance(asked, dict):
        raise BinanceError(-1135, "Invalid JSON Request")
    return asked


def _id(asked: dict[str, Any]) -> Any:
    number = asked.get("id")
    whole = isinstance(number, int) and not isinstance(number, bool) and abs(number) < 2**63
    if number is None or whole or (isinstance(number, str) and _ID.fullmatch(number)):
        return number
    raise errors.illegal("id", "^[a-zA-Z0-9-_]{1,36}$")


def _method(asked: dict[str, Any]) -> str:
    method = asked.get("method")
    if not isinstance(method, str) or not method:
        raise errors.missing("method")
    return method


def _values(asked: dict[str, Any]) -> dict[str, str]:
    """The parameters as text, as REST would have them."""
    params = asked.get("params", {})
    if not isinstance(params, dict):
        raise BinanceError(-1135, "Invalid JSON Request")
    return {name: _text(value) for name, value in params.items()}


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    return compact(value)
