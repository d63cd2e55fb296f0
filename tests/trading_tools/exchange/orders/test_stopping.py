"""All is stopped: the switch by file and command, and every open order cancelled."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.support.venues import point_at
from tests.trading_tools.exchange.orders.conftest import Shop, opened
from tests.trading_tools.exchange.orders.guards import guard
from tests.trading_tools.exchange.orders.test_every_venue import MADE
from tests.trading_tools.exchange.orders.test_stops import fall, holding, stop
from tests.trading_tools.exchange.orders.wanted import resting
from trading_tools.audit.trade import TradeAudit
from trading_tools.exchange.orders import stopping
from trading_tools.exchange.orders.cancel_all import Swept, cancel_all
from trading_tools.exchange.orders.ccxt_port import CcxtOrders
from trading_tools.exchange.orders.guard import Refused
from trading_tools.exchange.orders.port import Unanswered
from trading_tools.exchange.orders.records import Records
from trading_tools.exchange.orders.retries import Retries, RetryRules
from trading_tools.exchange.orders.stopping import main
from trading_tools.exchange.pacing.machine import host_of, machine_slots
from trading_tools.exchange.pacing.pacer import Pacer
from trading_tools.exchange.pacing.rules import Cost, Priority
from trading_tools.exchange.pacing.venues import pacer_for
from trading_tools.venue.wire.messages import Operation, Reply

COMMAND = [sys.executable, "-m", "trading_tools.exchange.orders.kill_switch"]
BUSY = Reply(503, b'{"code":-1008,"msg":"Server is busy."}')
SYMBOLS = {
    "binance": ["BTC/USDT", "ETH/USDT"],
    "binanceusdm": ["BTC/USDT:USDT", "DOGE/USDT:USDT"],
    "bybit": ["BTC/USDT", "BTC/USDT:USDT"],
    "coinbase": ["BTC/USD", "ETH/USD"],
    "kraken": ["BTC/USD", "ETH/USD"],
}


@pytest.fixture(params=sorted(SYMBOLS))
async def each(
    request: pytest.FixtureRequest, audit: TradeAudit, tmp_path: Path
) -> AsyncIterator[Shop]:
    async with opened(audit, tmp_path, MADE[request.param]()) as shop:
        yield shop


class Time:
    """A clock that a sleep moves on, far enough for every venue's window."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += 50.0


async def rest(client: Any, symbol: str) -> str:
    """An order far below the market, worth enough for any venue; its number."""
    price = client.markets[symbol]["info"] and {"BTC": 50_000, "ETH": 2_000, "DOGE": 0.1}
    at = price[symbol.partition("/")[0]]
    order = await client.create_order(symbol, "limit", "buy", 600 / at, at)
    return str(order["id"])


async def test_every_order_of_every_market_is_cancelled_though_the_venue_fails_at_first(
    each: Shop,
) -> None:
    numbers = [await rest(each.client, symbol) for symbol in SYMBOLS[each.client.id] * 2]
    each.mishaps.before_it[Operation.CANCEL] = [BUSY, None, BUSY]
    each.mishaps.before_it[Operation.OPEN_ORDERS] = [BUSY]
    time = Time()
    port = CcxtOrders(each.client, Pacer(each.client.id, ()))
    swept = await cancel_all(port, 1_000, time.sleep, time)
    assert swept.clean
    assert sorted(swept.ended) == sorted(numbers)
    assert list(await port.everything()) == []


@pytest.mark.parametrize(
    ("each", "symbol", "kind", "params"),
    [
        ("binance", "BTC/USDT", "limit", {"stopPrice": 50_000, "type": "STOP_LOSS_LIMIT"}),
        ("binanceusdm", "BTC/USDT:USDT", "market", {"stopLossPrice": 50_000}),
        ("bybit", "BTC/USDT", "limit", {"triggerPrice": 50_000}),
        ("bybit", "BTC/USDT", "limit", {"stopLossPrice": 50_000}),
        ("bybit", "BTC/USDT:USDT", "limit", {"stopLossPrice": 50_000}),
        ("kraken", "BTC/USD", "limit", {"stopLossPrice": 50_000}),
        ("coinbase", "BTC/USD", "limit", {"stopLossPrice": 50_000}),
    ],
    indirect=["each"],
)
async def test_stops_that_wait_for_their_price_are_cancelled_as_well(
    each: Shop, symbol: str, kind: str, params: dict[str, Any]
) -> None:
    price = 49_000 if kind == "limit" else None
    stop = await each.client.create_order(symbol, kind, "sell", 0.01, price, params)
    assert len(each.venue.account.open_orders()) == 1
    port, time = CcxtOrders(each.client, Pacer(each.client.id, ())), Time()
    swept = await cancel_all(port, 1_000, time.sleep, time)
    assert (swept.clean, len(swept.ended)) == (True, 1), (swept, stop)
    assert each.venue.account.open_orders() == []


async def test_a_stop_that_is_triggered_between_two_lists_is_in_one_of_them(
    audit: TradeAudit, tmp_path: Path
) -> None:
    async with holding(audit, tmp_path, "binanceusdm", "BTC/USDT:USDT") as shop:
        wanted = stop(shop, order_type="limit", price_quote=Decimal(54_900))
        await shop.manager.submit(wanted)

        def triggered(reply: Reply) -> Reply:
            fall(shop)
            return reply

        shop.mishaps.after_it[Operation.OPEN_ORDERS] = [triggered]
        assert await CcxtOrders(shop.client, Pacer("binanceusdm", ())).everything()


