"""Cancelling orders of an account, those of other programs too; and what a person sees before.

A cancel names its order, so that doing it again can do no more; only `cancel all` may meet other
orders the next time, and is asked for anew then.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from orchestrator.catalogue.acting import shown
from orchestrator.catalogue.acting.desk import Account, Desk
from orchestrator.catalogue.acting.faults import explained
from orchestrator.catalogue.acting.places import Place
from orchestrator.toolbox.tool import ToolContext, ToolError, ToolResult, Unavailable, render
from orchestrator.toolbox.verdicts import Done, NotDone, Unknown, Verdict
from trading_tools.exchange.orders.life import IllegalTransition
from trading_tools.exchange.orders.manager import OrderManager
from trading_tools.exchange.orders.port import Unanswered, VenueOrder
from trading_tools.exchange.orders.records import OrderRecord, Records


@dataclass(frozen=True)
class One:
    """The arguments of a call for one order."""

    place: Place
    venue: str
    order_id: str


@dataclass(frozen=True)
class Many:
    """The arguments of a call for all orders, of one market or of all."""

    place: Place
    venue: str
    symbol: str | None = None


@dataclass(frozen=True)
class Cancelled:
    """What came of it; `still_open` are orders that the venue shows all the same."""

    place: str
    venue: str
    count: int
    cancelled: tuple[str, ...]
    still_open: tuple[str, ...]


async def cancel(context: ToolContext, wanted: One) -> ToolResult:
    """End one order, and say how it ended: a fill may have been faster."""
    account = await context.service(Desk).account(wanted.place, wanted.venue)
    async with account.held():
        with explained(account):
            record = find(account.records(), wanted.order_id)
            if record is None:
                order = await _listed(account, wanted.order_id)
                return _result(account, [order], *await _end(account, [order], None))
            manager = account.manager()
            record = await manager.cancel(record.client_order_id, f"asked for in {context.run}")
    result = shown.told(account.place, account.venue, record)
    if record.ended:
        return result
    text = f"NOT CANCELLED, or not known to be: ask with order_status. {result.text}"
    return ToolResult(text, result.data, is_error=True)


async def cancel_preview(context: ToolContext, wanted: One) -> str:
    """The order that would be cancelled."""
    account = await context.service(Desk).account(wanted.place, wanted.venue)
    with explained(account):
        order = await _listed(account, wanted.order_id)
    return shown.cancelling(account.place, account.door.through, account.venue, [order])


async def cancel_aftermath(context: ToolContext, wanted: One) -> Verdict:
    """Whether the order is still open."""
    account = await context.service(Desk).account(wanted.place, wanted.venue)
    async with account.held():
        with explained(account):
            record = find(account.records(), wanted.order_id)
            if record is not None:
                record = await account.manager().ask_after(record.client_order_id)
                if record.ended:
                    result = shown.told(account.place, account.venue, record)
                    return Done(result.text, result.data, result.is_error)
            names = {wanted.order_id, *([record.client_order_id] if record else [])}
            listed, unread = await account.listed(record.symbol if record else None)
    if any(_is(order, name) for order in listed for name in names):
        return NotDone("the order is still open, and a cancel names its order: it can do no more")
    if unread is not None:
        return Unknown(f"the order may be among what cannot be read: {unread}")
    if record is not None:
        return Unknown(f"{account.venue} lists the order no more, and does not say how it ended")
    done = render(Cancelled(account.place, account.venue, 1, (wanted.order_id,), ()))
    return Done(done.text, done.data)


async def cancel_all(context: ToolContext, wanted: Many) -> ToolResult:
    """End all orders that are open now, whoever placed them."""
    account = await context.service(Desk).account(wanted.place, wanted.venue)
    async with account.held():
        with explained(account):
            symbol = await _symbol(account, wanted.symbol)
            orders, unread = await account.listed(symbol)
            left, unread_after = await _end(account, orders, symbol)
            return _result(account, orders, left, unread_after or unread)


async def cancel_all_preview(context: ToolContext, wanted: Many) -> str:
    """The orders that would be cancelled if it were done now."""
    account = await context.service(Desk).account(wanted.place, wanted.venue)
    with explained(account):
        orders, unread = await account.listed(await _symbol(account, wanted.symbol))
    text = shown.cancelling(account.place, account.door.through, account.venue, orders)
    return text if unread is None else f"{text}\n  NOT among them: {unread}"


async def cancel_all_aftermath(context: ToolContext, wanted: Many) -> Verdict:
    """Whether anything is still open."""
    account = await context.service(Desk).account(wanted.place, wanted.venue)
    with explained(account):
        orders, unread = await account.listed(await _symbol(account, wanted.symbol))
    if orders:
        return NotDone(f"orders are still open: {len(orders)}")
    if unread is not None:
        return Unknown(f"what cannot be read may be open: {unread}")
    done = render(Cancelled(account.place, account.venue, 0, (), ()))
    return Done(done.text, done.data)


def find(records: Records, order_id: str) -> OrderRecord | None:
    """Our order by either of its names."""
    known = records.orders.get(order_id)
    if known is not None:
        return known
    named = (order for order in records.orders.values() if order.venue_order_id == order_id)
    return next(named, None)


async def _end(
    account: Account, orders: Sequence[VenueOrder], symbol: str | None
) -> tuple[Sequence[VenueOrder], str | None]:
    """Cancel each; those that are open after that, and what is unread then."""
    manager = account.manager()
    for order in orders:
        if _is_known(manager, order):
            await manager.cancel(order.client_order_id, "asked for with others")
        else:
            # The ledger has no order to hang it on.
            what = {"venue_order_id": order.venue_order_id, "symbol": order.symbol}
            account.audit.decision("cancel an order that is none of ours", "asked for", what)
            await account.orders.end(order)
    numbers = {order.venue_order_id for order in orders}
    if not numbers:
        return [], None
    try:
        after, unread = await account.listed(symbol)
    except Unanswered as error:
        raise Unavailable(
            f"the cancels were sent, and {account.venue} ({account.place}) did not say what is "
            f"open now: look with open_orders ({error})"
        ) from None
    return [order for order in after if order.venue_order_id in numbers], unread


def _is_known(manager: OrderManager, order: VenueOrder) -> bool:
    """Whether the ledger can take in its end; not of one that it holds to be no order at all."""
    try:
        return manager.on_order(order)
    except IllegalTransition:
        return False


def _result(
    account: Account,
    orders: Sequence[VenueOrder],
    left: Sequence[VenueOrder],
    unread: str | None,
) -> ToolResult:
    open_ones = {order.venue_order_id for order in left}
    done = render(
        Cancelled(
            account.place,
            account.venue,
            len(orders) - len(left),
            tuple(
                f"{order.symbol} {shown.line_of(order)}"
                for order in orders
                if order.venue_order_id not in open_ones
            ),
            tuple(f"{order.symbol} {shown.line_of(order)}" for order in left),
        )
    )
    if unread is None:
        return ToolResult(done.text, done.data, is_error=bool(left))
    text = f"NOT PROVEN: {unread}. Look at them at the venue. {done.text}"
    return ToolResult(text, done.data, is_error=True)


async def _listed(account: Account, order_id: str) -> VenueOrder:
    record = find(account.records(), order_id)
    names = {order_id} if record is None else {order_id, record.client_order_id}
    orders, unread = await account.listed(record.symbol if record else None)
    for order in orders:
        if any(_is(order, name) for name in names):
            return order
    raise ToolError(
        f"there is no open order {order_id} at {account.venue} ({account.place}): open_orders "
        "lists them, order_status tells of one that has ended"
        + ("" if unread is None else f". It may be among what cannot be read: {unread}")
    )


async def _symbol(account: Account, symbol: str | None) -> str | None:
    return None if symbol is None else (await account.market(symbol)).symbol


def _is(order: VenueOrder, order_id: str) -> bool:
    return order_id in (order.client_order_id, order.venue_order_id)
