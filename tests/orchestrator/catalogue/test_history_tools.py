"""The tool for bars of the past, as agents and people call it, on a local venue."""

from __future__ import annotations

import json
from typing import Any

import pytest

from orchestrator.catalogue.tools import all_tools
from orchestrator.toolbox.tool import ToolContext, ToolError, ToolResult
from tests.support.past_markets import past
from trading_tools.exchange.market_data import MarketData


async def call(data: MarketData, **arguments: Any) -> ToolResult:
    context = ToolContext(run="r", agent="a", key="k", services={MarketData: data})
    return await all_tools()["trade_bars"].call(context, arguments)


async def test_bars_come_with_their_gaps_and_exact_numbers() -> None:
    async with past("kraken", steps=200) as (data, _, symbol):
        found = await call(data, symbol=symbol, venue="kraken", length_s=30, count=3)
    told = json.loads(found.text)
    assert told["columns"][0] == "open_time"
    assert len(told["rows"]) == 3
    assert all(isinstance(value, str | None) for row in told["rows"] for value in row[1:6])


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"venue": "FTX"}, "trade_bars: ftx closed in November 2022"),
        ({"venue": "kraken", "length_s": 0}, "length_s: Input should be greater than"),
        ({"venue": "kraken", "symbol": "BTX/USD"}, "kraken lists no 'BTX/USD'"),
    ],
)
async def test_what_is_wrong_with_the_call_is_said(arguments: dict[str, Any], told: str) -> None:
    async with past("kraken", steps=1) as (data, _, symbol):
        with pytest.raises(ToolError, match=told):
            await call(data, **{"symbol": symbol, **arguments})
