"""Prediction markets: what the guard refuses there, Kalshi by ccxt and Manifold by its own API."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.support.prediction_stand_ins import CONTRACT, TICKER, USER, Kalshi, Manifold
from tests.trading_tools.exchange.links.standing import manager_of
from trading_tools.audit.ledger import Ledger
from trading_tools.audit.trade import Outcome, TradeAudit
from trading_tools.exchange.errors import BadReply
from trading_tools.exchange.fit import Order, fit
from trading_tools.exchange.links.further import FurtherOrders
from trading_tools.exchange.links.manifold.orders import ManifoldOrders
from trading_tools.exchange.links.manifold.words import refused
from trading_tools.exchange.links.prediction.facts import Tradable, outcome_limits
from trading_tools.exchange.links.prediction.kalshi import KalshiOrders, yes_of
from trading_tools.exchange.orders.ccxt_port import UnsupportedVenue
from trading_tools.exchange.orders.client_ids import client_order_id, is_ours
from trading_tools.exchange.orders.guard import Refused
from trading_tools.exchange.orders.intent import Intent
from trading_tools.exchange.orders.life import UNSURE, Stage
from trading_tools.exchange.orders.manager import OrderManager
from trading_tools.exchange.orders.port import PartlyRead

CENT = Decimal("0.01")


class Desk:
    """A stand-in, the port to it and a manager whose guard knows the market's facts."""

    def __init__(self, venue: Any, port: Any, symbol: str, audit: TradeAudit, folder: Path) -> None:
        self.venue = venue
        self.port = port
        self.symbol = symbol
        self.audit = audit
        self.folder = folder

    async def manager(self) -> OrderManager:
        outcome = await self.port.outcome(self.symbol)
        tradable = Tradable({self.symbol: outcome})
        return manager_of(self.port, self.audit, self.folder, self.symbol, "0.40", markets=tradable)

    def intent(self, key: str = "rest", price: str = "0.30", **changes: Any) -> Intent:
        given: dict[str, Any] = {"size_base": Decimal(20), "price_quote": Decimal(price)}
        return Intent(key, self.symbol, "buy", **{**given, **changes})


@pytest.fixture(scope="module")
def private_key() -> str:
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()


@pytest.fixture(params=["kalshi", "manifold"])
async def each(
    request: pytest.FixtureRequest, tmp_path: Path, private_key: str
) -> AsyncIterator[Desk]:
    with Ledger.open(tmp_path / "ledger.sqlite") as ledger:
        audit = TradeAudit(ledger, "trades")
        if request.param == "kalshi":
            import ccxt.prediction

            async with Kalshi("0.40") as kalshi:
                keys = {"apiKey": "k", "privateKey": private_key}
                # There is no TLS to wait for when it ends.
                client = ccxt.prediction.kalshi({**keys, "timeout_on_exit": 0})
                client.enableRateLimit = False
                client.urls["api"] = dict.fromkeys(client.urls["api"], f"{kalshi.url}/trade-api/v2")
                port = KalshiOrders(client)
                await client.load_outcome(TICKER)
                yield Desk(kalshi, port, TICKER, audit, tmp_path)
                await port.close()
        else:
            async with Manifold("0.40") as manifold:
                bets = ManifoldOrders("key", USER, manifold.url)
                yield Desk(manifold, bets, CONTRACT, audit, tmp_path)
                await bets.close()


async def test_orders_rest_fill_and_are_cancelled(each: Desk) -> None:
    manager = await each.manager()
    order = await manager.submit(each.intent())
    assert order.stage is Stage.OPEN
    filled = await manager.submit(each.intent("take", "0.40"))
    assert (await manager.cancel(order.client_order_id, "done")).stage is Stage.CANCELED
    assert (await manager.reconcile([each.symbol])).clean
    assert (filled.stage, filled.settled) == (Stage.FILLED, True)
    assert manager.records.position_base(each.symbol) == 20


