"""The bot's own record of its orders, as the checks of limits and of profit read it.

Whether the record is whole is another check's question (`checks.audit_log`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final

from trading_tools.audit.account_entries import PositionChange
from trading_tools.audit.errors import LedgerError
from trading_tools.audit.ledger import Ledger
from trading_tools.audit.trade import (
    CancelResult,
    Decision,
    Entry,
    OrderFill,
    OrderIntent,
    OrderResult,
    OrderStage,
    Outcome,
    TradeAudit,
)
from trading_tools.golive.check import Case
from trading_tools.golive.inputs.table import InputError
from trading_tools.golive.verdict import Evidence

REFUSED: Final = "order refused"
"""How the kit's guard calls the decision not to send an order; the reason begins with the rule."""

_ENDED: Final = frozenset({"filled", "canceled", "rejected", "void"})


@dataclass(frozen=True)
class Filled:
    """A part of an order that was filled; `place` is where in the trail it was learnt."""

    place: int
    order: OrderIntent
    at: datetime
    size_base: Decimal
    price_quote: Decimal
    trade_id: str | None
    fee_base: Decimal = Decimal(0)


@dataclass(frozen=True)
class Trail:
    """The entries in their order, and the stream's head as evidence."""

    entries: Sequence[Entry]
    here: Evidence

    @property
    def intents(self) -> list[OrderIntent]:
        """Every order, as it was meant."""
        return [entry for entry in self.entries if isinstance(entry, OrderIntent)]

    def refusals(self, *rules: str) -> int:
        """How many orders the guard kept back by these rules."""
        return sum(
            isinstance(entry, Decision)
            and entry.decision == REFUSED
            and entry.reason.split(":")[0] in rules
            for entry in self.entries
        )

    def need_prices(self) -> None:
        """See to it that all changes of positions have one.

        Raises:
            InputError: one changed by no order (a liquidation, one that was taken over).
        """
        strange = next((each for each in self.entries if isinstance(each, PositionChange)), None)
        if strange is not None:
            raise InputError(
                f"the position in {strange.symbol} changed by no order of the record "
                f"({strange.reason}): check it by hand"
            )

    def ends(self) -> dict[str, int]:
        """Where in the trail each order is said to have ended; those that did not are not in it."""
        orders = {each.client_order_id: each for each in self.intents}
        filled: dict[str, Decimal] = {}
        found: dict[str, int] = {}
        for place, entry in enumerate(self.entries):
            if not isinstance(entry, OrderResult | OrderStage | OrderFill | CancelResult):
                continue
            name = entry.client_order_id
            if isinstance(entry, OrderFill):
                filled[name] = filled.get(name, Decimal(0)) + entry.size_base
            order = orders.get(name)
            if _is_end(entry) or (order and filled.get(name, Decimal(0)) >= order.size_base):
                found.setdefault(name, place)
        return found

    def fills(self) -> Iterator[Filled]:
        """What was filled: by single fills where an order has them, else as totals grew.

        Raises:
            InputError: a fill without an order, or one whose price nobody said.
        """
        orders = {each.client_order_id: each for each in self.intents}
        single = {each.client_order_id for each in self.entries if isinstance(each, OrderFill)}
        known: dict[str, Decimal] = {}
        for place, entry in enumerate(self.entries):
            if not isinstance(entry, OrderFill | OrderStage | OrderResult):
                continue
            name = entry.client_order_id
            if not isinstance(entry, OrderFill) and (name in single or not entry.filled_size_base):
                continue
            order = orders.get(name)
            if order is None:
                raise InputError(f"the record has a fill of {name}, and no such order")
            if isinstance(entry, OrderFill):
                yield Filled(
                    place,
                    order,
                    entry.at,
                    entry.size_base,
                    entry.price_quote,
                    entry.trade_id,
                    entry.fee_base,
                )
                continue
            total, before = entry.filled_size_base or Decimal(0), known.get(name, Decimal(0))
            price = entry.average_price_quote if isinstance(entry, OrderResult) else None
            price = price or order.price_quote
            if total > before:
                if price is None:
                    raise InputError(f"the record does not say at which price {name} was filled")
                known[name] = total
                yield Filled(place, order, entry.at, total - before, price, None)


def read_trail(case: Case) -> Trail:
    """The record that the configuration names.

    Raises:
        InputError: there is none, it cannot be read, or it has no order.
    """
    record = case.project.config.record
    if record is None:
        raise InputError("no record of orders is declared")
    path = case.project.path(record.file)
    if not path.is_file():
        raise InputError(f"{record.file} is not there: name the bot's ledger under [record] file")
    try:
        with Ledger.open(path, key=case.audit_key, read_only=True, at_rest=True) as ledger:
            head = ledger.head(record.stream)
            entries = TradeAudit(ledger, record.stream).trail() if head else []
    except LedgerError as error:
        raise InputError(str(error)) from None
    orders = sum(isinstance(entry, OrderIntent) for entry in entries)
    if head is None or not orders:
        raise InputError(f"stream {record.stream} of {record.file} has no order")
    what = f"{record.file}, stream {record.stream}"
    return Trail(entries, Evidence(what, head.hash, {"orders": orders}))


def _is_end(entry: Entry) -> bool:
    if isinstance(entry, OrderResult):
        return entry.outcome is Outcome.REJECTED
    if isinstance(entry, CancelResult):
        return entry.outcome is Outcome.ACCEPTED
    return isinstance(entry, OrderStage) and entry.stage in _ENDED
