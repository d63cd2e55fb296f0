"""Tokens: what the venue looks at before it believes who asks."""

from __future__ import annotations

from typing import Any

from tests.support.coinbase_venue import V3, Wire, coinbase, signed_token
from tests.support.venues import Clock
from trading_tools.venue.coinbase.signing import drill_credentials

PATH = f"{V3}/accounts"
URI = f"GET api.coinbase.com{PATH}"
STRANGER = drill_credentials("stranger", 1)


async def test_a_sound_token_is_taken_from_either_issuer(wire: Wire) -> None:
    for issuer in ("cdp", "coinbase-cloud"):
        headers = wire.bearer(wire.token(URI, iss=issuer))
        status, told, _ = await wire.send("GET", PATH, "limit=1", headers=headers)
        assert (status, told["size"]) == (200, 1)


async def test_a_token_that_says_something_else_is_refused(wire: Wire) -> None:
    otherwise: list[dict[str, Any]] = [
        {"uri": f"POST api.coinbase.com{PATH}"},
        {"uri": f"{URI}?limit=1"},
        {"uri": f"GET evil.example{PATH}"},
        {"uri": None},
        {"sub": "organizations/1/apiKeys/2"},
        {"iss": "somebody"},
        {"nbf": 1_800_000_001},
        {"exp": 1_800_000_000},
        {"exp": 1_800_000_121},
        {"nbf": None},
        {"exp": "soon"},
        {"head": {"alg": "none"}},
        {"head": {"kid": STRANGER.key}},
        {"head": {"kid": ["a list"]}},
    ]
    for claims in otherwise:
        token = wire.token(**{"uri": URI, **claims})
        status, told, _ = await wire.send("GET", PATH, "limit=1", headers=wire.bearer(token))
        assert (status, told) == (401, "Unauthorized\n"), claims


async def test_a_token_of_another_key_or_with_changed_claims_is_refused(wire: Wire) -> None:
    sound = wire.token(URI)
    head, claims, signature = sound.split(".")
    key = wire.place.credentials.key
    forged = signed_token(STRANGER.secret, {"alg": "ES256", "kid": key}, {"sub": key})
    other = wire.token(URI, exp=1_800_000_060).split(".")[1]
    for token in (
        forged,
        f"{head}.{other}.{signature}",
        f"{head}.{claims}.{signature[:-4]}",
        f"{head}.{claims}",
        f"{head}.{claims}.{'A' * 86}",
        "a.b.c",
        "é",
        "",
    ):
        status, told, _ = await wire.send("GET", PATH, headers=wire.bearer(token))
        assert (status, told) == (401, "Unauthorized\n"), token


async def test_the_clock_decides_when_a_token_ends(wire: Wire, clock: Clock) -> None:
    headers = wire.bearer(wire.token(URI))
    clock.now += 119_000
    assert (await wire.send("GET", PATH, headers=headers))[0] == 200
    clock.now += 1_000
    assert (await wire.send("GET", PATH, headers=headers))[0] == 401


async def test_keys_of_the_old_kind_are_refused(wire: Wire) -> None:
    headers = {"CB-ACCESS-KEY": "old", "CB-ACCESS-SIGN": "0" * 64, "CB-ACCESS-TIMESTAMP": "1"}
    status, told, _ = await wire.send("GET", PATH, headers=headers)
    assert (status, told) == (401, "Unauthorized\n")
    status, told, _ = await wire.send("GET", "/v2/accounts", headers=headers)
    error = {"id": "authentication_error", "message": "invalid api key"}
    assert (status, told) == (401, {"errors": [error]})


async def test_the_ledger_names_the_key_and_keeps_no_token(wire: Wire) -> None:
    await wire.get("/accounts")
    text = "".join(wire.place.ledger.lines())
    assert wire.place.ledger.of("request.received")[-1].body["key"] == wire.place.credentials.key
    assert "Bearer" not in text
    assert "eyJ" not in text


def test_credentials_follow_from_the_seed() -> None:
    one, same, other = coinbase(1), coinbase(1), coinbase(2)
    assert one.credentials == same.credentials != other.credentials
    assert one.credentials.key.startswith("organizations/")
    assert one.credentials.secret.startswith("-----BEGIN EC PRIVATE KEY-----\n")
