"""Laws of the exchange that hold after every act, whatever the acts are."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from trading_tools.venue.core.accounts import Account
from trading_tools.venue.core.exchange import Exchange
from trading_tools.venue.core.instruments import ATOMS, Instrument
from trading_tools.venue.core.ledger import VenueLedger
from trading_tools.venue.core.orders import (
    PRICED,
    STOPS,
    Kind,
    Order,
    Rejected,
    Side,
    Status,
    Ticket,
    TimeInForce,
    Trade,
)

COIN = Instrument(
    symbol="COINCASH",
    base="COIN",
    quote="CASH",
    tick_size=Decimal("0.01"),
    step_size=Decimal("0.001"),
    min_size=Decimal("0.001"),
    max_size=Decimal(1000),
    max_market_size=Decimal(100),
    min_notional=Decimal("0.001"),
    max_notional=Decimal(1_000_000),
    max_price=Decimal(10_000),
    max_orders=20,
)
START = 1_000
NAMES = ("ann", "bob", "cid")

tickets = st.builds(
    Ticket,
    symbol=st.just(COIN.symbol),
    side=st.sampled_from(Side),
    kind=st.sampled_from(Kind),
    size=st.integers(1, 60),
    price=st.integers(990, 1010),
    stop=st.integers(990, 1010),
    time_in_force=st.sampled_from(TimeInForce),
).map(
    lambda ticket: replace(
        ticket,
        price=ticket.price if ticket.kind in PRICED else 0,
        stop=ticket.stop if ticket.kind in STOPS else 0,
    )
)
by_quote = st.builds(
    lambda side, worth: Ticket(COIN.symbol, side, Kind.MARKET, 0, quote_size=worth * ATOMS // 10),
    st.sampled_from(Side),
    st.integers(1, 200),
)
acts = st.lists(
    st.tuples(st.sampled_from(NAMES), st.one_of(tickets, by_quote, st.integers(0, 30))),
    max_size=60,
)


class Desk:
    """An exchange with three accounts, one of which pays its fees in quote, and all trades."""

    def __init__(self) -> None:
        self.trades: list[Trade] = []
        self.exchange = Exchange({COIN: START}, VenueLedger(), on_trade=[self.trades.append])
        for name in NAMES:
            account = Account(name, 1_000, 2_500, fees_in_quote=name == NAMES[0])
            self.exchange.open_account(account, {"COIN": ATOMS // 5, "CASH": 2 * ATOMS})
        self.orders: list[Order] = []
        self.now = 0

    def act(self, name: str, what: Ticket | int) -> None:
        """Place a ticket, or cancel the order of that number."""
        self.now += 1
        account = self.exchange.accounts[name]
        try:
            if isinstance(what, Ticket):
                self.orders.append(self.exchange.place(account, what, self.now))
            elif what < len(self.orders) and self.orders[what].account == name:
                self.exchange.cancel(account, self.orders[what], self.now)
        except Rejected:
            pass

    def totals(self) -> dict[str, int]:
        """All there is of each asset, fees included."""
        found: dict[str, int] = defaultdict(int, self.exchange.fees)
        for account in self.exchange.accounts.values():
            for balances in (account.free, account.locked):
                for asset, amount in balances.items():
                    found[asset] += amount
        return dict(found)


@given(acts)
@settings(max_examples=150)
def test_no_act_makes_or_destroys_money(script: list[tuple[str, Ticket | int]]) -> None:
    desk = Desk()
    before = desk.totals()
    for name, what in script:
        desk.act(name, what)
        assert desk.totals() == before
        for account in desk.exchange.accounts.values():
            assert min(account.free.values()) >= 0
            assert all(amount >= 0 for amount in account.locked.values())


@given(acts)
@settings(max_examples=150)
def test_what_is_locked_is_what_open_orders_need(script: list[tuple[str, Ticket | int]]) -> None:
    desk = Desk()
    for name, what in script:
        desk.act(name, what)
        for account in desk.exchange.accounts.values():
            needed, fees = {"COIN": 0, "CASH": 0}, 0
            for order in account.open_orders():
                price = order.ticket.price or order.ticket.stop
                if order.ticket.side is Side.BUY:
                    needed["CASH"] += price * order.remaining * COIN.lot_value
                    fees += account.fee_reserve(price * order.size * COIN.lot_value)
                else:
                    needed["COIN"] += order.remaining * COIN.step_atoms
            assert account.locked["COIN"] == needed["COIN"]
            assert 0 <= account.locked["CASH"] - needed["CASH"] <= fees


@given(acts)
@settings(max_examples=150)
def test_the_book_at_rest_is_not_crossed_and_holds_what_is_open(
    script: list[tuple[str, Ticket | int]],
) -> None:
    desk = Desk()
    book = desk.exchange.books[COIN.symbol]
    for name, what in script:
        desk.act(name, what)
        bid, ask = book.bids.best(), book.asks.best()
        assert bid is None or ask is None or bid < ask
        for side, held in ((Side.BUY, book.bids), (Side.SELL, book.asks)):
            open_sizes: dict[int, int] = defaultdict(int)
            for order in desk.orders:
                if order.open and order.status is not Status.WAITING and order.ticket.side is side:
                    open_sizes[order.ticket.price] += order.remaining
            assert held.totals == dict(open_sizes)


@given(
    st.lists(st.tuples(st.integers(1000, 1004), st.integers(1, 9)), min_size=1, max_size=15),
    st.integers(1, 80),
)
def test_better_prices_trade_first_and_at_one_price_the_older_order(
    resting: list[tuple[int, int]], wanted: int
) -> None:
    desk = Desk()
    for price, size in resting:
        desk.act("ann", Ticket(COIN.symbol, Side.SELL, Kind.LIMIT, size, price))
    queue = sorted(desk.orders, key=lambda order: (order.ticket.price, order.id))

    desk.act("bob", Ticket(COIN.symbol, Side.BUY, Kind.LIMIT, wanted, 1004))

    left = wanted if len(desk.orders) > len(queue) else 0
    for order in queue:
        taken = min(order.size, left)
        assert order.filled == taken
        left -= taken
    prices = [trade.price for trade in desk.trades]
    assert prices == sorted(prices)


@given(acts)
@settings(max_examples=40)
def test_the_same_acts_give_the_same_ledger_byte_for_byte(
    script: list[tuple[str, Ticket | int]],
) -> None:
    histories = []
    for _ in range(2):
        desk = Desk()
        for name, what in script:
            desk.act(name, what)
        histories.append("".join(desk.exchange.ledger.lines()))
    assert histories[0] == histories[1]
