"""The order manager on each venue that it trades on: the venue's own names, lists and pages."""

from __future__ import annotations

import base64
import itertools
import json
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.support import bybit_venue, coinbase_venue, kraken_venue, usdm_venue, venues
from tests.trading_tools.exchange.orders.conftest import Shop, opened
from tests.trading_tools.exchange.orders.guards import BOOK, NOW, market
from trading_tools.audit.trade import Outcome, TradeAudit
from trading_tools.exchange.orders.ccxt_port import CcxtOrders, UnsupportedVenue
from trading_tools.exchange.orders.client_ids import client_order_id
from trading_tools.exchange.orders.guard import Refused, marketable
from trading_tools.exchange.orders.intent import Intent
from trading_tools.exchange.orders.life import Stage
from trading_tools.exchange.orders.ways import WAYS
from trading_tools.exchange.pacing.pacer import Pacer
from trading_tools.exchange.pacing.slots import SharedSlots
from trading_tools.venue.binance.adapter import BinanceSpot
from trading_tools.venue.binance.usdm.adapter import BinanceUsdm
from trading_tools.venue.bybit.adapter import Bybit
from trading_tools.venue.coinbase.adapter import Coinbase
from trading_tools.venue.core.orders import Kind, Side, Ticket
from trading_tools.venue.kraken.adapter import Kraken
from trading_tools.venue.wire.interference import Cut
from trading_tools.venue.wire.messages import Operation, Reply
from trading_tools.venue.wire.venue import Venue

MADE: dict[str, Callable[..., Venue]] = {
    "binance": lambda **more: BinanceSpot(
        venues.spot(rules=venues.QUIET, instruments=venues.FEW, **more)
    ),
    "binanceusdm": lambda **more: BinanceUsdm(usdm_venue.usdm(instruments=usdm_venue.TWO, **more)),
    "bybit": lambda **more: Bybit(
        bybit_venue.bybit(rules=bybit_venue.QUIET, instruments=bybit_venue.MIDDLE, **more)
    ),
    "kraken": lambda **more: Kraken(
        kraken_venue.kraken(rules=kraken_venue.QUIET, instruments=kraken_venue.FEW, **more)
    ),
    "coinbase": lambda **more: Coinbase(
        coinbase_venue.coinbase(rules=coinbase_venue.QUIET, instruments=coinbase_venue.FEW, **more)
    ),
}
MARKETS = [
    ("binance", "BTC/USDT"),
    ("binanceusdm", "BTC/USDT:USDT"),
    ("bybit", "BTC/USDT"),
    ("bybit", "BTC/USDT:USDT"),
    ("coinbase", "BTC/USD"),
    ("kraken", "BTC/USD"),
]


@pytest.fixture(params=MARKETS, ids=" ".join)
async def each(
    request: pytest.FixtureRequest, audit: TradeAudit, tmp_path: Path
) -> AsyncIterator[Shop]:
    name, symbol = request.param
    async with opened(audit, tmp_path, MADE[name]()) as shop:
        shop.symbol = symbol
        yield shop


def test_all_venues_are_tested() -> None:
    assert {name for name, _ in MARKETS} == set(WAYS)


def intent(shop: Shop, key: str, **changes: Any) -> Intent:
    """A buy far below the market."""
    given: dict[str, Any] = {
        "symbol": shop.symbol,
        "side": "buy",
        "size_base": Decimal("0.01"),
        "price_quote": Decimal(50_000),
    }
    return Intent(key, **{**given, **changes})


async def test_a_lost_acknowledgement_is_found_by_the_name_of_its_intent(each: Shop) -> None:
    each.mishaps.after_it[Operation.PLACE] = [lambda reply: Cut()]
    order = await each.manager.submit(intent(each, "lost"))
    assert order.stage is Stage.OPEN
    assert each.accepted() == [client_order_id(each.client.id, "drill", "lost")]


