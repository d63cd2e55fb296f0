"""What venues say of their limits reaches the pacer, and nonsense does not."""

from __future__ import annotations

import pytest

from trading_tools.exchange.pacing.headers import observe
from trading_tools.exchange.pacing.rules import Cost, Priority
from trading_tools.exchange.pacing.venues import pacer_for


def test_binances_used_weight_and_order_counts_are_taken_in() -> None:
    pacer = pacer_for("binance")
    headers = {"X-MBX-USED-WEIGHT-1M": "4321", "x-mbx-order-count-10s": "17"}
    assert observe(pacer, 200, headers) == 0
    assert pacer.used("weight-1m") == pytest.approx(4321)
    assert pacer.used("orders-10s") == pytest.approx(17)


def test_bybits_remaining_requests_count_for_the_endpoint_that_was_asked() -> None:
    pacer = pacer_for("bybit")
    headers = {"X-Bapi-Limit": "20", "X-Bapi-Limit-Status": "5"}
    observe(pacer, 200, headers, lane="order/create linear")
    assert pacer.used("orders-1s", "order/create linear") == pytest.approx(7.5)
    assert pacer.used("orders-1s", "order/cancel linear") == 0


@pytest.mark.parametrize(
    ("venue", "status", "headers", "seconds"),
    [
        ("binance", 429, {"Retry-After": "37"}, 37),
        ("binance", 418, {}, 120),
        ("binance", 403, {}, 300),
        ("bybit", 403, {}, 600),
        ("coinbase", 429, {}, 1),
        ("coinbase", 403, {}, 0),
        ("binance", 429, {"Retry-After": "soon"}, 60),
        ("binance", 429, {"Retry-After": "-5"}, 60),
        ("binance", 429, {"Retry-After": "nan"}, 60),
        ("binance", 418, {"Retry-After": "999999999"}, 345_600),
        ("binance", 500, {"Retry-After": "9"}, 0),
    ],
)
def test_a_refusal_pauses_everybody_for_as_long_as_it_says(
    venue: str, status: int, headers: dict[str, str], seconds: float
) -> None:
    pacer = pacer_for(venue, clock=lambda: 0.0)
    assert observe(pacer, status, headers) == seconds
    assert pacer.try_acquire(Cost({"weight": 1})) == seconds


@pytest.mark.parametrize(
    ("venue", "body", "seconds"),
    [
        ("bybit", '{"retCode":10006,"retMsg":"Too many visits!"}', 1),
        ("bybit", '{"retCode": 10018, "retMsg": "Exceeded the IP Rate Limit."}', 600),
        ("bybit", '{"retCode":0,"retMsg":"OK"}', 0),
        ("kraken", '{"error":["EGeneral:Temporary lockout"]}', 900),
        ("kraken", '{"error":[],"result":{}}', 0),
    ],
)
def test_a_refusal_in_a_reply_of_good_status_pauses_everybody(
    venue: str, body: str, seconds: float
) -> None:
    pacer = pacer_for(venue, clock=lambda: 0.0)
    assert observe(pacer, 200, {}, body=body) == seconds
    assert pacer.try_acquire(Cost({"orders": 1})) == seconds


def test_krakens_word_that_a_counter_is_full_stops_what_it_counts_and_no_cancel() -> None:
    pacer = pacer_for("kraken", clock=lambda: 0.0)
    assert observe(pacer, 200, {}, body='{"error":["EAPI:Rate limit exceeded"]}') == 0
    assert pacer.try_acquire(Cost({"calls": 1})) > 0
    assert pacer.try_acquire(Cost({"engine": 1}, "XBTUSD"), Priority.CANCEL) == 0
    observe(pacer, 200, {}, "XBTUSD", '{"error":["EOrder:Rate limit exceeded"]}')
    assert pacer.try_acquire(Cost({"engine": 1}, "XBTUSD"), Priority.CANCEL) > 0
    assert pacer.try_acquire(Cost({"engine": 1}, "ETHUSD"), Priority.CANCEL) == 0


@pytest.mark.parametrize("text", ["", "a lot", "-1", "nan", "inf", "1e99", "٣"])
def test_a_number_that_is_none_is_passed_over(text: str) -> None:
    pacer = pacer_for("binance")
    assert observe(pacer, 200, {"X-MBX-USED-WEIGHT-1M": text}) == 0
    assert pacer.used("weight-1m") == 0


def test_bybits_refusal_pauses_everybody_until_the_moment_that_it_names() -> None:
    pacer = pacer_for("bybit", clock=lambda: 0.0)
    headers = {"X-Bapi-Limit-Reset-Timestamp": "1795727510500"}
    body = '{"retCode":10006,"retMsg":"Too many visits.","result":{},"time":1795727507500}'
    assert observe(pacer, 200, headers, body=body) == 3
    assert pacer.try_acquire(Cost({"requests": 1})) == 3


@pytest.mark.parametrize("venue", ["binance", "bybit"])
def test_a_firewalls_page_is_no_ban_of_the_venue(venue: str) -> None:
    pacer = pacer_for(venue, clock=lambda: 0.0)
    assert observe(pacer, 403, {}, body="<html><h1>403 Forbidden</h1></html>") == 5
