"""The user data stream, its listen key, and the public streams, message by message."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import pairwise
from typing import Any

import aiohttp
import pytest

from tests.support.usdm_venue import UsdmWire, usdm
from tests.support.venues import WAIT_S, Clock, serving
from trading_tools.venue.binance.usdm.listen_keys import LIFE_MS
from trading_tools.venue.core.contracts import PositionSide


class Socket:
    """One connection and what came on it."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket

    async def ask(self, method: str, *params: Any) -> Any:
        """Send a request and get its answer."""
        await self._socket.send_json({"method": method, "params": params, "id": 1})
        while (told := await self.next()).get("id") != 1:
            pass
        return told

    async def next(self, event: str = "") -> Any:
        """The next message, of one event where one is named."""
        async with asyncio.timeout(WAIT_S):
            while True:
                told = json.loads((await self._socket.receive()).data)
                if not event or told.get("e") == event:
                    return told


@asynccontextmanager
async def opened(wire: UsdmWire, path: str) -> AsyncIterator[Socket]:
    url = f"{wire.server.base_url}/fstream.binance.com{path}"
    async with wire.session.ws_connect(url) as socket:
        yield Socket(socket)


async def listen_key(wire: UsdmWire, method: str = "POST") -> tuple[int, Any]:
    headers = {"X-MBX-APIKEY": wire.venue.credentials.key}
    status, told, _ = await wire.send(method, "/fapi/v1/listenKey", headers=headers)
    return status, told


async def test_a_listen_key_is_shared_prolonged_and_ended(still: UsdmWire, clock: Clock) -> None:
    _, first = await listen_key(still)
    clock.now += LIFE_MS - 1
    assert (await listen_key(still))[1] == first
    clock.now += LIFE_MS - 1
    assert (await listen_key(still, "PUT")) == (200, first)
    clock.now += LIFE_MS
    assert (await listen_key(still, "PUT"))[1]["code"] == -1125
    assert (await listen_key(still))[1] != first
    assert (await listen_key(still, "DELETE")) == (200, {})
    assert (await listen_key(still, "DELETE"))[1]["code"] == -1125
    assert (await still.send("POST", "/fapi/v1/listenKey"))[1]["code"] == -2014


@pytest.mark.parametrize(
    "path", ["/private/ws?listenKey={}", "/ws/{}", "/private/ws/{}", "/stream?streams={}"]
)
async def test_a_fill_is_told_in_brief_as_an_order_and_as_an_account(
    wire: UsdmWire, path: str
) -> None:
    key = (await listen_key(wire))[1]["listenKey"]
    async with opened(wire, path.format(key)) as socket:
        await wire.market("BUY", "0.02", newClientOrderId="mine")
        told = [await socket.next() for _ in range(4)]

    if path.startswith("/stream"):
        assert {message["stream"] for message in told} == {key}
        told = [message["data"] for message in told]
    assert [message["e"] for message in told] == [
        "ORDER_TRADE_UPDATE",
        "TRADE_LITE",
        "ORDER_TRADE_UPDATE",
        "ACCOUNT_UPDATE",
    ]
    new, lite, trade, account = told
    assert (new["o"]["x"], trade["o"]["x"], trade["o"]["X"]) == ("NEW", "TRADE", "FILLED")
    assert lite["c"] == trade["o"]["c"] == "mine"
    assert (trade["o"]["l"], trade["o"]["N"], trade["o"]["ps"]) == ("0.020", "USDT", "BOTH")
    assert account["a"]["m"] == "ORDER"
    assert account["a"]["P"][0]["pa"] == "0.020"
    assert float(account["a"]["B"][0]["wb"]) < 100_000


async def test_an_expired_listen_key_is_told_and_nothing_after_it(
    still: UsdmWire, clock: Clock
) -> None:
    key = (await listen_key(still))[1]["listenKey"]
    async with opened(still, f"/private/ws?listenKey={key}") as socket:
        clock.now += LIFE_MS
        told = await socket.next()
        await still.order()
        assert (told["e"], told["listenKey"]) == ("listenKeyExpired", key)
        assert (await socket.ask("LIST_SUBSCRIPTIONS"))["result"] == [key]
    assert not [e for e in still.venue.ledger.of("stream.told") if "o" in e.body["event"]]


