"""The pre-trade guard: what must hold of an order before its intent is even written down.

Source: the safety rules of seed 001, as code between a strategy and the venue. Sizes that are open
count as if they filled, so what was let through is reserved from that moment on. Which of an
order's figures would fit a market is `trading_tools.exchange.fit`, what the owner allows
`guard_limits`.
"""

from __future__ import annotations

import hmac
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal, localcontext
from typing import Final, TypeGuard

from trading_tools.exchange.fit import Order, fit
from trading_tools.exchange.orders.beside import Beside
from trading_tools.exchange.orders.contracts import (
    base_of,
    in_base,
    in_contracts,
    is_contract,
    money_of,
    why_not,
)
from trading_tools.exchange.orders.guard_limits import GuardLimits as GuardLimits
from trading_tools.exchange.orders.intent import Intent
from trading_tools.exchange.orders.kill_switch import KillSwitch
from trading_tools.exchange.orders.quote import Quote as Quote
from trading_tools.exchange.orders.records import EXACT, Records
from trading_tools.exchange.orders.sight import Sight
from trading_tools.exchange.orders.stop_rules import off_grid, on_grid, why_not_there
from trading_tools.exchange.readings import MarketLimits
from trading_tools.money import plain

MONEY: Final = frozenset({"USD", "USDT", "USDC", "EUR"})
"""Currencies that are counted as one: near enough for a limit. 1,000 ETH is no small order."""

_REDUCED_AT_ANY_WORTH: Final = frozenset({"binanceusdm"})
"""Venues whose least worth does not hold for an order that only reduces (Binance, code -4164)."""


class Refused(Exception):
    """The guard does not let an order out. `rule` names which rule, the message says why."""

    def __init__(self, rule: str, why: str) -> None:
        super().__init__(f"{rule}: {why}")
        self.rule = rule


LIVE_TOKEN: Final = "I have checked this bot and let it trade real money"  # noqa: S105 - a sentence
"""What `live` must be for orders at a real venue: typed by a person, never a default."""


