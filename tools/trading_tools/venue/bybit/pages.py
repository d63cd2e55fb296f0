"""Lists page by page, and bounds in time: a cursor names the first and the last row of a page.

Bybit gives a cursor as long as there are rows, with the last page too.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar
from urllib.parse import quote, unquote

from trading_tools.venue.bybit import errors
from trading_tools.venue.bybit.call import Call

Row = TypeVar("Row")


def page(
    call: Call, rows: Sequence[Row], mark: Callable[[Row], str], limit: int
) -> tuple[Sequence[Row], str]:
    """The rows after the cursor, and the next cursor.

    Raises:
        BybitError: the cursor names no row.
    """
    start = 0
    if "cursor" in call.params:
        # Clients send it as they got it or escaped once more.
        last = unquote(call.params.optional("cursor")).rpartition(",")[2]
        marks = [mark(row) for row in rows]
        if last not in marks:
            raise errors.unreadable("cursor")
        start = marks.index(last) + 1
    found = rows[start : start + limit]
    if not found:
        return found, ""
    return found, quote(f"{mark(found[0])},{mark(found[-1])}", safe="")


def times(call: Call, start: str, end: str) -> tuple[int | None, int | None]:
    """The bounds of a query in milliseconds, None for one that was not sent.

    Raises:
        BybitError: one is no number, or the end comes first.
    """
    params = call.params
    first = params.integer(start) if start in params else None
    last = params.integer(end) if end in params else None
    if first is not None and last is not None and first > last:
        raise errors.unreadable(end)
    return first, last
