"""The desk: a run's accounts at venues, each with its market data, its guard and its ledger.

An account is opened when it is first asked for. What the owner allows is `OrderSettings`; the
manager, the guard and the kill switch are `trading_tools.exchange.orders`.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from decimal import Decimal, localcontext
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Final, Self

from orchestrator.catalogue.acting.lock import holding
from orchestrator.catalogue.acting.places import Door, Place, door_to
from orchestrator.catalogue.acting.stock import Stock, stock
from orchestrator.config.settings import OrderSettings
from orchestrator.toolbox.tool import ToolError, Unavailable
from trading_tools.audit.trade import TradeAudit
from trading_tools.exchange.errors import (
    AmbiguousSymbol,
    MarketDataError,
    UnknownSymbol,
    UnknownVenue,
    Unsupported,
)
from trading_tools.exchange.orders.beside import Beside
from trading_tools.exchange.orders.client_ids import client_order_id
from trading_tools.exchange.orders.guard import LIVE_TOKEN, MONEY, Guard, GuardLimits, Quote
from trading_tools.exchange.orders.intent import Intent
from trading_tools.exchange.orders.kill_switch import KillSwitch
from trading_tools.exchange.orders.manager import OrderManager
from trading_tools.exchange.orders.port import PartlyRead, Unanswered, VenueOrder
from trading_tools.exchange.orders.records import EXACT, Records
from trading_tools.exchange.readings import MarketLimits

if TYPE_CHECKING:
    from trading_tools.audit.ledger import Ledger
    from trading_tools.exchange.market_data import MarketData
    from trading_tools.exchange.orders.ccxt_port import CcxtOrders

KILL_SWITCH: Final = "stop-orders"
"""The file in the user's own folder that stops all orders of all projects while it is there."""

_LOCKED_WITHIN_S = 20.0
_TURN_WITHIN_S = 20.0
"""Kraken lets few questions through in a minute, and nobody waits here but an agent."""
_DEPTH = 20


@dataclass
class Account:
    """One venue at one place. Orders are changed only while it is `held`."""

    place: Place
    venue: str
    door: Door
    orders: CcxtOrders
    market_data: MarketData
    settings: OrderSettings
    audit: TradeAudit
    kill_switch: KillSwitch
    lock: Path
    stock: Stock = field(default_factory=Stock)
    """What it had when it was last looked at."""
    _quotes: dict[str, Quote] = field(default_factory=dict)
    _markets: dict[str, MarketLimits] = field(default_factory=dict)

    async def market(self, symbol: str) -> MarketLimits:
        """The rules of a spot market, by any usual spelling of its symbol.

        Raises:
            ToolError: there is none, or its quote currency is not one that limits are meant in.
            Unavailable: the venue did not say.
        """
        try:
            found = await self.market_data.market_limits(symbol, self.venue)
        except (AmbiguousSymbol, UnknownSymbol, UnknownVenue, Unsupported) as error:
            raise ToolError(str(error)) from None
        except MarketDataError as error:
            raise Unavailable(str(error)) from None
        if found.kind != "spot":
            raise ToolError(f"{found.symbol} is a {found.kind}: orders here are for spot markets")
        if found.price_unit not in MONEY:
            raise ToolError(
                f"{found.symbol} is priced in {found.price_unit}, and the limits on orders are in "
                f"money: {', '.join(sorted(MONEY))}"
            )
        self._markets[found.symbol] = found
        return found

    async def quote(self, symbol: str) -> Quote:
        """A market's book as it is now.

        Raises:
            Unavailable: the venue did not give one.
        """
        try:
            book = await self.market_data.order_book(symbol, _DEPTH, self.venue)
        except MarketDataError as error:
            raise Unavailable(f"there is no book to judge a price by: {error}") from None
        self._quotes[symbol] = Quote.of(book)
        return self._quotes[symbol]

    async def look(self, symbol: str, records: Records) -> Quote:
        """What the account has; books of a market and of all in which something counts.

        Raises:
            Unanswered, Unavailable: the venue did not say. At the simulator the ledger alone counts
                then.
        """
        self.stock = await self._stock(symbol, records)
        guard = self.guard()
        for other in sorted({*records.symbols, *self.stock.beside} - {symbol}):
            if any((*guard.range_base(other, records), *records.exposure_base(other))):
                await self.market(other)
                await self.quote(other)
        return await self.quote(symbol)

    async def _stock(self, symbol: str, records: Records) -> Stock:
        try:
            # In this order: what fills in between is counted twice, and not missed.
            orders, unread = await self.listed(None)
            balances = await self.orders.balances()
        except Unanswered as error:
            if self.place != "simulator":
                raise
            return Stock(uncounted=[f"the account, which could not be read: {error}"])
        if unread is not None:
            raise Unavailable(
                f"the limits cannot be kept, as not all open orders of {self.venue} "
                f"({self.place}) can be read: {unread}. Nothing was sent"
            )
        held = {asset: total for asset, (total, _) in balances.items()}
        counted = [each for each in {order.symbol for order in orders} if await self._counts(each)]
        return stock(self.place, symbol, records, orders, counted, held)

    async def _counts(self, symbol: str) -> bool:
        try:
            await self.market(symbol)
        except Unavailable:
            raise  # what is not known now is not what no limit counts
        except ToolError:
            return False
        return True

    def closing(self, intent: Intent, records: Records) -> Intent:
        """The intent; one that sells no more than is there for certain is said to reduce that.

        Limits on what is held do not stand in its way then.
        """
        low, _ = self.guard().range_base(intent.symbol, records)
        reduces = intent.side == "sell" and intent.size_base <= low
        return replace(intent, reduce_only=True) if reduces else intent

    def guard(self, beside: Mapping[str, Beside] | None = None) -> Guard:
        """The owner's limits over the books, and what the account has, that were looked at."""
        own = self.settings
        with localcontext(EXACT):
            positions = {
                symbol: (own.max_exposure_quote / quote.mid).quantize(Decimal("1e-12"))
                for symbol, quote in self._quotes.items()
                if quote.bids and quote.asks
            }
        limits = GuardLimits(
            max_order_quote=own.max_order_quote,
            max_position_base=positions,
            max_exposure_quote=own.max_exposure_quote,
            max_orders_a_day=own.max_orders_a_day,
            price_collar=own.price_collar_percent / 100,
        )
        opened = self.place == "live" and own.live == "ask"
        return Guard(
            limits,
            self._markets,
            self._quotes.get,
            self.kill_switch,
            live=LIVE_TOKEN if opened else None,
            simulated=self.place != "live",
            beside=self.stock.beside if beside is None else beside,
        )

    async def listed(self, symbol: str | None) -> tuple[Sequence[VenueOrder], str | None]:
        """All open orders of the account, stops too, in a market or in all; and what is unread.

        Raises:
            Unanswered: the venue did not say.
        """
        try:
            orders, unread = await self.orders.everything(), None
        except PartlyRead as error:
            orders, unread = error.rows, str(error)
        return [each for each in orders if symbol in (None, each.symbol)], unread

    def records(self) -> Records:
        """Our own orders here as the ledger has them."""
        return Records(self.audit.trail())

    def manager(self) -> OrderManager:
        """An order manager over what the ledger has now; only while the account is `held`.

        Its guard knows the books that `look` has read before.
        """
        return OrderManager(self.orders, self.audit, self.place, self.guard())

    @asynccontextmanager
    async def held(self) -> AsyncIterator[None]:
        """Nobody else on this machine works on the account's orders meanwhile."""
        what = f"the orders at {self.venue} ({self.place})"
        async with holding(self.lock, what, _LOCKED_WITHIN_S):
            yield

    async def close(self) -> None:
        """Let go of all connections."""
        await self.orders.close()
        await self.market_data.close()


