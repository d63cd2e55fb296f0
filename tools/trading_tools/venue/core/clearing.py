"""The clearing house: mark prices, funding, leverage, and positions that are closed by force.

What a fill does to a position is `perpetuals`, what positions need is `margin`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from trading_tools.venue.core import perpetuals
from trading_tools.venue.core.accounts import Account
from trading_tools.venue.core.contracts import Contract, PositionSide
from trading_tools.venue.core.engine import Engine
from trading_tools.venue.core.instruments import Instrument
from trading_tools.venue.core.ledger import VenueLedger
from trading_tools.venue.core.orders import (
    Forced,
    Kind,
    Order,
    Reason,
    Rejected,
    Report,
    Side,
    Ticket,
    Trade,
)
from trading_tools.venue.core.perpetuals import Funding, Prices
from trading_tools.venue.core.positions import Change, ChangeKind, IncomeKind, Position

INSURANCE = "insurance-fund"
CALLED_AT = 800_000
"""The share of its backing in millionths that a position needs when its owner is warned."""
_CHANGES = {
    Forced.LIQUIDATION: ("position.liquidated", ChangeKind.LIQUIDATION),
    Forced.DELEVERAGE: ("position.deleveraged", ChangeKind.DELEVERAGE),
}


class Clearing(Engine):
    """What happens to positions besides trades. `on_change` is told of it at once."""

    def __init__(
        self,
        instruments: Mapping[Instrument, int],
        ledger: VenueLedger,
        on_trade: Iterable[Callable[[Trade], None]] = (),
        on_report: Iterable[Callable[[Report], None]] = (),
    ) -> None:
        """`instruments` gives each one's last price in ticks at the start."""
        super().__init__(instruments, ledger, on_trade, on_report)
        self.on_change: list[Callable[[Change], None]] = []
        self.prices = {
            each.symbol: Prices(price) for each, price in instruments.items() if each.contract
        }
        self._insurance = Account(INSURANCE, 0, 0, background=True)
        if self.prices:
            self.open_account(self._insurance, {})

    def set_mark(self, symbol: str, mark: int, index: int, at: int) -> None:
        """Give a contract its prices in ticks: funding that is due, then stops, then margins."""
        instrument, contract = self.margins.terms(symbol)
        prices, book = self.prices[symbol], self.books[symbol]
        interval = contract.funding_interval_ms
        if not prices.next_funding_ms:
            prices.next_funding_ms = (at // interval + 1) * interval
        while prices.next_funding_ms <= at:
            self._pay_funding(instrument, contract, prices, book.mark)
        book.mark, prices.index = mark, index
        self._run_stops(symbol, instrument, book, at)
        self._watch_margins(symbol, at)

    def set_leverage(self, account: Account, symbol: str, leverage: int, at: int) -> None:
        """Hold a contract at another leverage from now on.

        Raises:
            Rejected: the position is too large for it, or its margin would be too little.
        """
        instrument, contract = self.margins.terms(symbol)
        terms = account.terms_of(symbol, contract.default_leverage)
        held = account.positions_of(symbol)
        mark = self.books[symbol].mark
        if any(
            each.worth(mark, instrument.lot_value) > contract.largest(leverage) for each in held
        ):
            raise Rejected(Reason.POSITION_LIMIT)
        before, terms.leverage = terms.leverage, leverage
        moved = sum(self._move_margin(account, each, leverage, instrument) for each in held)
        if moved >= 0 and self.margins.backing(account, instrument.quote).spare < 0:
            terms.leverage = before
            for each in held:
                self._move_margin(account, each, before, instrument)
            raise Rejected(Reason.MARGIN)
        self._tell(Change(at, account.name, ChangeKind.LEVERAGE, symbol, leverage))

    def set_isolated(self, account: Account, symbol: str, isolated: bool, at: int) -> None:
        """Let positions that are opened from now on have margin of their own, or share the wallet.

        Raises:
            Rejected: there is a position.
        """
        _, contract = self.margins.terms(symbol)
        if account.positions_of(symbol):
            raise Rejected(Reason.POSITION_OPEN)
        account.terms_of(symbol, contract.default_leverage).isolated = isolated
        self._tell(Change(at, account.name, ChangeKind.MARGIN_MODE, symbol))

    def add_margin(self, account: Account, position: Position, amount: int, at: int) -> None:
        """Move `amount` atoms from the wallet to an isolated position, or back where negative.

        Raises:
            Rejected: so much is not available, or the position needs it.
        """
        instrument, _ = self.margins.terms(position.symbol)
        if amount > 0:
            enough = amount <= self.margins.backing(account, instrument.quote).available
        else:
            mark = self.books[position.symbol].mark
            backed = position.margin + min(0, position.unrealised(mark, instrument.lot_value))
            enough = backed + amount >= self.margins.of_position(account, position)[0]
        if not position.isolated or not enough:
            raise Rejected(Reason.MARGIN)
        account.free[instrument.quote] -= amount
        position.margin += amount
        self._tell(Change(at, account.name, ChangeKind.MARGIN, position.symbol, amount))

    def liquidate(self, account: Account, symbol: str, at: int) -> None:
        """Close an account's positions in a contract by force, after its orders there.

        What the book does not take, the insurance fund takes at the mark price; it also pays what
        is lost beyond what backed the position.
        """
        instrument, _ = self.margins.terms(symbol)
        quote, book = instrument.quote, self.books[symbol]
        for order in list(account.open[symbol].values()):
            self.cancel(account, order, at)
        for position in account.positions_of(symbol):
            before = account.free[quote]
            order = self._force(account, position, abs(position.size), Forced.LIQUIDATION, at)
            self._execute(order, account, instrument, book, at)
            self._hand_over(order, account, instrument, at)
            if position.isolated or not self._cross(account, quote):
                floor = before if position.isolated else -account.locked[quote]
                self._insure(account, quote, floor - account.free[quote], symbol, at)
            self._tell(Change(at, account.name, ChangeKind.LIQUIDATION, symbol))
        self._run_stops(symbol, instrument, book, at)

    def deleverage(
        self,
        account: Account,
        symbol: str,
        at: int,
        size: int | None = None,
        side: PositionSide = PositionSide.BOTH,
    ) -> None:
        """Close `size` steps of a position, or all, at the mark price against the insurance fund.

        It happens to who gains when another's loss cannot be sold. The book is not touched; nothing
        happens where there is no position.
        """
        instrument, _ = self.margins.terms(symbol)
        position = account.positions.get((symbol, side))
        if position is None or not position.size:
            return
        steps = abs(position.size) if size is None else min(size, abs(position.size))
        order = self._force(account, position, steps, Forced.DELEVERAGE, at)
        self._hand_over(order, account, instrument, at)
        self._tell(Change(at, account.name, ChangeKind.DELEVERAGE, symbol))

    def _force(
        self, account: Account, position: Position, size: int, forced: Forced, at: int
    ) -> Order:
        """Make the order by which the venue closes; it is never told as one that was accepted."""
        instrument = self.instruments[position.symbol]
        side = Side.SELL if position.size > 0 else Side.BUY
        name = "autoclose" if forced is Forced.LIQUIDATION else "adl_autoclose"
        ticket = Ticket(
            position.symbol,
            side,
            Kind.MARKET,
            size,
            client_order_id=f"{name}-{at}{self._next_order_id % 1_000:03d}",
            reduce_only=position.side is PositionSide.BOTH,
            position_side=position.side,
        )
        order = self._enter(account, ticket, size, 0, at)
        order.forced = forced
        self.ledger.record(
            at,
            _CHANGES[forced][0],
            account=account.name,
            symbol=position.symbol,
            order=order.id,
            side=side.value,
            size=instrument.size_text(size),
            mark=instrument.price_text(self.books[position.symbol].mark),
        )
        self._report("NEW", order, account, at)
        return order

    def _hand_over(self, order: Order, account: Account, instrument: Instrument, at: int) -> None:
        """Let the insurance fund take what is left of a forced order, at the mark price."""
        if order.remaining <= 0 or not order.open:
            return
        symbol, size = instrument.symbol, order.remaining
        mark = self.books[symbol].mark
        other = Side.BUY if order.ticket.side is Side.SELL else Side.SELL
        taken = self._enter(self._insurance, Ticket(symbol, other, Kind.MARKET, size), size, 0, at)
        trade_id = self._trade_ids[symbol] = self._trade_ids[symbol] + 1
        self._settle(taken, self._insurance, instrument, trade_id, mark, size, True, at)
        self._settle(order, account, instrument, trade_id, mark, size, False, at)

    def _insure(self, account: Account, asset: str, short: int, symbol: str, at: int) -> None:
        if short > 0:
            self._insurance.free[asset] -= short
            account.earn(at, IncomeKind.INSURANCE, asset, short, symbol)

    def _cross(self, account: Account, asset: str) -> bool:
        """Whether there are positions that the wallet backs."""
        return any(
            each.size and not each.isolated and self.instruments[each.symbol].quote == asset
            for each in account.positions.values()
        )

    def _move_margin(
        self, account: Account, position: Position, leverage: int, instrument: Instrument
    ) -> int:
        """Give an isolated position the margin of a leverage; what the wallet paid for it."""
        if not position.isolated:
            return 0
        more = -(-abs(position.cost) // leverage) - position.margin
        account.free[instrument.quote] -= more
        position.margin += more
        return more

    def _pay_funding(
        self, instrument: Instrument, contract: Contract, prices: Prices, mark: int
    ) -> None:
        """Pay for the interval that ended at `prices.next_funding_ms`."""
        at, rate = prices.next_funding_ms, prices.rate(contract, mark)
        moved, rest = perpetuals.pay_funding(self.accounts.values(), instrument, rate, mark, at)
        self.fees[instrument.quote] += rest
        prices.paid.append(Funding(at, rate, mark))
        prices.next_funding_ms += contract.funding_interval_ms
        for account, amount in moved:
            self.ledger.record(
                at,
                "funding.paid",
                account=account.name,
                symbol=instrument.symbol,
                rate_e8=rate,
                amount_atoms=amount,
            )
            self._tell(Change(at, account.name, ChangeKind.FUNDING, instrument.symbol, amount))

    def _watch_margins(self, symbol: str, at: int) -> None:
        """Warn who is near liquidation, and liquidate who is there."""
        for account in self.accounts.values():
            if account.background:
                continue
            for position in account.positions_of(symbol):
                used = self.margins.share_used(account, position)
                if used >= 1_000_000:
                    self.liquidate(account, symbol, at)
                    break
                warned, position.called = position.called, used >= CALLED_AT
                if position.called and not warned:
                    self._tell(Change(at, account.name, ChangeKind.MARGIN_CALL, symbol))

    def _tell(self, change: Change) -> None:
        for listener in self.on_change:
            listener(change)
