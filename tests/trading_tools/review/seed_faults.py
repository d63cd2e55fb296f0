"""Faults that a collection of agents' code had, by id: in which rule each is found, and where.

`IN_SEEDS` names lines of that collection. `OWN` holds the same faults in code of our own; a line
that must be found ends in the ids of the fault and of its rule.
"""

from __future__ import annotations

from typing import Final

IN_SEEDS: Final = (
    ("S01", "T06", "001", 133),
    ("S02", "T19", "001", 163),
    ("S03", "T20", "001", 163),
    ("S04", "T20", "001", 162),
    ("S05", "T19", "001", 134),
    ("S06", "T12", "001", 168),
    ("S08", "T46", "001", 109),
    ("S09", "T20", "001", 120),
    ("S10", "T53", "001", 75),
    ("S11", "T53", "001", 75),
    ("S12", "T53", "001", 67),
    ("S13", "T05", "001", 347),
    ("S20", "T54", "001", 206),
    ("S20b", "T54", "001", 206),
    ("S21", "T54", "001", 206),
    ("S22", "T54", "001", 205),
    ("S23", "T54", "001", 205),
    ("S25", "T55", "001", 227),
    ("S30", "T47", "001", 278),
    ("S31", "T47", "001", 266),
    ("S33", "T47", "001", 256),
    ("S34", "T29", "001", 285),
    ("S35", "T47", "001", 266),
    ("S40", "T31", "001", 384),
    ("S41", "T44", "001", 422),
    ("S42", "T44", "001", 423),
    ("S43", "T44", "001", 376),
    ("S44", "T44", "001", 376),
    ("S45", "T52", "001", 390),
    ("S50", "T37", "001", 347),
    ("S50b", "T37", "001", 347),
    ("S53", "T01", "001", 339),
    ("S60", "T27", "004", 237),
    ("S60b", "T27", "004", 237),
    ("S62", "T26", "004", 237),
    ("S63", "T28", "004", 238),
    ("S67", "T29", "004", 227),
    ("S67b", "T29", "004", 227),
    ("S70", "T22", "004", 85),
    ("S71", "T30", "004", 83),
    ("S72", "T01", "004", 95),
    ("S73", "T52", "004", 104),
    ("S74", "T11", "004", 117),
    ("S80", "T40", "004", 146),
    ("S81", "T34", "004", 172),
    ("S82", "T39", "004", 155),
    ("S85", "T36", "004", 149),
    ("S87", "T35", "004", 158),
    ("S89", "T36", "004", 149),
)
"""Id of the fault, rule, number of the document, line."""

