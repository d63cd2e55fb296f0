"""A FIX 4.4 acceptor over TCP with a small book: the other side of the sessions that tests hold.

Written on simplefix alone, without the code that it tests. Its session outlives its connections,
and it keeps what it sent, as a venue does. What goes wrong is set by the test: a cut at a numbered
point, messages that are lost or garbled on their way, a silence.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal

import simplefix

from tests.support.tcp_stand_in import TcpStandIn

Pairs = list[tuple[int, str]]


@dataclass
class Order:
    """An order of the book."""

    number: str
    name: str
    symbol: str
    side: str
    size: Decimal
    price: Decimal | None
    status: str = "0"
    filled: Decimal = Decimal(0)

    @property
    def left(self) -> Decimal:
        return self.size - self.filled if self.status in ("0", "1") else Decimal(0)


@dataclass
class Mishaps:
    """What goes wrong. Points are counted over all order messages: before, processed, answered."""

    cut_at: int | None = None
    lose: set[int] = field(default_factory=set)
    """MsgSeqNums of ours that never arrive, once each."""
    garble: set[int] = field(default_factory=set)
    """MsgSeqNums of ours that arrive with a wrong checksum, once each."""
    lower_by: int = 0
    """Taken off the next MsgSeqNum, once."""
    resends_orders_only: bool = False
    """A resend ends with the last order message in it, as jspurefix's does: no fill follows it."""
    silent: bool = False
    hang_up: bool = False
    """Whether a connection ends at its first byte."""
    refuse_logon: str | None = None
    refuse_logon_by: str = "5"
    """A Logout, or a Reject (3)."""


