"""Wallets, portfolio, fees and the older API's prices, over plain HTTP."""

from __future__ import annotations

from dataclasses import replace

import aiohttp

from tests.support.coinbase_venue import QUIET, V3, Wire, coinbase, serving
from tests.support.venues import Clock
from trading_tools.venue.coinbase.listing import PRODUCTS


async def test_wallets_come_in_pages_of_both_apis(wire: Wire) -> None:
    assets = wire.place.assets
    found, cursor = [], ""
    while True:
        page = await wire.get("/accounts", limit=2, cursor=cursor)
        found += [each["currency"] for each in page["accounts"]]
        assert page["size"] == len(page["accounts"])
        cursor = page["cursor"]
        assert page["has_next"] is (cursor != "")
        if not cursor:
            break
    assert found == assets
    older, after = [], ""
    while True:
        status, page, _ = await wire.signed("GET", "/v2/accounts", limit=2, starting_after=after)
        assert status == 200
        older += [each["currency"]["code"] for each in page["data"]]
        after = page["pagination"]["next_starting_after"]
        if after is None:
            break
        assert page["pagination"]["next_uri"] == f"/v2/accounts?limit=2&starting_after={after}"
    assert older == assets
    first = (await wire.get("/accounts", limit=1))["accounts"][0]
    assert (await wire.get(f"/accounts/{first['uuid']}"))["account"] == first
    same = (await wire.signed("GET", f"/v2/accounts/{first['uuid']}"))[1]["data"]
    assert same == (await wire.signed("GET", f"/v2/accounts/{first['currency']}"))[1]["data"]
    for path, status in ((f"{V3}/accounts/nobody", 404), ("/v2/accounts/nobody", 404)):
        assert (await wire.signed("GET", path))[0] == status
    assert (await wire.signed("GET", f"{V3}/accounts", cursor="nobody"))[0] == 400


async def test_fees_follow_what_was_traded(wire: Wire) -> None:
    market = {"market_market_ioc": {"base_size": "0.01"}}
    await wire.order(order_configuration=market)
    told = await wire.get("/transaction_summary")
    assert (told["total_volume"], told["total_fees"]) == (600.03, 7.20036)
    assert told["fee_tier"]["maker_fee_rate"] == "0.006"


async def test_the_portfolio_is_worth_what_its_wallets_are(wire: Wire) -> None:
    (portfolio,) = (await wire.get("/portfolios"))["portfolios"]
    told = (await wire.get(f"/portfolios/{portfolio['uuid']}"))["breakdown"]
    btc = next(each for each in told["spot_positions"] if each["asset"] == "BTC")
    assert (btc["total_balance_crypto"], btc["total_balance_fiat"]) == ("1", "60000")
    total = sum(float(each["total_balance_fiat"]) for each in told["spot_positions"])
    assert float(told["portfolio_balances"]["total_balance"]["value"]) == total
    assert (await wire.get("/key_permissions"))["can_transfer"] is False
    assert await wire.get("/payment_methods") == {"payment_methods": []}
    assert (await wire.signed("GET", f"{V3}/portfolios/nobody"))[0] == 404


async def test_the_older_api_tells_prices_and_rates(wire: Wire) -> None:
    async def amount(kind: str) -> float:
        status, told, _ = await wire.send("GET", f"/v2/prices/BTC-USD/{kind}")
        assert (status, told["data"]["currency"]) == (200, "USD")
        return float(told["data"]["amount"])

    assert await amount("sell") <= await amount("spot") <= await amount("buy")
    rates = (await wire.send("GET", "/v2/exchange-rates", "currency=BTC"))[1]["data"]["rates"]
    assert (rates["USD"], rates["BTC"], rates["ETH"]) == ("60000", "1", "20")
    assert (await wire.send("GET", "/v2/prices/NO-USD/spot"))[0] == 404


async def test_products_come_in_pages(wire: Wire) -> None:
    path = f"{V3}/market/products"
    found: list[str] = []
    more, offset = True, 0
    while more:
        told = (await wire.send("GET", path, f"limit=2&offset={offset}"))[1]
        found += [each["product_id"] for each in told["products"]]
        more, offset = told["pagination"]["has_next"], offset + 2
    assert found == list(wire.place.instruments)
    told = (await wire.send("GET", path, "product_ids=BTC-USD&product_ids=ETH-BTC"))[1]
    assert [each["product_id"] for each in told["products"]] == ["BTC-USD", "ETH-BTC"]
    assert (await wire.send("GET", path, "product_type=FUTURE"))[1]["products"] == []
    one = (await wire.send("GET", f"{path}/ETH-BTC"))[1]
    assert (one["price_increment"], one["base_increment"]) == ("0.00001", "0.001")
    assert (await wire.send("GET", f"{path}/NO-USD"))[0] == 404


async def test_open_orders_of_a_product_are_limited(clock: Clock) -> None:
    few = {replace(each, max_orders=1): price for each, price in PRODUCTS.items()}
    place = coinbase(clock=clock, rules=QUIET, instruments=few)
    async with serving(place) as server, aiohttp.ClientSession() as session:
        wire = Wire(session, server, place)
        assert (await wire.limit())["success"] is True
        why = (await wire.limit())["error_response"]
        assert (why["error"], why["message"]) == (
            "COMMANDER_REJECTED_NEW_ORDER",
            "TOO_MANY_OPEN_ORDERS",
        )
