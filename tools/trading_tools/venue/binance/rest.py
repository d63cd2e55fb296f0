"""REST over HTTP: a request's bytes in, Binance's reply with its headers out.

What a request means is `endpoints`. The first path segment may be the real host, so that clients
that tell markets apart by the URL can be pointed here: `/api.binance.com/api/v3/time`.
"""

from __future__ import annotations

import json
from typing import Any

from aiohttp import web

from trading_tools.venue.binance.endpoints import REST, Endpoint, serve
from trading_tools.venue.binance.errors import BinanceError
from trading_tools.venue.binance.params import parse
from trading_tools.venue.binance.signing import rest_payload
from trading_tools.venue.binance.spot import SpotVenue

_JSON = "application/json"
_PAGE = "<html><head><title>404 Not Found</title></head><body>404 Not Found</body></html>"


def without_host(path: str) -> str:
    """A path without the host that its first segment may name."""
    first, slash, rest = path[1:].partition("/")
    return slash + rest if slash and first.split(":")[0].endswith(".binance.com") else path


async def answer(venue: SpotVenue, request: web.Request) -> web.Response:
    """Answer one request and record both in the ledger."""
    raw_path, _, query = request.raw_path.partition("?")
    path = without_host(raw_path)
    body = (await request.read()).decode("utf-8", "replace")
    at = venue.advance()
    values, fault = _parsed(query, body)
    number = venue.ledger.record(
        at,
        "request.received",
        wire="rest",
        method=request.method,
        path=path,
        params={name: text for name, text in values.items() if name != "signature"},
        key=request.headers.get("X-MBX-APIKEY", ""),
    ).seq
    endpoint = REST.get((request.method, path))
    if endpoint is None:
        return _unknown(venue, at, number, request.method, path)
    status, reply, headers = 200, None, {}
    try:
        venue.limits.charge(endpoint.weigh(values), at)
        if fault is not None:
            raise fault
        endpoint.check_names(values)
        key = request.headers.get("X-MBX-APIKEY")
        reply = serve(venue, endpoint, values, key, rest_payload(query, body), at, number)
    except BinanceError as error:
        status, reply = error.status, error.body()
        if error.retry_after_s is not None:
            headers["Retry-After"] = str(error.retry_after_s)
    headers |= _usage(venue, endpoint, path, at)
    code = reply.get("code", 0) if isinstance(reply, dict) else 0
    venue.ledger.record(at, "request.answered", request=number, status=status, code=code)
    text = json.dumps(reply, separators=(",", ":"))
    return web.Response(status=status, text=text, content_type=_JSON, headers=headers)


def _parsed(query: str, body: str) -> tuple[dict[str, str], BinanceError | None]:
    try:
        return parse(query, body), None
    except BinanceError as error:
        return {}, error


def _usage(venue: SpotVenue, endpoint: Endpoint, path: str, at: int) -> dict[str, str]:
    used = str(venue.limits.weight_used(at))
    if path.startswith("/sapi/"):
        return {"X-SAPI-USED-IP-WEIGHT-1M": used}
    headers = {"X-MBX-USED-WEIGHT": used, "X-MBX-USED-WEIGHT-1M": used}
    if endpoint.orders:
        for window, count in venue.limits.orders_used(venue.account.name, at).items():
            headers[f"X-MBX-ORDER-COUNT-{window}"] = str(count)
    return headers


def _unknown(venue: SpotVenue, at: int, number: int, method: str, path: str) -> web.Response:
    venue.ledger.record(at, "endpoint.missing", request=number, method=method, path=path)
    venue.ledger.record(at, "request.answered", request=number, status=404, code=0)
    if not path.startswith("/sapi/"):
        return web.Response(status=404, text=_PAGE, content_type="text/html")
    body: dict[str, Any] = {
        "timestamp": at,
        "status": 404,
        "error": "Not Found",
        "message": "No message available",
        "path": path,
    }
    return web.json_response(body, status=404)
