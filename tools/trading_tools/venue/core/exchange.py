"""The exchange: orders in, trades and reports out, and what each of them locks and pays.

Rules for acceptance are `checks`, queues are `book`; what was reported is kept in `ledger`. Every
act is done when its method returns, so an open order is always one at rest or one that waits.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from trading_tools.venue.core.accounts import Account
from trading_tools.venue.core.book import Book, BookSide
from trading_tools.venue.core.checks import available, check
from trading_tools.venue.core.instruments import Instrument
from trading_tools.venue.core.ledger import VenueLedger
from trading_tools.venue.core.orders import (
    PRICED,
    STOPS,
    Fill,
    Order,
    Reason,
    Rejected,
    Report,
    Side,
    Status,
    Ticket,
    TimeInForce,
    Trade,
)
from trading_tools.venue.core.stops import Stops

FIRST_ORDER_ID = 28_000_001
_MILLION = 1_000_000


class Exchange:
    """Instruments, their books, and the accounts that trade on them.

    `on_trade` and `on_report` are called at once, in the order in which things happen.
    `before_cancel` may still trade an order whose cancel has come. Trades of instruments in
    `one_trade_id` all get the number of the last one, as on venues that number the taker. Fees that
    the exchange took are in `fees`, atoms by asset, so that all money stays accounted for.
    """

    def __init__(
        self,
        instruments: Mapping[Instrument, int],
        ledger: VenueLedger,
        on_trade: Iterable[Callable[[Trade], None]] = (),
        on_report: Iterable[Callable[[Report], None]] = (),
    ) -> None:
        """`instruments` gives each one's last price in ticks at the start."""
        self.instruments = {each.symbol: each for each in instruments}
        self.books = {each.symbol: Book(price) for each, price in instruments.items()}
        self.ledger = ledger
        self.accounts: dict[str, Account] = {}
        self.fees: dict[str, int] = defaultdict(int)
        self.on_trade = list(on_trade)
        self.on_report = list(on_report)
        self.before_cancel: list[Callable[[Order, int], None]] = []
        self.one_trade_id: set[str] = set()
        self._stops = {each.symbol: Stops() for each in instruments}
        self._trade_ids = dict.fromkeys(self.books, 0)
        self._next_order_id = FIRST_ORDER_ID

    def open_account(self, account: Account, balances: Mapping[str, int]) -> Account:
        """Let an account trade, with `balances` in atoms."""
        account.free.update(balances)
        self.accounts[account.name] = account
        return account

    def test(self, account: Account, ticket: Ticket) -> None:
        """Raise what `place` would raise, and change nothing.

        Raises:
            Rejected: as `place`.
        """
        instrument, book = self.instruments[ticket.symbol], self.books[ticket.symbol]
        check(ticket, instrument, book, account)
        self._funds(account, ticket, instrument, book)

    def place(self, account: Account, ticket: Ticket, at: int, request: int = 0) -> Order:
        """Accept an order and trade what can be traded at once.

        `at` is the time in milliseconds, `request` the ledger's number of what asked for it.

        Raises:
            Rejected: a rule of the instrument or the account forbids it; nothing has changed.
        """
        instrument, book = self.instruments[ticket.symbol], self.books[ticket.symbol]
        try:
            check(ticket, instrument, book, account)
            size, lock = self._funds(account, ticket, instrument, book)
        except Rejected as refusal:
            if not account.background:
                self.ledger.record(
                    at,
                    "order.rejected",
                    request=request,
                    reason=refusal.reason.name,
                    **_told(instrument, account, ticket),
                )
            raise
        waits = ticket.kind in STOPS
        order = Order(
            self._next_order_id,
            account.name,
            ticket,
            Status.WAITING if waits else Status.NEW,
            at,
            at,
            -1 if waits else at,
            size,
            lock,
        )
        self._next_order_id += 1
        account.lock(instrument.quote if ticket.side is Side.BUY else instrument.base, lock)
        account.open[ticket.symbol][order.id] = order
        if not account.background:
            account.orders[order.id] = order
            account.by_client_id[ticket.symbol, ticket.client_order_id] = order
            self.ledger.record(
                at,
                "order.accepted",
                request=request,
                order=order.id,
                **_told(instrument, account, ticket),
            )
            self._report("NEW", order, account, at)
        if waits:
            self._stops[ticket.symbol].add(order)
        else:
            self._execute(order, account, instrument, book, at)
            if order.filled:
                self._run_stops(ticket.symbol, instrument, book, at)
        return order

    def cancel(
        self, account: Account, order: Order, at: int, request: int = 0, cancel_id: str = ""
    ) -> None:
        """Take an open order out. `cancel_id` is the client's id of the cancel itself.

        Raises:
            Rejected: the order has ended.
        """
        for listener in self.before_cancel:
            listener(order, at)
        if not order.open:
            raise Rejected(Reason.UNKNOWN_ORDER)
        if order.status is not Status.WAITING:
            self._own_side(order).remove(order)
        self._end(order, account, Status.CANCELED, at)
        if not account.background:
            self.ledger.record(
                at, "order.canceled", request=request, order=order.id, account=account.name
            )
            self._report("CANCELED", order, account, at, replaced_id=cancel_id)

    def _funds(
        self, account: Account, ticket: Ticket, instrument: Instrument, book: Book
    ) -> tuple[int, int]:
        """The order's size and what it locks.

        Raises:
            Rejected: it is more than is free, or too little for one lot.
        """
        size, worth = ticket.size, 0
        if ticket.kind in PRICED or ticket.kind in STOPS:
            worth = (ticket.price or ticket.stop) * size * instrument.lot_value
        elif ticket.quote_size or ticket.side is Side.BUY:
            steps, worth = available(ticket, book, account.name, instrument.lot_value, None)
            if ticket.quote_size:
                size = steps
                if size < instrument.min_steps and book.other(ticket.side).levels:
                    raise Rejected(Reason.SIZE)
        buys = ticket.side is Side.BUY
        lock = worth if buys else size * instrument.step_atoms
        if account.free[instrument.quote if buys else instrument.base] < lock:
            raise Rejected(Reason.FUNDS)
        return size, lock

    def _execute(
        self, order: Order, account: Account, instrument: Instrument, book: Book, at: int
    ) -> None:
        ticket = order.ticket
        limit = ticket.price or None
        if ticket.time_in_force is TimeInForce.FOK:
            steps, _ = available(ticket, book, account.name, instrument.lot_value, limit)
            if steps < order.size:
                self._expire(order, account, Status.EXPIRED, at)
                return
        opposite = book.other(ticket.side)
        while order.filled < order.size:
            price = opposite.best()
            if price is None or (limit is not None and not opposite.reaches(price, limit)):
                break
            maker = opposite.first(price)
            if maker.account == order.account:
                opposite.remove(maker)
                self._expire(maker, account, Status.EXPIRED_IN_MATCH, at)
                continue
            size = min(order.size - order.filled, maker.size - maker.filled)
            opposite.take(maker, size)
            self._trade(order, maker, account, instrument, book, price, size, at)
        if not order.open:
            return
        if ticket.kind in PRICED and ticket.time_in_force is TimeInForce.GTC:
            book.own(ticket.side).add(order)
        else:
            self._expire(order, account, Status.EXPIRED, at)

    def _trade(
        self,
        taker: Order,
        maker: Order,
        taker_account: Account,
        instrument: Instrument,
        book: Book,
        price: int,
        size: int,
        at: int,
    ) -> None:
        symbol = instrument.symbol
        trade_id = self._trade_ids[symbol] + (symbol not in self.one_trade_id)
        self._trade_ids[symbol] = trade_id
        book.last_price = price
        maker_account = self.accounts[maker.account]
        self._settle(maker, maker_account, instrument, trade_id, price, size, True, at)
        self._settle(taker, taker_account, instrument, trade_id, price, size, False, at)
        trade = Trade(trade_id, at, symbol, price, size, maker.ticket.side is Side.BUY)
        for listener in self.on_trade:
            listener(trade)

    def _settle(
        self,
        order: Order,
        account: Account,
        instrument: Instrument,
        trade_id: int,
        price: int,
        size: int,
        is_maker: bool,
        at: int,
    ) -> None:
        """One side's part of a trade: what it held back is spent, what it bought comes in."""
        quote = price * size * instrument.lot_value
        base = size * instrument.step_atoms
        ppm = account.maker_fee_ppm if is_maker else account.taker_fee_ppm
        if order.ticket.side is Side.BUY:
            held = (order.ticket.price or price) * size * instrument.lot_value
            account.locked[instrument.quote] -= held
            account.free[instrument.quote] += held - quote
            asset, income = instrument.base, base
        else:
            held = base
            account.locked[instrument.base] -= held
            asset, income = instrument.quote, quote
        order.locked -= held
        fee = income * ppm // _MILLION
        account.free[asset] += income - fee
        self.fees[asset] += fee
        order.filled += size
        order.quote_filled += quote
        if order.filled == order.size:
            self._end(order, account, Status.FILLED, at)
        else:
            order.turn(Status.PARTIALLY_FILLED, at)
        if account.background:
            return
        fill = Fill(trade_id, at, price, size, quote, fee, asset, is_maker, order)
        account.keep(fill)
        self.ledger.record(
            at,
            "order.traded",
            order=order.id,
            account=account.name,
            trade=trade_id,
            price=instrument.price_text(price),
            size=instrument.size_text(size),
            maker=is_maker,
            status=order.status.value,
        )
        self._report("TRADE", order, account, at, fill)

    def _run_stops(self, symbol: str, instrument: Instrument, book: Book, at: int) -> None:
        """Trigger stops until none is due: what one trades may make the next one due."""
        stops = self._stops[symbol]
        while (order := stops.due(book.last_price)) is not None:
            account = self.accounts[order.account]
            order.turn(Status.NEW, at)
            order.working_ms = at
            self.ledger.record(at, "order.triggered", order=order.id, account=account.name)
            self._report("TRIGGERED", order, account, at)
            if order.ticket.kind in PRICED or self._fund_market(order, account, instrument, book):
                self._execute(order, account, instrument, book, at)
            else:
                self._expire(order, account, Status.EXPIRED, at)

    def _fund_market(
        self, order: Order, account: Account, instrument: Instrument, book: Book
    ) -> bool:
        """Lock what a triggered market order costs now, not at its stop; False if too little."""
        if order.ticket.side is Side.SELL:
            return True
        _, worth = available(order.ticket, book, account.name, instrument.lot_value, None)
        account.unlock(instrument.quote, order.locked)
        order.locked = 0
        if account.free[instrument.quote] < worth:
            return False
        order.locked = worth
        account.lock(instrument.quote, worth)
        return True

    def _expire(self, order: Order, account: Account, status: Status, at: int) -> None:
        self._end(order, account, status, at)
        if not account.background:
            self.ledger.record(
                at, "order.expired", order=order.id, account=account.name, status=status.value
            )
            self._report("EXPIRED", order, account, at)

    def _end(self, order: Order, account: Account, status: Status, at: int) -> None:
        """Give an order its last status and back what it still holds."""
        order.turn(status, at)
        del account.open[order.ticket.symbol][order.id]
        if order.locked:
            instrument = self.instruments[order.ticket.symbol]
            asset = instrument.quote if order.ticket.side is Side.BUY else instrument.base
            account.unlock(asset, order.locked)
            order.locked = 0

    def _own_side(self, order: Order) -> BookSide:
        return self.books[order.ticket.symbol].own(order.ticket.side)

    def _report(
        self,
        event: str,
        order: Order,
        account: Account,
        at: int,
        fill: Fill | None = None,
        replaced_id: str = "",
    ) -> None:
        account.updated_ms = at
        report = Report(
            event, at, order, order.status, order.filled, order.quote_filled, fill, replaced_id
        )
        for listener in self.on_report:
            listener(report)


def _told(instrument: Instrument, account: Account, ticket: Ticket) -> dict[str, Any]:
    """A ticket as the ledger has it."""
    body: dict[str, Any] = {
        "account": account.name,
        "symbol": ticket.symbol,
        "side": ticket.side.value,
        "type": ticket.kind.value,
        "time_in_force": ticket.time_in_force.value,
        "size": instrument.size_text(ticket.size),
        "client_order_id": ticket.client_order_id,
    }
    if ticket.kind in PRICED:
        body["price"] = instrument.price_text(ticket.price)
    if ticket.kind in STOPS:
        body["stop"] = instrument.price_text(ticket.stop)
    if ticket.quote_size:
        body["quote_size_atoms"] = ticket.quote_size
    return body
