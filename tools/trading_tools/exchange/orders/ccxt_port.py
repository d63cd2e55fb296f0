"""One account of one venue by ccxt's asynchronous client.

What a reply means for an order is `judging`: ccxt's exceptions are caught here, all of them,
because which class one has says nothing that can be relied on. How requests go out is `wire`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import replace
from decimal import Decimal
from typing import Any, TypeVar

from trading_tools.audit.trade import Outcome
from trading_tools.exchange.breaker import Breaker
from trading_tools.exchange.errors import one_line
from trading_tools.exchange.faults import unreached
from trading_tools.exchange.orders.contracts import HedgeMode, is_contract
from trading_tools.exchange.orders.intent import Intent
from trading_tools.exchange.orders.judging import Judged, judge, refused_key
from trading_tools.exchange.orders.port import (
    NOT_SENT,
    SET_BY_MS,
    KeyRefused,
    NotSent,
    PartlyRead,
    Unanswered,
    VenueFill,
    VenueOrder,
)
from trading_tools.exchange.orders.retries import Retries, may_pass
from trading_tools.exchange.orders.rows import (
    Row,
    Unreadable,
    fill_of,
    number_of,
    order_of,
    position_of,
)
from trading_tools.exchange.orders.stops import require_stop, stop_params
from trading_tools.exchange.orders.ways import ALGO, WAYS, WINDOW_MS, Kind, NoSuchOrder, Ways
from trading_tools.exchange.orders.wire import HALTED, Call, Wire
from trading_tools.exchange.pacing.machine import pacer_of
from trading_tools.exchange.pacing.pacer import Pacer
from trading_tools.exchange.pacing.rules import Priority
from trading_tools.money import from_json, plain

R = TypeVar("R")
S = TypeVar("S")

_paid: ContextVar[bool] = ContextVar("whether the turn of an order was waited for", default=False)


class UnsupportedVenue(ValueError):
    """Orders at this venue are not known to be safe by this port."""


class CcxtOrders:
    """Orders by a ccxt client that its owner made, with keys; it is changed for this use."""

    def __init__(
        self,
        client: Any,
        pacer: Pacer | None = None,
        breaker: Breaker | None = None,
        patience_s: float = 10.0,
        retries: Retries | None = None,
        *,
        ways: Ways | None = None,
        halted: Callable[[], str | None] = lambda: None,
        asking: Priority = Priority.PLACE,
    ) -> None:
        """Take over a client of `ccxt.async_support` or `ccxt.pro`.

        Without a `pacer` it keeps the venue's published limits together with all clients of the
        key and the address on this machine, as `pacing.machine` has it. No request waits longer
        than `patience_s` for its turn.
        `retries` are of questions alone, `ways` those of a venue that is not in `ways.WAYS`.
        While `halted` gives a reason no new order leaves, not even one that was let out before.
        `asking` is how urgent questions are: before data, which others ask for.

        Raises:
            UnsupportedVenue: the venue is not one whose ways with orders are known here.
        """
        if ways is None and client.id not in WAYS:
            raise UnsupportedVenue(
                f"orders at {client.id} are not supported: use one of {', '.join(WAYS)}; "
                "links.further.FurtherOrders has others, or says why not"
            )
        self.name: str = client.id
        self._ways = ways or WAYS[client.id]
        self.validity_s = self._ways.validity_s
        self.streams_fills = bool(client.has.get("watchMyTrades"))
        self._client = client
        self._halted = halted
        self._asking = asking
        self._retries = retries or Retries()
        self._preparing = asyncio.Lock()
        client.options["recvWindow"] = WINDOW_MS
        client.number = str
        self._wire = Wire(
            client,
            pacer or pacer_of(client),
            breaker or Breaker(client.id),
            patience_s,
            halted,
        )

    async def turn(self, intent: Intent) -> None:
        """Wait until the venue's limits have room for an order; where it failed, try it first."""
        if is_contract(intent.symbol) and self._ways.positions is None:
            raise NotSent("market", f"contracts of {self.name} are not traded here")
        require_stop(self.name, intent, self._order_types(intent.symbol))
        by_cost = not self._ways.market_buys and not is_contract(intent.symbol)
        if by_cost and (intent.order_type, intent.side) == ("market", "buy"):
            raise NotSent(
                "market-buy",
                f"{self.name} takes what a market buy may cost and not its size: send "
                "guard.marketable(...) of it, which buys up to its size at a price or better",
            )
        if self._wire.broken:
            try:
                await self.time_ms()
            except Unanswered as error:
                raise NotSent("breaker", str(error)) from error
        await self._be_ready()
        await self._wire.order_turn(intent.symbol)
        stop = self._halted()
        if stop is not None:
            raise NotSent(HALTED, stop)
        _paid.set(True)

    async def _be_ready(self) -> None:
        """Let ccxt ask once what it would ask before every order of those that are sent at once."""
        ready = self._ways.ready
        if ready is None:
            return

        async def ask() -> Any:
            return await ready(self._client)

        async with self._preparing:
            try:
                await self._read(ask)
            except Unanswered as error:
                raise NotSent("account", str(error)) from error

    async def submit(self, intent: Intent, client_order_id: str) -> Judged:
        """Send an order, once."""
        params = {**self._ways.named(self._client, client_order_id), **stop_params(intent)}
        if intent.time_in_force == "PO":
            params["postOnly"] = True
        elif intent.order_type == "limit":
            params["timeInForce"] = intent.time_in_force
        if is_contract(intent.symbol) and intent.reduce_only:
            params["reduceOnly"] = True
        # On spot it is the guard's to keep. There is no such order: Binance refuses the
        # parameter, Bybit passes it over, and ccxt's coinbase closes the whole position instead.
        size = intent.size_base / self._contract_size(intent.symbol)
        price = None if intent.price_quote is None else plain(intent.price_quote)

        async def send() -> Any:
            return await self._client.create_order(
                intent.symbol, intent.order_type, intent.side, plain(size), price, params
            )

        paid = _paid.get()
        _paid.set(False)
        return await self._judged(send, Call(Priority.PLACE, intent.symbol, order=True, paid=paid))

    def _order_types(self, symbol: str) -> Sequence[str] | None:
        """Those that a symbol lists itself."""
        info = ((self._client.markets or {}).get(symbol) or {}).get("info") or {}
        listed: Sequence[str] | None = info.get("orderTypes")
        return listed

    async def cancel(self, symbol: str, client_order_id: str, venue_order_id: str | None) -> Judged:
        """Ask for the end of an order, once."""

        async def send() -> Any:
            return await self._ways.cancel(self._client, symbol, client_order_id, venue_order_id)

        return await self._judged(send, Call(Priority.CANCEL, symbol))

    async def find(
        self, symbol: str, client_order_id: str, venue_order_id: str | None, since_ms: int
    ) -> VenueOrder | None:
        """The order by its client id, or by the venue's where it is known."""
        since = since_ms - SET_BY_MS

        async def ask() -> Any:
            return await self._ways.find(
                self._client, symbol, client_order_id, venue_order_id, since
            )

        try:
            shown = await self._read(ask)
        except Unanswered as error:
            if isinstance(error.__cause__, NoSuchOrder):
                return None
            raise
        return self.order_of(shown)

    async def end(self, order: VenueOrder) -> Judged:
        """Ask for the end of an order of whatever kind, once; one that was found has none."""
        ending = dict(self._ways.everywhere.get(order.kind, Kind()).ending)
        if not ending:
            return await self.cancel(order.symbol, order.client_order_id, order.venue_order_id)

        async def send() -> Any:
            number = order.venue_order_id.removeprefix(ALGO)
            return await self._client.cancel_order(number, order.symbol, ending)

        return await self._judged(send, Call(Priority.CANCEL, order.symbol))

    async def open_orders(self, symbol: str) -> Sequence[VenueOrder]:
        """All open orders of the account in a market, stops that wait among them."""
        rows: list[Row] = []
        apart = () if self._ways.waiting is None else (self._ways.waiting,)
        # Those that wait go last: what is triggered in between is in the first list or in none.
        for more in ({}, *apart):
            params = {**self._ways.listing, **more}

            async def ask(params: Mapping[str, Any] = params) -> Any:
                return await self._client.fetch_open_orders(symbol, params=params)

            rows += await self._read(ask)
        return self._readable(self.order_of, rows)

    async def everything(self) -> Sequence[VenueOrder]:
        """All open orders of the account, of every kind in every market.

        Raises:
            PartlyRead: some could not be read.
            Unanswered: the venue did not say.
        """
        self._client.options["warnOnFetchOpenOrdersWithoutSymbol"] = False
        rows: list[tuple[str, Row]] = []
        for name, kind in self._ways.everywhere.items():
            params = {**self._ways.listing, **kind.listing}

            async def ask(params: Mapping[str, Any] = params) -> Any:
                return await self._client.fetch_open_orders(params=params)

            rows += [(name, row) for row in await self._read(ask)]
        return self._readable(lambda row: replace(self.order_of(row[1]), kind=row[0]), rows)

    def _readable(self, read: Callable[[R], S], rows: Sequence[R]) -> list[S]:
        """All rows, read.

        Raises:
            PartlyRead: some could not be read; it says which.
        """
        found: list[S] = []
        unread: list[str] = []
        for row in rows:
            try:
                found.append(read(row))
            except Unreadable as error:
                unread.append(str(error))
        if unread:
            raise PartlyRead(f"{len(unread)} of {self.name}'s rows: {'; '.join(unread)}", found)
        return found

    async def fills(self, symbol: str, since_ms: int) -> Sequence[VenueFill]:
        """All fills of the account since then, page after page."""

        async def ask() -> Any:
            return await self._ways.fills(self._client, symbol, since_ms)

        rows = await self._read(ask)
        try:
            return _in_order(self._readable(self.fill_of, rows))
        except PartlyRead as error:
            raise PartlyRead(str(error), _in_order(error.rows)) from None

    async def position(self, symbol: str) -> Decimal:
        """The account's position in a contract."""
        positions = self._ways.positions
        if positions is None or not is_contract(symbol):
            raise Unanswered(f"{self.name} keeps no position in {symbol}")
        asked = positions

        async def ask() -> Any:
            return await asked(self._client, symbol)

        rows = await self._read(ask)
        if any(row.get("hedged") for row in rows):
            raise HedgeMode(
                f"{self.name} keeps long and short positions apart: set the account to one-way mode"
            )
        return sum((position_of(row, self._contract_size(symbol)) for row in rows), Decimal(0))

    async def balances(self) -> Mapping[str, tuple[Decimal, Decimal]]:
        """What the account holds of each asset: in all, and how much of it is free."""
        shown = await self._read(self._client.fetch_balance)
        try:
            return {
                asset: (Decimal(shown["total"][asset]), Decimal(shown["free"][asset] or 0))
                for asset in sorted(shown["total"])
                if shown["total"][asset] is not None and Decimal(shown["total"][asset])
            }
        except (KeyError, TypeError, ArithmeticError) as error:
            raise Unanswered(f"a balance that cannot be read: {one_line(error)}") from error

    async def time_ms(self) -> int:
        """The venue's clock."""
        return int(await self._read(self._client.fetch_time))

    def order_of(self, row: Row) -> VenueOrder:
        """An order as a stream or a list of this client shows it.

        Raises:
            Unreadable: it lacks what an order must have.
        """
        return order_of(row, self._contract_size(row.get("symbol")))

    def fill_of(self, row: Row) -> VenueFill:
        """A fill as a stream or a list of this client shows it.

        Raises:
            Unreadable: it lacks what a fill must have.
        """
        return fill_of(row, self._contract_size(row.get("symbol")))

    def _contract_size(self, symbol: str | None) -> Decimal:
        market = (self._client.markets or {}).get(symbol) or {}
        size = market.get("contractSize")
        return Decimal(1) if size is None else from_json(size, "contract size")

    async def load(self) -> None:
        """Let the client read the venue's markets, if it has not.

        Raises:
            Unanswered: the venue did not say.
        """
        await self._read(self._client.load_markets)

    async def close(self) -> None:
        """Let go of the client's connections."""
        await self._client.close()

    async def _judged(self, send: Callable[[], Awaitable[Any]], call: Call) -> Judged:
        order: Any = None
        refused = "no reply came"
        try:
            order = await self._asked(send, call)
        except Unanswered as error:
            refused = one_line(error.__cause__ or error)
        told = call.decisive(self.name)
        if not told.sent:
            return Judged(Outcome.REJECTED, NOT_SENT, refused)
        if told.answer is None:
            return Judged(Outcome.UNKNOWN, message=refused)
        number = number_of(order) if isinstance(order, Mapping) else None
        return judge(self.name, told.answer, number)

    async def _read(self, ask: Callable[[], Awaitable[R]]) -> R:
        """A question, asked again where its failure may pass."""
        return await self._retries.read(lambda: self._asked(ask, Call(self._asking)))

    async def _asked(self, ask: Callable[[], Awaitable[R]], call: Call) -> R:
        """The one place where every exception of ccxt's is caught; `call` is filled."""
        try:
            with self._wire.calling(call):
                return await ask()
        except Exception as error:
            code = refused_key(self.name, call.last.answer)
            if code is not None:
                raise KeyRefused(
                    f"{self.name} refuses this key ({code}): check the key, its secret, its "
                    "permissions and the addresses that it may be used from"
                ) from error
            why = str(error) if isinstance(error, NotSent) else unreached(error) or one_line(error)
            unanswered = Unanswered(f"{self.name} did not say: {why}")
            known = isinstance(error, NoSuchOrder | NotSent)
            unanswered.passing = not known and may_pass(self.name, call.last.sent, call.last.answer)
            raise unanswered from error


def _in_order(fills: Sequence[VenueFill]) -> list[VenueFill]:
    """Each fill once, oldest first."""
    each = {(fill.venue_order_id, fill.trade_id): fill for fill in fills}
    return sorted(each.values(), key=lambda fill: (fill.at_ms, fill.trade_id))
