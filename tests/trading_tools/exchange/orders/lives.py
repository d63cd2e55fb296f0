"""The lives of a manager, for `test_interleavings`: its processes, and what must hold of them.

What the venue's books say is the truth (`scripted`). What happens, and when, is the test's.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Coroutine
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, cast

from hypothesis.stateful import RuleBasedStateMachine, invariant

from tests.trading_tools.exchange.orders.guards import NOW, guard
from tests.trading_tools.exchange.orders.scripted import FEE, STRANGER, Books, Scripted
from trading_tools.audit.errors import LedgerBusy
from trading_tools.audit.ledger import Ledger
from trading_tools.audit.trade import TradeAudit
from trading_tools.exchange.orders.guard import Refused
from trading_tools.exchange.orders.intent import Intent
from trading_tools.exchange.orders.life import UNSURE, Stage
from trading_tools.exchange.orders.manager import OrderManager
from trading_tools.exchange.orders.port import Unanswered
from trading_tools.exchange.orders.records import OrderRecord, Records

SPOT, CONTRACT = "BTC/USDT", "BTC/USDT:USDT"
MARKETS = (SPOT, CONTRACT)
UNIT = Decimal("0.001")
MOST = 12 * UNIT
ZERO = Decimal(0)
_streams = itertools.count()


class Killed(BaseException):
    """The process ended here."""


class Disk:
    """The ledger of one process: another program may hold it, and a dead one writes no more."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self.alive = True
        self.busy = False

    def append(self, *event: Any, **more: Any) -> Any:
        if not self.alive:
            raise Killed
        if self.busy:
            raise LedgerBusy("the ledger: locked; another program holds it")
        return self._ledger.append(*event, **more)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._ledger, name)