async def test_a_lost_answer_is_found_again(each: Desk) -> None:
    manager = await each.manager()
    each.venue.lose = "after"
    order = await manager.submit(each.intent())
    assert (order.stage, order.venue_order_id is None) == (Stage.OPEN, False)
    assert (await manager.cancel(order.client_order_id, "done")).stage is Stage.CANCELED


async def test_an_order_that_never_arrived_is_not_sent_again(each: Desk) -> None:
    manager = await each.manager()
    each.venue.lose = "before"
    order = await manager.submit(each.intent(), resolve_within_s=0)
    assert order.stage in UNSURE
    assert await each.port.find(each.symbol, order.client_order_id, None, 0) is None
    await manager.submit(each.intent(), resolve_within_s=0)
    assert sum(each.venue.places(asked) for asked in each.venue.asked) == 1


async def test_open_orders_of_a_former_process_are_known_as_ours(each: Desk) -> None:
    for number in range(5):
        name = client_order_id(each.port.name, "test", f"n{number}")
        await each.port.submit(each.intent(), name)
    found = await (await each.manager()).reconcile([each.symbol])
    assert len(found.strange_orders) == 5
    names = [order.client_order_id for order in found.strange_orders]
    assert all(is_ours(each.port.name, name) for name in names)


@pytest.mark.parametrize("price", ["1.01", "1", "0.995", "0.001"])
async def test_a_price_that_is_no_probability_is_refused(each: Desk, price: str) -> None:
    limits = (await each.port.outcome(each.symbol)).limits
    assert (limits.min_price, limits.max_price) == (CENT, 1 - CENT)
    fits = fit(limits, Order(amount=Decimal(20), price=Decimal(price)), inverse=False)
    assert any("above the most, 0.99" in each or "no multiple" in each for each in fits.problems)
    with pytest.raises(Refused):
        await (await each.manager()).submit(each.intent(price=price))


async def test_a_part_of_a_share_is_refused(each: Desk) -> None:
    with pytest.raises(Refused, match="no multiple of the step, 1"):
        await (await each.manager()).submit(each.intent(size_base=Decimal("20.5")))


async def test_nothing_is_sent_once_the_market_has_closed(each: Desk) -> None:
    outcome = await each.port.outcome(each.symbol)
    assert outcome.closes_at is not None
    open_until = Tradable({each.symbol: outcome}, now=lambda: datetime(2026, 11, 27, tzinfo=UTC))
    closed = Tradable({each.symbol: outcome}, now=lambda: outcome.closes_at)
    assert open_until[each.symbol].status == "trading"
    manager = manager_of(each.port, each.audit, each.folder, each.symbol, "0.4", markets=closed)
    with pytest.raises(Refused, match="is not trading"):
        await manager.submit(each.intent())


async def test_a_settled_market_tells_what_a_share_paid(each: Desk) -> None:
    settled = {"status": "settled", "result": "yes", "isResolved": True, "resolution": "YES"}
    each.venue.market.update(settled)
    outcome = await each.port.outcome(each.symbol)
    assert (outcome.resolved, outcome.pays, outcome.limits.status) == (True, 1, "not trading")


async def test_a_refusal_is_a_rejection_only_by_a_known_code(each: Desk) -> None:
    known: dict[str, Any] = {"error": {"code": "invalid_order"}, "message": "Insufficient balance."}
    each.venue.refuse = (400, known)
    judged = await each.port.submit(each.intent(), client_order_id(each.port.name, "test", "1"))
    assert judged.outcome is Outcome.REJECTED
    each.venue.refuse = (409, {"error": {"code": "other"}, "message": "Something else."})
    judged = await each.port.submit(each.intent(), client_order_id(each.port.name, "test", "2"))
    assert judged.outcome is Outcome.UNKNOWN


@pytest.mark.parametrize(
    ("status", "message", "outcome"),
    [
        (403, "Trade too large for current liquidity pool.", Outcome.REJECTED),
        (400, "Bet cannot expire in the past.", Outcome.REJECTED),
        (403, "You can only cancel your own bets", Outcome.REJECTED),
        (503, "Please try betting again.", Outcome.UNKNOWN),
    ],
)
def test_what_manifold_says_when_it_makes_no_bet(
    status: int, message: str, outcome: Outcome
) -> None:
    assert refused(status, {"message": message}).outcome is outcome