class Acceptor(TcpStandIn):
    """One session as the venue sees it."""

    def __init__(self, ask: str = "60000") -> None:
        super().__init__()
        self.ask = Decimal(ask)
        self.mishaps = Mishaps()
        self.orders: dict[str, Order] = {}
        """By every ClOrdID that an order has had."""
        self.accepted: list[str] = []
        self.heard: list[tuple[str, bool]] = []
        """Type and PossDupFlag of each message that arrived."""
        self.bytes_heard = b""
        self.connections = 0
        self.next_in = self.next_out = 1
        self.beat_s: str | None = None
        self.sent: dict[int, tuple[str, Pairs]] = {}
        self._points = 0
        self._more = asyncio.Event()
        self._numbers = 0
        self._asked = False
        self._outbox: list[bytes] | None = None
        """The answers to the order message that is worked on: a cut may come before they go."""

    @property
    def points(self) -> int:
        """How many points have been passed."""
        return self._points

    async def until_heard(self, count: int) -> None:
        """Wait until that many messages have arrived."""
        while len(self.heard) < count:
            self._more.clear()
            await self._more.wait()

    def trade(self, name: str, size: str) -> None:
        """A trade of a resting order, at its price."""
        order = self.orders[name]
        assert order.price is not None
        self._fill(order, Decimal(size), order.price)

    def send(self, kind: str, pairs: Pairs) -> None:
        """Send a message under the next number; kept if it is no administrative one."""
        seq, self.next_out = self.next_out, self.next_out + 1
        if kind not in ("0", "1", "2", "3", "4", "5", "A"):
            self.sent[seq] = (kind, pairs)
        self._write(kind, seq, pairs)

    def skip(self, count: int) -> None:
        """Numbers that are used up and whose messages are never sent."""
        self.next_out += count

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Take each message in."""
        self._asked, self.connections = False, self.connections + 1
        parser = simplefix.FixParser()
        while self._writer is writer and (data := await reader.read(65_536)):
            self.bytes_heard += data
            if self.mishaps.hang_up:
                return
            parser.append_buffer(data)
            while self._writer is writer and (message := parser.get_message()) is not None:
                self._receive({int(t): v.decode() for t, v in message.pairs})

    def _receive(self, told: dict[int, str]) -> None:
        kind, seq, again = told[35], int(told[34]), told.get(43) == "Y"
        self.heard.append((kind, again))
        self._more.set()
        if kind == "A":
            self.beat_s = told[108]
            if told.get(141) == "Y":
                self.next_in = self.next_out = 1
                self.sent.clear()
            if self.mishaps.refuse_logon is not None:
                about = [(45, told[34])] if self.mishaps.refuse_logon_by == "3" else []
                self.send(self.mishaps.refuse_logon_by, [*about, (58, self.mishaps.refuse_logon)])
                self.cut_softly()
                return
        if seq < self.next_in:
            if not again:
                self.send("5", [(58, f"MsgSeqNum too low, expecting {self.next_in}")])
                self.cut_softly()
            return
        if kind == "A":
            reset = [(141, "Y")] if told.get(141) == "Y" else []
            self.send("A", [(98, "0"), (108, told[108]), *reset])
        if seq > self.next_in:
            if kind == "2":
                self._resend(told)
            if not self._asked:
                self._asked = True
                self.send("2", [(7, str(self.next_in)), (16, "0")])
            return
        if kind in "DFGH" and self._point():
            return
        self.next_in = int(told[36]) if kind == "4" else seq + 1
        if kind == "4" or again:
            self._asked = False
        if kind == "1":
            self.send("0", [(112, told[112])])
        elif kind == "2":
            self._resend(told)
        elif kind == "5":
            self.send("5", [])
            self.cut_softly()
        elif kind in "DFGH":
            answers = self._outbox = []
            self._order_message(kind, told)
            self._outbox = None
            if not self._point():
                for each in answers:
                    self._put(each)
                self._point()
        elif kind == "AF":
            self._all_orders(told)

    def _point(self) -> bool:
        here, self._points = self._points, self._points + 1
        if here == self.mishaps.cut_at:
            self.cut()
            return True
        return False

    def _resend(self, told: dict[int, str]) -> None:
        first, last = int(told[7]), int(told[16]) or self.next_out - 1
        at = first
        for seq in range(first, last + 1):
            if seq in self.sent:
                if at < seq:
                    self._write("4", at, [(123, "Y"), (36, str(seq))], again=True)
                kind, pairs = self.sent[seq]
                self._write(kind, seq, pairs, again=True)
                at = seq + 1
        if at <= last and not (self.mishaps.resends_orders_only and at > first):
            self._write("4", at, [(123, "Y"), (36, str(last + 1))], again=True)

    def _write(self, kind: str, seq: int, pairs: Pairs, again: bool = False) -> None:
        now = f"{datetime.now(UTC):%Y%m%d-%H:%M:%S.%f}"[:-3]
        wire = simplefix.FixMessage()
        wire.append_pair(8, "FIX.4.4")
        wire.append_pair(35, kind)
        wire.append_pair(49, "VENUE")
        wire.append_pair(56, "US")
        if not again and self.mishaps.lower_by:
            seq -= self.mishaps.lower_by
            self.mishaps.lower_by = 0
        wire.append_pair(34, str(seq))
        if again:
            wire.append_pair(43, "Y")
            wire.append_pair(122, now)
        wire.append_pair(52, now)
        for tag, value in pairs:
            wire.append_pair(tag, value)
        data = bytes(wire.encode())
        if seq in self.mishaps.lose:
            self.mishaps.lose.discard(seq)
            return
        if seq in self.mishaps.garble:
            self.mishaps.garble.discard(seq)
            data = data[:-4] + b"%03d\x01" % ((int(data[-4:-1]) + 1) % 256)
        if self._outbox is not None:
            self._outbox.append(data)
        else:
            self._put(data)

    def _put(self, data: bytes) -> None:
        if self._writer is not None and not self.mishaps.silent:
            self._writer.write(data)

    # The book

    def _order_message(self, kind: str, told: dict[int, str]) -> None:
        name = told[11]
        if kind == "D":
            self._new(name, told)
        elif kind == "H":
            self._status(name, told)
        else:
            order = self.orders.get(told[41])
            if order is None or not order.left or order.name != told[41]:
                why = "1" if order is None else "0"
                status = "8" if order is None else order.status
                self.send(
                    "9",
                    [
                        (37, "NONE" if order is None else order.number),
                        (11, name),
                        (41, told[41]),
                        (39, status),
                        (434, "1"),
                        (102, why),
                    ],
                )
            elif kind == "F":
                self._report(order, "6", name=name, status="6")
                order.status = "4"
                self._report(order, "4", name=name)
            else:
                order.size, order.price = Decimal(told[38]), Decimal(told[44])
                order.name = name
                self.orders[name] = order
                self._report(order, "5", name=name, before=told[41])

    def _new(self, name: str, told: dict[int, str]) -> None:
        price = Decimal(told[44]) if 44 in told else None
        size = Decimal(told[38])
        order = Order(f"v{len(self.accepted) + 1}", name, told[55], told[54], size, price)
        reason = "6" if name in self.orders else "1" if told[55] == "NO" else None
        if told.get(55) == "REJECT":
            self.send("3", [(45, told[34]), (371, "55"), (372, "D"), (373, "5"), (58, "bad")])
            return
        if told.get(55) == "BUSINESS":
            self.send("j", [(45, told[34]), (372, "D"), (379, name), (380, "2"), (58, "unknown")])
            return
        if reason is not None:
            rejected = Order("NONE", name, told[55], told[54], size, price, status="8")
            self._report(rejected, "8", more=[(103, reason), (58, "refused")])
            return
        self.orders[name] = order
        self.accepted.append(name)
        self._report(order, "A", status="A")
        self._report(order, "0")
        takes = price is None or price >= self.ask
        if takes and told[54] == "1":
            if told.get(18) == "6":
                order.status = "4"
                self._report(order, "4")
            else:
                self._fill(order, size, self.ask)
        elif told.get(59) in ("3", "4"):
            order.status = "C"
            self._report(order, "C")

    def _fill(self, order: Order, size: Decimal, price: Decimal) -> None:
        order.filled += size
        order.status = "2" if order.filled == order.size else "1"
        self._report(order, "F", more=[(32, str(size)), (31, str(price))])

    def _status(self, name: str, told: dict[int, str]) -> None:
        order = self.orders.get(name)
        asked = [(790, told[790])] if 790 in told else []
        if order is None:
            none = Order("NONE", name, told[55], told[54], Decimal(0), None, status="8")
            self._report(none, "I", more=[(103, "5"), *asked])
        else:
            self._report(order, "I", more=asked)

    def _all_orders(self, told: dict[int, str]) -> None:
        found = [each for each in {id(o): o for o in self.orders.values()}.values() if each.left]
        if not found:
            none = Order("NONE", "NONE", "NONE", "1", Decimal(0), None, status="8")
            self._report(none, "I", more=[(584, told[584]), (911, "0"), (912, "Y")])
        for at, order in enumerate(found, 1):
            last = [(912, "Y" if at == len(found) else "N")]
            self._report(order, "I", more=[(584, told[584]), (911, str(len(found))), *last])

    def _report(
        self,
        order: Order,
        kind: str,
        name: str | None = None,
        status: str | None = None,
        before: str | None = None,
        more: Pairs | None = None,
    ) -> None:
        self._numbers += 1
        shown = name or order.name
        pairs = [
            (37, order.number),
            (11, shown),
            (17, "0" if kind == "I" else f"e{self._numbers}"),
            (150, kind),
            (39, status or order.status),
            (55, order.symbol),
            (54, order.side),
            (38, str(order.size)),
            (14, str(order.filled)),
            (151, str(order.left)),
            (6, "0"),
            (60, f"{datetime.now(UTC):%Y%m%d-%H:%M:%S.%f}"[:-3]),
        ]
        if shown != order.name:
            pairs.append((41, order.name))
        elif before is not None:
            pairs.append((41, before))
        self.send("8", pairs + (more or []))
