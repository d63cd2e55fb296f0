"""`kill -9` around an order at a real venue process: one order or none, never two."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from decimal import Decimal

import pytest

from orchestrator.catalogue.replays import replay_run
from orchestrator.config.settings import OrderSettings
from orchestrator.run.calls import FORKED
from orchestrator.run.reconciling import OUTCOME_UNKNOWN
from orchestrator.run.report import open_approval
from tests.support.acts import DEAD, ActingRun, VenueProcess, venue_process
from trading_tools.audit.ledger import Ledger
from trading_tools.audit.verify import verify
from trading_tools.exchange.orders.client_ids import client_order_id

Make = Callable[[str], ActingRun]

SENT = "trade.order_result: not yet"
"""The venue has the order, and the process does not know it."""
WRITTEN = "trade.order_intent: recorded"
"""The order is written down, and not sent."""


_RUNS_A_VENUE = 4
"""All that is asked for here is more than a venue lets one address ask in a minute."""


@pytest.fixture(scope="module")
def acting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Make]:
    """Runs that buy live, where live is a venue process behind a gateway, or simulated."""
    numbers, folder = itertools.count(), tmp_path_factory.mktemp("acts")
    served: list[VenueProcess] = []
    with ExitStack() as stack:

        def make(kind: str) -> ActingRun:
            number = next(numbers)
            if number % _RUNS_A_VENUE == 0:
                served.append(stack.enter_context(venue_process("binance")))
            venue, run = served[-1], f"{kind}-{number}"
            place = "on the simulator" if kind == "simulator" else "on binance live"
            return ActingRun(
                folder / run,
                venue,
                run,
                f"buy 0.001 BTC/USDT at 58000 {place}",
                OrderSettings(
                    simulator=venue.url,
                    gateway=venue.url,
                    live="ask",
                    price_collar_percent=Decimal(50),
                    max_exposure_quote=Decimal(100_000),
                ),
                venue.keys("binance"),
            )

        yield make


def orders_of(run: ActingRun) -> int:
    """How many orders the venue accepted of the run's one call."""
    names = {
        client_order_id("binance", place, f"{run.run}:playbook_{step}")
        for place in ("live", "simulator")
        for step in ("order", "rehearsal")
    }
    return sum(name in names for name in run.venue.accepted())


def check(run: ActingRun, where: str) -> None:
    """One order and success, or none and a run that says so; and a replay decides the same."""
    state, sent = run.state(), orders_of(run)
    assert state.closed is not None, where
    assert (state.closed.status, sent) in {("success", 1), ("blocked", 0)}, where
    if sent == 0:
        assert "NOT PLACED" in state.closed.result, where
    with Ledger.open(run.folder / "ledger.sqlite") as ledger:
        assert verify(ledger).valid, where
        before = run.venue.accepted()
        replayed = asyncio.run(replay_run(ledger, run.run))
    assert replayed.same, (where, replayed.difference)
    assert run.venue.accepted() == before, where


def killed(make: Make, kind: str, point: str) -> ActingRun:
    """A run that was killed at the first point of a name."""
    run = make(kind)
    assert run.live(named=point) == []
    return run


@pytest.fixture(scope="module")
def resumed(acting: Make) -> ActingRun:
    """A run that was killed when its order was sent, and taken up again."""
    run = killed(acting, "live", SENT)
    assert orders_of(run) == 1
    run.live()
    return run


def test_a_run_killed_when_its_order_was_sent_finds_it_and_sends_no_other(
    resumed: ActingRun,
) -> None:
    check(resumed, SENT)
    assert orders_of(resumed) == 1
    kinds = [event.kind for event in resumed.events()]
    assert kinds.count("tool.intended") == kinds.count("approval.requested") == 1


@pytest.mark.parametrize("after", ["model.replied", "tool.intended"])
def test_a_fork_of_a_run_that_acted_does_not_act_again(resumed: ActingRun, after: str) -> None:
    before = resumed.venue.accepted()
    at = next(event.seq for event in resumed.events() if event.kind == after)
    state = resumed.fork(at)
    assert resumed.venue.accepted() == before
    if after == "tool.intended":  # the fork asks after its parent's order, and has it
        assert state.closed is not None
        assert state.closed.status == "success"
        return
    waiting = open_approval(state)
    assert waiting is not None
    assert FORKED in waiting.request.why
    assert "buy 0.001 BTC at a limit of 58000 USDT" in waiting.request.shows


@pytest.mark.slow
@pytest.mark.parametrize("point", ["tool.intended: recorded", "tool.finished: recorded"])
def test_a_fork_of_a_simulated_act_asks_too(acting: Make, point: str) -> None:
    run = killed(acting, "simulator", point)
    run.live()
    before = run.venue.accepted()
    replied = next(event.seq for event in run.events() if event.kind == "model.replied")
    waiting = open_approval(run.fork(replied))
    assert waiting is not None
    assert waiting.request.why == FORKED
    assert run.venue.accepted() == before


@pytest.mark.slow
def test_an_outcome_that_nobody_can_learn_waits_for_a_person(acting: Make) -> None:
    run = killed(acting, "live", SENT)
    run.sent_through(DEAD).live()
    asked = [event.body for event in run.events() if event.kind == "approval.requested"]
    assert OUTCOME_UNKNOWN in asked[-1]["why"]
    assert "buy 0.001 BTC at a limit of 58000 USDT" in asked[-1]["shows"]
    assert run.state().closed is None
    run.live()
    check(run, "the venue is back")
    assert orders_of(run) == 1


@pytest.mark.slow
def test_an_order_that_was_written_down_and_not_sent_is_proven_absent_and_not_sent_later(
    acting: Make,
) -> None:
    run = killed(acting, "live", WRITTEN)
    run.live()
    check(run, WRITTEN)
    assert orders_of(run) == 0


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["live", "simulator"])
def test_a_run_killed_at_any_point_places_one_order_or_none(acting: Make, kind: str) -> None:
    points = acting(kind).live()
    for at, point in enumerate(points, 1):
        if point == WRITTEN:
            continue  # the test above waits for its proof
        if kind == "simulator" and not point.startswith(("trade.", "tool.")):
            continue  # what differs from live is about the call
        run = acting(kind)
        run.live(at)
        if not run.events():  # it was not opened yet: there is no run to resume, and no order
            assert orders_of(run) == 0
            continue
        run.live()
        check(run, f"killed at point {at}, {point}")
        assert orders_of(run) == 1, f"killed at point {at}, {point}"


@pytest.mark.slow
def test_a_run_killed_again_while_it_asks_after_its_order_sends_no_other(acting: Make) -> None:
    for again in range(2, 8):
        run = killed(acting, "live", SENT)
        run.live(again)
        run.live()
        check(run, f"killed again at point {again}")
        assert orders_of(run) == 1
