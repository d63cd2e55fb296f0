"""Pages of what has been: from when to when, fifty rows at once from an offset on."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import TypeVar

from trading_tools.venue.kraken.call import Call
from trading_tools.venue.kraken.errors import invalid
from trading_tools.venue.kraken.params import read_amount

ROWS = 50

Row = TypeVar("Row")


def page(call: Call, rows: Sequence[Row]) -> Sequence[Row]:
    """The rows from the parameter `ofs` on.

    Raises:
        KrakenError: it is negative or no number.
    """
    offset = call.params.integer("ofs") or 0
    if offset < 0:
        raise invalid("ofs")
    return rows[offset : offset + ROWS]


def window(call: Call, times: Mapping[str, int]) -> tuple[int, int]:
    """`start` (exclusive) and `end` (inclusive) in milliseconds; each a time or an id of `times`.

    Raises:
        KrakenError: one is neither.
    """
    return _moment(call, "start", times, -1), _moment(call, "end", times, sys.maxsize)


def _moment(call: Call, name: str, times: Mapping[str, int], default: int) -> int:
    text = call.params.optional(name)
    if text is None:
        return default
    if text in times:
        return times[text]
    return read_amount(text, name) // 10**5
