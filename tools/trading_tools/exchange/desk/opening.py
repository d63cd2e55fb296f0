"""A desk is put together here, and taken apart whatever happens."""

from __future__ import annotations

import asyncio
import ipaddress
import signal
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from trading_tools.audit.ledger import Ledger
from trading_tools.audit.trade import TradeAudit
from trading_tools.exchange.desk.desk import Desk
from trading_tools.exchange.desk.line import Line
from trading_tools.exchange.orders.alone import alone_in
from trading_tools.exchange.orders.guard import Guard, GuardLimits, Quote, Refused
from trading_tools.exchange.orders.kill_switch import KillSwitch
from trading_tools.exchange.orders.manager import OrderManager
from trading_tools.exchange.orders.port import KeyRefused
from trading_tools.exchange.pacing.machine import host_of
from trading_tools.exchange.pacing.slots import SharedSlots

_LEDGER_PATIENCE_S: Final = 0.5
"""How long a write may wait for one of another program: it keeps the loop, and with it the kill."""


@asynccontextmanager
async def open_desk(
    make_client: Callable[[], Any],
    symbols: Sequence[str],
    folder: Path,
    limits: GuardLimits,
    *,
    live: str | None,
    simulated: bool = False,
    account: str = "main",
    known_within_s: float = 6.0,
    shared: Path | None = None,
    audit_key: bytes | None = None,
) -> AsyncIterator[Desk]:
    """A desk that is ready: what an earlier life did is known, and of it only stops are open.

    `make_client` makes a ccxt.pro client with the account's keys: one for requests, one for each
    stream. `folder` keeps the ledger and the kill switch's file `stop`. `account` is part of every
    client order id: the same for the same account, for good. An outcome or an end is asked after
    for `known_within_s` seconds; then the bot goes on without, and the desk keeps asking. `shared`
    is another folder than `pacing.machine`'s, by which processes keep the venue's limits together.
    `audit_key` is the ledger's, which whoever can write the file can rewrite without one.

    A folder is for one desk of one account. SIGTERM and SIGINT set the desk's `stopping`, USR1
    throws the kill switch. At the end every open order is cancelled, but for stops that
    protect a position.

    Raises:
        UnknownLimits, UnsupportedVenue: orders at this venue are not known to be safe.
        ValueError: the client lacks a key or streams, or `symbols` is one text.
        KeyRefused: the venue says that the key is wrong, or may not do what a desk does; at the end
            where the key was lost meanwhile, with what may be open still.
        UnknownSymbol, AmbiguousSymbol: the venue does not list one of the `symbols`.
        AnotherManager: this process or another has a desk in this folder.
        KeyMismatch: the ledger there is under another `audit_key`, or under none.
        Refused: neither `simulated` nor the token for `live`: see `orders.guard.LIVE_TOKEN`; or
            `simulated`, and the client talks to a real venue.
    """
    if isinstance(symbols, str):
        raise ValueError(f"symbols is the text {symbols!r:.80}: give a list of them")
    client = make_client()
    stopping = asyncio.Event()
    switch = KillSwitch(folder / "stop")

    def halted() -> str | None:
        return "this bot was told to end" if stopping.is_set() else switch.thrown

    try:
        line = Line(client, symbols, None if shared is None else SharedSlots(shared), halted)
        _require_ready(client)
        if simulated:
            _require_unreal(client)
        quotes: dict[str, Quote] = {}
        guard = Guard(
            limits,
            line.markets,
            quotes.get,
            switch,
            equity=lambda: line.equity,
            live=live,
            simulated=simulated,
        )
        with (
            alone_in(folder),
            Ledger.open(
                folder / "ledger.sqlite", key=audit_key, patience_s=_LEDGER_PATIENCE_S
            ) as ledger,
        ):
            ledger.require_key()
            manager = OrderManager(line, TradeAudit(ledger, "orders"), account, guard)
            desk = Desk(
                make_client, line, manager, switch, quotes, account, known_within_s, stopping
            )
            with _signals(desk, switch):
                try:
                    await desk.begin()
                    _require_key(line, manager)
                    yield desk
                finally:
                    await desk.end()
            _require_key(line, manager)
    finally:
        await client.close()


def _require_ready(client: Any) -> None:
    if not client.has.get("ws"):
        raise ValueError(f"this client of {client.id} has no streams: make it by ccxt.pro")
    needed = [name for name, used in client.requiredCredentials.items() if used]
    missing = [name for name in needed if not getattr(client, name)]
    if missing:
        raise ValueError(f"the client of {client.id} has no {' and no '.join(missing)}")


def _require_unreal(client: Any) -> None:
    """See to it that orders reach this machine or a test system: a flag alone proves neither."""
    host = urlsplit(f"//{host_of(client)}").hostname or ""
    tests = client.isSandboxModeEnabled or client.options.get("enableDemoTrading", False)
    if not tests and not _is_here(host):
        raise Refused(
            "live",
            f"this desk is to be simulated, and its client of {client.id} talks to {host}: point "
            "it at a venue of this machine or a test system, or give the live token",
        )


def _is_here(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _require_key(line: Line, manager: OrderManager) -> None:
    if line.key.lost.is_set():
        raise KeyRefused(line.key.why(manager.records.not_ended()))


_ENDS: Final = (signal.SIGTERM, signal.SIGINT)
_here: list[tuple[Desk, KillSwitch]] = []
"""The desks of this process: a signal is for all of them."""


@contextmanager
def _signals(desk: Desk, switch: KillSwitch) -> Iterator[None]:
    loop = asyncio.get_running_loop()
    if not _here:
        for number in _ENDS:
            loop.add_signal_handler(number, _stop)
        # Not by the loop: a strategy that hangs keeps that from running, and the file outlasts it.
        signal.signal(signal.SIGUSR1, _throw)
    _here.append((desk, switch))
    try:
        yield
    finally:
        _here.remove((desk, switch))
        if not _here:
            signal.signal(signal.SIGUSR1, signal.SIG_DFL)
            for number in _ENDS:
                loop.remove_signal_handler(number)


def _stop() -> None:
    for desk, _ in _here:
        desk.stopping.set()


def _throw(*signalled: object) -> None:
    for _, switch in _here:
        with suppress(OSError):  # it is thrown for this process then, and says so
            switch.throw("signal SIGUSR1")
