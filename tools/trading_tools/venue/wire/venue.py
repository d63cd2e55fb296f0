"""What a venue is to the server that puts it on the wire, and a conversation to its socket."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, runtime_checkable

from trading_tools.venue.market.place import Marketplace
from trading_tools.venue.wire.credentials import Credentials
from trading_tools.venue.wire.messages import Asked, Reply, Seen, Trouble

if TYPE_CHECKING:
    from trading_tools.venue.wire.connection import Connection, SocketRules


class Talk(Protocol):
    """One conversation on a WebSocket connection."""

    def on_text(self, text: str) -> None:
        """Take one message of the client."""

    def leave(self) -> None:
        """The connection has ended: nothing more is sent on it."""


@runtime_checkable
class StreamKeys(Protocol):
    """A venue whose private streams live by something that expires: a key, a subscription."""

    def expire_stream_keys(self, at: int) -> None:
        """Let them expire now, and tell who listens what the venue tells then."""


@runtime_checkable
class SparesHosts(Protocol):
    """A venue that answers for hosts of a sister venue too, as long as the sister is not there."""

    @property
    def spare_hosts(self) -> frozenset[str]:
        """Those of its hosts that are a sister's own."""


class Venue(Protocol):
    """A marketplace that speaks one venue's protocol.

    `name` is the one that the command line has, `hosts` all real host names that it answers for.
    """

    @property
    def name(self) -> str:
        """Which venue it is."""

    @property
    def hosts(self) -> frozenset[str]:
        """The host names of the real one."""

    @property
    def place(self) -> Marketplace:
        """The exchange behind it, with its clock and its ledger."""

    @property
    def credentials(self) -> Credentials:
        """The key that the drill's account has here."""

    def seen(self, asked: Asked) -> Seen:
        """What a request is for. It never fails: what is not understood is UNKNOWN or OTHER."""

    def answer(self, asked: Asked, at: int, number: int) -> Reply:
        """Do what a request asks for. `number` is its entry in the ledger, `at` milliseconds."""

    def trouble(self, trouble: Trouble, at: int, retry_after_s: int | None = None) -> Reply:
        """How this venue says that it fails or refuses as a whole."""

    def is_socket(self, asked: Asked) -> bool:
        """Whether a WebSocket may be opened with this path."""

    def refuse_socket(self, asked: Asked, at: int) -> Reply | None:
        """Why a WebSocket is not accepted now, or None."""

    def rules(self, asked: Asked) -> SocketRules:
        """The limits of such a connection."""

    def converse(self, asked: Asked, connection: Connection) -> Talk:
        """Begin the conversation on a connection that was accepted."""

    def pump(self, at: int) -> None:
        """Send what the public streams owe at `at`."""
