"""A folder is one desk's: another of this process or of another one is refused there."""

from __future__ import annotations

import asyncio
import sys
from asyncio.subprocess import PIPE

import pytest

from tests.trading_tools.exchange.desk.conftest import Stall
from trading_tools.audit.errors import KeyMismatch
from trading_tools.audit.ledger import Ledger
from trading_tools.audit.verify import verify
from trading_tools.exchange.orders.alone import alone_in
from trading_tools.exchange.orders.manager import AnotherManager

_HOLD = (
    "import sys; from pathlib import Path; from trading_tools.exchange.orders import alone\n"
    "with alone.alone_in(Path(sys.argv[1])): print(flush=True); sys.stdin.read()"
)


async def test_a_folder_has_one_desk(stall: Stall) -> None:
    other = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _HOLD, str(stall.folder), stdin=PIPE, stdout=PIPE
    )
    assert other.stdout is not None
    await other.stdout.readline()
    with pytest.raises(AnotherManager, match="another process has a desk in"):
        async with stall.desk():
            pytest.fail("it began")
    other.kill()
    await other.wait()
    async with stall.desk() as desk:
        assert not desk.stopping.is_set()


async def test_a_folder_has_one_desk_of_a_process_by_whatever_name(
    stall: Stall, tmp_path_factory: pytest.TempPathFactory
) -> None:
    link = tmp_path_factory.mktemp("names") / "link"
    link.symlink_to(stall.folder)
    async with stall.desk():
        with pytest.raises(AnotherManager, match="this process has a desk in"), alone_in(link):
            pytest.fail("it began")
        # What was refused has not let go of the first one's lock.
        other = await asyncio.create_subprocess_exec(
            sys.executable, "-c", _HOLD, str(stall.folder), stderr=PIPE
        )
        assert b"another process has a desk in" in (await other.communicate())[1]
    with alone_in(link):
        pass


async def test_a_ledger_under_a_key_is_opened_by_that_key_alone(stall: Stall) -> None:
    async with stall.desk(audit_key=b"0123456789abcdef"):
        pass
    with Ledger.open(stall.folder / "ledger.sqlite", key=b"0123456789abcdef") as ledger:
        assert verify(ledger).valid
    with pytest.raises(KeyMismatch):
        async with stall.desk():
            pytest.fail("it began")
