"""The instruments that Binance spot lists here, with rules and start prices of their own.

Ticks, steps and smallest worths differ on purpose: a bot that rounds for one of them only fails on
another.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from trading_tools.venue.core.instruments import Instrument


def _spot(
    base: str, quote: str, tick: str, step: str, smallest: str, largest: str, notional: str
) -> Instrument:
    return Instrument(
        symbol=base + quote,
        base=base,
        quote=quote,
        tick_size=Decimal(tick),
        step_size=Decimal(step),
        min_size=Decimal(smallest),
        max_size=Decimal(largest),
        max_market_size=Decimal(largest) / 10,
        min_notional=Decimal(notional),
        max_notional=Decimal(9_000_000),
        max_price=Decimal(1_000_000),
    )


SPOT: Mapping[Instrument, int] = {
    _spot("BTC", "USDT", "0.01", "0.00001", "0.00001", "9000", "5"): 6_000_000,
    _spot("ETH", "USDT", "0.01", "0.0001", "0.0001", "9000", "5"): 300_000,
    _spot("SOL", "USDT", "0.01", "0.001", "0.001", "90000", "5"): 15_000,
    _spot("XRP", "USDT", "0.0001", "0.1", "0.1", "900000", "5"): 25_000,
    _spot("DOGE", "USDT", "0.00001", "1", "1", "9000000", "1"): 20_000,
    _spot("ETH", "BTC", "0.00001", "0.001", "0.001", "100000", "0.0001"): 5_000,
}
"""Spot instruments and their last price in ticks at the start."""

NAMES: Mapping[str, str] = {
    "BTC": "Bitcoin",
    "ETH": "Ethereum",
    "SOL": "Solana",
    "XRP": "Ripple",
    "DOGE": "Dogecoin",
    "USDT": "TetherUS",
}
"""Assets by their full names."""
