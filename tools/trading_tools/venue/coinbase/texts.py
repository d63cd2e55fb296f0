"""Numbers, times and ids as Coinbase writes them."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from uuid import UUID

from trading_tools.venue.core.instruments import Instrument, text_of


def plain(amount: int) -> str:
    """`amount` atoms without needless zeros: "60000", "0.01"."""
    return text_of(amount).rstrip("0").removesuffix(".")


def price_text(each: Instrument, ticks: int) -> str:
    """A price in quote."""
    return plain(ticks * each.tick_atoms)


def size_text(each: Instrument, steps: int) -> str:
    """A size in base."""
    return plain(steps * each.step_atoms)


def time_text(at: int) -> str:
    """Milliseconds as "2026-11-20T16:00:00.123000Z"."""
    return f"{datetime.fromtimestamp(at / 1000, UTC):%Y-%m-%dT%H:%M:%S}.{at % 1000:03d}000Z"


def uuid_text(seed: int, what: str) -> str:
    """An id of `what`, the same for a seed."""
    digest = hashlib.sha256(f"{what}, seed {seed}".encode()).digest()
    return str(UUID(bytes=digest[:16], version=4))


class OrderIds:
    """Orders by the ids that clients know, and those ids by the core's numbers."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._texts: dict[int, str] = {}
        self._numbers: dict[str, int] = {}

    def text(self, number: int) -> str:
        """The id of the order that the core calls `number`."""
        if number not in self._texts:
            text = self._texts[number] = uuid_text(self._seed, f"order {number}")
            self._numbers[text] = number
        return self._texts[number]

    def number(self, text: str) -> int | None:
        """The core's number of an order, or None for an id that was never given out."""
        return self._numbers.get(text)
