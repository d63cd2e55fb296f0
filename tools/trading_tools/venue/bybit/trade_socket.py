"""Orders over WebSocket: REST's order requests in an envelope of their own, after a login.

What a request means is `endpoints`.
"""

from __future__ import annotations

from typing import Any

from trading_tools.venue.bybit.call import Call
from trading_tools.venue.bybit.endpoints import TRADE, serve
from trading_tools.venue.bybit.errors import BybitError
from trading_tools.venue.bybit.params import Params
from trading_tools.venue.bybit.place import BybitPlace
from trading_tools.venue.bybit.rest import charged
from trading_tools.venue.bybit.signing import check_clock
from trading_tools.venue.bybit.socket import Refused, asked
from trading_tools.venue.wire.connection import Connection
from trading_tools.venue.wire.messages import Operation, Seen, Told, compact

_MOST_IDS = 36


class TradeSocket:
    """One connection for orders."""

    def __init__(self, place: BybitPlace, connection: Connection) -> None:
        self._place = place
        self._connection = connection
        self._id = place.mark()[:23]
        self._account = ""

    def on_text(self, text: str) -> None:
        """Answer one request."""
        at = self._place.advance()
        request: dict[str, Any] = {}
        result: Any = {}
        ext: Any = {}
        code, msg = 0, "OK"
        headers: dict[str, str] = {}
        number = 0
        operation, arrived = Operation.UNKNOWN, None
        try:
            request = _request(text)
            op = _op(request)
            operation = TRADE[op][0].operation if op in TRADE else Operation.OTHER
            number = self._received(at, op, request, operation)
            seen = Seen(operation, _params(request) if op in TRADE else {})
            arrived = self._connection.admit(seen, at, number)
            if arrived is None:
                return
            result, ext = self._result(op, request, at, number, headers)
        except BybitError as error:
            code, msg = error.code, error.msg
            headers |= error.headers
        self._place.ledger.record(at, "request.answered", request=number, status=200, code=code)
        reply = self._reply(request, code, msg)
        if reply["op"] in TRADE:
            reply |= {"data": result, "retExtInfo": ext, "header": self._header(headers, at)}
        elif reply["op"] == "ping":
            reply |= {"op": "pong", "data": [str(at)]}
        told = Told.CONTROL if reply["op"] == "pong" else Told.REPLY
        self._connection.send(
            compact(reply),
            told,
            operation=operation,
            request=arrived,
            code=str(code) if code else "",
        )

    def leave(self) -> None:
        """Nothing is kept for a connection."""

    def _received(self, at: int, op: str, request: dict[str, Any], operation: Operation) -> int:
        params = _params(request) if op in TRADE else {}
        return self._place.ledger.record(
            at,
            "request.received",
            wire="socket",
            operation=operation.value,
            connection=self._connection.number,
            method=op,
            params=params,
            key=self._place.credentials.key if self._account else "",
        ).seq

    def _result(
        self, op: str, request: dict[str, Any], at: int, number: int, headers: dict[str, str]
    ) -> tuple[Any, Any]:
        place = self._place
        if op == "ping":
            return {}, {}
        if op == "auth":
            self._account = place.gate.connected(request.get("args"), at).account
            return {}, {}
        if op not in TRADE:
            place.ledger.record(at, "endpoint.missing", request=number, method=op)
            raise BybitError(10404, "op type is not found")
        if not self._account:
            raise BybitError(10007, "User authentication failed.")
        head = request.get("header")
        given = head if isinstance(head, dict) else {}
        stamp, window = given.get("X-BAPI-TIMESTAMP"), given.get("X-BAPI-RECV-WINDOW")
        check_clock(str(stamp), "" if window is None else str(window), at)
        endpoint, path = TRADE[op]
        call = Call(place, Params(_params(request)), at, number, self._account)
        headers |= charged(endpoint, path, call)
        return serve(endpoint, call)

    def _reply(self, request: dict[str, Any], code: int, msg: str) -> dict[str, Any]:
        number, op = request.get("reqId"), request.get("op")
        reply: dict[str, Any] = {}
        if isinstance(number, str) and len(number) <= _MOST_IDS:
            reply["reqId"] = number
        named = op if isinstance(op, str) else ""
        return {**reply, "retCode": code, "retMsg": msg, "op": named, "connId": self._id}

    def _header(self, headers: dict[str, str], at: int) -> dict[str, str]:
        return {**headers, "Traceid": self._place.mark().replace("-", ""), "Timenow": str(at)}


def _request(text: str) -> dict[str, Any]:
    try:
        return asked(text)
    except Refused as refusal:
        raise BybitError(10001, str(refusal)) from None


def _op(request: dict[str, Any]) -> str:
    op = request.get("op")
    return op[:100] if isinstance(op, str) else ""


def _params(request: dict[str, Any]) -> dict[str, Any]:
    args = request.get("args")
    if isinstance(args, list) and args and isinstance(args[0], dict):
        return args[0]
    raise BybitError(10001, "Params Error")
