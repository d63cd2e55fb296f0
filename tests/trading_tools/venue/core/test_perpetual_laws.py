"""Laws of contracts that hold after every act, whatever the acts are."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.trading_tools.venue.core.perpetual import PERP, START
from trading_tools.venue.core.accounts import Account
from trading_tools.venue.core.contracts import PositionSide
from trading_tools.venue.core.exchange import Exchange
from trading_tools.venue.core.instruments import ATOMS
from trading_tools.venue.core.ledger import VenueLedger
from trading_tools.venue.core.orders import Kind, Order, Rejected, Side, Ticket, TimeInForce

NAMES = ("ann", "bob", "cid")

tickets = st.builds(
    Ticket,
    symbol=st.just(PERP.symbol),
    side=st.sampled_from(Side),
    kind=st.sampled_from((Kind.LIMIT, Kind.LIMIT, Kind.MARKET, Kind.STOP_LOSS, Kind.TAKE_PROFIT)),
    size=st.integers(10, 3_000),
    price=st.integers(180, 220),
    stop=st.integers(180, 220),
    time_in_force=st.sampled_from(TimeInForce),
    reduce_only=st.booleans(),
    position_side=st.sampled_from(PositionSide),
).map(
    lambda ticket: replace(
        ticket,
        price=ticket.price if ticket.kind is Kind.LIMIT else 0,
        stop=ticket.stop if ticket.kind in {Kind.STOP_LOSS, Kind.TAKE_PROFIT} else 0,
    )
)
marks = st.integers(120, 300).map(lambda price: ("mark", price))
amends = st.tuples(st.integers(0, 30), st.integers(180, 220), st.integers(10, 3_000))
acts = st.lists(
    st.tuples(
        st.sampled_from(NAMES),
        st.one_of(tickets, tickets, st.integers(0, 30), marks, amends, st.just("force")),
    ),
    max_size=50,
)


class Desk:
    """Three accounts: one in one-way mode, one isolated, one in hedge mode."""

    def __init__(self) -> None:
        self.exchange = Exchange({PERP: START}, VenueLedger())
        for name in NAMES:
            account = Account(name, maker_fee_ppm=200, taker_fee_ppm=500)
            self.exchange.open_account(account, {"CASH": 1_000 * ATOMS})
        self.exchange.accounts["bob"].hedge = True
        self.exchange.set_isolated(self.exchange.accounts["cid"], PERP.symbol, True, 0)
        self.orders: list[Order] = []
        self.now = 0

    def act(self, name: str, what: object) -> None:
        """Place, cancel, amend, mark or deleverage."""
        self.now += 100
        account = self.exchange.accounts[name]
        try:
            match what:
                case Ticket():
                    self.orders.append(self.exchange.place(account, what, self.now))
                case int() if what < len(self.orders):
                    owner = self.exchange.accounts[self.orders[what].account]
                    self.exchange.cancel(owner, self.orders[what], self.now)
                case ("mark", int() as price):
                    self.exchange.set_mark(PERP.symbol, price, 200, self.now)
                case (int() as number, int() as price, int() as size) if number < len(self.orders):
                    order = self.orders[number]
                    owner = self.exchange.accounts[order.account]
                    if order.ticket.kind is Kind.LIMIT:
                        self.exchange.amend(owner, order, self.now, price=price, size=size)
                case "force":
                    for side in PositionSide:
                        self.exchange.deleverage(account, PERP.symbol, self.now, 100, side)
        except Rejected:
            pass


@given(acts)
@settings(max_examples=150)
def test_no_act_makes_or_destroys_money(script: list[tuple[str, object]]) -> None:
    desk = Desk()
    for name, what in script:
        desk.act(name, what)
        money = desk.exchange.fees["CASH"]
        for account in desk.exchange.accounts.values():
            money += account.free["CASH"] + account.locked["CASH"]
            money += sum(each.margin - each.cost for each in account.every_position())
        assert money == 3 * 1_000 * ATOMS
        held = [each for all_ in desk.exchange.accounts.values() for each in all_.every_position()]
        assert sum(each.size for each in held) == 0


@given(acts)
@settings(max_examples=150)
def test_a_position_is_the_sum_of_its_fills(script: list[tuple[str, object]]) -> None:
    desk = Desk()
    for name, what in script:
        desk.act(name, what)
    for name in NAMES:
        account = desk.exchange.accounts[name]
        for side in PositionSide:
            fills = [
                fill.size if fill.order.ticket.side is Side.BUY else -fill.size
                for fill in account.every_fill()
                if fill.order.ticket.position_side is side
            ]
            position = account.positions.get((PERP.symbol, side))
            assert sum(fills) == (position.size if position else 0)


@given(acts)
@settings(max_examples=150)
def test_an_order_that_may_only_reduce_never_opens_or_turns(
    script: list[tuple[str, object]],
) -> None:
    desk = Desk()
    for name, what in script:
        desk.act(name, what)
    for name in NAMES:
        sizes = dict.fromkeys(PositionSide, 0)
        for fill in desk.exchange.accounts[name].every_fill():
            ticket = fill.order.ticket
            before = sizes[ticket.position_side]
            after = before + (fill.size if ticket.side is Side.BUY else -fill.size)
            if ticket.reduce_only:
                assert before * after >= 0
                assert abs(after) < abs(before)
            sizes[ticket.position_side] = after


@given(acts)
@settings(max_examples=150)
def test_hedge_modes_positions_keep_their_sign_and_flat_ones_cost_nothing(
    script: list[tuple[str, object]],
) -> None:
    desk = Desk()
    for name, what in script:
        desk.act(name, what)
        for account in desk.exchange.accounts.values():
            for position in account.every_position():
                assert position.size or not (position.cost or position.margin)
                assert position.side is not PositionSide.LONG or position.size >= 0
                assert position.side is not PositionSide.SHORT or position.size <= 0


@given(acts)
@settings(max_examples=100)
def test_the_book_holds_what_is_open(script: list[tuple[str, object]]) -> None:
    desk = Desk()
    book = desk.exchange.books[PERP.symbol]
    for name, what in script:
        desk.act(name, what)
        for side, held in ((Side.BUY, book.bids), (Side.SELL, book.asks)):
            resting = [
                order
                for account in desk.exchange.accounts.values()
                for order in account.open_orders(PERP.symbol)
                if order.ticket.side is side and order.working_ms >= 0
            ]
            assert sum(held.totals.values()) == sum(order.remaining for order in resting)
            assert all(order.remaining > 0 for order in resting)
