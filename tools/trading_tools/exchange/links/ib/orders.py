"""One account of Interactive Brokers as an order port, by a running TWS or Gateway.

`orderRef` carries the client order id, `permId` is the venue's number. TWS gives no list of old
orders: it tells those of its present day. An order that it does not list proves nothing once the
day has turned, so the query goes unanswered then. TWS knows no time after which a request is
refused; `validity_s` is a margin for one that is still on its way to it over the socket.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, tzinfo
from typing import Any, Final, TypeVar

from trading_tools.audit.trade import Outcome
from trading_tools.exchange.links.extras import required
from trading_tools.exchange.links.floats import as_float
from trading_tools.exchange.links.ib import words
from trading_tools.exchange.links.ib.upkeep import Upkeep
from trading_tools.exchange.links.partly import readable
from trading_tools.exchange.orders.intent import Intent
from trading_tools.exchange.orders.judging import Judged
from trading_tools.exchange.orders.life import Stage
from trading_tools.exchange.orders.port import (
    NOT_SENT,
    NotSent,
    SpotWithoutTurns,
    Unanswered,
    VenueFill,
    VenueOrder,
    require_no_stop,
)
from trading_tools.money import MoneyError

R = TypeVar("R")

ANSWER_S: Final = 10.0
"""Seconds that an answer is waited for."""
_ON_ITS_WAY_S: Final = 60.0


class _Unread(logging.Handler):
    """Counts messages that ib_async could not read: it logs them, and goes on without them."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.count = 0

    def emit(self, record: logging.LogRecord) -> None:
        self.count += 1


