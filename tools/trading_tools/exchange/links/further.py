"""Order ports by ccxt for venues beyond `orders.ways`: Alpaca and Hyperliquid; who is refused, why.

What ccxt 4.5.90 does with a client order id was seen in the requests that it sends. A venue of
which it gives no order by that id, or no fills, is refused with the reason: an unknown outcome
could never be resolved there.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

from trading_tools.audit.trade import Outcome
from trading_tools.exchange.orders.ccxt_port import CcxtOrders, UnsupportedVenue
from trading_tools.exchange.orders.intent import Intent, TimeInForce
from trading_tools.exchange.orders.judging import Judged
from trading_tools.exchange.orders.port import NOT_SENT
from trading_tools.exchange.orders.ways import NoSuchOrder, Raw, Ways

_ALPACA_PAGE: Final = 500
_ALPACA_FILLS: Final = 100
_HYPERLIQUID_FILLS: Final = 2_000


async def _alpaca_by_name(client: Any, name: str) -> Raw:
    """Alpaca's own query by client order id, which ccxt has no method for."""
    import ccxt

    try:
        told = await client.request(
            "v2/orders:by_client_order_id",
            ["trader", "private"],
            "GET",
            {"client_order_id": name},
        )
    except ccxt.InvalidOrder as error:
        # Its own code for a missing order: a 404 alone may come from anything in between.
        if re.search(r'"code"\s*:\s*40410000\b', str(error)):
            raise NoSuchOrder from error
        raise
    found: Raw = client.parse_order(told)
    return found


def _alpaca_named(client: Any, name: str) -> dict[str, Any]:
    return {"clientOrderId": name}


async def _alpaca_cancel(client: Any, symbol: str, name: str, number: str | None) -> Any:
    known = number or (await _alpaca_by_name(client, name))["id"]
    return await client.cancel_order(known, symbol)


async def _alpaca_find(
    client: Any, symbol: str, name: str, number: str | None, since_ms: int
) -> Raw:
    return await _alpaca_by_name(client, name)


async def _alpaca_fills(client: Any, symbol: str, since_ms: int) -> Sequence[Raw]:
    found: list[Raw] = []
    after: dict[str, Any] = {"direction": "asc"}
    while True:
        page = await client.fetch_my_trades(None, since_ms, _ALPACA_FILLS, after)
        found += page
        if len(page) < _ALPACA_FILLS:
            return [fill for fill in found if fill["symbol"] == symbol]
        after = {**after, "page_token": page[-1]["id"]}


def _hyperliquid_named(client: Any, name: str) -> dict[str, Any]:
    return {"clientOrderId": name}


async def _hyperliquid_cancel(client: Any, symbol: str, name: str, number: str | None) -> Any:
    return await client.cancel_order(number, symbol, {"clientOrderId": name})


async def _hyperliquid_find(
    client: Any, symbol: str, name: str, number: str | None, since_ms: int
) -> Raw:
    import ccxt

    try:
        found: Raw = await client.fetch_order(None, symbol, {"clientOrderId": name})
    except ccxt.OrderNotFound as error:
        raise NoSuchOrder from error
    return found


async def _hyperliquid_fills(client: Any, symbol: str, since_ms: int) -> Sequence[Raw]:
    found: dict[str, Raw] = {}
    start = since_ms
    while True:
        page = await client.fetch_my_trades(None, start)
        fresh = {fill["id"]: fill for fill in page if fill["id"] not in found}
        found |= fresh
        if len(page) < _HYPERLIQUID_FILLS or not fresh:
            return [fill for fill in found.values() if fill["symbol"] == symbol]
        # Of a full page the last millisecond may go on on the next one.
        start = max(fill["timestamp"] for fill in page)


_BY_ID: Final[Mapping[str, Ways]] = MappingProxyType(
    {
        # Alpaca has no time after which it refuses a request: a margin for one on its way.
        "alpaca": Ways(
            60,
            _alpaca_named,
            _alpaca_cancel,
            _alpaca_find,
            _alpaca_fills,
            {"limit": _ALPACA_PAGE},
        ),
        # A signed action is taken for two days after its nonce, which ccxt stamps with its clock.
        "hyperliquid": Ways(
            2 * 86_400,
            _hyperliquid_named,
            _hyperliquid_cancel,
            _hyperliquid_find,
            _hyperliquid_fills,
        ),
    }
)

_UNTAKEN: Final[Mapping[str, frozenset[TimeInForce]]] = MappingProxyType(
    {"alpaca": frozenset({"PO", "FOK"}), "hyperliquid": frozenset({"FOK"})}
)
"""Times in force that the venue has not: ccxt would send the word on all the same."""

REFUSED: Final[Mapping[str, str]] = MappingProxyType(
    {
        "dydx": "ccxt gives none of its fills, and its client ids are 32-bit numbers, of which two "
        "orders soon share one",
        **dict.fromkeys(
            ("polymarket", "limitless", "myriad", "opinion", "predictfun"),
            "ccxt sends no client order id there, so that an order whose answer is lost could not "
            "be found again",
        ),
    }
)
"""Venues without a port, and the reason."""


class FurtherOrders(CcxtOrders):
    """Orders by ccxt's client of one of the venues here."""

    def __init__(self, client: Any) -> None:
        """Take over a client of `ccxt.async_support`, with keys.

        Raises:
            UnsupportedVenue: the venue is none of these; the message says why where it is known.
        """
        if client.id not in _BY_ID:
            why = REFUSED.get(client.id, f"use one of {', '.join(_BY_ID)}, or CcxtOrders")
            raise UnsupportedVenue(f"orders at {client.id} are not supported: {why}")
        super().__init__(client, ways=_BY_ID[client.id])
        self._untaken = _UNTAKEN[client.id]
        if client.id == "hyperliquid":
            client.initialize_client = _uninvited

    async def submit(self, intent: Intent, client_order_id: str) -> Judged:
        """Send an order, once."""
        if intent.time_in_force in self._untaken:
            why = f"{self.name} has no {intent.time_in_force} orders"
            return Judged(Outcome.REJECTED, NOT_SENT, why)
        return await super().submit(intent, client_order_id)


async def _uninvited() -> bool:
    """In the place of what ccxt does before the first order at Hyperliquid.

    It would approve a fee for its own wallet on each order, and name a referrer.
    """
    return True
