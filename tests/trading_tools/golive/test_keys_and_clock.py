"""The gate's checks of keys and clocks, by ccxt's own clients at venues on this machine."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.bybit_venue import SMALL, bybit, serving_bybit
from tests.support.gate_venues import ENVIRON, KEY, KEYED, SECRET, Liar, at_port, lying
from tests.support.golive import NOW, GateProject
from tests.support.kraken_venue import FEW, kraken
from tests.support.kraken_venue import serving as serving_kraken
from tests.support.venues import keys, point_at, served_in_a_thread, serving, spot, wall_clock
from trading_tools.exchange.orders.ccxt_port import CcxtOrders
from trading_tools.exchange.pacing.machine import pacer_of
from trading_tools.golive.venues.asking import Venues
from trading_tools.golive.verdict import Verdict
from trading_tools.venue.coinbase.signing import drill_credentials
from trading_tools.venue.kraken.account import IIBAN

UID = "354937868"
SOUND: dict[str, Any] = {
    "readOnly": 0,
    "permissions": {"Spot": ["SpotTrade"], "Wallet": []},
    "ips": ["203.0.113.7"],
    "expiredAt": "1970-01-01T00:00:00Z",
    "deadlineDay": -2,
    "userID": 24617703,
    "apiKey": KEY,
}
KRAKEN: dict[str, Any] = {
    "apiKeyName": "bot",
    "permissions": ["query-funds", "modify-trades"],
    "iban": "AA88 N84G WOAK NMOI",
    "validUntil": "0",
    "ipAllowlist": ["203.0.113.7"],
}
COINBASE = {
    "can_view": True,
    "can_trade": True,
    "can_transfer": False,
    "portfolio_uuid": "p-1",
    "portfolio_type": "DEFAULT",
}


@pytest.fixture(scope="module")
def binance() -> Iterator[Venues]:
    venue = spot()
    environ = {"THE_KEY": venue.credentials.key, "THE_SECRET": venue.credentials.secret}
    with served_in_a_thread(serving(venue)) as port:
        yield at_port(port, environ)


def at(name: str = "binance", **more: Any) -> list[dict[str, Any]]:
    """The configuration's venues: one, with its keys."""
    return [{"name": name, "symbols": ["BTC/USDT"], **KEYED, **more}]


def bybit_says(liar: Liar, **changed: Any) -> Venues:
    reply = {name: value for name, value in {**SOUND, **changed}.items() if value is not ...}
    liar.replies["/query-api"] = {"retCode": 0, "retMsg": "", "result": reply}
    return at_port(liar.port)


@pytest.mark.parametrize("name", ["G01", "G02", "G04", "G05", "G06"])
def test_venues_are_not_asked_unless_they_may_be(gate: GateProject, name: str) -> None:
    found = gate.ask(name, venues=at())
    assert found.verdict is Verdict.NO_EVIDENCE
    assert "--contact-venues" in found.fix


def test_a_sound_key_at_a_whole_venue_passes(gate: GateProject, binance: Venues) -> None:
    for name in ("G01", "G02", "G04"):
        found = gate.ask_venues(name, binance, venues=at(account=UID))
        assert found.verdict is Verdict.PASS, found.detail
        assert found.evidence[0].figures["enableWithdrawals"] is False
        assert len(found.evidence[0].figures["key_sha256"]) == 64


def test_a_key_of_another_account_fails(gate: GateProject, binance: Venues) -> None:
    found = gate.ask_venues("G04", binance, venues=at(account="1"))
    assert found.verdict is Verdict.FAIL
    assert UID in found.detail


def test_an_account_that_is_not_named_is_no_evidence(gate: GateProject, binance: Venues) -> None:
    found = gate.ask_venues("G04", binance, venues=at())
    assert found.verdict is Verdict.NO_EVIDENCE


def test_a_key_without_the_right_for_contracts_fails(gate: GateProject, binance: Venues) -> None:
    swaps = at(symbols=["BTC/USDT:USDT"], account=UID)
    assert gate.ask_venues("G04", binance, venues=swaps).verdict is Verdict.FAIL


def test_a_bybit_key_that_may_transfer_from_everywhere_fails(gate: GateProject) -> None:
    place = bybit(instruments=SMALL)
    environ = {"THE_KEY": place.credentials.key, "THE_SECRET": place.credentials.secret}
    with served_in_a_thread(serving_bybit(place)) as port:
        venues = at_port(port, environ)
        moves = gate.ask_venues("G01", venues, venues=at("bybit"))
        bound = gate.ask_venues("G02", venues, venues=at("bybit"))
    assert (moves.verdict, bound.verdict) == (Verdict.FAIL, Verdict.FAIL)
    assert "AccountTransfer" in moves.detail


def test_a_sound_kraken_key_passes(gate: GateProject) -> None:
    place = kraken(instruments=FEW)
    environ = {"THE_KEY": place.credentials.key, "THE_SECRET": place.credentials.secret}
    with served_in_a_thread(serving_kraken(place)) as port:
        venues = at_port(port, environ)
        for name in ("G01", "G02", "G04"):
            found = gate.ask_venues(name, venues, venues=at("kraken", account=IIBAN))
            assert found.verdict is Verdict.PASS, found.detail