@pytest.mark.parametrize("each", [("kraken", "BTC/USD")], indirect=True)
async def test_a_key_that_an_older_version_sent_under_another_id_is_not_sent_again(
    each: Shop,
) -> None:
    wanted, older = intent(each, "one"), "a411a533-484e-4d4a-9884-059e144a84ca"
    assert client_order_id("kraken", "drill", "one") != older
    each.audit.order_intent(
        client_order_id=older,
        symbol=wanted.symbol,
        side=wanted.side,
        order_type=wanted.order_type,
        size_base=wanted.size_base,
        price_quote=wanted.price_quote,
        at=NOW,
    )
    each.audit.order_result(
        client_order_id=older, outcome=Outcome.REJECTED, at=NOW, code="EOrder:Insufficient funds"
    )
    assert (await each.restarted().submit(wanted)).client_order_id == older
    assert each.accepted() == []


async def test_a_fill_whose_acknowledgement_is_lost_is_found_though_our_clock_is_hours_ahead(
    each: Shop,
) -> None:
    manager = each.restarted(now=lambda: datetime.now(UTC) + timedelta(hours=2))
    each.mishaps.after_it[Operation.PLACE] = [lambda reply: Cut()]
    order = await manager.submit(intent(each, "lost", price_quote=Decimal(62_000)))
    await manager.reconcile([each.symbol])
    assert order.stage is Stage.FILLED
    assert order.settled
    assert order.fills


async def test_an_order_with_a_number_is_found_at_coinbase_though_our_clock_was_set_back(
    audit: TradeAudit, tmp_path: Path
) -> None:
    ahead = timedelta(hours=2)
    async with opened(audit, tmp_path, MADE["coinbase"]()) as shop:
        shop.symbol = "BTC/USD"
        manager = shop.restarted(now=lambda: datetime.now(UTC) + ahead)
        order = await manager.submit(intent(shop, "early"))
        ahead = timedelta()
        assert (await manager.cancel(order.client_order_id, "done")).stage is Stage.CANCELED


@pytest.mark.parametrize("venue", ["kraken", "coinbase"])
async def test_an_order_is_found_though_our_clock_is_set_right_while_its_answer_is_lost(
    venue: str, audit: TradeAudit, tmp_path: Path
) -> None:
    ahead = timedelta(hours=20)

    def lost(reply: Reply) -> Cut:
        nonlocal ahead
        ahead = timedelta()
        return Cut()

    async with opened(audit, tmp_path, MADE[venue]()) as shop:
        shop.symbol = "BTC/USD"
        manager = shop.restarted(now=lambda: datetime.now(UTC) + ahead)
        shop.mishaps.after_it[Operation.PLACE] = [lost]
        order = await manager.submit(intent(shop, "early", price_quote=Decimal(62_000)))
        assert order.stage is Stage.FILLED


@pytest.mark.parametrize(("side", "worst"), [("buy", 63_000), ("sell", 57_000)])
def test_a_market_order_made_a_limit_goes_no_further_than_its_slippage(
    side: Any, worst: int
) -> None:
    wanted = Intent("key", "BTC/USDT", side, Decimal("0.01"), order_type="market")
    made = marketable(wanted, BOOK, Decimal("0.05"), market())
    assert (made.price_quote, made.time_in_force) == (Decimal(worst), "IOC")


async def test_an_order_that_never_arrived_is_not_there_and_not_sent_again(each: Shop) -> None:
    each.mishaps.before_it[Operation.PLACE] = [Cut()]
    order = await each.manager.submit(intent(each, "never"))
    assert order.stage is Stage.UNKNOWN
    assert each.accepted() == []


@pytest.mark.parametrize(
    ("venue", "symbol"),
    [("binance", "BTC/USDT"), ("bybit", "BTC/USDT"), ("kraken", "BTC/USD")],
)
async def test_an_order_that_arrives_after_its_window_is_not_taken(
    venue: str, symbol: str, audit: TradeAudit, tmp_path: Path
) -> None:
    late_ms = 0
    made = MADE[venue](clock=lambda: venues.wall_clock() + late_ms)
    async with opened(audit, tmp_path, made) as shop:
        shop.symbol = symbol
        await shop.manager.submit(intent(shop, "in time"))
        late_ms = round(WAYS[venue].validity_s * 1_000) + 1_500
        await shop.manager.submit(intent(shop, "late", price_quote=Decimal(50_001)))
        assert shop.accepted() == [client_order_id(venue, "drill", "in time")]


