"""Whether the account's key still works, by what the venue answers to whatever is asked with it.

One refusal may be a slip of the venue's, and a key may lose one right and keep another: so refusals
are counted by kind of request. What follows from a key that is lost is the desk's.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Hashable, Sequence
from typing import Final, NamedTuple

from trading_tools.exchange.faults import Answer
from trading_tools.exchange.orders.judging import refused_key
from trading_tools.exchange.orders.records import OrderRecord

_REFUSALS: Final = 3
_REFUSED_FOR_S: Final = 3.0
"""A key is lost once as many requests of a kind, and over as long, had no other answer."""
_DOUBTED_FOR_S: Final = 60.0
"""As long for refusals without a code: a clock that is wrong gets them too."""


class _Row(NamedTuple):
    """Refusals of one kind that came one after the other."""

    since: float
    length: int


class KeyWatch:
    """Counts refusals of a key. `lost` is set once, for good."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.lost = asyncio.Event()
        self._refusal = ""
        self._clock = clock
        self._rows: dict[Hashable, _Row] = {}

    def heard(self, venue: str, kind: Hashable, answer: Answer | None) -> None:
        """Take in the answer to a signed request of a kind."""
        if answer is None or answer.status >= 500:
            return
        code = refused_key(venue, answer)
        if code is None and answer.status != 401:
            self._rows.pop(kind, None)
        elif code is None:
            why = f"{venue} answers HTTP 401: the key is no longer good, or the clock here is wrong"
            self._refused(kind, why, _DOUBTED_FOR_S)
        else:
            why = f"{venue} takes this key no more ({code})"
            self._refused(kind, why, _REFUSED_FOR_S)

    def why(self, left: Sequence[OrderRecord]) -> str:
        """What is to be said of a key that is lost, with the orders that have not ended."""
        names = [
            f"{order.client_order_id} ({order.venue_order_id or 'its number is not known'})"
            for order in left
        ]
        if not names:
            return f"{self._refusal}; no order of this desk is open"
        return f"{self._refusal}; open still, end them by hand: {', '.join(names)}"

    def _refused(self, kind: Hashable, refusal: str, for_s: float) -> None:
        now = self._clock()
        row = self._rows.get(kind, _Row(now, 0))
        row = self._rows[kind] = row._replace(length=row.length + 1)
        if row.length >= _REFUSALS and now - row.since >= for_s:
            self._refusal = refusal
            self.lost.set()
