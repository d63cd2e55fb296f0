"""An account: balances in atoms, orders, fills and positions, and what its owner may see of them.

Which order holds how much is `spot`; what positions must be backed with is `margin`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from trading_tools.venue.core.contracts import PositionSide
from trading_tools.venue.core.orders import Fill, Order
from trading_tools.venue.core.positions import Income, IncomeKind, Position, Terms


@dataclass(slots=True, eq=False)
class Account:
    """One account. Fees are in millionths of what a fill brings in, or with `fees_in_quote` of its
    worth: a purchase then holds back and pays its fee in quote besides.

    What its owner may know is asked by the methods, never read from the fields.

    `open` is by symbol and order id. A `background` account is one of the market's own: its acts
    make the market, and are neither reported, kept in the ledger nor margined.

    `hedge` is the position mode: a long and a short position of one contract side by side.

    `reuses_client_ids`: an id may come again once its order has ended. `contract_fees_ppm` are the
    maker's and the taker's fee in contracts, where they are others than in spot.
    """

    name: str
    maker_fee_ppm: int = 1_000
    taker_fee_ppm: int = 1_000
    background: bool = False
    fees_in_quote: bool = False
    reuses_client_ids: bool = True
    contract_fees_ppm: tuple[int, int] | None = None
    free: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    locked: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    orders: dict[int, Order] = field(default_factory=dict)
    open: dict[str, dict[int, Order]] = field(default_factory=lambda: defaultdict(dict))
    by_client_id: dict[tuple[str, str], Order] = field(default_factory=dict)
    fills: list[Fill] = field(default_factory=list)
    fills_by_order: dict[int, list[Fill]] = field(default_factory=lambda: defaultdict(list))
    updated_ms: int = 0
    unseen: set[int] = field(default_factory=set)
    """Ids of orders that exist and that the account is not shown yet."""
    stale: dict[str, tuple[int, int]] | None = None
    """Balances that the account is shown in place of the true ones."""
    hedge: bool = False
    positions: dict[tuple[str, PositionSide], Position] = field(default_factory=dict)
    terms: dict[str, Terms] = field(default_factory=dict)
    incomes: list[Income] = field(default_factory=list)

    def fees_ppm(self, contract: bool) -> tuple[int, int]:
        """The maker's and the taker's fee in millionths."""
        if contract and self.contract_fees_ppm is not None:
            return self.contract_fees_ppm
        return self.maker_fee_ppm, self.taker_fee_ppm

    def lock(self, asset: str, amount: int) -> None:
        """Hold `amount` back for an order; the caller has seen that it is free."""
        self.free[asset] -= amount
        self.locked[asset] += amount

    def fee_reserve(self, worth: int) -> int:
        """What a purchase worth `worth` holds back for its fee, in quote atoms."""
        dearest = max(self.maker_fee_ppm, self.taker_fee_ppm) if self.fees_in_quote else 0
        return worth * dearest // 1_000_000

    def unlock(self, asset: str, amount: int) -> None:
        """Give back what an order held."""
        self.locked[asset] -= amount
        self.free[asset] += amount

    def balance(self, asset: str) -> tuple[int, int]:
        """What is free and what is locked of an asset, as the account is shown it."""
        if self.stale is not None:
            return self.stale.get(asset, (0, 0))
        return self.free.get(asset, 0), self.locked.get(asset, 0)

    def order(self, number: int) -> Order | None:
        """The order with this id, or None."""
        return None if number in self.unseen else self.orders.get(number)

    def order_of_client(self, symbol: str, client_order_id: str) -> Order | None:
        """The latest order of an instrument with this client id, or None."""
        order = self.by_client_id.get((symbol, client_order_id))
        return None if order is not None and order.id in self.unseen else order

    def every_order(self) -> list[Order]:
        """All orders that were ever accepted, oldest first."""
        return self._seen(self.orders.values())

    def every_fill(self) -> list[Fill]:
        """All fills, oldest first."""
        return [fill for fill in self.fills if fill.order.id not in self.unseen]

    def open_orders(self, symbol: str | None = None) -> list[Order]:
        """Open orders, of one instrument or of all, oldest first."""
        if symbol is not None:
            return self._seen(self.open[symbol].values())
        every = [order for orders in self.open.values() for order in orders.values()]
        return sorted(self._seen(every), key=lambda order: order.id)

    def fills_of(self, order: Order) -> list[Fill]:
        """What an order has traded, oldest first."""
        return list(self.fills_by_order.get(order.id, ()))

    def _seen(self, orders: Iterable[Order]) -> list[Order]:
        return [order for order in orders if order.id not in self.unseen]

    def every_position(self) -> list[Position]:
        """All positions that were ever open, flat ones too, in the order of their first opening."""
        return list(self.positions.values())

    def every_income(self) -> list[Income]:
        """All changes of the wallet by contracts, oldest first."""
        return list(self.incomes)

    def positions_of(self, symbol: str) -> list[Position]:
        """The positions in one contract that are not flat."""
        keys = ((symbol, side) for side in PositionSide)
        found = (self.positions.get(key) for key in keys)
        return [position for position in found if position is not None and position.size]

    def terms_of(self, symbol: str, leverage: int) -> Terms:
        """How a contract is held; `leverage` is that of one that was never set."""
        return self.terms.setdefault(symbol, Terms(leverage))

    def earn(
        self, at: int, kind: IncomeKind, asset: str, amount: int, symbol: str, trade_id: int = 0
    ) -> None:
        """Take `amount`, which may be negative, into the wallet."""
        self.free[asset] += amount
        if amount and not self.background:
            number = len(self.incomes) + 1
            self.incomes.append(Income(number, at, kind, asset, amount, symbol, trade_id))

    def keep(self, fill: Fill) -> None:
        """Remember a fill."""
        self.fills.append(fill)
        self.fills_by_order[fill.order.id].append(fill)
