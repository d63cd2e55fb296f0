"""REST: a request's bytes in, Binance's reply with its headers out.

Which endpoints there are, and what they mean, is given by a table.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from trading_tools.venue.binance.endpoint import Endpoint, serve
from trading_tools.venue.binance.errors import BinanceError
from trading_tools.venue.binance.params import parse
from trading_tools.venue.binance.place import BinancePlace
from trading_tools.venue.binance.signing import rest_payload
from trading_tools.venue.wire.messages import Asked, Operation, Reply, Seen, compact

_PAGE = b"<html><head><title>404 Not Found</title></head><body>404 Not Found</body></html>"


Table = Mapping[tuple[str, str], Endpoint]
"""Endpoints by method and path."""


def seen(table: Table, asked: Asked) -> Seen:
    """What a request is for, without its signature."""
    values, _ = _parsed(asked)
    endpoint = table.get((asked.method, asked.path))
    return Seen(
        Operation.UNKNOWN if endpoint is None else endpoint.operation,
        {name: text for name, text in values.items() if name != "signature"},
        asked.headers.get("X-MBX-APIKEY", ""),
    )


def answer(table: Table, venue: BinancePlace, asked: Asked, at: int, number: int) -> Reply:
    """Answer one request; `number` is its entry in the ledger."""
    endpoint = table.get((asked.method, asked.path))
    if endpoint is None:
        return _unknown(venue, asked, at, number)
    values, fault = _parsed(asked)
    try:
        venue.limits.charge(endpoint.weigh(values), at)
        if fault is not None:
            raise fault
        endpoint.check_names(values)
        key = asked.headers.get("X-MBX-APIKEY")
        payload = rest_payload(asked.query, _text(asked))
        reply = _json(200, serve(venue, endpoint, values, key, payload, at, number))
    except BinanceError as error:
        reply = refusal(error)
    usage = _usage(venue, endpoint, asked.path, at)
    return Reply(
        reply.status, reply.body, reply.content_type, {**reply.headers, **usage}, reply.code
    )


def refusal(error: BinanceError) -> Reply:
    """A refusal as HTTP has it."""
    headers = {}
    if error.retry_after_s is not None:
        headers["Retry-After"] = str(error.retry_after_s)
    reply = _json(error.status, error.body())
    return Reply(reply.status, reply.body, reply.content_type, headers, str(error.code))


def _json(status: int, told: Any) -> Reply:
    return Reply(status, compact(told).encode())


def _text(asked: Asked) -> str:
    return asked.body.decode("utf-8", "replace")


def _parsed(asked: Asked) -> tuple[dict[str, str], BinanceError | None]:
    try:
        return parse(asked.query, _text(asked)), None
    except BinanceError as error:
        return {}, error


def _usage(venue: BinancePlace, endpoint: Endpoint, path: str, at: int) -> dict[str, str]:
    used = str(venue.limits.weight_used(at))
    if path.startswith("/sapi/"):
        return {"X-SAPI-USED-IP-WEIGHT-1M": used}
    headers = {"X-MBX-USED-WEIGHT": used, "X-MBX-USED-WEIGHT-1M": used}
    if endpoint.orders:
        for window, count in venue.limits.orders_used(venue.account.name, at).items():
            headers[f"X-MBX-ORDER-COUNT-{window}"] = str(count)
    return headers


def _unknown(venue: BinancePlace, asked: Asked, at: int, number: int) -> Reply:
    path = asked.path
    venue.ledger.record(at, "endpoint.missing", request=number, method=asked.method, path=path)
    if not path.startswith("/sapi/"):
        return Reply(404, _PAGE, "text/html")
    body: dict[str, Any] = {
        "timestamp": at,
        "status": 404,
        "error": "Not Found",
        "message": "No message available",
        "path": path,
    }
    return _json(404, body)
