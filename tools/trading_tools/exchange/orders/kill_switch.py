"""The kill switch: once it is thrown no order goes out, until a person takes the file away.

It is a file, so that whoever can write there can throw it while the strategy hangs: another
process, a person (`echo why > FILE`), a watchdog. Cancels are not stopped: they take risk away.

`python -m trading_tools.exchange.orders.kill_switch FILE REASON` throws it; with
`--cancel-all VENUE…` that process then cancels every open order at these venues with clients of its
own, whose keys are in `VENUE_API_KEY` and `VENUE_API_SECRET`. Exit codes: 0 done, 1 something may
be open still, 2 usage.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from trading_tools.exchange.orders.cancel_all import Swept


class KillSwitch:
    """A latch in a file. One that cannot be looked at, or has no folder, counts as thrown."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @property
    def thrown(self) -> str | None:
        """Why it was thrown, or None while it is not."""
        try:
            return self._path.read_text("utf-8", "replace").strip()[:200] or "no reason was given"
        except FileNotFoundError:
            # Where its folder is missing, as a disk that is not mounted, nobody could throw it.
            there = self._path.parent.is_dir()
            return None if there else f"its folder {self._path.parent} is not there"
        except OSError as error:
            return f"{self._path} cannot be read: {error.strerror}"

    def throw(self, reason: str) -> None:
        """Stop all orders; on the disk when this returns. The first reason stays.

        Raises:
            OSError: the file cannot be written.
        """
        self._path.parent.mkdir(parents=True, exist_ok=True)
        try:
            file = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            return
        try:
            os.write(file, reason.encode())
            os.fsync(file)
        finally:
            os.close(file)

    def throw_on(self, number: signal.Signals) -> None:
        """Throw it when this process gets a signal. Only in the main thread, as Python has it."""

        def thrown(received: int, frame: FrameType | None) -> None:
            self.throw(f"signal {signal.Signals(received).name}")

        signal.signal(number, thrown)


def client_of(venue: str) -> Any:
    """A ccxt client of a venue with the keys of the environment.

    Raises:
        KeyError: there is no key.
        AttributeError: ccxt knows no such venue.
    """
    from ccxt import async_support

    names = (f"{venue.upper()}_API_KEY", f"{venue.upper()}_API_SECRET")
    key, secret = (os.environ[name] for name in names)
    return getattr(async_support, venue)({"apiKey": key, "secret": secret, "timeout": 10_000})


async def swept(clients: Sequence[Any], within_s: float) -> list[Swept]:
    """Cancel every open order at these clients' venues, all venues at once; the clients are closed.

    Raises:
        UnsupportedVenue: orders at one of them are not known to be cancelled safely.
    """
    from trading_tools.exchange.orders.cancel_all import Swept, cancel_all
    from trading_tools.exchange.orders.ccxt_port import CcxtOrders
    from trading_tools.exchange.orders.port import Unanswered

    async def one(port: CcxtOrders) -> Swept:
        try:
            await port.load()
            return await cancel_all(port, within_s)
        except Unanswered as error:
            return Swept(port.name, (), (), str(error))
        finally:
            await port.close()

    return await asyncio.gather(*(one(CcxtOrders(client)) for client in clients))


def main(argv: Sequence[str], make: Callable[[str], Any] = client_of) -> int:
    """Throw the switch, then cancel what is open; the exit code."""
    from trading_tools.exchange.orders.ways import WAYS

    parser = argparse.ArgumentParser(
        prog="kill_switch", description="Stop all new orders, and cancel those that are open."
    )
    parser.add_argument("file", type=Path, help="the file that is the switch")
    parser.add_argument("reason", help="why: it is shown to whoever is refused")
    parser.add_argument(
        "--cancel-all", nargs="+", metavar="VENUE", choices=sorted(WAYS), default=[]
    )
    parser.add_argument("--within", type=float, default=180.0, metavar="SECONDS")
    given = parser.parse_args(argv)
    told = sys.stderr.write
    try:
        KillSwitch(given.file).throw(given.reason)
        told(f"thrown: no order goes out while {given.file} is there\n")
        thrown = True
    except OSError as error:
        # What is open can be cancelled all the same.
        told(f"{given.file} cannot be written: {error.strerror}. Orders are NOT stopped\n")
        thrown = False
    missing = [
        f"{venue.upper()}_API_{part}"
        for venue in given.cancel_all
        for part in ("KEY", "SECRET")
        if make is client_of and f"{venue.upper()}_API_{part}" not in os.environ
    ]
    if missing:
        told(f"nothing was cancelled: set {', '.join(missing)}\n")
        return 2

    async def sweep() -> list[Swept]:
        return await swept([make(venue) for venue in given.cancel_all], given.within)

    ends = asyncio.run(sweep())
    for each in ends:
        told(
            f"{each.venue}: {len(each.cancelled)} orders cancelled, {len(each.left)} left"
            f"{'' if each.why is None else f'; not sure: {each.why}'}\n"
        )
        told("".join(f"{each.venue}: still open: {number}\n" for number in each.left))
    return 0 if thrown and all(each.clean for each in ends) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
