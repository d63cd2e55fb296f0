"""Kraken's later rows of an order, which name neither its market nor its size."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.trading_tools.exchange.orders.guards import NOW
from trading_tools.exchange.orders.life import Stage
from trading_tools.exchange.orders.records import OrderRecord
from trading_tools.exchange.orders.rows import Unreadable, later_order_of

KNOWN = OrderRecord("name", "BTC/USD", "buy", Decimal("0.5"), Decimal(60_000), NOW)


def row(status: str, **told: Any) -> dict[str, Any]:
    """A row as ccxt parses it; `told` is what the venue's own has beside its names."""
    return {"status": status, "info": {"exec_type": status, "order_id": "O-1", **told}}


@pytest.mark.parametrize(
    ("status", "filled", "stage"),
    [
        ("open", 0.2, Stage.OPEN),
        ("canceled", 0.2, Stage.CANCELED),
        ("closed", 0.5, Stage.FILLED),
        ("closed", 0.4, Stage.CANCELED),
    ],
)
def test_a_later_row_is_read_with_what_the_first_one_said(
    status: str, filled: float, stage: Stage
) -> None:
    shown = later_order_of(row(status, cum_qty=filled), KNOWN)
    assert (shown.stage, shown.filled_size_base) == (stage, Decimal(str(filled)))
    assert (shown.client_order_id, shown.symbol, shown.side) == ("name", "BTC/USD", "buy")
    assert (shown.venue_order_id, shown.size_base) == ("O-1", Decimal("0.5"))


def test_a_new_order_has_filled_nothing() -> None:
    assert later_order_of(row("open"), KNOWN).filled_size_base == 0


def test_an_end_that_does_not_say_what_was_filled_is_to_be_asked_after() -> None:
    with pytest.raises(Unreadable, match="does not say what is filled"):
        later_order_of(row("canceled"), KNOWN)
