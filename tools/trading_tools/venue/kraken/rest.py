"""REST: a request's bytes in, Kraken's reply out. What a request means is `endpoints`."""

from __future__ import annotations

from typing import Any

from trading_tools.venue.kraken.call import Call
from trading_tools.venue.kraken.endpoints import endpoint
from trading_tools.venue.kraken.errors import UNKNOWN_METHOD, KrakenError
from trading_tools.venue.kraken.figures import plain
from trading_tools.venue.kraken.params import Params, parse
from trading_tools.venue.kraken.spot import KrakenSpot
from trading_tools.venue.wire.messages import Asked, Operation, Reply, Seen, compact

_UNSEEN = frozenset({"otp"})


def seen(asked: Asked) -> Seen:
    """What a request is for, without what is secret."""
    found = endpoint(asked.method, asked.path)
    try:
        values = _parsed(asked)
    except KrakenError:
        values = {}
    return Seen(
        Operation.UNKNOWN if found is None else found.operation,
        {name: plain(value) for name, value in values.items() if name not in _UNSEEN},
        asked.headers.get("API-Key", ""),
    )


def answer(venue: KrakenSpot, asked: Asked, at: int, number: int) -> Reply:
    """Answer one request; `number` is its entry in the ledger."""
    try:
        found = endpoint(asked.method, asked.path)
        if found is None:
            venue.ledger.record(
                at, "endpoint.missing", request=number, method=asked.method, path=asked.path
            )
            raise KrakenError(UNKNOWN_METHOD, 404)
        account = ""
        if found.cost is None:
            venue.limits.public(at)
            values = _parsed(asked)
        else:
            values = _parsed(asked)
            nonce = Params(values).optional("nonce") or ""
            headers = asked.headers
            account = venue.gate.signed(
                headers.get("API-Key"), headers.get("API-Sign"), asked.path, nonce, asked.body, at
            )
            venue.limits.call(found.cost, at)
        told = found.answer(Call(venue, Params(values), at, number, account))
    except KrakenError as error:
        return refusal(error)
    return _json(200, {"error": [], "result": told})


def refusal(error: KrakenError) -> Reply:
    """A refusal as HTTP has it."""
    reply = _json(error.status, {"error": [error.words]})
    return Reply(reply.status, reply.body, code=error.words)


def _json(status: int, told: Any) -> Reply:
    return Reply(status, compact(told).encode())


def _parsed(asked: Asked) -> dict[str, Any]:
    return parse(asked.query, asked.body, asked.headers.get("Content-Type", ""))
