"""A position's own stops in the core: orders that close all of it, and how they follow it.

What requests say of them is `position_stops`.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Final

from trading_tools.venue.bybit.tags import OWN_STOPS, STOP_LOSS, TAKE_PROFIT, attached_to
from trading_tools.venue.core.accounts import Account
from trading_tools.venue.core.orders import Kind, Order, Rejected, Report, Side, Status, Ticket
from trading_tools.venue.core.positions import Position

if TYPE_CHECKING:
    from trading_tools.venue.bybit.place import BybitPlace

_KINDS: Final = {TAKE_PROFIT: Kind.TAKE_PROFIT, STOP_LOSS: Kind.STOP_LOSS}


def stops_of(account: Account, position: Position) -> dict[str, Order]:
    """The stops that close all of a position, by tag."""
    return {
        order.ticket.tag: order
        for order in account.open_orders(position.symbol)
        if order.ticket.close_position and order.ticket.position_side is position.side
    }


def stop_of_all(position: Position, tag: str, stop: int) -> Ticket:
    """The order that closes all of a position at `stop` ticks."""
    return Ticket(
        position.symbol,
        Side.SELL if position.size > 0 else Side.BUY,
        _KINDS[tag],
        abs(position.size),
        stop=stop,
        position_side=position.side,
        close_position=True,
        tag=tag,
    )


def follow(place: BybitPlace, report: Report) -> None:
    """After a fill: end the stops of what it closed or turned, begin those that it brings along."""
    ticket, fill = report.order.ticket, report.fill
    if fill is None or place.instruments[ticket.symbol].contract is None:
        return
    account = place.exchange.accounts[report.order.account]
    position = account.positions[ticket.symbol, ticket.position_side]
    for order in list(account.open[ticket.symbol].values()):
        own = order.ticket
        if own.tag not in OWN_STOPS or own.position_side is not ticket.position_side:
            continue
        closes = position.size if own.side is Side.SELL else -position.size
        if closes <= 0 and order.status is Status.WAITING:
            place.cancel_types[order.id] = "CancelByTpSlTsClear"
            place.exchange.cancel(account, order, report.at)
    attached = attached_to(ticket.tag)
    opens = position.size > 0 if ticket.side is Side.BUY else position.size < 0
    if report.filled != fill.size or not opens:
        return
    for tag, stop in ((TAKE_PROFIT, attached.take_profit), (STOP_LOSS, attached.stop_loss)):
        if not stop:
            continue
        if (old := stops_of(account, position).get(tag)) is not None:
            place.exchange.cancel(account, old, report.at)
        with contextlib.suppress(Rejected):  # the price is past it: the ledger has the refusal
            place.exchange.place(account, stop_of_all(position, tag, stop), report.at)
