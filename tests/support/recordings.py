"""Recordings for the oracle: a scripted bot against a real Binance spot venue, without a network.

The script's time is the test's; what the venue does, and its ledger, are the real ones.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import urlencode

from tests.support.venues import Clock
from trading_tools.drill.oracle.facts import Facts, read
from trading_tools.drill.recording import BotEnd, Recording, SealKind
from trading_tools.venue.binance.adapter import BinanceSpot
from trading_tools.venue.binance.listing import SPOT
from trading_tools.venue.binance.spot import SpotVenue
from trading_tools.venue.core.accounts import Account
from trading_tools.venue.core.instruments import ATOMS
from trading_tools.venue.core.ledger import Entry
from trading_tools.venue.core.orders import Kind, Side, Ticket
from trading_tools.venue.faults.fault import Fault
from trading_tools.venue.faults.plan import Plan
from trading_tools.venue.wire.interference import Cut
from trading_tools.venue.wire.messages import Asked, Reply
from trading_tools.venue.wire.server import VenueServer

_BITCOIN = {each: price for each, price in SPOT.items() if each.symbol == "BTCUSDT"}


class Stage:
    """One run of a scripted bot. Each request takes 20 ms; `wait` lets time pass."""

    def __init__(self, *faults: Fault, seed: int = 7) -> None:
        self.clock = Clock()
        self.place = SpotVenue(seed, self.clock, instruments=_BITCOIN, market=False)
        self.venue = BinanceSpot(self.place)
        plan = Plan(faults, seed)
        self._server = VenueServer([self.venue], interference=plan)
        self._maker = self.place.exchange.open_account(
            Account("maker", background=True), {"BTC": 100 * ATOMS, "USDT": 10**7 * ATOMS}
        )
        plan.starting([self.venue])
        self.record("bot.started")

    def record(self, kind: str, **body: Any) -> Entry:
        """An entry that the drill itself makes."""
        return self.place.ledger.record(self.clock.now, kind, **body)

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        self.clock.now += int(seconds * 1000)

    def quote(self, side: Side, price: int, size: int) -> None:
        """Let the market quote BTC/USDT: price in whole USDT, size in thousandths of a BTC."""
        ticket = Ticket("BTCUSDT", side, Kind.LIMIT, size * 100, price * 100)
        self.place.exchange.place(self._maker, ticket, self.clock.now)

    async def ask(
        self, method: str, path: str, params: Mapping[str, str], signed: bool = True
    ) -> Reply | Cut:
        """One request of the bot."""
        query = urlencode({**params, "timestamp": self.clock.now} if signed else params)
        headers = {}
        if signed:
            secret = self.venue.credentials.secret.encode()
            query += f"&signature={hmac.new(secret, query.encode(), hashlib.sha256).hexdigest()}"
            headers = {"X-MBX-APIKEY": self.venue.credentials.key}
        asked = Asked(method, "api.binance.com", path, query, b"", headers)
        outcome = await self._server.handle(self.venue, asked)
        self.clock.now += 20
        return outcome

    async def order(self, **params: Any) -> bool:
        """A resting buy of 0.001 BTC, but for `params`; whether the bot was told that it stands."""
        usual = {
            "symbol": "BTCUSDT",
            "side": "BUY",
            "type": "LIMIT",
            "timeInForce": "GTC",
            "quantity": "0.001",
            "price": "59000",
        }
        chosen = {name: text for name, text in {**usual, **params}.items() if text is not None}
        outcome = await self.ask("POST", "/api/v3/order", chosen)
        return isinstance(outcome, Reply) and outcome.status == 200

    async def find(self, client_order_id: str) -> bool:
        """Ask for an order by its client id; whether the venue told its state."""
        query = {"symbol": "BTCUSDT", "origClientOrderId": client_order_id}
        outcome = await self.ask("GET", "/api/v3/order", query)
        return isinstance(outcome, Reply) and outcome.status == 200

    async def look(self) -> None:
        """Ask for the price, as a bot does before it decides."""
        await self.ask("GET", "/api/v3/ticker/price", {"symbol": "BTCUSDT"}, signed=False)

    async def cancel(self, client_order_id: str) -> None:
        """Cancel an order by its client id."""
        query = {"symbol": "BTCUSDT", "origClientOrderId": client_order_id}
        await self.ask("DELETE", "/api/v3/order", query)

    async def cancel_all(self) -> None:
        """Cancel whatever is open."""
        await self.ask("DELETE", "/api/v3/openOrders", {"symbol": "BTCUSDT"})

    def term(self, why: str = "time is up") -> None:
        """The drill sends SIGTERM."""
        self.record("bot.signaled", signal="SIGTERM", why=why)

    def exit(self, code: int = 0) -> None:
        """The bot ends."""
        self.record("bot.exited", code=code, signal=None)

    @property
    def facts(self) -> Facts:
        """What the ledger tells."""
        return read(self.place.ledger.entries)

    def recording(self, scenario: str = "calm", **changes: Any) -> Recording:
        """The run as the seal hands it over."""
        seconds = (self.clock.now - self.place.started_ms) / 1000
        usual = {"bot": BotEnd(0, None, False, False, seconds, "", 0), "scenario": scenario}
        return recording(tuple(self.place.ledger.entries), **{**usual, **changes})


def recording(entries: tuple[Entry, ...], **changes: Any) -> Recording:
    """A recording with nothing odd about it but `changes`."""
    usual: dict[str, Any] = {
        "scenario": "calm",
        "seed": 7,
        "seal": SealKind.NAMESPACE,
        "ledgers": {"binance": entries},
        "tls_refused": 0,
        "unknown_hosts": (),
    }
    return Recording(**{**usual, **changes})


Script = Callable[[Stage], Awaitable[None]]


async def played(script: Script, *faults: Fault) -> Stage:
    """A script, played to its end."""
    stage = Stage(*faults)
    await script(stage)
    return stage
