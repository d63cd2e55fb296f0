"""Positions in contracts: what opens, enlarges, closes and turns them, and what they cost."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.trading_tools.venue.core.perpetual import PERP, START, PerpDesk
from tests.trading_tools.venue.core.test_exchange import COIN
from trading_tools.venue.core.accounts import Account
from trading_tools.venue.core.contracts import PositionSide, Trigger
from trading_tools.venue.core.exchange import Exchange
from trading_tools.venue.core.instruments import ATOMS
from trading_tools.venue.core.ledger import VenueLedger
from trading_tools.venue.core.orders import (
    Forced,
    Kind,
    Reason,
    Rejected,
    Side,
    Status,
    Ticket,
)
from trading_tools.venue.core.positions import ChangeKind, IncomeKind


@pytest.fixture
def desk() -> PerpDesk:
    return PerpDesk()


def test_buys_average_the_entry_price(desk: PerpDesk) -> None:
    desk.goes_long(100, 200)
    position = desk.goes_long(300, 220)

    assert (position.size, position.entry(PERP)) == (400, Decimal("107.5"))


def test_selling_a_part_realises_its_gain_and_pays_a_fee_on_the_worth(desk: PerpDesk) -> None:
    desk.goes_long(400, 200)
    desk.rest(Side.BUY, 240, 100)
    desk.user_does(Side.SELL, 100)

    assert desk.position().size == 300
    told = [(income.kind, income.amount) for income in desk.user.every_income()]
    assert told == [
        (IncomeKind.FEE, -20_000_000),
        (IncomeKind.REALISED, 20 * ATOMS),
        (IncomeKind.FEE, -6_000_000),
    ]
    assert desk.user.every_fill()[-1].realised == 20 * ATOMS


def test_a_larger_order_the_other_way_turns_the_position(desk: PerpDesk) -> None:
    desk.goes_long(100, 200)
    desk.rest(Side.BUY, 210, 300)
    desk.user_does(Side.SELL, 300)

    position = desk.position()
    assert (position.size, position.entry(PERP)) == (-200, Decimal(105))
    assert position.realised == 5 * ATOMS


def test_hedge_mode_holds_a_long_and_a_short_position_side_by_side(desk: PerpDesk) -> None:
    desk.user.hedge = True
    desk.rest(Side.SELL, 200, 100)
    desk.user_does(Side.BUY, 100, position_side=PositionSide.LONG)
    desk.rest(Side.BUY, 198, 50)
    desk.user_does(Side.SELL, 50, position_side=PositionSide.SHORT)

    assert desk.position(PositionSide.LONG).size == 100
    assert desk.position(PositionSide.SHORT).size == -50
    with pytest.raises(Rejected) as refusal:
        desk.user_does(Side.BUY, 50)
    assert refusal.value.reason is Reason.POSITION_SIDE


def test_hedge_modes_closing_orders_close_no_more_than_there_is(desk: PerpDesk) -> None:
    desk.user.hedge = True
    desk.rest(Side.SELL, 200, 100)
    desk.user_does(Side.BUY, 100, position_side=PositionSide.LONG)
    desk.rest(Side.BUY, 200, 500)

    order = desk.user_does(Side.SELL, 300, position_side=PositionSide.LONG)

    assert (order.filled, desk.position(PositionSide.LONG).size) == (100, 0)


def test_an_order_needs_its_worth_divided_by_the_leverage(desk: PerpDesk) -> None:
    desk.user_does(Side.BUY, 8_000, 200)

    assert desk.exchange.margins.backing(desk.user, "CASH").order_margin == 800 * ATOMS
    with pytest.raises(Rejected) as refusal:
        desk.user_does(Side.BUY, 2_100, 200)
    assert refusal.value.reason is Reason.MARGIN


def test_orders_of_both_sides_need_the_margin_of_the_worse_one(desk: PerpDesk) -> None:
    desk.user_does(Side.BUY, 8_000, 200)
    desk.user_does(Side.SELL, 6_000, 210)

    assert desk.exchange.margins.backing(desk.user, "CASH").order_margin == 800 * ATOMS


def test_a_position_may_not_be_larger_than_its_leverage_allows() -> None:
    desk = PerpDesk(cash=100_000)
    desk.exchange.set_leverage(desk.user, PERP.symbol, 50, 1)

    with pytest.raises(Rejected) as refusal:
        desk.user_does(Side.BUY, 10_100, 200)
    assert refusal.value.reason is Reason.POSITION_LIMIT

    desk.goes_long(9_000)
    desk.exchange.set_leverage(desk.user, PERP.symbol, 20, 2)
    desk.goes_long(9_000)
    with pytest.raises(Rejected) as refusal:
        desk.exchange.set_leverage(desk.user, PERP.symbol, 50, 3)
    assert refusal.value.reason is Reason.POSITION_LIMIT


def test_lower_leverage_is_refused_where_the_margin_would_be_too_little(desk: PerpDesk) -> None:
    desk.goes_long(9_000)

    with pytest.raises(Rejected) as refusal:
        desk.exchange.set_leverage(desk.user, PERP.symbol, 5, 3)

    assert refusal.value.reason is Reason.MARGIN
    assert desk.user.terms_of(PERP.symbol, 1).leverage == 10


def test_a_reduce_only_order_without_a_position_is_refused(desk: PerpDesk) -> None:
    with pytest.raises(Rejected) as refusal:
        desk.user_does(Side.SELL, 100, 210, reduce_only=True)

    assert refusal.value.reason is Reason.REDUCE_ONLY


def test_a_resting_reduce_only_order_shrinks_and_ends_with_its_position(desk: PerpDesk) -> None:
    desk.goes_long(100)
    order = desk.user_does(Side.SELL, 100, 220, reduce_only=True)
    desk.rest(Side.BUY, 200, 40)
    desk.user_does(Side.SELL, 40)
    assert (order.remaining, desk.exchange.books[PERP.symbol].asks.totals) == (60, {220: 60})

    desk.rest(Side.BUY, 200, 100)
    desk.user_does(Side.SELL, 100)

    assert order.status is Status.EXPIRED
    assert desk.position().size == -40


def test_a_stop_that_closes_the_position_closes_whatever_there_is(desk: PerpDesk) -> None:
    desk.goes_long(100)
    desk.user_does(
        Side.SELL, 0, kind=Kind.STOP_LOSS, stop=190, close_position=True, trigger=Trigger.MARK
    )
    desk.goes_long(50)
    desk.rest(Side.BUY, 180, 500)

    desk.mark(189)

    assert desk.position().size == 0
    assert desk.user.every_fill()[-1].size == 150


def test_a_stop_by_mark_price_does_not_look_at_the_last_price(desk: PerpDesk) -> None:
    desk.goes_long(100)
    stop = desk.user_does(Side.SELL, 100, kind=Kind.STOP_LOSS, stop=190, trigger=Trigger.MARK)
    desk.rest(Side.BUY, 185, 10)
    desk.user_does(Side.SELL, 10)

    assert stop.status is Status.WAITING


def test_longs_pay_shorts_when_the_interval_ends(desk: PerpDesk) -> None:
    desk.goes_long(1_000)
    desk.mark(200, 500)
    desk.mark(200, 1_000)

    assert [change.kind for change in desk.changes] == [ChangeKind.FUNDING]
    assert desk.changes[0].amount == -10_000_000  # 0.01 % of 1,000
    (entry,) = desk.ledger.of("funding.paid")
    assert entry.body["amount_atoms"] == -10_000_000


def test_a_falling_mark_price_warns_and_then_liquidates(desk: PerpDesk) -> None:
    desk.goes_long(9_000)  # worth 9,000 on 1,000: 90 is the maintenance margin
    resting = desk.user_does(Side.SELL, 1_000, 260)
    desk.rest(Side.BUY, 178, 5_000)
    expected = desk.exchange.margins.liquidation_ticks(desk.user, desk.position())

    desk.mark(180)
    assert [change.kind for change in desk.changes] == [ChangeKind.MARGIN_CALL]
    desk.mark(expected)

    assert resting.status is Status.CANCELED
    assert desk.position().size == 0
    assert desk.changes[-1].kind is ChangeKind.LIQUIDATION
    (entry,) = desk.ledger.of("position.liquidated")
    forced = desk.user.orders[entry.body["order"]]
    assert (forced.forced, forced.filled) == (Forced.LIQUIDATION, 9_000)
    accepted = {each.body["order"] for each in desk.ledger.of("order.accepted")}
    assert forced.id not in accepted


def test_a_position_above_its_liquidation_price_stays(desk: PerpDesk) -> None:
    desk.goes_long(9_000)
    expected = desk.exchange.margins.liquidation_ticks(desk.user, desk.position())

    desk.mark(expected + 1)

    assert desk.position().size == 9_000


def test_a_loss_beyond_the_wallet_is_the_insurance_funds(desk: PerpDesk) -> None:
    desk.goes_long(9_000)
    desk.mark(100)

    assert desk.position().size == 0
    assert desk.user.free["CASH"] == 0
    assert desk.user.every_income()[-1].kind is IncomeKind.INSURANCE


def test_an_isolated_position_can_lose_no_more_than_its_margin(desk: PerpDesk) -> None:
    desk.exchange.set_isolated(desk.user, PERP.symbol, True, 1)
    desk.goes_long(1_000)
    assert desk.position().margin == 100 * ATOMS
    before = desk.user.free["CASH"]

    desk.mark(100)

    assert desk.position().size == 0
    assert before - ATOMS // 2 < desk.user.free["CASH"] <= before


def test_margin_can_be_added_to_an_isolated_position_and_taken_back(desk: PerpDesk) -> None:
    desk.exchange.set_isolated(desk.user, PERP.symbol, True, 1)
    position = desk.goes_long(1_000)
    near = desk.exchange.margins.liquidation_ticks(desk.user, position)

    desk.exchange.add_margin(desk.user, position, 100 * ATOMS, 2)
    assert desk.exchange.margins.liquidation_ticks(desk.user, position) < near
    desk.exchange.add_margin(desk.user, position, -100 * ATOMS, 3)
    with pytest.raises(Rejected) as refusal:
        desk.exchange.add_margin(desk.user, position, -ATOMS, 4)
    assert refusal.value.reason is Reason.MARGIN


def test_the_margin_mode_stands_while_there_is_a_position(desk: PerpDesk) -> None:
    desk.goes_long(100)

    with pytest.raises(Rejected) as refusal:
        desk.exchange.set_isolated(desk.user, PERP.symbol, True, 3)

    assert refusal.value.reason is Reason.POSITION_OPEN


def test_deleveraging_closes_at_the_mark_price_and_leaves_the_book_alone(desk: PerpDesk) -> None:
    desk.goes_long(100)
    desk.rest(Side.BUY, 150, 500)
    desk.mark(220)
    desk.exchange.deleverage(desk.user, PERP.symbol, 4, size=60)

    assert desk.position().size == 40
    assert desk.exchange.books[PERP.symbol].bids.totals == {150: 500}
    (entry,) = desk.ledger.of("position.deleveraged")
    assert desk.user.orders[entry.body["order"]].forced is Forced.DELEVERAGE
    assert desk.user.every_fill()[-1].price == 220


@pytest.mark.parametrize(("worth", "needed"), [(10_000, 100), (20_000, 350), (50_000, 1_100)])
def test_maintenance_margin_has_no_jump_at_a_tiers_cap(worth: int, needed: int) -> None:
    contract = PERP.contract
    assert contract is not None

    assert contract.maintenance(worth * ATOMS) == needed * ATOMS


def test_what_a_position_needs_cannot_be_spent_on_a_spot_market() -> None:
    exchange = Exchange({COIN: 200, PERP: START}, VenueLedger())
    user = exchange.open_account(Account("user"), {"CASH": 1_000 * ATOMS})
    maker = exchange.open_account(Account("maker", background=True), {"CASH": 10**9 * ATOMS})
    exchange.place(maker, Ticket(PERP.symbol, Side.SELL, Kind.LIMIT, 9_000, START), 1)
    exchange.place(user, Ticket(PERP.symbol, Side.BUY, Kind.MARKET, 9_000), 2)

    def buys(size: int) -> None:
        exchange.place(user, Ticket(COIN.symbol, Side.BUY, Kind.LIMIT, size, 200), 3)

    with pytest.raises(Rejected) as refusal:
        buys(200)
    assert refusal.value.reason is Reason.FUNDS
    buys(80)
