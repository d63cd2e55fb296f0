"""The bot's acts that set a fault off: its n-th order, its n-th request, what it listens to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from trading_tools.venue.wire.messages import Message, Operation, Seen, Told

ORDERS: Final = frozenset({Operation.PLACE})
MARKET: Final = frozenset({Told.BOOK, Told.TRADES, Told.TICKER, Told.CANDLES})
"""What every client may hear."""
PRIVATE: Final = frozenset({Told.ORDERS, Told.BALANCE, Told.POSITIONS})
"""What an account alone hears."""


@dataclass(frozen=True)
class Act:
    """The `nth` request for one of `operations`; for any, where there are none.

    `words` narrows it: each must be the value of a parameter, as the venue's clients write it
    (a symbol, a side, a client order id); case is ignored.
    """

    operations: frozenset[Operation] = ORDERS
    nth: int = 1
    words: frozenset[str] = frozenset()

    def matches(self, seen: Seen) -> bool:
        """Whether a request is one of those that are counted."""
        if self.operations and seen.operation not in self.operations:
            return False
        return not self.words or {word.upper() for word in self.words} <= set(_values(seen.params))

    def __str__(self) -> str:
        what = " or ".join(sorted(each.value for each in self.operations)) or "any"
        narrowed = f" with {', '.join(sorted(self.words))}" if self.words else ""
        return f"{what} request number {self.nth}{narrowed}"


@dataclass(frozen=True)
class Heard:
    """The `nth` message about one of `kinds` that the venue sends on a stream."""

    kinds: frozenset[Told] = MARKET
    nth: int = 1

    def matches(self, message: Message) -> bool:
        """Whether a message is one of those that are counted."""
        return message.told in self.kinds

    def __str__(self) -> str:
        what = " or ".join(sorted(each.value for each in self.kinds))
        return f"stream message number {self.nth} about {what}"


def _values(params: Mapping[str, Any]) -> Iterator[str]:
    """Every value, those of nested parameters too, in capitals."""
    for value in params.values():
        yield from _texts(value)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        yield from _values(value)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _texts(each)
    else:
        yield str(value).upper()
