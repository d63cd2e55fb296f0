"""The products that are listed, each with increments of its own, and what assets are called.

Coinbase trades most coins in steps of 0.00000001. The core keeps eight decimals of a trade's worth,
so the steps here are as fine as the tick allows and no finer.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from trading_tools.venue.core.instruments import Instrument


def _product(
    base: str, quote: str, tick: str, step: str, smallest: str, largest: str, notional: str
) -> Instrument:
    return Instrument(
        symbol=f"{base}-{quote}",
        base=base,
        quote=quote,
        tick_size=Decimal(tick),
        step_size=Decimal(step),
        min_size=Decimal(smallest),
        max_size=Decimal(largest),
        max_market_size=Decimal(largest),
        min_notional=Decimal(notional),
        max_notional=Decimal(150_000_000),
        max_price=Decimal(10_000_000),
        max_orders=500,
    )


PRODUCTS: Final[Mapping[Instrument, int]] = {
    _product("BTC", "USD", "0.01", "0.000001", "0.000001", "3400", "1"): 6_000_000,
    _product("BTC", "USDC", "0.01", "0.000001", "0.000001", "3400", "1"): 6_000_000,
    _product("ETH", "USD", "0.01", "0.000001", "0.00001", "42000", "1"): 300_000,
    _product("SOL", "USD", "0.01", "0.0001", "0.001", "250000", "1"): 15_000,
    _product("XRP", "USD", "0.0001", "0.0001", "0.01", "10000000", "1"): 25_000,
    _product("DOGE", "USD", "0.00001", "0.1", "0.1", "70000000", "1"): 20_000,
    _product("ETH", "BTC", "0.00001", "0.001", "0.001", "42000", "0.00001"): 5_000,
}
"""Products and their last price in ticks at the start."""

NAMES: Final[Mapping[str, str]] = {
    "BTC": "Bitcoin",
    "ETH": "Ethereum",
    "SOL": "Solana",
    "XRP": "XRP",
    "DOGE": "Dogecoin",
    "USDC": "USDC",
    "USD": "US Dollar",
}
"""Assets by their full names."""

FIAT: Final = frozenset({"USD"})
"""Which of them are money of a state."""
