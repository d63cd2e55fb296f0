"""Perpetuals: signed positions, orders that only reduce, fills of others, leverage, sizes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.support import usdm_venue
from tests.support.venues import Clock
from tests.trading_tools.exchange.orders.conftest import Shop, opened
from tests.trading_tools.exchange.orders.guards import guard, market
from tests.trading_tools.exchange.orders.test_every_venue import MADE, intent
from trading_tools.audit.trade import TradeAudit
from trading_tools.exchange.orders.contracts import HedgeMode
from trading_tools.exchange.orders.guard import Refused, fitted
from trading_tools.exchange.orders.intent import Intent
from trading_tools.exchange.orders.life import Stage
from trading_tools.exchange.orders.reconciling import PositionDifference
from trading_tools.exchange.orders.records import Records
from trading_tools.venue.binance.usdm.adapter import BinanceUsdm

SYMBOL = usdm_venue.SYMBOL


@pytest.fixture(params=["binanceusdm", "bybit"])
async def perpetual(
    request: pytest.FixtureRequest, audit: TradeAudit, tmp_path: Path
) -> AsyncIterator[Shop]:
    async with opened(audit, tmp_path, MADE[request.param]()) as shop:
        shop.symbol = SYMBOL
        yield shop


def sold(shop: Shop, key: str, **changes: Any) -> Any:
    given = {"side": "sell", "price_quote": Decimal(58_000), **changes}
    return intent(shop, key, **given)


async def test_a_short_position_is_below_zero_here_and_at_the_venue(perpetual: Shop) -> None:
    order = await perpetual.manager.submit(sold(perpetual, "short"))
    assert (await perpetual.manager.reconcile([SYMBOL])).clean
    assert order.settled
    assert perpetual.manager.records.position_base(SYMBOL) == Decimal("-0.01")
    assert await perpetual.manager.venue.position(SYMBOL) == Decimal("-0.01")


async def test_an_order_that_only_reduces_carries_the_venues_own_flag(perpetual: Shop) -> None:
    await perpetual.manager.submit(sold(perpetual, "short"))
    await perpetual.manager.reconcile([SYMBOL])
    cover = intent(perpetual, "cover", price_quote=Decimal(50_000), reduce_only=True)
    order = await perpetual.manager.submit(cover)
    assert order.stage is Stage.OPEN
    (shown,) = await perpetual.client.fetch_open_orders(SYMBOL)
    assert shown["reduceOnly"] is True


async def test_a_venue_keeps_an_order_from_turning_a_position_that_others_closed(
    perpetual: Shop,
) -> None:
    await perpetual.manager.submit(sold(perpetual, "short"))
    await perpetual.manager.reconcile([SYMBOL])
    await perpetual.client.create_order(SYMBOL, "market", "buy", "0.01")
    late = intent(perpetual, "late", price_quote=Decimal(62_000), reduce_only=True)
    order = await perpetual.manager.submit(late)
    await perpetual.manager.reconcile([SYMBOL])
    assert (order.stage, order.filled_size_base) == (Stage.REJECTED, Decimal(0))
    assert await perpetual.manager.venue.position(SYMBOL) == 0


async def test_a_fill_of_others_changes_the_position_once_and_is_told_once(
    perpetual: Shop,
) -> None:
    await perpetual.manager.submit(intent(perpetual, "long", price_quote=Decimal(62_000)))
    await perpetual.manager.reconcile([SYMBOL])
    await perpetual.client.create_order(SYMBOL, "market", "sell", "0.004")
    found = await perpetual.manager.reconcile([SYMBOL])
    assert {fill.side for fill in found.strange_fills} == {"sell"}
    assert found.positions == []
    for manager in (perpetual.manager, perpetual.restarted()):
        assert (await manager.reconcile([SYMBOL])).clean
        assert manager.records.position_base(SYMBOL) == Decimal("0.006")


@pytest.mark.parametrize(
    "later_ms", [180_000, pytest.param(9 * 86_400_000, marks=pytest.mark.slow)]
)
async def test_what_others_did_while_nothing_of_ours_ran_is_found_after_a_restart(
    audit: TradeAudit, tmp_path: Path, later_ms: int
) -> None:
    clock = Clock()
    made = BinanceUsdm(usdm_venue.usdm(clock=clock))
    async with opened(audit, tmp_path, made, clock=clock) as shop:
        shop.symbol = SYMBOL
        manager = shop.restarted(now=clock.utc)
        await manager.submit(intent(shop, "long", price_quote=Decimal(62_000)))
        await manager.reconcile([SYMBOL])
        clock.now += 120_000
        await shop.client.create_order(SYMBOL, "market", "sell", "0.01")
        clock.now += later_ms
        after = shop.restarted(now=clock.utc)
        assert (await after.reconcile([SYMBOL])).strange_fills
        assert after.records.position_base(SYMBOL) == 0
        assert (await after.reconcile([SYMBOL])).clean


async def test_a_position_that_is_older_than_the_audit_is_told_and_can_be_taken_over(
    audit: TradeAudit, tmp_path: Path
) -> None:
    clock = Clock()
    made = BinanceUsdm(usdm_venue.usdm(clock=clock))
    async with opened(audit, tmp_path, made, clock=clock) as shop:
        await shop.client.create_order(SYMBOL, "market", "sell", "0.01")
        clock.now += 120_000
        manager = shop.restarted(now=clock.utc)
        found = await manager.reconcile([SYMBOL])
        assert found.positions == [PositionDifference(SYMBOL, Decimal(0), Decimal("-0.010"))]
        manager.take_over(found.positions, "held since the summer")
        assert (await manager.reconcile([SYMBOL])).clean
        assert shop.restarted(now=clock.utc).records.position_base(SYMBOL) == Decimal("-0.01")


async def test_an_account_in_hedge_mode_is_refused(perpetual: Shop) -> None:
    await perpetual.client.set_position_mode(True, SYMBOL)
    with pytest.raises(HedgeMode, match="set the account to one-way mode"):
        await perpetual.manager.reconcile([SYMBOL])
    order = await perpetual.manager.submit(intent(perpetual, "either"))
    assert order.stage is Stage.REJECTED


async def test_sizes_are_in_the_base_asset_whatever_a_contract_holds(
    audit: TradeAudit, tmp_path: Path
) -> None:
    async with opened(audit, tmp_path, MADE["binanceusdm"]()) as shop:
        # As if one contract of this venue were half a coin.
        shop.client.markets[SYMBOL]["contractSize"] = 0.5
        small = market(SYMBOL, contract_size=Decimal("0.5"), step_size=Decimal("0.001"))
        manager = shop.restarted(guard=guard(shop.folder, markets={SYMBOL: small}))
        shop.symbol = SYMBOL
        order = await manager.submit(intent(shop, "half", size_base=Decimal("0.005")))
        (shown,) = await shop.client.fetch_open_orders(SYMBOL)
        assert Decimal(shown["amount"]) == Decimal("0.01")
        await manager.refresh(order.venue_order_id or "")
        assert (order.stage, order.open_size_base) == (Stage.OPEN, Decimal("0.005"))
        sized = fitted(intent(shop, "odd", size_base=Decimal("0.0057")), small)
        assert sized.size_base == Decimal("0.0055")


def refusal(folder: Path, changes: dict[str, Any], **more: Any) -> str:
    wanted = intent_of(SYMBOL)
    with pytest.raises(Refused) as caught:
        guard(folder, limits=changes, **more).check(wanted, Records())
    return str(caught.value)


def intent_of(symbol: str) -> Any:
    return Intent("one", symbol, "buy", Decimal("0.1"), Decimal(60_000))


def test_contracts_may_be_worth_so_many_times_what_the_account_is(tmp_path: Path) -> None:
    poor = {"equity": lambda: Decimal(1_000)}
    guard(tmp_path, limits={"max_leverage": Decimal(7)}, **poor).check(intent_of(SYMBOL), Records())
    told = refusal(tmp_path, {"max_leverage": Decimal(5)}, **poor)
    assert told.startswith("leverage: with all that is open contracts could be worth 6000")


@pytest.mark.parametrize(
    ("limits", "equity"), [({"max_leverage": None}, Decimal(10**9)), ({}, None)]
)
def test_without_a_leverage_or_an_equity_no_contract_is_traded(
    tmp_path: Path, limits: dict[str, Any], equity: Decimal | None
) -> None:
    told = refusal(tmp_path, limits, equity=lambda: equity)
    assert told.startswith("leverage: a contract needs a max_leverage")


@pytest.mark.parametrize(
    ("symbol", "kind", "why"),
    [
        ("BTC/USD:BTC", "swap", "is an inverse contract"),
        ("BTC/USDT:USDT-261225", "future", "is a future market"),
    ],
)
def test_other_contracts_are_refused(tmp_path: Path, symbol: str, kind: str, why: str) -> None:
    odd = market(symbol, kind=kind)
    with pytest.raises(Refused, match=why):
        guard(tmp_path, markets={symbol: odd}).check(intent_of(symbol), Records())
