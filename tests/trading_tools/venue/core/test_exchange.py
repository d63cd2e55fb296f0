"""What each kind of order does, and why one is refused."""

from __future__ import annotations

from decimal import Decimal

import pytest

from trading_tools.venue.core.accounts import Account
from trading_tools.venue.core.exchange import Exchange
from trading_tools.venue.core.instruments import ATOMS, Instrument, atoms, text_of
from trading_tools.venue.core.ledger import VenueLedger
from trading_tools.venue.core.orders import (
    LIFE,
    IllegalTransition,
    Kind,
    Order,
    Reason,
    Rejected,
    Report,
    SelfTrade,
    Side,
    Status,
    Ticket,
    TimeInForce,
)

COIN = Instrument(
    symbol="COINCASH",
    base="COIN",
    quote="CASH",
    tick_size=Decimal("0.5"),
    step_size=Decimal("0.01"),
    min_size=Decimal("0.02"),
    max_size=Decimal(100),
    max_market_size=Decimal(10),
    min_notional=Decimal(5),
    max_notional=Decimal(40_000),
    max_price=Decimal(10_000),
    max_orders=3,
)


class Desk:
    """One user against a market maker; prices in ticks of 0.5, sizes in steps of 0.01."""

    def __init__(self) -> None:
        self.reports: list[Report] = []
        self.ledger = VenueLedger()
        self.exchange = Exchange({COIN: 200}, self.ledger, on_report=[self.reports.append])
        self.user = self.exchange.open_account(
            Account("user"), {"COIN": 10 * ATOMS, "CASH": 1_000 * ATOMS}
        )
        self.maker = self.exchange.open_account(
            Account("maker", background=True), {"COIN": 1_000 * ATOMS, "CASH": 10**6 * ATOMS}
        )

    def rest(self, side: Side, price: int, size: int) -> Order:
        """Let the market maker quote."""
        ticket = Ticket(COIN.symbol, side, Kind.LIMIT, size, price)
        return self.exchange.place(self.maker, ticket, 1)

    def user_does(
        self,
        side: Side,
        kind: Kind,
        size: int,
        price: int = 0,
        stop: int = 0,
        time_in_force: TimeInForce = TimeInForce.GTC,
        quote_size: int = 0,
        client_order_id: str = "",
    ) -> Order:
        """Place the user's order."""
        ticket = Ticket(
            COIN.symbol, side, kind, size, price, stop, time_in_force, quote_size, client_order_id
        )
        return self.exchange.place(self.user, ticket, 2)


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_a_limit_order_pays_the_makers_price_and_gets_the_rest_back(desk: Desk) -> None:
    desk.rest(Side.SELL, 200, 100)

    order = desk.user_does(Side.BUY, Kind.LIMIT, 100, 220)

    assert order.status is Status.FILLED
    assert text_of(desk.user.free["CASH"]) == "900.00000000"
    assert text_of(desk.user.locked["CASH"]) == "0.00000000"
    assert text_of(desk.user.free["COIN"]) == "10.99900000"
    assert text_of(desk.exchange.fees["COIN"]) == "0.00100000"


def test_a_limit_order_rests_with_what_it_did_not_trade(desk: Desk) -> None:
    desk.rest(Side.SELL, 200, 40)

    order = desk.user_does(Side.BUY, Kind.LIMIT, 100, 200)

    assert (order.status, order.filled) == (Status.PARTIALLY_FILLED, 40)
    assert desk.exchange.books[COIN.symbol].bids.depth(5) == [(200, 60)]
    assert text_of(desk.user.locked["CASH"]) == "60.00000000"


def test_a_market_order_without_enough_sellers_expires_with_the_rest(desk: Desk) -> None:
    desk.rest(Side.SELL, 200, 40)

    order = desk.user_does(Side.BUY, Kind.MARKET, 100)

    assert (order.status, order.filled) == (Status.EXPIRED, 40)
    assert desk.user.locked["CASH"] == 0


