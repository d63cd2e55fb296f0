"""What the exchange kit costs a bot: its pacer when nothing is in the way, guard and order manager.

    python -m benchmarks.kit COUNT

says on one line, in microseconds, the 99th percentile of a grant of the pacer, alone and shared by
processes, and of an order through guard and manager without the venue and the disk.
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from trading_tools.audit.trade import Entry, Outcome
from trading_tools.exchange.orders.guard import Guard, GuardLimits, Quote
from trading_tools.exchange.orders.intent import Intent
from trading_tools.exchange.orders.judging import Judged
from trading_tools.exchange.orders.kill_switch import KillSwitch
from trading_tools.exchange.orders.manager import OrderManager
from trading_tools.exchange.orders.port import VenueFill, VenueOrder
from trading_tools.exchange.pacing.rules import Cost, Priority
from trading_tools.exchange.pacing.slots import OwnSlots, SharedSlots, Slots
from trading_tools.exchange.pacing.venues import pacer_for
from trading_tools.exchange.readings import MarketLimits, Source

_COST = Cost({"weight": 1, "orders": 1, "requests": 1})


def main(count: int) -> dict[str, float]:
    """Measure everything."""
    with tempfile.TemporaryDirectory() as folder:
        shared = SharedSlots(Path(folder))
        found = {
            "pacer_us": asyncio.run(_pacer(OwnSlots(), count)),
            "pacer_shared_us": asyncio.run(_pacer(shared, count)),
            "order_us": asyncio.run(_orders(Path(folder), min(count, 500))),
        }
        shared.close()
    return found


async def _pacer(slots: Slots, count: int) -> float:
    now = 0.0
    pacer = pacer_for("binance", "key", slots, clock=lambda: now)

    async def grant(number: int) -> None:
        await pacer.acquire(_COST, Priority.PLACE)

    costs = []
    for number in range(count):
        now += 0.2  # so that the limits are never in the way
        costs.append(await _timed(grant, number))
    return _p99(costs)


async def _orders(folder: Path, count: int) -> float:
    book = Quote(((Decimal(59_999), Decimal(9)),), ((Decimal(60_001), Decimal(9)),), 0)
    limits = GuardLimits(
        max_order_quote=Decimal(10**9),
        max_position_base={"BTC/USDT": Decimal(10**6)},
        max_exposure_quote=Decimal(10**12),
        max_orders_a_day=10**6,
        repeats=10**6,
    )
    guard = Guard(
        limits,
        {"BTC/USDT": _market()},
        lambda symbol: book,
        KillSwitch(folder / "stop"),
        live=None,
        simulated=True,
        clock=lambda: 0,
    )
    audit: Any = _NoAudit()
    manager = OrderManager(_AtOnce(), audit, "bench", guard)

    async def send(number: int) -> None:
        price = Decimal(59_000) + number
        await manager.submit(Intent(f"{number}", "BTC/USDT", "buy", Decimal("0.01"), price))

    return _p99([await _timed(send, number) for number in range(count)])


async def _timed(act: Callable[[int], Awaitable[None]], number: int) -> float:
    started = time.perf_counter()
    await act(number)
    return (time.perf_counter() - started) * 1e6


def _p99(costs: list[float]) -> float:
    return sorted(costs)[int(len(costs) * 0.99)]


class _AtOnce:
    """A venue that takes every order at once."""

    name = "binance"
    validity_s = 5.0

    async def turn(self, intent: Intent) -> None:
        return None

    async def submit(self, intent: Intent, client_order_id: str) -> Judged:
        return Judged(Outcome.ACCEPTED, venue_order_id=client_order_id)

    async def cancel(self, symbol: str, client_order_id: str, venue_order_id: str | None) -> Judged:
        raise NotImplementedError("nothing is cancelled here")

    async def find(
        self, symbol: str, client_order_id: str, venue_order_id: str | None, since_ms: int
    ) -> VenueOrder | None:
        raise NotImplementedError("nothing is asked here")

    async def open_orders(self, symbol: str) -> Sequence[VenueOrder]:
        return ()

    async def fills(self, symbol: str, since_ms: int) -> Sequence[VenueFill]:
        return ()

    async def position(self, symbol: str) -> Decimal:
        raise NotImplementedError("no contract is traded here")

    async def time_ms(self) -> int:
        return 0


@dataclass(frozen=True)
class _Noted:
    seq: int


class _NoAudit:
    """Counts entries and keeps none: what the disk costs is the ledger's figure."""

    def __init__(self) -> None:
        self._seq = 0

    def trail(self, *given: Any) -> list[Entry]:
        return []

    def last_seq(self) -> int:
        return self._seq

    def __getattr__(self, name: str) -> Callable[..., _Noted]:
        return self._noted

    def _noted(self, **body: Any) -> _Noted:
        self._seq += 1
        return _Noted(self._seq)


def _market() -> MarketLimits:
    step = Decimal("0.00001")
    return MarketLimits(
        venue="binance",
        symbol="BTC/USDT",
        venue_symbol="BTCUSDT",
        kind="spot",
        status="trading",
        price_unit="USDT",
        amount_unit="BTC",
        notional_unit="USDT",
        tick_size=Decimal("0.01"),
        step_size=step,
        price_decimals=2,
        amount_decimals=5,
        min_amount=step,
        max_amount=Decimal(9_000),
        max_market_amount=Decimal(900),
        min_price=Decimal("0.01"),
        max_price=Decimal(1_000_000),
        min_notional=Decimal(5),
        max_notional=Decimal(9_000_000),
        contract_size=None,
        missing={},
        order=None,
        source=Source(venue="binance", fetched_at=datetime.now(UTC), age_s=0),
    )


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(int(sys.argv[1]))) + "\n")
