"""The REST side: one request in, one reply out, with limits, signatures and errors.

What a request does is `endpoints`; how it is carried is the server's part.
"""

from __future__ import annotations

from typing import Any

from trading_tools.venue.coinbase.call import Call
from trading_tools.venue.coinbase.endpoints import Endpoint, find
from trading_tools.venue.coinbase.errors import CoinbaseError, gateway_error, listed_error
from trading_tools.venue.coinbase.params import Params, of_body, of_query
from trading_tools.venue.coinbase.place import CoinbasePlace
from trading_tools.venue.coinbase.signing import key_name
from trading_tools.venue.wire.messages import Asked, Operation, Reply, Seen, compact


def seen(asked: Asked) -> Seen:
    """What a request is for, without its token."""
    endpoint, argument = find(asked.method, asked.path)
    try:
        params = _params(asked)
    except CoinbaseError:
        params = Params({})
    values = params.values if not argument else {**params.values, "id": argument}
    operation = Operation.UNKNOWN if endpoint is None else endpoint.operation
    if operation is Operation.ORDER_HISTORY and params.values.get("order_status") == ["OPEN"]:
        operation = Operation.OPEN_ORDERS
    return Seen(operation, values, key_name(asked))


def answer(place: CoinbasePlace, asked: Asked, at: int, number: int) -> Reply:
    """Answer one request; `number` is its entry in the ledger."""
    endpoint, argument = find(asked.method, asked.path)
    try:
        if endpoint is None:
            raise _unknown(place, asked, at, number)
        told = _serve(place, endpoint, argument, asked, at, number)
    except CoinbaseError as error:
        return error.reply()
    return Reply(200, compact(told).encode(), code=_code(told))


def _serve(
    place: CoinbasePlace, endpoint: Endpoint, argument: str, asked: Asked, at: int, number: int
) -> dict[str, Any]:
    account = ""
    if asked.path.startswith("/v2/"):
        place.limits.older(at)
    elif not endpoint.private:
        place.limits.public(at)
    if endpoint.private:
        credentials = place.gate.signed(asked, at)
        account = credentials.account
        place.limits.private(credentials.key, at)
    return endpoint.answer(Call(place, _params(asked), at, number, argument, account))


def _code(told: dict[str, Any]) -> str:
    """The reason of a refusal inside a 200: of an order, of an edit, or of the first cancel."""
    if told.get("success") is False:
        if "error_response" in told:
            return str(told["error_response"]["error"])
        return str(told["errors"][0]["edit_failure_reason"])
    results = told.get("results", [])
    refused = [each["failure_reason"] for each in results if not each["success"]]
    return str(refused[0]) if refused else ""


def _params(asked: Asked) -> Params:
    return of_query(asked.query) if asked.method == "GET" else of_body(asked.body)


def _unknown(place: CoinbasePlace, asked: Asked, at: int, number: int) -> CoinbaseError:
    path = asked.path
    place.ledger.record(at, "endpoint.missing", request=number, method=asked.method, path=path)
    if path.startswith("/v2/"):
        return listed_error(404, "not_found", "Not found")
    return gateway_error(404, "NOT_FOUND", "Not Found")