@pytest.mark.parametrize("each", ["kalshi"], indirect=True)
async def test_a_status_of_kalshi_by_which_any_code_rejects(each: Desk) -> None:
    for number, (status, body, outcome) in enumerate(
        [
            (403, {"error": {"code": "insufficient_balance"}}, Outcome.REJECTED),
            (400, {"code": "bad_request", "message": "bad request"}, Outcome.REJECTED),
            (408, {"error": {"code": "timeout"}}, Outcome.UNKNOWN),
            (503, {"error": {"code": "service_unavailable"}}, Outcome.UNKNOWN),
        ]
    ):
        each.venue.refuse = (status, body)
        name = client_order_id(each.port.name, "test", f"status {number}")
        assert (await each.port.submit(each.intent(), name)).outcome is outcome


@pytest.mark.parametrize("each", ["kalshi"], indirect=True)
async def test_a_market_of_kalshi_closes_before_its_result_is_due_and_pays_once_it_is_final(
    each: Desk,
) -> None:
    outcome = await each.port.outcome(each.symbol)
    assert outcome.closes_at == datetime(2026, 12, 24, 20, tzinfo=UTC)
    each.venue.market.update({"status": "disputed", "result": "yes"})
    outcome = await each.port.outcome(each.symbol)
    assert (outcome.resolved, outcome.pays, outcome.limits.status) == (False, None, "not trading")
    each.venue.market.update({"status": "finalized"})
    outcome = await each.port.outcome(each.symbol)
    assert (outcome.resolved, outcome.pays) == (True, 1)


async def test_what_the_venue_has_no_order_for_is_not_sent(each: Desk) -> None:
    judged = await each.port.submit(each.intent(time_in_force="PO"), "4102444800001")
    assert (judged.outcome, judged.code) == (Outcome.REJECTED, "not sent")
    assert not any(each.venue.places(asked) for asked in each.venue.asked)


async def test_a_sale_on_manifold_is_a_buy_of_no_at_the_complement() -> None:
    async with Manifold("0.40") as venue:
        port = ManifoldOrders("key", USER, venue.url)
        sale = Intent("sale", CONTRACT, "sell", Decimal(20), Decimal("0.7"))
        name = client_order_id("manifold", "test", "sale")
        await port.submit(sale, name)
        (bet,) = venue.bets
        assert (bet["outcome"], bet["orderAmount"], bet["limitProb"]) == ("NO", 6.0, 0.7)
        venue.fill(bet, "3", "10")
        order = await port.find(CONTRACT, name, None, 0)
        (fill,) = await port.fills(CONTRACT, 0)
        await port.close()
    assert order is not None
    assert order.side == fill.side == "sell"
    assert order.size_base == 20
    assert order.filled_size_base == fill.size_base == 10
    assert fill.price_quote == Decimal("0.7")


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"token": "CASH"}, "only BINARY in MANA is traded here"),
        ({"closeTime": "soon"}, "closes at 'soon', which is no time"),
    ],
    ids=["cash", "no-time"],
)
async def test_a_manifold_market_that_pays_cash_or_makes_no_sense_is_refused(
    wrong: dict[str, Any], why: str
) -> None:
    async with Manifold("0.40") as venue:
        venue.market.update(wrong)
        port = ManifoldOrders("key", USER, venue.url)
        with pytest.raises(BadReply, match=why):
            await port.outcome(CONTRACT)
        await port.close()


