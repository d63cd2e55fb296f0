"""How accounts stand at their venues now: what is open and held, what they pay, who answers.

`python -m trading_tools.exchange.orders.overview VENUE… [--symbol SYMBOL…]`. It reads alone, and
needs no ledger and no bot. What our own orders came to is `records`; what the venues publish of
their fees is `facts`.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from typing import Any, TypeVar

from trading_tools.exchange.clock import Offset, VenueClock
from trading_tools.exchange.errors import one_line
from trading_tools.exchange.orders.at_venues import (
    KEYS,
    VENUES,
    Make,
    add_through,
    counted,
    reached,
    shown,
)
from trading_tools.exchange.orders.ccxt_port import CcxtOrders
from trading_tools.exchange.orders.contracts import base_of
from trading_tools.exchange.orders.port import PartlyRead, Unanswered, VenueOrder
from trading_tools.exchange.orders.rows import Unreadable, position_of
from trading_tools.exchange.pacing.rules import Priority
from trading_tools.money import from_json, plain

T = TypeVar("T")


@dataclass(frozen=True)
class Fees:
    """What the account itself pays, as fractions; below zero it is paid."""

    maker: Decimal
    taker: Decimal


@dataclass(frozen=True)
class Overview:
    """One account. `unknown` says what the venue did not tell; that part is None or lacks rows.

    `held` is what there is of each asset, in all and free; `positions` are of contracts, in the
    base asset, below zero for a short one, `fees` by market.
    """

    venue: str
    clock: Offset | None
    open: Sequence[VenueOrder] | None
    held: Mapping[str, tuple[Decimal, Decimal]] | None
    positions: Sequence[tuple[str, Decimal]] | None
    fees: Mapping[str, Fees]
    unknown: tuple[str, ...]


class Reader(CcxtOrders):
    """An order port that is asked for what no order needs."""

    def __init__(self, client: Any) -> None:
        super().__init__(client, asking=Priority.DATA)
        self.clock = VenueClock(self.time_ms, grain_ms=self._ways.clock_ms)

    async def positions(self) -> Sequence[tuple[str, Decimal]]:
        """Every position in contracts that is not flat; at Bybit those settled in USDT.

        Raises:
            Unanswered: the venue did not say.
        """
        if self._ways.positions is None:
            return ()
        rows = await self._read(self._client.fetch_positions)
        try:
            found = [
                (str(row["symbol"]), position_of(row, self._contract_size(row["symbol"])))
                for row in rows
            ]
        except (KeyError, Unreadable) as error:
            raise Unanswered(f"{self.name}: {one_line(error)}") from error
        return [(symbol, size) for symbol, size in found if size]

    async def fees(self, symbol: str) -> Fees:
        """What this account pays in a market.

        Raises:
            Unanswered: the venue did not say.
        """
        told = await self._read(lambda: self._client.fetch_trading_fee(symbol))
        if told is None:
            raise Unanswered(f"{self.name} tells no fee of {symbol!r:.40}: is it a market there?")
        try:
            return Fees(from_json(told["maker"], "maker"), from_json(told["taker"], "taker"))
        except (KeyError, TypeError, ValueError) as error:
            raise Unanswered(f"the fee of {symbol} cannot be read: {one_line(error)}") from error


async def overview(client: Any, symbols: Sequence[str] = ()) -> Overview:
    """How the account of a ccxt client stands; fees of `symbols`, and of what is open.

    The client is changed for this use, and is its owner's to close.

    Raises:
        UnsupportedVenue: the venue is not one whose ways are known here.
    """
    port = Reader(client)
    unknown: list[str] = []

    async def told(ask: Callable[[], Awaitable[T]]) -> T | None:
        try:
            return await ask()
        except Unanswered as error:
            unknown.append(str(error))
            return None

    async def everything() -> Sequence[VenueOrder]:
        try:
            return await port.everything()
        except PartlyRead as error:
            unknown.append(str(error))
            return list(error.rows)

    clock = await told(port.clock.read)
    if clock is None:  # it would answer nothing else either, each time after seconds
        return Overview(port.name, None, None, None, None, {}, tuple(unknown))
    await told(port.load)
    # A second reading, as the first one waited for the connection too.
    clock = await told(port.clock.read) or clock
    opened, held = await told(everything), await told(port.balances)
    positions = await told(port.positions)
    traded = {
        *symbols,
        *(order.symbol for order in opened or ()),
        *(symbol for symbol, _ in positions or ()),
    }
    fees: dict[str, Fees] = {}
    for symbol in sorted(traded):
        found = await told(partial(port.fees, symbol))
        if found is not None:
            fees[symbol] = found
    return Overview(port.name, clock, opened, held, positions, fees, tuple(unknown))


def main(argv: Sequence[str], make: Make | None = None) -> int:
    """Print how the accounts stand; the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m trading_tools.exchange.orders.overview",
        description="Show open orders, holdings, positions and fees of accounts, and who answers.",
        epilog=f"Exit codes: 0 all was told, 1 something was not, 2 usage. {KEYS}",
    )
    parser.add_argument("venues", nargs="+", metavar="VENUE", choices=VENUES)
    parser.add_argument(
        "--symbol", action="append", default=[], help="show its fee; repeatable, as BTC/USDT"
    )
    add_through(parser)
    given = parser.parse_args(argv)
    venues, making = reached(given.venues, given, make, "not asked")

    async def one(venue: str) -> Overview:
        client = making(venue)
        try:
            return await overview(client, given.symbol)
        finally:
            await client.close()

    async def each() -> list[Overview]:
        return await asyncio.gather(*map(one, venues))

    found = asyncio.run(each())
    for account in found:
        for line in _lines(account):
            sys.stdout.write(f"{account.venue}: {' '.join(line.split())}\n")
    if len(venues) < len(given.venues):
        return 2
    return 1 if any(account.unknown for account in found) else 0


def _lines(account: Overview) -> list[str]:
    lines: list[str] = []
    if account.clock is not None:
        ahead, error = account.clock.ms, account.clock.error_ms
        where = "ahead of" if ahead >= 0 else "behind"
        lines.append(f"answers; its clock is {abs(ahead):.0f} ms {where} ours, ±{error:.0f} ms")
    if account.open is not None:
        lines.append(counted(len(account.open), "open order"))
        lines += [f"open: {shown(order)}" for order in account.open]
    for asset, (total, free) in (account.held or {}).items():
        lines.append(f"holds {plain(total)} {asset}, {plain(free)} of it free")
    lines += [
        f"position of {plain(size)} {base_of(symbol)} in {symbol}"
        for symbol, size in account.positions or ()
    ]
    lines += [
        f"fee of {symbol}: maker {plain(fee.maker * 100)} %, taker {plain(fee.taker * 100)} %"
        for symbol, fee in account.fees.items()
    ]
    return lines + [f"NOT known: {why}" for why in account.unknown]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
