"""The door to a sealed run: `sealed_run(spec, on_progress)` gives the recording of one bot's run.

The seal itself is `seal`, the process within `inside`.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from trading_tools.drill.inside.order import Order
from trading_tools.drill.recording import BotEnd, Recording, SealKind
from trading_tools.drill.seal import relay
from trading_tools.drill.seal.available import HOW_TO_GET, Tools, find_tools
from trading_tools.drill.seal.clock import faster_clock
from trading_tools.drill.seal.copies import SCRATCH, copy_folder
from trading_tools.drill.seal.shimming import check_command
from trading_tools.drill.spec import DrillError, DrillSpec
from trading_tools.venue.core.ledger import Entry

_INSIDE = (sys.executable, "-P", "-m", "trading_tools.drill.inside")
_LONGEST_LINE = 1 << 26
_GRACE_S = 5


@dataclass(frozen=True)
class Progress:
    """Something that happened during a run.

    Kinds: `sealed` (`seal`, `why`), `credentials` (`replaced`: where, by name), `venues`
    (`venues`, `seconds` since the beginning), `bot.started`, `bot.signaled`, `bot.exited` (as in
    the ledger), `output` (`text`: a line, of the first that the bot prints), `reached` (the bot has
    asked something of a venue, once), `orders` (`accepted`: by all venues so far), `trouble`
    (`text`: what went wrong in the drill itself, at the end).
    """

    kind: str
    body: Mapping[str, Any]


OnProgress = Callable[[Progress], None]


async def sealed_run(spec: DrillSpec, on_progress: OnProgress = lambda _told: None) -> Recording:
    """Run the bot once, sealed, until it has ended or its time is over.

    Runs are independent of each other and may be made at the same time. Cancelling ends the bot
    and removes all that was made.

    Raises:
        DrillError: no drill could be made here: no such program, no seal, a venue that fails.
    """
    began = time.monotonic()
    spec = replace(spec, folder=_folder(spec.folder))
    check_program(spec.command, spec.folder, spec.variables)
    seal = _choose(spec)
    clock = faster_clock(spec.clock_rate) if spec.clock_rate != 1 else {}
    on_progress(Progress("sealed", {"seal": seal.kind.value, "why": seal.why}))
    scratch = _make_scratch()
    try:
        inside = await _Inside.start([*seal.before, *_INSIDE, str(scratch)], clock)
        try:
            async with contextlib.AsyncExitStack() as stack:
                if seal.kind is SealKind.NAMESPACE:
                    await stack.enter_async_context(relay.offer(scratch, spec.forwards))
                await inside.give(await asyncio.to_thread(_prepare, spec, seal, scratch))
                recording = await _listen(inside, spec, seal.kind, on_progress, began)
        finally:
            trouble = await inside.end()
    finally:
        await asyncio.to_thread(shutil.rmtree, scratch, ignore_errors=True)
    if recording is None:
        raise DrillError(f"the drill broke off: {trouble or 'no word why'}")
    if trouble:
        on_progress(Progress("trouble", {"text": trouble}))
    return recording


def check_program(command: Sequence[str], folder: Path, variables: Mapping[str, str]) -> None:
    """Whether there is such a program, for a bot that is started in `folder`.

    Raises:
        DrillError: there is none, or no command at all.
    """
    if not command:
        raise DrillError("there is no command: give the bot's after --")
    program = command[0]
    path = variables.get("PATH", os.environ.get("PATH", os.defpath))
    if shutil.which(str(folder / program) if "/" in program else program, path=path) is None:
        where = f"in {folder}" if "/" in program else "in PATH"
        raise DrillError(f"there is no program {program} {where}")


@dataclass(frozen=True)
class _Seal:
    kind: SealKind
    why: str = ""
    before: tuple[str, ...] = ()
    """What stands before the inside process's command line."""
    bwrap: str = ""


def _choose(spec: DrillSpec) -> _Seal:
    """The strong seal where it can be made, else the weaker one for a bot that it holds."""
    tools = find_tools()
    if isinstance(tools, Tools) and not spec.weaker:
        return _Seal(SealKind.NAMESPACE, "", tuple(tools.outer()), tools.bwrap)
    why = "it was asked for"
    if isinstance(tools, str):
        why = f"no sealed network can be made here: {tools}; {HOW_TO_GET}"
    try:
        check_command(spec.command, spec.folder, {**os.environ, **spec.variables})
    except DrillError as error:
        raise DrillError(f"{error} ({why})") from None
    return _Seal(SealKind.SHIM, why)