class Guard:
    """Stands before every order of one account. `quotes` gives a market's newest book, or None."""

    def __init__(
        self,
        limits: GuardLimits,
        markets: Mapping[str, MarketLimits],
        quotes: Callable[[str], Quote | None],
        kill_switch: KillSwitch,
        *,
        live: str | None,
        simulated: bool = False,
        equity: Callable[[], Decimal | None] = lambda: None,
        beside: Mapping[str, Beside] | None = None,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """`equity` is what the account is worth in the currency that contracts are settled in.

        `beside` is what the account has that is of no order of ours, by market: it counts too.
        `simulated` is for venues where no order is real; else `live` is the token.

        Raises:
            Refused: neither.
        """
        if not simulated and not hmac.compare_digest((live or "").encode(), LIVE_TOKEN.encode()):
            raise Refused(
                "live",
                "orders at a real venue need the live token: give as `live` the sentence "
                "`trading_tools.exchange.orders.guard.LIVE_TOKEN`",
            )
        self._limits = limits
        self._markets = markets
        self._quotes = quotes
        self._kill_switch = kill_switch
        self._equity = equity
        self._beside = beside or {}
        self._clock = clock
        self._now = now

    def check(self, intent: Intent, records: Records) -> Sight:
        """Let an order pass, or say why not; what of the book it was judged by.

        Nothing is awaited between this and the record.

        Raises:
            Refused: a rule forbids it.
        """
        if (reason := self._kill_switch.thrown) is not None:
            raise Refused("kill-switch", f"it is thrown: {reason}")
        with localcontext(EXACT):
            return self._rules(intent, records)

    def _rules(self, intent: Intent, records: Records) -> Sight:
        market = self._markets.get(intent.symbol)
        if market is None:
            raise Refused("market", f"{intent.symbol} is not a market of this guard")
        if (why := why_not(market)) is not None:
            raise Refused("market", why)
        self._one_currency()
        quote = self._quote(intent.symbol)
        price = self._price(intent, quote)
        _fits(intent, market, price)
        self._one_order(intent, price)
        self._repeats(intent, records)
        self._day(records)
        if intent.reduce_only:
            self._reduces(intent, records)
        else:
            self._position(intent, records)
            self._exposure(intent, price, records)
            self._leverage(intent, price, records)
        self._exit(intent, market, quote, records)
        age_ms = round((self._clock() - quote.at) * 1_000)
        return Sight(quote.bids[0][0], quote.asks[0][0], age_ms)

    def _one_currency(self) -> None:
        """A limit in one currency says nothing of an order or a position in another."""
        units = {market.price_unit for market in self._markets.values()}
        if len(units) > 1 and not units <= MONEY:
            names = " and ".join(sorted(units))
            raise Refused("currency", f"{names} cannot be added up: give each a guard of its own")

    def _quote(self, symbol: str) -> Quote:
        quote = self._quotes(symbol)
        if quote is None or not quote.two_sided:
            raise Refused("quote", f"there is no book of {symbol} to judge a price by")
        levels = (*quote.bids, *quote.asks)
        sound = all(_is_sound(number) and number > 0 for level in levels for number in level)
        if not sound or quote.bids[0][0] >= quote.asks[0][0]:
            raise Refused("quote", f"the book of {symbol} is crossed, or has numbers that are none")
        age = self._clock() - quote.at
        # One that is of the future was stamped by another clock, and would never be too old.
        if not 0 <= age <= self._limits.quote_age_s:
            raise Refused(
                "quote",
                f"the book of {symbol} is {age:.1f} s old, {self._limits.quote_age_s:g} s at most",
            )
        return quote

    def _price(self, intent: Intent, quote: Quote) -> Decimal:
        """The worst price it may trade at: its own, or the last level that it would take.

        A stop meets another book than this one: its price is held to its trigger, that one widely
        to the mid, lest a digit too few protects nothing. One that becomes a market order has no
        worst price; its worth is judged by its trigger.
        """
        if (stop := intent.stop_price_quote) is not None:
            why = why_not_there(stop, intent.side, quote.bids[0][0], quote.asks[0][0])
            if why is not None:
                raise Refused("stop", why)
            self._near(stop, quote.mid, self._limits.stop_collar, "stop")
            price = stop if intent.price_quote is None else intent.price_quote
            self._near(price, stop, self._limits.price_collar, "price-collar", "its stop")
            return price
        if intent.price_quote is not None:
            self._near(intent.price_quote, quote.mid, self._limits.price_collar, "price-collar")
            return intent.price_quote
        left = intent.size_base
        for price, size in quote.asks if intent.side == "buy" else quote.bids:
            left -= size
            if left <= 0:
                self._near(price, quote.mid, self._limits.slippage, "slippage")
                return price
        wanted = f"{plain(intent.size_base)} {base_of(intent.symbol)}"
        raise Refused("slippage", f"the book of {intent.symbol} shows less than {wanted} to take")

    def _near(
        self,
        price: Decimal,
        there: Decimal,
        most: Decimal,
        rule: str,
        where: str = "the middle of the book",
    ) -> None:
        if abs(price - there) > most * there:
            far = f"the price {plain(price)} is further than {plain(most * 100)} %"
            raise Refused(rule, f"{far} from {where}, {plain(there)}")

    def _one_order(self, intent: Intent, price: Decimal) -> None:
        worth, most = price * intent.size_base, self._limits.max_order_quote
        if worth > most:
            money = money_of(intent.symbol)
            raise Refused(
                "max-order", f"the order is worth {plain(worth)} {money}, {plain(most)} at most"
            )

    def _repeats(self, intent: Intent, records: Records) -> None:
        """Orders alike in market, side and size: a loop that has lost its mind sends the same."""
        since = self._now() - timedelta(seconds=self._limits.repeat_s)
        alike = records.alike_since(intent.symbol, intent.side, intent.size_base, since)
        if alike >= self._limits.repeats:
            raise Refused(
                "repeats",
                f"{alike} orders to {intent.side} {plain(intent.size_base)} {intent.symbol}, at "
                f"whatever price, in the last {self._limits.repeat_s:g} s, "
                f"{self._limits.repeats} at most",
            )

    def _day(self, records: Records) -> None:
        today = self._now().astimezone(UTC).date()
        if records.sent_on(today) >= self._limits.max_orders_a_day:
            raise Refused(
                "daily-orders",
                f"{records.sent_on(today)} orders were sent on {today} (UTC), "
                f"{self._limits.max_orders_a_day} at most",
            )

    def _position(self, intent: Intent, records: Records) -> None:
        most = self._limits.max_position_base.get(intent.symbol)
        if most is None:
            raise Refused("max-position", f"max_position_base has no limit for {intent.symbol}")
        low, high = self._after(intent, records)
        worst = max(abs(low), abs(high))
        if worst > most:
            raise Refused(
                "max-position",
                f"with all that is open it could be {plain(worst)} {base_of(intent.symbol)}, "
                f"{plain(most)} at most",
            )

    def _exposure(self, intent: Intent, price: Decimal, records: Records) -> None:
        """The worst worth of all positions together, each market at its own mid."""
        total = self._in_all(intent, price, records)
        if total > self._limits.max_exposure_quote:
            raise Refused(
                "max-exposure",
                "with all that is open the positions of all markets could be worth "
                f"{plain(total)} {money_of(intent.symbol)}, "
                f"{plain(self._limits.max_exposure_quote)} at most",
            )

    def worth_after(self, intent: Intent, records: Records) -> Decimal:
        """What all positions may come to be worth with this order, by `max-exposure`'s reckoning.

        Raises:
            Refused: there is no book to judge it by.
        """
        with localcontext(EXACT):
            price = self._price(intent, self._quote(intent.symbol))
            return self._in_all(intent, price, records)

    def range_base(self, symbol: str, records: Records) -> tuple[Decimal, Decimal]:
        """The lowest and the highest position that may come of all that is open."""
        high, low = records.exposure_base(symbol)
        also = self._beside.get(symbol, Beside())
        return low + also.held - also.sells, high + also.held + also.buys

    def _after(self, intent: Intent, records: Records) -> tuple[Decimal, Decimal]:
        """The range with this order."""
        low, high = self.range_base(intent.symbol, records)
        if intent.side == "buy":
            return low, high + intent.size_base
        return low - intent.size_base, high

    def _reduces(self, intent: Intent, records: Records) -> None:
        low, high = self._after(intent, records)
        if low < 0 if intent.side == "sell" else high > 0:
            left = plain(low if intent.side == "sell" else high)
            raise Refused("reduce-only", f"with all that is open it could leave {left}")

    def _in_all(self, intent: Intent, price: Decimal, records: Records) -> Decimal:
        symbols = {*records.symbols, *self._beside, intent.symbol}
        return self._worst(intent, price, records, symbols)

    def _leverage(self, intent: Intent, price: Decimal, records: Records) -> None:
        """The worst worth of all contracts together, against what the account is worth."""
        if not is_contract(intent.symbol):
            return
        most, equity = self._limits.max_leverage, self._equity()
        if most is None or not _is_sound(equity):
            raise Refused(
                "leverage",
                "a contract needs a max_leverage, and the account's equity to hold to it",
            )
        contracts = {each for each in {*records.symbols, intent.symbol} if is_contract(each)}
        total = self._worst(intent, price, records, contracts)
        if total > most * equity:
            raise Refused(
                "leverage",
                f"with all that is open contracts could be worth {plain(total)}, {plain(most)} "
                f"times an equity of {plain(equity)} at most",
            )

    def _worst(
        self, intent: Intent, price: Decimal, records: Records, symbols: Collection[str]
    ) -> Decimal:
        """The most that positions in these markets may come to be worth."""
        total = Decimal(0)
        for symbol in symbols:
            if symbol == intent.symbol:
                low, high = self._after(intent, records)
                worth = max(price, self._quote(symbol).mid)
            else:
                low, high = self.range_base(symbol, records)
                worth = self._quote(symbol).mid if high or low else Decimal(0)
            total += max(abs(low), abs(high)) * worth
        return total

    def _exit(self, intent: Intent, market: MarketLimits, quote: Quote, records: Records) -> None:
        """What this order leaves must be large enough to be closed again, also a collar lower."""
        if intent.reduce_only:
            return
        low, high = self._after(intent, records)
        left = high if intent.side == "buy" else low
        if left == 0:
            return
        price = quote.mid * (1 - self._limits.price_collar)
        least = market.min_notional
        if market.min_amount is not None and in_contracts(abs(left), market) < market.min_amount:
            held = f"{plain(abs(left))} {base_of(intent.symbol)}"
            raise Refused("exit", f"it could leave {held}, which is too small to be closed")
        if least is not None and abs(left) * price < least:
            raise Refused(
                "exit",
                f"it could leave a position worth {plain(abs(left) * price)} "
                f"{money_of(intent.symbol)} at a price {plain(self._limits.price_collar * 100)} % "
                f"lower, which could not be closed: {plain(least)} is the least",
            )


def _is_sound(number: Decimal | None) -> TypeGuard[Decimal]:
    """Whether it is a finite Decimal: what a bot hands over may be anything."""
    return isinstance(number, Decimal) and number.is_finite()


def fitted(intent: Intent, market: MarketLimits) -> Intent:
    """The intent on the market's grid: its size down, a buyer's price down, a seller's up.

    Raises:
        Refused: nothing is left of it, or the market's steps are not known.
    """
    amount = in_contracts(intent.size_base, market)
    told = fit(market, Order(amount=amount, price=intent.price_quote), inverse=False)
    price = told.price_buy if intent.side == "buy" else told.price_sell
    stop = intent.stop_price_quote
    if stop is not None and (stop := on_grid(stop, intent.side, market)) is None:
        raise Refused("market-rules", "; ".join(off_grid(intent, market)))
    if told.amount is None or (intent.price_quote is not None and price is None):
        # Of the part of which nothing is left alone: the other one would have been put on the grid.
        part = Order(amount=amount) if told.amount is None else Order(price=intent.price_quote)
        alone = fit(market, part, inverse=False)
        raise Refused("market-rules", "; ".join(alone.problems or alone.unchecked))
    size = in_base(told.amount, market)
    return replace(intent, size_base=size, price_quote=price, stop_price_quote=stop)


def marketable(intent: Intent, quote: Quote, slippage: Decimal, market: MarketLimits) -> Intent:
    """A market order as a limit order that takes at once, no further than `slippage` from the mid.

    It does the same at every venue: some take the cost of a market buy instead of its size. What
    finds nothing at its price is cancelled (IOC), and the venue keeps the bound, not only the
    guard.

    Raises:
        Refused: no such price is on the market's grid, or its size is not.
    """
    worst = quote.mid * (1 + slippage if intent.side == "buy" else 1 - slippage)
    limit = replace(intent, order_type="limit", price_quote=worst, time_in_force="IOC")
    return fitted(limit, market)


def _fits(intent: Intent, market: MarketLimits, price: Decimal) -> None:
    """The market's own rules; what is not known of them is no leave."""
    if intent.reduce_only and market.venue in _REDUCED_AT_ANY_WORTH:
        market = replace(market, min_notional=Decimal(0))
    amount = in_contracts(intent.size_base, market)
    told = fit(market, Order(amount=amount, price=price), inverse=False)
    if problems := [*told.problems, *off_grid(intent, market)]:
        raise Refused("market-rules", "; ".join(problems))
    if told.unchecked:
        raise Refused("market-rules", "not known: " + "; ".join(told.unchecked))
