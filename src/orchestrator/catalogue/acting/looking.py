"""Looking at an account: what is open, what it holds, how one order stands."""

from __future__ import annotations

from dataclasses import dataclass

from orchestrator.catalogue.acting import shown
from orchestrator.catalogue.acting.cancelling import Many, One, find
from orchestrator.catalogue.acting.desk import Desk
from orchestrator.catalogue.acting.faults import explained
from orchestrator.catalogue.acting.places import Place
from orchestrator.catalogue.acting.placing import PROVEN_WITHIN_S
from orchestrator.toolbox.tool import ToolContext, ToolError, ToolResult, render
from trading_tools.exchange.orders.life import UNSURE
from trading_tools.money import PlainDecimal, plain


@dataclass(frozen=True)
class Whole:
    """The arguments of a call for an account."""

    place: Place
    venue: str


@dataclass(frozen=True)
class OpenOrder:
    """An open order as the venue shows it. `ours`: placed through this project's ledger."""

    symbol: str
    side: str
    size: PlainDecimal
    filled: PlainDecimal
    limit_price: PlainDecimal | None
    client_order_id: str
    venue_order_id: str
    ours: bool


@dataclass(frozen=True)
class OpenOrders:
    """All open orders of an account; sizes in each market's base asset, prices in its quote."""

    place: str
    venue: str
    count: int
    orders: tuple[OpenOrder, ...]
    lines: tuple[str, ...]


@dataclass(frozen=True)
class Holding:
    """What an account holds of an asset."""

    asset: str
    total: PlainDecimal
    free: PlainDecimal


@dataclass(frozen=True)
class Traded:
    """What the orders of this ledger come to in a market, in its base asset."""

    symbol: str
    bought_less_sold: PlainDecimal
    if_all_open_fill_low: PlainDecimal
    if_all_open_fill_high: PlainDecimal


@dataclass(frozen=True)
class Positions:
    """An account's holdings as the venue has them, and what this ledger's orders did to them."""

    place: str
    venue: str
    holdings: tuple[Holding, ...]
    traded_here: tuple[Traded, ...]
    lines: tuple[str, ...]


async def open_orders(context: ToolContext, wanted: Many) -> OpenOrders | ToolResult:
    """What is open now; an error that names what could not be read, where there is such."""
    found, unread = await _open(context, wanted)
    if unread is None:
        return found
    shown_all = render(found)
    text = f"NOT ALL: {unread}. Look at them at the venue. {shown_all.text}"
    return ToolResult(text, shown_all.data, is_error=True)


async def _open(context: ToolContext, wanted: Many) -> tuple[OpenOrders, str | None]:
    account = await context.service(Desk).account(wanted.place, wanted.venue)
    symbol = None if wanted.symbol is None else (await account.market(wanted.symbol)).symbol
    with explained(account):
        listed, unread = await account.listed(symbol)
    known = account.records().orders
    rows = tuple(
        OpenOrder(
            order.symbol,
            order.side,
            order.size_base,
            order.filled_size_base,
            order.price_quote,
            order.client_order_id,
            order.venue_order_id,
            order.client_order_id in known,
        )
        for order in listed
    )
    lines = tuple(f"{order.symbol}: {shown.line_of(order)}" for order in listed)
    return OpenOrders(account.place, account.venue, len(rows), rows, lines), unread


async def positions(context: ToolContext, wanted: Whole) -> Positions:
    """What the account holds."""
    account = await context.service(Desk).account(wanted.place, wanted.venue)
    with explained(account):
        balances = await account.orders.balances()
    records = account.records()
    traded = []
    for symbol in sorted(records.symbols):
        figures = (records.position_base(symbol), *reversed(records.exposure_base(symbol)))
        traded.append(Traded(symbol, *figures))
    held = tuple(Holding(asset, total, free) for asset, (total, free) in balances.items())
    lines = tuple(f"{one.asset}: {plain(one.total)}, free {plain(one.free)}" for one in held)
    return Positions(account.place, account.venue, held, tuple(traded), lines)


async def order_status(context: ToolContext, wanted: One) -> ToolResult | OpenOrder:
    """How an order of this ledger stands, asked of the venue now; or an open one of others."""
    account = await context.service(Desk).account(wanted.place, wanted.venue)
    record = find(account.records(), wanted.order_id)
    if record is not None:
        async with account.held():
            with explained(account):
                wait = PROVEN_WITHIN_S if record.stage in UNSURE else 0.0
                manager = account.manager()
                record = await manager.ask_after(record.client_order_id, wait)
                if not record.settled:
                    await manager.reconcile([record.symbol])
        return shown.told(account.place, account.venue, record)
    found, unread = await _open(context, Many(wanted.place, wanted.venue))
    for order in found.orders:
        if wanted.order_id in (order.client_order_id, order.venue_order_id):
            return order
    raise ToolError(
        f"neither this ledger nor the open orders of {account.venue} ({account.place}) have an "
        f"order {wanted.order_id}" + ("" if unread is None else f", as far as it is read: {unread}")
    )
