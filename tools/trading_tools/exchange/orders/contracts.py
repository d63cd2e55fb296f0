"""What is different where the market is a contract: sizes in contracts, positions, modes. Pure.

A linear perpetual is settled in the currency that its price is in, and one contract is a fixed size
of the base. Inverse contracts and those that expire are not traded here.
"""

from __future__ import annotations

from decimal import Decimal

from trading_tools.exchange.readings import MarketLimits
from trading_tools.money import exact_product


class HedgeMode(Exception):
    """The account holds a long and a short position of one market apart: neither sign is its own.

    A buy may then open a long position or close a short one, and an intent says neither. Set the
    account to one-way mode.
    """


def is_contract(symbol: str) -> bool:
    """Whether a market's name, as ccxt has it, is one of a contract."""
    return ":" in symbol


def base_of(symbol: str) -> str:
    """The asset that sizes are in, by a market's name."""
    return symbol.partition("/")[0]


def money_of(symbol: str) -> str:
    """The currency that prices are in, by a market's name."""
    return symbol.partition("/")[2].partition(":")[0]


def why_not(market: MarketLimits) -> str | None:
    """Why a market is none that orders are sent to here, or None."""
    if market.kind == "spot":
        return None
    pair, _, settle = market.symbol.partition(":")
    if market.kind != "swap":
        return f"{market.symbol} is a {market.kind} market, neither spot nor a perpetual"
    if settle != pair.partition("/")[2]:
        return f"{market.symbol} is an inverse contract: its worth is not linear in its price"
    if market.contract_size is None:
        return f"the size of a contract of {market.symbol} is not known"
    return None


def in_contracts(size_base: Decimal, market: MarketLimits) -> Decimal:
    """A size in what the market's rules count: contracts, or the base asset on spot."""
    size = market.contract_size
    return size_base if size is None or size == 1 else size_base / size


def in_base(amount: Decimal, market: MarketLimits) -> Decimal:
    """What so many contracts are in the base asset."""
    size = market.contract_size
    return amount if size is None else exact_product(amount, size)
