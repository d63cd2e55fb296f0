"""Nonces of a key that only rise: for the clients of a process, with shared slots of a machine.

A venue that wants them refuses one that is not above the last that it saw. Two requests that are on
their way at once may still overtake each other: the key's nonce window at the venue is for that.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from trading_tools.exchange.pacing.slots import Slots

NONCED: Final = frozenset({"kraken"})
"""Venues whose ccxt client signs with `incrementing_nonce`, which counts for one client alone."""


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
        with self._slots.held([self._name]) as slots:
            newest = max(int(slots[0][0]) + 1, self._clock_ms())
            slots[0][0] = newest
            return newest
