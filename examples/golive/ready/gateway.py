"""The one module that sends orders, and the limits that each of them must keep."""

from __future__ import annotations

from decimal import Decimal

import ccxt

MAX_ORDER_QUOTE = Decimal(500)


class Gateway:
    """Sends limit orders of at most 500 USDT, each under an id of its own."""

    def __init__(self, exchange: ccxt.binance) -> None:
        self.exchange = exchange

    def send(self, client_order_id: str, side: str, size_base: Decimal, price: Decimal) -> object:
        """Raises ValueError for an order above the limit."""
        if size_base * price > MAX_ORDER_QUOTE:
            raise ValueError(f"{size_base} at {price} is above {MAX_ORDER_QUOTE} USDT")
        named = {"newClientOrderId": client_order_id}
        size, paid = str(size_base), str(price)
        return self.exchange.create_order("BTC/USDT", "limit", side, size, paid, named)
