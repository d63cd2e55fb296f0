"""An acceptor over TCP, a FIX session with it, and an order manager on top."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.support.fix_acceptor import Acceptor
from tests.trading_tools.exchange.orders.guards import guard
from trading_tools.audit.ledger import Ledger
from trading_tools.audit.trade import TradeAudit
from trading_tools.exchange.links.fix.link import FixLink
from trading_tools.exchange.links.fix.orders import FixOrders
from trading_tools.exchange.links.fix.session import FixSettings
from trading_tools.exchange.links.fix.store import FixStore
from trading_tools.exchange.orders.intent import Intent
from trading_tools.exchange.orders.manager import OrderManager

NAMES = {"BTC/USDT": "BTCUSDT", "ETH/USDT": "NO", "BTC/USD": "REJECT"}


def resting(key: str = "rest", **changes: Any) -> Intent:
    """A buy far below the market."""
    given = {"size_base": Decimal("0.01"), "price_quote": Decimal(50_000), **changes}
    return Intent(key, given.pop("symbol", "BTC/USDT"), "buy", **given)


def taking(key: str = "take", **changes: Any) -> Intent:
    """A buy that fills at once."""
    return resting(key, price_quote=Decimal(62_000), **changes)


async def soon(seconds: float) -> None:
    """A pause that costs no time: others get their turn."""
    await asyncio.sleep(0.002 if seconds < 0.5 else 0.02)


class Desk:
    """A venue, and one process after another that trades there."""

    def __init__(self, acceptor: Acceptor, folder: Path) -> None:
        self.acceptor = acceptor
        self.folder = folder

    def settings(self, **changes: Any) -> FixSettings:
        given: dict[str, Any] = {"heartbeat_s": 30, "tls": False, **changes}
        return FixSettings("127.0.0.1", self.acceptor.port, "US", "VENUE", **given)

    @asynccontextmanager
    async def linked(
        self, now: Callable[[], datetime] = lambda: datetime.now(UTC), **changes: Any
    ) -> AsyncIterator[FixLink]:
        """A session that keeps itself up."""
        with FixStore(self.folder / "fix.sqlite", "US-VENUE") as store:
            async with FixLink(self.settings(**changes), store, now, soon) as link:
                yield link

    @asynccontextmanager
    async def trading(
        self, answer_s: float = 3.0, **changes: Any
    ) -> AsyncIterator[tuple[OrderManager, FixOrders]]:
        """A process that trades; it goes on where the one before ended."""
        with Ledger.open(self.folder / "ledger.sqlite") as ledger:
            async with self.linked(**changes) as link:
                orders = FixOrders(link, NAMES, answer_s=answer_s)
                manager = OrderManager(
                    orders, TradeAudit(ledger, "trades"), "test", guard(self.folder), sleep=soon
                )
                await link.until_ready(30)
                yield manager, orders


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with Acceptor() as acceptor:
        yield Desk(acceptor, tmp_path)