def test_coinbases_window_is_as_long_as_ccxts_token_lives() -> None:
    import ccxt.async_support

    venue = coinbase_venue.coinbase(rules=coinbase_venue.QUIET)
    keys = {"apiKey": venue.credentials.key, "secret": venue.credentials.secret}
    token = ccxt.async_support.coinbase(keys).create_auth_token(1_800_000_000, "POST", "orders")
    claims = json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))
    assert WAYS["coinbase"].validity_s >= claims["exp"] - claims["iat"] > 0


async def test_an_order_fills_and_its_fills_are_those_of_the_venue(each: Shop) -> None:
    order = await each.manager.submit(intent(each, "take", price_quote=Decimal(62_000)))
    found = await each.manager.reconcile([order.symbol])
    assert found.clean
    assert (order.stage, order.settled) == (Stage.FILLED, True)
    assert order.filled_size_base == Decimal("0.01")
    position = each.manager.records.position_base(order.symbol)
    assert position == Decimal("0.01") - order.fee_base
    # A tenth of a percent in the coin that was bought at two of them, in money elsewhere.
    assert order.fee_base == (Decimal("0.00001") if each.symbol == "BTC/USDT" else 0)


async def test_an_open_order_is_cancelled_also_by_its_name_alone(each: Shop) -> None:
    order = await each.manager.submit(intent(each, "open"))
    ended = await each.manager.cancel(order.client_order_id, "done")
    assert ended.stage is Stage.CANCELED
    each.mishaps.after_it[Operation.PLACE] = [lambda reply: Cut()]
    each.mishaps.before_it[Operation.QUERY_ORDER] = [Cut()] * 50
    each.mishaps.before_it[Operation.OPEN_ORDERS] = [Cut()] * 50
    each.mishaps.before_it[Operation.ORDER_HISTORY] = [Cut()] * 50
    nameless = await each.manager.submit(intent(each, "nameless"), resolve_within_s=0)
    assert nameless.venue_order_id is None
    each.mishaps.before_it.clear()
    assert (await each.manager.cancel(nameless.client_order_id, "done")).stage is Stage.CANCELED


async def test_an_order_that_is_cancelled_after_a_part_was_filled_is_not_a_filled_one(
    each: Shop,
) -> None:
    order = await each.manager.submit(intent(each, "part"))
    (accepted,) = each.venue.ledger.of("order.accepted")
    real = each.venue.account.orders[accepted.body["order"]]
    bids = each.venue.exchange.books[real.ticket.symbol].own(Side.BUY)
    before_it = itertools.takewhile(lambda bid: bid is not real, (bid for _, bid in bids.walk()))
    size = sum(bid.remaining for bid in before_it) + real.remaining // 2
    seller = each.venue.exchange.accounts["market-taker"]
    sale = Ticket(real.ticket.symbol, Side.SELL, Kind.LIMIT, size, real.ticket.price)
    each.venue.exchange.place(seller, sale, each.venue.clock())
    ended = await each.manager.cancel(order.client_order_id, "done")
    found = await each.manager.reconcile([order.symbol])
    assert (ended.stage, ended.filled_size_base) == (Stage.CANCELED, Decimal("0.005"))
    assert (found.clean, ended.settled) == (True, True)


async def test_a_sale_that_may_only_reduce_sells_its_size_at_its_price(each: Shop) -> None:
    held = await each.manager.submit(intent(each, "held", price_quote=Decimal(62_000)))
    await each.manager.reconcile([held.symbol])
    sale = intent(
        each,
        "less",
        side="sell",
        size_base=Decimal("0.004"),
        price_quote=Decimal(70_000),
        reduce_only=True,
    )
    order = await each.manager.submit(sale)
    assert (order.stage, order.filled_size_base) == (Stage.OPEN, Decimal(0))
    assert len(each.accepted()) == 2


