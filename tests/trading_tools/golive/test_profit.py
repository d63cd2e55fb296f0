"""The gate's checks of the profit that is claimed, and of the alarm's way."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest

from tests.support.gate_record import RECORD, Bot, judged, round_trip
from tests.support.golive import NOW, GateProject
from trading_tools.golive.verdict import Verdict


def claim(gate: GateProject, profit: str, symbol: str = "BTC/USDT") -> None:
    gate.write("paper.csv", f"closed_at,symbol,profit_quote\n{NOW.isoformat()},{symbol},{profit}\n")


@pytest.mark.parametrize(
    ("profit", "verdict", "words"),
    [
        ("9.79", Verdict.PASS, "9.79 that is claimed"),
        ("10", Verdict.FAIL, "come to 9.79, the file claims 10"),
        ("9.790000000000000001", Verdict.FAIL, "come to 9.79"),
        ("much", Verdict.NO_EVIDENCE, "row 1"),
    ],
)
def test_a_profit_is_what_the_fills_come_to_after_fees(
    gate: GateProject, profit: str, verdict: Verdict, words: str
) -> None:
    claim(gate, profit)
    found = judged(gate, "G30", round_trip)
    assert found.verdict is verdict
    assert words in found.detail


def two_windows(bot: Bot) -> None:
    for name, side, price, days in (("a", "buy", "50", -9), ("b", "sell", "80", -8)):
        bot.order(name, side, price, at=86_400 * days)
        bot.fill(name, price, fee={"currency": "USDT", "cost": "0"}, days=days)
    for name, side, price in (("c", "buy", "100"), ("d", "sell", "110")):
        bot.order(name, side, price)
        bot.fill(name, price, fee={"currency": "USDT", "cost": "0"})


def test_what_was_before_the_window_of_paper_trading_is_not_in_its_profit(
    gate: GateProject,
) -> None:
    before = NOW - timedelta(days=8)
    rows = [f"{before.isoformat()},BTC/USDT,30", f"{NOW.isoformat()},BTC/USDT,10"]
    gate.write("paper.csv", "\n".join(["closed_at,symbol,profit_quote", *rows]))
    paper = {"file": "paper.csv", "from": f"{NOW:%Y-%m-%d}"}
    found = judged(gate, "G30", two_windows, paper=paper)
    assert (found.verdict, "the 10 that is claimed" in found.detail) == (Verdict.PASS, True)
    cut = {"file": "paper.csv", "from": f"{NOW - timedelta(days=8):%Y-%m-%d}"}
    (gate.folder / "state.sqlite").unlink()
    assert "was held when" in judged(gate, "G30", two_windows, paper=cut).detail


def fee_in(currency: str) -> Callable[[Bot], None]:
    def act(bot: Bot) -> None:
        bot.order("a")
        bot.fill("a", "100", fee={"currency": currency, "cost": "0.001"})
        bot.order("b", "sell")
        bot.fill("b", "100", fee={"currency": "USDT", "cost": "0"})

    return act


def half_open(bot: Bot) -> None:
    bot.order("a")
    bot.fill("a", "100", fee={"currency": "USDT", "cost": "0"})


def untold_fee(bot: Bot) -> None:
    bot.order("a")
    bot.fill("a", "100")


def unrecorded(bot: Bot) -> None:
    round_trip(bot)
    bot.trades.append({**bot.trades[0], "id": "t-unknown"})


def liquidated(bot: Bot) -> None:
    round_trip(bot)
    bot.audit.position_change(
        symbol="BTC/USDT",
        name="l1",
        at=NOW,
        change_base=Decimal(-1),
        reason="closed by the venue",
    )


def another_price(bot: Bot) -> None:
    round_trip(bot)
    bot.trades[0]["price"] = "99"


@pytest.mark.parametrize(
    ("act", "words"),
    [
        (fee_in("BNB"), "BNB"),
        (fee_in("BTC"), "left of the position"),
        (half_open, "left of the position"),
        (untold_fee, "does not say its fee"),
        (unrecorded, "t-unknown"),
        (another_price, "another price"),
        (liquidated, "changed by no order of the record (closed by the venue)"),
    ],
)
def test_what_has_no_exact_worth_is_no_evidence_for_a_profit(
    gate: GateProject, act: Callable[[Bot], object], words: str
) -> None:
    claim(gate, "0")
    found = judged(gate, "G30", act)
    assert found.verdict is Verdict.NO_EVIDENCE
    assert words in found.detail


def perpetual(bot: Bot) -> None:
    for name, side, price in (("a", "buy", "100"), ("b", "sell", "110")):
        bot.order(name, side, price, symbol="BTC/USDT:USDT")
        bot.fill(name, price, fee={"currency": "USDT", "cost": "0.1"})


def test_funding_that_was_paid_is_in_the_profit_of_a_perpetual(gate: GateProject) -> None:
    claim(gate, "9.3", "BTC/USDT:USDT")
    paid = [{"symbol": "BTC/USDT:USDT", "code": "USDT", "amount": "-0.5"}]
    gate.write("funding.json", json.dumps(paid))
    found = judged(gate, "G30", perpetual, record={**RECORD, "funding": "funding.json"})
    assert found.verdict is Verdict.PASS, found.detail


def test_a_perpetual_without_its_funding_is_no_evidence(gate: GateProject) -> None:
    claim(gate, "9.8", "BTC/USDT:USDT")
    found = judged(gate, "G30", perpetual)
    assert found.verdict is Verdict.NO_EVIDENCE
    assert "funding" in found.detail


HOOK = "https://hooks.example/s3cretPartOfTheAddress"


@pytest.mark.parametrize(
    ("address", "tested", "verdict", "words"),
    [
        (HOOK, "2026-11-01", Verdict.PASS, "2026-11-01"),
        (HOOK, "2026-10-01", Verdict.NO_EVIDENCE, "50 days ago"),
        (HOOK, "2026-11-21", Verdict.FAIL, "in the future"),
        (HOOK, None, Verdict.NO_EVIDENCE, "last seen to arrive"),
        ("", "2026-11-01", Verdict.NO_EVIDENCE, "ALERT_URL"),
        ("http://hooks.example/x", "2026-11-01", Verdict.FAIL, "no https"),
    ],
)
def test_an_alert_has_an_address_and_was_lately_seen_to_arrive(
    gate: GateProject,
    monkeypatch: pytest.MonkeyPatch,
    address: str,
    tested: str | None,
    verdict: Verdict,
    words: str,
) -> None:
    monkeypatch.setenv("ALERT_URL", address)
    alerts = {"webhook_variable": "ALERT_URL", **({"tested": tested} if tested else {})}
    found = gate.ask("G32", alerts=alerts)
    assert found.verdict is verdict
    assert words in found.detail
    assert "s3cretPart" not in repr(found)
