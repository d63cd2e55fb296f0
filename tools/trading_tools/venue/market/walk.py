"""The seeded market: participants who quote around a price that walks at random, and trade.

Step `n` happens at `start_ms + n * interval_ms` and depends on the seed, on its number and on what
users did to the book before it: on nothing else, so the same acts give the same history.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

from trading_tools.venue.core.accounts import Account
from trading_tools.venue.core.exchange import Exchange
from trading_tools.venue.core.instruments import ATOMS, Instrument
from trading_tools.venue.core.orders import Kind, Order, Rejected, Side, Ticket, TimeInForce
from trading_tools.venue.market.replay import Course

INTERVAL_MS = 250
_LEVELS = 20
_SPREAD = 20_000
_VOLATILITY = 8_000
_LOT_WORTH = 2_000
_FORTUNE = 10**12 * ATOMS


@dataclass
class _Quotes:
    """One instrument's price and what is quoted around it, by price in ticks."""

    instrument: Instrument
    price: int
    home: int
    bids: dict[int, Order]
    asks: dict[int, Order]
    course: Course | None = None

    @property
    def gap(self) -> int:
        """Ticks between two quotes: about a 20,000th of the price."""
        return max(1, self.home // _SPREAD)

    @property
    def lot(self) -> int:
        """A usual size in steps: worth about 2,000 units of a quote currency at 60,000 a BTC."""
        per_step = self.home * self.instrument.lot_value
        worth = _LOT_WORTH * ATOMS // (60_000 if self.instrument.quote == "BTC" else 1)
        return max(self.instrument.min_steps, worth // per_step)


class Market:
    """Background participants: one quotes, one takes. `advance_to` performs what is due."""

    def __init__(self, exchange: Exchange, seed: int, start_ms: int) -> None:
        """The first quotes stand at `start_ms`."""
        self._exchange = exchange
        self._random = random.Random(seed)  # noqa: S311 - a market is no secret
        self._start_ms = start_ms
        self._steps = 0
        assets = {
            asset: _FORTUNE
            for each in exchange.instruments.values()
            for asset in (each.base, each.quote)
        }
        quoter = Account("market-quoter", 0, 0, background=True)
        taker = Account("market-taker", 0, 0, background=True)
        self._quoter = exchange.open_account(quoter, assets)
        self._taker = exchange.open_account(taker, assets)
        self._quotes = [
            _Quotes(each, book.last_price, book.last_price, {}, {})
            for each, book in zip(
                exchange.instruments.values(), exchange.books.values(), strict=True
            )
        ]
        for quotes in self._quotes:
            self._quote(quotes, start_ms, quotes.price // quotes.gap * quotes.gap)
            if quotes.instrument.contract is not None:
                self._mark(quotes, start_ms)

    @property
    def now_ms(self) -> int:
        """When the last step happened."""
        return self._start_ms + self._steps * INTERVAL_MS

    def advance_to(self, at_ms: int, most: int | None = None) -> int:
        """Perform every step that is due at `at_ms`, at most `most`; how many there were."""
        done = 0
        while self.now_ms + INTERVAL_MS <= at_ms and (most is None or done < most):
            self._steps += 1
            done += 1
            for quotes in self._quotes:
                self._step(quotes, self.now_ms)
        return done

    def follow(self, symbol: str, course: Course) -> None:
        """Let one instrument's price follow a course from now on, instead of its walk."""
        quotes = next(each for each in self._quotes if each.instrument.symbol == symbol)
        quotes.price = quotes.home = course.first
        quotes.course = course
        self._quote(quotes, self.now_ms, course.first // quotes.gap * quotes.gap)

    def _step(self, quotes: _Quotes, at: int) -> None:
        if quotes.course is not None:
            self._follow(quotes, quotes.course, at)
            return
        draw = self._random.random
        # Pulled back gently, so that a long session stays within the instrument's price band.
        pull = (quotes.home - quotes.price) / quotes.home * 0.002
        drift = (draw() - 0.5) * 2 / _VOLATILITY + pull
        quotes.price = max(quotes.gap * (_LEVELS + 1), round(quotes.price * (1 + drift)))
        self._quote(quotes, at, quotes.price // quotes.gap * quotes.gap)
        if quotes.instrument.contract is not None:
            self._mark(quotes, at)
        if draw() < 0.6:
            side = Side.BUY if draw() < 0.5 else Side.SELL
            size = max(quotes.instrument.min_steps, int(quotes.lot * draw() * 1.5))
            worst = quotes.price + (quotes.gap * 5 if side is Side.BUY else -quotes.gap * 5)
            self._place(self._taker, quotes, side, max(1, worst), size, TimeInForce.IOC, at)

    def _follow(self, quotes: _Quotes, course: Course, at: int) -> None:
        """Quote at the course's price, and trade there: buys where it rises, else sells."""
        before, quotes.price = quotes.price, course.price(at)
        rises = quotes.price > before
        # The best bid is the middle, the best ask a gap above: one of them is the price.
        self._quote(quotes, at, quotes.price - quotes.gap if rises else quotes.price)
        if quotes.instrument.contract is not None:
            self._mark(quotes, at)
        size = course.volume(at) or int(quotes.lot * self._random.random())
        size = max(quotes.instrument.min_steps, size)
        side = Side.BUY if rises else Side.SELL
        self._place(self._taker, quotes, side, quotes.price, size, TimeInForce.IOC, at)

    def _quote(self, quotes: _Quotes, at: int, middle: int) -> None:
        """Take back what is off the grid around `middle`, and fill the grid's holes."""
        gap = quotes.gap
        for side, held in ((Side.BUY, quotes.bids), (Side.SELL, quotes.asks)):
            step = -gap if side is Side.BUY else gap
            first = middle if side is Side.BUY else middle + gap
            wanted = [first + step * level for level in range(_LEVELS) if first + step * level > 0]
            for price in sorted(held.keys() - set(wanted)):
                order = held.pop(price)
                if order.open:
                    self._exchange.cancel(self._quoter, order, at)
            for level, price in enumerate(wanted):
                if price in held and held[price].open:
                    continue
                size = int(quotes.lot * (0.5 + self._random.random()) * (1 + level / 4))
                placed = self._place(self._quoter, quotes, side, price, size, TimeInForce.GTC, at)
                if placed is not None:
                    held[price] = placed

    def _mark(self, quotes: _Quotes, at: int) -> None:
        """Mark a contract: the middle one of its index, its last price and its book's middle."""
        book = self._exchange.books[quotes.instrument.symbol]
        bid, ask = book.bids.best(), book.asks.best()
        middle = (bid + ask) // 2 if bid is not None and ask is not None else book.last_price
        mark = sorted((quotes.price, book.last_price, middle))[1]
        self._exchange.set_mark(quotes.instrument.symbol, mark, quotes.price, at)

    def _place(
        self,
        account: Account,
        quotes: _Quotes,
        side: Side,
        price: int,
        size: int,
        time_in_force: TimeInForce,
        at: int,
    ) -> Order | None:
        """Place an order; None where the instrument's rules refuse it, as of anybody."""
        smallest = -(-quotes.instrument.min_worth // (price * quotes.instrument.lot_value))
        ticket = Ticket(
            quotes.instrument.symbol,
            side,
            Kind.LIMIT,
            max(size, smallest),
            price,
            time_in_force=time_in_force,
        )
        try:
            return self._exchange.place(account, ticket, at)
        except Rejected:
            return None
