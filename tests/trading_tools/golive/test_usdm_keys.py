"""What the gate learns of a key for Binance USD-M, by ccxt's own client on this machine."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.gate_venues import KEY, KEYED, Liar, at_port, lying
from tests.support.golive import GateProject
from tests.support.usdm_venue import TWO, usdm
from tests.support.venues import served_in_a_thread, serving
from trading_tools.golive.verdict import Finding, Verdict

UID = "354937868"
RESTRICTIONS: dict[str, Any] = {
    "ipRestrict": True,
    "enableWithdrawals": False,
    "enableInternalTransfer": False,
    "permitsUniversalTransfer": False,
    "enableFutures": True,
    "enableSpotAndMarginTrading": False,
}


def at(account: str = UID) -> list[dict[str, Any]]:
    return [{"name": "binanceusdm", "symbols": ["BTC/USDT:USDT"], **KEYED, "account": account}]


def said(gate: GateProject, liar: Liar, check: str, trades: object = True, **more: Any) -> Finding:
    """What the check finds where the venue says that."""
    liar.replies = {
        "/apiRestrictions": {**RESTRICTIONS, **more},
        "/api/v3/account": {"uid": int(UID), "canTrade": False},
        "/accountConfig": {"canTrade": trades},
    }
    return gate.ask_venues(check, at_port(liar.port), venues=at())


def test_a_sound_key_at_a_whole_venue_passes(gate: GateProject) -> None:
    place = usdm(instruments=TWO)
    environ = {"THE_KEY": place.credentials.key, "THE_SECRET": place.credentials.secret}
    with served_in_a_thread(serving(place)) as port:
        venues = at_port(port, environ)
        for name in ("G01", "G02", "G04"):
            found = gate.ask_venues(name, venues, venues=at())
            assert found.verdict is Verdict.PASS, found.detail


@pytest.mark.parametrize(
    ("more", "check", "verdict", "words"),
    [
        ({"ipRestrict": False}, "G01", Verdict.PASS, "neither withdraw nor transfer"),
        ({"ipRestrict": False}, "G02", Verdict.FAIL, "works from every address"),
        ({"permitsUniversalTransfer": True}, "G01", Verdict.FAIL, "permitsUniversalTransfer"),
        ({"enableWithdrawals": "false"}, "G01", Verdict.NO_EVIDENCE, "enableWithdrawals is a str"),
        ({"enableWithdrawals": None}, "G01", Verdict.NO_EVIDENCE, "enableWithdrawals is a None"),
        ({"ipRestrict": 0}, "G02", Verdict.NO_EVIDENCE, "ipRestrict is a int"),
        ({"enableFutures": False}, "G04", Verdict.FAIL, "no right to trade contracts"),
        ({"trades": False}, "G04", Verdict.FAIL, "no right to trade contracts"),
        ({"trades": 1}, "G04", Verdict.NO_EVIDENCE, "canTrade is a int"),
        ({}, "G04", Verdict.PASS, UID),
    ],
)
def test_what_the_venue_says_decides_and_what_is_no_answer_is_named(
    gate: GateProject, liar: Liar, more: Any, check: str, verdict: Verdict, words: str
) -> None:
    found = said(gate, liar, check, **more)
    assert (found.verdict, words in found.detail) == (verdict, True), found.detail


@pytest.mark.parametrize("garbage", ["<html>busy</html>", "null", '{"msg": 1}'])
def test_garbage_is_no_evidence_in_one_line_without_the_key(
    gate: GateProject, liar: Liar, garbage: str
) -> None:
    said(gate, liar, "G01")
    liar.replies["/apiRestrictions"] = garbage
    found = gate.ask_venues("G01", at_port(liar.port), venues=at())
    assert found.verdict is Verdict.NO_EVIDENCE
    assert "binanceusdm" in found.detail
    assert "\n" not in found.detail
    assert KEY not in repr(found)


def test_a_venue_that_is_down_is_no_evidence(gate: GateProject) -> None:
    with lying() as gone:
        port = gone.port
    assert gate.ask_venues("G01", at_port(port), venues=at()).verdict is Verdict.NO_EVIDENCE
