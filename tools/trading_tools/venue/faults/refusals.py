"""Faults in which the venue refuses for a while: limits and bans, firewall, maintenance."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Final

from trading_tools.venue.faults.acts import Act
from trading_tools.venue.faults.fault import Fault, Player, later
from trading_tools.venue.wire.interference import Request
from trading_tools.venue.wire.messages import Asked, Reply, Trouble
from trading_tools.venue.wire.venue import Venue

IN_A_BAN: Final = "in a ban"
"""What the ledger's `limit.hit` says of a request in a ban."""


@dataclass(frozen=True)
class Refusing(Fault):
    """From the n-th request on, everything is refused with `trouble` for `for_s`.

    Nothing that is asked meanwhile is done; no new WebSocket is accepted, open ones stay.
    """

    on: Act
    trouble: Trouble = Trouble.MAINTENANCE
    for_s: float = 4.0

    def player(self, dice: random.Random) -> Player:
        """Counts, and refuses."""
        return _Refuser(self)


class _Refuser(Player):
    def __init__(self, fault: Refusing) -> None:
        super().__init__(fault.name, str(fault.on))
        self._fault = fault
        self._seen = 0
        self._on = False

    def asked(self, request: Request) -> None:
        if self._on or not self._fault.on.matches(request.seen):
            return
        self._seen += 1
        if self._seen == self._fault.on.nth:
            self._on = True
            place = request.venue.place
            later(self._fault.for_s, lambda: self.end(place, f"{self._fault.for_s} s are over"))

    async def before(self, request: Request) -> Reply | None:
        if not self._on:
            return None
        what = f"{request.seen.operation.value} refused: {self._fault.trouble.value}"
        self.delivered(request.venue.place, what, request.number)
        return request.venue.trouble(self._fault.trouble, request.at)

    def admits(self, connection: object, request: Request) -> bool:
        if self._on and request.connection is not None:
            what = f"{request.seen.operation.value} lost: {self._fault.trouble.value}"
            self.delivered(request.venue.place, what, request.number)
            request.connection.close(1012, "service restart")
        return not self._on

    def opening(self, venue: Venue, asked: Asked) -> Reply | None:
        if not self._on:
            return None
        return venue.trouble(self._fault.trouble, venue.place.clock())


@dataclass(frozen=True)
class Limited(Fault):
    """The n-th request is one too many: a warning with `Retry-After`, then a ban.

    Whoever asks before `retry_after_s` is over is refused again, and after `patience` such
    refusals is banned for `ban_s`; each request in the ban begins it anew. What a client had sent
    when the warning went out (`grace_s`) does not count.
    """

    on: Act
    retry_after_s: int = 3
    patience: int = 2
    ban_s: int = 10
    grace_s: float = 0.25

    def player(self, dice: random.Random) -> Player:
        """Counts, warns and bans."""
        return _Limiter(self)


class _Limiter(Player):
    def __init__(self, fault: Limited) -> None:
        super().__init__(fault.name, str(fault.on))
        self._fault = fault
        self._seen = self._refused = 0
        self._grace_until = self._until = 0

    def asked(self, request: Request) -> None:
        fault = self._fault
        if not self._until and fault.on.matches(request.seen):
            self._seen += 1
            if self._seen == fault.on.nth:
                self._grace_until = request.at + int(fault.grace_s * 1_000)
                self._wait(request.venue, request.at, fault.retry_after_s)

    async def before(self, request: Request) -> Reply | None:
        return self._refusal(request.venue, request.at, request.number)

    def admits(self, connection: object, request: Request) -> bool:
        refused = self._refusal(request.venue, request.at, request.number) is not None
        if refused and request.connection is not None:
            request.connection.close(1008, "Too many requests")
        return not refused

    def opening(self, venue: Venue, asked: Asked) -> Reply | None:
        return self._refusal(venue, venue.place.clock(), 0)

    def _refusal(self, venue: Venue, at: int, number: int) -> Reply | None:
        fault = self._fault
        if at >= self._until:
            return None
        what = "in flight when the warning went out"
        if not self._refused or at >= self._grace_until:
            self._refused += 1
            what = "over the limit" if self._refused == 1 else "before Retry-After was over"
        banned = self._refused > 1 + fault.patience
        if banned:
            what = IN_A_BAN
            self._wait(venue, at, fault.ban_s)
        trouble = Trouble.BANNED if banned else Trouble.RATE_LIMITED
        reply = venue.trouble(trouble, at, -(-(self._until - at) // 1_000))
        venue.place.limit_hit(at, str(reply.status), what)
        self.delivered(venue.place, f"refused: {what}", number)
        return reply

    def _wait(self, venue: Venue, at: int, seconds: int) -> None:
        until = self._until = at + 1_000 * seconds
        later(seconds, lambda: self._over(venue, until))

    def _over(self, venue: Venue, until: int) -> None:
        if self._until == until:
            self.end(venue.place, "the wait is over" if self._refused <= 1 else "the ban is over")
