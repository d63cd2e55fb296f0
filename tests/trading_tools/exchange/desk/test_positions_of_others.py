"""What an account's contracts hold beside the desk's own fills is told, and counts on request."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.support.usdm_venue import TWO, usdm
from tests.support.venues import keys, point_at, serving, wall_clock
from tests.trading_tools.exchange.desk.conftest import LIMITS
from trading_tools.exchange.desk.opening import open_desk

SYMBOL = "BTC/USDT:USDT"


async def test_a_position_that_is_older_than_the_ledger_is_told_and_can_be_taken_over(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    import ccxt.pro

    ago_ms = 120_000
    place = usdm(instruments=TWO, clock=lambda: wall_clock() - ago_ms)
    limits = replace(LIMITS, max_position_base={SYMBOL: Decimal(1)}, max_leverage=Decimal(2))
    async with serving(place) as server:

        def client() -> Any:
            return point_at(ccxt.pro.binanceusdm(keys(place)), server.port)

        person = client()
        person.options["timeDifference"] = ago_ms
        await person.create_order(SYMBOL, "market", "buy", 0.01)
        await person.close()
        ago_ms = 0
        async with open_desk(client, [SYMBOL], tmp_path, limits, live=None, simulated=True) as desk:
            told = f"{SYMBOL}: the account holds 0.01, the ledger here comes to 0"
            assert caplog.text.count(told) == 1
            assert (
                f"not explained by the fills known here count for no limit: {told}" in caplog.text
            )
            found = await desk.manager.reconcile([SYMBOL])
            desk.manager.take_over(found.positions, "it is mine")
            assert desk.range_base(SYMBOL) == (Decimal("0.01"), Decimal("0.01"))
