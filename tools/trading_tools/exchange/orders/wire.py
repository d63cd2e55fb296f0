"""Every request of one ccxt client: paced, watched by a breaker, with the reply that is its own.

ccxt keeps the last reply's headers on the client, where requests under way at once mix them up;
here each request is told its own. ccxt's limiter and its retries are off. What a reply means for an
order is `judging`; that a submit is not sent twice is the manager's.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, Final

from trading_tools.exchange.breaker import Breaker, CircuitOpen, Permit
from trading_tools.exchange.faults import Answer
from trading_tools.exchange.orders.port import NotSent
from trading_tools.exchange.pacing.costs import Asked, Toll, knows_orders_of, order_toll, toll
from trading_tools.exchange.pacing.headers import observe
from trading_tools.exchange.pacing.nonces import NONCED
from trading_tools.exchange.pacing.pacer import Pacer
from trading_tools.exchange.pacing.rules import Priority

HALTED: Final = "stopping"
"""The rule by which no new order goes out any more."""


@dataclass
class Exchanged:
    """One request: whether it left, and the reply to it."""

    sent: bool = False
    answer: Answer | None = None
    lane: str = ""
    changes: bool = False
    """Whether it may change something: it is no GET."""
    signed: bool = False
    """Whether it is of an account, by its key."""
    turn: float | None = None
    """That of its nonce, where those have to rise."""


@dataclass
class Call:
    """One call of the client, which may make several requests; `last` is its latest one.

    `order`: it is to make a new order; `paid`: whose turn was waited for before; `placing` is the
    request of that order.
    """

    priority: Priority = Priority.DATA
    pair: str = ""
    order: bool = False
    paid: bool = False
    last: Exchanged = field(default_factory=Exchanged)
    placing: Exchanged | None = None

    def decisive(self, venue: str) -> Exchanged:
        """The request whose reply says what came of the call.

        ccxt may ask other things before it sends an order: what those got is no news of the order.
        """
        if self.order and knows_orders_of(venue):
            # One that is not known for an order's may have made one all the same, as those of a
            # portfolio margin account do.
            return self.placing or (self.last if self.last.changes else Exchanged())
        return self.last


_call: ContextVar[Call | None] = ContextVar("what the requests of this task are for", default=None)
_request: ContextVar[Exchanged | None] = ContextVar("the request of this task", default=None)


class Wire:
    """Stands between a ccxt client and its HTTP session; `patience_s` is the longest wait here.

    Which requests the breaker stops is a question of what they do to risk. A cancel takes some
    away: it always goes. A query is a fair probe: it changes nothing, and its failure says as much.
    A new order is never the probe: what became of it might not be known.
    """

    def __init__(
        self,
        client: Any,
        pacer: Pacer,
        breaker: Breaker,
        patience_s: float,
        halted: Callable[[], str | None] = lambda: None,
    ) -> None:
        """`halted` says why no new order may leave, or None: it is asked last of all."""
        self._client = client
        self._halted = halted
        self._pacer = pacer
        self._breaker = breaker
        self._patience_s = patience_s
        # ccxt's limiter stays where the limits of a venue are not known here.
        client.enableRateLimit = client.enableRateLimit and not pacer.rules
        client.options["maxRetriesOnFailure"] = 0
        if client.id in NONCED:
            client.incrementing_nonce = pacer.nonces.next
        client.on_rest_response = self._noted
        # A client that was taken over before is taken over anew: no request waits for two turns.
        before = getattr(client.fetch2, "__self__", None)
        if isinstance(before, Wire):
            client.fetch, client.fetch2 = before._fetch, before._fetch2
        self._fetch: Any = client.fetch
        self._fetch2: Any = client.fetch2
        client.fetch, client.fetch2 = self._sending, self._paced

    @contextmanager
    def calling(self, call: Call) -> Iterator[None]:
        """The requests of this task within the block are those of this call."""
        token = _call.set(call)
        try:
            yield
        finally:
            _call.reset(token)

    @property
    def broken(self) -> bool:
        """Whether new orders are refused until a query has come through."""
        return self._breaker.state != "closed"

    async def order_turn(self, pair: str) -> None:
        """Wait until a new order may go, and count it as gone.

        Raises:
            NotSent: the venue's limits leave no room in time.
        """
        await self._turn(order_toll(self._client.id, pair), Priority.PLACE)

    async def _paced(
        self,
        path: str,
        api: Sequence[str] = ("public",),
        method: str = "GET",
        params: Mapping[str, Any] | None = None,
        config: Mapping[str, Any] | None = None,
    ) -> Any:
        """ccxt's way to every REST endpoint: signing comes after the wait, so no stamp grows old.

        Raises:
            NotSent: it is not this request's turn, or what it asks keeps failing.
        """
        call = _call.get() or Call()
        given, cost = params or {}, config or {}
        weight = self._client.calculate_rate_limiter_cost(api, method, path, given, cost)
        asked = Asked(api, method, path, given, weight, call.pair)
        due = toll(self._client.id, asked)
        request = call.last = Exchanged(
            lane=due.cost.lane, changes=method != "GET", signed=asked.signed
        )
        if due.order:
            call.placing = request
        if due.order and call.paid:
            call.paid = False
        else:
            await self._turn(due, call.priority)
        permit: Permit | None = None
        token = _request.set(request)
        stopped = False
        try:
            async with self._in_order(asked, request, urgent=call.priority is Priority.CANCEL):
                # Not before: a probe that waited and was never sent would count as failed.
                permit = self._permit(call)
                return await self._fetch2(path, api, method, given, cost)
        except asyncio.CancelledError:
            stopped = True
            raise
        finally:
            _request.reset(token)
            _end(permit, request, stopped=stopped)

    @asynccontextmanager
    async def _in_order(
        self, asked: Asked, request: Exchanged, *, urgent: bool
    ) -> AsyncIterator[None]:
        """Where nonces have to rise as they arrive, no other request of the key is on its way."""
        if not asked.signed or self._client.id not in NONCED:
            yield
            return
        nonces = self._pacer.nonces
        try:
            async with asyncio.timeout(self._patience_s):
                request.turn = turn = await nonces.turn(urgent=urgent)
        except TimeoutError:
            raise NotSent("pacing", f"{self._pacer.venue} answers others of this key") from None
        try:
            yield
        finally:
            # One without an answer may be on its way still: the next waits until it has arrived.
            if request.answer is not None or not request.sent:
                nonces.over(request.turn or turn)

    async def _turn(self, due: Toll, priority: Priority) -> None:
        try:
            async with asyncio.timeout(self._patience_s):
                await self._pacer.acquire(due.cost, priority)
        except TimeoutError:
            raise NotSent(
                "pacing",
                f"{self._pacer.venue}'s limits left no room for {self._patience_s:g} s; ask later",
            ) from None
        lane = due.cost.lane
        for rule, units in due.counted.items():
            if rule in self._pacer.rules:
                self._pacer.told(rule, self._pacer.used(rule, lane) + units, lane)

    def _permit(self, call: Call) -> Permit | None:
        if call.order and self.broken:
            raise NotSent("breaker", f"{self._breaker.name} keeps failing: a query goes first")
        try:
            return self._breaker.permit()
        except CircuitOpen as error:
            if call.priority is Priority.CANCEL:
                return None
            raise NotSent("breaker", str(error)) from error

    async def _sending(self, *request: Any, **more: Any) -> Any:
        """ccxt's one way out: notes that something is sent.

        Raises:
            NotSent: it is of a new order, and those are stopped; or its turn has passed.
        """
        exchanged, call = _request.get(), _call.get()
        if exchanged is not None:
            stop = self._halted() if call is not None and call.order and exchanged.changes else None
            if stop is not None:
                raise NotSent(HALTED, stop)
            if exchanged.turn is not None:
                exchanged.turn = self._pacer.nonces.sending(exchanged.turn)
                if exchanged.turn is None:
                    raise NotSent("pacing", "another request of this key went before it")
            exchanged.sent = True
        return await self._fetch(*request, **more)

    def _noted(
        self,
        status: int,
        reason: str,
        url: str,
        method: str,
        headers: Mapping[str, str],
        body: str,
        *_request_sent: object,
    ) -> str:
        """ccxt's hook for each reply, in the task of its request."""
        exchanged = _request.get() or Exchanged()
        low = {name.lower(): value for name, value in headers.items()}
        exchanged.answer = Answer(status, low, body)
        observe(self._pacer, status, low, exchanged.lane, body)
        return body.strip()


def _end(permit: Permit | None, request: Exchanged, *, stopped: bool) -> None:
    """Tell the breaker what a request says of its venue: silence and 5xx are failures."""
    if permit is None:
        return
    answer = request.answer
    unheard = stopped or not request.sent
    if answer is not None and answer.status < 500:
        permit.succeeded()
    elif not unheard or permit.probe:
        permit.failed()
