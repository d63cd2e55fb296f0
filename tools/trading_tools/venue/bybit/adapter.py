"""Bybit as a venue on the wire: which hosts, which sockets, which words when it fails."""

from __future__ import annotations

from functools import partial
from typing import Final

from trading_tools.venue.bybit import rest
from trading_tools.venue.bybit.limits import AddressBanned
from trading_tools.venue.bybit.listing import LINEAR, SPOT
from trading_tools.venue.bybit.own_stops import follow
from trading_tools.venue.bybit.place import BybitPlace
from trading_tools.venue.bybit.private import PrivateStreams
from trading_tools.venue.bybit.socket import PrivateTopics, PublicTopics, StreamSocket
from trading_tools.venue.bybit.streams import Streams
from trading_tools.venue.bybit.trade_socket import TradeSocket
from trading_tools.venue.bybit.troubles import trouble
from trading_tools.venue.wire.connection import Connection, SocketRules
from trading_tools.venue.wire.credentials import Credentials
from trading_tools.venue.wire.messages import Asked, Reply, Seen, Trouble
from trading_tools.venue.wire.venue import Talk

RULES: Final = SocketRules(ping_every_s=None, idle_s=600)
"""The client pings; a connection on which nothing came for ten minutes is ended."""

_PUBLIC: Final = {"/v5/public/spot": SPOT, "/v5/public/linear": LINEAR}
_PRIVATE: Final = "/v5/private"
_TRADE: Final = "/v5/trade"


class Bybit:
    """Bybit v5: REST, public and private streams, and orders over WebSocket."""

    name = "bybit"
    hosts = frozenset(
        {
            "api.bybit.com",
            "api.bytick.com",
            "stream.bybit.com",
            "api-testnet.bybit.com",
            "stream-testnet.bybit.com",
            "api-demo.bybit.com",
            "stream-demo.bybit.com",
        }
    )

    def __init__(self, place: BybitPlace, rules: SocketRules = RULES) -> None:
        self.place = place
        self._rules = rules
        self._streams = {kind: Streams(place, kind) for kind in _PUBLIC.values()}
        self._private = PrivateStreams(place)
        # After the streams have registered, so that a fill is told before what comes of it.
        place.exchange.on_report.append(partial(follow, place))

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
        """How Bybit says that it fails or refuses as a whole."""
        return trouble(trouble_, at, retry_after_s)

    def is_socket(self, asked: Asked) -> bool:
        """Public streams by category, the private one, and orders."""
        return asked.path in _PUBLIC or asked.path in (_PRIVATE, _TRADE)

    def refuse_socket(self, asked: Asked, at: int) -> Reply | None:
        """More than 500 connections in five minutes are refused."""
        del asked
        try:
            self.place.limits.connect(at)
        except AddressBanned:
            return rest.shut_out()
        return None

    def rules(self, asked: Asked) -> SocketRules:
        """All connections have the same limits."""
        del asked
        return self._rules

    def converse(self, asked: Asked, connection: Connection) -> Talk:
        """A conversation about streams, or about orders."""
        if asked.path == _TRADE:
            return TradeSocket(self.place, connection)
        if asked.path == _PRIVATE:
            private = PrivateTopics(self.place, self._private, connection)
            return StreamSocket(self.place, connection, private)
        category = _PUBLIC[asked.path]
        public = PublicTopics(self._streams[category], connection, category == SPOT)
        return StreamSocket(self.place, connection, public)

    def pump(self, at: int) -> None:
        """Send what the public streams owe at `at`, and see whether somebody is still there."""
        self.place.abandon(at)
        for streams in self._streams.values():
            streams.pump(at)
