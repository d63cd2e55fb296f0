"""Nonces of a key that only rise: for the clients of a process, with shared slots of a machine.

A venue that wants them refuses one that is not above the last that it saw. Two requests that are on
their way at once may overtake each other, so that each has its turn: the next one is signed when
the one before was answered, or has surely arrived.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Final

from trading_tools.exchange.pacing.slots import Slots

NONCED: Final = frozenset({"kraken"})
"""Venues whose ccxt client signs with `incrementing_nonce`, which counts for one client alone."""

ARRIVED_S: Final = 1.0
"""After so long a request that was sent has arrived, whenever its answer comes."""

_SENT_S: Final = 2.0
"""Within so long a request whose turn came goes out, or not at all."""

_NEWEST, _TAKEN_UNTIL, _URGENT_UNTIL = range(3)
_LOOK_S: Final = 0.002
_URGENT_S: Final = 0.05
"""For so long others let an urgent request go first that does not look again: it has given up."""


class Nonces:
    """The nonces of one key in milliseconds, as ccxt's are; ahead of the clock in a burst."""

    def __init__(
        self, name: str, slots: Slots, clock_ms: Callable[[], int] = lambda: time.time_ns() // 10**6
    ) -> None:
        self._name = name
        self._slots = slots
        self._clock_ms = clock_ms

    def next(self) -> int:
        """One that nobody else with these slots has had, above all before."""
        with self._slots.held([self._name]) as (slot,):
            newest = max(int(slot[_NEWEST]) + 1, self._clock_ms())
            slot[_NEWEST] = newest
            return newest

    async def turn(self, *, urgent: bool = False) -> float:
        """Wait until no other request of the key is on its way; the name of this turn.

        An `urgent` one goes before all others that wait. A turn that is never over, as that of a
        process that ended, is not waited for any longer.
        """
        while True:
            with self._slots.held([self._name]) as (slot,):
                now = time.monotonic()
                if slot[_TAKEN_UNTIL] <= now and (urgent or slot[_URGENT_UNTIL] <= now):
                    slot[_TAKEN_UNTIL], slot[_URGENT_UNTIL] = now + _SENT_S, 0.0
                    return slot[_TAKEN_UNTIL]
                if urgent:
                    slot[_URGENT_UNTIL] = now + _URGENT_S
            await asyncio.sleep(_LOOK_S)

    def sending(self, turn: float) -> float | None:
        """The request goes out now; the turn's name from now on, None where it is another's now."""
        with self._slots.held([self._name]) as (slot,):
            if slot[_TAKEN_UNTIL] != turn:
                return None
            slot[_TAKEN_UNTIL] = time.monotonic() + ARRIVED_S
            return slot[_TAKEN_UNTIL]

    def over(self, turn: float) -> None:
        """The request of this turn was answered, or never left."""
        with self._slots.held([self._name]) as (slot,):
            if slot[_TAKEN_UNTIL] == turn:
                slot[_TAKEN_UNTIL] = 0.0
