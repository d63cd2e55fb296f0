"""Amending an open order in place: what changes, what keeps its place, what is refused."""

from __future__ import annotations

import pytest

from tests.trading_tools.venue.core.perpetual import PERP, PerpDesk
from tests.trading_tools.venue.core.test_exchange import COIN, Desk
from trading_tools.venue.core.accounts import Account
from trading_tools.venue.core.instruments import ATOMS, text_of
from trading_tools.venue.core.orders import Kind, Reason, Rejected, Side, Status, Ticket


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_a_smaller_size_keeps_the_place_in_the_queue(desk: Desk) -> None:
    order = desk.user_does(Side.SELL, Kind.LIMIT, 100, 200)
    behind = desk.rest(Side.SELL, 200, 100)
    taker = desk.exchange.open_account(Account("taker"), {"CASH": 1_000 * ATOMS})

    desk.exchange.amend(desk.user, order, 3, size=60)
    desk.exchange.place(taker, Ticket(COIN.symbol, Side.BUY, Kind.LIMIT, 70, 200), 4)

    assert (order.status, order.filled, behind.filled) == (Status.FILLED, 60, 10)
    assert text_of(desk.user.locked["COIN"]) == "0.00000000"


@pytest.mark.parametrize("change", [{"size": 140}, {"price": 200, "size": 100}])
def test_any_other_change_goes_to_the_end_of_the_queue(desk: Desk, change: dict[str, int]) -> None:
    order = desk.user_does(Side.SELL, Kind.LIMIT, 100, 200 if "price" not in change else 202)
    first = desk.rest(Side.SELL, 200, 100)
    taker = desk.exchange.open_account(Account("taker"), {"CASH": 1_000 * ATOMS})

    desk.exchange.amend(desk.user, order, 3, **change)
    desk.exchange.place(taker, Ticket(COIN.symbol, Side.BUY, Kind.LIMIT, 100, 200), 4)

    assert (order.filled, first.filled) == (0, 100)
    assert desk.user.locked["COIN"] == change["size"] * COIN.step_atoms


def test_an_amended_price_that_reaches_the_other_side_trades_at_once(desk: Desk) -> None:
    desk.rest(Side.SELL, 210, 100)
    order = desk.user_does(Side.BUY, Kind.LIMIT, 100, 200)

    desk.exchange.amend(desk.user, order, 3, price=212)

    assert order.status is Status.FILLED
    assert text_of(desk.user.free["CASH"]) == "895.00000000"
    assert [report.event for report in desk.reports] == ["NEW", "AMENDED", "TRADE"]


def test_the_ledger_tells_what_an_order_was_amended_to(desk: Desk) -> None:
    order = desk.user_does(Side.BUY, Kind.LIMIT, 100, 200, client_order_id="one")

    desk.exchange.amend(desk.user, order, 3, price=190, request=7)

    (entry,) = desk.ledger.of("order.amended")
    assert (entry.body["order"], entry.body["request"]) == (order.id, 7)
    assert (entry.body["price"], entry.body["client_order_id"]) == ("95.00000000", "one")


def test_an_amended_stop_waits_for_its_new_price_alone(desk: Desk) -> None:
    desk.rest(Side.BUY, 180, 500)
    order = desk.user_does(Side.SELL, Kind.STOP_LOSS, 100, stop=195)
    for stop in (185, 195, 182):
        desk.exchange.amend(desk.user, order, 3, stop=stop)
    taker = desk.exchange.open_account(Account("taker", background=True), {"COIN": 100 * ATOMS})
    desk.rest(Side.BUY, 190, 10)
    desk.exchange.place(taker, Ticket(COIN.symbol, Side.SELL, Kind.MARKET, 10), 4)
    assert order.filled == 0

    desk.exchange.place(taker, Ticket(COIN.symbol, Side.SELL, Kind.MARKET, 10), 5)

    assert order.filled == 100


@pytest.mark.parametrize(
    ("reason", "change"),
    [
        (Reason.UNCHANGED, {"price": 200}),
        (Reason.SIZE, {"size": 40}),
        (Reason.SIZE, {"size": 1}),
        (Reason.PRICE, {"price": 20_001}),
        (Reason.FUNDS, {"size": 5_000}),
    ],
)
def test_a_refused_amendment_changes_nothing(
    desk: Desk, reason: Reason, change: dict[str, int]
) -> None:
    order = desk.user_does(Side.BUY, Kind.LIMIT, 100, 200)
    desk.rest(Side.SELL, 200, 40)
    before = desk.user.balance("CASH")

    with pytest.raises(Rejected) as refusal:
        desk.exchange.amend(desk.user, order, 3, **change)

    assert refusal.value.reason is reason
    assert (order.size, order.ticket.price, order.filled) == (100, 200, 40)
    assert desk.user.balance("CASH") == before
    assert desk.exchange.books[COIN.symbol].bids.totals == {200: 60}


def test_an_order_that_has_ended_cannot_be_amended(desk: Desk) -> None:
    order = desk.user_does(Side.BUY, Kind.LIMIT, 100, 200)
    desk.exchange.cancel(desk.user, order, 3)

    with pytest.raises(Rejected) as refusal:
        desk.exchange.amend(desk.user, order, 4, price=190)

    assert refusal.value.reason is Reason.UNKNOWN_ORDER


def test_an_amended_contract_order_needs_margin_for_what_is_more() -> None:
    desk = PerpDesk()
    order = desk.user_does(Side.BUY, 8_000, 200)

    desk.exchange.amend(desk.user, order, 3, size=9_900)
    with pytest.raises(Rejected) as refusal:
        desk.exchange.amend(desk.user, order, 4, size=10_100)

    assert refusal.value.reason is Reason.MARGIN
    assert desk.exchange.books[PERP.symbol].bids.totals == {200: 9_900}
