"""How accounts stand, asked of every venue that orders go to."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.trading_tools.exchange.orders.conftest import opened
from tests.trading_tools.exchange.orders.test_every_venue import MADE, MARKETS
from trading_tools.audit.trade import TradeAudit
from trading_tools.exchange.orders.overview import Fees, main, overview
from trading_tools.venue.wire.interference import Cut
from trading_tools.venue.wire.messages import Operation

PAID = {
    ("binance", "BTC/USDT"): ("0.001", "0.001"),
    ("binanceusdm", "BTC/USDT:USDT"): ("0.0002", "0.0005"),
    ("bybit", "BTC/USDT"): ("0.001", "0.001"),
    ("bybit", "BTC/USDT:USDT"): ("0.0002", "0.00055"),
    ("coinbase", "BTC/USD"): ("0.006", "0.012"),
    ("kraken", "BTC/USD"): ("0.0025", "0.004"),
}


@pytest.mark.parametrize(("name", "symbol"), MARKETS)
async def test_what_is_open_held_and_paid_is_told_of_every_venue(
    name: str, symbol: str, audit: TradeAudit, tmp_path: Path
) -> None:
    async with opened(audit, tmp_path, MADE[name]()) as shop:
        placed = await shop.client.create_order(symbol, "limit", "buy", "0.01", "50000")
        told = await overview(shop.client)
        assert told.unknown == ()
        assert told.clock is not None
        assert abs(told.clock.ms) <= told.clock.error_ms
        assert told.open is not None
        assert [order.venue_order_id for order in told.open] == [placed["id"]]
        money = symbol.partition("/")[2].partition(":")[0]
        assert told.held is not None
        assert told.held[money][0] == 100_000
        maker, taker = PAID[name, symbol]
        assert told.fees == {symbol: Fees(Decimal(maker), Decimal(taker))}


async def test_a_short_position_is_below_zero_and_its_fee_is_told(
    audit: TradeAudit, tmp_path: Path
) -> None:
    async with opened(audit, tmp_path, MADE["binanceusdm"]()) as shop:
        await shop.client.create_order("BTC/USDT:USDT", "market", "sell", "0.02")
        told = await overview(shop.client)
        assert told.positions == [("BTC/USDT:USDT", Decimal("-0.02"))]
        assert list(told.fees) == ["BTC/USDT:USDT"]


async def test_what_a_venue_does_not_tell_is_said_and_the_rest_is_told(
    audit: TradeAudit, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    import ccxt.async_support

    async with opened(audit, tmp_path) as shop:
        shop.mishaps.before_it[Operation.OPEN_ORDERS] = [Cut()] * 9

        def make(venue: str) -> Any:
            known = shop.client
            client = getattr(ccxt.async_support, venue)(
                {"apiKey": known.apiKey, "secret": known.secret}
            )
            client.urls["api"] = known.urls["api"]
            return client

        code = await asyncio.to_thread(main, ["binance"], make)
        lines = capsys.readouterr().out.splitlines()
        assert code == 1
        assert "binance: holds 1 BTC, 1 of it free" in lines
        assert lines[-1].startswith("binance: NOT known: binance did not say: ")


def test_a_venue_without_a_key_is_not_asked(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("KRAKEN_API_KEY", raising=False)
    monkeypatch.setenv("KRAKEN_API_SECRET", "c2VjcmV0")
    assert main(["kraken"]) == 2
    assert capsys.readouterr().err == "kraken: not asked: set KRAKEN_API_KEY\n"


async def test_a_command_is_rehearsed_at_a_local_venue_by_the_keys_of_the_environment(
    audit: TradeAudit,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    async with opened(audit, tmp_path) as shop:
        await shop.client.create_order("BTC/USDT", "limit", "buy", "0.01", "50000")
        monkeypatch.setenv("BINANCE_API_KEY", shop.client.apiKey)
        monkeypatch.setenv("BINANCE_API_SECRET", shop.client.secret)
        port = shop.client.urls["api"]["public"].split(":")[2].split("/")[0]
        words = ["binance", "--through", f"http://127.0.0.1:{port}/"]
        assert await asyncio.to_thread(main, words) == 0
        lines = capsys.readouterr().out.splitlines()
        assert "binance: 1 open order" in lines
        assert "binance: open: buy 0.01 BTC/USDT at 50000, 0 of it filled, client id" in lines[2]


async def test_a_command_with_the_keys_of_the_environment_shows_positions_in_contracts_too(
    audit: TradeAudit,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    async with opened(audit, tmp_path, MADE["bybit"]()) as shop:
        await shop.client.create_order("BTC/USDT:USDT", "limit", "buy", "0.01", "69000")
        monkeypatch.setenv("BYBIT_API_KEY", shop.client.apiKey)
        monkeypatch.setenv("BYBIT_API_SECRET", shop.client.secret)
        port = shop.client.urls["api"]["spot"].split(":")[2].split("/")[0]
        words = ["bybit", "--through", f"http://127.0.0.1:{port}/"]
        assert await asyncio.to_thread(main, words) == 0
        assert "bybit: position of 0.01 BTC in BTC/USDT:USDT" in capsys.readouterr().out