def test_a_kraken_key_is_asked_after_while_a_bot_uses_it(gate: GateProject) -> None:
    place = kraken(instruments=FEW)
    environ = {"THE_KEY": place.credentials.key, "THE_SECRET": place.credentials.secret}

    async def in_a_burst(port: int) -> None:
        import ccxt.async_support

        client = point_at(ccxt.async_support.kraken(keys(place)), port)
        nonces = pacer_of(client).nonces
        while nonces.next() < wall_clock() + 5_000:
            pass  # ahead of the clock, as many requests at once are
        await CcxtOrders(client).balances()
        await client.close()

    with served_in_a_thread(serving_kraken(place)) as port:
        asyncio.run(in_a_burst(port))
        venues = at_port(port, environ)
        found = gate.ask_venues("G01", venues, venues=at("kraken", account=IIBAN))
    assert found.verdict is Verdict.PASS, found.detail


@pytest.mark.parametrize(
    ("changed", "check", "verdict", "words"),
    [
        ({}, "G01", Verdict.PASS, "neither withdraw nor transfer"),
        ({}, "G02", Verdict.PASS, "does not expire"),
        ({"permissions": {"Wallet": ["Withdraw"]}}, "G01", Verdict.FAIL, "Withdraw"),
        ({"permissions": {"Spot": []}}, "G01", Verdict.NO_EVIDENCE, "Wallet"),
        ({"permissions": ...}, "G01", Verdict.NO_EVIDENCE, "permissions"),
        ({"permissions": {"Wallet": "none"}}, "G01", Verdict.NO_EVIDENCE, "Wallet"),
        ({"ips": ["*"]}, "G02", Verdict.FAIL, "every address"),
        ({"ips": ...}, "G02", Verdict.NO_EVIDENCE, "ips"),
        ({"ips": "203.0.113.7"}, "G02", Verdict.NO_EVIDENCE, "ips"),
        ({"expiredAt": "2026-12-01T00:00:00Z"}, "G02", Verdict.FAIL, "2026-12-01"),
        ({"expiredAt": "2027-12-01T00:00:00Z"}, "G02", Verdict.PASS, "2027-12-01"),
        ({"expiredAt": "soon"}, "G02", Verdict.NO_EVIDENCE, "expiredAt"),
        ({"readOnly": 1}, "G04", Verdict.FAIL, "no right to trade"),
        ({"readOnly": 7}, "G04", Verdict.NO_EVIDENCE, "readOnly"),
        ({"userID": ...}, "G04", Verdict.NO_EVIDENCE, "userID"),
    ],
)
def test_what_bybit_says_decides_and_what_it_leaves_out_is_named(
    gate: GateProject, liar: Liar, changed: Any, check: str, verdict: Verdict, words: str
) -> None:
    found = gate.ask_venues(check, bybit_says(liar, **changed), venues=at("bybit"))
    assert found.verdict is verdict
    assert words in found.detail
    assert KEY not in repr(found)


@pytest.mark.parametrize(
    ("changed", "check", "verdict"),
    [
        ({"permissions": ["withdraw-funds"]}, "G01", Verdict.FAIL),
        ({"permissions": None}, "G01", Verdict.NO_EVIDENCE),
        ({"ipAllowlist": []}, "G02", Verdict.FAIL),
        ({"validUntil": str(int(NOW.timestamp()) + 86_400)}, "G02", Verdict.FAIL),
        ({"validUntil": "never"}, "G02", Verdict.NO_EVIDENCE),
        ({"permissions": ["query-funds"]}, "G04", Verdict.FAIL),
    ],
)
def test_what_kraken_says_decides(
    gate: GateProject, liar: Liar, changed: Any, check: str, verdict: Verdict
) -> None:
    liar.replies["/GetApiKeyInfo"] = {"error": [], "result": {**KRAKEN, **changed}}
    environ = {**ENVIRON, "THE_SECRET": "c2VjcmV0"}
    found = gate.ask_venues(check, at_port(liar.port, environ), venues=at("kraken"))
    assert found.verdict is verdict


def test_coinbase_says_nothing_of_addresses_and_that_is_no_evidence(
    gate: GateProject, liar: Liar
) -> None:
    liar.replies["/key_permissions"] = COINBASE
    # As people put it into an environment: on one line.
    pem = drill_credentials("main", 7).secret.replace("\n", "\\n")
    venues = at_port(liar.port, {**ENVIRON, "THE_SECRET": pem})
    sound = at("coinbase", account="p-1")
    assert gate.ask_venues("G01", venues, venues=sound).verdict is Verdict.PASS
    assert gate.ask_venues("G04", venues, venues=sound).verdict is Verdict.PASS
    assert gate.ask_venues("G02", venues, venues=sound).verdict is Verdict.NO_EVIDENCE


def test_a_wrong_key_is_no_evidence_in_one_line_without_the_key(gate: GateProject) -> None:
    with served_in_a_thread(serving(spot())) as port:
        found = gate.ask_venues("G01", at_port(port), venues=at())
    assert found.verdict is Verdict.NO_EVIDENCE
    assert "binance" in found.detail
    assert "\n" not in found.detail
    assert KEY not in repr(found)
    assert SECRET not in repr(found)


