"""What an account has when an order is judged: our own by the ledger, and what is beside it.

Where there is real money all of it counts. Coins at a simulator or in a sandbox were given by the
venue, so that only orders count there. Asking for it is `desk`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from orchestrator.catalogue.acting.places import Place
from trading_tools.exchange.orders.beside import Beside, beside
from trading_tools.exchange.orders.guard import MONEY
from trading_tools.exchange.orders.port import VenueOrder
from trading_tools.exchange.orders.records import Records
from trading_tools.money import plain


@dataclass(frozen=True)
class Stock:
    """`others` are open orders that are none of ours; `uncounted` says what no limit counts."""

    beside: Mapping[str, Beside] = field(default_factory=dict)
    others: Sequence[VenueOrder] = ()
    held: Mapping[str, Decimal] = field(default_factory=dict)
    uncounted: Sequence[str] = ()


def stock(
    place: Place,
    symbol: str,
    records: Records,
    orders: Sequence[VenueOrder],
    counted: Collection[str],
    held: Mapping[str, Decimal],
) -> Stock:
    """What an order in `symbol` is judged by. `counted` are the markets whose orders can be."""
    others = [each for each in orders if each.client_order_id not in records.orders]
    left_out = sorted({each.symbol for each in others} - set(counted))
    others = [each for each in others if each.symbol in counted]
    found = beside(symbol, records, others, held if place == "live" else None)
    uncounted = [f"open orders in {', '.join(left_out)}"] if left_out else []
    if place == "live":
        bases = {each.partition("/")[0] for each in found} | MONEY
        idle = [f"{plain(held[each])} {each}" for each in sorted(held) if each not in bases]
        uncounted += [f"held in markets where nothing is open: {', '.join(idle)}"] if idle else []
    else:
        uncounted.append("what is held: the coins here were given by the venue")
    return Stock(found, others, held, uncounted)
