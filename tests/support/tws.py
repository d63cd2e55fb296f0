"""A stand-in for Interactive Brokers' TWS: its socket protocol and a book.

It speaks what ib_async needs for orders: the handshake, placing and cancelling, the lists of open
and completed orders and of executions, the clock. Field orders are those that ib_async 2.1.0 reads
and writes at server versions 176 to 178; 178 is the newest that it knows, on which a TWS of today
agrees with it. Its memory outlives its connections, as TWS's does.
"""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from tests.support.tcp_stand_in import TcpStandIn

ACCOUNT = "DU1"


@dataclass
class Held:
    """An order as TWS has it."""

    order_id: int
    client_id: int
    perm_id: int
    contract: list[str]
    action: str
    size: str
    kind: str
    price: str
    tif: str
    account: str
    ref: str
    status: str = "Submitted"
    filled: float = 0.0

    @property
    def over(self) -> bool:
        return self.status in ("Filled", "Cancelled")


@dataclass
class Mishaps:
    """What goes wrong with the next order: a code instead of it, or a cut before or after it."""

    refuse_with: tuple[int, str] | None = None
    warn_with: tuple[int, str] | None = None
    cut_before: bool = False
    cut_after: bool = False
    refuse_cancel_with: tuple[int, str] | None = None
    client_in_use: bool = False
    """Whether another connection has the client id: 326, and the end."""
    silent: bool = False


@dataclass
class Execution:
    held: Held
    exec_id: str
    size: str
    price: str
    at: datetime


