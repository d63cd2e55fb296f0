"""The stages of an order as we know it, and which may follow which."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class Stage(StrEnum):
    """What is known of an order."""

    INTENDED = "intended"
    """Written down; whether it was sent is not known: the process may have ended in between."""
    UNKNOWN = "unknown"
    """Sent; what became of it is not known. It counts as open until the venue says otherwise."""
    WAITING = "waiting"
    """A stop that the venue keeps until its price has come."""
    OPEN = "open"
    FILLED = "filled"
    CANCELED = "canceled"
    """Ended by us or the venue; what it filled before stays filled."""
    REJECTED = "rejected"
    """Refused by a code of which it is known that no order comes of it."""
    VOID = "void"
    """Proven never to have reached the venue: its window has passed, and the venue has no such."""


ENDS: Final = frozenset({Stage.FILLED, Stage.CANCELED, Stage.REJECTED, Stage.VOID})
UNSURE: Final = frozenset({Stage.INTENDED, Stage.UNKNOWN})
_KNOWN = frozenset({Stage.WAITING, Stage.OPEN, Stage.FILLED, Stage.CANCELED})

LIFE: Final[dict[Stage, frozenset[Stage]]] = {
    Stage.INTENDED: _KNOWN | {Stage.UNKNOWN, Stage.REJECTED, Stage.VOID},
    Stage.UNKNOWN: _KNOWN | {Stage.REJECTED, Stage.VOID},
    # A venue may refuse what a stop has become: for want of funds, or of what it is to reduce.
    Stage.WAITING: frozenset({Stage.OPEN, Stage.FILLED, Stage.CANCELED, Stage.REJECTED}),
    # Bybit takes an order for processing first, and may refuse it then.
    Stage.OPEN: frozenset({Stage.FILLED, Stage.CANCELED, Stage.REJECTED}),
    Stage.FILLED: frozenset(),
    Stage.CANCELED: frozenset(),
    Stage.REJECTED: frozenset(),
    Stage.VOID: frozenset(),
}


class IllegalTransition(Exception):
    """A stage that cannot follow: a fault of ours or a venue that contradicts itself."""


def turn(client_order_id: str, now: Stage, then: Stage) -> Stage:
    """The stage after `now`; the same one again is no change.

    Raises:
        IllegalTransition: `LIFE` does not lead there.
    """
    if then is now or then in LIFE[now]:
        return then
    raise IllegalTransition(f"order {client_order_id} cannot go from {now} to {then}")
