"""The gate's checks of what the bot did, by its own record."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest

from tests.support.gate_record import Bot, judged, round_trip
from tests.support.golive import NOW, GateProject
from trading_tools.golive.verdict import Verdict


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


def test_an_order_that_holds_its_own_quote_needs_no_other(gate: GateProject) -> None:
    def act(bot: Bot) -> None:
        bot.order("a", price="102", mid="100")
        bot.refused("price-collar")

    assert judged(gate, "G10", act).verdict is Verdict.PASS
    assert judged(gate, "G10", lambda bot: bot.order("b", price="103", mid="100")).verdict is (
        Verdict.FAIL
    )


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


def stopped(at: str, stop: str = "90") -> Callable[[Bot], None]:
    """A stop that was filled at that price, sent while the market was at 100."""

    def act(bot: Bot) -> None:
        bot.order("a", "sell", price=None, mid="100", stop=stop)
        bot.fill("a", at)
        bot.refused("price-collar")

    return act


@pytest.mark.parametrize(
    ("act", "verdict"), [(stopped("89.5"), Verdict.PASS), (stopped("89"), Verdict.FAIL)]
)
def test_what_a_stop_slipped_is_held_against_its_trigger(
    gate: GateProject, act: Callable[[Bot], object], verdict: Verdict
) -> None:
    found = judged(gate, "G10", act, limits={"max_slippage": "0.01"})
    assert found.verdict is verdict, found.detail


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


def grow(bot: Bot) -> None:
    for number in range(5):
        bot.order(f"o{number}", price="500", at=number)
        bot.fill(f"o{number}", "500")


def ladder(bot: Bot) -> None:
    for number in range(5):
        bot.order(f"o{number}", price="500", at=number)
    for number in range(5):
        bot.cancelled(f"o{number}")


def ladder_without_ends(bot: Bot) -> None:
    for number in range(5):
        bot.order(f"o{number}", price="500", at=number)


def ladder_down(bot: Bot) -> None:
    for number in range(4):
        bot.order(f"o{number}", price="500", at=number)
        bot.fill(f"o{number}", "500")
    for number in range(4):
        bot.order(f"s{number}", "sell", "500", at=10 + number)


def taken_over(bot: Bot) -> None:
    bot.order("a", price="400")
    bot.fill("a", "400")
    bot.audit.position_change(
        symbol="BTC/USDT", name="l1", at=NOW, change_base=Decimal(4), reason="taken over"
    )
    bot.order("b", price="400")
    bot.fill("b", "400")


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
        (lambda bot: bot.order("a", price=None, mid="501"), Verdict.FAIL, "was worth 501"),
        (grow, Verdict.FAIL, "with o4 the position in BTC/USDT could come to 2500, 2000 at most"),
        (ladder, Verdict.FAIL, "with o4 the position in BTC/USDT could come to 2500, 2000 at most"),
        (ladder_without_ends, Verdict.NO_EVIDENCE, "2500, 2000 at most, if orders without an end"),
        (ladder_down, Verdict.PASS, "none of 8 orders"),
        (taken_over, Verdict.FAIL, "with b the position in BTC/USDT could come to 2400"),
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


@pytest.mark.parametrize(("price", "meets"), [("99", False), (None, False), ("89", True)])
def test_an_entry_meets_a_stop_that_waits_only_beyond_its_trigger(
    gate: GateProject, price: str | None, meets: bool
) -> None:
    def act(bot: Bot) -> None:
        bot.order("held", price="100", mid="100")
        bot.fill("held", "100")
        bot.order("stop", "sell", price=None, mid="100", stop="90", at=1)
        bot.order("entry", price=price, mid="100", at=2)
        bot.cancelled("entry")
        bot.cancelled("stop")

    found = judged(gate, "G29", act)
    assert ("entry could meet stop" in found.detail) is meets, found.detail


def test_all_positions_together_are_held_against_the_exposure(gate: GateProject) -> None:
    limits = {"max_position_quote": "2600", "max_exposure_quote": "2400"}
    found = judged(gate, "G29", grow, limits=limits)
    assert "all positions together" in found.detail


@pytest.mark.parametrize("name", ["G21", "G29"])
def test_reading_the_record_leaves_nothing_beside_it(gate: GateProject, name: str) -> None:
    judged(gate, name, round_trip)
    assert [each.name for each in gate.folder.glob("state.sqlite*")] == ["state.sqlite"]


@pytest.mark.parametrize("name", ["G10", "G11", "G29"])
def test_a_record_without_an_order_is_no_evidence(gate: GateProject, name: str) -> None:
    found = judged(gate, name, lambda bot: bot.refused("repeats"))
    assert found.verdict is Verdict.NO_EVIDENCE


@pytest.mark.parametrize("name", ["G10", "G11", "G29", "G30"])
def test_no_record_is_no_evidence(gate: GateProject, name: str) -> None:
    assert gate.ask(name).verdict is Verdict.NO_EVIDENCE
