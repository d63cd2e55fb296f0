"""What the audit's entries come to: sums that are those of all orders, whatever their order."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from trading_tools.audit.trade import OrderFill, OrderIntent, OrderResult, OrderStage, Outcome
from trading_tools.exchange.orders.life import IllegalTransition, Stage
from trading_tools.exchange.orders.records import Records

START = datetime(2026, 11, 26, 22, tzinfo=UTC)
SYMBOLS = ("BTC/USDT", "ETH/USDT")

acts = st.lists(
    st.tuples(
        st.sampled_from(["intend", "accept", "reject", "lose", "fill", "stage"]),
        st.integers(0, 5),
        st.integers(1, 9),
        st.sampled_from([Stage.OPEN, Stage.FILLED, Stage.CANCELED, Stage.VOID]),
    ),
    max_size=60,
)


def entry(act: str, number: int, size: int, stage: Stage) -> Any:
    name, at = f"o-{number}", START + timedelta(hours=number)
    if act == "intend":
        side: Any = "buy" if number % 2 else "sell"
        symbol = SYMBOLS[number % 3 % 2]
        return OrderIntent(name, symbol, side, "limit", Decimal(9), Decimal(1), at)
    if act == "fill":
        return OrderFill(
            name, f"t-{size}", at, Decimal(size) / 10, Decimal(1), Decimal(size) / 1_000
        )
    if act == "stage":
        return OrderStage(name, stage, at, Decimal(size), "test", f"v-{number}")
    outcomes = {"accept": Outcome.ACCEPTED, "reject": Outcome.REJECTED, "lose": Outcome.UNKNOWN}
    return OrderResult(name, outcomes[act], at, code="x")


@given(acts)
def test_the_sums_are_those_of_all_orders(given_acts: list[Any]) -> None:
    records = Records()
    for act in given_acts:
        try:
            records.apply(entry(*act))
        except (KeyError, IllegalTransition):
            continue
    orders = list(records.orders.values())
    live = {order.client_order_id for order in records.unsettled()}
    assert live == {order.client_order_id for order in orders if not order.settled}
    for symbol in SYMBOLS:
        mine = [order for order in orders if order.symbol == symbol]
        signed = [order.filled_size_base * (1 if order.side == "buy" else -1) for order in mine]
        signed += [-fill.fee_base for order in mine for fill in order.fills.values()]
        position = sum(signed, Decimal(0))
        bought, sold = (
            sum((each.open_size_base for each in mine if each.side == side), Decimal(0))
            for side in ("buy", "sell")
        )
        assert records.position_base(symbol) == position
        assert records.exposure_base(symbol) == (position + bought, position - sold)
    for day in (START.date(), START.date() + timedelta(days=1)):
        assert records.sent_on(day) == sum(each.intended_at.date() == day for each in orders)
    for since in (START, START + timedelta(hours=20)):
        alike = [each for each in orders if each.symbol == SYMBOLS[0] and each.side == "buy"]
        lately = sum(each.intended_at > since for each in alike)
        # Entries are not in the order of time here: then some count for longer, and none for less.
        assert records.alike_since(SYMBOLS[0], "buy", Decimal(9), since) >= lately


def test_a_fill_that_is_written_down_twice_counts_once() -> None:
    told = ("intend", "accept", "fill", "fill")
    records = Records(entry(act, 1, 5, Stage.OPEN) for act in told)
    assert records.position_base(SYMBOLS[1]) == Decimal("0.495")
