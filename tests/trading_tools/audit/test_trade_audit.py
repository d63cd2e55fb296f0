"""The trade audit records and gives back what was meant, what came of it, and why."""

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trading_tools.audit.errors import NotRecordable
from trading_tools.audit.ledger import Ledger
from trading_tools.audit.trade import Decision, OrderIntent, OrderResult, Outcome, TradeAudit
from trading_tools.audit.verify import verify

AT = datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=UTC)
INTENT: dict[str, Any] = {
    "client_order_id": "c-1",
    "symbol": "BTC/USDT",
    "side": "buy",
    "order_type": "limit",
    "size_base": Decimal("0.0100"),
    "price_quote": Decimal("65000.10"),
    "at": AT,
}


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Ledger.open(tmp_path / "ledger.sqlite") as opened:
        yield opened


@pytest.fixture
def audit(ledger: Ledger) -> TradeAudit:
    return TradeAudit(ledger, "bot")


def test_the_trail_gives_back_what_was_recorded(audit: TradeAudit, ledger: Ledger) -> None:
    audit.decision("buy", "edge above costs", {"edge": Decimal("0.020"), "n": 3, "of": ["a"]})
    audit.order_intent(**INTENT)
    audit.order_result(
        client_order_id="c-1",
        outcome=Outcome.ACCEPTED,
        at=AT,
        venue_order_id="77",
        filled_size_base=Decimal("0"),
    )
    assert audit.trail() == [
        Decision("buy", "edge above costs", {"edge": Decimal("0.020"), "n": 3, "of": ["a"]}),
        OrderIntent(**INTENT),
        OrderResult("c-1", Outcome.ACCEPTED, AT, "77", Decimal("0")),
    ]
    assert str(audit.trail()[1]).count("Decimal('0.0100')") == 1
    assert verify(ledger).valid


def test_the_book_that_an_order_was_judged_by_comes_back_and_may_be_missing(
    audit: TradeAudit, ledger: Ledger
) -> None:
    levels = {"bid_quote": Decimal("64999.90"), "ask_quote": Decimal("65000.3")}
    book: dict[str, Any] = {**levels, "book_age_ms": 120}
    audit.order_intent(**INTENT, **book)
    event = audit.order_intent(**INTENT)
    # As a version wrote it that had no such figures.
    ledger.append("bot", event.kind, {name: event.body[name] for name in (*INTENT, "mid_quote")})
    assert audit.trail() == [OrderIntent(**INTENT, **book), *[OrderIntent(**INTENT)] * 2]


def test_the_rest_of_what_was_wanted_comes_back(audit: TradeAudit) -> None:
    wanted: dict[str, Any] = {"key": "dip 1", "time_in_force": "PO", "reduce_only": True}
    audit.order_intent(**INTENT, **wanted)
    assert audit.trail() == [OrderIntent(**INTENT, **wanted)]


def test_the_trail_of_one_order(audit: TradeAudit, ledger: Ledger) -> None:
    audit.order_intent(**INTENT)
    audit.order_intent(**INTENT | {"client_order_id": "c-2", "price_quote": None})
    ledger.append("bot", "note", {})
    audit.order_result(client_order_id="c-1", outcome=Outcome.UNKNOWN, at=AT, message="timeout")
    assert [type(entry) for entry in audit.trail("c-1")] == [OrderIntent, OrderResult]
    assert len(audit.trail(after=1)) == 2


def test_unknown_is_not_rejected_and_a_rejection_has_a_code(audit: TradeAudit) -> None:
    audit.order_result(client_order_id="c-1", outcome=Outcome.REJECTED, at=AT, code="-2010")
    (entry,) = audit.trail()
    assert isinstance(entry, OrderResult)
    assert (entry.outcome, entry.code) == (Outcome.REJECTED, "-2010")
    with pytest.raises(NotRecordable, match="no code"):
        audit.order_result(client_order_id="c-1", outcome=Outcome.REJECTED, at=AT)
    with pytest.raises(NotRecordable, match="accepted, rejected, unknown"):
        # What a caller without types may say.
        audit.order_result(client_order_id="c-1", outcome="maybe", at=AT)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "change",
    [
        {"size_base": 0.01},
        {"size_base": 1},
        {"size_base": Decimal("NaN")},
        {"size_base": Decimal("0")},
        {"price_quote": Decimal("Infinity")},
        {"price_quote": 1.5},
        {"side": "hold"},
        {"client_order_id": ""},
        {"symbol": None},
        {"bid_quote": 64_999},
        {"book_age_ms": 1.5},
        {"book_age_ms": -1},
        {"at": datetime(2026, 1, 1)},  # noqa: DTZ001 - the naive time is the case
    ],
)
def test_unfit_intents_are_refused(audit: TradeAudit, change: dict[str, Any]) -> None:
    with pytest.raises(NotRecordable):
        audit.order_intent(**INTENT | change)
    assert audit.trail() == []


@pytest.mark.parametrize(
    "data", [{"a": 0.5}, {"a": [{"b": 1.0}]}, {"a": Decimal("NaN")}, {"$decimal": "1"}]
)
def test_floats_and_look_alikes_in_decision_data_are_refused(
    audit: TradeAudit, data: dict[str, Any]
) -> None:
    with pytest.raises(NotRecordable):
        audit.decision("hold", "no data", data)


@settings(derandomize=True, deadline=None, max_examples=60)
@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**30), max_value=10**30))
def test_every_decimal_comes_back_equal(
    tmp_path_factory: pytest.TempPathFactory, number: Decimal
) -> None:
    with Ledger.open(tmp_path_factory.mktemp("law") / "ledger.sqlite") as ledger:
        audit = TradeAudit(ledger, "bot")
        audit.decision("d", "r", {"number": number})
        (entry,) = audit.trail()
        assert isinstance(entry, Decision)
        assert entry.data["number"] == number


def test_several_programs_write_to_one_trail(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    with Ledger.open(path) as first, Ledger.open(path) as second:
        for _ in range(3):
            TradeAudit(first, "bot").decision("a", "first", None)
            TradeAudit(second, "bot").decision("b", "second", None)
        assert len(TradeAudit(first, "bot").trail()) == 6
        assert verify(first).valid