def test_a_market_order_by_quote_size_spends_no_more_than_that(desk: Desk) -> None:
    desk.rest(Side.SELL, 200, 10)
    desk.rest(Side.SELL, 202, 100)

    order = desk.user_does(Side.BUY, Kind.MARKET, 0, quote_size=atoms("25"))

    assert (order.status, order.filled) == (Status.FILLED, 24)
    assert text_of(order.quote_filled) == "24.14000000"


def test_immediate_or_cancel_never_rests(desk: Desk) -> None:
    desk.rest(Side.SELL, 200, 40)

    order = desk.user_does(Side.BUY, Kind.LIMIT, 100, 200, time_in_force=TimeInForce.IOC)

    assert (order.status, order.filled) == (Status.EXPIRED, 40)
    assert desk.exchange.books[COIN.symbol].bids.best() is None


def test_fill_or_kill_trades_all_or_nothing(desk: Desk) -> None:
    desk.rest(Side.SELL, 200, 40)

    short = desk.user_does(Side.BUY, Kind.LIMIT, 41, 200, time_in_force=TimeInForce.FOK)
    exact = desk.user_does(Side.BUY, Kind.LIMIT, 40, 200, time_in_force=TimeInForce.FOK)

    assert (short.status, short.filled) == (Status.EXPIRED, 0)
    assert exact.status is Status.FILLED


def test_a_stop_waits_and_trades_once_its_price_is_reached(desk: Desk) -> None:
    desk.rest(Side.BUY, 190, 500)
    order = desk.user_does(Side.SELL, Kind.STOP_LOSS, 100, stop=190)
    assert text_of(desk.user.locked["COIN"]) == "1.00000000"

    desk.exchange.place(desk.maker, Ticket(COIN.symbol, Side.BUY, Kind.LIMIT, 500, 185), 3)
    taker = desk.exchange.open_account(Account("taker", background=True), {"COIN": 100 * ATOMS})
    desk.exchange.place(taker, Ticket(COIN.symbol, Side.SELL, Kind.MARKET, 10), 4)

    assert [(report.event, report.status) for report in desk.reports] == [
        ("NEW", Status.WAITING),
        ("TRIGGERED", Status.NEW),
        ("TRADE", Status.FILLED),
    ]
    assert order.filled == 100


def test_a_stop_limit_rests_after_its_trigger_and_can_be_canceled_before(desk: Desk) -> None:
    desk.rest(Side.SELL, 210, 10)
    order = desk.user_does(Side.BUY, Kind.STOP_LOSS_LIMIT, 100, 205, stop=210)
    other = desk.user_does(Side.BUY, Kind.STOP_LOSS_LIMIT, 100, 205, stop=210)
    desk.exchange.cancel(desk.user, other, 3)

    taker = desk.exchange.open_account(Account("taker", background=True), {"CASH": 10**6 * ATOMS})
    desk.exchange.place(taker, Ticket(COIN.symbol, Side.BUY, Kind.MARKET, 10), 4)

    assert order.status is Status.NEW
    assert desk.exchange.books[COIN.symbol].bids.depth(5) == [(205, 100)]
    assert other.status is Status.CANCELED


def test_an_account_does_not_trade_with_itself_its_resting_order_expires(desk: Desk) -> None:
    resting = desk.user_does(Side.SELL, Kind.LIMIT, 100, 200)

    taking = desk.user_does(Side.BUY, Kind.LIMIT, 100, 200)

    assert resting.status is Status.EXPIRED_IN_MATCH
    assert (taking.status, taking.filled) == (Status.NEW, 0)


def test_a_client_order_id_is_free_again_once_its_order_has_ended(desk: Desk) -> None:
    first = desk.user_does(Side.BUY, Kind.LIMIT, 100, 200, client_order_id="one")
    with pytest.raises(Rejected) as refusal:
        desk.user_does(Side.BUY, Kind.LIMIT, 100, 200, client_order_id="one")
    assert refusal.value.reason is Reason.DUPLICATE

    desk.exchange.cancel(desk.user, first, 3)
    again = desk.user_does(Side.BUY, Kind.LIMIT, 100, 200, client_order_id="one")

    assert again.open


