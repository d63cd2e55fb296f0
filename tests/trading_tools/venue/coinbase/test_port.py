"""What faults and the oracle see of this venue, in words that are the same for every venue."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import aiohttp

from tests.support.coinbase_venue import QUIET, V3, Wire, coinbase
from tests.support.venues import Clock
from trading_tools.venue.coinbase.adapter import Coinbase
from trading_tools.venue.core.orders import Kind, Side, Ticket
from trading_tools.venue.wire.connection import Connection
from trading_tools.venue.wire.interference import Interference
from trading_tools.venue.wire.messages import Message
from trading_tools.venue.wire.server import VenueServer


class _Ear(Interference):
    """Notes what every message is about."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, str]] = []

    def outgoing(self, connection: Connection, message: Message) -> Iterable[Message]:
        self.heard.append((message.told.value, message.symbol))
        return (message,)


async def test_every_message_says_what_it_is_about_and_of_which_product(clock: Clock) -> None:
    ear = _Ear()
    place = coinbase(clock=clock, rules=QUIET)
    async with VenueServer([Coinbase(place)], interference=ear) as server:
        async with aiohttp.ClientSession() as session:
            wire = Wire(session, server, place)
            for channel, told in (
                ("level2", "book"),
                ("market_trades", "trades"),
                ("ticker", "ticker"),
                ("ticker_batch", "ticker"),
                ("candles", "candles"),
                ("status", "control"),
            ):
                async with wire.feed() as feed:
                    await feed.ask(type="subscribe", channel=channel, product_ids=["ETH-USD"])
                    await feed.next(channel.replace("level2", "l2_data"))
                assert ear.heard == [("reply", ""), (told, "ETH-USD")], channel
                ear.heard.clear()
            async with wire.feed() as feed:
                await feed.ask(type="subscribe", channel="user", jwt=wire.token(None))
                await feed.next("user")
                await wire.limit()
                await feed.next("user")
                assert ear.heard[:3] == [("reply", ""), ("orders", ""), ("orders", "BTC-USD")]


async def test_every_request_has_an_operation_and_what_it_asks_for(wire: Wire) -> None:
    order = (await wire.limit())["order_id"]
    post, history = "POST", f"{V3}/orders/historical"
    for method, path, operation, query, body in (
        (post, f"{V3}/orders/edit", "amend", {}, {"order_id": order}),
        (post, f"{V3}/orders/batch_cancel", "cancel", {}, {"order_ids": [order]}),
        (post, f"{V3}/orders/preview", "other", {}, {"side": "BUY"}),
        ("GET", f"{history}/{order}", "query_order", {}, None),
        ("GET", f"{history}/batch", "open_orders", {"order_status": "OPEN"}, None),
        ("GET", f"{history}/batch", "order_history", {"order_status": "FILLED"}, None),
        ("GET", f"{history}/fills", "my_trades", {}, None),
        ("GET", f"{V3}/accounts", "balance", {}, None),
        ("GET", "/v2/accounts", "balance", {}, None),
        ("GET", f"{V3}/cfm/positions", "positions", {}, None),
        ("GET", f"{V3}/transaction_summary", "settings", {}, None),
        ("GET", f"{V3}/market/products", "markets", {}, None),
        ("GET", f"{V3}/market/products/BTC-USD/ticker", "market_data", {}, None),
        ("GET", f"{V3}/time", "time", {}, None),
        ("GET", f"{V3}/nothing", "unknown", {}, None),
    ):
        await wire.signed(method, path, body, **query)
        entry = wire.place.ledger.of("request.received")[-1].body
        assert (entry["operation"], entry["path"]) == (operation, path)
        if body is not None:
            assert entry["params"] == body
    place = wire.place.ledger.of("request.received")[0].body
    assert place["operation"] == "place"
    assert place["params"]["client_order_id"] == "test-1"
    accepted = wire.place.ledger.of("order.accepted")[0].body
    told = {name: accepted[name] for name in ("client_order_id", "side", "price", "size")}
    assert told == {
        "client_order_id": "test-1",
        "side": "BUY",
        "price": "50000.00000000",
        "size": "0.01000000",
    }


async def test_an_order_that_no_request_placed_is_shown_as_it_would_have_been_sent(
    wire: Wire,
) -> None:
    place = wire.place
    stop = {
        "limit_price": "54000",
        "stop_price": "55000",
        "stop_direction": "STOP_DIRECTION_STOP_DOWN",
    }
    past: list[tuple[Ticket, str, dict[str, Any]]] = [
        (Ticket("BTC-USD", Side.BUY, Kind.MARKET, 500), "market_market_ioc", {}),
        (
            Ticket("BTC-USD", Side.BUY, Kind.LIMIT_MAKER, 500, 5_000_000),
            "limit_limit_gtc",
            {"limit_price": "50000", "post_only": True},
        ),
        (
            Ticket("BTC-USD", Side.SELL, Kind.STOP_LOSS_LIMIT, 500, 5_400_000, 5_500_000),
            "stop_limit_stop_limit_gtc",
            stop,
        ),
    ]
    async with wire.feed() as feed:
        await feed.ask(type="subscribe", channel="user", jwt=wire.token(None))
        await feed.next("user")
        for ticket, name, values in past:
            order = place.exchange.place(place.account, ticket, place.clock())
            told = await wire.order_now(place.ids.text(order.id))
            assert told["order_configuration"] == {name: {"base_size": "0.0005", **values}}
            states = []
            while told["status"] not in states:
                (event,) = (await feed.next("user"))["events"]
                assert event["orders"][0]["order_id"] == told["order_id"]
                states.append(event["orders"][0]["status"])
            assert states[0] == "PENDING"
    assert len((await wire.get("/orders/historical/batch"))["orders"]) == 3
