"""A venue's ledger as what happened: requests with their answers, orders with their lives.

It only reads; what is right or wrong is judged elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any, Final

from trading_tools.venue.core.instruments import ATOMS
from trading_tools.venue.core.ledger import Entry
from trading_tools.venue.wire.messages import Operation

_STOPS: Final = ("STOP", "TAKE_PROFIT", "TRAILING")
_ACCEPTED: Final = ("order.accepted", "position.liquidated", "position.deleveraged")
"""Orders come to be by a request of the bot, or by the venue's own will."""
_INSTRUMENT: Final = ("category", "symbol", "pair", "product_id")
_NAMES: Final = ("name", "client_order_id")
_ENDS: Final = ("order.canceled", "order.expired")


@dataclass(frozen=True)
class Request:
    """One request and what became of it. `status` 0 is one that was never answered.

    `about` is the instrument that it names, in the venue's own words and capitals, if it names one.
    `cut` and `changed` say that a fault kept the venue's own answer from the bot.
    """

    seq: int
    at: int
    operation: Operation
    words: str
    values: frozenset[str]
    about: Mapping[str, str] = field(default_factory=dict)
    answered_at: int | None = None
    answered_seq: int = 0
    status: int = 0
    code: str = ""
    cut: bool = False
    changed: bool = False
    retry_after_s: int | None = None

    @property
    def done(self) -> bool:
        """Whether the bot was told that the venue did it."""
        whole = self.answered_at is not None and not self.cut and not self.changed
        return whole and self.status < 400 and not self.code

    @property
    def refused(self) -> bool:
        """Whether the bot was told that the venue did not do it."""
        told = self.answered_at is not None and not self.cut
        return told and (self.status >= 400 or bool(self.code))


@dataclass(frozen=True)
class Fill:
    """A part of an order that traded. `size` is in base, `price` in quote."""

    at: int
    seq: int
    order: str
    symbol: str
    side: str
    size: Decimal
    price: Decimal


@dataclass(frozen=True)
class Order:
    """An accepted order: what was asked, when, and when it ended. `size` is 0 for one by worth.

    `names` are all ids by which it is known; `request` is 0 where no request asked for it, and
    `ended_by` where none ended it.
    """

    id: str
    name: str
    seq: int
    at: int
    request: int
    symbol: str
    side: str
    kind: str
    size: Decimal
    worth: Decimal
    price: str
    client_order_id: str
    names: frozenset[str]
    reduce_only: bool
    ended_seq: int | None = None
    ended_at: int | None = None
    ended_by: int = 0

    @property
    def protects(self) -> bool:
        """Whether it is of a kind that closes a position: it may stay when the bot is gone."""
        return self.reduce_only or self.waits

    @property
    def waits(self) -> bool:
        """Whether it waits for a price before it trades."""
        return any(word in self.kind for word in _STOPS)

    def open_at(self, seq: int) -> bool:
        """Whether it was open when the ledger had reached entry `seq`."""
        return self.seq <= seq and (self.ended_seq is None or self.ended_seq > seq)


@dataclass(frozen=True)
class Rejection:
    """An order that a rule of the instrument or the account kept out."""

    at: int
    seq: int
    request: int
    symbol: str
    reason: str


@dataclass(frozen=True)
class Fault:
    """One fault: what it waited for, where it met the bot, and when it was over."""

    name: str
    waits_for: str = ""
    deliveries: tuple[Entry, ...] = ()
    ended: Entry | None = None

    @property
    def ended_seq(self) -> int | None:
        """The entry of its end, if it has ended."""
        return self.ended.seq if self.ended else None


@dataclass(frozen=True)
class Facts:
    """All that one ledger tells. Times are milliseconds of the venue's clock.

    Requests are by the number of their entry, and orders by that of their request; `names` has the
    id of each order on the wire, where it is not the ledger's own.
    """

    entries: tuple[Entry, ...]
    requests: tuple[Request, ...]
    orders: tuple[Order, ...]
    fills: tuple[Fill, ...]
    rejections: tuple[Rejection, ...]
    faults: tuple[Fault, ...]
    signals: tuple[Entry, ...]
    exited: Entry | None
    by_number: Mapping[int, Request] = field(repr=False)
    placed_by: Mapping[int, Order] = field(repr=False)
    names: Mapping[str, str] = field(repr=False)

    @property
    def began_at(self) -> int:
        """When the bot was started, or the first thing happened."""
        starts = self.of("bot.started") or self.entries
        return starts[0].at if starts else 0

    @property
    def ended_at(self) -> int:
        """When the last thing happened."""
        return self.entries[-1].at if self.entries else 0

    def filled(self, order: Order, seq: int) -> Decimal:
        """How much of an order had traded when the ledger had reached an entry."""
        sizes = (each.size for each in self.fills if each.order == order.id and each.seq <= seq)
        return sum(sizes, Decimal(0))

    def of(self, *kinds: str) -> list[Entry]:
        """Entries of some kinds, in order."""
        return [entry for entry in self.entries if entry.kind in kinds]

    def asked_for(self, *operations: Operation) -> list[Request]:
        """Requests for some operations, in order."""
        return [request for request in self.requests if request.operation in operations]


