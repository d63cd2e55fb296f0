"""Who is let in: keys, signatures over the exact bytes, and the clock."""

from __future__ import annotations

import json

import pytest

from tests.support.bybit_venue import BybitWire

ACCOUNT = "/v5/account/info"


@pytest.mark.parametrize(
    ("ahead_ms", "code"), [(-5_000, 0), (-5_001, 10002), (999, 0), (1_000, 10002)]
)
async def test_a_request_may_be_5_seconds_old_and_1_second_ahead(
    wire: BybitWire, ahead_ms: int, code: int
) -> None:
    head = wire.head("", stamp=str(wire.place.clock() + ahead_ms))
    status, told, _ = await wire.send("GET", ACCOUNT, headers=head)
    assert (status, told["retCode"]) == (200, code)
    if code:
        assert f"server_timestamp[{wire.place.clock()}]" in told["retMsg"]


async def test_a_longer_window_lets_older_requests_in(wire: BybitWire) -> None:
    head = wire.head("", stamp=str(wire.place.clock() - 9_000), window="10000")
    assert (await wire.send("GET", ACCOUNT, headers=head))[1]["retCode"] == 0


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"secret": "another"}, 10004),
        ({"key": "unknown"}, 10003),
        ({"stamp": "yesterday"}, 10002),
        ({"window": "long"}, 10002),
    ],
)
async def test_what_is_not_in_order_is_refused_with_its_own_code(
    wire: BybitWire, changed: dict[str, str], code: int
) -> None:
    status, told, _ = await wire.send("GET", ACCOUNT, headers=wire.head("", **changed))
    assert (status, told["retCode"], told["result"]) == (200, code, {})


async def test_a_request_without_a_signature_is_refused(wire: BybitWire) -> None:
    assert (await wire.send("GET", ACCOUNT))[1]["retCode"] == 10001
    assert (await wire.send("GET", "/v5/market/time"))[1]["retCode"] == 0


async def test_the_signature_is_over_the_bytes_as_they_were_sent(wire: BybitWire) -> None:
    spaced = '{"category": "spot",  "symbol": "BTCUSDT"}'
    path = "/v5/order/cancel-all"
    told = (await wire.send("POST", path, "", spaced, wire.head(spaced)))[1]
    assert told["retCode"] == 0
    packed = json.dumps(json.loads(spaced), separators=(",", ":"))
    told = (await wire.send("POST", path, "", packed, wire.head(spaced)))[1]
    assert told["retCode"] == 10004
    assert packed in told["retMsg"]
    assert wire.place.credentials.secret not in told["retMsg"]

    query = "category=spot&symbol=BTCUSDT"
    turned = "symbol=BTCUSDT&category=spot"
    realtime = "/v5/order/realtime"
    assert (await wire.send("GET", realtime, query, None, wire.head(query)))[1]["retCode"] == 0
    assert (await wire.send("GET", realtime, turned, None, wire.head(query)))[1]["retCode"] == 10004


async def test_neither_signature_nor_secret_reaches_the_ledger(wire: BybitWire) -> None:
    await wire.get(ACCOUNT)
    text = "".join(wire.place.ledger.lines())
    assert wire.place.credentials.key in text
    assert wire.place.credentials.secret not in text
    assert wire.head("")["X-BAPI-SIGN"] not in text
