"""The fault of private streams whose key or subscription expires."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass

from trading_tools.venue.faults.acts import PRIVATE, Act
from trading_tools.venue.faults.fault import Fault, Player
from trading_tools.venue.wire.connection import Connection
from trading_tools.venue.wire.interference import Request
from trading_tools.venue.wire.messages import Message
from trading_tools.venue.wire.venue import StreamKeys


@dataclass(frozen=True)
class KeysExpired(Fault):
    """At the n-th request all keys of private streams expire; new ones can be had at once.

    It is over when the bot hears of its account again.
    """

    on: Act

    def player(self, dice: random.Random) -> Player:
        """Counts, lets them expire, and ends when the bot hears of its account again."""
        return _Expirer(self)


class _Expirer(Player):
    def __init__(self, fault: KeysExpired) -> None:
        super().__init__(fault.name, f"{fault.on} of a bot that listens to its account")
        self._fault = fault
        self._seen = 0
        self._listening = self._expired = False

    def asked(self, request: Request) -> None:
        if self._expired or not self._fault.on.matches(request.seen):
            return
        self._seen += 1
        venue = request.venue
        if self._seen >= self._fault.on.nth and self._listening and isinstance(venue, StreamKeys):
            venue.expire_stream_keys(request.at)
            self._expired = True
            self.delivered(venue.place, "the keys of private streams expire", request.number)

    def outgoing(self, connection: Connection, message: Message) -> Iterable[Message]:
        if message.told in PRIVATE:
            self._listening = True
            if self._expired:
                self.end(connection.place, "the bot hears of its account again")
        return (message,)
