"""The engine: matching, trades and their payment, stops, and how orders end.

What is accepted is `exchange`; queues are `book`, payment is `spot` and `perpetuals`; what was
reported is kept in `ledger`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping

from trading_tools.venue.core import perpetuals, spot
from trading_tools.venue.core.accounts import Account
from trading_tools.venue.core.book import Book, BookSide
from trading_tools.venue.core.checks import available
from trading_tools.venue.core.contracts import Trigger
from trading_tools.venue.core.instruments import Instrument
from trading_tools.venue.core.ledger import VenueLedger
from trading_tools.venue.core.margin import Margins
from trading_tools.venue.core.orders import (
    PRICED,
    STOPS,
    Fill,
    Order,
    Reason,
    Rejected,
    Report,
    SelfTrade,
    Side,
    Status,
    Ticket,
    TimeInForce,
    Trade,
)
from trading_tools.venue.core.stops import Stops

FIRST_ORDER_ID = 28_000_001
# Looked at for every order: through their class each look costs as much as a call on Python 3.11.
_BUY = Side.BUY
_GTC, _FOK = TimeInForce.GTC, TimeInForce.FOK
_OLDER_ENDS, _NEWER_ENDS = SelfTrade.MAKER, SelfTrade.TAKER
_WAITING, _NEW, _PARTLY = Status.WAITING, Status.NEW, Status.PARTIALLY_FILLED
_FILLED, _IN_MATCH = Status.FILLED, Status.EXPIRED_IN_MATCH


class Engine:
    """Books, and the accounts whose orders meet in them.

    `on_trade` and `on_report` are called at once, in the order in which things happen.
    `before_cancel` may still trade an order whose cancel has come. Trades of instruments in
    `one_trade_id` all get the number of the last one, as on venues that number the taker. Fees that
    the exchange took are in `fees`, atoms by asset, so that all money stays accounted for.
    `name_of` gives the id by which clients know an order, where it is not the core's own.
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
        self.margins = Margins(self.instruments, self.books)
        self.ledger = ledger
        self.name_of: Callable[[Order], str] | None = None
        self.accounts: dict[str, Account] = {}
        self.fees: dict[str, int] = defaultdict(int)
        self.on_trade = list(on_trade)
        self.on_report = list(on_report)
        self.before_cancel: list[Callable[[Order, int], None]] = []
        self.one_trade_id: set[str] = set()
        self._stops = {
            each.symbol: {trigger: Stops() for trigger in Trigger} for each in instruments
        }
        self._trade_ids = dict.fromkeys(self.books, 0)
        self._next_order_id = FIRST_ORDER_ID

    def open_account(self, account: Account, balances: Mapping[str, int]) -> Account:
        """Let an account trade, with `balances` in atoms."""
        account.free.update(balances)
        self.accounts[account.name] = account
        return account

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
        if order.status is not _WAITING:
            self._own_side(order).remove(order)
        self._end(order, account, Status.CANCELED, at)
        if not account.background:
            self.ledger.record(
                at, "order.canceled", request=request, order=order.id, account=account.name
            )
            self._report("CANCELED", order, account, at, replaced_id=cancel_id)

    def expire(self, account: Account, order: Order, at: int) -> None:
        """End an open order whose time has come.

        Raises:
            Rejected: the order has ended.
        """
        if not order.open:
            raise Rejected(Reason.UNKNOWN_ORDER)
        if order.status is not _WAITING:
            self._own_side(order).remove(order)
        self._expire(order, account, Status.EXPIRED, at)

    def _enter(self, account: Account, ticket: Ticket, size: int, lock: int, at: int) -> Order:
        """Make an order of a ticket that was accepted, and note it with its account."""
        waits = ticket.kind in STOPS
        order = Order(
            self._next_order_id,
            account.name,
            ticket,
            _WAITING if waits else _NEW,
            at,
            at,
            -1 if waits else at,
            size,
            lock,
        )
        self._next_order_id += 1
        if lock:
            instrument = self.instruments[ticket.symbol]
            account.lock(instrument.quote if ticket.side is _BUY else instrument.base, lock)
        account.open[ticket.symbol][order.id] = order
        if not account.background:
            account.orders[order.id] = order
            account.by_client_id[ticket.symbol, ticket.client_order_id] = order
        return order

    def _funds(
        self, account: Account, ticket: Ticket, instrument: Instrument, book: Book
    ) -> tuple[int, int]:
        """The order's size and what it locks.

        Raises:
            Rejected: the account cannot pay or back it.
        """
        if instrument.contract is not None:
            return perpetuals.funds(account, ticket, instrument, self.margins), 0
        return spot.funds(account, ticket, instrument, book, self.margins)

    def _execute(
        self, order: Order, account: Account, instrument: Instrument, book: Book, at: int
    ) -> None:
        """Trade an order with what is at rest; the rest of one that the venue made stays open."""
        ticket = order.ticket
        limit = ticket.price or None
        if ticket.time_in_force is _FOK:
            steps, _ = available(ticket, book, account.name, instrument.lot_value, limit)
            if steps < order.size:
                self._expire(order, account, Status.EXPIRED, at)
                return
        opposite, own = book.other(ticket.side), account.name
        while order.filled < order.size:
            maker = opposite.front(limit)
            if maker is None:
                break
            if maker.account == own:
                ends = ticket.self_trade
                if ends is not _NEWER_ENDS:
                    opposite.remove(maker)
                    self._expire(maker, account, _IN_MATCH, at)
                if ends is not _OLDER_ENDS:
                    self._expire(order, account, _IN_MATCH, at)
                    return
                continue
            wanted, offered = order.size - order.filled, maker.size - maker.filled
            size = wanted if wanted < offered else offered
            opposite.take(maker, size)
            self._trade(order, maker, account, instrument, book, size, at)
        if order.status is _FILLED or not order.open or order.forced:
            return
        if ticket.kind in PRICED and ticket.time_in_force is _GTC:
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
        size: int,
        at: int,
    ) -> None:
        symbol, price = instrument.symbol, maker.ticket.price
        trade_id = self._trade_ids[symbol] + (symbol not in self.one_trade_id)
        self._trade_ids[symbol] = trade_id
        book.last_price = price
        maker_account = self.accounts[maker.account]
        self._settle(maker, maker_account, instrument, trade_id, price, size, True, at)
        self._settle(taker, taker_account, instrument, trade_id, price, size, False, at)
        if self.on_trade:
            trade = Trade(trade_id, at, symbol, price, size, maker.ticket.side is _BUY)
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
        """One side's part of a trade."""
        quote = price * size * instrument.lot_value
        realised = 0
        if instrument.contract is None:
            ppm = account.maker_fee_ppm if is_maker else account.taker_fee_ppm
            asset, fee = spot.fill(order, account, instrument, price, size, quote, ppm)
        else:
            asset = instrument.quote
            maker_ppm, taker_ppm = account.fees_ppm(True)
            ppm = maker_ppm if is_maker else taker_ppm
            fee, realised = perpetuals.fill(
                order, account, instrument, price, size, ppm, trade_id, at
            )
        if fee:
            self.fees[asset] += fee
        filled = order.filled = order.filled + size
        order.quote_filled += quote
        if filled == order.size:
            self._end(order, account, _FILLED, at)
        else:
            order.turn(_PARTLY, at)
        if account.background:
            return
        fill = Fill(trade_id, at, price, size, quote, fee, asset, is_maker, order, realised)
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
        if instrument.contract is not None:
            self._cut_to_position(account, instrument.symbol, at)

    def _cut_to_position(self, account: Account, symbol: str, at: int) -> None:
        """Shrink or end resting orders that may only close: never more than there is."""
        for order in list(account.open[symbol].values()):
            if order.status is _WAITING or not perpetuals.only_reduces(order.ticket):
                continue
            left = perpetuals.closable(account, order.ticket)
            if not left:
                self._own_side(order).remove(order)
                self._expire(order, account, Status.EXPIRED, at)
            elif order.remaining > left:
                self._own_side(order).shrink(order, order.filled + left)

    def _run_stops(self, symbol: str, instrument: Instrument, book: Book, at: int) -> None:
        """Trigger stops until none is due: what one trades may make the next one due."""
        waiting = self._stops[symbol]
        while any(waiting.values()):
            due = (stops.due(book.price_of(trigger)) for trigger, stops in waiting.items())
            order = next((found for found in due if found is not None), None)
            if order is None:
                return
            account = self.accounts[order.account]
            order.turn(Status.NEW, at)
            order.working_ms = at
            self.ledger.record(at, "order.triggered", order=order.id, account=account.name)
            self._report("TRIGGERED", order, account, at)
            if self._ready(order, account, instrument, book):
                self._execute(order, account, instrument, book, at)
            else:
                self._expire(order, account, Status.EXPIRED, at)

    def _ready(self, order: Order, account: Account, instrument: Instrument, book: Book) -> bool:
        """Whether a triggered order can be paid, or may close something; it is cut to that."""
        ticket = order.ticket
        if instrument.contract is not None:
            if ticket.close_position or perpetuals.only_reduces(ticket):
                left = perpetuals.closable(account, ticket)
                order.size = left if ticket.close_position else min(order.size, left)
            return order.size > 0
        if ticket.kind in PRICED:
            return True
        return spot.refund(order, account, instrument, book, self.margins)

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
            account.unlock(spot.given(instrument, order.ticket.side), order.locked)
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
