"""Coinbase's marketplace, and who may use it: keys and limits, without the network.

What a request does is `endpoints`; how it arrives is `adapter`, `rest` and `socket`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from heapq import heappop, heappush
from typing import Final

from trading_tools.venue.coinbase.limits import Limits, Rules
from trading_tools.venue.coinbase.listing import PRODUCTS
from trading_tools.venue.coinbase.sent import Sent, sent_for
from trading_tools.venue.coinbase.signing import Gate, drill_credentials
from trading_tools.venue.coinbase.texts import OrderIds, uuid_text
from trading_tools.venue.core.accounts import Account
from trading_tools.venue.core.instruments import ATOMS, Instrument
from trading_tools.venue.core.orders import Order, Rejected, Ticket, Trade
from trading_tools.venue.market.place import DRILL_ACCOUNT, Marketplace

MAKER_PPM: Final = 6_000
TAKER_PPM: Final = 12_000
"""Fees of the lowest tier, "Advanced 1": 0.6 % and 1.2 %."""

_BALANCES = {
    "USD": 100_000 * ATOMS,
    "USDC": 50_000 * ATOMS,
    "BTC": 1 * ATOMS,
    "ETH": 10 * ATOMS,
    "SOL": 100 * ATOMS,
    "XRP": 10_000 * ATOMS,
    "DOGE": 100_000 * ATOMS,
}


class CoinbasePlace(Marketplace):
    """A Coinbase exchange in memory."""

    def __init__(
        self,
        seed: int,
        clock: Callable[[], int],
        rules: Rules | None = None,
        instruments: Mapping[Instrument, int] = PRODUCTS,
        market: bool = True,
    ) -> None:
        super().__init__(seed, clock, instruments, _BALANCES, market)
        self.account.maker_fee_ppm, self.account.taker_fee_ppm = MAKER_PPM, TAKER_PPM
        self.account.fees_in_quote = True
        self.credentials = drill_credentials(DRILL_ACCOUNT, seed)
        self.gate = Gate({self.credentials.key: self.credentials})
        self.limits = Limits(rules or Rules(), self.limit_hit)
        self.ids = OrderIds(seed)
        self.exchange.name_of = lambda order: self.ids.text(order.id)
        self.user_id = uuid_text(seed, "user")
        self.portfolio_id = uuid_text(seed, "portfolio")
        self._sent: dict[str, Sent] = {}
        self._ends: list[tuple[int, int, Order]] = []
        for each, price in instruments.items():
            # A ticker is a product's last trade, so there is one before the first.
            before = Trade(0, self.started_ms - 1, each.symbol, price, each.min_steps, False)
            self.recent[each.symbol].append(before)

    def advance(self) -> int:
        """Let the market and the orders' ends come; the time it is now."""
        at = super().advance()
        while self._ends and self._ends[0][0] <= at:
            _, _, order = heappop(self._ends)
            if order.open:
                self.exchange.expire(self.exchange.accounts[order.account], order, at)
        return at

    def enter(
        self,
        account: Account,
        ticket: Ticket,
        sent: Sent,
        at: int,
        request: int,
        ends_ms: int | None = None,
    ) -> Order:
        """Place an order that was asked for by `sent`; no earlier one has its client's id.

        Raises:
            Rejected: as the exchange's.
        """
        self._sent[ticket.client_order_id] = sent  # the stream tells of the order at once
        try:
            order = self.exchange.place(account, ticket, at, request)
        except Rejected:
            del self._sent[ticket.client_order_id]
            raise
        if ends_ms is not None and order.open:
            heappush(self._ends, (ends_ms, order.id, order))
        return order

    def sent_of(self, order: Order) -> Sent:
        """What its client asked for, or would have: faults place orders too."""
        sent = self._sent.get(order.ticket.client_order_id)
        return sent or sent_for(order.ticket, self.instruments[order.ticket.symbol])
