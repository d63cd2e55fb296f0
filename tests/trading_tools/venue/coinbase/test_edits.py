"""Orders that are changed, previewed, or end by themselves."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from tests.support.coinbase_venue import V3, Wire
from tests.support.venues import Clock


async def edited(wire: Wire, **body: Any) -> Any:
    """The reply to an edit."""
    status, told, _ = await wire.signed("POST", f"{V3}/orders/edit", body)
    assert status == 200
    return told


async def test_an_edit_changes_price_and_size_and_keeps_the_id(wire: Wire) -> None:
    number = (await wire.limit())["order_id"]
    told = await edited(wire, order_id=number, price="51000", size="0.02")
    assert told == {"success": True, "errors": []}
    order = await wire.order_now(number)
    values = {"base_size": "0.02", "limit_price": "51000", "post_only": False}
    assert order["order_configuration"] == {"limit_limit_gtc": values}
    assert order["outstanding_hold_amount"] == "1032.24"
    assert [(each["price"], each["size"]) for each in order["edit_history"]] == [("51000", "0.02")]
    assert len(wire.place.ledger.of("order.amended")) == 1


async def test_an_edit_that_cannot_be_done_says_why_and_changes_nothing(wire: Wire) -> None:
    number = (await wire.limit())["order_id"]
    market = {"market_market_ioc": {"base_size": "0.01"}}
    filled = (await wire.order(order_configuration=market))["order_id"]
    day = {"base_size": "0.01", "limit_price": "50000", "end_time": "2030-01-01T00:00:00Z"}
    gtd = (await wire.order(order_configuration={"limit_limit_gtd": day}))["order_id"]
    unknown = "UNKNOWN_EDIT_ORDER_FAILURE_REASON"
    for body, edit, preview in (
        ({"order_id": "nobody"}, "ORDER_NOT_FOUND", None),
        ({"order_id": filled}, "ONLY_OPEN_ORDERS_CAN_BE_EDITED", None),
        ({"order_id": gtd}, "ONLY_LIMIT_ORDER_EDITS_SUPPORTED", None),
        ({"size": None}, "INVALID_EDITED_SIZE", None),
        ({"price": None}, "INVALID_EDITED_PRICE", None),
        ({"size": "0"}, "INVALID_EDITED_SIZE", None),
        ({"price": "-1"}, "INVALID_EDITED_PRICE", None),
        ({"size": "0.0000001"}, "INVALID_EDITED_SIZE", "PREVIEW_INVALID_SIZE_PRECISION"),
        ({"price": "50000", "size": "0.01"}, "EDIT_REQUEST_EQUAL_TO_ORIGINAL_REQUEST", None),
        ({"stop_price": "1"}, "FIELD_STOPPRICE_NOT_SUPPORTED", None),
        ({"size": "9"}, unknown, "PREVIEW_INSUFFICIENT_FUND"),
        ({"price": "1"}, unknown, "PREVIEW_LIMIT_PRICE_TOO_FAR_FROM_MARKET"),
    ):
        told = await edited(wire, **{"order_id": number, "price": "51000", "size": "0.02", **body})
        wanted = {
            "edit_failure_reason": edit,
            "preview_failure_reason": preview or "UNKNOWN_PREVIEW_FAILURE_REASON",
        }
        assert told == {"success": False, "errors": [wanted]}, body
    order = await wire.order_now(number)
    assert (order["outstanding_hold_amount"], order["edit_history"]) == ("506", [])
    assert wire.place.ledger.of("request.answered")[-2].body["code"] == unknown


async def test_an_edit_may_trade_at_once_and_not_below_what_is_filled(wire: Wire) -> None:
    best = (await wire.get("/product_book", product_id="BTC-USD", limit=1))["pricebook"]
    ask = best["asks"][0]
    size = str(Decimal(ask["size"]) + Decimal("0.01"))
    number = (await wire.limit(base_size=size, limit_price="50000"))["order_id"]
    await edited(wire, order_id=number, price=ask["price"], size=size)
    order = await wire.order_now(number)
    assert (order["status"], order["filled_size"]) == ("OPEN", ask["size"])
    told = await edited(wire, order_id=number, price=ask["price"], size=ask["size"])
    assert told["errors"][0]["edit_failure_reason"] == "CANNOT_EDIT_TO_BELOW_FILLED_SIZE"


async def test_a_stop_is_edited_with_its_stop_price(wire: Wire) -> None:
    values = {
        "base_size": "0.01",
        "limit_price": "54000",
        "stop_price": "55000",
        "stop_direction": "STOP_DIRECTION_STOP_DOWN",
    }
    told = await wire.order(side="SELL", order_configuration={"stop_limit_stop_limit_gtc": values})
    number = told["order_id"]
    told = await edited(wire, order_id=number, price="53000", size="0.01", stop_price="54500")
    assert told["success"] is True
    order = await wire.order_now(number)
    shown = order["order_configuration"]["stop_limit_stop_limit_gtc"]
    assert (shown["limit_price"], shown["stop_price"]) == ("53000", "54500")
    assert order["trigger_status"] == "STOP_PENDING"


async def test_an_order_with_a_date_expires_by_itself(wire: Wire, clock: Clock) -> None:
    day = {"base_size": "0.01", "limit_price": "50000", "end_time": "2027-01-15T08:01:00Z"}
    number = (await wire.order(order_configuration={"limit_limit_gtd": day}))["order_id"]
    order = await wire.order_now(number)
    assert (order["status"], order["time_in_force"]) == ("OPEN", "GOOD_UNTIL_DATE_TIME")
    clock.now += 60_000
    order = await wire.order_now(number)
    assert (order["status"], order["outstanding_hold_amount"]) == ("EXPIRED", "0")
    assert len(wire.place.ledger.of("order.expired")) == 1
    for late in ("2027-01-15T08:00:59Z", "tomorrow", None):
        body = {
            "client_order_id": "late",
            "product_id": "BTC-USD",
            "side": "BUY",
            "order_configuration": {"limit_limit_gtd": {**day, "end_time": late}},
        }
        status, told, _ = await wire.signed("POST", f"{V3}/orders", body)
        assert (status, told["error"]) == (400, "INVALID_ARGUMENT")


async def test_a_preview_tells_costs_and_reasons_and_places_nothing(wire: Wire) -> None:
    def body(**values: Any) -> dict[str, Any]:
        return {"product_id": "BTC-USD", "side": "BUY", "order_configuration": values}

    path = f"{V3}/orders/preview"
    market = body(market_market_ioc={"base_size": "0.01"})
    told = (await wire.signed("POST", path, market))[1]
    assert (told["errs"], told["commission_total"]) == ([], "7.20036")
    assert (told["quote_size"], told["order_total"]) == ("600.03", "607.23036")
    assert told["est_average_filled_price"] == told["best_ask"]
    waiting = body(limit_limit_gtc={"base_size": "0.01", "limit_price": "50000"})
    told = (await wire.signed("POST", path, waiting))[1]
    assert (told["order_total"], told["commission_total"]) == ("503", "3")
    dear = body(limit_limit_gtc={"base_size": "3", "limit_price": "50000"})
    told = (await wire.signed("POST", path, dear))[1]
    assert (told["errs"], told["preview_id"]) == (["PREVIEW_INSUFFICIENT_FUND"], "")
    fine = body(limit_limit_gtc={"base_size": "0.0000001", "limit_price": "50000"})
    told = (await wire.signed("POST", path, fine))[1]
    assert told["errs"] == ["PREVIEW_INVALID_SIZE_PRECISION"]
    assert not wire.place.ledger.of("order.accepted", "order.rejected")


async def test_an_edit_is_previewed_without_being_made(wire: Wire) -> None:
    number = (await wire.limit())["order_id"]
    path = f"{V3}/orders/edit_preview"
    body = {"order_id": number, "price": "51000", "size": "0.02"}
    told = (await wire.signed("POST", path, body))[1]
    assert (told["errors"], told["order_total"]) == ([], "1026.12")
    told = (await wire.signed("POST", path, {**body, "order_id": "nobody"}))[1]
    assert told["errors"][0]["edit_failure_reason"] == "ORDER_NOT_FOUND"
    assert (await wire.order_now(number))["edit_history"] == []
