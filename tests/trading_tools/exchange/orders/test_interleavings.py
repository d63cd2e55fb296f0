"""Interleavings that a machine thinks of: requests that cross, late replies, deaths, clocks.

Each step is one thing that happens at the bot, at its venue or between them. After each of them
nothing may be doubled or forgotten, and when all is quiet both ends tell the same (`lives`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import ROUND_DOWN, Decimal
from pathlib import Path
from typing import Literal

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule, run_state_machine_as_test

from tests.trading_tools.exchange.orders.lives import CONTRACT, MARKETS, UNIT, ZERO, Life
from tests.trading_tools.exchange.orders.scripted import PRICE, STRANGER, Order
from trading_tools.audit.ledger import Ledger
from trading_tools.exchange.orders.client_ids import client_order_id
from trading_tools.exchange.orders.intent import Intent
from trading_tools.exchange.orders.life import Stage

PICK = st.integers(0, 3)
FINEST = Decimal("0.00001")
SELDOM = st.sampled_from([False, False, True])
THEN = st.sampled_from(["answered", "answered", "unheard", "on its way"])


def has_orders(machine: Interleavings) -> bool:
    return bool(machine.records.orders)


def has_calls(machine: Interleavings) -> bool:
    return bool(machine.port.calls)


def has_replies(machine: Interleavings) -> bool:
    return any(call.arrived for call in machine.port.calls)


def has_open(machine: Interleavings) -> bool:
    return any(order.stage is Stage.OPEN for order in machine.books.orders)


def has_stops(machine: Interleavings) -> bool:
    return any(order.stage is Stage.WAITING for order in machine.books.orders)


def has_news(machine: Interleavings) -> bool:
    return bool(machine.books.news)


def has_fills(machine: Interleavings) -> bool:
    return bool(machine.books.fills)


def few_strangers(machine: Interleavings) -> bool:
    return sum(order.name == STRANGER for order in machine.books.orders) < 3


def has_tasks(machine: Interleavings) -> bool:
    return bool(machine.tasks)


class Interleavings(Life):
    """What may happen."""

    # What a strategy does

    def go_on(self, then: str) -> None:
        """Mostly nothing comes between."""
        if then == "answered":
            self.answer_all()
        elif then == "unheard" and self.port.calls:
            self.nothing_is_heard(arriving=False)

    @rule(
        symbol=st.sampled_from(MARKETS),
        side=st.sampled_from(["buy", "sell"]),
        units=st.integers(1, 5),
        then=THEN,
    )
    def submit(self, symbol: str, side: Literal["buy", "sell"], units: int, then: str) -> None:
        intent = Intent(f"k{len(self.intents)}", symbol, side, units * UNIT, PRICE)
        name = client_order_id("binance", "model", intent.key)
        self.intents[name], self.roots[name] = intent, name
        self.run(self.manager.submit(intent, 1))
        self.go_on(then)

    @precondition(has_orders)
    @rule(
        symbol=st.sampled_from(MARKETS),
        side=st.sampled_from(["buy", "sell"]),
        units=st.integers(1, 5),
        then=THEN,
    )
    def protect(self, symbol: str, side: Literal["buy", "sell"], units: int, then: str) -> None:
        """A stop for what is surely held; something is bought or sold first where nothing is."""
        high, low = self.records.exposure_base(symbol)
        if low <= 0 <= high:
            self.submit(symbol, side, units, "answered")
            for order in self.books.orders[-1:]:
                if order.stage is Stage.OPEN:
                    self.books.trade(order, units * UNIT)
            self.reconcile()
            self.answer_all()
            high, low = self.records.exposure_base(symbol)
        held = (low if low > 0 else max(-high, ZERO)).quantize(FINEST, ROUND_DOWN)
        if not held:
            return
        intent = Intent(
            f"k{len(self.intents)}",
            symbol,
            "sell" if low > 0 else "buy",
            held,
            order_type="market",
            reduce_only=True,
            stop_price_quote=PRICE / 2 if low > 0 else PRICE * 2,
        )
        name = client_order_id("binance", "model", intent.key)
        self.intents[name], self.roots[name] = intent, name
        self.run(self.manager.submit(intent, 1))
        self.go_on(then)

    @precondition(has_orders)
    @rule(pick=PICK)
    def submit_again(self, pick: int) -> None:
        order = self.picked(pick)
        if order is not None:
            intent = replace(self.intents[order.client_order_id], size_base=order.size_base)
            self.run(self.manager.submit(intent, 1))

    @precondition(has_orders)
    @rule(pick=PICK, then=THEN)
    def replace(self, pick: int, then: str) -> None:
        order = self.picked(pick)
        if order is not None:
            old = self.intents[order.client_order_id]
            intent = replace(old, key=f"{old.key}+")
            name = client_order_id("binance", "model", intent.key)
            self.intents[name], self.roots[name] = intent, self.roots[order.client_order_id]
            self.run(self.manager.replace(order.client_order_id, intent, "model", 1))
            self.go_on(then)

    @precondition(has_orders)
    @rule(pick=PICK)
    def cancel(self, pick: int) -> None:
        order = self.picked(pick)
        if order is not None:
            self.run(self.manager.cancel(order.client_order_id, "model", 1))

    @precondition(has_orders)
    @rule(pick=PICK)
    def ask_after(self, pick: int) -> None:
        order = self.picked(pick)
        if order is not None:
            self.run(self.manager.ask_after(order.client_order_id, 1))

    @precondition(has_orders)
    @rule()
    def cancel_open(self) -> None:
        self.run(self.manager.cancel_open("model"))

    @rule()
    def reconcile(self) -> None:
        self.run(self.manager.reconcile(MARKETS))

    # What becomes of requests

    @precondition(has_calls)
    @rule(pick=PICK)
    def arrive(self, pick: int) -> None:
        waiting = [call for call in self.port.calls if not call.arrived]
        if waiting:
            waiting[pick % len(waiting)].arrive()

    @precondition(has_replies)
    @rule(pick=PICK)
    def reply(self, pick: int) -> None:
        waiting = [call for call in self.port.calls if call.arrived]
        if waiting:
            call = waiting[pick % len(waiting)]
            self.port.calls.remove(call)
            call.tell(call.reply)
            self.spin()

    @precondition(has_calls)
    @rule(pick=PICK)
    def answer(self, pick: int) -> None:
        call = self.port.calls.pop(pick % len(self.port.calls))
        if not call.arrived:
            call.arrive()
        call.tell(call.reply)
        self.spin()

    @precondition(has_calls)
    @rule(pick=PICK)
    def give_up(self, pick: int) -> None:
        """The manager waits no longer; a request that has not arrived may do so yet."""
        if self.port.calls:
            call = self.port.calls[pick % len(self.port.calls)]
            if call.arrived:
                self.port.calls.remove(call)
            call.tell(call.unheard)
            self.spin()

    @precondition(has_calls)
    @rule(pick=PICK)
    def lose(self, pick: int) -> None:
        if self.port.calls:
            call = self.port.calls.pop(pick % len(self.port.calls))
            call.tell(call.unheard)
            self.spin()

    @precondition(has_calls)
    @rule()
    def all_is_well(self) -> None:
        self.answer_all()

    @precondition(has_calls)
    @rule(arriving=st.booleans())
    def nothing_is_heard(self, arriving: bool) -> None:
        """No reply comes for a while; whether what was asked has arrived nobody can tell."""
        for _ in range(12):
            for call in list(self.port.calls):
                self.port.calls.remove(call)
                # A turn is no request: who waits for one hears of it.
                if (arriving or call.kind == "turn") and not call.arrived:
                    call.arrive()
                call.tell(call.reply if call.kind == "turn" else call.unheard)
            self.pass_time(0.5)

    # What the venue does

    def open_one(self, pick: int) -> Order | None:
        live = [each for each in self.books.orders if each.stage is Stage.OPEN]
        return live[pick % len(live)] if live else None

    @precondition(has_open)
    @rule(pick=PICK, units=st.integers(1, 9))
    def trade(self, pick: int, units: int) -> None:
        order = self.open_one(pick)
        if order is not None:
            self.books.trade(order, units * UNIT)

    @precondition(has_stops)
    @rule(pick=PICK)
    def trigger(self, pick: int) -> None:
        waiting = [each for each in self.books.orders if each.stage is Stage.WAITING]
        self.books.trigger(waiting[pick % len(waiting)])

    @precondition(has_stops)
    @rule(pick=PICK, refused=st.booleans())
    def end_a_stop_by_the_venue(self, pick: int, refused: bool) -> None:
        waiting = [each for each in self.books.orders if each.stage is Stage.WAITING]
        end = self.books.refuse if refused else self.books.end
        end(waiting[pick % len(waiting)])

    @precondition(has_open)
    @rule(pick=PICK)
    def end_by_the_venue(self, pick: int) -> None:
        order = self.open_one(pick)
        if order is not None:
            self.books.end(order)

    @precondition(has_open)
    @rule(pick=PICK)
    def refuse_after_all(self, pick: int) -> None:
        order = self.open_one(pick)
        if order is not None and not order.filled:
            self.books.refuse(order)

    @precondition(few_strangers)
    @rule(side=st.sampled_from(["buy", "sell"]))
    def others_trade(self, side: Literal["buy", "sell"]) -> None:
        order = self.books.accept(STRANGER, CONTRACT, side, UNIT)
        self.books.trade(order, UNIT)

    @rule(lag_s=st.sampled_from([0.0, 3.0, 9.0]))
    def lists_lag(self, lag_s: float) -> None:
        self.books.lag_s = lag_s

    @rule(so=SELDOM)
    def turns_are_waited_for_or_not(self, so: bool) -> None:
        self.port.crowded = so

    @rule(so=SELDOM)
    def funds_come_and_go(self, so: bool) -> None:
        self.port.refusing = so

    # What else comes between

    @precondition(has_news)
    @rule(pick=st.integers(0, 30))
    def news_of_an_order(self, pick: int) -> None:
        if self.books.news:
            self.manager.on_order(self.books.news[-1 - pick % len(self.books.news)])

    @precondition(has_fills)
    @rule(pick=st.integers(0, 30), named=st.booleans())
    def news_of_a_fill(self, pick: int, named: bool) -> None:
        if self.books.fills:
            _, fill = self.books.fills[-1 - pick % len(self.books.fills)]
            if named:
                (order,) = [
                    each
                    for each in self.books.orders
                    if (each.symbol, each.number) == (fill.symbol, fill.venue_order_id)
                ]
                fill = replace(fill, client_order_id=order.name)
            self.manager.on_fill(fill)

    @rule(seconds=st.sampled_from([0.3, 2.0, 6.0, 16.0, 120.0]))
    def time_passes(self, seconds: float) -> None:
        self.pass_time(seconds)

    @rule(ahead_s=st.sampled_from([-3_600.0, 0.0, 3_600.0]))
    def our_clock_is_set(self, ahead_s: float) -> None:
        self.ahead_s = ahead_s

    @precondition(has_tasks)
    @rule(pick=PICK)
    def a_task_is_cancelled(self, pick: int) -> None:
        if self.tasks:
            self.tasks[pick % len(self.tasks)].cancel()
            self.spin()

    @rule(so=SELDOM)
    def the_ledger_is_held_or_let_go(self, so: bool) -> None:
        self.disk.busy = so

    @rule()
    def the_process_dies(self) -> None:
        self.disk.alive = False
        self.end_tasks()
        self.start()


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ledger]:
    with Ledger.open(tmp_path_factory.mktemp("model") / "ledger.sqlite") as opened:
        yield opened


@pytest.mark.slow
@pytest.mark.parametrize(("examples", "steps"), [(1_200, 60)])
def test_whatever_crosses_nothing_is_doubled_and_both_ends_tell_the_same_in_the_end(
    examples: int, steps: int, ledger: Ledger, tmp_path: Path
) -> None:
    class Machine(Interleavings):
        pass

    Machine.ledger, Machine.folder = ledger, tmp_path
    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            derandomize=True,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
