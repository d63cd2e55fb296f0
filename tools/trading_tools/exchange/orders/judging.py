"""What came of a request that changes something: accepted, rejected by a known code, or unknown.

The class of ccxt's exception decides nothing: an unknown outcome arrives as RequestTimeout,
ExchangeNotAvailable, OperationFailed, plain ExchangeError, and even as an order without an id
(measured with ccxt 4.5.90). A rejection is one of the venue's own codes of which it is documented
that no order comes of it; all else is unknown.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from trading_tools.audit.trade import Outcome
from trading_tools.exchange.faults import Answer

_SHOWN = 200


@dataclass(frozen=True)
class Judged:
    """The outcome of one request. `code` is the venue's own, set for a rejection."""

    outcome: Outcome
    code: str | None = None
    message: str | None = None
    venue_order_id: str | None = None


def judge(venue: str, answer: Answer | None, venue_order_id: str | None = None) -> Judged:
    """What the last reply to a request means; `answer` is None where none came.

    `venue_order_id` is what the client library took from a reply that it found good.
    """
    if answer is None:
        return Judged(Outcome.UNKNOWN, message="no reply came")
    shown = re.sub(r"\s+", " ", answer.body)[:_SHOWN]
    code = _code(venue, answer)
    if code is not None and _rejects(venue, answer.status, code):
        return Judged(Outcome.REJECTED, code, shown)
    if venue_order_id and answer.status < 300 and code is None:
        return Judged(Outcome.ACCEPTED, venue_order_id=venue_order_id)
    return Judged(Outcome.UNKNOWN, code, f"HTTP {answer.status}: {shown}")


def refused_key(venue: str, answer: Answer | None) -> str | None:
    """The code by which the venue says that the key, its secret or its rights are not good.

    None for all else, as for a clock or a nonce that it does not like: that may pass.
    """
    code = None if answer is None or answer.status >= 500 else _code(venue, answer)
    refusal = _KEY_REFUSALS.get(venue)
    return code if code and refusal is not None and refusal.fullmatch(code) else None


def _code(venue: str, answer: Answer) -> str | None:
    """The code of a refusal, or None where the reply has none."""
    try:
        body = json.loads(answer.body)
    except (ValueError, RecursionError):
        return None
    read = _READERS.get(venue)
    return read(body) if read is not None and isinstance(body, dict) else None


def _binance(body: Mapping[str, Any]) -> str | None:
    code = body.get("code")
    if not isinstance(code, int) or code >= 0:
        return None
    message = str(body.get("msg", ""))
    return f"{code} {message}" if code in (-2010, -1013, -1008) else str(code)


def _bybit(body: Mapping[str, Any]) -> str | None:
    code = body.get("retCode")
    return None if code in (0, None) else str(code)


def _kraken(body: Mapping[str, Any]) -> str | None:
    errors = body.get("error")
    return str(errors[0]) if isinstance(errors, list) and errors else None


def _coinbase(body: Mapping[str, Any]) -> str | None:
    refusal = body.get("error_response")
    if body.get("success") is False and isinstance(refusal, dict):
        named = refusal.get("preview_failure_reason") or refusal.get("error")
        return str(named) if named else None
    return str(body["error"]) if body.get("error") else None


def _alpaca(body: Mapping[str, Any]) -> str | None:
    code = body.get("code")
    return None if code is None else f"{code} {body.get('message', '')}"


def _hyperliquid(body: Mapping[str, Any]) -> str | None:
    told = body.get("response")
    if body.get("status") == "err":
        return str(told)
    data = told.get("data") if isinstance(told, dict) else None
    statuses = data.get("statuses") if isinstance(data, dict) else None
    errors = [
        each["error"] for each in statuses or () if isinstance(each, dict) and "error" in each
    ]
    return str(errors[0]) if errors else None


def _kalshi(body: Mapping[str, Any]) -> str | None:
    error = body.get("error")
    # What it cannot parse it tells at the top.
    told = error if isinstance(error, dict) else body
    return str(told["code"]) if told.get("code") else None


_READERS: Final[Mapping[str, Callable[[Mapping[str, Any]], str | None]]] = {
    "binance": _binance,
    "binanceusdm": _binance,
    "bybit": _bybit,
    "kraken": _kraken,
    "coinbase": _coinbase,
    "alpaca": _alpaca,
    "hyperliquid": _hyperliquid,
    "kalshi": _kalshi,
}

