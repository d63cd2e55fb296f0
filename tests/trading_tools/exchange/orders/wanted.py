"""Intents that tests send, and a venue that has not seen them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from trading_tools.exchange.orders.client_ids import client_order_id
from trading_tools.exchange.orders.intent import Intent


def resting(key: str = "one", **changes: Any) -> Intent:
    """A buy far below the market."""
    given = {"size_base": Decimal("0.01"), "price_quote": Decimal("50000"), **changes}
    return Intent(key, "BTC/USDT", "buy", **given)


def taking(key: str = "one") -> Intent:
    """A buy that fills at once."""
    return resting(key, price_quote=Decimal("62000"))


def name_of(key: str) -> str:
    return client_order_id("binance", "drill", key)


class VenueOrders:
    """A venue that does not show an order yet; all else is that of the real one."""

    def __init__(self, real: Any) -> None:
        self.real = real
        self.asked = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self.real, name)

    async def find(self, *order: Any) -> None:
        self.asked += 1