async def test_an_order_that_was_on_its_way_is_cancelled_when_it_arrives(shop: Shop) -> None:
    late: list[str] = []
    time = Time()

    async def sleep(seconds: float) -> None:
        if not late:
            late.append(await rest(shop.client, "BTC/USDT"))
        time.now += 3.0

    swept = await cancel_all(CcxtOrders(shop.client, Pacer("binance", ())), 60, sleep, time)
    assert swept.clean
    assert swept.ended == (late[0],)


async def test_what_cannot_be_cancelled_in_time_is_told(shop: Shop) -> None:
    number = await rest(shop.client, "BTC/USDT")
    shop.mishaps.before_it[Operation.CANCEL] = [BUSY] * 100
    time = Time()
    port = CcxtOrders(shop.client, Pacer("binance", ()))
    swept = await cancel_all(port, 60, time.sleep, time)
    assert (swept.clean, swept.left) == (False, (number,))


async def test_before_the_window_has_passed_nothing_is_sure(shop: Shop) -> None:
    port = CcxtOrders(shop.client, Pacer("binance", ()))
    swept = await cancel_all(port, 0)
    assert (swept.clean, swept.left) == (False, ())
    assert swept.why == "an order that was on its way may arrive for 5 s"


def test_the_command_stops_orders_for_good_and_the_first_reason_stays(tmp_path: Path) -> None:
    switch = str(tmp_path / "stop")
    subprocess.run([*COMMAND, switch, "prices are wrong"], check=True, timeout=60)
    assert main([switch, "again"]) == 0
    # A bot that is started anew finds it thrown.
    with pytest.raises(Refused, match="kill-switch: it is thrown: prices are wrong"):
        guard(tmp_path).check(resting(), Records())


def test_a_missing_key_is_named_and_the_switch_is_thrown_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("KRAKEN_API_KEY", raising=False)
    monkeypatch.setenv("KRAKEN_API_SECRET", "c2VjcmV0")
    assert main([str(tmp_path / "stop"), "why", "--cancel-all", "kraken"]) == 2
    assert "kraken: nothing was cancelled: set KRAKEN_API_KEY\n" in capsys.readouterr().err
    assert (tmp_path / "stop").read_text() == "why"


def test_a_venue_without_a_key_does_not_keep_the_others_from_being_swept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    reached: list[str] = []

    async def swept(clients: Sequence[Any], within_s: float) -> list[Swept]:
        reached.extend(client.id for client in clients)
        for client in clients:
            await client.close()
        return [Swept("binance", (), (), "it did not answer")]

    monkeypatch.setattr(stopping, "swept", swept)
    monkeypatch.setenv("BINANCE_API_KEY", "key")
    monkeypatch.setenv("BINANCE_API_SECRET", "secret")
    monkeypatch.delenv("KRAKEN_API_KEY", raising=False)
    monkeypatch.setenv("KRAKEN_API_SECRET", "")
    assert main([str(tmp_path / "stop"), "why", "--cancel-all", "kraken", "binance"]) == 2
    assert reached == ["binance"]
    told = capsys.readouterr().err
    assert "kraken: nothing was cancelled: set KRAKEN_API_KEY and KRAKEN_API_SECRET\n" in told
    assert "binance: 0 orders ended; what is open is NOT known: it did not answer\n" in told


@pytest.mark.parametrize("name", ["mistyped/stop", "."])
def test_a_switch_that_no_bot_looks_at_is_not_told_as_thrown(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    name: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main([name, "why"]) == 1
    told = capsys.readouterr().err
    assert told.startswith(str(tmp_path / name))
    assert told.endswith("Orders are NOT stopped\n")
    assert list(tmp_path.iterdir()) == []


async def test_bots_that_use_up_the_limits_keep_no_look_of_the_command_waiting(shop: Shop) -> None:
    others = pacer_for("binance", "another", machine_slots(), where=host_of(shop.client))
    while others.try_acquire(Cost({"weight": 50}), Priority.PLACE) == 0:
        pass
    retries = Retries(RetryRules(tries=1))
    asked = CcxtOrders(shop.client, patience_s=0.01, retries=retries)
    with pytest.raises(Unanswered, match="limits left no room"):
        await asked.everything()
    look = CcxtOrders(shop.client, patience_s=0.01, retries=retries, asking=Priority.CANCEL)
    assert await look.everything() == []


@pytest.mark.slow
async def test_the_command_cancels_what_a_strategy_that_hangs_left_open(
    shop: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    for number in range(12):
        await shop.manager.submit(resting(str(number), size_base=Decimal("0.001")))
    port = int(shop.client.urls["api"]["public"].split(":")[2].split("/")[0])

    def make(venue: str) -> Any:
        import ccxt.async_support

        own = {name: getattr(shop.client, name) for name in ("apiKey", "secret")}
        return point_at(getattr(ccxt.async_support, venue)(own), port)

    argv = [str(shop.folder / "stop"), "it hangs", "--cancel-all", "binance", "--within", "30"]
    assert await asyncio.to_thread(main, argv, make) == 0
    assert "binance: 12 orders ended, 0 left\n" in capsys.readouterr().err
    with pytest.raises(Refused, match="kill-switch"):
        await shop.manager.submit(resting("more"))
    assert len(shop.accepted()) == 12
