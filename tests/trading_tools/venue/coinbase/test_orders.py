"""Orders over plain HTTP: what is taken, what is refused and how, and what queries show."""

from __future__ import annotations

from typing import Any

from tests.support.coinbase_venue import V3, Wire
from tests.support.venues import Clock


def reasons(told: dict[str, Any]) -> tuple[str, str]:
    """Why an order was refused: the error, and the preview's name of it."""
    assert told["success"] is False
    assert told["order_id"] == ""
    why = told["error_response"]
    return why["error"], why["preview_failure_reason"]


async def test_a_limit_order_is_shown_with_what_was_asked_and_what_it_holds(wire: Wire) -> None:
    told = await wire.limit(base_size="0.0100", limit_price="50000.00")
    assert told["success"] is True
    assert told["success_response"]["client_order_id"] == "test-1"
    order = await wire.order_now(told["order_id"])
    sent = {"base_size": "0.0100", "limit_price": "50000.00", "post_only": False}
    assert order["order_configuration"] == {"limit_limit_gtc": sent}
    assert (order["status"], order["order_type"]) == ("OPEN", "LIMIT")
    assert order["time_in_force"] == "GOOD_UNTIL_CANCELLED"
    # The hold is the order's worth and the dearer fee of 1.2 %.
    assert order["outstanding_hold_amount"] == "506"
    dollars = next(
        each for each in (await wire.get("/accounts"))["accounts"] if each["currency"] == "USD"
    )
    assert (dollars["available_balance"]["value"], dollars["hold"]["value"]) == ("99494", "506")
    older = (await wire.signed("GET", "/v2/accounts"))[1]["data"]
    whole = next(each for each in older if each["currency"]["code"] == "USD")
    assert whole["balance"] == {"amount": "100000", "currency": "USD"}


async def test_fees_are_paid_in_quote_on_top_of_a_purchase(wire: Wire) -> None:
    values = {"base_size": "0.01"}
    told = await wire.order(order_configuration={"market_market_ioc": values})
    order = await wire.order_now(told["order_id"])
    assert (order["status"], order["settled"]) == ("FILLED", True)
    assert order["filled_value"] == "600.03"
    assert order["total_fees"] == "7.20036"
    assert order["total_value_after_fees"] == "607.23036"
    wallets = {each["currency"]: each for each in (await wire.get("/accounts"))["accounts"]}
    assert wallets["BTC"]["available_balance"]["value"] == "1.01"
    assert wallets["USD"]["available_balance"]["value"] == "99392.76964"
    assert wallets["USD"]["hold"]["value"] == "0"
    (fill,) = (await wire.get("/orders/historical/fills"))["fills"]
    assert (fill["commission"], fill["liquidity_indicator"]) == ("7.20036", "TAKER")
    assert (fill["size"], fill["size_in_quote"]) == ("0.01", False)


async def test_a_quote_size_pays_for_the_fee_too(wire: Wire) -> None:
    told = await wire.order(order_configuration={"market_market_ioc": {"quote_size": "600"}})
    order = await wire.order_now(told["order_id"])
    spent = float(order["total_value_after_fees"])
    assert 599 < spent <= 600
    assert (order["size_in_quote"], order["size_inclusive_of_fees"]) == (True, True)
    (fill,) = (await wire.get("/orders/historical/fills"))["fills"]
    assert (fill["size"], fill["size_in_quote"]) == (order["filled_value"], True)


async def test_the_same_client_id_returns_the_order_that_has_it(wire: Wire) -> None:
    first = await wire.order(client_order_id="mine")
    again = await wire.order(client_order_id="mine", side="SELL", product_id="ETH-USD")
    assert again["order_id"] == first["order_id"]
    assert again["success_response"]["side"] == "BUY"
    await wire.signed("POST", f"{V3}/orders/batch_cancel", {"order_ids": [first["order_id"]]})
    ended = await wire.order(client_order_id="mine")
    assert ended["order_id"] == first["order_id"]
    assert len(wire.place.ledger.of("order.accepted")) == 1


async def test_a_client_id_is_required_and_bounded(wire: Wire) -> None:
    for text in (None, "", "x" * 129):
        body = {"client_order_id": text, "product_id": "BTC-USD", "side": "BUY"}
        status, told, _ = await wire.signed("POST", f"{V3}/orders", body)
        assert (status, told["error"]) == (400, "INVALID_ARGUMENT")


