"""What an order is besides its type: the tag that it has in the core.

The first three are the order filters of requests; a position's own stops are told by theirs. An
order may bring such stops along: they stand in its tag, and begin with its first fill.
"""

from __future__ import annotations

from typing import Final, NamedTuple

ORDER: Final = "Order"
STOP: Final = "StopOrder"
TPSL: Final = "tpslOrder"
TAKE_PROFIT: Final = "TakeProfit"
STOP_LOSS: Final = "StopLoss"
PARTIAL: Final = "Partial"
OWN_STOPS: Final = frozenset(
    half + tag for half in ("", PARTIAL) for tag in (TAKE_PROFIT, STOP_LOSS)
)
"""Stops that belong to a position, and end with it."""


class Attached(NamedTuple):
    """The stops that an order brings to its position: prices in ticks, 0 for none."""

    take_profit: int = 0
    stop_loss: int = 0


def tagged(kind: str, attached: Attached) -> str:
    """The tag of an order of this kind that brings these stops along."""
    return f"{kind}+{attached.take_profit}+{attached.stop_loss}" if any(attached) else kind


def kind_of(tag: str) -> str:
    """What a tag says that the order is."""
    return tag.partition("+")[0]


def attached_to(tag: str) -> Attached:
    """Which stops a tag says that the order brings along."""
    prices = tag.split("+")[1:]
    return Attached(*map(int, prices))
