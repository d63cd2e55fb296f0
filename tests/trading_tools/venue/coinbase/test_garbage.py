"""What no client should send: the venue answers in its own format and goes on."""

from __future__ import annotations

from typing import Any

from tests.support.coinbase_venue import V3, Wire
from trading_tools.venue.coinbase.adapter import REST_HOST

ORDERS = f"{V3}/orders"


async def posted(wire: Wire, body: str | bytes, path: str = ORDERS) -> tuple[int, Any]:
    """The answer to a signed body of these bytes."""
    headers = wire.bearer(wire.token(f"POST {REST_HOST}{path}"))
    status, told, _ = await wire.send("POST", path, body=body, headers=headers)
    return status, told


async def test_bodies_that_are_no_orders_are_refused(wire: Wire) -> None:
    market = '"order_configuration":{"market_market_ioc":{"base_size":%s}}'
    rest = '"client_order_id":"a","product_id":"BTC-USD","side":"BUY",'
    for body in (
        b"{",
        b"[]",
        b"null",
        b"\xff\xfe",
        b'{"a":' * 100_000,
        b"",
        b'{"client_order_id":["a"]}',
        b'{"client_order_id":"a","order_configuration":{}}',
        b'{"client_order_id":"a","order_configuration":{"a":1,"b":2}}',
        b'{"client_order_id":"a","order_configuration":{"limit_limit_gtc":7}}',
        b'{"client_order_id":"a","product_id":"BTC-USD","side":"BUY","order_configuration":'
        b'{"limit_limit_gtc":{"base_size":"1","limit_price":"1","post_only":"true"}}}',
        *(
            f"{{{rest}{market % size}}}".encode()
            for size in ('"NaN"', '"Infinity"', "NaN", "1e999", '"0x1"', '""', "true", "[1]")
        ),
    ):
        status, told = await posted(wire, body)
        assert (status, told["error"]) == (400, "INVALID_ARGUMENT"), body[:80]
    status, told = await posted(wire, f"{{{rest}{market % '1e-7'}}}".encode())
    assert (status, told["error_response"]["error"]) == (200, "INVALID_SIZE_PRECISION")
    assert not wire.place.ledger.of("order.accepted")
    assert await wire.get("/accounts")


async def test_numbers_of_json_are_read_as_they_were_written(wire: Wire) -> None:
    body = (
        '{"client_order_id":"a","product_id":"BTC-USD","side":"BUY","order_configuration":'
        '{"limit_limit_gtc":{"base_size":0.010000,"limit_price":50000}}}'
    )
    status, told = await posted(wire, body)
    assert (status, told["success"]) == (200, True)
    assert (await wire.order_now(told["order_id"]))["workable_size"] == "0.01"


async def test_an_unknown_endpoint_is_a_404_in_the_apis_own_format(wire: Wire) -> None:
    status, told, _ = await wire.signed("GET", f"{V3}/intx/positions")
    assert (status, told["error"]) == (404, "NOT_FOUND")
    status, told, _ = await wire.send("POST", "/v2/accounts/1/buys")
    assert (status, told["errors"][0]["id"]) == (404, "not_found")
    missing = [entry.body["path"] for entry in wire.place.ledger.of("endpoint.missing")]
    assert missing == [f"{V3}/intx/positions", "/v2/accounts/1/buys"]


async def test_queries_that_make_no_sense_are_refused(wire: Wire) -> None:
    candles = f"{V3}/market/products/BTC-USD/candles"
    for path, query in (
        (candles, "granularity=ONE_MINUTE"),
        (candles, "granularity=ONE_WEEK&start=1&end=2"),
        (candles, "granularity=ONE_MINUTE&start=1.5&end=2"),
        (candles, "granularity=ONE_MINUTE&start=1800000000&end=1800030000"),
        (f"{V3}/market/products/BTC-USD/ticker", "limit=-1"),
        (f"{V3}/market/product_book", ""),
    ):
        status, told, _ = await wire.send("GET", path, query)
        assert (status, told["error"]) == (400, "INVALID_ARGUMENT"), (path, query)
    status, told, _ = await wire.send("GET", f"{V3}/market/product_book", "product_id=NO-USD")
    assert (status, told["message"]) == (404, "valid product_id is required")
    status, told, _ = await wire.send("GET", "/v2/exchange-rates", "currency=NIX")
    assert (status, told["errors"][0]["id"]) == (400, "invalid_request")
    status, told, _ = await wire.signed("GET", "/v2/accounts", starting_after="nobody")
    assert (status, told["errors"][0]["id"]) == (400, "invalid_request")
