"""Who is let in: keys, signatures over the exact bytes, nonces, lockouts, and tokens."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

from tests.support.kraken_venue import Wire
from tests.support.venues import Clock
from trading_tools.venue.kraken.signing import signature


def test_the_signature_is_that_of_the_documentation() -> None:
    secret = (
        "kQH5HW/8p1uGOVjbgWA7FunAmGO8lsSUXNsu3eow76sz84Q18fWxnyRzBHCd3pd5nE9qa99HAZtuZuj6F1huXg=="
    )
    body = b"nonce=1616492376594&ordertype=limit&pair=XBTUSD&price=37500&type=buy&volume=1.25"
    assert signature(secret, "/0/private/AddOrder", "1616492376594", body) == (
        "4/dpxb3iT4tp/ZCVEwSnEsLxx0bqyhLpdfOpc6fn7OR8+UClSV5n9E6aSS8MPtnRfp32bAb0nmbRn6H8ndwLUQ=="
    )


LET_IN: list[tuple[dict[str, Any], str | None]] = [
    ({}, None),
    ({"key": "unknown"}, "EAPI:Invalid key"),
    ({"key": None}, "EAPI:Invalid key"),
    ({"sign": "AAAA"}, "EAPI:Invalid signature"),
    ({"sign": None}, "EAPI:Invalid signature"),
    ({"sent": b"nonce=5&asset=ZUSD"}, "EAPI:Invalid signature"),
    ({"body": b"nonce=-5"}, "EAPI:Invalid nonce"),
    ({"body": b"nonce=soon"}, "EAPI:Invalid nonce"),
    ({"body": b"asset=ZUSD"}, "EAPI:Invalid nonce"),
]


async def test_a_request_is_let_in_only_as_it_was_signed(wire: Wire) -> None:
    path, credentials = "/0/private/Balance", wire.venue.credentials

    async def told(change: dict[str, Any]) -> str | None:
        body = change.get("body", b"nonce=5")
        nonce = body.decode().partition("nonce=")[2]
        headers = {
            "API-Key": change.get("key", credentials.key),
            "API-Sign": change.get("sign", signature(credentials.secret, path, nonce, body)),
            "Content-Type": "application/x-www-form-urlencoded",
        }
        sent = {name: text for name, text in headers.items() if text is not None}
        status, reply = await wire.send("POST", path, change.get("sent", body), sent)
        assert status == 200
        return reply["error"][0] if reply["error"] else None

    assert [(change, await told(change)) for change, _ in LET_IN] == LET_IN


async def test_a_json_body_is_signed_as_it_is(wire: Wire) -> None:
    path = "/0/private/CancelOrderBatch"
    body = json.dumps({"nonce": "77", "orders": ["OAAAAA-BBBBB-CCCCCC"]}).encode()
    headers = {
        "API-Key": wire.venue.credentials.key,
        "API-Sign": signature(wire.venue.credentials.secret, path, "77", body),
        "Content-Type": "application/json",
    }
    assert (await wire.send("POST", path, body, headers))[1]["result"] == {"count": 0}


async def test_a_nonce_must_rise_with_each_request(wire: Wire) -> None:
    assert isinstance(await wire.private("Balance", nonce=100), dict)
    assert await wire.private("Balance", nonce=100) == "EAPI:Invalid nonce"
    assert await wire.private("Balance", nonce=99) == "EAPI:Invalid nonce"
    assert isinstance(await wire.private("Balance", nonce=101), dict)


async def test_ten_bad_nonces_in_a_row_lock_the_account_for_a_quarter_of_an_hour(
    wire: Wire, clock: Clock
) -> None:
    await wire.private("Balance", nonce=100)
    for _ in range(10):
        assert await wire.private("Balance", nonce=100) == "EAPI:Invalid nonce"
    assert await wire.private("Balance", nonce=200) == "EGeneral:Temporary lockout"
    assert [entry.body["limit"] for entry in wire.venue.ledger.of("limit.hit")] == [
        "EGeneral:Temporary lockout"
    ]
    clock.now += 900_000
    assert isinstance(await wire.private("Balance", nonce=201), dict)


async def test_the_ledger_has_no_secret(wire: Wire) -> None:
    await wire.private("GetWebSocketsToken", otp="123456")
    text = "".join(wire.venue.ledger.lines())
    assert wire.venue.credentials.secret not in text
    assert "123456" not in text
    assert wire.venue.credentials.key in text


async def test_both_kinds_of_body_and_a_query_are_understood(wire: Wire) -> None:
    names = [
        await wire.send(
            "POST",
            "/0/public/Depth",
            urlencode({"pair": "XBTUSD", "count": 1}),
            {"Content-Type": "application/x-www-form-urlencoded"},
        ),
        await wire.send("GET", "/0/public/Depth?pair=BTC%2FUSD&count=1"),
    ]
    assert [list(told["result"]) for _, told in names] == [["XXBTZUSD"], ["BTC/USD"]]
