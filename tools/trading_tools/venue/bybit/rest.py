"""REST: a request's bytes in, Bybit's reply with its headers out.

What a request means is `endpoints`.
"""

from __future__ import annotations

from typing import Any

from trading_tools.venue.bybit import errors
from trading_tools.venue.bybit.call import Call
from trading_tools.venue.bybit.endpoints import REST, Endpoint, serve
from trading_tools.venue.bybit.errors import BybitError, envelope
from trading_tools.venue.bybit.limits import TOO_FREQUENT, AddressBanned
from trading_tools.venue.bybit.params import Params, of_body, of_query
from trading_tools.venue.bybit.place import BybitPlace
from trading_tools.venue.wire.messages import Asked, Operation, Reply, Seen, compact


def seen(asked: Asked) -> Seen:
    """What a request is for."""
    try:
        values = _values(asked)
    except BybitError:
        values = {}
    endpoint = REST.get((asked.method, asked.path))
    purpose = Operation.UNKNOWN if endpoint is None else endpoint.purpose(values)
    return Seen(purpose, values, asked.headers.get("X-BAPI-API-KEY", ""))


def answer(place: BybitPlace, asked: Asked, at: int, number: int) -> Reply:
    """Answer one request; `number` is its entry in the ledger."""
    try:
        place.limits.arrive(at)
    except AddressBanned:
        return shut_out()
    headers = {"Traceid": place.mark().replace("-", ""), "Timenow": str(at)}
    endpoint = REST.get((asked.method, asked.path))
    try:
        if endpoint is None:
            place.ledger.record(
                at, "endpoint.missing", request=number, method=asked.method, path=asked.path
            )
            raise BybitError(*errors.NO_ROUTE)
        body = _served(place, endpoint, asked, at, number, headers)
        return _json(200, body, headers)
    except BybitError as error:
        return _json(error.status, error.body(at), {**headers, **error.headers}, str(error.code))


def refusal(error: BybitError, at: int) -> Reply:
    """A refusal outside of any endpoint."""
    return _json(error.status, error.body(at), {}, str(error.code))


def shut_out() -> Reply:
    """What an address gets that sent far too much: no envelope."""
    return Reply(403, TOO_FREQUENT, "text/plain", code="403")


def _served(
    place: BybitPlace,
    endpoint: Endpoint,
    asked: Asked,
    at: int,
    number: int,
    headers: dict[str, str],
) -> dict[str, Any]:
    account = ""
    if endpoint.per_s:
        payload = asked.query if asked.method == "GET" else asked.body.decode("utf-8", "replace")
        account = place.gate.signed(asked.headers, payload, at).account
    call = Call(place, Params(_values(asked)), at, number, account)
    if endpoint.per_s:
        headers |= charged(endpoint, asked.path, call)
    result, ext = serve(endpoint, call)
    return envelope(at, result, ext)


def charged(endpoint: Endpoint, path: str, call: Call) -> dict[str, str]:
    """Charge an account for a request; the headers that say what is left.

    Raises:
        BybitError: 10006.
    """
    allowed = endpoint.allowed(call.params)
    group = f"{path} {allowed}"
    limits = call.place.limits
    cost = endpoint.cost(call) if endpoint.cost is not None else 1
    limits.charge(group, allowed, call.at, cost)
    return limits.headers(group, allowed, call.at)


def _values(asked: Asked) -> dict[str, Any]:
    return of_query(asked.query) if asked.method == "GET" else of_body(asked.body)


def _json(status: int, told: Any, headers: dict[str, str], code: str = "") -> Reply:
    text = compact(told)
    return Reply(status, text.encode(), headers=headers, code=code)