async def test_amendments_cancels_and_settings_are_told(wire: UsdmWire) -> None:
    key = (await listen_key(wire))[1]["listenKey"]
    async with opened(wire, f"/ws/{key}") as socket:
        _, placed, _ = await wire.order()
        which = {"symbol": "BTCUSDT", "orderId": placed["orderId"]}
        change = {"side": "BUY", "quantity": "0.02", "price": "51000"}
        await wire.signed("PUT", wire.path, **which, **change)
        await wire.signed("DELETE", wire.path, **which)
        await wire.signed("POST", "/fapi/v1/leverage", symbol="BTCUSDT", leverage=7)
        told = [await socket.next() for _ in range(4)]

    assert [message["o"]["x"] for message in told[:3]] == ["NEW", "AMENDMENT", "CANCELED"]
    assert told[1]["o"]["q"] == "0.020"
    assert told[3]["ac"] == {"s": "BTCUSDT", "l": 7}


async def test_an_algo_order_is_told_until_its_order_has_ended(
    wire: UsdmWire, clock: Clock
) -> None:
    key = (await listen_key(wire))[1]["listenKey"]
    await wire.market("BUY", "0.02")
    async with opened(wire, f"/ws/{key}") as socket:
        params = {"workingType": "MARK_PRICE", "closePosition": "true", "quantity": None}
        _, algo, _ = await wire.algo(**params)
        wire.usdm.exchange.set_mark("BTCUSDT", 549_000, 549_000, clock.now)
        told: list[dict[str, Any]] = []
        while not told or told[-1].get("o", {}).get("X") != "FINISHED":
            told.append(await socket.next())

    states = [message["o"]["X"] for message in told if message["e"] == "ALGO_UPDATE"]
    assert states == ["NEW", "TRIGGERED", "FINISHED"]
    (filled,) = [m["o"] for m in told if m["e"] == "ORDER_TRADE_UPDATE" and m["o"]["x"] == "TRADE"]
    assert (filled["ot"], filled["cp"], filled["z"]) == ("STOP_MARKET", True, "0.020")
    assert algo["algoId"] != filled["i"] == int(told[-1]["o"]["ai"])
    assert wire.venue.account.positions["BTCUSDT", PositionSide.BOTH].size == 0


async def test_a_margin_call_comes_before_the_liquidation(wire: UsdmWire, clock: Clock) -> None:
    await wire.signed("POST", "/fapi/v1/marginType", symbol="DOGEUSDT", marginType="ISOLATED")
    key = (await listen_key(wire))[1]["listenKey"]
    doge = {"symbol": "DOGEUSDT", "quantity": "5000"}
    await wire.order(**doge, type="MARKET", price=None, timeInForce=None)
    _, rows, _ = await wire.signed("GET", "/fapi/v3/positionRisk")
    ticks = round(float(rows[0]["liquidationPrice"]) * 100_000)
    async with opened(wire, f"/ws/{key}") as socket:
        for price in (ticks + 20, ticks):
            wire.usdm.exchange.set_mark("DOGEUSDT", price, price, clock.now)
        call = await socket.next("MARGIN_CALL")
        forced = await socket.next("ORDER_TRADE_UPDATE")
        traded = await socket.next("ORDER_TRADE_UPDATE")

    assert (call["p"][0]["s"], call["p"][0]["mt"]) == ("DOGEUSDT", "ISOLATED")
    assert forced["o"]["c"].startswith("autoclose-")
    assert (traded["o"]["x"], traded["o"]["o"]) == ("CALCULATED", "LIQUIDATION")
    _, told, _ = await wire.signed("GET", "/fapi/v1/forceOrders", autoCloseType="LIQUIDATION")
    assert told[0]["clientOrderId"] == forced["o"]["c"]


