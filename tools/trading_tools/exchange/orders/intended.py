"""An intent as the audit has it, and in what an order that is known there differs from one."""

from __future__ import annotations

from dataclasses import fields
from datetime import datetime
from typing import Final

from trading_tools.audit.trade import OrderIntent
from trading_tools.exchange.orders.intent import Intent
from trading_tools.exchange.orders.records import OrderRecord
from trading_tools.exchange.orders.sight import Sight

_SAME: Final = (
    "symbol",
    "side",
    "size_base",
    "price_quote",
    "stop_price_quote",
    "key",
    "time_in_force",
    "reduce_only",
)
_MAY_BE_NONE: Final = frozenset({"price_quote", "stop_price_quote"})
"""What is None also where it was recorded; other parts are None where an older version wrote."""


class OtherIntent(ValueError):
    """The key of an intent was used before for another order."""


def entry_of(intent: Intent, name: str, sight: Sight, at: datetime) -> OrderIntent:
    """The entry of an order that is about to be sent, with what of the book it was judged by."""
    return OrderIntent(
        name,
        intent.symbol,
        intent.side,
        intent.order_type,
        intent.size_base,
        intent.price_quote,
        at,
        sight.mid_quote,
        sight.bid_quote,
        sight.ask_quote,
        sight.age_ms,
        intent.key,
        intent.time_in_force,
        intent.reduce_only,
        intent.stop_price_quote,
    )


def shown(intent: Intent) -> dict[str, object]:
    """All parts of an intent, for a decision on it."""
    return {part.name: getattr(intent, part.name) for part in fields(intent)}


def require_same(order: OrderRecord, intent: Intent) -> None:
    """See to it that an order is the one that is wanted, as far as its version recorded it.

    Raises:
        OtherIntent: it is another one.
    """
    known, wanted = ({part: getattr(of, part) for part in _SAME} for of in (order, intent))
    unlike = [
        f"{part} {known[part]}, not {wanted[part]}"
        for part in _SAME
        if known[part] != wanted[part] and (known[part] is not None or part in _MAY_BE_NONE)
    ]
    if unlike:
        raise OtherIntent(
            f"the key {intent.key!r:.60} is that of another order ({'; '.join(unlike)}): give a "
            "new decision a new key"
        )
