"""What an account has beside our orders: held by others' doing, and open by others' orders.

For limits that are the account's, where several programs or people trade on it. The guard counts
it; asking the venue for it is its owner's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext

from trading_tools.exchange.orders.port import VenueOrder
from trading_tools.exchange.orders.records import EXACT, Records


@dataclass(frozen=True)
class Beside:
    """In one market and its base asset. `held` is below zero where others sold what is ours."""

    held: Decimal = Decimal(0)
    buys: Decimal = Decimal(0)
    sells: Decimal = Decimal(0)


def beside(
    symbol: str,
    records: Records,
    others: Sequence[VenueOrder],
    held: Mapping[str, Decimal] | None,
) -> dict[str, Beside]:
    """By spot market, for `symbol`, those of our orders and those of `others`.

    `held` is all that the account holds, by asset; None counts no holdings. A coin is counted once:
    in `symbol` where it is traded there, else in the first of its markets.
    """
    symbols = {symbol, *records.symbols, *(order.symbol for order in others)}
    with localcontext(EXACT):
        return {
            each: Beside(
                _held(each, symbol, symbols, records, held),
                _left(each, "buy", others),
                _left(each, "sell", others),
            )
            for each in sorted(symbols)
        }


def _held(
    market: str,
    first: str,
    symbols: set[str],
    records: Records,
    held: Mapping[str, Decimal] | None,
) -> Decimal:
    base = market.partition("/")[0]
    same = sorted(each for each in symbols if each.partition("/")[0] == base)
    if held is None or market != (first if first in same else same[0]):
        return Decimal(0)
    ours = sum((records.position_base(each) for each in same), Decimal(0))
    return held.get(base, Decimal(0)) - ours


def _left(market: str, side: str, others: Sequence[VenueOrder]) -> Decimal:
    left = (
        order.size_base - order.filled_size_base
        for order in others
        if (order.symbol, order.side) == (market, side)
    )
    return sum(left, Decimal(0))
