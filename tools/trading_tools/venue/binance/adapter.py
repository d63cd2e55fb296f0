"""Binance spot as a venue on the wire: which hosts, which sockets, which words when it fails."""

from __future__ import annotations

from dataclasses import replace

from trading_tools.venue.binance import rest
from trading_tools.venue.binance.endpoints import REST, SOCKET
from trading_tools.venue.binance.errors import BinanceError
from trading_tools.venue.binance.private import PrivateStreams
from trading_tools.venue.binance.socket import MarketSocket
from trading_tools.venue.binance.socket_api import ApiSocket
from trading_tools.venue.binance.spot import SpotVenue
from trading_tools.venue.binance.streams import Streams
from trading_tools.venue.binance.troubles import trouble
from trading_tools.venue.wire.connection import Connection, SocketRules
from trading_tools.venue.wire.credentials import Credentials
from trading_tools.venue.wire.messages import Asked, Reply, Seen, Trouble
from trading_tools.venue.wire.venue import Talk

RULES = SocketRules(ping_every_s=20, pong_within_s=60, messages_per_s=5)
"""Pings every 20 s, pongs within a minute, five messages a second, an end after 24 hours."""

_HOSTS = ("api", "api1", "api2", "api3", "api4", "api-gcp", "stream", "ws-api")
_DEMO = ("demo-api", "demo-stream", "demo-ws-api")
_TESTNET = "testnet.binance.vision"
_SISTERS = frozenset(
    {"testnet.binancefuture.com"}
    | {f"{host}.binance.com" for host in ("fapi", "dapi", "demo-fapi", "demo-dapi")}
)


class BinanceSpot:
    """Binance spot: REST, market streams and the WebSocket API."""

    name = "binance"
    hosts = (
        _SISTERS
        | {f"{host}.binance.com" for host in (*_HOSTS, *_DEMO)}
        | {_TESTNET, f"stream.{_TESTNET}", f"ws-api.{_TESTNET}", "data-api.binance.vision"}
    )
    spare_hosts = _SISTERS

    def __init__(self, place: SpotVenue, rules: SocketRules = RULES) -> None:
        self.place = place
        self._rules = rules
        self._streams = Streams(place)
        self._private = PrivateStreams(place)

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
        return trouble(trouble_, at, retry_after_s)

    def is_socket(self, asked: Asked) -> bool:
        """Market streams are `/ws` and `/stream`, the WebSocket API `/ws-api`."""
        return asked.path.split("/")[1] in {"ws", "stream", "ws-api"}

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
        """A conversation on market streams or with the WebSocket API."""
        if _is_api(asked):
            return ApiSocket(self.place, SOCKET, connection, self._private)
        return MarketSocket(self.place, self._streams, connection, asked.path, asked.query)

    def expire_stream_keys(self, at: int) -> None:
        """Let the subscriptions to accounts end, as they do after a day."""
        self._private.expire(at)

    def pump(self, at: int) -> None:
        """Send what the public streams owe at `at`."""
        self._streams.pump(at)


def _is_api(asked: Asked) -> bool:
    return asked.path.startswith("/ws-api")
