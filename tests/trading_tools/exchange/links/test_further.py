"""Alpaca and Hyperliquid by ccxt's unmodified clients, against stand-ins over HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.support.stand_ins import Alpaca, Hyperliquid, StandIn
from tests.trading_tools.exchange.links.standing import manager_of
from trading_tools.audit.ledger import Ledger
from trading_tools.audit.trade import Outcome, TradeAudit
from trading_tools.exchange.links.further import FurtherOrders
from trading_tools.exchange.orders.ccxt_port import UnsupportedVenue
from trading_tools.exchange.orders.client_ids import client_order_id, is_ours
from trading_tools.exchange.orders.intent import Intent
from trading_tools.exchange.orders.life import UNSURE, Stage
from trading_tools.exchange.orders.manager import OrderManager

SYMBOLS = {"alpaca": "BTC/USD", "hyperliquid": "HYPE/USDC"}
IDS = {"alpaca": ("BTC/USD", "BTC"), "hyperliquid": ("@107", "10107")}
MADE: dict[str, type[StandIn]] = {"alpaca": Alpaca, "hyperliquid": Hyperliquid}


class Desk:
    """One stand-in, ccxt's client of it, the port and a manager."""

    def __init__(self, venue: StandIn, port: FurtherOrders, manager: OrderManager) -> None:
        self.venue = venue
        self.port = port
        self.manager = manager
        self.symbol = SYMBOLS[port.name]

    def intent(self, key: str = "rest", price: str = "18.5", **changes: Any) -> Intent:
        given: dict[str, Any] = {"size_base": Decimal("1.5"), "price_quote": Decimal(price)}
        return Intent(key, self.symbol, "buy", **{**given, **changes})


def client_of(name: str, url: str) -> Any:
    """ccxt's client with one market, pointed at `url`."""
    import ccxt.async_support

    client = getattr(ccxt.async_support, name)(
        {
            "apiKey": "key",
            "secret": "secret",
            "walletAddress": "0x" + "1" * 40,
            "privateKey": "0x" + "2" * 64,
            "timeout_on_exit": 0,  # there is no TLS to wait for
        }
    )
    client.urls["api"] = dict.fromkeys(client.urls["api"], url)
    base, quote = SYMBOLS[name].split("/")
    market = {
        "id": IDS[name][0],
        "symbol": SYMBOLS[name],
        "base": base,
        "quote": quote,
        "baseId": IDS[name][1],
        "quoteId": quote,
        "type": "spot",
        "spot": True,
        "active": True,
        "precision": {"amount": 0.01, "price": 0.01},
        "limits": {},
        "info": {},
    }
    client.set_markets([market])
    client.enableRateLimit = False
    return client


@asynccontextmanager
async def opened(name: str, folder: Path) -> AsyncIterator[Desk]:
    async with MADE[name]("20") as venue:
        with Ledger.open(folder / "ledger.sqlite") as ledger:
            client = client_of(name, venue.url)
            try:
                port = FurtherOrders(client)
                audit = TradeAudit(ledger, "trades")
                yield Desk(venue, port, manager_of(port, audit, folder, SYMBOLS[name], "20"))
            finally:
                await client.close()


@pytest.fixture(params=sorted(MADE))
async def each(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Desk]:
    async with opened(request.param, tmp_path) as desk:
        yield desk


async def test_orders_rest_fill_and_are_cancelled(each: Desk) -> None:
    order = await each.manager.submit(each.intent())
    assert (order.stage, order.venue_order_id) == (Stage.OPEN, "1")
    filled = await each.manager.submit(each.intent("take", "21"))
    assert (await each.manager.cancel(order.client_order_id, "done")).stage is Stage.CANCELED
    assert (await each.manager.reconcile([each.symbol])).clean
    assert (filled.stage, filled.settled) == (Stage.FILLED, True)
    assert each.manager.records.position_base(each.symbol) == Decimal("1.5")


async def test_a_lost_answer_is_found_by_the_client_order_id(each: Desk) -> None:
    each.venue.lose = "after"
    order = await each.manager.submit(each.intent())
    assert (order.stage, order.venue_order_id) == (Stage.OPEN, "1")
    assert len(each.venue.orders) == 1


