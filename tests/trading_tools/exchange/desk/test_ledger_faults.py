"""A desk whose ledger cannot be written: no order goes out, and what is open is ended."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.trading_tools.exchange.desk.conftest import Stall
from tests.trading_tools.exchange.desk.test_desk import Resting, until
from trading_tools.audit.errors import LedgerCorrupt, LedgerError, LedgerUnavailable
from trading_tools.audit.ledger import Ledger
from trading_tools.audit.order_ends import CancelIntent
from trading_tools.audit.trade import TradeAudit
from trading_tools.exchange.orders.guard import Refused

FULL = LedgerUnavailable("the ledger: the disk is full")
DAMAGED = LedgerCorrupt("the ledger: database disk image is malformed")


@contextmanager
def unwritable(why: LedgerError = FULL) -> Iterator[None]:
    """Nothing can be written down."""

    def append(*event: Any, **more: Any) -> None:
        raise why

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Ledger, "append", append)
        yield


_HOLD = (
    "import sqlite3, sys; held = sqlite3.connect(sys.argv[1], isolation_level=None)\n"
    "held.execute('BEGIN IMMEDIATE'); print(flush=True); sys.stdin.read()"
)


@asynccontextmanager
async def held_by_another_program(file: Path) -> AsyncIterator[None]:
    """Another process is in the middle of a write."""
    other = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _HOLD, str(file), stdin=PIPE, stdout=PIPE
    )
    assert other.stdout is not None
    assert other.stdin is not None
    await other.stdout.readline()
    try:
        yield
    finally:
        other.stdin.close()
        await other.wait()


@pytest.mark.parametrize("why", [FULL, DAMAGED])
async def test_a_kill_cancels_also_while_nothing_can_be_written_down(
    stall: Stall, resting: Resting, caplog: pytest.LogCaptureFixture, why: LedgerError
) -> None:
    async with stall.desk() as desk:
        await desk.submit(resting("one"))
        with unwritable(why):
            os.kill(os.getpid(), signal.SIGUSR1)
            await until(lambda: not stall.open_orders())
            await until(lambda: "no order goes out" in caplog.text)


async def test_a_desk_that_cannot_write_any_more_leaves_nothing_in_the_book(
    stall: Stall, resting: Resting
) -> None:
    async with AsyncExitStack() as life:
        desk = await life.enter_async_context(stall.desk())
        await desk.submit(resting("one"))
        with unwritable():
            with pytest.raises(LedgerUnavailable, match="disk"):
                await desk.submit(resting("two"))
            ending = asyncio.create_task(life.aclose())
            await until(lambda: not stall.open_orders())
        await ending
    assert len(stall.accepted()) == 1


async def test_a_ledger_that_another_program_holds_is_waited_out_and_keeps_no_kill_waiting(
    stall: Stall, resting: Resting
) -> None:
    file = stall.folder / "ledger.sqlite"
    async with stall.desk() as desk:
        await desk.submit(resting("one"))
        async with held_by_another_program(file):
            with pytest.raises(Refused, match=r"ledger: .* locked; another program holds it"):
                await desk.submit(resting("two"))
            (stall.folder / "stop").write_text("prices are wrong")
            await until(lambda: not stall.open_orders())
        await until(lambda: not desk.manager.catch_up_audit())
        (stall.folder / "stop").unlink()
        await desk.submit(resting("two"))
    assert len(stall.accepted()) == 2
    with Ledger.open(file, read_only=True) as ledger:
        told = TradeAudit(ledger, "orders").trail()
    reasons = [entry.reason for entry in told if isinstance(entry, CancelIntent)]
    assert "the kill switch is thrown: prices are wrong" in reasons
