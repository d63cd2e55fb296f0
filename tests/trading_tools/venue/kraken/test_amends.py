"""Orders that are changed in place: what they keep, what they cost, what is refused."""

from __future__ import annotations

from typing import Any

from tests.support.kraken_venue import Wire
from tests.support.venues import Clock, keys, point_at


async def queried(wire: Wire, txid: str) -> dict[str, Any]:
    """An order as it is now."""
    found: dict[str, Any] = (await wire.private("QueryOrders", txid=txid))[txid]
    return found


async def test_an_amended_order_keeps_its_id_and_holds_what_it_now_costs(
    wire: Wire, clock: Clock
) -> None:
    txid = (await wire.order(cl_ord_id="mine"))["txid"][0]
    clock.now += 5
    told = await wire.private("AmendOrder", txid=txid, order_qty="0.02", limit_price="51000")
    assert set(told) == {"amend_id"}
    order = await queried(wire, txid)
    assert (order["vol"], order["descr"]["price"]) == ("0.02000000", "51000.0")
    assert (order["status"], order["cl_ord_id"], order["misc"]) == ("open", "mine", "amended")
    assert (await wire.private("BalanceEx"))["ZUSD"]["hold_trade"] == "1024.0800"
    history = await wire.private("OrderAmends", order_id=txid)
    assert [each["amend_type"] for each in history["amends"]] == ["original", "user"]
    assert [each["limit_price"] for each in history["amends"]] == ["50000.0", "51000.0"]
    assert history["amends"][1]["amend_id"] == told["amend_id"]
    assert len(wire.venue.ledger.of("order.accepted")) == 1
    assert wire.venue.ledger.of("order.amended")[0].body["price"] == "51000.00000000"


async def test_an_amend_that_crosses_the_book_trades(wire: Wire) -> None:
    txid = (await wire.order(volume="0.001"))["txid"][0]
    refused = await wire.private("AmendOrder", txid=txid, limit_price="70000", post_only="true")
    assert refused == "EOrder:Post only order"
    assert set(await wire.private("AmendOrder", txid=txid, limit_price="70000")) == {"amend_id"}
    assert (await queried(wire, txid))["status"] == "closed"


async def test_a_size_below_what_is_filled_cancels_the_rest(wire: Wire) -> None:
    ask = wire.venue.exchange.books["BTC/USD"].asks.best() or 0
    txid = (await wire.order(volume="0.5", price=f"{ask / 10:.1f}"))["txid"][0]
    filled = (await queried(wire, txid))["vol_exec"]
    assert 0 < float(filled) < 0.5
    await wire.private("AmendOrder", txid=txid, order_qty="0.00005")
    order = await queried(wire, txid)
    assert (order["status"], order["vol_exec"]) == ("canceled", filled)


async def test_an_amend_that_makes_no_sense_changes_nothing(wire: Wire) -> None:
    txid = (await wire.order())["txid"][0]
    told = [
        await wire.private("AmendOrder", **params)
        for params in (
            {},
            {"txid": txid},
            {"txid": "OAAAAA-BBBBB-CCCCCC", "order_qty": "1"},
            {"txid": txid, "order_qty": "-1"},
            {"txid": txid, "order_qty": "9"},
            {"txid": txid, "order_qty": "0.00001"},
            {"txid": txid, "limit_price": "50000.05"},
            {"txid": txid, "trigger_price": "50000"},
            {"txid": txid, "order_qty": "0.01", "limit_price": "50000"},
        )
    ]
    assert told == [
        "EGeneral:Invalid arguments",
        "EGeneral:Invalid arguments",
        "EOrder:Unknown order",
        "EGeneral:Invalid arguments:order_qty",
        "EOrder:Insufficient funds",
        "EGeneral:Invalid arguments:volume minimum not met",
        "EOrder:Invalid price:XBTUSD price can only be specified up to 1 decimals.",
        "EGeneral:Invalid arguments:trigger_price",
        "EGeneral:Invalid arguments",
    ]
    assert not wire.venue.ledger.of("order.amended")
    assert (await queried(wire, txid))["vol"] == "0.01000000"


async def test_ccxt_edits_an_order_in_place(wire: Wire) -> None:
    import ccxt.async_support

    client = point_at(ccxt.async_support.kraken(keys(wire.venue)), wire.server.port)
    try:
        order = await client.create_order("BTC/USD", "limit", "buy", 0.01, 50_000)
        edited = await client.edit_order(order["id"], "BTC/USD", "limit", "buy", 0.02, 51_000)
        found = await client.fetch_order(order["id"])
    finally:
        await client.close()
    assert edited["id"] != order["id"]  # the id of the change: ccxt has no other
    assert (found["price"], found["amount"], found["status"]) == (51_000, 0.02, "open")
