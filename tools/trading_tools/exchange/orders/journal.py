"""What one manager writes into its trade audit, and the records that come of it.

An entry goes into the audit first, and then into what is known. Who else writes there is noticed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any

from trading_tools.audit.account_entries import PositionChange, Reconciled
from trading_tools.audit.event import Event
from trading_tools.audit.order_ends import CancelIntent, ReplaceIntent
from trading_tools.audit.trade import (
    CancelResult,
    Decision,
    Entry,
    OrderFill,
    OrderIntent,
    OrderResult,
    OrderStage,
    TradeAudit,
)
from trading_tools.exchange.orders.records import Records


class Journal:
    """One audit stream and the records of it, which nothing else changes."""

    def __init__(self, audit: TradeAudit) -> None:
        self._audit = audit
        self._seen = audit.last_seq()
        self.records = Records(audit.trail())
        self.alone = True
        """Whether all entries on orders since the start are ours."""

    def write(self, entry: Entry) -> None:
        """Put an entry into the audit, and then into what is known."""
        writers: dict[type[Entry], Callable[..., Event]] = {
            OrderIntent: self._audit.order_intent,
            OrderResult: self._audit.order_result,
            OrderStage: self._audit.order_stage,
            OrderFill: self._audit.order_fill,
            CancelIntent: self._audit.cancel_intent,
            CancelResult: self._audit.cancel_result,
            ReplaceIntent: self._audit.replace_intent,
            PositionChange: self._audit.position_change,
            Reconciled: self._audit.reconciled,
        }
        given = {part.name: getattr(entry, part.name) for part in fields(entry)}
        self._count(writers[type(entry)](**given).seq, ours=1)
        self.records.apply(entry)

    def decided(self, decision: str, reason: str, data: Mapping[str, Any]) -> None:
        """Put down why something was done or left."""
        self._count(self._audit.decision(decision, reason, data).seq, ours=0)

    def _count(self, seq: int, ours: int) -> None:
        """Look whether all entries on orders up to the event `seq` are ours."""
        if seq > self._seen + 1:
            told = self._audit.trail(after=self._seen)
            if sum(not isinstance(entry, Decision) for entry in told) > ours:
                self.alone = False
        self._seen = seq
