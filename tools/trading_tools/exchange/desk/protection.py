"""Which stops a desk leaves at the venue when it ends, and which it ends as they guard nothing.

What a stop is, and how one is sent, is `orders.stops`.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping
from decimal import Decimal

from trading_tools.exchange.orders.contracts import is_contract
from trading_tools.exchange.orders.guard import Refused
from trading_tools.exchange.orders.life import UNSURE
from trading_tools.exchange.orders.manager import OrderManager
from trading_tools.exchange.orders.records import OrderRecord, Records
from trading_tools.exchange.readings import MarketLimits

log = logging.getLogger(__name__)


def stops_of(records: Records, symbol: str) -> list[OrderRecord]:
    """The stops of a market that wait, or fill, or of which that is not known, oldest first."""
    return [
        order
        for order in records.not_ended()
        if order.symbol == symbol and order.stop_price_quote is not None
    ]


def standing(records: Records) -> set[str]:
    """The client ids of stops that protect a position: they outlive the bot, by design.

    Also of one that may be there or not: what is only doubted is not taken away.
    """
    return {
        order.client_order_id
        for order in records.not_ended()
        if order.stop_price_quote is not None and _protects(order, records)
    }


async def ask_after(doubted: set[str], manager: OrderManager) -> None:
    """Ask once what became of stops; those of which it is known then are doubted no more."""
    for name in sorted(doubted):
        order = manager.records.orders[name]
        if order.stage in UNSURE:
            await manager.ask_after(name)
        if order.stage not in UNSURE:
            doubted.discard(name)


def to_end(records: Records, unwanted: Collection[str], *, everything: bool) -> list[str]:
    """The client ids of what ends with the bot: all that is open or may be, but for such stops.

    One that is `unwanted` goes too; where `everything` is to go, all do.
    """
    stay = set() if everything else standing(records).difference(unwanted)
    return [name for each in records.not_ended() if (name := each.client_order_id) not in stay]


def pointless(records: Records) -> set[str]:
    """Those of stops whose position is gone, by another's doing: the next one is not theirs."""
    return {
        order.client_order_id
        for order in records.not_ended()
        if order.stop_price_quote is not None
        and order.stage not in UNSURE
        and order.open_size_base
        and not _protects(order, records)
    }


def require_no_old_stop(records: Records, unwanted: Collection[str], symbol: str) -> None:
    """See to it that no stop of a market is on its way out that could close the next position.

    Raises:
        Refused: one is.
    """
    stops = {order.client_order_id for order in stops_of(records, symbol)}
    if old := ", ".join(sorted(stops.intersection(unwanted))):
        raise Refused("stop", f"one that is to end could close what is opened now: {old}")


def tell_what_stays(
    records: Records, ends: Collection[str], markets: Mapping[str, MarketLimits]
) -> None:
    """Log the stops that are left at the venue, all but those that were to end, and who lacks one.

    Of spot positions, what is too small to be sold is not told.
    """
    if stay := sorted(standing(records).difference(ends)):
        shown = ", ".join(f"{name} ({records.orders[name].stage})" for name in stay)
        log.warning("stops that protect a position stay at the venue: %s", shown)
    for symbol, position in _unprotected(records, markets).items():
        log.warning("no stop protects the position of %s any more: %s", symbol, position)


def _unprotected(records: Records, markets: Mapping[str, MarketLimits]) -> dict[str, Decimal]:
    had = {
        order.symbol: order.stop_price_quote
        for order in records.orders.values()
        if order.stop_price_quote is not None
    }
    guarded = {records.orders[name].symbol for name in standing(records)}
    return {
        symbol: position
        for symbol, trigger in had.items()
        if (position := records.position_base(symbol))
        and symbol not in guarded
        and not _is_dust(abs(position), trigger, markets.get(symbol))
    }


def _is_dust(size_base: Decimal, price: Decimal, market: MarketLimits | None) -> bool:
    """Whether it is what spot fees leave over; of a contract all can be closed."""
    if market is None or is_contract(market.symbol):
        return False
    least = (market.min_amount or 0, (market.min_notional or 0) / price)
    return size_base < max(least)


def _protects(order: OrderRecord, records: Records) -> bool:
    position = records.position_base(order.symbol)
    return position > 0 if order.side == "sell" else position < 0
