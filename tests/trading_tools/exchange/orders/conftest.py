"""A venue on loopback, a real ledger and ccxt's unmodified client between them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.support.venues import FEW, QUIET, keys, point_at, spot
from tests.trading_tools.exchange.orders.guards import guard
from trading_tools.audit.ledger import Ledger
from trading_tools.audit.trade import TradeAudit
from trading_tools.exchange.breaker import Breaker, BreakerRules
from trading_tools.exchange.orders.ccxt_port import CcxtOrders
from trading_tools.exchange.orders.manager import OrderManager
from trading_tools.exchange.orders.retries import Retries, RetryRules
from trading_tools.exchange.pacing.pacer import Pacer
from trading_tools.venue.binance.adapter import BinanceSpot
from trading_tools.venue.market.place import Marketplace
from trading_tools.venue.wire.interference import Cut, Interference, Request
from trading_tools.venue.wire.messages import Operation, Reply
from trading_tools.venue.wire.server import VenueServer
from trading_tools.venue.wire.venue import Venue


class Mishaps(Interference):
    """What the next requests of an operation meet, in order; None is nothing."""

    def __init__(self) -> None:
        self.before_it: dict[Operation, list[Reply | Cut | None]] = {}
        self.after_it: dict[Operation, list[Callable[[Reply], Reply | Cut] | None]] = {}

    async def before(self, request: Request) -> Reply | Cut | None:
        left = self.before_it.get(request.seen.operation)
        return left.pop(0) if left else None

    async def after(self, request: Request, reply: Reply) -> Reply | Cut:
        left = self.after_it.get(request.seen.operation)
        change = left.pop(0) if left else None
        return reply if change is None else change(reply)


def patient(name: str) -> Breaker:
    """A breaker that no test opens by accident."""
    return Breaker(name, BreakerRules(failures=10**6))


class Shop:
    """One venue, and managers over one audit."""

    def __init__(
        self, venue: Marketplace, mishaps: Mishaps, audit: TradeAudit, client: Any, folder: Path
    ) -> None:
        self.venue = venue
        self.folder = folder
        self.mishaps = mishaps
        self.audit = audit
        self.client = client
        self.symbol = "BTC/USDT"
        self.manager = self.restarted()

    def restarted(self, **settings: Any) -> OrderManager:
        """A new manager over the same audit, as after a crash."""

        async def at_once(seconds: float) -> None:
            return None

        given = {"sleep": at_once, "guard": guard(self.folder), **settings}
        pacer = given.pop("pacer", None) or Pacer(self.client.id, ())
        breaker = given.pop("breaker", None) or patient(self.client.id)
        patience_s = given.pop("patience_s", 10.0)
        retries = given.pop("retries", None) or Retries(RetryRules(tries=1))
        venue = CcxtOrders(self.client, pacer, breaker, patience_s, retries)
        self.manager = OrderManager(venue, self.audit, "drill", **given)
        return self.manager

    def accepted(self) -> list[str]:
        """Client ids of the orders that the venue accepted, one for each."""
        return [each.body["client_order_id"] for each in self.venue.ledger.of("order.accepted")]

    def asked(self, operation: Operation) -> int:
        """How many requests of an operation have reached the venue."""
        received = self.venue.ledger.of("request.received")
        return sum(each.body["operation"] == operation.value for each in received)


@pytest.fixture
def audit(tmp_path: Path) -> Iterator[TradeAudit]:
    with Ledger.open(tmp_path / "ledger.sqlite") as ledger:
        yield TradeAudit(ledger, "trades")


@asynccontextmanager
async def opened(
    audit: TradeAudit, folder: Path, adapter: Venue | None = None, **settings: Any
) -> AsyncIterator[Shop]:
    """A shop with its venue served: `adapter`, or Binance spot made with `settings`."""
    import ccxt.async_support

    served = adapter or BinanceSpot(spot(rules=QUIET, instruments=FEW, **settings))
    mishaps = Mishaps()
    async with VenueServer([served], interference=mishaps) as server:
        make = getattr(ccxt.async_support, served.name)
        client = point_at(make(keys(served)), server.port)
        if "clock" in settings:
            client.milliseconds = settings["clock"]
        try:
            await client.load_markets()
            yield Shop(served.place, mishaps, audit, client, folder)
        finally:
            await client.close()


@pytest.fixture
async def shop(audit: TradeAudit, tmp_path: Path) -> AsyncIterator[Shop]:
    async with opened(audit, tmp_path) as shop:
        yield shop