@pytest.mark.parametrize(
    ("reason", "ticket"),
    [
        (Reason.SIZE, Ticket(COIN.symbol, Side.BUY, Kind.LIMIT, 1, 200)),
        (Reason.SIZE, Ticket(COIN.symbol, Side.BUY, Kind.LIMIT, 10_001, 200)),
        (Reason.MARKET_SIZE, Ticket(COIN.symbol, Side.BUY, Kind.MARKET, 1_001)),
        (Reason.NOTIONAL, Ticket(COIN.symbol, Side.BUY, Kind.LIMIT, 4, 200)),
        (Reason.NOTIONAL, Ticket(COIN.symbol, Side.SELL, Kind.LIMIT, 10_000, 1000)),
        (Reason.NOTIONAL, Ticket(COIN.symbol, Side.BUY, Kind.MARKET, 0, quote_size=ATOMS)),
        (Reason.PRICE, Ticket(COIN.symbol, Side.BUY, Kind.LIMIT, 100, 0)),
        (Reason.PRICE, Ticket(COIN.symbol, Side.BUY, Kind.LIMIT, 100, 20_001)),
        (Reason.PRICE_BAND, Ticket(COIN.symbol, Side.BUY, Kind.LIMIT, 100, 39)),
        (Reason.PRICE_BAND, Ticket(COIN.symbol, Side.SELL, Kind.LIMIT, 100, 1001)),
        (Reason.FUNDS, Ticket(COIN.symbol, Side.SELL, Kind.LIMIT, 1_001, 200)),
        (Reason.FUNDS, Ticket(COIN.symbol, Side.BUY, Kind.LIMIT, 1_001, 200)),
        (Reason.WOULD_MATCH, Ticket(COIN.symbol, Side.BUY, Kind.LIMIT_MAKER, 100, 210)),
        (Reason.WOULD_TRIGGER, Ticket(COIN.symbol, Side.SELL, Kind.STOP_LOSS, 100, stop=200)),
        (Reason.WOULD_TRIGGER, Ticket(COIN.symbol, Side.BUY, Kind.TAKE_PROFIT, 100, stop=200)),
    ],
)
def test_a_broken_rule_is_named_and_nothing_changes(
    desk: Desk, reason: Reason, ticket: Ticket
) -> None:
    desk.rest(Side.SELL, 205, 100)

    with pytest.raises(Rejected) as refusal:
        desk.exchange.place(desk.user, ticket, 2)

    assert refusal.value.reason is reason
    assert not desk.user.orders
    assert text_of(desk.user.free["CASH"]) == "1000.00000000"
    assert [entry.body["reason"] for entry in desk.ledger.of("order.rejected")] == [reason.name]


def test_the_number_of_open_orders_is_limited_for_each_instrument(desk: Desk) -> None:
    for _ in range(COIN.max_orders):
        desk.user_does(Side.BUY, Kind.LIMIT, 100, 200)

    with pytest.raises(Rejected) as refusal:
        desk.user_does(Side.BUY, Kind.LIMIT, 100, 200)

    assert refusal.value.reason is Reason.OPEN_ORDERS


def test_an_order_that_has_ended_cannot_be_canceled(desk: Desk) -> None:
    order = desk.user_does(Side.BUY, Kind.LIMIT, 100, 200)
    desk.exchange.cancel(desk.user, order, 3)

    with pytest.raises(Rejected) as refusal:
        desk.exchange.cancel(desk.user, order, 4)

    assert refusal.value.reason is Reason.UNKNOWN_ORDER


