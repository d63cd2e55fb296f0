"""One order is ended from the terminal, and how it ended is proven or said not to be."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.support.venues import point_at
from tests.trading_tools.exchange.orders.conftest import Shop, opened, patient
from tests.trading_tools.exchange.orders.test_every_venue import MADE, MARKETS
from tests.trading_tools.exchange.orders.test_stopping import Time
from tests.trading_tools.exchange.orders.test_stops import fall, holding, stop
from trading_tools.audit.trade import TradeAudit
from trading_tools.exchange.orders.at_venues import shown
from trading_tools.exchange.orders.cancel_one import Ended, end_one, main
from trading_tools.exchange.orders.ccxt_port import CcxtOrders
from trading_tools.exchange.orders.retries import Retries, RetryRules
from trading_tools.exchange.orders.ways import ALGO
from trading_tools.exchange.pacing.pacer import Pacer
from trading_tools.venue.wire.interference import Cut
from trading_tools.venue.wire.messages import Operation, Reply

SYMBOL = "BTC/USDT"


@pytest.fixture
def port(shop: Shop) -> CcxtOrders:
    once = Retries(RetryRules(tries=1))
    return CcxtOrders(shop.client, Pacer("binance", ()), patient("binance"), retries=once)


async def rests(shop: Shop, name: str = "by-hand-1") -> dict[str, Any]:
    params = {"newClientOrderId": name}
    order: dict[str, Any] = await shop.client.create_order(
        SYMBOL, "limit", "buy", "0.01", "50000", params
    )
    return order


@pytest.mark.parametrize("by", ["id", "clientOrderId"])
async def test_an_order_is_cancelled_by_either_of_its_ids_and_no_other_is(
    shop: Shop, port: CcxtOrders, by: str
) -> None:
    other = await rests(shop, "another")
    order = await rests(shop)
    ended = await end_one(port, order[by], sleep=Time().sleep)
    assert (ended.proven, ended.told) == (True, "cancelled, 0 of 0.01 BTC filled")
    assert [each.venue_order_id for each in await port.everything()] == [other["id"]]


@pytest.mark.slow
@pytest.mark.parametrize(("name", "symbol"), MARKETS)
async def test_an_order_is_cancelled_by_its_number_at_every_venue(
    name: str, symbol: str, audit: TradeAudit, tmp_path: Path
) -> None:
    async with opened(audit, tmp_path, MADE[name]()) as shop:
        order = await shop.client.create_order(symbol, "limit", "buy", "0.01", "50000")
        venue = CcxtOrders(shop.client, Pacer(name, ()), patient(name))
        ended = await end_one(venue, order["id"], sleep=Time().sleep)
        assert ended == Ended(True, "cancelled, 0 of 0.01 BTC filled")


async def test_a_cancel_whose_reply_is_lost_is_proven_by_the_next_look(
    shop: Shop, port: CcxtOrders
) -> None:
    order = await rests(shop)
    shop.mishaps.after_it[Operation.CANCEL] = [lambda reply: Cut()]
    ended = await end_one(port, order["id"], sleep=Time().sleep)
    assert ended.proven
    assert ended.told.startswith("cancelled")


async def test_an_order_that_stays_or_of_which_nothing_is_told_is_not_called_cancelled(
    shop: Shop, port: CcxtOrders
) -> None:
    order = await rests(shop)
    time = Time()
    shop.mishaps.before_it[Operation.CANCEL] = [Cut()] * 99
    stays = await end_one(port, order["id"], 120, time.sleep, time)
    assert not stays.proven
    assert stays.told.startswith("STILL OPEN: buy 0.01 BTC/USDT at 50000, 0 of it filled")
    assert "the answer to its cancel: " in stays.told
    shop.mishaps.before_it[Operation.OPEN_ORDERS] = [Cut()] * 99
    dumb = await end_one(port, order["id"], 120, time.sleep, time)
    assert dumb.told.startswith(f"NOT known what became of '{order['id']}': binance did not say")
    shop.mishaps.before_it.clear()
    shop.mishaps.before_it[Operation.QUERY_ORDER] = [Cut()] * 99
    ended = await end_one(port, order["id"], 120, time.sleep, time)
    assert not ended.proven
    assert ended.told.startswith("it is open no more; what it filled is NOT known: binance did")


async def test_what_a_stop_has_become_while_it_was_cancelled_is_cancelled_too(
    audit: TradeAudit, tmp_path: Path
) -> None:
    async with holding(audit, tmp_path, "binanceusdm", "BTC/USDT:USDT") as shop:
        wanted = stop(shop, order_type="limit", price_quote=Decimal(54_900))
        order = await shop.manager.submit(wanted)
        assert order.venue_order_id is not None

        def triggered(reply: Reply) -> Reply:
            fall(shop)
            return reply

        shop.mishaps.after_it[Operation.OPEN_ORDERS] = [None, triggered]
        port, time = CcxtOrders(shop.client, Pacer("binanceusdm", ())), Time()
        ended = await end_one(port, order.venue_order_id, 30, time.sleep, time)
        assert ended == Ended(True, "cancelled, 0 of 0.01 BTC filled")
        assert shop.venue.account.open_orders() == []


async def test_a_stop_is_shown_with_its_trigger_and_cancelled_by_the_number_on_the_venues_page(
    audit: TradeAudit, tmp_path: Path
) -> None:
    async with holding(audit, tmp_path, "binanceusdm", "BTC/USDT:USDT") as shop:
        order = await shop.manager.submit(stop(shop))
        port = CcxtOrders(shop.client, Pacer("binanceusdm", ()))
        (waits,) = await port.everything()
        told = "sell 0.01 BTC/USDT:USDT at the market's price, waiting for 55000, 0 of it filled"
        assert shown(waits).startswith(told)
        number = str(order.venue_order_id).removeprefix(ALGO)
        assert (await end_one(port, number, sleep=Time().sleep)).proven


async def test_an_id_left_empty_is_no_order_that_has_none(shop: Shop, port: CcxtOrders) -> None:
    order = await rests(shop)
    nameless = order["info"]["clientOrderId"].encode()
    shop.mishaps.after_it[Operation.OPEN_ORDERS] = [
        lambda reply: replace(reply, body=reply.body.replace(nameless, b""))
    ] * 2
    assert not (await end_one(port, "", sleep=Time().sleep)).proven
    assert shop.asked(Operation.CANCEL) == 0


async def test_an_order_that_the_first_look_misses_is_cancelled(
    shop: Shop, port: CcxtOrders
) -> None:
    order = await rests(shop)
    shop.mishaps.before_it[Operation.OPEN_ORDERS] = [Reply(200, b"[]")]
    assert (await end_one(port, order["id"], sleep=Time().sleep)).proven


async def test_an_id_that_no_open_order_has_is_told_with_those_that_are_open(
    shop: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    order = await rests(shop)
    port = int(shop.client.urls["api"]["public"].split(":")[2].split("/")[0])

    def make(venue: str) -> Any:
        import ccxt.async_support

        own = {name: getattr(shop.client, name) for name in ("apiKey", "secret")}
        return point_at(getattr(ccxt.async_support, venue)(own), port)

    assert await asyncio.to_thread(main, ["binance", "mistyped"], make) == 1
    told = capsys.readouterr().out.splitlines()
    assert told[0].startswith("binance: no open order has the id 'mistyped': it has ended, or is")
    assert told[0].endswith("1 order open")
    assert told[1].endswith(f"client id by-hand-1, venue id {order['id']}")
    assert await asyncio.to_thread(main, ["binance", "by-hand-1"], make) == 0
    assert capsys.readouterr().out == "binance: cancelled, 0 of 0.01 BTC filled\n"


def test_without_a_key_nothing_is_asked(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("KRAKEN_API_KEY", raising=False)
    monkeypatch.setenv("KRAKEN_API_SECRET", "c2VjcmV0")
    assert main(["kraken", "17"]) == 2
    assert capsys.readouterr().err == "kraken: nothing was cancelled: set KRAKEN_API_KEY\n"