def test_a_venue_that_repeats_the_key_does_not_get_it_into_the_report(
    gate: GateProject, liar: Liar
) -> None:
    liar.echo, liar.status = True, 403
    found = gate.ask_venues("G01", at_port(liar.port), venues=at())
    assert found.verdict is Verdict.NO_EVIDENCE
    assert KEY not in repr(found)


def test_a_key_in_the_midst_of_a_good_reply_does_not_get_into_the_evidence(
    gate: GateProject, liar: Liar
) -> None:
    said = {"Wallet": [], "Spot": [f"of {KEY}"], KEY: [SECRET]}
    found = gate.ask_venues("G01", bybit_says(liar, permissions=said), venues=at("bybit"))
    assert found.verdict is Verdict.PASS
    assert KEY not in repr(found)
    assert SECRET not in repr(found)


def test_a_venue_that_is_down_is_no_evidence(gate: GateProject) -> None:
    with lying() as liar:
        port = liar.port
    found = gate.ask_venues("G01", at_port(port), venues=at())
    assert found.verdict is Verdict.NO_EVIDENCE
    assert "signature" not in found.detail


def test_a_venue_that_never_answers_is_no_evidence(gate: GateProject, liar: Liar) -> None:
    liar.replies["/apiRestrictions"] = lambda: {"over": liar.over.wait(30)}
    found = gate.ask_venues("G01", at_port(liar.port, timeout_s=0.5), venues=at())
    assert found.verdict is Verdict.NO_EVIDENCE
    assert "within 0.5 s" in found.detail


def test_a_key_that_is_not_in_the_environment_is_named(gate: GateProject) -> None:
    found = gate.ask_venues("G01", at_port(1, {}), venues=at())
    assert found.verdict is Verdict.NO_EVIDENCE
    assert "THE_KEY" in found.detail


def test_a_venue_is_asked_once_for_all_three_checks(gate: GateProject, liar: Liar) -> None:
    venues = bybit_says(liar)
    for name in ("G01", "G02", "G04"):
        gate.ask_venues(name, venues, venues=at("bybit"))
    assert sum(path.endswith("/query-api") for path in liar.asked) == 1


def test_a_clock_that_agrees_passes(gate: GateProject, binance: Venues) -> None:
    found = gate.ask_venues("G05", binance, venues=at(recv_window_ms=60_000))
    assert found.verdict is Verdict.PASS, found.detail
    assert len(found.evidence[0].figures["offset_ms"]) == 20


@pytest.mark.parametrize("ahead_ms", [-3_000, 3_000])
def test_a_clock_that_is_seconds_off_fails(gate: GateProject, liar: Liar, ahead_ms: int) -> None:
    liar.replies["/v3/time"] = lambda: {"serverTime": wall_clock() + ahead_ms}
    found = gate.ask_venues("G05", at_port(liar.port), venues=at(recv_window_ms=60_000))
    assert found.verdict is Verdict.FAIL
    assert "NTP" in found.fix


@pytest.mark.parametrize(("ahead_ms", "verdict"), [(0, Verdict.PASS), (-3_000, Verdict.FAIL)])
def test_a_clock_of_whole_seconds_is_read_within_one(
    gate: GateProject, liar: Liar, ahead_ms: int, verdict: Verdict
) -> None:
    def said() -> dict[str, Any]:
        return {"error": [], "result": {"unixtime": (wall_clock() + ahead_ms) // 1_000}}

    liar.replies["/Time"] = said
    for _ in range(10):  # a machine that stood still meanwhile can tell nothing
        found = gate.ask_venues(
            "G05", at_port(liar.port), venues=at("kraken", recv_window_ms=60_000)
        )
        if found.verdict is not Verdict.NO_EVIDENCE:
            break
    assert found.verdict is verdict, found.detail


def test_a_clock_that_jumps_is_no_evidence(gate: GateProject, liar: Liar) -> None:
    jumps = iter(range(1, 10**6, 5_001))
    liar.replies["/v3/time"] = lambda: {"serverTime": wall_clock() + next(jumps)}
    found = gate.ask_venues("G05", at_port(liar.port), venues=at(recv_window_ms=60_000))
    assert found.verdict is Verdict.NO_EVIDENCE
    assert "contradict" in found.detail


def test_answers_slower_than_a_quarter_of_the_window_fail(gate: GateProject, liar: Liar) -> None:
    def late() -> dict[str, int]:
        time.sleep(0.003)
        return {"serverTime": wall_clock()}

    liar.replies["/v3/time"] = late
    found = gate.ask_venues("G05", at_port(liar.port), venues=at(recv_window_ms=4))
    assert found.verdict is Verdict.FAIL
    assert "recv_window_ms" in found.fix


def test_a_venue_that_gives_no_time_is_no_evidence(gate: GateProject, liar: Liar) -> None:
    found = gate.ask_venues("G05", at_port(liar.port), venues=at())
    assert found.verdict is Verdict.NO_EVIDENCE
