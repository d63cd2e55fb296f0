"""Faults of a single request: its answer is lost, broken, false or late.

Faults that make the venue refuse for a while whatever is asked are `refusals`.
"""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass, replace
from enum import StrEnum

from trading_tools.venue.faults.acts import Act
from trading_tools.venue.faults.fault import Fault, Player
from trading_tools.venue.wire.interference import Cut, Request
from trading_tools.venue.wire.messages import Message, Reply, Told, Trouble


class Ending(StrEnum):
    """How an answer fails to arrive as it was meant."""

    RESET = "the connection is reset"
    HANG = "the connection stays open and silent"
    HALF = "half of the answer, then the connection is reset"
    TRUNCATED = "200 with the first half of the body"
    EMPTY = "200 with no body"


class Acted(StrEnum):
    """What became of the request whose answer is spoilt."""

    YES = "the venue has done it"
    NO = "the venue has not done it"
    DICE = "the seed decides whether the venue has done it"


@dataclass(frozen=True)
class Spoilt(Fault):
    """Requests from the n-th on are answered wrongly, `times` in a row.

    Where the venue acts, only requests that it accepts are counted: there is nothing to lose of a
    refused one. Over a WebSocket, which has no status of its own for it, every answer but a silent
    one (HANG) is a reset.
    """

    on: Act
    answer: Trouble | Ending = Ending.RESET
    acted: Acted = Acted.YES
    times: int = 1

    def player(self, dice: random.Random) -> Player:
        """Counts, and spoils."""
        return _Spoiler(self, dice)


class _Spoiler(Player):
    def __init__(self, fault: Spoilt, dice: random.Random) -> None:
        accepted = "accepted " if fault.acted is Acted.YES else ""
        super().__init__(fault.name, f"{accepted}{fault.on}")
        self._fault = fault
        self._left = fault.on.nth + fault.times - 1
        self._coin = [dice.random() < 0.5 for _ in range(fault.times)]
        self._hit: dict[int, str] = {}
        self._told = 0

    def asked(self, request: Request) -> None:
        acts = self._fault.acted
        if acts is Acted.NO or (acts is Acted.DICE and not self._heads()):
            self._count(request, "not done")

    def answered(self, request: Request, reply: Reply) -> None:
        acts = self._fault.acted
        if request.number in self._hit or reply.code or reply.status >= 400:
            return
        if acts is Acted.YES or (acts is Acted.DICE and self._heads()):
            self._count(request, "done")

    async def before(self, request: Request) -> Reply | Cut | None:
        if request.number not in self._hit:
            return None
        answer = self._fault.answer
        if isinstance(answer, Trouble):
            reply = request.venue.trouble(answer, request.at)
        else:
            reply = Reply(200, b"{}")
        return self._spoil(request, reply)

    async def after(self, request: Request, reply: Reply) -> Reply | Cut:
        if request.number not in self._hit:
            return reply
        answer = self._fault.answer
        if isinstance(answer, Trouble):
            reply = request.venue.trouble(answer, request.at)
        return self._spoil(request, reply)

    def admits(self, connection: object, request: Request) -> bool:
        if request.number not in self._hit:
            return True
        self._break(request)
        return False

    def outgoing(self, connection: object, message: Message) -> tuple[Message, ...]:
        request = message.request
        if message.told is not Told.REPLY or request is None or request.number not in self._hit:
            return (message,)
        self._break(request)
        return ()

    def _heads(self) -> bool:
        """The coin of the next request to be spoilt; the venue acts where it is heads."""
        return self._coin[min(len(self._hit), self._fault.times - 1)]

    def _count(self, request: Request, done: str) -> None:
        fault = self._fault
        if not fault.on.matches(request.seen) or not self._left:
            return
        self._left -= 1
        if self._left < fault.times:
            self._hit[request.number] = done

    def _spoil(self, request: Request, reply: Reply) -> Reply | Cut:
        self._tell(request, self._fault.answer)
        body = reply.body
        match self._fault.answer:
            case Ending.RESET:
                return Cut()
            case Ending.HANG:
                return Cut(hang=True)
            case Ending.HALF:
                return Cut(reply, max(1, len(body) // 2))
            case Ending.TRUNCATED:
                return replace(reply, body=body[: len(body) // 2])
            case Ending.EMPTY:
                return replace(reply, body=b"")
        return reply

    def _break(self, request: Request) -> None:
        """The same over a WebSocket."""
        silent = self._fault.answer is Ending.HANG
        self._tell(request, Ending.HANG if silent else Ending.RESET)
        if request.connection is not None and not silent:
            request.connection.abort()

    def _tell(self, request: Request, answer: Trouble | Ending) -> None:
        place, done = request.venue.place, self._hit[request.number]
        what = f"{request.seen.operation.value} {done}; answer: {answer.value}"
        self.delivered(place, what, request.number)
        self._told += 1
        if self._told == self._fault.times:
            self.end(place, "delivered as often as declared")


@dataclass(frozen=True)
class Slow(Fault):
    """From the n-th request on, answers take `delay_s` and up to `jitter_s` more.

    The venue acts at once. Answers over WebSockets come in time.
    """

    on: Act
    delay_s: float = 1.0
    jitter_s: float = 0.5
    times: int = 20

    def player(self, dice: random.Random) -> Player:
        """Counts, and waits."""
        return _Slower(self, dice)


class _Slower(Player):
    def __init__(self, fault: Slow, dice: random.Random) -> None:
        super().__init__(fault.name, str(fault.on))
        self._fault = fault
        self._dice = dice
        self._seen = 0

    async def after(self, request: Request, reply: Reply) -> Reply | Cut:
        fault = self._fault
        if not fault.on.matches(request.seen):
            return reply
        self._seen += 1
        done = self._seen - fault.on.nth + 1
        if 1 <= done <= fault.times:
            delay = fault.delay_s + fault.jitter_s * self._dice.random()
            self.delivered(request.venue.place, f"answer {delay:.3f} s late", request.number)
            await asyncio.sleep(delay)
            if done == fault.times:
                self.end(request.venue.place, "delivered as often as declared")
        return reply
