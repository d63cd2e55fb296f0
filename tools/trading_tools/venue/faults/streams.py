"""Faults of a whole stream: silent, half open, without pongs, broken, broken again and again.

Faults of single messages are `told`.
"""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from trading_tools.venue.faults.acts import Heard
from trading_tools.venue.faults.fault import Fault, Player, later
from trading_tools.venue.wire.connection import Connection
from trading_tools.venue.wire.messages import Message, Told

_CALM = frozenset({Told.REPLY, Told.CONTROL})


class Silence(StrEnum):
    """What still comes over a connection that looks open."""

    NO_DATA = "nothing but pings, pongs and replies"
    HALF_OPEN = "nothing at all, and nothing that is sent arrives"
    NO_PONG = "data, but no pong"


@dataclass(frozen=True)
class Silent(Fault):
    """From the n-th message on, the connection that it came by is silent until it ends.

    With `for_s` it speaks again after that.
    """

    on: Heard
    how: Silence = Silence.NO_DATA
    for_s: float | None = None

    def player(self, dice: random.Random) -> Player:
        """Counts, and silences."""
        return _Silencer(self)


class _Silencer(Player):
    def __init__(self, fault: Silent) -> None:
        super().__init__(fault.name, str(fault.on))
        self._fault = fault
        self._heard = 0
        self._muted: Connection | None = None

    def outgoing(self, connection: Connection, message: Message) -> Iterable[Message]:
        how = self._fault.how
        if self._muted is None and self._fault.on.matches(message):
            self._heard += 1
            if self._heard == self._fault.on.nth:
                self._muted = connection
                place, for_s = connection.place, self._fault.for_s
                self.delivered(place, how.value, connection=connection.number)
                if for_s is not None:
                    later(for_s, lambda: self.end(place, f"{for_s} s are over"))
                return (message,)
        if connection is not self._muted or how is Silence.NO_PONG:
            return (message,)
        return (message,) if how is Silence.NO_DATA and message.told in _CALM else ()

    def incoming(self, connection: Connection, text: str) -> bool:
        return connection is not self._muted or self._fault.how is not Silence.HALF_OPEN

    def pong(self, connection: Connection) -> bool:
        return connection is not self._muted or self._fault.how is Silence.NO_DATA

    def ping(self, connection: Connection) -> bool:
        return connection is not self._muted or self._fault.how is not Silence.HALF_OPEN

    def closed(self, connection: Connection) -> None:
        if connection is self._muted:
            self.end(connection.place, "the connection has ended")


@dataclass(frozen=True)
class Broken(Fault):
    """At the n-th message the connection breaks; then the next `times - 1` at their first one.

    `code` is that of a close frame; None resets the connection without one. After `for_s` it is
    over, however many have broken.
    """

    on: Heard
    times: int = 1
    code: int | None = None
    for_s: float = 3.0

    def player(self, dice: random.Random) -> Player:
        """Counts, and breaks."""
        return _Breaker(self)


class _Breaker(Player):
    def __init__(self, fault: Broken) -> None:
        super().__init__(fault.name, str(fault.on))
        self._fault = fault
        self._heard = self._broken = 0

    def outgoing(self, connection: Connection, message: Message) -> Iterable[Message]:
        fault = self._fault
        if not fault.on.matches(message):
            return (message,)
        self._heard += 1
        if self._heard < fault.on.nth:
            return (message,)
        if not self._broken:
            place = connection.place
            later(fault.for_s, lambda: self.end(place, f"{fault.for_s} s are over"))
        self._broken += 1
        how = "reset" if fault.code is None else f"closed with {fault.code}"
        what = f"{how}, {self._broken} of {fault.times}"
        self.delivered(connection.place, what, connection=connection.number)
        if fault.code is None:
            connection.abort()
        else:
            connection.close(fault.code, "")
        if self._broken == fault.times:
            self.end(connection.place, "delivered as often as declared")
        return ()
