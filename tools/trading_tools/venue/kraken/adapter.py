"""Kraken spot as a venue on the wire: which hosts, which sockets, which words when it fails."""

from __future__ import annotations

from trading_tools.venue.kraken import rest
from trading_tools.venue.kraken.channels import Channels
from trading_tools.venue.kraken.private import PrivateChannels
from trading_tools.venue.kraken.socket import KrakenSocket
from trading_tools.venue.kraken.spot import KrakenSpot
from trading_tools.venue.kraken.troubles import trouble
from trading_tools.venue.wire.connection import Connection, SocketRules
from trading_tools.venue.wire.credentials import Credentials
from trading_tools.venue.wire.messages import Asked, Reply, Seen, Trouble
from trading_tools.venue.wire.venue import Talk

RULES = SocketRules(ping_every_s=None)
"""The client pings; the venue sends heartbeats, and ends what is idle without a subscription."""

_PRIVATE_HOST = "ws-auth.kraken.com"
_TOO_MANY = (
    b"<html><head><title>error code: 1015</title></head><body>error code: 1015</body></html>"
)


class Kraken:
    """Kraken spot: REST and the WebSocket API v2."""

    name = "kraken"
    hosts = frozenset({"api.kraken.com", "ws.kraken.com", _PRIVATE_HOST})

    def __init__(self, place: KrakenSpot, rules: SocketRules = RULES) -> None:
        self.place = place
        self._rules = rules
        self._channels = Channels(place)
        self._private = PrivateChannels(place)
        self._talks: set[KrakenSocket] = set()

    @property
    def credentials(self) -> Credentials:
        """The key that the drill's account has here."""
        return self.place.credentials

    def seen(self, asked: Asked) -> Seen:
        """What a request is for."""
        return rest.seen(asked)

    def answer(self, asked: Asked, at: int, number: int) -> Reply:
        """Do what a request asks for."""
        return rest.answer(self.place, asked, at, number)

    def trouble(self, trouble_: Trouble, at: int, retry_after_s: int | None = None) -> Reply:
        """How Kraken says that it fails or refuses as a whole."""
        return trouble(trouble_, retry_after_s)

    def is_socket(self, asked: Asked) -> bool:
        """Version 2 is at `/v2`; the older version is not served."""
        return asked.path.rstrip("/") == "/v2"

    def refuse_socket(self, asked: Asked, at: int) -> Reply | None:
        """More than 150 connections in ten minutes are refused by the gateway."""
        if self.place.limits.connect(at):
            return None
        return Reply(429, _TOO_MANY, "text/html", {"Retry-After": "600"}, "1015")

    def rules(self, asked: Asked) -> SocketRules:
        """The same for the public and the private host."""
        return self._rules

    def converse(self, asked: Asked, connection: Connection) -> Talk:
        """A conversation; orders and what belongs to the account are on the private host."""
        private = self._private if asked.host == _PRIVATE_HOST else None
        talk = KrakenSocket(self.place, self._channels, private, connection, self._talks.discard)
        self._talks.add(talk)
        return talk

    def pump(self, at: int) -> None:
        """Send what the channels owe at `at`."""
        self._channels.pump(at)
        for talk in list(self._talks):
            talk.pump(at)
