"""What Kraken's own orders do: flags, expiries, references, batches, edits and the switch."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

from tests.support.kraken_venue import Wire
from tests.support.venues import Clock
from trading_tools.venue.kraken.signing import signature


async def queried(wire: Wire, placed: dict[str, Any]) -> dict[str, Any]:
    """An order as it is now."""
    txid = placed["txid"][0]
    found: dict[str, Any] = (await wire.private("QueryOrders", txid=txid, trades="true"))[txid]
    return found


async def post(wire: Wire, name: str, **body: Any) -> Any:
    """A signed call with a JSON body."""
    wire.nonce += 1
    path, sent = f"/0/private/{name}", json.dumps({"nonce": str(wire.nonce), **body}).encode()
    headers = {
        "API-Key": wire.venue.credentials.key,
        "API-Sign": signature(wire.venue.credentials.secret, path, str(wire.nonce), sent),
        "Content-Type": "application/json",
    }
    told = (await wire.send("POST", path, sent, headers))[1]
    return told["error"][0] if told["error"] else told["result"]


async def test_an_order_is_described_in_words_that_clients_take_apart(wire: Wire) -> None:
    sentences = [
        (await wire.order(validate="true", **change))["descr"]["order"]
        for change in (
            {},
            {"ordertype": "market", "price": None},
            {"type": "sell", "ordertype": "stop-loss", "price": "55000"},
            {"type": "sell", "ordertype": "stop-loss-limit", "price": "55000", "price2": "54900"},
            {"type": "sell", "ordertype": "take-profit", "price": "65000"},
            {"ordertype": "market", "price": None, "volume": "600", "oflags": "viqc"},
        )
    ]
    assert sentences == [
        "buy 0.01000000 XBTUSD @ limit 50000.0",
        "buy 0.01000000 XBTUSD @ market",
        "sell 0.01000000 XBTUSD @ stop loss 55000.0",
        "sell 0.01000000 XBTUSD @ stop loss 55000.0 -> limit 54900.0",
        "sell 0.01000000 XBTUSD @ take profit 65000.0",
        "buy 600.00000000 XBTUSD @ market",
    ]
    assert not wire.venue.ledger.of("order.accepted")


async def test_an_order_has_the_fields_of_the_documentation(wire: Wire) -> None:
    order = await queried(wire, await wire.order(cl_ord_id="mine"))
    assert set(order) == {
        "refid", "userref", "status", "opentm", "starttm", "expiretm", "descr", "vol", "vol_exec",
        "cost", "fee", "price", "stopprice", "limitprice", "misc", "oflags", "cl_ord_id", "trades",
    }  # fmt: skip
    assert set(order["descr"]) == {
        "pair", "aclass", "type", "ordertype", "price", "price2", "leverage", "order", "close",
    }  # fmt: skip


async def test_a_purchase_holds_its_fee_back_too(wire: Wire) -> None:
    placed = await wire.order()
    balance = await wire.private("BalanceEx")
    assert balance["ZUSD"] == {"balance": "100000.0000", "hold_trade": "502.0000"}
    await wire.private("CancelOrder", txid=placed["txid"][0])
    assert (await wire.private("BalanceEx"))["ZUSD"]["hold_trade"] == "0.0000"


async def test_volume_in_quote_spends_no_more_than_was_asked(wire: Wire) -> None:
    order = await queried(
        wire, await wire.order(ordertype="market", price=None, volume="600", oflags="viqc")
    )
    assert (order["status"], order["vol"], order["oflags"]) == (
        "closed",
        "600.00000000",
        "fciq,viqc",
    )
    assert Decimal(599) < Decimal(order["cost"]) <= 600
    assert Decimal(order["fee"]) == (Decimal(order["cost"]) * Decimal("0.004")).quantize(
        Decimal("0.00001"), "ROUND_DOWN"
    )


async def test_an_order_good_till_a_date_expires_then(wire: Wire, clock: Clock) -> None:
    placed = await wire.order(timeinforce="GTD", expiretm="+30")
    other = await wire.order(expiretm=str(clock.now // 1_000 + 60))
    clock.now += 29_999
    assert (await queried(wire, placed))["status"] == "open"
    clock.now += 1
    order = await queried(wire, placed)
    assert (order["status"], order["reason"]) == ("expired", "Order expired")
    assert (await queried(wire, other))["status"] == "open"


async def test_a_price_may_be_relative_to_the_last_one(wire: Wire) -> None:
    assert wire.venue.exchange.books["BTC/USD"].last_price == 600_000
    stop = {"type": "sell", "ordertype": "stop-loss"}
    profit = {"type": "sell", "ordertype": "take-profit"}
    prices = [
        (await queried(wire, await wire.order(**change)))["descr"]["price"]
        for change in (
            {"price": "-1000.5"},
            {"price": "-10%"},
            {"price": "#5%"},
            {"price": "#5%", "type": "sell"},
            {"price": "#5%", **stop},
            {"price": "#5%", **profit},
            {"price": "+1%", **profit},
        )
    ]
    assert prices == ["58999.5", "54000.0", "57000.0", "63000.0", "57000.0", "63000.0", "60600.0"]


async def test_own_orders_that_meet_do_not_trade(wire: Wire) -> None:
    # Both sides lie between the market's own best prices, so that only they can meet.
    best = wire.venue.exchange.books["BTC/USD"].bids.best() or 0
    inside = f"{best / 10 + 1:.1f}"
    ends = []
    for stptype in (None, "cancel-newest", "cancel-oldest", "cancel-both"):
        resting = await wire.order(price=inside)
        coming = await wire.order(price=inside, type="sell", stptype=stptype)
        ends.append([(await queried(wire, each))["status"] for each in (resting, coming)])
        await wire.private("CancelAll")
    assert ends == [
        ["open", "canceled"],
        ["open", "canceled"],
        ["canceled", "open"],
        ["canceled", "canceled"],
    ]
    assert await wire.order(stptype="none") == "EGeneral:Invalid arguments:stptype"
    assert not wire.venue.ledger.of("order.traded")


async def test_a_stop_waits_and_says_its_trigger(wire: Wire) -> None:
    placed = await wire.order(
        type="sell", ordertype="stop-loss-limit", price="55000", price2="54900"
    )
    order = await queried(wire, placed)
    assert (order["status"], order["trigger"]) == ("open", "last")
    assert (order["descr"]["price"], order["descr"]["price2"]) == ("55000.0", "54900.0")
    assert order["limitprice"] == "54900.0"


async def test_a_reference_names_several_orders_and_a_client_id_one(wire: Wire) -> None:
    for _ in range(2):
        await wire.order(userref="7")
    await wire.order(cl_ord_id="mine")
    assert len((await wire.private("OpenOrders", userref="7"))["open"]) == 2
    assert len((await wire.private("OpenOrders", cl_ord_id="mine"))["open"]) == 1
    assert await wire.private("CancelOrder", txid="7") == {"count": 2}
    assert await wire.private("CancelOrder", cl_ord_id="mine") == {"count": 1}
    assert "txid" in await wire.order(cl_ord_id="mine")
    accepted = [entry.body["client_order_id"] for entry in wire.venue.ledger.of("order.accepted")]
    assert accepted == ["", "", "mine", "mine"]


async def test_a_batch_tells_of_each_order_and_is_placed_only_if_all_can_be_read(
    wire: Wire,
) -> None:
    row = {"ordertype": "limit", "type": "buy", "volume": "0.01"}
    told = await post(
        wire,
        "AddOrderBatch",
        pair="XBTUSD",
        orders=[{**row, "price": "50000"}, {**row, "price": "50000", "volume": "9"}],
    )
    assert [set(each) for each in told["orders"]] == [{"txid", "descr"}, {"descr", "error"}]
    assert told["orders"][1]["error"] == "EOrder:Insufficient funds"
    unread = await post(
        wire, "AddOrderBatch", pair="XBTUSD", orders=[{**row, "price": "50000"}, row]
    )
    assert unread == "EGeneral:Invalid arguments:price"
    assert await post(wire, "AddOrderBatch", pair="XBTUSD", orders=[row]) == (
        "EGeneral:Invalid arguments:orders"
    )
    assert len(wire.venue.ledger.of("order.accepted")) == 1
    txid = told["orders"][0]["txid"]
    assert await post(wire, "CancelOrderBatch", orders=[txid, "OAAAAA-BBBBB-CCCCCC"]) == {
        "count": 1
    }


async def test_an_edited_order_is_a_new_one_and_the_old_one_is_gone(wire: Wire) -> None:
    placed = await wire.order(userref="5")
    edited = await wire.private(
        "EditOrder", pair="XBTUSD", txid=placed["txid"][0], volume="0.02", price="51000"
    )
    assert (edited["status"], edited["orders_cancelled"]) == ("ok", 1)
    assert (edited["originaltxid"], edited["price"]) == (placed["txid"][0], "51000.0")
    assert edited["txid"] != placed["txid"][0]
    old = await queried(wire, placed)
    assert (old["status"], old["reason"]) == ("canceled", "Order replaced")
    new = (await wire.private("OpenOrders"))["open"]
    assert [(txid, order["vol"], order["userref"]) for txid, order in new.items()] == [
        (edited["txid"], "0.02000000", 5)
    ]


async def test_the_dead_mans_switch_cancels_all_unless_it_is_held(wire: Wire, clock: Clock) -> None:
    await wire.order()
    told = await wire.private("CancelAllOrdersAfter", timeout="60")
    assert told == {
        "currentTime": "2027-01-15T08:00:00Z",
        "triggerTime": "2027-01-15T08:01:00Z",
    }
    clock.now += 59_000
    await wire.private("CancelAllOrdersAfter", timeout="60")
    clock.now += 59_000
    assert len((await wire.private("OpenOrders"))["open"]) == 1
    clock.now += 1_000
    assert (await wire.private("OpenOrders"))["open"] == {}
    await wire.order()
    assert (await wire.private("CancelAllOrdersAfter", timeout="0"))["triggerTime"] == "0"
    clock.now += 86_400_000
    assert len((await wire.private("OpenOrders"))["open"]) == 1
