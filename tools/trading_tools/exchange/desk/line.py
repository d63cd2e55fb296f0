"""The way to the venue by REST: the order port, with the clock set and the market rules kept.

Streams are `feeds`; what is asked for and when is the desk's.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final, TypeVar

from trading_tools.exchange.breaker import Breaker, BreakerRules
from trading_tools.exchange.clock import VenueClock
from trading_tools.exchange.desk.key import KeyWatch
from trading_tools.exchange.errors import UnknownSymbol
from trading_tools.exchange.limits import limits_of
from trading_tools.exchange.listing import Market, resolve
from trading_tools.exchange.orders.ccxt_port import CcxtOrders
from trading_tools.exchange.orders.contracts import is_contract
from trading_tools.exchange.orders.guard import Quote
from trading_tools.exchange.orders.wire import Call, Wire
from trading_tools.exchange.pacing.machine import host_of, machine_slots
from trading_tools.exchange.pacing.rules import Priority
from trading_tools.exchange.pacing.slots import Slots
from trading_tools.exchange.pacing.venues import pacer_for
from trading_tools.exchange.readings import MarketLimits, Source
from trading_tools.exchange.venues import OPTIONS

R = TypeVar("R")

_RULES_AGE_S: Final = 60.0
_DEPTH: Final = 20
_STAMPED: Final = frozenset({"binance", "binanceusdm", "bybit"})
"""Venues that hold a request's time against their clock. Kraken's nonce only ever has to grow."""
_PATIENT: Final = BreakerRules(failures=6, window_s=10, open_s=1, longest_s=30)
_STREAM_PATIENCE_S: Final = 60.0
_QUIET_S: Final = 1.0


class Line(CcxtOrders):
    """The order port of a client, and what else a bot asks its venue for."""

    def __init__(
        self,
        client: Any,
        symbols: Sequence[str],
        slots: Slots | None = None,
        halted: Callable[[], str | None] = lambda: None,
    ) -> None:
        """Take over the client. `slots` are others than those of this machine.

        `halted` is as for `CcxtOrders`.

        Raises:
            UnknownLimits: the venue's limits are not known.
            UnsupportedVenue: its ways with orders are not known.
        """
        self.pacer = pacer_for(
            client.id, client.apiKey or "", slots or machine_slots(), where=host_of(client)
        )
        self.breaker = Breaker(client.id, _PATIENT)
        self.key = KeyWatch()
        super().__init__(client, self.pacer, self.breaker, halted=halted)
        client.options.update(OPTIONS.get(client.id, {}))
        self.client = client
        self.symbols = tuple(symbols)
        self.clock = VenueClock(super().time_ms, grain_ms=self._ways.clock_ms)
        self.markets: dict[str, MarketLimits] = {}
        """Of those of its symbols that the venue lists."""
        self.equity: Decimal | None = None
        """What the account is worth in the currency of its contracts, when rules were last read."""
        self._rules_at: float | None = None
        self._quiet_until = 0.0

    def joined(self, client: Any) -> Any:
        """Another client of the account, which keeps the limits, and knows markets and time."""
        Wire(client, self.pacer, self.breaker, _STREAM_PATIENCE_S)
        client.set_markets_from_exchange(self.client)
        client.options["timeDifference"] = self.client.options.get("timeDifference", 0)
        return client

    async def time_ms(self) -> int:
        """The venue's clock; the client stamps by it from now on."""
        offset = await self.clock.read()
        if self.name in _STAMPED:
            self.client.options["timeDifference"] = round(self.clock.stepped_ms - offset.ms)
        return round(self.clock.now_ms() + offset.ms)

    async def ask(self, call: Callable[[], Awaitable[R]]) -> R:
        """What a call of the client says.

        Raises:
            Unanswered: it did not say, or may not be asked now.
        """
        return await self._asked(call, Call(Priority.DATA))

    async def _asked(self, ask: Callable[[], Awaitable[R]], call: Call) -> R:
        kind = "order" if call.order else call.priority
        try:
            return await super()._asked(ask, call)
        finally:
            if call.last.signed:
                self.key.heard(self.name, kind, call.last.answer)

    def forget_rules(self) -> None:
        """The venue refused something: its rules or its clock may have changed.

        Or it was asked too much, and its reply did not say for how long: a second of quiet first.
        """
        self._rules_at = None
        self._quiet_until = time.monotonic() + _QUIET_S

    async def know_rules(self) -> None:
        """Read the markets' rules and the clock, unless that was done a short while ago.

        Raises:
            Unanswered: as `ask`.
        """
        if self._rules_at is not None and time.monotonic() - self._rules_at < _RULES_AGE_S:
            return
        await asyncio.sleep(max(0.0, self._quiet_until - time.monotonic()))
        await self.ask(self._read_rules)
        await self.time_ms()
        settled = {market.settle for market in self._contracts() if market.settle is not None}
        if settled:
            shown = await self.ask(self.client.fetch_balance)
            self.equity = sum((_money(shown, asset, "total") for asset in settled), Decimal(0))
        self._rules_at = time.monotonic()

    async def book(self, symbol: str) -> Quote:
        """A market's book.

        Raises:
            Unanswered: as `ask`.
        """
        return quote_of(await self.ask(lambda: self.client.fetch_order_book(symbol, _DEPTH)))

    async def free(self, asset: str) -> Decimal:
        """How much of an asset the venue says is free. It may lag behind our own orders.

        Raises:
            Unanswered: as `ask`.
        """
        return _money(await self.ask(self.client.fetch_balance), asset, "free")

    def _contracts(self) -> list[Market]:
        return [Market.of(self.client.market(each)) for each in self.markets if is_contract(each)]

    async def _read_rules(self) -> None:
        # Not load_markets: that asks for currencies too.
        self.client.set_markets(await self.client.fetch_markets())
        source = Source(venue=self.name, fetched_at=datetime.now(UTC), age_s=0)
        mode = self.client.precisionMode
        for symbol in self.symbols:
            if symbol not in self.client.markets:
                self.markets.pop(symbol, None)
                continue
            market = Market.of(self.client.market(symbol))
            self.markets[symbol] = limits_of(self.name, market, mode, None, source)

    def require_listed(self) -> None:
        """See to it that the venue lists all symbols, by the rules that were read.

        Raises:
            UnknownSymbol, AmbiguousSymbol: one that it does not; the message has the nearest.
        """
        listed = [Market.of(raw) for raw in self.client.markets.values()]
        for symbol in self.symbols:
            if symbol not in self.markets:
                meant = resolve(symbol, self.name, listed).symbol
                raise UnknownSymbol(f"{self.name} lists no {symbol!r:.80}: write {meant}")


def _money(balance: Any, asset: str, which: str) -> Decimal:
    return Decimal(str(balance.get(asset, {}).get(which) or 0))


def quote_of(book: Any) -> Quote:
    """A book as ccxt gives it, read just now. Its floats are the shortest texts of the levels."""
    return Quote(_levels(book["bids"]), _levels(book["asks"]), time.monotonic())


def _levels(shown: Any) -> tuple[tuple[Decimal, Decimal], ...]:
    return tuple((Decimal(str(level[0])), Decimal(str(level[1]))) for level in shown[:_DEPTH])