@pytest.mark.parametrize("each", ["kalshi"], indirect=True)
@pytest.mark.parametrize("legacy", [False, True], ids=["book-side", "action-and-side"])
async def test_no_is_bought_on_kalshi_by_selling_yes_at_the_complement(
    each: Desk, legacy: bool
) -> None:
    each.venue.legacy = legacy
    manager = await each.manager()
    wanted = Intent("no", f"{TICKER}-NO", "buy", Decimal(20), Decimal("0.55"))
    each.venue.lose = "after"
    order = await manager.submit(yes_of(wanted))
    (held,) = each.venue.orders
    assert (held.side, held.size, held.price) == ("sell", 20, Decimal("0.45"))
    assert (order.stage, order.symbol, order.side) == (Stage.OPEN, TICKER, "sell")
    each.venue.trade(held, Decimal(20), held.price)
    assert (await manager.reconcile([TICKER])).clean
    assert manager.records.position_base(TICKER) == -20


async def test_a_price_of_no_that_no_share_pays_is_refused() -> None:
    wanted = Intent("no", f"{TICKER}-NO", "buy", Decimal(1), Decimal(1))
    with pytest.raises(ValueError, match="1 is no price of it"):
        yes_of(wanted)
    assert yes_of(yes := Intent("yes", TICKER, "buy", Decimal(1), Decimal("0.5"))) is yes


@pytest.mark.parametrize("each", ["kalshi"], indirect=True)
async def test_no_is_not_sent_under_a_symbol_of_its_own(each: Desk) -> None:
    wanted = Intent("no", f"{TICKER}-NO", "buy", Decimal(1), Decimal("0.5"))
    judged = await each.port.submit(wanted, "o-1")
    assert judged.message == f"submit yes_of(...) of it, which is {TICKER}"
    assert each.venue.orders == []


@pytest.mark.parametrize("each", ["kalshi"], indirect=True)
@pytest.mark.parametrize("strange", [{"status": "weird"}, {"book_side": "up"}], ids=str)
async def test_a_row_of_kalshi_that_cannot_be_read_is_named_and_hides_no_other(
    each: Desk, strange: dict[str, str]
) -> None:
    for number in ("1", "2"):
        await each.port.submit(each.intent(), client_order_id("kalshi", "test", number))
    each.venue.strange["1"] = strange
    with pytest.raises(PartlyRead, match="1 of kalshi's rows: order '1'") as partly:
        await each.port.open_orders(TICKER)
    assert [order.venue_order_id for order in partly.value.rows] == ["2"]


@pytest.mark.parametrize("each", ["kalshi"], indirect=True)
async def test_a_fill_of_kalshi_without_a_time_is_named_and_hides_no_other(each: Desk) -> None:
    for number in ("1", "2"):
        name = client_order_id("kalshi", "test", number)
        await each.port.submit(each.intent(price="0.40"), name)
    each.venue.strange["1"] = {"created_time": ""}
    with pytest.raises(PartlyRead, match="1 of kalshi's rows: fill") as partly:
        await each.port.fills(TICKER, 0)
    assert [fill.venue_order_id for fill in partly.value.rows] == ["2"]


@pytest.mark.parametrize("each", ["kalshi"], indirect=True)
async def test_what_kalshi_has_moved_to_its_history_is_not_absent(each: Desk) -> None:
    name = client_order_id("kalshi", "test", "old")
    await each.port.submit(each.intent(price="0.40"), name)
    each.venue.old.add("1")
    months_ago = int((datetime.now(UTC) - timedelta(days=120)).timestamp() * 1000)
    found = await each.port.find(TICKER, name, None, months_ago)
    assert found is not None
    assert (found.stage, found.filled_size_base) == (Stage.FILLED, 20)
    assert [fill.size_base for fill in await each.port.fills(TICKER, months_ago)] == [20]


def test_prediction_venues_without_a_client_order_id_are_refused_with_the_reason() -> None:
    import ccxt.prediction

    with pytest.raises(
        UnsupportedVenue, match="polymarket are not supported: ccxt sends no client"
    ):
        FurtherOrders(ccxt.prediction.polymarket())


def test_a_tick_that_leaves_no_price_is_no_market() -> None:
    with pytest.raises(BadReply, match="no price lies between 0 and 1"):
        outcome_limits("x", "y", "USD", tick=Decimal(1), trading=True, at=datetime.now(UTC))
