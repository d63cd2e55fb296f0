"""Faults of a stream's messages: some are lost, doubled, or come after later ones."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from trading_tools.venue.faults.acts import Heard
from trading_tools.venue.faults.fault import Fault, Player
from trading_tools.venue.wire.connection import Connection
from trading_tools.venue.wire.messages import Message


class Mishap(StrEnum):
    """What becomes of a message."""

    LOST = "lost"
    DOUBLED = "sent twice"
    LATE = "sent after the next one"


@dataclass(frozen=True)
class Mangled(Fault):
    """Messages of a stream from the n-th on have a mishap, `times` in a row."""

    on: Heard
    mishap: Mishap = Mishap.LOST
    times: int = 1

    def player(self, dice: random.Random) -> Player:
        """Counts, and mangles."""
        return _Mangler(self)


class _Mangler(Player):
    def __init__(self, fault: Mangled) -> None:
        super().__init__(fault.name, str(fault.on))
        self._fault = fault
        self._heard = self._done = 0
        self._kept: tuple[Connection, Message] | None = None

    def outgoing(self, connection: Connection, message: Message) -> Iterable[Message]:
        fault = self._fault
        if not fault.on.matches(message):
            return (message,)
        if self._kept is not None and self._kept[0] is connection:
            late, self._kept = self._kept[1], None
            self._count(connection)
            return message, late
        self._heard += 1
        if self._heard < fault.on.nth or self._done == fault.times or self._kept is not None:
            return (message,)
        what = f"message about {message.told.value} {fault.mishap.value}"
        self.delivered(connection.place, what, connection=connection.number)
        if fault.mishap is Mishap.LATE:
            self._kept = connection, message
            return ()
        self._count(connection)
        return (message, message) if fault.mishap is Mishap.DOUBLED else ()

    def closed(self, connection: Connection) -> None:
        if self._kept is not None and self._kept[0] is connection:
            self._kept = None
            self._count(connection)

    def _count(self, connection: Connection) -> None:
        self._done += 1
        if self._done == self._fault.times:
            self.end(connection.place, "delivered as often as declared")