async def test_each_reason_has_its_words(wire: Wire) -> None:
    unknown = "UNKNOWN_FAILURE_REASON"
    for values, error, preview in (
        ({"base_size": "0.0100001"}, "INVALID_SIZE_PRECISION", "SIZE_PRECISION"),
        ({"base_size": "0.0100000000001"}, "INVALID_SIZE_PRECISION", "SIZE_PRECISION"),
        ({"limit_price": "50000.001"}, "INVALID_PRICE_PRECISION", "PRICE_PRECISION"),
        ({"base_size": "0"}, unknown, "BASE_SIZE_TOO_SMALL"),
        ({"base_size": "-1"}, unknown, "BASE_SIZE_TOO_SMALL"),
        ({"base_size": "5000"}, unknown, "BASE_SIZE_TOO_LARGE"),
        ({"base_size": "0.00001"}, unknown, "QUOTE_SIZE_TOO_SMALL"),
        ({"base_size": "3100"}, unknown, "QUOTE_SIZE_TOO_LARGE"),
        ({"limit_price": "0"}, "INVALID_LIMIT_PRICE", "LIMIT_PRICE"),
        ({"limit_price": "-50000"}, "INVALID_LIMIT_PRICE", "LIMIT_PRICE"),
        (
            {"limit_price": "70000", "post_only": True},
            "INVALID_LIMIT_PRICE_POST_ONLY",
            "LIMIT_PRICE_POST_ONLY",
        ),
    ):
        told = await wire.limit(**values)
        assert reasons(told) == (error, f"PREVIEW_INVALID_{preview}"), values
    told = await wire.limit(limit_price="9000")
    assert reasons(told) == (unknown, "PREVIEW_LIMIT_PRICE_TOO_FAR_FROM_MARKET")
    told = await wire.limit(base_size="2")
    assert reasons(told) == ("INSUFFICIENT_FUND", "PREVIEW_INSUFFICIENT_FUND")
    echoed = {"base_size": "2", "limit_price": "50000", "post_only": False}
    assert told["order_configuration"] == {"limit_limit_gtc": echoed}
    assert reasons(await wire.order(product_id="BTC-XXX"))[0] == "INVALID_PRODUCT_ID"
    assert reasons(await wire.order(side="HOLD"))[0] == "INVALID_SIDE"
    bracket = {"trigger_bracket_gtc": {"base_size": "1", "limit_price": "1"}}
    told = await wire.order(order_configuration=bracket)
    assert told["order_configuration"] == bracket
    assert reasons(told)[0] == "UNSUPPORTED_ORDER_CONFIGURATION"
    told = await wire.order(attached_order_configuration=bracket)
    assert reasons(told)[0] == "UNSUPPORTED_ORDER_CONFIGURATION"
    assert not wire.place.ledger.of("order.accepted")


async def test_stops_wait_on_the_side_that_their_direction_names(wire: Wire) -> None:
    def stop(direction: str, price: str) -> dict[str, Any]:
        values = {"base_size": "0.01", "limit_price": "54000", "stop_price": price}
        return {"stop_limit_stop_limit_gtc": {**values, "stop_direction": direction}}

    down, up = "STOP_DIRECTION_STOP_DOWN", "STOP_DIRECTION_STOP_UP"
    told = await wire.order(side="SELL", order_configuration=stop(down, "55000"))
    order = await wire.order_now(told["order_id"])
    assert (order["status"], order["trigger_status"]) == ("OPEN", "STOP_PENDING")
    assert order["order_type"] == "STOP_LIMIT"
    told = await wire.order(side="SELL", order_configuration=stop(down, "65000"))
    assert reasons(told)[1] == "PREVIEW_STOP_PRICE_ABOVE_LAST_TRADE_PRICE"
    told = await wire.order(side="BUY", order_configuration=stop(up, "55000"))
    assert reasons(told)[1] == "PREVIEW_STOP_PRICE_BELOW_LAST_TRADE_PRICE"
    for direction, price in (("sideways", "55000"), (down, "-1")):
        told = await wire.order(side="SELL", order_configuration=stop(direction, price))
        assert reasons(told)[1] == "PREVIEW_INVALID_STOP_PRICE"


async def test_what_does_not_trade_at_once_is_cancelled_where_it_may_not_wait(wire: Wire) -> None:
    for name in ("sor_limit_ioc", "limit_limit_fok"):
        values = {"base_size": "0.01", "limit_price": "50000"}
        told = await wire.order(order_configuration={name: values})
        order = await wire.order_now(told["order_id"])
        assert (order["status"], order["outstanding_hold_amount"]) == ("CANCELLED", "0")
    large = {"base_size": "3", "limit_price": "61000"}
    told = await wire.order(side="SELL", order_configuration={"limit_limit_fok": large})
    assert reasons(told)[0] == "INSUFFICIENT_FUND"