def _prepare(spec: DrillSpec, seal: _Seal, scratch: Path) -> Order:
    """Copy the bot's folder."""
    home = Path.home()
    copied = copy_folder(spec.folder, scratch / "work", home)
    return Order(
        spec=spec,
        seal=seal.kind,
        scratch=scratch,
        copy=copied.root,
        shown=copied.shown,
        home=home,
        uid=os.getuid(),
        gid=os.getgid(),
        bwrap=seal.bwrap,
    )


def _folder(named: Path) -> Path:
    try:
        folder = named.resolve(strict=True)
    except OSError as error:
        raise DrillError(f"the bot's folder {named} cannot be used: {error}") from None
    if not folder.is_dir():
        raise DrillError(f"the bot's folder {folder} is no folder")
    return folder


def _make_scratch() -> Path:
    """A folder of this run alone, that nobody else can look into."""
    return Path(tempfile.mkdtemp(prefix=SCRATCH)).resolve()


class _Inside:
    """The inside process, held from outside."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._trouble = asyncio.create_task(self._read_trouble())

    @classmethod
    async def start(cls, argv: list[str], clock: Mapping[str, str]) -> _Inside:
        starting = asyncio.ensure_future(
            asyncio.create_subprocess_exec(
                *argv,
                env={**os.environ, **clock},
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                limit=_LONGEST_LINE,
                start_new_session=True,
            )
        )
        try:
            return cls(await asyncio.shield(starting))
        except asyncio.CancelledError:
            # Killed while it starts, `unshare` leaves its child behind, which waits for ever.
            await cls(await starting).end()
            raise

    async def give(self, order: Order) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(order.to_line().encode())
        with contextlib.suppress(ConnectionError):  # it has ended: what it told says why
            await self._process.stdin.drain()

    async def lines(self) -> AsyncIterator[dict[str, Any]]:
        assert self._process.stdout is not None
        async for line in self._process.stdout:
            yield json.loads(line)

    async def _read_trouble(self) -> str:
        assert self._process.stderr is not None
        last = b""
        while data := await self._process.stderr.read(1 << 16):
            last = (last + data)[-4_000:]
        return last.decode("utf-8", "replace").strip()

    async def end(self) -> str:
        """End it and all that it started: it goes when its standard input is closed.

        What it wrote on standard error is what went wrong in it.
        """
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        # What nobody has read keeps asyncio waiting for the end.
        ended = asyncio.gather(self._process.stdout.read(), self._process.wait())
        try:
            async with asyncio.timeout(_GRACE_S):
                await asyncio.shield(ended)
        except TimeoutError:
            self._process.kill()
        await ended
        return await self._trouble


async def _listen(
    inside: _Inside, spec: DrillSpec, seal: SealKind, on_progress: OnProgress, began: float
) -> Recording | None:
    """Take all that the inside process tells; None where it broke off.

    Raises:
        DrillError: it could not do the run.
    """
    ledgers: dict[str, list[Entry]] = {}
    async for told in inside.lines():
        kind = told.pop("kind")
        if kind == "entries":
            entries = ledgers.setdefault(told["venue"], [])
            entries += [Entry(*row) for row in told["rows"]]
        elif kind == "failed":
            raise DrillError(told["what"])
        elif kind == "end":
            return Recording(
                scenario=spec.scenario,
                seed=spec.seed,
                seal=seal,
                ledgers={venue: tuple(entries) for venue, entries in ledgers.items()},
                bot=BotEnd(**told["bot"]),
                tls_refused=told["tls_refused"],
                unknown_hosts=tuple(told["unknown_hosts"]),
                replaced=tuple(told["replaced"]),
            )
        elif kind == "venues":
            seconds = round(time.monotonic() - began, 3)
            on_progress(Progress(kind, {**told, "seconds": seconds}))
        elif kind != "ready":
            on_progress(Progress(kind, told))
    return None