_BINANCE_REFUSALS = (
    # Before the order is looked at: limits, keys, the clock, parameters.
    # Not -1016, "This service is no longer available": what stands in front of the engine says it.
    r"-10(03|15|21|22)|-11\d\d|-20(08|14|15)"
    # The order itself: filters, balance, rules. Not "Duplicate order sent": the first one exists.
    r"|-1013 .*|-2010 (?!Duplicate).*"
)
_REFUSALS: Final[Mapping[str, re.Pattern[str]]] = {
    "binance": re.compile(_BINANCE_REFUSALS),
    "binanceusdm": re.compile(
        # Not -2020, "Unable to fill": an order that was taken may say so.
        _BINANCE_REFUSALS + r"|-20(18|19|2[1-8])|-4(00\d|01[0-5]|045|061|131|164)|-5022"
    ),
    "bybit": re.compile(
        r"100(01|02|03|04|05|06|10|18|29)"
        # Not 110030, 110072, 170141: duplicates. Not 170146, 170149: "Order creation timeout" and
        # "Create order failed" do not say what became of it.
        r"|1100(03|04|05|06|07|12|13|14|16|17|2[0136]|32|40|41|42|44|45|49|5[123]|66|9[234])"
        r"|1700(05|33)|1701(15|16|17|21|24|3[0-7]|40|48|51|57|59|65|9[234789])"
        r"|1702(00|01|02|06|09|10|17|18|22|24|28|29)|17037[12]"
    ),
    "kraken": re.compile(
        r"EAPI:(Invalid (key|nonce|signature)|Rate limit exceeded|Feature disabled)"
        # Not a client id that is there already: the first order exists.
        r"|EGeneral:(Permission denied|Temporary lockout).*"
        r"|EGeneral:Invalid arguments(?!:cl_ord_id).*"
        r"|EOrder:(Insufficient (funds|margin)|Rate limit exceeded|Orders limit exceeded"
        r"|Order minimum not met|Cost minimum not met|Tick size check failed|Post only order"
        r"|Cannot open (position|opposing position)|Invalid price|Margin allowance exceeded).*"
        # Not Unavailable, Busy, Timeout, Deadline elapsed: none says what became of the order.
        r"|EService:Market in (cancel_only|post_only|limit_only) mode"
    ),
    "coinbase": re.compile(
        r"(PREVIEW_)?(INSUFFICIENT_FUND|INSUFFICIENT_FUNDS|INVALID_[A-Z_]+|UNSUPPORTED_[A-Z_]+"
        r"|STOP_PRICE_(ABOVE|BELOW)_LAST_TRADE_PRICE)"
        r"|rate_limit_exceeded|authentication_error|Unauthorized|permission_denied"
    ),
    "alpaca": re.compile(
        # Not "client_order_id must be unique": the first order exists.
        r"(40010001|40110000|40310000|42210000|42910000) (?!client_order_id).*"
    ),
    "hyperliquid": re.compile(
        r"(User or API Wallet|Must deposit|Insufficient (margin|spot balance)|Order has (zero size"
        r"|invalid (price|size))|Order must have minimum value|Price must be divisible by tick size"
        r"|Post only order would have immediately matched|Order could not immediately match"
        r"|Reduce only order would increase position"
        # Of a cancel: it does nothing.
        r"|Order was never placed, already canceled, or filled).*"
    ),
    # As ccxt 4.5.90 knows them: a bad price or size, no such market, a killed FOK.
    # The others are its two answers with 401: see `_KEY_REFUSALS`.
    "kalshi": re.compile(
        r"invalid_order|not_found|fill_or_kill_insufficient_resting_volume"
        r"|authentication_error|header_timestamp_expired"
    ),
}
"""Codes by which no order comes into being, by venue; matched whole.

What each means is as ccxt 4.5.90's table of the venue notes it from the venue's page of errors
(Kraken's also: https://support.kraken.com/hc/en-us/articles/360001491786). One that speaks of the
service and not of the request or the order is none of these, whatever its words.
"""


_KEY_REFUSALS: Final[Mapping[str, re.Pattern[str]]] = {
    "binance": re.compile(r"-1022|-20(08|14|15)"),
    "binanceusdm": re.compile(r"-1022|-20(08|14|15)"),
    "bybit": re.compile(r"100(03|04|05|10)|33004"),
    "kraken": re.compile(r"EAPI:Invalid (key|signature)|EGeneral:Permission denied"),
    # Not its 401, which has no code: a token that is out of date by its clock gets it too.
    "coinbase": re.compile(r"PERMISSION_DENIED|permission_denied"),
    # With 401, where the signature is wrong or the key's id is not known; a stamp out of its window
    # is `header_timestamp_expired`. As users recorded its answers, read on 2026-11-27 (such as
    # github.com/mbs4816-create/Footbe-Trader, AUTH_ISSUE_DIAGNOSIS.md): its pages list neither.
    "kalshi": re.compile(r"authentication_error"),
}
"""Codes that will be the same until somebody changes the key, by venue; matched whole."""


_REFUSING_STATUSES: Final[Mapping[str, frozenset[int]]] = {
    # "Treat an unknown code as a rejection" (Kalshi, "Order errors"). It says so of 409 too, which
    # a client order id that is taken gets as well: the first order of that name exists.
    "kalshi": frozenset({400, 403, 404, 410, 429}),
}
"""Statuses with which any code of the venue's is a rejection, where it says so."""

_REFUSING_503: Final[Mapping[str, re.Pattern[str]]] = {
    # "100% failure", where the same status with "Unknown error" leaves it open; of spot nothing
    # like it is said. Source: "HTTP 503 Status: Message Variants & Handling" of USD-M's general
    # info, as of 2026-05-27, and both wordings of -1008 in its error codes; read on 2026-11-27. Not
    # "Service Unavailable.", a failure too: what stands in front of the venue says the same words.
    "binanceusdm": re.compile(r"-1008 (Request throttled|Server is currently overloaded).*"),
}
"""What a venue says with a 503 that proves that nothing was done."""


def _rejects(venue: str, status: int, code: str) -> bool:
    if status in _REFUSING_STATUSES.get(venue, ()):
        return True
    if status == 503 and venue in _REFUSING_503:
        return _REFUSING_503[venue].fullmatch(code) is not None
    # A 5xx may come from what stands in front of the venue, after the order went through.
    return status < 500 and _REFUSALS[venue].fullmatch(code) is not None
