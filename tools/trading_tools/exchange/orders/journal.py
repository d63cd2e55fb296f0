"""What one manager writes into its trade audit, and the records that come of it.

The intent of an order is in the audit before it is known, or it is not sent. All else has happened
at the venue, or is to end something there: while the audit cannot be written, that is kept here and
goes in later, in its order. What a process that ends meanwhile loses of it, the venue tells again;
of decisions, and of what a person stated, it does not.
Who else writes there is noticed.
"""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import fields
from datetime import datetime, timedelta
from typing import Any, Final

from trading_tools.audit.account_entries import PositionChange, Reconciled
from trading_tools.audit.errors import (
    LedgerBusy,
    LedgerError,
    LedgerUnavailable,
    NotRecordable,
)
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
    Outcome,
    TradeAudit,
)
from trading_tools.exchange.orders.port import NOT_SENT
from trading_tools.exchange.orders.records import Records

_BETWEEN_TRIES: Final = timedelta(seconds=1)
"""How long the audit is left alone after it could not be written: each try keeps the loop."""
_JUDGED_FOR_S: Final = 1.0
"""How long writing an intent may take: book and kill switch were looked at before."""

log = logging.getLogger(__name__)


class Journal:
    """One audit stream and the records of it, which nothing else changes."""

    def __init__(
        self,
        audit: TradeAudit,
        now: Callable[[], datetime],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._audit = audit
        self._now = now
        self._clock = clock
        self._late: deque[Entry] = deque()
        self._failure: LedgerError | None = None
        self._failed_at: datetime | None = None
        self._seen = audit.last_seq()
        self.records = Records(audit.trail())
        self.alone = True
        """Whether all entries on orders since the start are ours."""

    @property
    def why(self) -> str | None:
        """Why no intent could be written; what a failure said holds until the next try."""
        if not self.alone:
            return "another process writes orders to this audit stream"
        return None if self._failure is None else str(self._failure)

    @property
    def unwritten(self) -> int:
        """How many entries wait for the audit."""
        return len(self._late)

    def write(self, entry: Entry) -> None:
        """Put an entry into the audit, and into what is known.

        Raises:
            LedgerError: it is an order's intent, and cannot be written: nothing is known of it
                then. Or it took so long (`LedgerBusy`) that the order must not be sent any more: it
                is rejected then.
        """
        began = self._clock()
        if isinstance(entry, OrderIntent):
            self._write_now(entry)
        else:
            self._late.append(entry)
            self.catch_up()
        self.records.apply(entry)
        took_s = self._clock() - began
        if isinstance(entry, OrderIntent) and took_s > _JUDGED_FOR_S:
            why = f"the ledger took {took_s:.1f} s to write the order down, so it was not sent"
            name = entry.client_order_id
            end = OrderResult(name, Outcome.REJECTED, self._now(), code=NOT_SENT, message=why)
            self.write(end)
            raise LedgerBusy(f"{why}: its book is older than it was when it was judged")

    def decided(self, decision: str, reason: str, data: Mapping[str, Any]) -> None:
        """Put down why something was done or left."""
        self.write(Decision(decision, reason, data))

    def catch_up(self, *, at_once: bool = False) -> int:
        """Write what could not be written before; how many entries wait still."""
        if not self._late or (self._failed_just_now() and not at_once):
            return len(self._late)
        try:
            self._write_late()
        except NotRecordable:
            raise
        except LedgerError as error:
            self._fails(error)
        else:
            self._works()
        return len(self._late)

    def _write_now(self, intent: OrderIntent) -> None:
        if self._failure is not None and self._failed_just_now():
            raise self._failure.with_traceback(None)
        try:
            self._write_late()
            self._put(intent)
        except LedgerUnavailable as error:
            self._fails(error)
            raise
        self._works()

    def _fails(self, error: LedgerError) -> None:
        if self._failure is None:
            log.error("no order goes out, and what the venue says is kept: %s", error)
        self._failure, self._failed_at = error, self._now()

    def _works(self) -> None:
        if self._failure is not None:
            log.warning("the audit is written again, with all that was kept")
        self._failure = self._failed_at = None

    def _failed_just_now(self) -> bool:
        # A clock that was set, back or ahead, lets it be tried.
        failed_at = self._failed_at
        return failed_at is not None and timedelta() <= self._now() - failed_at < _BETWEEN_TRIES

    def _write_late(self) -> None:
        while self._late:
            entry = self._late.popleft()
            try:
                self._put(entry)
            except NotRecordable:
                raise  # it never will be: who gave it is told
            except LedgerError:
                self._late.appendleft(entry)
                raise

    def _put(self, entry: Entry) -> None:
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
            Decision: self._audit.decision,
        }
        given = {part.name: getattr(entry, part.name) for part in fields(entry)}
        ours = int(not isinstance(entry, Decision))
        self._count(writers[type(entry)](**given).seq, ours)

    def _count(self, seq: int, ours: int) -> None:
        """Look whether all entries on orders up to the event `seq` are ours."""
        if seq > self._seen + 1:
            told = self._audit.trail(after=self._seen)
            if sum(not isinstance(entry, Decision) for entry in told) > ours:
                self.alone = False
        self._seen = seq