async def test_an_order_that_never_arrived_is_not_sent_again(each: Desk) -> None:
    each.venue.lose = "before"
    order = await each.manager.submit(each.intent(), resolve_within_s=0)
    assert order.stage in UNSURE
    assert await each.port.find(each.symbol, order.client_order_id, None, 0) is None
    await each.manager.submit(each.intent(), resolve_within_s=0)
    assert sum(each.venue.places(asked) for asked in each.venue.asked) == 1


async def test_an_order_is_cancelled_by_its_client_order_id_alone(each: Desk) -> None:
    name = client_order_id(each.port.name, "test", "rest")
    await each.port.submit(each.intent(), name)
    await each.port.cancel(each.symbol, name, None)
    found = await each.port.find(each.symbol, name, None, 0)
    assert found is not None
    assert found.stage is Stage.CANCELED


async def test_the_client_order_id_reaches_the_venue_and_is_known_as_ours(each: Desk) -> None:
    order = await each.manager.submit(each.intent())
    (asked,) = [asked for asked in each.venue.asked if each.venue.places(asked)]
    told = asked[3].get("client_order_id") or asked[3]["action"]["orders"][0]["c"]
    assert told == order.client_order_id
    assert is_ours(each.port.name, told)
    assert not is_ours(each.port.name, "someone-else")


async def test_fills_of_every_page_are_read(each: Desk) -> None:
    for number in range(130):
        each.venue.place(f"n{number}", "buy", "0.01", "21")
    fills = await each.port.fills(each.symbol, 0)
    assert len({fill.trade_id for fill in fills}) == 130


REFUSALS: list[tuple[str, int, Any, Outcome]] = [
    ("alpaca", 403, {"code": 40310000, "message": "insufficient balance"}, Outcome.REJECTED),
    ("alpaca", 422, {"code": 40010001, "message": "client_order_id must be un"}, Outcome.UNKNOWN),
    ("alpaca", 500, {"code": 50010000, "message": "internal"}, Outcome.UNKNOWN),
    ("hyperliquid", 200, "Insufficient margin to place order. asset=4", Outcome.REJECTED),
    ("hyperliquid", 200, "Something that is not known", Outcome.UNKNOWN),
]


@pytest.mark.parametrize(("name", "status", "told", "outcome"), REFUSALS)
async def test_a_refusal_is_a_rejection_only_by_a_known_code(
    tmp_path: Path, name: str, status: int, told: Any, outcome: Outcome
) -> None:
    if name == "hyperliquid":
        statuses = {"statuses": [{"error": told}]}
        told = {"status": "ok", "response": {"type": "order", "data": statuses}}
    async with opened(name, tmp_path) as desk:
        desk.venue.refuse = (status, told)
        judged = await desk.port.submit(desk.intent(), client_order_id(name, "test", "rest"))
        assert judged.outcome is outcome


async def test_ccxt_approves_no_fee_for_itself_before_the_first_order(tmp_path: Path) -> None:
    async with opened("hyperliquid", tmp_path) as desk:
        await desk.manager.submit(desk.intent())
        acts = [asked[3]["action"] for asked in desk.venue.asked if asked[1] == "/exchange"]
    assert [act["type"] for act in acts] == ["order"]
    assert "builder" not in acts[0]


@pytest.mark.parametrize(("name", "word"), [("alpaca", "PO"), ("hyperliquid", "FOK")])
async def test_a_time_in_force_that_the_venue_has_not_is_not_sent(
    tmp_path: Path, name: str, word: Any
) -> None:
    async with opened(name, tmp_path) as desk:
        judged = await desk.port.submit(desk.intent(time_in_force=word), "0x" + "1" * 32)
        assert (judged.code, judged.message) == ("not sent", f"{name} has no {word} orders")
        assert desk.venue.asked == []


def test_a_venue_that_gives_no_fills_is_refused_with_the_reason() -> None:
    import ccxt.async_support

    with pytest.raises(UnsupportedVenue, match="orders at dydx are not supported: ccxt gives none"):
        FurtherOrders(ccxt.async_support.dydx())
    assert not ccxt.async_support.dydx().has["fetchMyTrades"]