async def test_a_batch_cancel_answers_for_each_order(wire: Wire) -> None:
    first, second = [(await wire.limit())["order_id"] for _ in range(2)]
    market = {"market_market_ioc": {"base_size": "0.01"}}
    filled = (await wire.order(order_configuration=market))["order_id"]
    path = f"{V3}/orders/batch_cancel"
    ids = [first, second, first, filled, "no-such-order"]
    results = (await wire.signed("POST", path, {"order_ids": ids}))[1]["results"]
    assert [each["success"] for each in results] == [True, True, False, False, False]
    assert [each["failure_reason"] for each in results[2:]] == [
        "DUPLICATE_CANCEL_REQUEST",
        "ORDER_IS_FULLY_FILLED",
        "UNKNOWN_CANCEL_ORDER",
    ]
    assert [each["order_id"] for each in results] == ids
    answered = wire.place.ledger.of("request.answered")[-1]
    assert (answered.body["status"], answered.body["code"]) == (200, "DUPLICATE_CANCEL_REQUEST")
    for wrong in ([], ["x"] * 101, "text", [1]):
        status, told, _ = await wire.signed("POST", path, {"order_ids": wrong})
        assert (status, told["error"]) == (400, "INVALID_ARGUMENT"), wrong


async def test_an_order_is_not_found_by_its_clients_id(wire: Wire) -> None:
    await wire.order(client_order_id="mine")
    status, told, _ = await wire.signed("GET", f"{V3}/orders/historical/mine")
    words = "order with this orderID was not found"
    assert (status, told) == (
        404,
        {"error": "NOT_FOUND", "error_details": words, "message": words},
    )


async def test_orders_and_fills_come_in_pages_newest_first(wire: Wire, clock: Clock) -> None:
    made = []
    for _ in range(5):
        clock.now += 1_000
        market = {"market_market_ioc": {"base_size": "0.001"}}
        made.append((await wire.order(order_configuration=market))["order_id"])
    for path, rows in (("batch", "orders"), ("fills", "fills")):
        found: list[str] = []
        cursor = ""
        for length in (2, 2, 1):
            page = await wire.get(f"/orders/historical/{path}", limit=2, cursor=cursor)
            assert len(page[rows]) == length
            found += [each["order_id"] for each in page[rows]]
            cursor = page["cursor"]
        assert (found, cursor) == (made[::-1], "")
    status, told, _ = await wire.signed("GET", f"{V3}/orders/historical/batch", cursor="x")
    assert (status, told["error"]) == (400, "INVALID_ARGUMENT")


async def test_orders_are_filtered(wire: Wire, clock: Clock) -> None:
    early = (await wire.limit())["order_id"]
    clock.now += 60_000
    market = {"market_market_ioc": {"base_size": "0.001"}}
    late = (await wire.order(order_configuration=market, side="SELL"))["order_id"]
    values = {"base_size": "0.1", "limit_price": "2500"}
    eth = await wire.order(product_id="ETH-USD", order_configuration={"limit_limit_gtc": values})
    minute = "2027-01-15T08:00:30Z"
    for query, wanted in (
        ({"order_status": "OPEN"}, [eth["order_id"], early]),
        ({"order_status": ["FILLED", "CANCELLED"]}, [late]),
        ({"order_status": "OPEN", "product_id": "BTC-USD"}, [early]),
        ({"product_ids": ["ETH-USD", "SOL-USD"]}, [eth["order_id"]]),
        ({"order_side": "SELL"}, [late]),
        ({"order_types": "MARKET"}, [late]),
        ({"time_in_forces": "GOOD_UNTIL_CANCELLED"}, [eth["order_id"], early]),
        ({"order_ids": early}, [early]),
        ({"start_date": minute}, [eth["order_id"], late]),
        ({"end_date": minute}, [early]),
        ({"product_type": "FUTURE"}, []),
    ):
        page = await wire.get("/orders/historical/batch", **query)
        assert [each["order_id"] for each in page["orders"]] == wanted, query
    for wrong in ({"order_status": ["OPEN", "PENDING"]}, {"order_status": "DONE"}):
        status, told, _ = await wire.signed("GET", f"{V3}/orders/historical/batch", **wrong)
        assert (status, told["error"]) == (400, "INVALID_ARGUMENT")


async def test_a_spot_position_cannot_be_closed(wire: Wire) -> None:
    body = {"client_order_id": "close", "product_id": "BTC-USD", "amount": 0.01}
    status, told, _ = await wire.signed("POST", f"{V3}/orders/close_position", body)
    assert (status, told["success"]) == (200, False)
    assert told["error_response"]["error"] == "INVALID_PRODUCT_ID"
    assert not wire.place.ledger.of("order.accepted", "order.rejected")


async def test_an_account_without_futures_has_none(wire: Wire) -> None:
    assert await wire.get("/cfm/positions") == {"positions": []}
    assert await wire.get("/cfm/balance_summary") == {"balance_summary": None}
    assert await wire.get("/cfm/sweeps") == {"sweeps": []}
    status, told, _ = await wire.signed("GET", f"{V3}/cfm/positions/BIT-25DEC26-CDE")
    assert (status, told["error"]) == (404, "NOT_FOUND")
