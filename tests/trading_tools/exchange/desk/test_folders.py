"""A folder is one desk's: another of this process or of another one is refused there."""

from __future__ import annotations

import asyncio
import sys
from asyncio.subprocess import PIPE
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from tests.trading_tools.exchange.desk.conftest import LIMITS, Stall
from trading_tools.audit.errors import KeyMismatch
from trading_tools.audit.ledger import Ledger
from trading_tools.audit.verify import verify
from trading_tools.exchange.desk.opening import open_desk
from trading_tools.exchange.orders.alone import alone_in
from trading_tools.exchange.orders.guard import Refused
from trading_tools.exchange.orders.intent import Intent
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


async def test_what_an_earlier_desk_held_in_another_market_counts_and_is_priced(
    stall: Stall,
) -> None:
    most = {"ETH/USDT": Decimal(1), "BTC/USDT": Decimal(1)}
    given: dict[str, Any] = {"live": None, "simulated": True}
    for symbol, size, exposure in ("ETH/USDT", "0.1", 5_000), ("BTC/USDT", "0.001", 310):
        limits = replace(LIMITS, max_position_base=most, max_exposure_quote=Decimal(exposure))
        async with open_desk(stall.client, [symbol], stall.folder, limits, **given) as desk:
            price = (await desk.quote(symbol)).asks[0][0] * Decimal("1.01")
            wanted = Intent(symbol, symbol, "buy", Decimal(size), price, time_in_force="IOC")
            if symbol == "ETH/USDT":
                await desk.finish(await desk.submit(wanted))
                continue
            with pytest.raises(Refused, match="max-exposure: with all that is open the pos"):
                await desk.submit(wanted)
