"""Rows of fills and orders as ccxt gives them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from trading_tools.exchange.orders.life import Stage
from trading_tools.exchange.orders.rows import Unreadable, fill_of, order_of


def fill(symbol: str) -> dict[str, Any]:
    """A fill whose fee was taken in BNB, as Binance does where its owner chose so."""
    return {
        "id": "1", "order": "2", "symbol": symbol, "side": "buy", "amount": "1", "price": "600",
        "timestamp": 1, "fee": {"currency": "BNB", "cost": "0.0003"},
    }  # fmt: skip


@pytest.mark.parametrize(("symbol", "kept"), [("BNB/USDT", "0.0003"), ("BNB/USDT:USDT", "0")])
def test_a_fee_is_taken_off_coins_and_never_off_a_contracts_position(
    symbol: str, kept: str
) -> None:
    assert fill_of(fill(symbol)).fee_base == Decimal(kept)


@pytest.mark.parametrize(
    "odd",
    [{"fee": 0.1}, {"fees": "none"}, {"symbol": []}, {"timestamp": float("inf")}, {"price": None}],
)
def test_a_fill_of_an_odd_shape_cannot_be_read_and_is_no_other_error(odd: dict[str, Any]) -> None:
    with pytest.raises(Unreadable, match="fill '1' of"):
        fill_of({**fill("BNB/USDT"), **odd})


@pytest.mark.parametrize("status", ["PENDING_NEW", "canceling"])
def test_an_order_that_waits_for_another_or_for_its_end_is_open(status: str) -> None:
    row = {
        "id": "1", "clientOrderId": "a", "symbol": "BTC/USDT", "side": "buy", "status": status,
        "amount": "1", "filled": "0", "info": {},
    }  # fmt: skip
    assert order_of(row).stage is Stage.OPEN