def read(entries: Iterable[Entry]) -> Facts:
    """Read a ledger. Orders of before the bot's start are its account's past, not its own."""
    kept = tuple(entries)
    requests = _requests(kept)
    began = next((entry.seq for entry in kept if entry.kind == "bot.started"), 0)
    orders = _orders(entry for entry in kept if entry.seq > began)
    exits = [entry for entry in kept if entry.kind == "bot.exited"]
    return Facts(
        entries=kept,
        requests=tuple(requests.values()),
        orders=tuple(orders.values()),
        fills=_fills(kept, orders),
        rejections=tuple(
            Rejection(
                entry.at,
                entry.seq,
                int(entry.body.get("request", 0)),
                str(entry.body.get("symbol", "")),
                str(entry.body.get("reason", "")),
            )
            for entry in kept
            if entry.kind == "order.rejected"
        ),
        faults=_faults(kept),
        signals=tuple(entry for entry in kept if entry.kind == "bot.signaled"),
        exited=exits[-1] if exits else None,
        by_number=requests,
        placed_by={order.request: order for order in orders.values() if order.request},
        names={
            str(entry.body["order"]): str(entry.body["name"])
            for entry in kept
            if entry.kind in _ACCEPTED and "name" in entry.body
        },
    )


def texts(value: Any) -> Iterable[str]:
    """Every value inside of nested data, as text."""
    if isinstance(value, Mapping):
        for each in value.values():
            yield from texts(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from texts(each)
    elif value is not None:
        yield str(value)


def _requests(entries: Iterable[Entry]) -> dict[int, Request]:
    found: dict[int, Request] = {}
    for entry in entries:
        body = entry.body
        if entry.kind == "request.received":
            found[entry.seq] = Request(
                seq=entry.seq,
                at=entry.at,
                operation=Operation(body.get("operation", "other")),
                words=f"{body.get('method', '')} {body.get('path', '')}".strip(),
                values=frozenset(texts(body.get("params", {}))),
                about=_about(body.get("params", {})),
            )
        elif entry.kind == "request.answered" and body.get("request") in found:
            asked = found[body["request"]]
            code, wait = body.get("code"), str(body.get("retry_after_s", ""))
            found[asked.seq] = replace(
                asked,
                answered_at=entry.at,
                answered_seq=entry.seq,
                status=int(body.get("status", 0)),
                code=str(code) if code else "",
                cut=asked.cut or bool(body.get("cut")),
                changed=bool(body.get("changed")),
                retry_after_s=int(wait) if wait.isdecimal() else None,
            )
        elif entry.kind == "reply.lost" and body.get("request") in found:
            found[body["request"]] = replace(found[body["request"]], cut=True)
    return found


def _about(params: Mapping[str, Any]) -> dict[str, str]:
    named = {key: params.get(key) for key in _INSTRUMENT}
    return {key: text.upper() for key, text in named.items() if text and isinstance(text, str)}


def _orders(entries: Iterable[Entry]) -> dict[str, Order]:
    accepted: dict[str, Entry] = {}
    ends: dict[str, Entry] = {}
    for entry in entries:
        number = str(entry.body.get("order", ""))
        if entry.kind in _ACCEPTED:
            accepted[number] = entry
        elif entry.kind in _ENDS or entry.body.get("status") == "FILLED":
            ends.setdefault(number, entry)
    return {number: _order(number, entry, ends.get(number)) for number, entry in accepted.items()}


def _order(number: str, accepted: Entry, end: Entry | None) -> Order:
    body = accepted.body
    return Order(
        id=number,
        name=str(body.get("name", number)),
        seq=accepted.seq,
        at=accepted.at,
        request=int(body.get("request", 0)),
        symbol=str(body["symbol"]),
        side=str(body["side"]),
        kind=str(body.get("type", "MARKET")),
        size=Decimal(str(body.get("size", 0))),
        worth=Decimal(int(body.get("quote_size_atoms", 0))) / ATOMS,
        price=str(body.get("price", "")),
        client_order_id=str(body.get("client_order_id", "")),
        names=frozenset({number, *(str(body[key]) for key in _NAMES if body.get(key))}),
        reduce_only=bool(body.get("reduce_only") or body.get("close_position")),
        ended_seq=end.seq if end else None,
        ended_at=end.at if end else None,
        ended_by=int(end.body.get("request", 0)) if end else 0,
    )


def _fills(entries: Iterable[Entry], orders: Mapping[str, Order]) -> tuple[Fill, ...]:
    found = []
    for entry in entries:
        order = orders.get(str(entry.body.get("order", "")))
        if entry.kind == "order.traded" and order is not None:
            size, price = Decimal(entry.body["size"]), Decimal(entry.body["price"])
            found.append(Fill(entry.at, entry.seq, order.id, order.symbol, order.side, size, price))
    return tuple(found)


def _faults(entries: Iterable[Entry]) -> tuple[Fault, ...]:
    waits: dict[str, str] = {}
    met: dict[str, list[Entry]] = {}
    ends: dict[str, Entry] = {}
    for entry in entries:
        if not entry.kind.startswith("fault."):
            continue
        name = str(entry.body.get("fault", ""))
        waits.setdefault(name, str(entry.body.get("waits_for", "")))
        if entry.kind == "fault.delivered":
            met.setdefault(name, []).append(entry)
        elif entry.kind == "fault.ended":
            ends[name] = entry
    return tuple(
        Fault(name, words, tuple(met.get(name, ())), ends.get(name))
        for name, words in waits.items()
    )
