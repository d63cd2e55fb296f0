"""What replies mean: rejections are known codes alone, and whatever else comes is unknown.

The rows are replies that ccxt 4.5.90 was given, sorted by whether an order may exist after them.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trading_tools.audit.trade import Outcome
from trading_tools.exchange.faults import Answer
from trading_tools.exchange.orders.judging import judge, refused_key


def binance(code: int, msg: str = "") -> dict[str, Any]:
    return {"code": code, "msg": msg}


def bybit(code: int) -> dict[str, Any]:
    return {"retCode": code, "retMsg": "", "result": {}, "time": 1}


def kraken(*errors: str) -> dict[str, Any]:
    return {"error": list(errors)}


def coinbase(reason: str) -> dict[str, Any]:
    return {"success": False, "error_response": {"preview_failure_reason": reason}}


OVERLOADED = (
    "Server is currently overloaded with other requests. Please try again in a few minutes."
)
THROTTLED = (
    "Request throttled by system-level protection. Reduce-only/close-position orders are exempt. "
    "Please try again."
)


REJECTED = [
    ("binance", 429, binance(-1003)),
    ("binance", 418, binance(-1003)),
    ("binance", 400, binance(-1021)),
    ("binance", 400, binance(-1013, "Filter failure: LOT_SIZE")),
    ("binance", 400, binance(-1111)),
    ("binance", 400, binance(-2010, "Account has insufficient balance for requested action.")),
    ("binance", 400, binance(-2010, "Order would immediately match and take.")),
    ("binance", 429, binance(-1015)),
    ("binance", 401, binance(-2015)),
    ("binance", 400, binance(-1022)),
    ("binanceusdm", 400, binance(-4164)),
    ("binanceusdm", 400, binance(-2019)),
    ("binanceusdm", 400, binance(-2022)),
    ("binanceusdm", 400, binance(-2021)),
    ("binanceusdm", 400, binance(-4045, "Reach max stop order limit.")),
    ("bybit", 200, bybit(110092)),
    ("bybit", 200, bybit(110093)),
    ("bybit", 200, bybit(10006)),
    ("bybit", 200, bybit(10002)),
    ("bybit", 200, bybit(110007)),
    ("bybit", 200, bybit(110094)),
    ("bybit", 200, bybit(110020)),
    ("bybit", 200, bybit(170218)),
    ("bybit", 200, bybit(110044)),
    ("bybit", 200, bybit(10001)),
    ("bybit", 200, bybit(110017)),
    ("bybit", 200, bybit(10003)),
    ("bybit", 200, bybit(10005)),
    ("kraken", 200, kraken("EAPI:Invalid nonce")),
    ("kraken", 200, kraken("EAPI:Rate limit exceeded")),
    ("kraken", 200, kraken("EOrder:Rate limit exceeded")),
    ("kraken", 200, kraken("EOrder:Insufficient funds")),
    ("kraken", 200, kraken("EOrder:Order minimum not met")),
    ("kraken", 200, kraken("EGeneral:Permission denied")),
    ("kraken", 200, kraken("EGeneral:Temporary lockout")),
    ("kraken", 200, kraken("EGeneral:Invalid arguments:volume")),
    ("coinbase", 200, coinbase("PREVIEW_INSUFFICIENT_FUND")),
    ("coinbase", 200, coinbase("PREVIEW_INVALID_SIZE_PRECISION")),
    ("coinbase", 200, coinbase("PREVIEW_STOP_PRICE_ABOVE_LAST_TRADE_PRICE")),
    ("coinbase", 429, {"error": "rate_limit_exceeded"}),
]

UNKNOWN = [
    ("binance", 400, binance(-1006)),
    ("binance", 400, binance(-1007)),
    ("binance", 503, binance(-1008)),
    ("binance", 503, binance(-1000, "Unknown error")),
    ("binance", 400, binance(-1001)),
    ("binance", 400, binance(-1016)),
    ("binance", 503, binance(-1008, OVERLOADED)),
    ("binanceusdm", 400, binance(-1008)),
    ("binanceusdm", 500, binance(-1008, THROTTLED)),
    ("binanceusdm", 503, binance(-1008, "Unknown error, please check your request.")),
    ("binanceusdm", 503, binance(-1000, "Unknown error, please check your request.")),
    ("binanceusdm", 503, "Service Unavailable."),
    ("binanceusdm", 400, binance(-2020)),
    ("kraken", 200, kraken("EGeneral:Internal error")),
    ("binance", 400, binance(-2010, "Duplicate order sent.")),
    ("binance", 503, binance(-1021)),
    ("binanceusdm", 400, binance(-4116)),
    ("bybit", 200, bybit(10016)),
    ("bybit", 200, bybit(10000)),
    ("bybit", 200, bybit(110072)),
    ("bybit", 200, bybit(170141)),
    ("bybit", 200, bybit(110030)),
    ("bybit", 200, bybit(170146)),
    ("bybit", 200, bybit(170149)),
    ("kraken", 200, kraken("EGeneral:Invalid arguments:cl_ord_id")),
    ("kraken", 200, kraken("EGeneral:Invalid arguments:cl_ord_id not unique")),
    ("kraken", 200, kraken("EService:Busy")),
    ("kraken", 200, kraken("EService:Unavailable")),
    ("kraken", 200, kraken("EService:Timeout")),
    ("kraken", 200, kraken("EService:Deadline elapsed")),
    ("coinbase", 500, {"error": "internal_server_error"}),
    ("coinbase", 200, coinbase("UNKNOWN_FAILURE_REASON")),
    ("kraken", 520, "<html>520</html>"),
    ("binance", 403, "<html><h1>403 ERROR</h1></html>"),
    ("binance", 502, "<html>502</html>"),
    ("binance", 200, ""),
    ("binance", 200, '{"symbol": "BTCUSDT", "orderId": 28'),
]


def answer(status: int, body: Any) -> Answer:
    return Answer(status, {}, body if isinstance(body, str) else json.dumps(body))


@pytest.mark.parametrize(("venue", "status", "body"), REJECTED)
def test_a_code_by_which_no_order_comes_into_being_is_a_rejection(
    venue: str, status: int, body: Any
) -> None:
    judged = judge(venue, answer(status, body))
    assert judged.outcome is Outcome.REJECTED
    assert judged.code


@pytest.mark.parametrize("words", [OVERLOADED, THROTTLED])
def test_usdms_throttling_is_a_rejection_though_it_comes_with_a_503(words: str) -> None:
    assert judge("binanceusdm", answer(503, binance(-1008, words))).outcome is Outcome.REJECTED


@pytest.mark.parametrize(("venue", "status", "body"), UNKNOWN)
def test_after_anything_else_an_order_may_exist(venue: str, status: int, body: Any) -> None:
    assert judge(venue, answer(status, body)).outcome is Outcome.UNKNOWN


PROVEN_ALL_THE_SAME = {
    "-1112": "no orders on the book of the market",
    "-2023": "the account is being liquidated",
    "EService:Market in cancel_only mode": "the market takes no orders",
    "EService:Market in post_only mode": "the market takes no such orders",
}
"""What ccxt takes for a failure that may pass, and the venue for a refusal of the order."""

BODIES: dict[str, Callable[[str], dict[str, Any]]] = {
    "binance": lambda code: binance(int(code)),
    "binanceusdm": lambda code: binance(int(code)),
    "bybit": lambda code: bybit(int(code)),
    "kraken": kraken,
    "coinbase": coinbase,
}


@pytest.mark.parametrize("venue", BODIES)
def test_no_code_that_ccxt_takes_for_a_failure_of_the_service_is_a_rejection(venue: str) -> None:
    """Its tables come from the venues' own pages: a check of ours by somebody else's."""
    import ccxt

    client = getattr(ccxt, venue)()
    own = client.exceptions.get({"binance": "spot", "binanceusdm": "linear"}.get(venue), {})
    table = {**client.exceptions["exact"], **own.get("exact", {})}
    of_service = (ccxt.OperationFailed, ccxt.DuplicateOrderId, ccxt.BadResponse)
    of_request = (ccxt.DDoSProtection, ccxt.RateLimitExceeded, ccxt.InvalidNonce)
    looked_at = 0
    for code, kind in table.items():
        if not issubclass(kind, of_service) or issubclass(kind, of_request):
            continue
        if venue in ("kraken", "coinbase") or code.lstrip("-").isdigit():
            looked_at += 1
            rejected = judge(venue, answer(400, BODIES[venue](code))).outcome is Outcome.REJECTED
            assert rejected == (code in PROVEN_ALL_THE_SAME), (code, kind)
    assert looked_at or venue == "coinbase"


@pytest.mark.parametrize(("venue", "status", "body"), REJECTED)
def test_no_code_proves_anything_beside_a_5xx(venue: str, status: int, body: Any) -> None:
    for failed in (500, 502, 503, 504, 520):
        assert judge(venue, answer(failed, body)).outcome is Outcome.UNKNOWN


@given(st.text("abcdefghijklmnopqrstuvwxyz_: ", max_size=40))
def test_whatever_krakens_service_says_but_of_a_market_is_unknown(words: str) -> None:
    for category in ("EService", "EGeneral:Internal error", "WService", "ETrade"):
        said = kraken(f"{category}:{words}")
        assert judge("kraken", answer(200, said)).outcome is Outcome.UNKNOWN


def test_no_reply_is_unknown_and_an_order_with_an_id_in_a_good_reply_is_accepted() -> None:
    assert judge("binance", None).outcome is Outcome.UNKNOWN
    judged = judge("binance", answer(200, {"orderId": 28}), "28")
    assert (judged.outcome, judged.venue_order_id) == (Outcome.ACCEPTED, "28")


def test_an_id_beside_a_bad_status_or_an_error_is_not_an_acceptance() -> None:
    assert judge("binance", answer(502, {"orderId": 28}), "28").outcome is Outcome.UNKNOWN
    assert judge("bybit", answer(200, bybit(10016)), "28").outcome is Outcome.UNKNOWN


@given(
    st.sampled_from(["binance", "binanceusdm", "bybit", "kraken", "coinbase", "another"]),
    st.integers(100, 599),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=8),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["code", "msg", "retCode", "error", "success", "error_response"]),
                inner,
                max_size=4,
            )
        ),
        max_leaves=8,
    ),
)
def test_whatever_a_venue_sends_is_judged_and_never_accepted_without_an_id(
    venue: str, status: int, body: Any
) -> None:
    assert judge(venue, answer(status, json.dumps(body))).outcome is not Outcome.ACCEPTED


@pytest.mark.parametrize(
    ("venue", "status", "body", "code"),
    [
        ("binance", 401, binance(-2015), "-2015"),
        ("binanceusdm", 400, binance(-1022), "-1022"),
        ("bybit", 200, bybit(10003), "10003"),
        ("bybit", 200, bybit(33004), "33004"),
        ("kraken", 200, kraken("EAPI:Invalid key"), "EAPI:Invalid key"),
        ("coinbase", 403, {"error": "PERMISSION_DENIED"}, "PERMISSION_DENIED"),
        ("binance", 400, binance(-1021), None),
        ("binance", 503, binance(-2015), None),
        ("bybit", 200, bybit(10002), None),
        ("kraken", 200, kraken("EAPI:Invalid nonce"), None),
        ("kraken", 200, kraken("EGeneral:Temporary lockout"), None),
        ("coinbase", 401, "Unauthorized\n", None),
        ("alpaca", 401, {"code": 40110000, "message": "access key verification failed"}, None),
    ],
)
def test_a_key_is_refused_by_codes_that_prove_it_and_by_no_trouble_with_clock_or_nonce(
    venue: str, status: int, body: Any, code: str | None
) -> None:
    assert refused_key(venue, Answer(status, {}, json.dumps(body))) == code


@pytest.mark.parametrize(
    ("said", "refused"),
    [("authentication_error", "authentication_error"), ("header_timestamp_expired", None)],
)
def test_kalshis_401_places_no_order_and_tells_a_bad_key_from_a_bad_clock(
    said: str, refused: str | None
) -> None:
    told = answer(401, {"error": {"code": said, "message": said}})
    assert judge("kalshi", told).outcome is Outcome.REJECTED
    assert refused_key("kalshi", told) == refused


def test_no_answer_refuses_no_key() -> None:
    assert refused_key("binance", None) is None
