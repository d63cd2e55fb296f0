"""One run, from inside: the stage is set, its doors are opened, the bot lives, all is told."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import os
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

from trading_tools.audit.redact import Redactor
from trading_tools.drill.credentials.names import Keys
from trading_tools.drill.inside.bot import Bot, StartLife
from trading_tools.drill.inside.doors import open_doors, raise_loopback
from trading_tools.drill.inside.handshakes import Handshakes
from trading_tools.drill.inside.names import Names
from trading_tools.drill.inside.order import Order
from trading_tools.drill.inside.report import Reporter
from trading_tools.drill.inside.stage import Stage, named
from trading_tools.drill.inside.starting import SealedStart, ShimmedStart, with_drill_credentials
from trading_tools.drill.recording import SealKind
from trading_tools.drill.seal import relay
from trading_tools.drill.seal.authority import Authority, found_authority
from trading_tools.drill.seal.shimming import Shim

_SETTLE_S = 0.1


@dataclass(frozen=True)
class RunEnd:
    """What is told at the end, besides the ledgers."""

    bot: Mapping[str, Any]
    tls_refused: int
    unknown_hosts: Sequence[str]
    replaced: Sequence[str]


class _Ground(NamedTuple):
    """Where the bot lives: how it is started, and what it wanted that is not there."""

    start: StartLife
    unknown: Callable[[], Sequence[str]]


async def run(order: Order, report: Reporter) -> RunEnd:
    """Do one run and tell what happens.

    Raises:
        DrillError: the stage or the seal could not be made, or did not hold.
    """
    bot = Bot(order.spec, report, Redactor.from_environment(os.environ).text)
    stage = named(order.spec.stage)(order.spec, _now_ms, bot)
    keys = Keys({venue.name: venue.credentials for venue in stage.venues})
    variables, replaced = with_drill_credentials(order, os.environ, keys)
    report.tell("credentials", replaced=replaced)
    hosts = {host for venue in stage.venues for host in venue.hosts}
    authority = found_authority(order.scratch, hosts, dt.datetime.now(dt.UTC))
    handshakes = Handshakes()
    ground_of = _sealed if order.seal is SealKind.NAMESPACE else _shimmed
    async with ground_of(order, stage, authority, handshakes, hosts, variables) as ground:
        report.tell("venues", venues=[venue.name for venue in stage.venues])
        ended = await bot.run(stage.venues, ground.start)
        await asyncio.sleep(_SETTLE_S)  # what the bot sent last is still acted on
        unknown = ground.unknown()
    for venue in stage.venues:
        report.entries(venue.name, venue.place.ledger.entries)
    return RunEnd(asdict(ended), handshakes.refused, unknown, replaced)


@contextlib.asynccontextmanager
async def _sealed(
    order: Order,
    stage: Stage,
    authority: Authority,
    handshakes: Handshakes,
    hosts: set[str],
    variables: Mapping[str, str],
) -> AsyncIterator[_Ground]:
    """A network of its own, where the venues have their real ports."""
    raise_loopback()
    names = Names(hosts)
    async with contextlib.AsyncExitStack() as stack:
        stack.callback((await names.serve()).close)
        await stack.enter_async_context(relay.bring(order.scratch, order.spec.forwards))
        doors = open_doors(stage, authority, handshakes, at_real_ports=True)
        await stack.enter_async_context(doors)
        starting = SealedStart(order, authority, hosts, variables)
        yield _Ground(starting.start, lambda: list(names.unknown))


@contextlib.asynccontextmanager
async def _shimmed(
    order: Order,
    stage: Stage,
    authority: Authority,
    handshakes: Handshakes,
    hosts: set[str],
    variables: Mapping[str, str],
) -> AsyncIterator[_Ground]:
    """The machine's own network, hidden from the bot by its Python."""
    async with open_doors(stage, authority, handshakes, at_real_ports=False) as ports:
        shim = Shim.write(order.scratch, hosts, ports, authority.bundle)
        starting = ShimmedStart(order, authority, shim, variables)
        yield _Ground(starting.start, shim.wanted)


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
