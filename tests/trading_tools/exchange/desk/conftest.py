"""A desk at a venue on loopback, by ccxt's unmodified clients and over real sockets."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.support.venues import FEW, QUIET, keys, point_at, spot
from tests.trading_tools.exchange.orders.conftest import Mishaps
from trading_tools.exchange.desk.desk import Desk
from trading_tools.exchange.desk.opening import open_desk
from trading_tools.exchange.orders.guard import GuardLimits
from trading_tools.exchange.orders.intent import Intent
from trading_tools.venue.binance.adapter import BinanceSpot
from trading_tools.venue.binance.spot import SpotVenue
from trading_tools.venue.wire.connection import Connection
from trading_tools.venue.wire.messages import Message, Operation, Told
from trading_tools.venue.wire.server import VenueServer

LIMITS = GuardLimits(
    max_order_quote=Decimal(10_000),
    max_position_base={"BTC/USDT": Decimal("0.1")},
    max_exposure_quote=Decimal(50_000),
    max_orders_a_day=10_000,
    repeats=1_000,
)


class Line(Mishaps):
    """What requests meet, and whether streams whose path has the word `silent` say anything."""

    def __init__(self) -> None:
        super().__init__()
        self.silent: str | None = None
        self.bids: list[list[str]] | None = None
        """What the next update of a book says of its bids."""
        self.opened_paths: list[str] = []
        self._open: list[Connection] = []

    def opened(self, connection: Connection) -> None:
        self.opened_paths.append(connection.path)
        self._open.append(connection)

    def cut(self) -> None:
        """End every connection of a stream, without a word."""
        connections, self._open = self._open, []
        for connection in connections:
            connection.abort()

    def outgoing(self, connection: Connection, message: Message) -> Iterable[Message]:
        if self.silent is not None and self.silent in connection.path:
            return ()
        if self.bids is not None and message.told is Told.BOOK:
            text = json.dumps({**json.loads(message.text), "b": self.bids})
            self.bids = None
            return (message._replace(text=text),)
        return (message,)


class Stall:
    """A venue, its line, and desks that work there one after the other."""

    def __init__(self, place: SpotVenue, line: Line, folder: Path, port: int) -> None:
        self.place = place
        self.line = line
        self.folder = folder
        self._port = port

    def client(self) -> Any:
        """A ccxt.pro client of the venue with the drill's keys."""
        import ccxt.pro

        return point_at(ccxt.pro.binance(keys(self.place)), self._port)

    def desk(self, **settings: Any) -> AbstractAsyncContextManager[Desk]:
        """A desk over this stall's folder."""
        given: dict[str, Any] = {"live": None, "simulated": True, **settings}
        return open_desk(self.client, ["BTC/USDT"], self.folder, LIMITS, **given)

    def open_orders(self) -> list[str]:
        """Client ids of what rests at the venue."""
        return [order.ticket.client_order_id for order in self.place.account.open_orders()]

    def accepted(self) -> list[str]:
        """Client ids of all orders that the venue has taken."""
        return [each.body["client_order_id"] for each in self.place.ledger.of("order.accepted")]

    def asked(self, operation: Operation) -> int:
        """How many requests of an operation have reached the venue."""
        received = self.place.ledger.of("request.received")
        return sum(each.body["operation"] == operation.value for each in received)


@pytest.fixture
async def stall(tmp_path: Path) -> AsyncIterator[Stall]:
    async with served(tmp_path) as stall:
        yield stall


@asynccontextmanager
async def served(folder: Path) -> AsyncIterator[Stall]:
    """A stall with its venue served."""
    place, line = spot(rules=QUIET, instruments=FEW), Line()
    async with VenueServer([BinanceSpot(place)], interference=line) as server:
        yield Stall(place, line, folder, server.port)


@pytest.fixture
def resting() -> Callable[[str], Intent]:
    """Intents of orders that rest: 3 % below where the market is."""
    return lambda key: Intent(key, "BTC/USDT", "buy", Decimal("0.001"), Decimal("58000"))