class IbOrders(SpotWithoutTurns):
    """Orders by TWS at `host`:`port`, as its API client `client_id`.

    `contracts` are ib_async's by our symbols, qualified (with their conId). `day` is the time zone
    in which TWS begins its day, a ZoneInfo or UTC: what it lists ends there, and times that it
    tells without a zone are of it. A client id of TWS is for one process, and the same for good:
    TWS lets only the client that placed an order cancel it.

    Raises:
        MissingExtra: ib_async is not installed.
    """

    def __init__(
        self,
        contracts: Mapping[str, Any],
        port: int,
        client_id: int,
        day: tzinfo,
        account: str,
        host: str = "127.0.0.1",
        answer_s: float = ANSWER_S,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        required("ib_async", "ib")
        from ib_async import IB

        self.name = "ib"
        self.validity_s = _ON_ITS_WAY_S
        self._ib = IB()
        self._ib.RaiseRequestErrors = True
        # TWS may tell times without their zone; ib_async takes them for this machine's then.
        self._ib.TimezoneTWS = _name_of(day)
        self._unread = _Unread()
        self._ib.client.decoder.logger.addHandler(self._unread)
        self._contracts = contracts
        self._at = (host, port, client_id)
        self._day = day
        self._account = account
        self._answer_s = answer_s
        self._now = now
        # ib_async keeps one waiting request of a kind: a second would take the first one's place.
        self._one_at_a_time = asyncio.Lock()
        self._connecting = asyncio.Lock()
        self.upkeep = Upkeep(self._ib, self._connected, sleep)
        """Its `recover` is awaited after each break: `manager.reconcile`."""

    def watch(
        self, on_order: Callable[[VenueOrder], object], on_fill: Callable[[VenueFill], object]
    ) -> None:
        """Tell what TWS tells as it comes: `manager.on_order` and `manager.on_fill`."""

        def status(trade: Any) -> None:
            # ib_async sets a status of its own where TWS has told none yet.
            known = trade.orderStatus.permId and trade.order.orderRef
            if known and words.told_by_tws(trade):
                on_order(words.shown(self._ours(trade.contract), trade.order, trade.orderStatus))

        def executed(trade: Any, fill: Any) -> None:
            for each in words.fills(self._ours(fill.contract), [fill.execution]):
                on_fill(each)

        self._ib.orderStatusEvent += status
        self._ib.execDetailsEvent += executed

    async def turn(self, intent: Intent) -> None:
        """Be connected; how fast requests go is ib_async's to hold back."""
        require_no_stop(self.name, intent)
        try:
            await self._connected()
        except Unanswered as error:
            raise NotSent("session", str(error)) from error

    async def submit(self, intent: Intent, client_order_id: str) -> Judged:
        """Send an order, once."""
        from ib_async import Order

        contract = self._contracts.get(intent.symbol)
        if contract is None:
            return _not_sent(f"{intent.symbol} has no contract: give it in `contracts`")
        if intent.time_in_force == "PO":
            return _not_sent("TWS has no post-only orders")
        order = Order(
            action=intent.side.upper(),
            orderType="MKT" if intent.price_quote is None else "LMT",
            tif=intent.time_in_force,
            account=self._account,
            orderRef=client_order_id,
        )
        try:
            order.totalQuantity = as_float(intent.size_base, "size_base")
            if intent.price_quote is not None:
                order.lmtPrice = as_float(intent.price_quote, "price_quote")
            await self._connected()
        except (MoneyError, Unanswered) as error:
            return _not_sent(str(error))
        order.orderId = self._ib.client.getReqId()

        def send() -> None:
            self._ib.placeOrder(contract, order)

        def answer(code: int, text: str) -> Judged | None:
            # All other codes are warnings, or say nothing of what became of it.
            known = words.REFUSALS | {103, words.ENDED}
            return words.refusal(code, text) if code in known else None

        def state(trade: Any) -> Judged | None:
            status = trade.orderStatus
            if status.permId and status.status in words.ACCEPTED:
                return Judged(Outcome.ACCEPTED, venue_order_id=str(status.permId))
            return None

        return await self._told(order.orderId, send, answer, state)

    async def cancel(self, symbol: str, client_order_id: str, venue_order_id: str | None) -> Judged:
        """Ask for the end of an order, once."""
        try:
            listed = await self._asked(self._ib.reqAllOpenOrdersAsync)
        except Unanswered as error:
            return _not_sent(str(error))
        trade = next((each for each in listed if each.order.orderRef == client_order_id), None)
        if trade is None:
            return _not_sent("TWS lists no open order of that name")

        def send() -> None:
            self._ib.cancelOrder(trade.order)

        def answer(code: int, text: str) -> Judged | None:
            if code == words.ENDED:
                return Judged(Outcome.ACCEPTED)
            if code in words.CANCEL_REFUSALS:
                return Judged(Outcome.REJECTED, str(code), " ".join(text.split())[:200])
            return None

        def state(shown: Any) -> Judged | None:
            over = words.STAGES.get(shown.orderStatus.status) is Stage.CANCELED
            return Judged(Outcome.ACCEPTED) if over else None

        return await self._told(trade.order.orderId, send, answer, state)

    async def find(
        self, symbol: str, client_order_id: str, venue_order_id: str | None, since_ms: int
    ) -> VenueOrder | None:
        """The order by its orderRef, among all open ones and those of the day that have ended."""

        def ended() -> Awaitable[list[Any]]:
            return self._ib.reqCompletedOrdersAsync(False)

        for ask, over in ((self._ib.reqAllOpenOrdersAsync, False), (ended, True)):
            for trade in await self._asked(ask):
                if trade.order.orderRef == client_order_id:
                    return words.shown(symbol, trade.order, trade.orderStatus, over=over)
        executed = await self._asked(self._ib.reqExecutionsAsync)
        if any(fill.execution.orderRef == client_order_id for fill in executed):
            raise Unanswered("ib did not say: TWS tells trades of an order that it does not list")
        since = datetime.fromtimestamp(since_ms / 1000, self._day).date()
        if since != self._now().astimezone(self._day).date():
            raise Unanswered(
                f"ib did not say: TWS lists the orders of the day alone, and this is of {since}"
            )
        return None

    async def open_orders(self, symbol: str) -> Sequence[VenueOrder]:
        """All open orders of the account in one market, of every API client and of TWS itself."""
        listed = await self._asked(self._ib.reqAllOpenOrdersAsync)
        open_ones = [
            trade
            for trade in listed
            if self._ours(trade.contract) == symbol
            and trade.order.account in ("", self._account)
            and words.STAGES.get(trade.orderStatus.status, Stage.OPEN) is Stage.OPEN
        ]
        return readable(
            self.name,
            lambda trade: words.shown(symbol, trade.order, trade.orderStatus),
            open_ones,
        )

    async def fills(self, symbol: str, since_ms: int) -> Sequence[VenueFill]:
        """The account's executions that TWS still tells: those of its day."""
        told = await self._asked(self._ib.reqExecutionsAsync)
        executions = [
            fill.execution
            for fill in told
            if self._ours(fill.contract) == symbol and fill.execution.acctNumber == self._account
        ]
        found = words.fills(symbol, executions)
        return [fill for fill in found if fill.at_ms >= since_ms]

    async def time_ms(self) -> int:
        """The clock of TWS, in whole seconds."""
        at: datetime = await self._asked(self._ib.reqCurrentTimeAsync)
        return int(at.timestamp() * 1000)

    async def close(self) -> None:
        """Let go of TWS."""
        await self.upkeep.close()
        self._ib.client.decoder.logger.removeHandler(self._unread)
        if self._ib.isConnected():
            self._ib.disconnect()
            await asyncio.sleep(0)

    async def _connected(self) -> None:
        """Be connected, or connect; to a TWS that has its broker.

        Raises:
            Unanswered: it cannot be done.
        """
        from ib_async import StartupFetchNONE

        async with self._connecting:
            if not self._ib.isConnected():
                host, port, client_id = self._at
                self.upkeep.cut_off = self.upkeep.in_use = None
                try:
                    await self._ib.connectAsync(
                        host,
                        port,
                        clientId=client_id,
                        timeout=self._answer_s,
                        account=self._account,
                        fetchFields=StartupFetchNONE,
                    )
                except (OSError, TimeoutError) as error:
                    if self.upkeep.in_use:
                        raise Unanswered(
                            f"TWS at {host}:{port} refuses client id {client_id}: "
                            f"{self.upkeep.in_use}; end the other connection, or give another id"
                        ) from error
                    raise Unanswered(
                        f"TWS at {host}:{port} does not answer: {error!r:.200}"
                    ) from error
            self._has_its_broker()

    def _has_its_broker(self) -> None:
        if self.upkeep.cut_off is not None:
            raise Unanswered(f"TWS has no connection of its own: {self.upkeep.cut_off}")

    async def _asked(self, ask: Callable[[], Awaitable[R]]) -> R:
        """A query; connecting comes first where needed.

        Raises:
            Unanswered: TWS did not say.
        """
        from ib_async import RequestError

        async with self._one_at_a_time:
            await self._connected()
            before = self._unread.count
            try:
                async with asyncio.timeout(self._answer_s):
                    told = await ask()
            except (OSError, TimeoutError, RequestError) as error:
                raise Unanswered(f"ib did not say: {error!r:.200}") from error
            # It may have been cut off meanwhile, and told what it had.
            self._has_its_broker()
            if self._unread.count > before:
                # What could not be read may be the very order that is looked for.
                raise Unanswered("ib did not say: TWS sent what ib_async cannot read")
            return told

    async def _told(
        self,
        number: int,
        send: Callable[[], None],
        answer: Callable[[int, str], Judged | None],
        state: Callable[[Any], Judged | None],
    ) -> Judged:
        """Send, and wait for a code or a status about this order, or the end of the connection."""
        async with self._hearing() as heard:
            send()
            with suppress(TimeoutError):
                async with asyncio.timeout(self._answer_s):
                    while (said := await heard.get()) is not None:
                        about, *what = said
                        told = None
                        if about == number:
                            told = state(*what) if len(what) == 1 else answer(*what)
                        if told is not None:
                            return told
        return Judged(Outcome.UNKNOWN, message="no answer came")

    @asynccontextmanager
    async def _hearing(self) -> AsyncIterator[asyncio.Queue[Any]]:
        """Codes and statuses from now on, each with its order's number; None at the end."""
        heard: asyncio.Queue[Any] = asyncio.Queue()

        def code(number: int, code: int, text: str, contract: Any) -> None:
            heard.put_nowait((number, code, text))

        def status(trade: Any) -> None:
            if words.told_by_tws(trade):
                heard.put_nowait((trade.order.orderId, trade))

        def lost() -> None:
            heard.put_nowait(None)

        self._ib.errorEvent += code
        self._ib.orderStatusEvent += status
        self._ib.disconnectedEvent += lost
        try:
            yield heard
        finally:
            self._ib.errorEvent -= code
            self._ib.orderStatusEvent -= status
            self._ib.disconnectedEvent -= lost

    def _ours(self, contract: Any) -> str:
        """Our symbol of a contract; TWS's where it is none of ours."""
        for symbol, ours in self._contracts.items():
            if ours.conId == contract.conId:
                return symbol
        return str(contract.localSymbol or contract.symbol)


def _not_sent(why: str) -> Judged:
    return Judged(Outcome.REJECTED, NOT_SENT, why)


def _name_of(day: tzinfo) -> str:
    name = "UTC" if day is UTC else getattr(day, "key", "")
    if not name:
        raise ValueError(f"day is {day!r}: give a ZoneInfo, such as America/New_York, or UTC")
    return str(name)
