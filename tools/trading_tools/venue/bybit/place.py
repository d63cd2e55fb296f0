"""Bybit's marketplace, and who may use it: keys, limits, names and ids, without the network.

What a request does is `endpoints`; how it arrives is `adapter`, `rest` and the sockets.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from typing import NamedTuple

from trading_tools.venue.bybit.ids import Ids, made
from trading_tools.venue.bybit.limits import Limits, Rules
from trading_tools.venue.bybit.listing import LINEAR, LINEAR_LISTING, SPOT, SPOT_LISTING, SUFFIX
from trading_tools.venue.bybit.signing import Gate, drill_credentials
from trading_tools.venue.bybit.switch import Switch
from trading_tools.venue.core.instruments import ATOMS, Instrument
from trading_tools.venue.core.orders import Reason, Ticket
from trading_tools.venue.market.place import DRILL_ACCOUNT, Marketplace

_BALANCES = {
    "USDT": 100_000 * ATOMS,
    "BTC": 1 * ATOMS,
    "ETH": 10 * ATOMS,
    "SOL": 100 * ATOMS,
    "XRP": 10_000 * ATOMS,
    "DOGE": 100_000 * ATOMS,
}

_CONTRACT_FEES_PPM = (200, 550)
LISTING = {**SPOT_LISTING, **LINEAR_LISTING}
CROSS, ISOLATED = "REGULAR_MARGIN", "ISOLATED_MARGIN"
"""Margin modes, as the account is told them."""


class Refusal(NamedTuple):
    """An order that was taken for processing and then rejected.

    `number` is its own, below all numbers of the core.
    """

    number: int
    account: str
    ticket: Ticket
    at: int
    reason: Reason


class BybitPlace(Marketplace):
    """Bybit's exchange in memory: one account for all categories."""

    def __init__(
        self,
        seed: int,
        clock: Callable[[], int],
        rules: Rules | None = None,
        instruments: Mapping[Instrument, int] = LISTING,
        market: bool = True,
    ) -> None:
        super().__init__(seed, clock, instruments, _BALANCES, market)
        self.account.reuses_client_ids = False
        self.account.contract_fees_ppm = _CONTRACT_FEES_PPM
        self.margin_mode = CROSS
        self.credentials = drill_credentials(DRILL_ACCOUNT, seed)
        self.gate = Gate({self.credentials.key: self.credentials})
        self.limits = Limits(rules or Rules(), self.limit_hit)
        self.ids = Ids(seed)
        self.exchange.name_of = lambda order: self.order_id(order.ticket.symbol, order.id)
        self.on_refusal: list[Callable[[Refusal], None]] = []
        self.cancel_types: dict[int, str] = {}
        """Why an order was canceled, where it was not by its owner, by number."""
        self.switch = Switch()
        self._refusals: list[Refusal] = []
        self._symbols = {
            (LINEAR if each.contract else SPOT, each.symbol.removesuffix(SUFFIX)): each.symbol
            for each in self.instruments.values()
        }
        self._indexes = {symbol: index for index, symbol in enumerate(self.instruments)}
        self._names = {symbol: key for key, symbol in self._symbols.items()}
        self._marks = itertools.count(1)

    def find(self, category: str, symbol: str) -> Instrument | None:
        """What a category lists under a name."""
        known = self._symbols.get((category, symbol))
        return self.instruments[known] if known is not None else None

    def listed(self, category: str) -> list[Instrument]:
        """What a category lists."""
        return [
            self.instruments[symbol]
            for (kind, _), symbol in self._symbols.items()
            if kind == category
        ]

    def category(self, symbol: str) -> str:
        """The category of an instrument of the core."""
        return self._names[symbol][0]

    def name(self, symbol: str) -> str:
        """What Bybit calls an instrument of the core."""
        return self._names[symbol][1]

    def order_id(self, symbol: str, number: int) -> str:
        """The id that clients have for an order."""
        return self.ids.order(self.category(symbol), number)

    def trade_id(self, symbol: str, number: int) -> str:
        """The id that clients have for a trade."""
        return self.ids.trade(self.category(symbol), symbol, self._indexes[symbol], number)

    def mark(self) -> str:
        """A new id for a message or a trace."""
        return made(f"mark {next(self._marks)}, seed {self.seed}")

    def refuse(self, ticket: Ticket, account: str, at: int, reason: Reason) -> Refusal:
        """Keep an order that is rejected only after it was taken, and tell of it."""
        refusal = Refusal(len(self._refusals) + 1, account, ticket, at, reason)
        self._refusals.append(refusal)
        for listener in self.on_refusal:
            listener(refusal)
        return refusal

    def abandon(self, at: int) -> None:
        """Cancel what the dead man's switch says is to be canceled at `at`."""
        for category in self.switch.due(at):
            for order in self.account.open_orders():
                if self.category(order.ticket.symbol) == category:
                    self.cancel_types[order.id] = "CancelByDCP"
                    self.exchange.cancel(self.account, order, at)

    def refusals(self, account: str) -> list[Refusal]:
        """An account's orders that were rejected after they had been taken, oldest first."""
        return [each for each in self._refusals if each.account == account]
