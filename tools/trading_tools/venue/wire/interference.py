"""The port by which faults come in: what passes over the wire may be held, changed or lost.

Which faults there are, and when, is `faults`; without any, `Interference` lets everything pass.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from trading_tools.venue.wire.messages import Asked, Message, Reply, Seen

if TYPE_CHECKING:
    from trading_tools.venue.wire.connection import Connection
    from trading_tools.venue.wire.venue import Venue


@dataclass(frozen=True)
class Cut:
    """Instead of a whole reply: `sent` bytes of it, then the connection is reset.

    `hang` leaves the connection open and silent instead, as a peer that has vanished.
    """

    reply: Reply | None = None
    sent: int = 0
    hang: bool = False


@dataclass(frozen=True)
class Request:
    """A request that was understood. `number` is its entry in the venue's ledger.

    `connection` is the WebSocket that it came by; None for one over REST.
    """

    venue: Venue
    seen: Seen
    at: int
    number: int
    connection: Connection | None = None


class Interference:
    """Lets everything pass; a fault plan overrides what it needs."""

    def starting(self, venues: Sequence[Venue]) -> None:
        """The venues open; nothing has been asked yet."""

    async def before(self, request: Request) -> Reply | Cut | None:
        """Before the venue acts: an answer in its place, or None to let it act."""

    async def after(self, request: Request, reply: Reply) -> Reply | Cut:
        """After the venue has acted: what its client gets of the reply."""
        return reply

    def opening(self, venue: Venue, asked: Asked) -> Reply | None:
        """Before a WebSocket is accepted: a refusal, or None."""

    def opened(self, connection: Connection) -> None:
        """A WebSocket was accepted."""

    def closed(self, connection: Connection) -> None:
        """A WebSocket has ended."""

    def admits(self, connection: Connection, request: Request) -> bool:
        """Whether the venue acts on a request that came over a WebSocket."""
        return True

    def incoming(self, connection: Connection, text: str) -> bool:
        """Whether a client's message reaches the venue."""
        return True

    def outgoing(self, connection: Connection, message: Message) -> Iterable[Message]:
        """What is sent for a message; a plan may keep some for later and `deliver` them then."""
        return (message,)

    def pong(self, connection: Connection) -> bool:
        """Whether a client's ping is answered."""
        return True

    def ping(self, connection: Connection) -> bool:
        """Whether the venue's own ping is sent."""
        return True