class Life(RuleBasedStateMachine):
    """A manager at its venue, one process after the other, and what must hold of both."""

    ledger: Ledger
    folder: Path

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.books = Books()
        self.port = Scripted(self.books)
        self.ahead_s = 0.0
        self.stream = f"{next(_streams)}"
        self.intents: dict[str, Intent] = {}
        self.roots: dict[str, str] = {}
        """By client id of a successor, the order that the chain began with."""
        self.start()
        self.run(
            self.manager.reconcile(MARKETS)
        )  # what is older than the audit is its owner's to take over
        self.answer_all()

    # A process and its tasks

    def start(self) -> None:
        self.tasks: list[asyncio.Task[Any]] = []
        self.sleepers: list[tuple[float, asyncio.Future[None]]] = []
        self.disk = Disk(self.ledger)
        audit = TradeAudit(cast("Ledger", self.disk), self.stream)
        limits = {"max_position_base": dict.fromkeys(MARKETS, MOST)}
        gate = guard(self.folder, limits=limits, now=self.now)
        self.manager = OrderManager(self.port, audit, "model", gate, self.now, self.sleep)

    def now(self) -> datetime:
        return NOW + timedelta(seconds=self.books.seconds + self.ahead_s)

    async def sleep(self, seconds: float) -> None:
        waking: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.sleepers.append((self.books.seconds + seconds, waking))
        await waking

    def run(self, work: Coroutine[Any, Any, Any]) -> None:
        self.tasks.append(self.loop.create_task(work))
        self.spin()

    def spin(self) -> None:
        """Let the tasks go as far as they can, and look at what became of them."""

        async def turns() -> None:
            for _ in range(15):
                await asyncio.sleep(0)

        self.loop.run_until_complete(turns())
        for task in [each for each in self.tasks if each.done()]:
            self.tasks.remove(task)
            error = None if task.cancelled() else task.exception()
            if error is not None and not isinstance(error, (Refused, Unanswered)):
                raise error

    def end_tasks(self) -> None:
        async def ended() -> None:
            await asyncio.gather(*self.tasks, return_exceptions=True)

        for task in self.tasks:
            task.cancel()
        self.loop.run_until_complete(ended())

    def pass_time(self, seconds: float) -> None:
        self.books.seconds += seconds
        for due, waking in list(self.sleepers):
            if due <= self.books.seconds:
                self.sleepers.remove((due, waking))
                if not waking.done():
                    waking.set_result(None)
        self.spin()

    @property
    def records(self) -> Records:
        return self.manager.records

    def picked(self, pick: int) -> OrderRecord | None:
        known = list(self.records.orders.values())
        return known[-1 - pick % len(known)] if known else None

    def answer_all(self) -> None:
        """Every request arrives and is answered, as long as there are any."""
        for _ in range(60):
            if not self.port.calls:
                return
            for call in list(self.port.calls):
                self.port.calls.remove(call)
                if not call.arrived:
                    call.arrive()
                call.tell(call.reply)
            self.spin()

    # What must hold

    @invariant()
    def nothing_is_sent_twice(self) -> None:
        assert len(self.port.sent) == len(set(self.port.sent))

    @invariant()
    def what_is_known_is_true(self) -> None:
        theirs = {order.name: order for order in self.books.orders}
        for name, ours in self.records.orders.items():
            order = theirs.get(name)
            filled = ZERO if order is None else order.filled
            assert ours.filled_size_base <= filled
            if ours.ended:
                assert order is None or order.left == 0
                assert not self.port.may_arrive(name)
            if ours.stage in (Stage.FILLED, Stage.CANCELED):
                assert order is not None
                assert ours.filled_size_base == filled
            if ours.stage in (Stage.REJECTED, Stage.VOID):
                assert filled == 0

    @invariant()
    def exposure_is_never_counted_too_low(self) -> None:
        for symbol in MARKETS:
            if symbol == CONTRACT and self.has_strangers:
                continue
            low, high = self.true_range(symbol)
            known_high, known_low = self.records.exposure_base(symbol)
            fees = sum((each.filled for each in self.books.orders), ZERO) * FEE
            assert known_high >= high
            assert known_low - fees <= low
            assert low + fees >= -MOST
            assert high <= MOST + fees

    @property
    def has_strangers(self) -> bool:
        return any(order.name == STRANGER for order in self.books.orders)

    def true_range(self, symbol: str) -> tuple[Decimal, Decimal]:
        """The lowest and the highest position that may come of all that is at the venue."""
        low = high = self.books.position(symbol)
        for order in self.books.orders:
            if order.symbol == symbol:
                high += order.left if order.side == "buy" else ZERO
                low -= order.left if order.side == "sell" else ZERO
        for name, ours in self.records.orders.items():
            if ours.symbol == symbol and self.port.may_arrive(name):
                high += ours.size_base if ours.side == "buy" else ZERO
                low -= ours.size_base if ours.side == "sell" else ZERO
        return low, high

    @invariant()
    def a_chain_never_comes_to_more_than_is_wanted(self) -> None:
        most: dict[str, Decimal] = {}
        for name, root in self.roots.items():
            on_its_way = self.port.may_arrive(name)
            sent = self.records.orders[name].size_base if on_its_way else ZERO
            theirs = [each for each in self.books.orders if each.name == name]
            sent += sum((each.filled + each.left for each in theirs), ZERO)
            most[root] = most.get(root, ZERO) + sent
            beside = self.port.beside.get(name, [])
            assert root not in {self.roots.get(each) for each in beside}
        for root, sent in most.items():
            assert sent <= self.intents[root].size_base

    def teardown(self) -> None:
        try:
            self.settle()
        finally:
            self.end_tasks()
            self.loop.close()

    def settle(self) -> None:
        """Nothing goes wrong any more: both ends tell the same in the end."""
        self.disk.busy, self.books.lag_s = False, 0.0
        for _ in range(8):
            self.answer_all()
            self.pass_time(20)
            self.run(self.manager.reconcile(MARKETS))
        self.answer_all()
        for name, ours in self.records.orders.items():
            assert ours.stage not in UNSURE
            assert ours.settled or ours.stage in (Stage.WAITING, Stage.OPEN), name
        theirs = {each.name: each for each in self.books.orders if each.name != STRANGER}
        for name, order in theirs.items():
            ours = self.records.orders[name]
            assert (ours.stage, ours.filled_size_base) == (order.stage, order.filled)
        assert self.records.position_base(SPOT) == self.books.position(SPOT)
        assert self.records.position_base(CONTRACT) == self.books.position(CONTRACT)
        assert self.manager.catch_up_audit() == 0
        again = Records(TradeAudit(self.ledger, self.stream).trail())
        assert again.orders == self.records.orders
        for symbol in MARKETS:
            assert again.exposure_base(symbol) == self.records.exposure_base(symbol)