@pytest.mark.parametrize("status", [status for status in Status if not LIFE[status]])
def test_nothing_follows_the_end_of_an_order(desk: Desk, status: Status) -> None:
    order = desk.user_does(Side.BUY, Kind.LIMIT, 100, 200)
    order.turn(status, 3)

    with pytest.raises(IllegalTransition, match=rf"cannot go from {status} to NEW"):
        order.turn(Status.NEW, 4)


def test_the_ledger_tells_the_life_of_an_order(desk: Desk) -> None:
    desk.rest(Side.SELL, 200, 40)
    order = desk.user_does(Side.BUY, Kind.LIMIT, 100, 200, client_order_id="one")
    desk.exchange.cancel(desk.user, order, 5)

    kinds = [entry.kind for entry in desk.ledger.entries]
    assert kinds == ["order.accepted", "order.traded", "order.canceled"]
    accepted, traded, _ = desk.ledger.entries
    assert accepted.body["client_order_id"] == "one"
    assert (accepted.body["size"], accepted.body["price"]) == ("1.00000000", "100.00000000")
    assert (traded.body["size"], traded.body["maker"]) == ("0.40000000", False)


def test_a_tick_and_step_whose_product_is_finer_than_an_atom_are_refused() -> None:
    with pytest.raises(ValueError, match=r"finer than 0\.00000001"):
        Instrument(
            symbol="FINE",
            base="F",
            quote="G",
            tick_size=Decimal("0.00001"),
            step_size=Decimal("0.0001"),
            min_size=Decimal("0.0001"),
            max_size=Decimal(1),
            max_market_size=Decimal(1),
            min_notional=Decimal(1),
            max_notional=Decimal(10),
            max_price=Decimal(10),
        )


@pytest.mark.parametrize(
    ("ends", "resting", "coming"),
    [
        (SelfTrade.MAKER, Status.EXPIRED_IN_MATCH, Status.FILLED),
        (SelfTrade.TAKER, Status.NEW, Status.EXPIRED_IN_MATCH),
        (SelfTrade.BOTH, Status.EXPIRED_IN_MATCH, Status.EXPIRED_IN_MATCH),
    ],
)
def test_where_own_orders_meet_the_ticket_says_which_one_ends(
    desk: Desk, ends: SelfTrade, resting: Status, coming: Status
) -> None:
    own = desk.user_does(Side.SELL, Kind.LIMIT, 10, 200)
    desk.rest(Side.SELL, 201, 10)
    ticket = Ticket(COIN.symbol, Side.BUY, Kind.LIMIT, 10, 201, self_trade=ends)
    order = desk.exchange.place(desk.user, ticket, 3)
    assert (own.status, order.status) == (resting, coming)


def test_a_fill_or_kill_order_that_would_end_at_an_own_order_trades_nothing(desk: Desk) -> None:
    desk.rest(Side.SELL, 200, 5)
    desk.user_does(Side.SELL, Kind.LIMIT, 10, 201)
    desk.rest(Side.SELL, 202, 10)
    ticket = Ticket(
        COIN.symbol,
        Side.BUY,
        Kind.LIMIT,
        10,
        202,
        time_in_force=TimeInForce.FOK,
        self_trade=SelfTrade.TAKER,
    )
    order = desk.exchange.place(desk.user, ticket, 3)
    assert (order.status, order.filled) == (Status.EXPIRED, 0)


def test_an_order_whose_time_has_come_gives_back_what_it_held(desk: Desk) -> None:
    resting = desk.user_does(Side.BUY, Kind.LIMIT, 100, 190)
    waiting = desk.user_does(Side.SELL, Kind.STOP_LOSS_LIMIT, 100, 180, 185)

    for order in (resting, waiting):
        desk.exchange.expire(desk.user, order, 3)
        assert order.status is Status.EXPIRED

    assert not any(desk.user.locked.values())
    assert not desk.exchange.books[COIN.symbol].bids.levels
    assert len(desk.ledger.of("order.expired")) == 2
    with pytest.raises(Rejected):
        desk.exchange.expire(desk.user, resting, 4)
