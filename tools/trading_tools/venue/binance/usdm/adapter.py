"""Binance USD-M as a venue on the wire: which hosts, which sockets, which words when it fails."""

from __future__ import annotations

from dataclasses import replace

from trading_tools.venue.binance import rest
from trading_tools.venue.binance.errors import BinanceError
from trading_tools.venue.binance.socket_api import ApiSocket
from trading_tools.venue.binance.troubles import USDM, trouble
from trading_tools.venue.binance.usdm.endpoints import REST, SOCKET
from trading_tools.venue.binance.usdm.place import UsdmVenue
from trading_tools.venue.binance.usdm.socket import UsdmSocket, routed
from trading_tools.venue.binance.usdm.streams import UsdmStreams
from trading_tools.venue.binance.usdm.user_streams import UserStreams
from trading_tools.venue.wire.connection import Connection, SocketRules
from trading_tools.venue.wire.credentials import Credentials
from trading_tools.venue.wire.messages import Asked, Reply, Seen, Trouble
from trading_tools.venue.wire.venue import Talk

RULES = SocketRules(ping_every_s=180, pong_within_s=600, messages_per_s=10)
"""Pings every three minutes, pongs within ten, ten messages a second, an end after 24 hours."""


class BinanceUsdm:
    """Binance USD-M: REST, streams and the WebSocket API."""

    name = "binanceusdm"
    spare_hosts = frozenset({"api.binance.com", "testnet.binance.vision", "demo-api.binance.com"})
    hosts = spare_hosts | {
        "fapi.binance.com",
        "demo-fapi.binance.com",
        "fstream.binance.com",
        "ws-fapi.binance.com",
        "testnet.binancefuture.com",
        "fstream.binancefuture.com",
    }

    def __init__(self, place: UsdmVenue, rules: SocketRules = RULES) -> None:
        self.place = place
        self._rules = rules
        self._streams = UsdmStreams(place)
        self._user = UserStreams(place)

    @property
    def credentials(self) -> Credentials:
        """The key that the drill's account has here."""
        return self.place.credentials

    def seen(self, asked: Asked) -> Seen:
        """What a request is for."""
        return rest.seen(REST, asked)

    def answer(self, asked: Asked, at: int, number: int) -> Reply:
        """Do what a request asks for."""
        return rest.answer(REST, self.place, asked, at, number)

    def trouble(self, trouble_: Trouble, at: int, retry_after_s: int | None = None) -> Reply:
        """How Binance says that it fails or refuses as a whole."""
        return trouble(trouble_, at, retry_after_s, USDM)

    def is_socket(self, asked: Asked) -> bool:
        """Streams are `/ws` and `/stream` with a route before them or none; `/ws-fapi` the API."""
        return routed(asked.path).split("/")[1] in {"ws", "stream", "ws-fapi"}

    def refuse_socket(self, asked: Asked, at: int) -> Reply | None:
        """More than 300 connections in five minutes are refused."""
        try:
            self.place.limits.connect(at)
        except BinanceError as error:
            return rest.refusal(error)
        return None

    def rules(self, asked: Asked) -> SocketRules:
        """The WebSocket API counts weights as REST does, not messages."""
        return replace(self._rules, messages_per_s=None) if _is_api(asked) else self._rules

    def converse(self, asked: Asked, connection: Connection) -> Talk:
        """A conversation on streams or with the WebSocket API."""
        if _is_api(asked):
            return ApiSocket(self.place, SOCKET, connection)
        return UsdmSocket(
            self.place, self._streams, self._user, connection, asked.path, asked.query
        )

    def expire_stream_keys(self, at: int) -> None:
        """Let the listen keys end, as they do after an hour without a sign of life."""
        self._user.expire(at, everyone=True)

    def pump(self, at: int) -> None:
        """Send what the streams owe at `at`, and end what has expired."""
        self.place.cancel_what_counted_down(at)
        self._user.expire(at)
        self._streams.pump(at)


def _is_api(asked: Asked) -> bool:
    return asked.path.startswith("/ws-fapi")
