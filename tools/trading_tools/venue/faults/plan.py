"""A scenario's faults as one interference: each hook asks only the faults that use it."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence

from trading_tools.venue.faults.fault import Fault, Player
from trading_tools.venue.wire.connection import Connection
from trading_tools.venue.wire.interference import Cut, Interference, Request
from trading_tools.venue.wire.messages import Asked, Message, Reply
from trading_tools.venue.wire.venue import Venue

_HOOKS = (
    "asked", "before", "answered", "after", "opening", "opened", "closed",
    "admits", "incoming", "outgoing", "pong", "ping",
)  # fmt: skip


class Plan(Interference):
    """Plays faults. Same seed and same acts of the bot, same faults."""

    def __init__(self, faults: Iterable[Fault], seed: int) -> None:
        self._players = [
            fault.player(random.Random(f"{seed} {fault.name}"))  # noqa: S311 - no secret
            for fault in faults
        ]
        self._using: dict[str, list[Player]] = {
            hook: [
                player
                for player in self._players
                if getattr(type(player), hook) is not getattr(Player, hook)
            ]
            for hook in _HOOKS
        }

    def starting(self, venues: Sequence[Venue]) -> None:
        """Arm every fault."""
        for player in self._players:
            player.starting(venues)

    async def before(self, request: Request) -> Reply | Cut | None:
        """Let every fault count the request; the first that has an answer gives it."""
        for player in self._live("asked"):
            player.asked(request)
        for player in self._live("before"):
            outcome = await player.before(request)
            if outcome is not None:
                return outcome
        return None

    async def after(self, request: Request, reply: Reply) -> Reply | Cut:
        """Let every fault count what was done; each may change the reply, until one cuts it."""
        for player in self._live("answered"):
            player.answered(request, reply)
        outcome: Reply | Cut = reply
        for player in self._live("after"):
            if isinstance(outcome, Cut):
                break
            outcome = await player.after(request, outcome)
        return outcome

    def opening(self, venue: Venue, asked: Asked) -> Reply | None:
        """The first fault that refuses a WebSocket does."""
        for player in self._live("opening"):
            refusal = player.opening(venue, asked)
            if refusal is not None:
                return refusal
        return None

    def opened(self, connection: Connection) -> None:
        """Tell every fault."""
        for player in self._live("opened"):
            player.opened(connection)

    def closed(self, connection: Connection) -> None:
        """Tell every fault."""
        for player in self._live("closed"):
            player.closed(connection)

    def admits(self, connection: Connection, request: Request) -> bool:
        """Whether every fault lets a request over a WebSocket reach the venue."""
        for player in self._live("asked"):
            player.asked(request)
        return all(player.admits(connection, request) for player in self._live("admits"))

    def incoming(self, connection: Connection, text: str) -> bool:
        """Whether every fault lets a client's message pass."""
        return all(player.incoming(connection, text) for player in self._live("incoming"))

    def outgoing(self, connection: Connection, message: Message) -> Iterable[Message]:
        """What the faults together make of a message; an answer is counted before."""
        if message.request is not None:
            reply = Reply(400 if message.code else 200, message.text.encode(), code=message.code)
            for player in self._live("answered"):
                player.answered(message.request, reply)
        players = self._live("outgoing")
        if not players:
            return (message,)
        messages: list[Message] = [message]
        for player in players:
            messages = [new for old in messages for new in player.outgoing(connection, old)]
        return messages

    def pong(self, connection: Connection) -> bool:
        """Whether every fault lets a ping be answered."""
        return all(player.pong(connection) for player in self._live("pong"))

    def ping(self, connection: Connection) -> bool:
        """Whether every fault lets the venue ping."""
        return all(player.ping(connection) for player in self._live("ping"))

    def _live(self, hook: str) -> list[Player]:
        """Those that use a hook and are not over."""
        using = self._using[hook]
        for player in using:
            if player.over:
                using = self._using[hook] = [each for each in using if not each.over]
                break
        return using
