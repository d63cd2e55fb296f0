"""Placing one order: the call, what a person sees of it before, what became of it after a crash.

The order's client id follows from the account and the key of the call, which is the same for every
attempt: a run that is taken up again asks after its order, and never sends it twice.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Literal

from orchestrator.catalogue.acting import shown
from orchestrator.catalogue.acting.desk import Account, Desk
from orchestrator.catalogue.acting.faults import explained
from orchestrator.catalogue.acting.places import Place
from orchestrator.toolbox.tool import ToolContext, ToolError, ToolResult
from orchestrator.toolbox.verdicts import Done, NotDone, Unknown, Verdict
from trading_tools.exchange.orders.client_ids import client_order_id
from trading_tools.exchange.orders.guard import Refused, fitted
from trading_tools.exchange.orders.intent import Intent, TimeInForce
from trading_tools.exchange.orders.life import UNSURE
from trading_tools.exchange.orders.manager import OrderManager
from trading_tools.exchange.orders.port import Unanswered
from trading_tools.exchange.orders.records import OrderRecord
from trading_tools.exchange.readings import MarketLimits

SENT_WITHIN_S: Final = 45.0
PROVEN_WITHIN_S: Final = 40.0
"""Long enough for the proof that an order never came to be, where its window is some seconds."""

_WRITTEN = "an earlier attempt wrote an order down, and it may be at the venue: look there"


@dataclass(frozen=True)
class Wanted:
    """The arguments of the call."""

    place: Place
    venue: str
    symbol: str
    side: Literal["buy", "sell"]
    size: Decimal
    limit_price: Decimal
    time_in_force: TimeInForce
    size_unit: str | None = None
    price_unit: str | None = None


async def place(context: ToolContext, wanted: Wanted) -> ToolResult:
    """Send the order, unless it was sent by an earlier attempt at the same call."""
    desk = context.service(Desk)
    try:
        account = await desk.account(wanted.place, wanted.venue)
    except ToolError as error:
        if desk.written(wanted.place, wanted.venue, context.key):
            raise ToolError(f"{error}; {_WRITTEN}") from None
        raise
    name = _name(account, context.key)
    try:
        async with asyncio.timeout(SENT_WITHIN_S):
            record = await _placed(account, name, context.key, wanted)
    except TimeoutError:
        known = account.records().orders.get(name)
        if known is None:
            raise ToolError(
                f"{account.venue} ({account.place}) took longer than {SENT_WITHIN_S:g} s, and the "
                "order was not sent"
            ) from None
        record = known
    return shown.told(account.place, account.venue, record)


async def preview(context: ToolContext, wanted: Wanted) -> str:
    """The order as it would really be sent; a `ToolError` where it could not be."""
    account = await context.service(Desk).account(wanted.place, wanted.venue)
    asked, real, market = await _intent(account, context.key, wanted)
    records = account.records()
    with explained(account):
        # It says as well that the key is good and the venue is there.
        quote = await account.look(market.symbol, records)
        guard, real = account.guard(), account.closing(real, records)
        guard.check(real, records)
        in_all = guard.worth_after(real, records)
        alone = account.guard(beside={}).worth_after(real, records)
    through = account.door.through
    text = shown.placing(account.place, through, asked, real, market, quote, account.settings)
    return f"{text}\n{shown.counted(market, records, account.stock, in_all, alone)}"


async def aftermath(context: ToolContext, wanted: Wanted) -> Verdict:
    """What became of an attempt that a crash cut off."""
    desk = context.service(Desk)
    written = desk.written(wanted.place, wanted.venue, context.key)
    if not written:
        return NotDone("no order was written down under this call, and none is sent before it is")
    account = await desk.account(wanted.place, wanted.venue)
    if account.door.account not in written:
        return NotDone("the simulator that was asked has ended, and what it had with it")
    async with account.held():
        with explained(account):
            record = await account.manager().ask_after(_name(account, context.key), PROVEN_WITHIN_S)
    if record.stage in UNSURE:
        return Unknown(
            f"{account.venue} ({account.place}) has not said what became of the order "
            f"{record.client_order_id}; allowing this call only asks again, it is not sent twice"
        )
    result = shown.told(account.place, account.venue, record)
    return Done(result.text, result.data, result.is_error)


async def _placed(account: Account, name: str, key: str, wanted: Wanted) -> OrderRecord:
    async with account.held():
        with explained(account):
            if name in account.records().orders:
                return await account.manager().ask_after(name, PROVEN_WITHIN_S)
            _, intent, market = await _intent(account, key, wanted)
            await account.manager().reconcile([market.symbol])
            await account.look(market.symbol, account.records())
            manager = account.manager()
            await manager.submit(account.closing(intent, manager.records))
            return await _followed(manager, name)


async def _followed(manager: OrderManager, name: str) -> OrderRecord:
    """The order as the venue shows it a moment later, with its fills."""
    record = await manager.ask_after(name)
    if record.filled_size_base:
        with suppress(Unanswered):  # what is known of the order stands without its prices
            await manager.reconcile([record.symbol])
    return record


async def _intent(
    account: Account, key: str, wanted: Wanted
) -> tuple[Intent, Intent, MarketLimits]:
    """The order as it was asked for and as it fits the market."""
    market = await account.market(wanted.symbol)
    for what, given, unit in (
        ("size", wanted.size_unit, market.amount_unit),
        ("limit_price", wanted.price_unit, market.price_unit),
    ):
        if given is not None and given.upper() != unit:
            raise ToolError(f"{what} is meant in {given}, but {market.symbol} counts it in {unit}")
    try:
        asked = Intent(
            key,
            market.symbol,
            wanted.side,
            wanted.size,
            wanted.limit_price,
            time_in_force=wanted.time_in_force,
        )
        return asked, fitted(asked, market), market
    except Refused as refusal:
        raise ToolError(
            f"{account.venue} would not take it, and nothing was sent: {refusal}"
        ) from None
    except ValueError as error:
        raise ToolError(str(error)) from None


def _name(account: Account, key: str) -> str:
    return client_order_id(account.venue, account.place, key)