class Desk:
    """The accounts of a run; use as an asynchronous context manager."""

    def __init__(
        self,
        settings: OrderSettings,
        environ: Mapping[str, str],
        ledger: Ledger,
        state_dir: Path,
        user: Path,
    ) -> None:
        """`user` is the user's own folder, where the kill switch is."""
        self._settings = settings
        self._environ = environ
        self._ledger = ledger
        self._state_dir = state_dir
        self._user = user
        self._accounts: dict[tuple[str, str], Account] = {}
        self._opening = asyncio.Lock()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        accounts, self._accounts = self._accounts, {}
        for account in accounts.values():
            await account.close()

    async def account(self, place: Place, venue: str) -> Account:
        """The account at a venue, by any usual name of it.

        Raises:
            ToolError: there is no such venue, it cannot be traded at here, the place is closed,
                its key is missing, or the simulator is not there.
        """
        name = _supported(venue)
        async with self._opening:  # reads are made at the same time
            door = await door_to(place, name, self._settings, self._environ)
            known = self._accounts.get((place, name))
            if known is not None and known.door == door:
                return known
            if known is not None:  # a simulator that was started anew
                await known.close()
            self._accounts[place, name] = self._opened(place, name, door)
            return self._accounts[place, name]

    def written(self, place: Place, venue: str, key: str) -> frozenset[str]:
        """The accounts under which an order of this key was written down before it was sent.

        It is read from the ledger alone: the venue need not be there.
        """
        name = _supported(venue)
        prefix = f"orders:{name}:"
        accounts = [
            each.stream.removeprefix(prefix)
            for each in self._ledger.streams()
            if each.stream.startswith(f"{prefix}{place}")
        ]
        return frozenset(
            account
            for account in accounts
            if TradeAudit(self._ledger, prefix + account).trail(client_order_id(name, place, key))
        )

    def _opened(self, place: Place, venue: str, door: Door) -> Account:
        from trading_tools.exchange.ccxt_venue import CcxtVenue
        from trading_tools.exchange.market_data import Ages, MarketData
        from trading_tools.exchange.orders.ccxt_port import CcxtOrders
        from trading_tools.exchange.orders.clients import client_of

        def public(name: str) -> CcxtVenue:
            return CcxtVenue(name, client_of(name, sandbox=door.sandbox, through=door.through))

        client = client_of(venue, door.credentials, sandbox=door.sandbox, through=door.through)
        self._user.mkdir(parents=True, exist_ok=True)
        switch = KillSwitch(self._user / KILL_SWITCH)
        return Account(
            place=place,
            venue=venue,
            door=door,
            orders=CcxtOrders(client, patience_s=_TURN_WITHIN_S, halted=lambda: switch.thrown),
            market_data=MarketData(public, ages=Ages(order_book_s=0)),
            settings=self._settings,
            audit=TradeAudit(self._ledger, f"orders:{venue}:{door.account}"),
            kill_switch=switch,
            lock=self._state_dir / "locks" / f"orders-{place}-{venue}.lock",
        )


def _supported(venue: str) -> str:
    from trading_tools.exchange.ccxt_venue import offered
    from trading_tools.exchange.errors import UnknownVenue
    from trading_tools.exchange.orders.ways import WAYS
    from trading_tools.exchange.venues import venue_id

    try:
        name = venue_id(venue, offered())
    except UnknownVenue as error:
        raise ToolError(str(error)) from None
    if name not in WAYS:
        raise ToolError(f"orders at {name} are not supported: use one of {', '.join(WAYS)}")
    return name


def places_open(settings: OrderSettings) -> Mapping[str, str]:
    """Where orders may go, as a run records it."""
    return {"sandbox": settings.sandbox, "live": settings.live}
