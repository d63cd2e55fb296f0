"""Coinbase Advanced Trade as a venue on the wire: hosts, sockets, and words when it fails."""

from __future__ import annotations

from typing import Final

from trading_tools.venue.coinbase import rest
from trading_tools.venue.coinbase.errors import CoinbaseError
from trading_tools.venue.coinbase.place import CoinbasePlace
from trading_tools.venue.coinbase.private import Users
from trading_tools.venue.coinbase.socket import Feed
from trading_tools.venue.coinbase.streams import Streams
from trading_tools.venue.coinbase.troubles import trouble
from trading_tools.venue.wire.connection import Connection, SocketRules
from trading_tools.venue.wire.credentials import Credentials
from trading_tools.venue.wire.messages import Asked, Reply, Seen, Trouble
from trading_tools.venue.wire.venue import Talk

REST_HOST: Final = "api.coinbase.com"
FEED_HOST: Final = "advanced-trade-ws.coinbase.com"
USER_HOST: Final = "advanced-trade-ws-user.coinbase.com"

RULES: Final = SocketRules(ping_every_s=None)
"""The client pings; an end after 24 hours. What ends a connection earlier is `limits`."""


class Coinbase:
    """Coinbase Advanced Trade: REST of both APIs and the feed."""

    name = "coinbase"
    hosts = frozenset({REST_HOST, FEED_HOST, USER_HOST})

    def __init__(self, place: CoinbasePlace) -> None:
        self.place = place
        self._streams = Streams(place)
        self._users = Users(place)
        self._feeds: dict[Feed, None] = {}

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
        """How Coinbase says that it fails or refuses as a whole."""
        return trouble(trouble_, retry_after_s)

    def is_socket(self, asked: Asked) -> bool:
        """The feed is at the root of its hosts."""
        return asked.path == "/" and asked.host != REST_HOST

    def refuse_socket(self, asked: Asked, at: int) -> Reply | None:
        """More than eight connections in a second are refused."""
        try:
            self.place.limits.connect(at)
        except CoinbaseError as error:
            return error.reply()
        return None

    def rules(self, asked: Asked) -> SocketRules:
        """The limits of a connection."""
        return RULES

    def converse(self, asked: Asked, connection: Connection) -> Talk:
        """A conversation on the feed."""
        feed = Feed(self.place, self._streams, self._users, connection, self._feeds.pop)
        self._feeds[feed] = None
        return feed

    def pump(self, at: int) -> None:
        """Send what the feed owes at `at`."""
        self._streams.pump(at)
        for feed in self._feeds:
            feed.close_if_silent()
