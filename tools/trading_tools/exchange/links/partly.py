"""Rows of an answer that are read one by one: one that cannot be keeps no other from being read."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

from trading_tools.exchange.orders.port import PartlyRead, Unanswered

R = TypeVar("R")
S = TypeVar("S")


def readable(venue: str, read: Callable[[R], S], rows: Iterable[R]) -> list[S]:
    """All rows, read; `read` raises `Unanswered` where it cannot.

    Raises:
        PartlyRead: some could not be read; it says which, and has the others.
    """
    found: list[S] = []
    unread: list[str] = []
    for row in rows:
        try:
            found.append(read(row))
        except Unanswered as error:
            unread.append(str(error))
    if unread:
        raise PartlyRead(f"{len(unread)} of {venue}'s rows: {'; '.join(unread)}", found)
    return found
