"""Kraken spot's marketplace, and what Kraken keeps besides the core: notes on orders, timers, keys.

What a request does is `endpoints`; how it arrives is `adapter`, `rest` and `socket`.
"""

from __future__ import annotations

import contextlib
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from trading_tools.venue.core.accounts import Account
from trading_tools.venue.core.instruments import ATOMS, Instrument
from trading_tools.venue.core.orders import Order, Rejected, Report, Ticket
from trading_tools.venue.kraken.ids import Ids
from trading_tools.venue.kraken.limits import Limits, Rules
from trading_tools.venue.kraken.listing import LISTED, Pair
from trading_tools.venue.kraken.signing import Gate, drill_credentials
from trading_tools.venue.market.place import DRILL_ACCOUNT, Marketplace

MAKER_PPM: Final = 2_500
TAKER_PPM: Final = 4_000
"""Fees of the lowest tier: 0.25 % and 0.40 %, taken in quote."""

BALANCES: Final[Mapping[str, int]] = {
    "USD": 100_000 * ATOMS,
    "EUR": 50_000 * ATOMS,
    "USDT": 50_000 * ATOMS,
    "BTC": 1 * ATOMS,
    "ETH": 10 * ATOMS,
    "SOL": 100 * ATOMS,
    "XRP": 10_000 * ATOMS,
    "DOGE": 100_000 * ATOMS,
}
"""What the drill's account has at the start, in atoms."""

_KEPT_SPREADS = 200


@dataclass(eq=False)
class Note:
    """What Kraken keeps about an order and the core does not. Times in ms, 0 for none."""

    userref: int | None = None
    time_in_force: str = "GTC"
    post_only: bool = False
    quote_volume: int = 0
    """Atoms of quote that an order by `viqc` spends."""
    expires_ms: int = 0
    reason: str = ""
    """Why it was canceled; for one that has expired "expired"."""
    amends: list[dict[str, Any]] = field(default_factory=list)


class KrakenSpot(Marketplace):
    """A Kraken spot exchange in memory."""

    def __init__(
        self,
        seed: int,
        clock: Callable[[], int],
        rules: Rules | None = None,
        instruments: Mapping[Instrument, int] = LISTED,
        market: bool = True,
    ) -> None:
        super().__init__(seed, clock, instruments, BALANCES, market)
        self.account.fees_in_quote = True
        self.account.maker_fee_ppm, self.account.taker_fee_ppm = MAKER_PPM, TAKER_PPM
        self.credentials = drill_credentials(DRILL_ACCOUNT, seed)
        self.gate = Gate(self.credentials, seed, self.limit_hit)
        self.limits = Limits(rules or Rules(), self.limit_hit)
        self.ids = Ids(seed)
        self.exchange.name_of = self.txid
        self.notes: dict[int, Note] = {}
        self.spreads: dict[str, deque[tuple[int, int, int]]] = {
            symbol: deque(maxlen=_KEPT_SPREADS) for symbol in self.exchange.books
        }
        self.switch_ms = 0
        """When the dead man's switch cancels all orders; 0 while it is off."""
        self._coming = Note()
        self._pairs: dict[str, Pair] = {}
        self._expiring: dict[int, Order] = {}
        self.exchange.on_report.append(self._keep_note)

    @property
    def pairs(self) -> list[Pair]:
        """The pairs that are listed."""
        return [self.pair(symbol) for symbol in self.exchange.instruments]

    def pair(self, symbol: str) -> Pair:
        """A pair with the rules that it has now."""
        instrument, known = self.exchange.instruments[symbol], self._pairs.get(symbol)
        if known is None or known.instrument is not instrument:
            known = self._pairs[symbol] = Pair(instrument)
        return known

    def txid(self, order: Order) -> str:
        """The order's id on the wire."""
        return self.ids.of("O", order.id)

    def place(self, account: Account, ticket: Ticket, note: Note, at: int, request: int) -> Order:
        """Place an order with a note.

        Raises:
            Rejected: as `Exchange.place`.
        """
        self._coming = note
        try:
            order = self.exchange.place(account, ticket, at, request)
        finally:
            self._coming = Note()
        if note.expires_ms and order.open:
            self._expiring[order.id] = order
        return order

    def cancel(
        self, account: Account, order: Order, at: int, request: int, reason: str = "User requested"
    ) -> None:
        """Cancel an order and note why.

        Raises:
            Rejected: as `Exchange.cancel`.
        """
        if order.open:
            self.notes[order.id].reason = reason
        self.exchange.cancel(account, order, at, request)

    def advance(self) -> int:
        """Let the market, expiries and the dead man's switch do what is due."""
        at = super().advance()
        for order in [each for each in self._expiring.values() if not each.open]:
            del self._expiring[order.id]
        for order in list(self._expiring.values()):
            if at >= self.notes[order.id].expires_ms:
                self.notes[order.id].reason = "expired"
                self.exchange.expire(self.exchange.accounts[order.account], order, at)
        if self.switch_ms and at >= self.switch_ms:
            self.switch_ms = 0
            for orders in list(self.account.open.values()):
                for order in list(orders.values()):
                    with contextlib.suppress(Rejected):  # it may trade at this very moment
                        self.cancel(self.account, order, at, 0, "Cancel all orders after timeout")
        return at

    def see_spreads(self, at: int) -> None:
        """Remember each pair's best prices where they have changed."""
        for symbol, book in self.exchange.books.items():
            bid, ask = book.bids.best() or 0, book.asks.best() or 0
            kept = self.spreads[symbol]
            if not kept or kept[-1][1:] != (bid, ask):
                kept.append((at, bid, ask))

    def _keep_note(self, report: Report) -> None:
        if report.event == "NEW":
            self.notes[report.order.id], self._coming = self._coming, Note()
