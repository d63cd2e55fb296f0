"""All of an account compared with its venue, in both directions: orders, fills, positions.

What the venue has of ours is learnt, what it has of others is told. A contract's position is the
account's, so fills of others (a person's, liquidations, automatic deleveraging) change it, and are
written down too. On spot the coins are the account's, and ours is what our orders made of them.
"""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Final, TypeVar

from trading_tools.audit.account_entries import PositionChange, Reconciled
from trading_tools.exchange.orders.contracts import is_contract
from trading_tools.exchange.orders.life import UNSURE, Stage
from trading_tools.exchange.orders.port import PartlyRead, Unanswered, VenueFill, VenueOrder
from trading_tools.exchange.orders.records import OrderRecord
from trading_tools.exchange.orders.rows import Unreadable
from trading_tools.exchange.orders.tracker import Tracker, earlier
from trading_tools.exchange.orders.ways import ALGO
from trading_tools.money import plain

T = TypeVar("T")

_LOOKS: Final = 3
"""How often positions are compared before they are said to differ: trades go on meanwhile."""

_MARK_EVERY: Final = timedelta(minutes=10)
"""How often the audit gets a mark of it: a bot that compares every second fills no disk."""


@dataclass(frozen=True)
class PositionDifference:
    """A market whose position is not what is written down; signed, in the base asset."""

    symbol: str
    ours_base: Decimal
    venues_base: Decimal

    def __str__(self) -> str:
        """What differs, for a person."""
        held, ours = plain(self.venues_base), plain(self.ours_base)
        return f"{self.symbol}: the account holds {held}, the ledger here comes to {ours}"


@dataclass(frozen=True)
class Reconciliation:
    """What a reconciliation found beside what it mended."""

    unknown: list[OrderRecord] = field(default_factory=list)
    """Orders of which the venue would not say what became of them."""
    strange_orders: list[VenueOrder] = field(default_factory=list)
    """Open orders of the account that this audit has no intent of."""
    strange_fills: list[VenueFill] = field(default_factory=list)
    """Fills of the account that are of no order of this audit; of contracts those that are new."""
    positions: list[PositionDifference] = field(default_factory=list)
    """Contracts whose position the fills that are known do not come to."""
    unread: list[str] = field(default_factory=list)
    """What the venue said that cannot be read: nothing is proven while there is any."""

    @property
    def clean(self) -> bool:
        """Whether the venue and the audit tell the same."""
        strange = self.strange_orders or self.strange_fills
        return not (self.unknown or strange or self.positions or self.unread)


async def reconcile(tracker: Tracker, symbols: Sequence[str]) -> Reconciliation:
    """Compare, and learn what is ours.

    Raises:
        Unanswered: the venue did not say which orders, fills or positions it has.
        HedgeMode: the account keeps long and short positions apart.
    """
    found = Reconciliation()
    # By the venue's clock alone: ours may be set meanwhile, or have been wrong all along, and what
    # is filled until it is reached would never be asked for.
    began: datetime | None = None
    with suppress(Unanswered):
        began = await tracker.venue_now()
    listed: set[str] = set()
    for symbol in symbols:
        for shown in await _all_read(tracker.venue.open_orders(symbol), found):
            listed.add(shown.client_order_id)
            if not tracker.on_order(shown):
                found.strange_orders.append(shown)
    for order in tracker.records.unsettled():
        if order.client_order_id not in listed:
            async with tracker.locks[order.client_order_id]:
                await tracker.ask(order)
    # What a stop has become may have another name and number: whose it is was only just learnt.
    found.strange_orders[:] = [each for each in found.strange_orders if not tracker.on_order(each)]
    for symbol in symbols:
        await _fills(tracker, symbol, found, began)
        if is_contract(symbol):
            try:
                await _position(tracker, symbol, found, began)
            except Unreadable as error:
                found.unread.append(str(error))
    found.unknown.extend(order for order in tracker.records.unsettled() if order.stage in UNSURE)
    return found


