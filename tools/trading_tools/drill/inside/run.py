"""One run, from inside: the stage is set, its doors are opened, the bot lives, all is told."""

from __future__ import annotations

import asyncio
import datetime as dt
import os
import socket
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from trading_tools.audit.redact import Redactor
from trading_tools.drill.inside.bot import Bot
from trading_tools.drill.inside.doors import open_doors, raise_loopback
from trading_tools.drill.inside.handshakes import Handshakes
from trading_tools.drill.inside.life import Launch, Life, SealedLife
from trading_tools.drill.inside.names import Names, hosts_file
from trading_tools.drill.inside.order import Order
from trading_tools.drill.inside.report import Reporter
from trading_tools.drill.inside.stage import named
from trading_tools.drill.seal import trust
from trading_tools.drill.seal.authority import Authority, found_authority
from trading_tools.drill.seal.hidden import LEADING_OUT, hidden_paths
from trading_tools.drill.seal.view import BUNDLE, JAVA_STORE, View, arguments

_SETTLE_S = 0.1


@dataclass(frozen=True)
class RunEnd:
    """What is told at the end, besides the ledgers."""

    bot: Mapping[str, Any]
    tls_refused: int
    unknown_hosts: Sequence[str]


async def run(order: Order, report: Reporter) -> RunEnd:
    """Do one run and tell what happens.

    Raises:
        DrillError: the stage or the seal could not be made.
    """
    spec = order.spec
    redactor = Redactor.from_environment(os.environ)
    starting = _Starting(order)
    bot = Bot(spec, starting.start, report, redactor.text)
    stage = named(spec.stage)(spec, _now_ms, bot)
    bot.venues = stage.venues
    hosts = {host for venue in stage.venues for host in venue.hosts}
    authority = found_authority(order.scratch, hosts, dt.datetime.now(dt.UTC))
    names, handshakes = Names(hosts), Handshakes()
    raise_loopback()
    async with open_doors(stage, authority, names, handshakes):
        starting.prepare(authority, hosts)
        report.tell("venues", venues=[venue.name for venue in stage.venues])
        ended = await bot.run()
        await asyncio.sleep(_SETTLE_S)  # what the bot sent last is still acted on
    for venue in stage.venues:
        report.entries(venue.name, venue.place.ledger.entries)
    return RunEnd(asdict(ended), handshakes.refused, list(names.unknown))


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


class _Starting:
    """How a command is started in the inner seal."""

    def __init__(self, order: Order) -> None:
        self._order = order
        self._view: View | None = None
        self._env: dict[str, str] = {}

    def prepare(self, authority: Authority, hosts: set[str]) -> None:
        """Lay out what the bot sees."""
        order, environ = self._order, dict(os.environ)
        scratch, folder = order.scratch, order.spec.folder
        (scratch / "empty").touch()
        etc = {
            "hosts": hosts_file(hosts, socket.gethostname()),
            "resolv.conf": "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n",
            "nsswitch.conf": "passwd: files\ngroup: files\nhosts: files dns\n",
        }
        for name, text in etc.items():
            (scratch / name).write_text(text)
        self._view = View(
            folder=folder,
            copy=order.copy,
            shown=order.shown,
            scratch=scratch,
            bundle=authority.bundle,
            java_store=authority.java_store,
            trusted=trust.bundles(order.spec.command[0], folder, order.home, environ),
            hidden=list(hidden_paths(folder, [order.home], environ)),
            tools=trust.places(order.spec.command[0], folder, environ),
            over={},
            etc={name: scratch / name for name in etc},
            uid=order.uid,
            gid=order.gid,
        )
        for name in LEADING_OUT:
            environ.pop(name, None)
        environ |= trust.variables(BUNDLE, JAVA_STORE, environ)
        environ["TMPDIR"] = "/tmp"  # noqa: S108 - the seal's own
        self._env = {**environ, **order.spec.variables}

    async def start(self, command: Sequence[str], take: Callable[[bytes], None]) -> Life:
        """Start a command in the seal."""
        view = self._view
        assert view is not None

        def argv(status: int) -> list[str]:
            return [*arguments(self._order.bwrap, view, status), "--", *command]

        return await SealedLife.start(Launch(argv, self._env, Path("/")), take)