OWN: Final = (
    """
import asyncio
import time
from dataclasses import dataclass
from decimal import Decimal


@dataclass
class OrderTicket:  # S12 T53
    pair: str
    size: Decimal
    price: Decimal | None = None

    def __post_init__(self):  # S10 T53, S11 T53
        if self.size <= 0:
            raise ValueError(self.size)


class Desk:
    def __init__(self, most_exposure: Decimal, most_trades: int):
        self.most_exposure = most_exposure
        self.most_trades = most_trades
        self.daily_trades = 0  # S08 T46
        self.exposure = Decimal(0)
        self.asked_at = 0.0

    async def pace_rate(self):
        since = time.time() - self.asked_at
        if since < 1:
            await asyncio.sleep(1 - since)
        self.asked_at = time.time()  # S09 T20

    def allows(self, ticket: OrderTicket) -> bool:
        if self.daily_trades >= self.most_trades:
            return False
        worth = ticket.size * (ticket.price or Decimal(1))  # S01 T06
        return self.exposure + worth <= self.most_exposure  # S05 T19

    async def trade(self, ticket: OrderTicket):
        if not self.allows(ticket):
            return None
        await self.pace_rate()
        try:
            done = await self._send_order(ticket)
            self.daily_trades += 1  # S04 T20
            self.exposure += done.filled * done.price  # S02 T19, S03 T20
            return done
        except Exception as error:  # S06 T12
            return Failed(str(error))

    async def _send_order(self, ticket: OrderTicket):
        raise NotImplementedError


class Wire(Desk):
    def __init__(self, key):
        super().__init__(Decimal(1000), 5)
        from py_clob_client.client import ClobClient
        self.client = ClobClient("https://clob.example", key=key)

    async def _send_order(self, ticket: OrderTicket):
        wish = OrderArgs(price=float(ticket.price), size=float(ticket.size))  # S53 T01
        return self.client.post_order(self.client.create_order(wish))  # S13 T05, S50 T37, S50b T37
""",
    """
import json
from datetime import datetime
from decimal import Decimal


class AuditJournal:
    def log_order(self, order, result):  # S43 T44, S44 T44
        entry = {
            "at": datetime.utcnow().isoformat(),  # S40 T31
            "size": str(order.size),
            "success": result.success,
        }
        self._append(entry)

    def _append(self, entry: dict):
        with open(self.path, "a") as out:  # S41 T44
            out.write(json.dumps(entry) + "\\n")  # S42 T44


def kelly(win_probability: Decimal, win_return: Decimal, loss_return: Decimal) -> Decimal:
    b = abs(win_return / loss_return)  # S22 T54, S23 T54
    return (win_probability * b - (1 - win_probability)) / b  # S20 T54, S20b T54, S21 T54


def position_size(bankroll: Decimal, kelly_fraction: Decimal) -> Decimal:
    size = bankroll * kelly_fraction  # S25 T55
    return size


def shown(price: Decimal | None = None):
    return str(price) if price else None  # S45 T52
""",
    """
import time
from collections import deque
from dataclasses import dataclass, field


@dataclass
class Breaker:
    failure_threshold: int = 5
    recovery_timeout: int = 300
    _failures: deque = field(default_factory=lambda: deque(maxlen=50))  # S33 T47
    _state: str = "CLOSED"
    _opened_at: float = 0

    def record_success(self):
        if self._state == "HALF_OPEN":
            self._state = "CLOSED"

    def record_failure(self):  # S31 T47, S35 T47
        self._failures.append(time.time())
        recent = sum(1 for each in self._failures if each > time.time() - 60)
        if recent >= self.failure_threshold:
            self._state = "OPEN"
            self._opened_at = time.time()

    def can_execute(self):  # S30 T47
        if self._state == "CLOSED":
            return True
        if self._state == "OPEN":
            if time.time() - self._opened_at > self.recovery_timeout:  # S34 T29
                self._state = "HALF_OPEN"
                return True
            return False
        return True
""",
    """
import asyncio
import time
import ccxt.async_support as ccxt


class Bucket:
    def __init__(self, rate):
        self.rate = rate
        self.tokens = rate
        self.last_refill = time.time()
        self.lock = asyncio.Lock()

    async def acquire(self, cost=1):
        async with self.lock:
            now = time.time()
            passed = now - self.last_refill  # S67 T29, S67b T29
            self.tokens = min(self.rate, self.tokens + passed * self.rate)
            self.last_refill = now
            if self.tokens < cost:
                await asyncio.sleep((cost - self.tokens) / self.rate)  # S60 T27, S60b T27, S62 T26
                self.tokens = cost  # S63 T28
            self.tokens -= cost


class Port:
    def __init__(self, venue):
        self.venue = venue

    async def ticker(self, pair):
        try:
            return await self.venue.exchange.fetch_ticker(pair)
        except ccxt.RateLimitExceeded:  # S71 T30
            await self.wait()
            return await self.ticker(pair)  # S70 T22

    async def create(
        self,
        pair: str,
        amount: float,  # S72 T01
        price: float = None,
    ):
        if price:  # S73 T52
            price = self.exact(pair, price)
        exchange = self.venue.exchange
        return await exchange.create_order(pair, "limit", "buy", amount, price)  # S74 T11
""",
    """
import asyncio
import ccxt.pro


class Feed:
    def __init__(self):
        self.attempts = {}
        self.streams = {}

    async def subscribe(self, pair, callback):
        await self._read(pair, callback)  # S80 T40
        asyncio.create_task(self._watch_health(pair))  # S85 T36, S89 T36

    async def _read(self, pair, callback):
        while True:
            try:
                exchange = ccxt.pro.binance()  # S82 T39
                while True:
                    data = await exchange.watch_ticker(pair)  # S87 T35
                    await callback(data)
            except Exception as error:
                log.error("%s: %s", pair, error)
                await self._again(pair)

    async def _again(self, pair):
        attempt = self.attempts.get(pair, 0)
        await asyncio.sleep(min(2 ** attempt, 60))  # S81 T34
        self.attempts[pair] = attempt + 1
""",
)
