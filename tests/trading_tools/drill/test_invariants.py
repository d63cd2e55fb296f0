"""The other invariants: rules, limits, streams, what is left, the position, recovery."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.support.recordings import Stage, played
from trading_tools.drill.oracle.leftovers import (
    cancelled_after_sigterm,
    no_orders_after_kill,
    no_orphan_orders,
)
from trading_tools.drill.oracle.positions import Declared, position_as_declared
from trading_tools.drill.oracle.recovery import recovered
from trading_tools.drill.oracle.rules import no_rate_violations, within_filters
from trading_tools.drill.oracle.streams import stream_back_in_time
from trading_tools.venue.core.orders import Side
from trading_tools.venue.faults.acts import Act
from trading_tools.venue.faults.replies import Acted, Ending, Spoilt
from trading_tools.venue.faults.rules import NewRules
from trading_tools.venue.wire.messages import Operation, Trouble

STOP = {"type": "STOP_LOSS", "side": "SELL", "price": None, "timeInForce": None}


async def traded(stage: Stage) -> None:
    """The bot buys 0.002 BTC at once."""
    stage.quote(Side.SELL, 60_000, 2)
    await stage.order(price="60000", quantity="0.002", newClientOrderId="entry")


# Filters


@pytest.mark.parametrize(
    "terms", [{"quantity": "0.0000001"}, {"price": "59000.001"}, {"quantity": "0.00001"}]
)
async def test_an_order_against_a_published_rule_is_a_fault(terms: dict[str, str]) -> None:
    stage = Stage()
    await stage.order()
    await stage.order(**terms)
    assert within_filters(stage.facts).held is False


async def test_too_little_money_is_no_breach_of_filters() -> None:
    stage = Stage()
    await stage.order(quantity="100")
    assert within_filters(stage.facts).held is True


@pytest.mark.parametrize(("again", "held"), [("59000.01", False), ("59000.1", True)])
async def test_new_rules_may_be_learnt_by_one_refusal(again: str, held: bool) -> None:
    stage = Stage(NewRules("ticks", Act(nth=2), tick_times=10))
    await stage.order(price="59000.01")
    await stage.order(price="59000.01")
    stage.wait(2)
    await stage.order(price=again)
    assert within_filters(stage.facts, {"ticks"}).held is held


async def test_without_an_order_after_the_change_nothing_is_known_of_it() -> None:
    stage = Stage(NewRules("ticks", Act(frozenset({Operation.MARKET_DATA})), tick_times=10))
    await stage.order()
    stage.wait(1)
    await stage.look()
    assert within_filters(stage.facts, {"ticks"}).held is None


# Limits


@pytest.mark.parametrize(("pause", "held"), [(0.5, False), (3.5, True)])
async def test_nothing_may_come_before_retry_after_is_over(pause: float, held: bool) -> None:
    stage = Stage()
    await stage.look()
    asked = stage.record("request.received", operation="place")
    stage.record("request.answered", request=asked.seq, status=429, code="-1003", retry_after_s="3")
    stage.wait(pause)
    await stage.order()
    assert no_rate_violations(stage.facts).held is held


async def test_a_venue_that_never_had_to_warn_was_not_asked_too_much() -> None:
    stage = Stage()
    assert no_rate_violations(stage.facts).held is None
    await stage.order()
    assert no_rate_violations(stage.facts).held is True


def warned_by_socket(stage: Stage) -> None:
    """An order over a WebSocket is one too many, and ends its connection."""
    asked = stage.record("request.received", operation="place", connection=1)
    stage.record("limit.hit", limit="429", what="over the limit")
    stage.record("fault.delivered", fault="limit", what="refused", request=asked.seq)


@pytest.mark.parametrize(("pause", "held"), [(0.5, False), (1.5, True)])
async def test_a_limit_on_a_websocket_is_a_warning_too(pause: float, held: bool) -> None:
    stage = Stage()
    warned_by_socket(stage)
    stage.wait(pause)
    await stage.order()
    found = no_rate_violations(stage.facts)
    assert found.held is held
    assert "never had to warn" not in found.detail


async def test_a_ban_is_a_violation_where_the_venue_says_no_retry_after() -> None:
    stage = Stage()
    for number in range(5):
        asked = stage.record("request.received", operation="place")
        what = "in a ban" if number == 4 else "over the limit"
        stage.record("limit.hit", limit="EAPI:Rate limit exceeded", what=what)
        code = "EAPI:Rate limit exceeded"
        stage.record("request.answered", request=asked.seq, status=200, code=code)
        stage.wait(1.2)
    assert no_rate_violations(stage.facts).held is False


async def test_connecting_while_the_venue_wants_a_pause_is_a_violation() -> None:
    stage = Stage()
    warned_by_socket(stage)
    stage.wait(0.5)
    stage.record("limit.hit", limit="429", what="before Retry-After was over")
    assert no_rate_violations(stage.facts).held is False


# Streams


def open_stream(stage: Stage, brings: bool = True) -> int:
    number = stage.record("stream.opened", path="/ws/btcusdt@trade").seq
    if brings:
        stage.record("stream.began", connection=number, about="trades", symbol="BTCUSDT")
    return number


def lose_stream(stage: Stage) -> None:
    opened = open_stream(stage)
    stage.wait(1)
    stage.record("fault.delivered", fault="silent", what="no data", connection=opened)


@pytest.mark.parametrize(("after", "held"), [(3, True), (7, False)])
async def test_a_stream_is_back_with_a_new_connection(after: float, held: bool) -> None:
    stage = Stage()
    lose_stream(stage)
    stage.wait(after)
    open_stream(stage)
    assert stream_back_in_time(stage.facts).held is held


@pytest.mark.parametrize(("private", "held"), [(set(), True), ({"silent"}, False)])
async def test_rest_stands_in_for_the_same_kind_of_data(private: set[str], held: bool) -> None:
    stage = Stage()
    lose_stream(stage)
    for _ in range(4):
        stage.wait(3)
        await stage.look()
    open_stream(stage)
    assert stream_back_in_time(stage.facts, private).held is held


async def test_a_connection_that_brings_nothing_is_no_stream() -> None:
    stage = Stage()
    lose_stream(stage)
    stage.wait(1)
    open_stream(stage, brings=False)
    stage.wait(9)
    stage.term()
    assert stream_back_in_time(stage.facts).held is False


async def test_a_connection_that_breaks_as_well_is_the_next_loss() -> None:
    stage = Stage()
    lose_stream(stage)
    for _ in range(3):
        stage.wait(3)
        opened = open_stream(stage, brings=False)
        stage.record("fault.delivered", fault="silent", what="reset", connection=opened)
    stage.wait(3)
    open_stream(stage)
    assert stream_back_in_time(stage.facts).held is True


@pytest.mark.parametrize(("again", "held"), [(True, True), (False, False)])
async def test_an_account_whose_keys_expired_must_hear_of_itself_again(
    again: bool, held: bool
) -> None:
    stage = Stage()
    stage.record("fault.delivered", fault="expiry", what="the keys expire", request=1)
    stage.wait(1)
    opened = open_stream(stage)
    stage.wait(9)
    if again:
        stage.record("stream.told", connection=opened, event={})
    stage.term()
    assert stream_back_in_time(stage.facts, expiring={"expiry"}).held is held


async def test_a_run_that_ends_at_once_says_nothing_of_the_stream() -> None:
    stage = Stage()
    lose_stream(stage)
    stage.wait(2)
    stage.term()
    assert stream_back_in_time(stage.facts).held is None


# What is left


@pytest.mark.parametrize(("cancels", "held"), [(True, True), (False, False)])
async def test_an_entry_order_that_outlives_the_bot_is_an_orphan(cancels: bool, held: bool) -> None:
    stage = Stage()
    await stage.order()
    if cancels:
        await stage.cancel_all()
    stage.exit()
    assert no_orphan_orders(stage.facts).held is held


@pytest.mark.parametrize(("holds", "held"), [(True, True), (False, False)])
async def test_a_stop_may_stay_while_it_protects_a_position(holds: bool, held: bool) -> None:
    stage = Stage()
    if holds:
        await traded(stage)
    await stage.order(**{**STOP, "stopPrice": "55000", "quantity": "0.001"})
    stage.exit()
    assert no_orphan_orders(stage.facts).held is held


@pytest.mark.parametrize(("after", "held"), [(2, True), (12, False)])
async def test_entry_orders_are_cancelled_in_time_after_sigterm(after: float, held: bool) -> None:
    stage = Stage()
    await stage.order()
    stage.term()
    stage.wait(after)
    await stage.cancel_all()
    stage.exit()
    assert cancelled_after_sigterm(stage.facts).held is held


async def test_sigterm_with_an_empty_book_shows_nothing() -> None:
    stage = Stage()
    stage.term()
    stage.exit()
    assert cancelled_after_sigterm(stage.facts).held is None


@pytest.mark.parametrize(("after", "held"), [(0.5, True), (3, False)])
async def test_an_order_after_the_kill_switch_is_a_fault(after: float, held: bool) -> None:
    stage = Stage()
    await stage.order()
    stage.record("bot.signaled", signal="SIGUSR1", why="kill_switch")
    stage.wait(after)
    await stage.order()
    stage.exit()
    assert no_orders_after_kill(stage.facts, Stage().facts).held is held


@pytest.mark.parametrize(("watched", "held"), [(8, None), (12, True)])
async def test_a_bot_that_lives_on_after_the_kill_switch_is_watched_for_its_longest_pause(
    watched: float, held: bool | None
) -> None:
    calm, stage = Stage(), Stage()
    for each in (calm, stage):
        await each.order()
        each.wait(10)
        await each.order()
    stage.record("bot.signaled", signal="SIGUSR1", why="kill_switch")
    stage.wait(watched)
    stage.term()
    stage.exit()
    assert no_orders_after_kill(stage.facts, calm.facts).held is held


async def test_a_kill_switch_whose_command_failed_says_nothing_of_the_bot() -> None:
    stage = Stage()
    await stage.order()
    stage.record("bot.signaled", signal=None, why="kill_switch", command=["./halt", "now"])
    stage.record("command.exited", command=["./halt", "now"], code=1, signal=None)
    stage.wait(3)
    await stage.order()
    found = no_orders_after_kill(stage.facts, Stage().facts)
    assert found.held is None
    assert found.detail.endswith("./halt now ended with exit code 1")


# Position


@pytest.mark.parametrize(("most", "held"), [("0.001", False), ("0.002", True)])
async def test_the_position_is_measured_by_the_venues_fills(most: str, held: bool) -> None:
    stage = await played(traded)
    declared = Declared(max_position=Decimal(most))
    assert position_as_declared(stage.facts, Stage().facts, declared).held is held


@pytest.mark.parametrize(("sells", "held"), [("0.00199", False), ("0.002", True)])
async def test_flat_is_flat_at_the_end(sells: str, held: bool) -> None:
    stage = await played(traded)
    stage.quote(Side.BUY, 59_990, 5)
    await stage.order(side="SELL", price="59990", quantity=sells)
    declared = Declared(expect_flat=True)
    assert position_as_declared(stage.facts, Stage().facts, declared).held is held


async def test_without_a_declaration_more_than_in_calm_is_unknown() -> None:
    stage = await played(traded)
    assert position_as_declared(stage.facts, Stage().facts, Declared()).held is None
    assert position_as_declared(stage.facts, stage.facts, Declared()).held is True


# Recovery


async def faulty(stage: Stage) -> None:
    for number in range(3):
        await stage.order(price=f"{59_000 + number}", newClientOrderId=f"order-{number}")
        stage.wait(2)


LOST = Spoilt("lost", Act(nth=3), Ending.RESET)


async def test_an_accepted_order_in_time_is_recovery() -> None:
    calm, stage = await played(faulty), await played(faulty, LOST)
    await stage.order(price="59100")
    assert recovered(stage.facts, calm.facts).held is True


@pytest.mark.parametrize(("watched", "held"), [(5, None), (30, False)])
async def test_no_order_after_the_fault_is_no_recovery(watched: float, held: bool | None) -> None:
    calm, stage = await played(faulty), await played(faulty, LOST)
    stage.wait(watched)
    stage.term()
    stage.exit()
    assert recovered(stage.facts, calm.facts).held is held


async def test_a_stream_that_stays_silent_until_the_end_is_no_recovery() -> None:
    calm, stage = await played(faulty), await played(faulty)
    lose_stream(stage)
    await stage.order(price="59900")
    stage.wait(30)
    stage.term()
    stage.record("fault.ended", fault="silent", why="the connection has ended")
    stage.exit()
    assert recovered(stage.facts, calm.facts).held is False


@pytest.mark.parametrize(
    ("cleans", "code", "held"), [(True, 0, True), (True, 1, None), (False, 0, False)]
)
async def test_an_exit_is_recovery_if_it_is_meant_and_leaves_nothing(
    cleans: bool, code: int, held: bool | None
) -> None:
    calm, stage = await played(faulty), await played(faulty, LOST)
    if cleans:
        await stage.cancel_all()
    stage.exit(code)
    assert recovered(stage.facts, calm.facts).held is held


@pytest.mark.parametrize(("size", "held"), [("0.0005", False), ("0.002", True)])
async def test_a_stop_protects_as_much_as_it_sells(size: str, held: bool) -> None:
    stage = Stage(Spoilt("busy", Act(nth=2), Trouble.OVERLOADED, Acted.NO))
    await traded(stage)
    await stage.order()
    await stage.order(**STOP, quantity=size, stopPrice="55000")
    stage.exit()
    assert recovered(stage.facts, Stage().facts).held is held


@pytest.mark.parametrize(("buys", "held"), [(3, True), (2, False)])
async def test_a_position_may_be_left_where_calm_ends_with_it_too(buys: int, held: bool) -> None:
    async def saver(stage: Stage, buys: int = 3) -> None:
        for number in range(buys):
            stage.quote(Side.SELL, 60_000 + number, 1)
            await stage.order(price=f"{60_000 + number}")
            stage.wait(2)
        stage.exit()

    calm, stage = await played(saver), Stage(Spoilt("lost", Act(nth=2), Ending.RESET))
    await saver(stage, buys)
    assert recovered(stage.facts, calm.facts).held is held


async def test_a_position_without_a_stop_is_left_unprotected() -> None:
    stage = Stage(Spoilt("busy", Act(nth=2), Trouble.OVERLOADED))
    await traded(stage)
    await stage.order()
    await stage.cancel_all()
    stage.exit()
    assert recovered(stage.facts, Stage().facts).held is False