async def own_fills(
    tracker: Tracker, symbol: str, found: Reconciliation | None = None
) -> list[VenueFill]:
    """Take in fills since those that were compared before; those that are of no order of ours.

    What cannot be read is put among what is `found`.

    Raises:
        Unanswered: the venue did not say.
    """
    asked = tracker.venue.fills(symbol, _since(tracker, symbol))
    told = await _all_read(asked, found or Reconciliation())
    return [fill for fill in told if not tracker.on_fill(fill)]


async def _all_read(asked: Awaitable[Sequence[T]], found: Reconciliation) -> Sequence[T]:
    """All rows of an answer that can be read."""
    try:
        return await asked
    except PartlyRead as error:
        found.unread.append(str(error))
        return error.rows


async def _fills(
    tracker: Tracker, symbol: str, found: Reconciliation, began: datetime | None
) -> None:
    """All fills of the account since those that were compared before, up to when this began."""
    unread = len(found.unread)
    records = tracker.records
    told = await own_fills(tracker, symbol, found)
    strange = [each for each in told if not records.knows_change(symbol, _name(each))]
    # While the number of an order is not known, what looks like another's fill may be its own.
    unsure = any(each.stage in UNSURE for each in records.unsettled() if each.symbol == symbol)
    if unsure or (strange and not await _triggers_known(tracker, symbol)):
        found.strange_fills.extend(strange)
        return
    for fill in strange:
        if tracker.on_fill(fill) or records.knows_change(symbol, _name(fill)):
            continue
        if is_contract(symbol):
            bought = fill.size_base if fill.side == "buy" else -fill.size_base
            at = datetime.fromtimestamp(fill.at_ms / 1000, UTC)
            change = PositionChange(symbol, _name(fill), at, bought, "a fill of no order here")
            tracker.write(change)
        found.strange_fills.append(fill)
    if began is None or len(found.unread) > unread:
        return  # the next comparison begins where this one did
    tracker.compared[symbol] = began
    written = tracker.records.reconciled_at.get(symbol)
    if written is None or began - written >= _MARK_EVERY:
        tracker.write(Reconciled(symbol, began))


async def _triggers_known(tracker: Tracker, symbol: str) -> bool:
    """Ask after stops that get another number when their price comes; whether all were answered.

    What was filled before that is of one of their numbers then, or of none.
    """
    asked = []
    for order in tracker.records.not_ended():
        if order.symbol == symbol and (order.venue_order_id or "").startswith(ALGO):
            async with tracker.locks[order.client_order_id]:
                asked.append(await tracker.ask(order))
    return all(asked)


def _name(fill: VenueFill) -> str:
    """A fill's own name in its market."""
    return f"{fill.venue_order_id}/{fill.trade_id}"


async def _position(
    tracker: Tracker, symbol: str, found: Reconciliation, began: datetime | None
) -> None:
    """A contract's position, looked at again where a trade may have come in between."""
    for _ in range(_LOOKS):
        venues = await tracker.venue.position(symbol)
        ours = tracker.records.position_base(symbol)
        if venues == ours:
            return
        await _fills(tracker, symbol, found, began)
    ours = tracker.records.position_base(symbol)
    if venues != ours:
        found.positions.append(PositionDifference(symbol, ours, venues))


def _since(tracker: Tracker, symbol: str) -> int:
    """Since when fills may be missing, in the venue's milliseconds.

    What others did while nothing of ours ran is found from where the last comparison ended; in an
    audit that has none, from its first order on.
    """
    records = tracker.records
    if not records.orders and symbol not in records.reconciled_at:
        started = tracker.venues(tracker.started)
        return int(started.timestamp() * 1000)  # nothing older can be of an order of ours
    # A stop that waits has filled nothing, and may wait for months: all that is newer is asked for.
    open_since = [
        each.intended_at
        for each in records.unsettled()
        if each.symbol == symbol and each.stage is not Stage.WAITING
    ]
    compared = tracker.compared.get(symbol) or records.reconciled_at.get(symbol)
    if compared is None:
        ours = (each.intended_at for each in records.orders.values() if each.symbol == symbol)
        first = next(ours, tracker.started)
        compared = tracker.venues(min(first, tracker.started))
    return earlier(min([compared, *map(tracker.venues, open_since)]))
