"""What this venue lists, with rules and start prices of its own, and the coins by name.

Steps are finer than Binance's and smallest sizes odd on purpose: a bot that carries its rounding
over from there is refused here.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from trading_tools.venue.core.contracts import Contract, Tier
from trading_tools.venue.core.instruments import ATOMS, Instrument

SPOT: Final = "spot"
LINEAR: Final = "linear"
INVERSE: Final = "inverse"
OPTION: Final = "option"
CATEGORIES: Final = (SPOT, LINEAR, INVERSE, OPTION)
"""What a request may ask for; nothing is listed in the last two."""


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
        max_market_size=Decimal(largest) / 2,
        min_notional=Decimal(notional),
        max_notional=Decimal(4_000_000),
        max_price=Decimal(1_999_999),
        max_orders=500,
    )


def _linear(
    base: str, tick: str, step: str, largest: str, tiers: tuple[tuple[int, int, int], ...]
) -> Instrument:
    """`tiers`: worth in USDT, highest leverage, maintenance margin in millionths."""
    return Instrument(
        symbol=f"{base}USDT{SUFFIX}",
        base=base,
        quote="USDT",
        tick_size=Decimal(tick),
        step_size=Decimal(step),
        min_size=Decimal(step),
        max_size=Decimal(largest),
        max_market_size=Decimal(largest) / 5,
        min_notional=Decimal(5),
        max_notional=Decimal(100_000_000),
        max_price=Decimal(1_999_999),
        max_orders=500,
        contract=Contract(
            tuple(Tier(cap * ATOMS, leverage, ppm) for cap, leverage, ppm in tiers),
            funding_cap=375_000,
            default_leverage=10,
        ),
    )


SUFFIX: Final = ".P"
"""What the core's symbol of a contract has besides Bybit's: spot and contract share a name."""
_MAJOR: Final = ((2_000_000, 100, 5_000), (10_000_000, 50, 10_000), (50_000_000, 25, 20_000))
_MINOR: Final = ((200_000, 50, 10_000), (1_000_000, 25, 20_000), (5_000_000, 10, 50_000))

LINEAR_LISTING: Final[Mapping[Instrument, int]] = {
    _linear("BTC", "0.1", "0.001", "1190", _MAJOR): 600_000,
    _linear("ETH", "0.01", "0.01", "7240", _MAJOR): 300_000,
    _linear("SOL", "0.01", "0.1", "79770", _MINOR): 15_000,
    _linear("XRP", "0.0001", "0.1", "1710000", _MINOR): 25_000,
    _linear("DOGE", "0.00001", "1", "12000000", _MINOR): 20_000,
}
"""Perpetual contracts in USDT and their last price in ticks at the start."""

SPOT_LISTING: Final[Mapping[Instrument, int]] = {
    _spot("BTC", "USDT", "0.01", "0.000001", "0.000048", "83", "5"): 6_000_000,
    _spot("ETH", "USDT", "0.01", "0.00001", "0.00062", "1600", "5"): 300_000,
    _spot("SOL", "USDT", "0.01", "0.001", "0.009", "26000", "5"): 15_000,
    _spot("XRP", "USDT", "0.0001", "0.01", "0.72", "1400000", "5"): 25_000,
    _spot("DOGE", "USDT", "0.00001", "0.1", "2.5", "9000000", "1"): 20_000,
    _spot("ETH", "BTC", "0.00001", "0.001", "0.001", "700", "0.0001"): 5_000,
}
"""Spot instruments and their last price in ticks at the start."""

NAMES: Final[Mapping[str, str]] = {
    "BTC": "BTC",
    "ETH": "ETH",
    "SOL": "SOL",
    "XRP": "XRP",
    "DOGE": "DOGE",
    "USDT": "USDT",
}
"""Chains on which each coin would move, by coin."""
