"""Laws of the manager over a venue in memory that loses, delays, repeats and fills at any moment.

The venue's own books are the truth: whatever goes wrong on the way, nothing is doubled, nothing is
bought that nobody wanted, and in the end both sides tell the same.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.trading_tools.exchange.orders.guards import NOW, guard
from trading_tools.audit.ledger import Ledger
from trading_tools.audit.trade import Outcome, TradeAudit
from trading_tools.exchange.orders.client_ids import client_order_id
from trading_tools.exchange.orders.guard import Guard
from trading_tools.exchange.orders.intent import Intent
from trading_tools.exchange.orders.judging import Judged
from trading_tools.exchange.orders.life import Stage
from trading_tools.exchange.orders.manager import OrderManager
from trading_tools.exchange.orders.port import Unanswered, VenueFill, VenueOrder

SYMBOL = "BTC/USDT"
UNIT = Decimal("0.001")
WANTED = 10 * UNIT
FEE = Decimal("0.001")


@dataclass
class Order:
    """An order as the venue has it."""

    number: str
    name: str
    size: Decimal
    filled: Decimal = Decimal(0)
    open: bool = True

    def shown(self) -> VenueOrder:
        stage = (
            Stage.OPEN
            if self.open
            else Stage.FILLED
            if self.filled == self.size
            else Stage.CANCELED
        )
        return VenueOrder(self.number, self.name, SYMBOL, "buy", stage, self.size, self.filled)


@dataclass
class Model:
    """A venue in memory. `fates` are drawn: what happens to each request, and what fills before."""

    fates: Iterator[int]
    name: str = "binance"
    validity_s: float = 5.0
    seconds: float = 0.0
    orders: list[Order] = field(default_factory=list)
    told: list[VenueFill] = field(default_factory=list)

    def fate(self) -> int:
        """The next request's: 0 it works, 1 it is lost, 2 its reply is, 3 it is refused."""
        drawn = next(self.fates, 0)
        for order in self.orders:
            if drawn >= 4 and order.open:
                self._fill(order, drawn - 3)
        return drawn % 4

    def _fill(self, order: Order, units: int) -> None:
        size = min(units * UNIT, order.size - order.filled)
        order.filled += size
        order.open = order.filled < order.size
        number = f"t{len(self.told)}"
        at = round((NOW.timestamp() + self.seconds) * 1_000)
        self.told.append(
            VenueFill(
                number,
                order.number,
                SYMBOL,
                "buy",
                size,
                Decimal(50_000),
                at,
                fee_base=size * FEE,
            )
        )

    async def turn(self, intent: Intent) -> None:
        return None

    async def submit(self, intent: Intent, client_order_id: str) -> Judged:
        fate = self.fate()
        if fate == 1:
            return Judged(Outcome.UNKNOWN, message="lost")
        if fate == 3:
            return Judged(Outcome.REJECTED, "-2010", "no")
        order = Order(f"n{len(self.orders)}", client_order_id, intent.size_base)
        self.orders.append(order)
        if fate == 2:
            return Judged(Outcome.UNKNOWN, message="its reply is lost")
        return Judged(Outcome.ACCEPTED, venue_order_id=order.number)

    async def cancel(self, symbol: str, client_order_id: str, venue_order_id: str | None) -> Judged:
        fate = self.fate()
        for order in self.orders:
            if order.name == client_order_id and fate in (0, 2):
                order.open = False
        return Judged(Outcome.ACCEPTED if fate == 0 else Outcome.UNKNOWN)

    async def find(
        self, symbol: str, client_order_id: str, venue_order_id: str | None, since_ms: int
    ) -> VenueOrder | None:
        self._answer()
        shown = [order.shown() for order in self.orders if order.name == client_order_id]
        return shown[0] if shown else None

    async def open_orders(self, symbol: str) -> Sequence[VenueOrder]:
        self._answer()
        return [order.shown() for order in self.orders if order.open]

    async def fills(self, symbol: str, since_ms: int) -> Sequence[VenueFill]:
        self._answer()
        return [fill for fill in self.told if fill.at_ms >= since_ms]

    async def position(self, symbol: str) -> Decimal:
        raise Unanswered("no contract is traded here")

    async def time_ms(self) -> int:
        self._answer()
        return round((NOW.timestamp() + self.seconds) * 1_000)

    def _answer(self) -> None:
        if self.fate() in (1, 2):
            raise Unanswered("no reply came")