async def test_funding_is_told_and_is_income(still: UsdmWire, clock: Clock) -> None:
    key = (await listen_key(still))[1]["listenKey"]
    await still.market("BUY", "0.02")
    due = still.usdm.exchange.prices["BTCUSDT"].next_funding_ms
    async with opened(still, f"/ws/{key}") as socket:
        while clock.now < due:
            clock.now = min(due, clock.now + LIFE_MS // 2)
            await listen_key(still, "PUT")
        still.usdm.exchange.set_mark("BTCUSDT", 600_000, 600_000, clock.now)
        told = await socket.next("ACCOUNT_UPDATE")

    assert told["a"]["m"] == "FUNDING_FEE"
    assert float(told["a"]["B"][0]["bc"]) < 0
    _, rows, _ = await still.signed("GET", "/fapi/v1/income", incomeType="FUNDING_FEE")
    assert rows[0]["income"] == told["a"]["B"][0]["bc"]
    _, rates, _ = await still.send("GET", "/fapi/v1/fundingRate", "symbol=BTCUSDT&limit=1")
    assert rates[0]["fundingTime"] == due


async def test_the_dead_mans_switch_cancels_unless_it_is_set_again(
    still: UsdmWire, clock: Clock
) -> None:
    async def set_switch(time: int) -> None:
        params = {"symbol": "BTCUSDT", "countdownTime": time}
        await still.signed("POST", "/fapi/v1/countdownCancelAll", **params)

    await still.order()
    await set_switch(5_000)
    clock.now += 4_999
    await set_switch(5_000)
    clock.now += 4_999
    still.usdm.cancel_what_counted_down(clock.now)
    assert len(still.venue.account.open_orders()) == 1
    still.usdm.cancel_what_counted_down(clock.now + 1)
    assert not still.venue.account.open_orders()


async def test_each_book_update_names_the_one_before_it(wire: UsdmWire, clock: Clock) -> None:
    async with opened(wire, "/public/ws/btcusdt@depth@100ms") as socket:
        updates = []
        for _ in range(4):
            clock.now += 500
            updates.append(await socket.next("depthUpdate"))

    assert all(b["pu"] == a["u"] for a, b in pairwise(updates))
    assert all(update["U"] > update["pu"] for update in updates)
    assert set(updates[0]) == {"e", "E", "T", "s", "U", "u", "pu", "b", "a"}


@pytest.mark.parametrize(
    ("stream", "fields"),
    [
        ("btcusdt@aggTrade", "e E s a p q f l T m"),
        ("btcusdt@trade", "e E T s t p q X m"),
        ("btcusdt@bookTicker", "e u E T s b B a A"),
        ("btcusdt@markPrice@1s", "e E s p i P r T"),
        ("btcusdt@ticker", "e E s p P w c Q o h l v q O C F L n"),
        ("btcusdt@miniTicker", "e E s c o h l v q"),
        ("btcusdt@depth5@500ms", "e E T s U u pu b a"),
        ("btcusdt@kline_1m", "e E s k"),
    ],
)
async def test_a_stream_has_usdms_fields(
    wire: UsdmWire, clock: Clock, stream: str, fields: str
) -> None:
    async with opened(wire, f"/market/stream?streams={stream}") as socket:
        ticking = asyncio.create_task(_tick(clock))
        told = await socket.next()
        ticking.cancel()

    assert told["stream"] == stream
    assert set(told["data"]) == set(fields.split())


async def _tick(clock: Clock) -> None:
    while True:
        clock.now += 1_000
        await asyncio.sleep(0)


async def test_the_same_seed_and_acts_give_the_same_ledger_byte_for_byte() -> None:
    ledgers = []
    for _ in range(2):
        clock = Clock()
        venue = usdm(clock=clock)
        async with serving(venue) as server, aiohttp.ClientSession() as session:
            wire = UsdmWire(session, server, venue)
            for number in range(5):
                clock.now += 900
                await wire.market("BUY" if number % 2 else "SELL", "0.02")
                await wire.order(newClientOrderId=f"mine-{number}")
        ledgers.append("".join(venue.ledger.lines()))
    assert ledgers[0] == ledgers[1]
