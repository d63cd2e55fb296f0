"""The gate's checks of what the bot did, by its own record, and of the profit it claims."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from tests.support.golive import NOW, GateProject
from trading_tools.audit.ledger import Ledger
from trading_tools.audit.trade import Outcome, TradeAudit
from trading_tools.golive.verdict import Finding, Verdict

RECORD: dict[str, Any] = {"file": "state.sqlite", "venue_fills": "fills.json"}


class Bot:
    """A bot's record in the making; times count in seconds from `NOW`."""

    def __init__(self, audit: TradeAudit) -> None:
        self.audit = audit
        self.trades: list[dict[str, Any]] = []

    def quote(self, mid: str, symbol: str = "BTC/USDT") -> None:
        data = {"symbol": symbol, "mid_quote": Decimal(mid)}
        self.audit.decision("quote", "before an order", data)

    def refused(self, rule: str) -> None:
        self.audit.decision("order refused", f"{rule}: too far", {"symbol": "BTC/USDT"})

    def order(
        self,
        name: str,
        side: Any = "buy",
        price: str | None = "100",
        size: str = "1",
        at: float = 0,
        symbol: str = "BTC/USDT",
    ) -> None:
        self.audit.order_intent(
            client_order_id=name,
            symbol=symbol,
            side=side,
            order_type="limit" if price else "market",
            size_base=Decimal(size),
            price_quote=None if price is None else Decimal(price),
            at=NOW + timedelta(seconds=at),
        )

    def fill(self, name: str, price: str, fee: Any = None, trade: str = "") -> None:
        trade, size = trade or f"t-{name}", "1"
        self.audit.order_fill(
            client_order_id=name,
            trade_id=trade,
            at=NOW,
            size_base=Decimal(size),
            price_quote=Decimal(price),
        )
        row = {"id": trade, "price": price, "amount": size, "fee": fee}
        self.trades.append(row)

    def cancelled(self, name: str) -> None:
        self.audit.cancel_result(client_order_id=name, outcome=Outcome.ACCEPTED, at=NOW)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> GateProject:
    return GateProject(tmp_path_factory.mktemp("gate") / "bot")


@pytest.fixture
def gate(project: GateProject) -> GateProject:
    """The project without any record."""
    for name in ("state.sqlite", "state.sqlite-wal", "state.sqlite-shm", "fills.json"):
        (project.folder / name).unlink(missing_ok=True)
    return project


def judged(gate: GateProject, name: str, act: Callable[[Bot], object], **tables: Any) -> Finding:
    """What the check finds after the bot did that."""
    with Ledger.open(gate.folder / "state.sqlite") as ledger:
        bot = Bot(TradeAudit(ledger, "orders"))
        act(bot)
    if bot.trades:
        gate.write("fills.json", json.dumps(bot.trades))
    gate.configure(**{"record": RECORD, **tables})
    return gate.ask_as_it_is(name)


def quoted(price: str, mid: str = "100", refused: bool = True) -> Callable[[Bot], None]:
    def act(bot: Bot) -> None:
        bot.quote(mid)
        bot.order("a", price=price)
        if refused:
            bot.refused("price-collar")

    return act


@pytest.mark.parametrize(
    ("act", "verdict", "words"),
    [
        (quoted("102"), Verdict.PASS, "1 were refused"),
        (quoted("102.01"), Verdict.FAIL, "went out at 102.01"),
        (quoted("97.99"), Verdict.FAIL, "97.99"),
        (quoted("100", refused=False), Verdict.NO_EVIDENCE, "nothing shows that it bites"),
        (lambda bot: bot.order("a"), Verdict.NO_EVIDENCE, "does not hold the quote"),
    ],
)
def test_a_price_is_held_against_the_quote_that_was_recorded(
    gate: GateProject, act: Callable[[Bot], object], verdict: Verdict, words: str
) -> None:
    found = judged(gate, "G10", act)
    assert found.verdict is verdict
    assert words in found.detail


def test_an_old_quote_does_not_serve_two_orders(gate: GateProject) -> None:
    def act(bot: Bot) -> None:
        quoted("100")(bot)
        bot.order("b")

    assert "1 of 2 orders" in judged(gate, "G10", act).detail


def test_a_market_order_that_slipped_too_far_fails(gate: GateProject) -> None:
    def act(bot: Bot) -> None:
        bot.quote("100")
        bot.order("a", price=None)
        bot.fill("a", "101.01")

    assert judged(gate, "G10", act, limits={"max_slippage": "0.01"}).verdict is Verdict.FAIL


