"""The feed: subscriptions, acknowledgements, numbers, and what each channel carries."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any

import aiohttp
import pytest

from tests.support.coinbase_venue import (
    QUIET,
    V3,
    Feed,
    Wire,
    coinbase,
    serving,
    signed_token,
)
from tests.support.venues import Clock
from trading_tools.venue.coinbase.limits import Rules
from trading_tools.venue.coinbase.signing import drill_credentials


@pytest.fixture
async def feed(wire: Wire) -> AsyncIterator[Feed]:
    async with wire.feed() as found:
        yield found


async def test_each_channel_is_acknowledged_and_numbered(feed: Feed) -> None:
    await feed.ask(type="subscribe", channel="ticker", product_ids=["BTC-USD"])
    first, ticker = await feed.next(), await feed.next()
    assert first["channel"] == "subscriptions"
    assert first["events"] == [{"subscriptions": {"ticker": ["BTC-USD"]}}]
    assert (ticker["channel"], ticker["events"][0]["type"]) == ("ticker", "snapshot")
    await feed.ask(type="subscribe", channel="level2", product_ids=["ETH-USD", "BTC-USD"])
    second = await feed.next()
    assert second["events"][0]["subscriptions"] == {
        "ticker": ["BTC-USD"],
        "level2": ["ETH-USD", "BTC-USD"],
    }
    books = [await feed.next(), await feed.next()]
    assert [each["channel"] for each in books] == ["l2_data", "l2_data"]
    numbers = [each["sequence_num"] for each in (first, ticker, second, *books)]
    assert numbers == [0, 1, 2, 3, 4]
    await feed.ask(type="unsubscribe", channel="level2", product_ids=["ETH-USD"])
    left = (await feed.next())["events"][0]["subscriptions"]
    assert left == {"ticker": ["BTC-USD"], "level2": ["BTC-USD"]}
    await feed.ask(type="unsubscribe", channel="level2")
    await feed.ask(type="unsubscribe", channel="ticker", product_ids=["BTC-USD"])
    await feed.next()
    assert (await feed.next())["events"] == [{"subscriptions": {}}]


async def test_a_book_from_snapshot_and_updates_is_the_venues_own(
    wire: Wire, feed: Feed, clock: Clock
) -> None:
    await feed.ask(type="subscribe", channel="level2", product_ids=["BTC-USD"])
    sides: dict[str, dict[Decimal, Decimal]] = {"bid": {}, "offer": {}}

    def take(message: dict[str, Any]) -> None:
        for event in message["events"]:
            for update in event["updates"]:
                side, price = sides[update["side"]], Decimal(update["price_level"])
                side[price] = Decimal(update["new_quantity"])
                if not side[price]:
                    del side[price]

    take(await feed.next("l2_data"))
    for _ in range(20):
        clock.now += 500
        take(await feed.next("l2_data"))
    told = (await wire.get("/product_book", product_id="BTC-USD"))["pricebook"]
    for name, rows in (("bid", told["bids"]), ("offer", told["asks"])):
        real = {Decimal(row["price"]): Decimal(row["size"]) for row in rows}
        assert sides[name] == real


async def test_trades_tickers_and_candles_are_told_as_they_change(
    wire: Wire, feed: Feed, clock: Clock
) -> None:
    for channel in ("market_trades", "ticker", "ticker_batch", "candles", "status"):
        await feed.ask(type="subscribe", channel=channel, product_ids=["BTC-USD"])
        (event,) = (await feed.next(channel))["events"]
        assert event["type"] == "snapshot", channel
    clock.now += 5_000
    market = {"market_market_ioc": {"base_size": "0.01"}}
    await wire.order(order_configuration=market)
    (event,) = (await feed.next("ticker"))["events"]
    assert event["type"] == "update"
    assert event["tickers"][0]["best_bid"] < event["tickers"][0]["best_ask"]
    clock.now += 10_000
    (event,) = (await feed.next("market_trades"))["events"]
    times = [trade["time"] for trade in event["trades"]]
    assert times == sorted(times, reverse=True)
    assert {trade["product_id"] for trade in event["trades"]} == {"BTC-USD"}
    (event,) = (await feed.next("candles"))["events"]
    assert [candle["product_id"] for candle in event["candles"]] == ["BTC-USD"]


async def test_heartbeats_count(feed: Feed, clock: Clock) -> None:
    await feed.ask(type="subscribe", channel="heartbeats")
    told = (await feed.next("subscriptions"))["events"][0]["subscriptions"]
    assert told == {"heartbeats": ["heartbeats"]}
    counts = []
    for _ in range(3):
        clock.now += 1_000
        (event,) = (await feed.next("heartbeats"))["events"]
        counts.append(event["heartbeat_counter"])
    assert counts == [0, 1, 2]


async def test_the_user_channel_tells_open_orders_then_each_state(wire: Wire, feed: Feed) -> None:
    old = (await wire.limit())["order_id"]
    token = wire.token(None)
    await feed.ask(type="subscribe", channel="user", product_ids=["BTC-USD"], jwt=token)
    told = (await feed.next("subscriptions"))["events"][0]["subscriptions"]
    assert told == {"user": [wire.place.user_id]}
    (event,) = (await feed.next("user"))["events"]
    assert event["type"] == "snapshot"
    assert [order["order_id"] for order in event["orders"]] == [old]

    async def states(count: int) -> list[tuple[str, str, str]]:
        found = []
        for _ in range(count):
            (event,) = (await feed.next("user"))["events"]
            (order,) = event["orders"]
            found.append((order["status"], order["cumulative_quantity"], order["leaves_quantity"]))
        return found

    await wire.signed("POST", f"{V3}/orders/batch_cancel", {"order_ids": [old]})
    assert await states(2) == [("CANCEL_QUEUED", "0", "0"), ("CANCELLED", "0", "0")]
    market = {"market_market_ioc": {"base_size": "0.001"}}
    await wire.order(order_configuration=market)
    assert await states(3) == [
        ("PENDING", "0", "0.001"),
        ("OPEN", "0", "0.001"),
        ("FILLED", "0.001", "0"),
    ]
    values = {"base_size": "0.1", "limit_price": "2500"}
    await wire.order(product_id="ETH-USD", order_configuration={"limit_limit_gtc": values})
    await wire.limit()
    (event,) = (await feed.next("user"))["events"]
    assert event["orders"][0]["product_id"] == "BTC-USD"
    ledger = wire.place.ledger.of("stream.told")
    assert ledger[0].body["event"]["type"] == "snapshot"


async def test_the_user_channel_is_of_the_products_that_are_subscribed(
    wire: Wire, feed: Feed
) -> None:
    async def bought(product_id: str) -> None:
        market = {"market_market_ioc": {"quote_size": "100"}}
        await wire.order(product_id=product_id, order_configuration=market)

    both = ["BTC-USD", "ETH-USD"]
    await feed.ask(type="subscribe", channel="user", product_ids=both, jwt=wire.token(None))
    await feed.next("user")
    first = wire.token(None)
    await feed.ask(type="unsubscribe", channel="user", product_ids=["BTC-USD"], jwt=first)
    await feed.next("subscriptions")
    await bought("BTC-USD")
    await bought("ETH-USD")
    for _ in range(3):
        assert (await feed.next())["events"][0]["orders"][0]["product_id"] == "ETH-USD"
    await feed.ask(type="unsubscribe", channel="user", jwt=wire.token(None))
    assert (await feed.next())["events"] == [{"subscriptions": {}}]
    await bought("ETH-USD")
    await feed.ask(type="subscribe", channel="heartbeats")
    assert (await feed.next())["channel"] == "subscriptions"


async def test_a_snapshot_of_many_orders_comes_in_fifties(wire: Wire, feed: Feed) -> None:
    for _ in range(53):
        await wire.limit(base_size="0.0001")
    await feed.ask(type="subscribe", channel="user", jwt=wire.token(None))
    lengths = [len((await feed.next("user"))["events"][0]["orders"]) for _ in range(2)]
    assert lengths == [50, 3]


async def test_what_is_refused_is_an_error_and_the_connection_goes_on(
    wire: Wire, feed: Feed, clock: Clock
) -> None:
    stranger = drill_credentials("stranger", 1)
    now = clock() // 1_000
    claims = {"sub": stranger.key, "iss": "cdp", "nbf": now, "exp": now + 120}
    forged = signed_token(stranger.secret, {"alg": "ES256", "kid": stranger.key}, claims)
    btc = {"type": "subscribe", "product_ids": ["BTC-USD"]}
    for message, words in (
        ({**btc, "channel": "user"}, "authentication failure"),
        ({**btc, "channel": "user", "jwt": forged}, "authentication failure"),
        ({**btc, "channel": "ticker", "jwt": forged}, "authentication failure"),
        ({**btc, "channel": "ticker", "jwt": 7}, "authentication failure"),
        ({**btc, "channel": "user", "signature": "0", "api_key": "k"}, "authentication failure"),
        ({**btc, "channel": "l3"}, "invalid channel l3"),
        ({**btc, "channel": ["ticker"]}, "invalid channel ['ticker']"),
        ({**btc, "channel": "ticker", "product_ids": ["NO-USD"]}, "invalid product_id NO-USD"),
        ({**btc, "channel": "ticker", "product_ids": "BTC-USD"}, "product_ids must be a list"),
        ({**btc, "channel": "ticker", "product_ids": [1]}, "product_ids must be a list"),
        ({"type": "hello", "channel": "ticker"}, "invalid message type"),
        ({"type": ["subscribe"], "channel": "ticker"}, "invalid message type"),
        ([1, 2], "invalid message type"),
        ("{", "invalid message type"),
    ):
        text = message if isinstance(message, str) else json.dumps(message)
        await feed.socket.send_str(text)
        told = await feed.next()
        assert told["type"] == "error"
        assert told["message"].startswith(words), message
    await feed.ask(**btc, channel="ticker")
    assert (await feed.next())["channel"] == "subscriptions"
    assert forged not in "".join(wire.place.ledger.lines())


async def test_a_connection_that_asks_for_nothing_or_hears_nothing_is_closed(
    clock: Clock,
) -> None:
    place = coinbase(clock=clock, rules=Rules(subscribe_within_s=0.05))
    async with serving(place) as server, aiohttp.ClientSession() as session:
        async with Wire(session, server, place).feed() as idle:
            assert await idle.end() == 1008
    (closed,) = place.ledger.of("stream.closed")
    assert closed.body["why"] == "no subscription within 5 seconds"

    place = coinbase(clock=clock, rules=Rules(silent_s=0.1))
    async with serving(place) as server, aiohttp.ClientSession() as session:
        wire = Wire(session, server, place)
        async with wire.feed() as silent:
            await silent.ask(type="subscribe", channel="user", jwt=wire.token(None))
            await silent.next("user")
            assert await silent.end() == 1000
    (closed,) = place.ledger.of("stream.closed")
    assert closed.body["why"] == "no updates"


async def test_too_many_connections_or_messages_are_refused(clock: Clock) -> None:
    place = coinbase(clock=clock, rules=Rules(connections_1s=1, messages_1s=2))
    async with serving(place) as server, aiohttp.ClientSession() as session:
        wire = Wire(session, server, place)
        async with wire.feed() as feed:
            with pytest.raises(aiohttp.WSServerHandshakeError) as refusal:
                async with wire.feed():
                    pass
            assert refusal.value.status == 429
            for _ in range(2):
                await feed.ask(type="subscribe", channel="heartbeats")
                assert (await feed.next())["channel"] == "subscriptions"
            await feed.ask(type="subscribe", channel="heartbeats")
            assert await feed.next() == {"type": "error", "message": "rate limit exceeded"}
            await feed.ask(type="subscribe", channel="user", jwt=wire.token(None))
            assert (await feed.next())["channel"] == "subscriptions"
    assert [entry.body["limit"] for entry in place.ledger.of("limit.hit")] == ["429", "429"]


async def test_same_seed_and_clock_give_the_same_bytes() -> None:
    told = []
    for _ in range(2):
        clock = Clock()
        place = coinbase(clock=clock, rules=QUIET)
        async with serving(place) as server, aiohttp.ClientSession() as session:
            wire = Wire(session, server, place)
            async with wire.feed() as feed:
                await feed.ask(type="subscribe", channel="level2", product_ids=["BTC-USD"])
                texts = [(await feed.socket.receive_str()) for _ in range(2)]
                clock.now += 60_000
                texts.append(await feed.socket.receive_str())
            await wire.limit()
            texts.append(json.dumps(await wire.get("/orders/historical/batch")))
            texts.append(json.dumps(await wire.get("/products")))
        told.append(texts)
    assert told[0] == told[1]