class Bot:
    """Managers over one audit, one after the other, and the decisions that were made."""

    def __init__(self, venue: Model, audit: TradeAudit, folder: Path) -> None:
        self.venue = venue
        self.audit = audit
        self.guard: Guard = guard(folder)
        self.chains: list[list[str]] = []
        self.restart()

    def restart(self) -> None:
        """A new process: all that is left is the audit."""

        async def sleep(seconds: float) -> None:
            self.venue.seconds += seconds

        self.manager = OrderManager(
            self.venue,
            self.audit,
            "law",
            self.guard,
            lambda: NOW + timedelta(seconds=self.venue.seconds),
            sleep,
        )

    async def act(self, step: str) -> None:
        """One thing that a strategy does, or that becomes of it."""
        if step == "buy":
            key = f"chain {len(self.chains)}"
            self.chains.append([key])
            await self.manager.submit(intent(key), resolve_within_s=1)
        elif step == "restart":
            self.restart()
        elif step == "reconcile":
            try:
                await self.manager.reconcile([SYMBOL])
            except Unanswered:
                return
        elif step == "stream":
            for order in self.venue.orders:
                self.manager.on_order(order.shown())
            for fill in reversed(self.venue.told):
                self.manager.on_fill(fill)
        elif self.chains:
            await self._change(step)

    async def _change(self, step: str) -> None:
        chain = self.chains[-1]
        name = client_order_id("binance", "law", chain[-1])
        if step == "cancel":
            await self.manager.cancel(name, "law", resolve_within_s=1)
            return
        key = f"{chain[0]} {len(chain)}"
        told = await self.manager.replace(name, intent(key), "law", resolve_within_s=1)
        if told.client_order_id != name:
            chain.append(key)

    async def settle(self) -> None:
        """Time passes and nothing more goes wrong."""
        self.venue.fates = iter(())
        for _ in range(4):
            self.venue.seconds += 30
            await self.manager.reconcile([SYMBOL])


def intent(key: str) -> Intent:
    return Intent(key, SYMBOL, "buy", WANTED, Decimal(50_000))


STEPS = st.lists(
    st.sampled_from(["buy", "replace", "replace", "cancel", "reconcile", "restart", "stream"]),
    min_size=2,
    max_size=9,
)
FATES = st.lists(st.integers(0, 9), max_size=40)
_streams = itertools.count()


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ledger]:
    with Ledger.open(tmp_path_factory.mktemp("laws") / "ledger.sqlite") as opened:
        yield opened


@pytest.mark.parametrize("examples", [15, pytest.param(400, marks=pytest.mark.slow)])
def test_whatever_goes_wrong_nothing_is_doubled_and_both_sides_tell_the_same_in_the_end(
    examples: int, ledger: Ledger, tmp_path: Path
) -> None:
    @settings(max_examples=examples, derandomize=True, deadline=None)
    @given(steps=STEPS, fates=FATES)
    def law(steps: list[str], fates: list[int]) -> None:
        lived(steps, fates, ledger, tmp_path)

    law()


def lived(steps: list[str], fates: list[int], ledger: Ledger, tmp_path: Path) -> None:
    """One life of a bot, and what must hold of it."""

    async def live() -> None:
        venue = Model(iter(fates))
        bot = Bot(venue, TradeAudit(ledger, f"{next(_streams)}"), tmp_path)
        for step in ["buy", *steps]:
            await bot.act(step)
            for chain in bot.chains:
                assert bought(venue, chain) <= WANTED
        await bot.settle()
        names = [order.name for order in venue.orders]
        assert len(names) == len(set(names))
        records = bot.manager.records
        assert all(order.settled or order.stage is Stage.OPEN for order in records.orders.values())
        filled = sum((order.filled for order in venue.orders), Decimal(0))
        assert records.position_base(SYMBOL) == filled * (1 - FEE)
        for order in venue.orders:
            known = records.orders[order.name]
            assert (known.stage, known.filled_size_base) == (order.shown().stage, order.filled)
        bot.restart()
        assert bot.manager.records.orders == records.orders
        assert bot.manager.records.position_base(SYMBOL) == records.position_base(SYMBOL)

    asyncio.run(live())


def bought(venue: Model, chain: list[str]) -> Decimal:
    """The most that the orders of one decision may come to buy."""
    names = {client_order_id("binance", "law", key) for key in chain}
    # A successor may have been sent that the bot has not been told of.
    names.add(client_order_id("binance", "law", f"{chain[0]} {len(chain)}"))
    return sum(
        (
            order.size if order.open else order.filled
            for order in venue.orders
            if order.name in names
        ),
        Decimal(0),
    )
