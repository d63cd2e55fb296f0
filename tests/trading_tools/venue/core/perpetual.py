"""A desk with one perpetual contract: one user against a market maker."""

from __future__ import annotations

from decimal import Decimal

from trading_tools.venue.core.accounts import Account
from trading_tools.venue.core.contracts import Contract, PositionSide, Tier, Trigger
from trading_tools.venue.core.exchange import Exchange
from trading_tools.venue.core.instruments import ATOMS, Instrument
from trading_tools.venue.core.ledger import VenueLedger
from trading_tools.venue.core.orders import Kind, Order, Report, Side, Ticket, TimeInForce
from trading_tools.venue.core.positions import Change, Position

PERP = Instrument(
    symbol="COINPERP",
    base="COIN",
    quote="CASH",
    tick_size=Decimal("0.5"),
    step_size=Decimal("0.01"),
    min_size=Decimal("0.01"),
    max_size=Decimal(1_000),
    max_market_size=Decimal(1_000),
    min_notional=Decimal(5),
    max_notional=Decimal(1_000_000),
    max_price=Decimal(10_000),
    contract=Contract(
        tiers=(
            Tier(10_000 * ATOMS, 50, 10_000),
            Tier(50_000 * ATOMS, 20, 25_000),
            Tier(1_000_000 * ATOMS, 5, 100_000),
        ),
        funding_interval_ms=1_000,
        default_leverage=10,
    ),
)
START = 200
"""The first price in ticks: 100."""


class PerpDesk:
    """Prices in ticks of 0.5, sizes in steps of 0.01; a lot of one costs 0.005 a tick."""

    def __init__(self, cash: int = 1_000) -> None:
        self.reports: list[Report] = []
        self.changes: list[Change] = []
        self.ledger = VenueLedger()
        self.exchange = Exchange({PERP: START}, self.ledger, on_report=[self.reports.append])
        self.exchange.on_change.append(self.changes.append)
        self.user = self.exchange.open_account(Account("user", 0, 500), {"CASH": cash * ATOMS})
        self.maker = self.exchange.open_account(
            Account("maker", 0, 0, background=True), {"CASH": 10**9 * ATOMS}
        )

    def rest(self, side: Side, price: int, size: int) -> Order:
        """Let the market maker quote."""
        return self.exchange.place(
            self.maker, Ticket(PERP.symbol, side, Kind.LIMIT, size, price), 1
        )

    def user_does(
        self,
        side: Side,
        size: int,
        price: int = 0,
        *,
        kind: Kind | None = None,
        stop: int = 0,
        reduce_only: bool = False,
        position_side: PositionSide = PositionSide.BOTH,
        close_position: bool = False,
        trigger: Trigger = Trigger.LAST,
        time_in_force: TimeInForce = TimeInForce.GTC,
    ) -> Order:
        """Place the user's order: a limit order where there is a price, else a market order."""
        ticket = Ticket(
            PERP.symbol,
            side,
            kind or (Kind.LIMIT if price else Kind.MARKET),
            size,
            price,
            stop,
            time_in_force,
            reduce_only=reduce_only,
            position_side=position_side,
            close_position=close_position,
            trigger=trigger,
        )
        return self.exchange.place(self.user, ticket, 2)

    def goes_long(self, size: int, price: int = START) -> Position:
        """Let the user buy `size` steps at `price`."""
        self.rest(Side.SELL, price, size)
        self.user_does(Side.BUY, size)
        return self.position()

    def position(self, side: PositionSide = PositionSide.BOTH) -> Position:
        """The user's position."""
        return self.user.positions[PERP.symbol, side]

    def mark(self, price: int, at: int = 3) -> None:
        """Give the contract this mark and index price."""
        self.exchange.set_mark(PERP.symbol, price, price, at)