def every(seconds: float, count: int, *refusals: str) -> Callable[[Bot], None]:
    """Orders that differ, at that distance."""

    def act(bot: Bot) -> None:
        for number in range(count):
            bot.order(f"o{number}", size=f"1.{number:03}", at=number * seconds)
        for rule in refusals:
            bot.refused(rule)

    return act


def alike(bot: Bot) -> None:
    for number in range(4):
        bot.order(f"o{number}", at=number)


@pytest.mark.parametrize(
    ("act", "verdict", "words"),
    [
        (every(2, 31, "repeats"), Verdict.PASS, "30 in a minute"),
        (every(1.9, 32, "repeats"), Verdict.FAIL, "32 orders in a minute, 30 at most"),
        (every(2, 30), Verdict.NO_EVIDENCE, "nothing shows that they bite"),
        (alike, Verdict.FAIL, "4 orders alike in a minute, 3 at most"),
    ],
)
def test_orders_are_counted_in_every_minute(
    gate: GateProject, act: Callable[[Bot], object], verdict: Verdict, words: str
) -> None:
    found = judged(gate, "G11", act)
    assert found.verdict is verdict
    assert words in found.detail


def test_orders_are_counted_on_every_day(gate: GateProject) -> None:
    found = judged(gate, "G11", every(60, 12, "repeats"), limits={"max_orders_a_day": 11})
    assert found.verdict is Verdict.FAIL
    assert "12 orders on a day" in found.detail


def round_trip(bot: Bot) -> None:
    bot.order("a", price="100")
    bot.fill("a", "100", fee={"currency": "USDT", "cost": "0.1"})
    bot.order("b", "sell", "110")
    bot.fill("b", "110", fee={"currency": "USDT", "cost": "0.11"})


def grow(bot: Bot) -> None:
    for number in range(5):
        bot.order(f"o{number}", price="500", at=number)
        bot.fill(f"o{number}", "500")


def crossing(bot: Bot) -> None:
    bot.order("a", "sell", "100")
    bot.order("b", "buy", "100")
    bot.cancelled("a")


def after_cancel(bot: Bot) -> None:
    bot.order("a", "sell", "100")
    bot.cancelled("a")
    bot.order("b", "buy", "100")


def endless(bot: Bot) -> None:
    bot.order("a", "sell", "100")
    bot.order("b", "buy", "100")


def wash(bot: Bot) -> None:
    bot.order("a", "sell", "100")
    bot.fill("a", "100", trade="t1")
    bot.order("b", "buy", "100")
    bot.fill("b", "100", trade="t1")


@pytest.mark.parametrize(
    ("act", "verdict", "words"),
    [
        (round_trip, Verdict.PASS, "none of 2 orders"),
        (after_cancel, Verdict.PASS, "none of 2 orders"),
        (lambda bot: bot.order("a", symbol="DOGE/USDT"), Verdict.FAIL, "DOGE/USDT"),
        (lambda bot: bot.order("a", price="500.01"), Verdict.FAIL, "was worth 500.01"),
        (lambda bot: bot.order("a", price=None), Verdict.NO_EVIDENCE, "without a price"),
        (grow, Verdict.FAIL, "the position in BTC/USDT was worth 2500, 2000 at most"),
        (crossing, Verdict.FAIL, "b could meet a"),
        (endless, Verdict.NO_EVIDENCE, "whose end is not in the record"),
        (wash, Verdict.FAIL, "trade t1"),
    ],
)
def test_large_strange_and_crossing_orders_are_found(
    gate: GateProject, act: Callable[[Bot], object], verdict: Verdict, words: str
) -> None:
    found = judged(gate, "G29", act)
    assert found.verdict is verdict
    assert words in found.detail


def test_all_positions_together_are_held_against_the_exposure(gate: GateProject) -> None:
    limits = {"max_position_quote": "2600", "max_exposure_quote": "2400"}
    found = judged(gate, "G29", grow, limits=limits)
    assert "all positions together" in found.detail


@pytest.mark.parametrize("name", ["G10", "G11", "G29"])
def test_a_record_without_an_order_is_no_evidence(gate: GateProject, name: str) -> None:
    found = judged(gate, name, lambda bot: bot.refused("repeats"))
    assert found.verdict is Verdict.NO_EVIDENCE


@pytest.mark.parametrize("name", ["G10", "G11", "G29", "G30"])
def test_no_record_is_no_evidence(gate: GateProject, name: str) -> None:
    assert gate.ask(name).verdict is Verdict.NO_EVIDENCE


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