class Tws(TcpStandIn):
    """One TWS; `ask` is the price at which buys fill."""

    def __init__(self, ask: float = 100.0, version: int = 178) -> None:
        super().__init__()
        self.version = version
        self.ask = ask
        self.mishaps = Mishaps()
        self.orders: list[Held] = []
        self.executions: list[Execution] = []
        self.zone = " UTC"
        """What follows the time of an execution; TWS may be set to tell none."""
        self.clock: Callable[[], datetime] = lambda: datetime.now(UTC)
        self.asked: list[int] = []
        """Numbers of the requests that arrived."""
        self.placed: list[list[str]] = []
        """The fields of each order message."""
        self._client_id = 0

    def trade(self, held: Held, size: float, price: float | None = None) -> None:
        """A trade of an open order, told to whoever is connected."""
        held.filled += size
        held.status = "Filled" if held.filled >= float(held.size) else held.status
        number = f"0001.{len(self.executions) + 1:04x}.01"
        paid = self.ask if price is None else price
        done = Execution(held, number, str(size), str(paid), datetime.now(UTC))
        self.executions.append(done)
        self._tell_status(held)
        self._tell_execution(-1, done)
        self._send(59, 1, number, "1.0", "USD", "", "", "")

    def say(self, code: int, text: str, about: int = -1) -> None:
        """Tell a code: about an order by its number, or about no request."""
        self._send(4, 2, about, code, text, "")

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """The handshake, then each message."""
        assert await reader.readexactly(4) == b"API\0"
        await self._message(reader)
        self._raw(f"{self.version}\0{datetime.now(UTC):%Y%m%d %H:%M:%S} UTC\0")
        while self._writer is writer:
            self._receive((await self._message(reader)).split("\0")[:-1])

    async def _message(self, reader: asyncio.StreamReader) -> str:
        (size,) = struct.unpack(">I", await reader.readexactly(4))
        return (await reader.readexactly(size)).decode()

    def _raw(self, text: str) -> None:
        if self._writer is not None and not self.mishaps.silent:
            data = text.encode()
            self._writer.write(struct.pack(">I", len(data)) + data)

    def _send(self, *fields: object) -> None:
        self._raw("".join(f"{each}\0" for each in fields))

    def _receive(self, told: list[str]) -> None:
        number = int(told[0])
        self.asked.append(number)
        if number == 71:  # startApi
            if self.mishaps.client_in_use:
                self.say(326, "Unable to connect as the client id is already in use.")
                self.cut_softly()
                return
            self._client_id = int(told[2])
            self._send(9, 1, 1 + max((held.order_id for held in self.orders), default=0))
            self._send(15, 1, ACCOUNT)
        elif number == 61:  # positions
            self._send(62, 1)
        elif number == 49:
            self._send(49, 1, int(self.clock().timestamp()))
        elif number == 3:
            self._place(told)
        elif number == 4:
            self._cancel(int(told[2]))
        elif number in (5, 16):
            for held in self.orders:
                if not held.over:
                    self._tell_order(held)
                    self._tell_status(held)
            self._send(53, 1)
        elif number == 99:
            for held in self.orders:
                if held.over:
                    self._tell_completed(held)
            self._send(102)
        elif number == 7:
            for done in self.executions:
                self._tell_execution(int(told[2]), done)
            self._send(55, 1, told[2])

    def _place(self, told: list[str]) -> None:
        self.placed.append(told)
        if self.mishaps.cut_before:
            self.mishaps.cut_before = False
            self.cut()
            return
        order_id = int(told[1])
        if self.mishaps.refuse_with is not None:
            code, text = self.mishaps.refuse_with
            self._send(4, 2, order_id, code, text, "")
            return
        contract = told[2:14]
        held = Held(
            order_id,
            self._client_id,
            9_000 + len(self.orders),
            contract,
            action=told[16],
            size=told[17],
            kind=told[18],
            price=told[19],
            tif=told[21],
            account=told[23],
            ref=told[26],
        )
        self.orders.append(held)
        if self.mishaps.cut_after:
            self.mishaps.cut_after = False
            self.cut()
        if self.mishaps.warn_with is not None:
            code, text = self.mishaps.warn_with
            self._send(4, 2, order_id, code, text, "")
        held.status = "PreSubmitted"
        self._tell_order(held)
        self._tell_status(held)
        held.status = "Submitted"
        if held.kind == "MKT" or float(held.price) >= self.ask:
            self.trade(held, float(held.size))
        elif held.tif in ("IOC", "FOK"):
            held.status = "Cancelled"
            self._tell_status(held)
            self._send(4, 2, order_id, 202, "Order Canceled - reason:", "")
        else:
            self._tell_status(held)

    def _cancel(self, order_id: int) -> None:
        held = next((h for h in self.orders if h.order_id == order_id), None)
        if self.mishaps.refuse_cancel_with is not None:
            self.say(*self.mishaps.refuse_cancel_with, about=order_id)
        elif held is None or held.client_id != self._client_id:
            self._send(4, 2, order_id, 10147, f"OrderId {order_id} that needs to be", "")
        elif held.over:
            self._send(4, 2, order_id, 10148, f"OrderId {order_id} cannot be cancelled", "")
        else:
            held.status = "Cancelled"
            self._tell_status(held)
            self._send(4, 2, order_id, 202, "Order Canceled - reason:", "")

    def _tell_status(self, held: Held) -> None:
        left = float(held.size) - held.filled
        self._send(
            *(3, held.order_id, held.status, held.filled, left, 0, held.perm_id, 0, 0),
            *(held.client_id, "", 0),
        )

    def _tell_execution(self, request: int, done: Execution) -> None:
        held = done.held
        self._send(
            *(11, request, held.order_id, *_contract(held), done.exec_id),
            *(f"{done.at:%Y%m%d %H:%M:%S}{self.zone}", ACCOUNT, "ISLAND"),
            *("BOT" if held.action == "BUY" else "SLD", done.size, done.price, held.perm_id),
            *(held.client_id, 0, held.filled, 0, held.ref, "", "", "", 1),
            *((0,) if self.version >= 178 else ()),
        )

    def _tell_order(self, held: Held) -> None:
        self._send(
            *(5, held.order_id, *_contract(held), held.action, held.size, held.kind, held.price),
            *("", held.tif, "", held.account, "", 0, held.ref, held.client_id, held.perm_id),
            *(0, 0, "", "", "", "", "", ""),  # to faPercentage
            *self._fa_profile(),
            *("", "", "", "", "", 0, "", -1, 0, "", "", "", "", "", 0, 0, 0, 0, "", 0, 0, 0, ""),
            *(0, 0, "", 0, "", ""),  # parentId to deltaNeutralAuxPrice
            *(0, 0, "", "", "", "", ""),  # continuousUpdate to comboLegsDescrip
            *(0, 0, 0, "", "", "", ""),  # legs, scale, hedge
            *(0, "", "", 0, 0, ""),  # optOutSmartRouting to algoStrategy
            *(0, 0, held.status, *[""] * 14, 0, 0),  # solicited to randomizePrice
            *(0,),  # conditions
            *("None", "", "", "", "", "", "", 0, "", "", "", "", 0, 0, 0, 0),
            *("", "", 0),  # duration, postToAts, autoCancelParent
            *("", "", "", "", ""),
        )

    def _tell_completed(self, held: Held) -> None:
        size = "0" if held.status == "Filled" else held.size
        self._send(
            *(101, *_contract(held), held.action, size, held.kind, held.price, "", held.tif),
            *("", held.account, "", 0, held.ref, held.perm_id, 0, 0, "", "", "", "", ""),
            *self._fa_profile(),
            *("", "", "", "", "", 0, "", -1, "", "", "", "", "", 0, 0, 0, "", 0, 0, "", 0, "", ""),
            *(0, 0, "", "", ""),
            *(0, 0, 0, "", "", "", ""),
            *("", "", 0, 0, ""),
            *(0, held.status, 0, 0),
            *(0,),
            *("", "", "", 0, 0, "", held.filled, 0, 0, "", 0, 0, 0, "", held.status),
            *("", "", "", "", ""),
        )

    def _fa_profile(self) -> tuple[str, ...]:
        return ("",) if self.version < 177 else ()


def _contract(held: Held) -> list[Any]:
    """conId, symbol, secType, expiry, strike, right, multiplier, exchange, currency, names."""
    own = held.contract
    return [*own[:8], *own[9:12]]