async def test_a_market_sale_needs_no_price_and_sells_its_size(each: Shop) -> None:
    bought = await each.manager.submit(intent(each, "held", price_quote=Decimal(62_000)))
    order = await each.manager.submit(
        intent(each, "sale", side="sell", order_type="market", price_quote=None)
    )
    assert (await each.manager.reconcile([order.symbol])).clean
    assert (order.stage, order.filled_size_base) == (Stage.FILLED, Decimal("0.01"))
    assert each.manager.records.position_base(order.symbol) == -bought.fee_base


async def test_a_market_buy_as_a_limit_buys_its_size_at_every_venue(each: Shop) -> None:
    wanted = intent(each, "now", order_type="market", price_quote=None)
    if each.client.id in ("bybit", "coinbase") and ":" not in each.symbol:
        with pytest.raises(Refused, match=r"market-buy: .* takes what a market buy may cost"):
            await each.manager.submit(wanted)
        assert each.manager.records.orders == {}
    order = await each.manager.submit(
        marketable(wanted, BOOK, Decimal("0.05"), market(each.symbol, tick_size=Decimal(1)))
    )
    assert (await each.manager.reconcile([order.symbol])).clean
    assert (order.stage, order.filled_size_base) == (Stage.FILLED, Decimal("0.01"))
    assert order.price_quote == 63_000


async def test_a_rejection_is_one_at_every_venue(each: Shop) -> None:
    order = await each.manager.submit(intent(each, "too much", size_base=Decimal(50)))
    for _ in range(5):
        if order.stage is Stage.REJECTED:
            break
        await each.manager.reconcile([order.symbol])
    assert order.stage is Stage.REJECTED
    assert order.open_size_base == 0


async def test_a_post_only_order_that_would_take_does_not_trade(each: Shop) -> None:
    order = await each.manager.submit(
        intent(each, "maker", price_quote=Decimal(62_000), time_in_force="PO")
    )
    await each.manager.reconcile([order.symbol])
    assert order.stage in (Stage.REJECTED, Stage.CANCELED)
    assert order.filled_size_base == 0


async def test_open_orders_of_every_page_are_listed(each: Shop) -> None:
    symbol = each.symbol
    for _ in range(25):
        await each.client.create_order(symbol, "limit", "buy", "0.002", "50000")
    found = await each.manager.reconcile([symbol])
    assert len({order.venue_order_id for order in found.strange_orders}) == 25
    assert len(found.strange_orders) == 25


@pytest.mark.slow
async def test_fills_of_every_page_are_read(each: Shop) -> None:
    size = Decimal("0.002")
    count = 60
    for number in range(count):
        await each.manager.submit(
            intent(each, f"n{number}", price_quote=Decimal(62_000), size_base=size)
        )
    found = await each.manager.reconcile([each.symbol])
    assert found.clean
    orders = each.manager.records.orders.values()
    assert sum(order.settled for order in orders) == count
    paid = sum((order.fee_base for order in orders), Decimal(0))
    assert each.manager.records.position_base(each.symbol) == size * count - paid


def test_a_venue_whose_ways_are_not_known_is_refused() -> None:
    import ccxt.async_support

    refusal = "orders at alpaca are not supported: use one of bin.*links.further.FurtherOrders"
    with pytest.raises(UnsupportedVenue, match=refusal):
        CcxtOrders(ccxt.async_support.alpaca())


async def test_two_clients_of_a_kraken_key_have_one_source_of_nonces(
    audit: TradeAudit, tmp_path: Path
) -> None:
    import ccxt.pro

    async with opened(audit, tmp_path, MADE["kraken"]()) as shop:
        port = CcxtOrders(shop.client, Pacer("kraken", (), "key", SharedSlots(tmp_path / "n")))
        own = {name: getattr(shop.client, name) for name in ("apiKey", "secret", "urls")}
        stream = ccxt.pro.kraken({**own, "enableRateLimit": False})
        # Its clock is behind, as one is that has signed less in the same millisecond.
        stream.options["timeDifference"] = 500
        stream.set_markets_from_exchange(shop.client)
        other = CcxtOrders(stream, Pacer("kraken", (), "key", SharedSlots(tmp_path / "n")))
        try:
            for _ in range(3):
                await port.everything()
                await other.everything()
                await stream.privatePostGetWebSocketsToken()
        finally:
            await stream.close()
