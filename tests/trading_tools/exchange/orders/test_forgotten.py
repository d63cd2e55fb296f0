"""An order that its venue has forgotten: who may close it, when, and what counts then."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from tests.trading_tools.exchange.orders.conftest import Shop
from tests.trading_tools.exchange.orders.guards import NOW, guard
from tests.trading_tools.exchange.orders.test_laws import SYMBOL, WANTED, Model, intent
from trading_tools.audit.account_entries import PositionChange
from trading_tools.audit.errors import LedgerUnavailable
from trading_tools.audit.ledger import Ledger
from trading_tools.audit.trade import Decision, TradeAudit
from trading_tools.exchange.orders.forgotten import NotForgotten
from trading_tools.exchange.orders.life import Stage
from trading_tools.exchange.orders.manager import OrderManager
from trading_tools.exchange.orders.port import Unanswered, VenueOrder
from trading_tools.exchange.orders.reconciling import PositionDifference
from trading_tools.venue.wire.messages import Operation, Reply

WHY = "the venue's own page says that it expired"
DAY_S = 86_400
ZERO = Decimal(0)


class Forgetful(Model):
    """A venue that can be told to forget, and to say nothing of what is open."""

    dumb = False
    failing = False

    def forget(self, after_s: float = DAY_S) -> None:
        self.seconds += after_s
        self.orders.clear()

    async def open_orders(self, symbol: str) -> Sequence[VenueOrder]:
        if self.dumb:
            raise Unanswered("no reply came")
        return await super().open_orders(symbol)

    async def find(
        self, symbol: str, client_order_id: str, venue_order_id: str | None, since_ms: int
    ) -> VenueOrder | None:
        if self.failing:
            raise Passing("no reply came")
        return await super().find(symbol, client_order_id, venue_order_id, since_ms)


class Passing(Unanswered):
    """A query that failed for now."""

    passing = True


@pytest.fixture
def venue() -> Forgetful:
    return Forgetful(iter(()))


@pytest.fixture
def manager(venue: Forgetful, audit: TradeAudit, tmp_path: Path) -> OrderManager:
    def now() -> datetime:
        return NOW + timedelta(seconds=venue.seconds)

    return OrderManager(venue, audit, "law", guard(tmp_path), now)


async def test_a_forgotten_order_stays_open_until_a_person_writes_it_off(
    venue: Forgetful, manager: OrderManager, audit: TradeAudit, tmp_path: Path
) -> None:
    name = (await manager.submit(intent("one"))).client_order_id
    venue.forget()
    assert (await manager.reconcile([SYMBOL])).clean
    assert manager.records.exposure_base(SYMBOL) == (WANTED, ZERO)
    order = await manager.write_off(name, WHY)
    assert order.stage is Stage.CANCELED
    assert order.settled
    assert manager.records.exposure_base(SYMBOL) == (ZERO, ZERO)
    (decision,) = [each for each in audit.trail() if isinstance(each, Decision)]
    assert (decision.decision, decision.reason) == ("order written off", WHY)
    assert decision.data["client_order_id"] == name
    again = OrderManager(venue, audit, "law", guard(tmp_path))
    assert again.records.orders == manager.records.orders


@pytest.mark.parametrize(("filled", "stage"), [("0.004", Stage.CANCELED), ("0.01", Stage.FILLED)])
async def test_what_its_owner_found_that_it_filled_is_the_position(
    venue: Forgetful, manager: OrderManager, filled: str, stage: Stage
) -> None:
    name = (await manager.submit(intent("one"))).client_order_id
    venue.forget()
    order = await manager.write_off(name, WHY, Decimal(filled))
    assert order.stage is stage
    assert order.settled
    assert manager.records.exposure_base(SYMBOL) == (Decimal(filled),) * 2


@pytest.mark.parametrize("filled", ["-1", "0.011"])
async def test_more_than_its_size_or_less_than_is_known_cannot_have_filled(
    venue: Forgetful, manager: OrderManager, filled: str
) -> None:
    name = (await manager.submit(intent("one"))).client_order_id
    venue.forget()
    with pytest.raises(NotForgotten, match=rf"cannot have filled {filled}: 0 of 0\.01"):
        await manager.write_off(name, WHY, Decimal(filled))
    assert manager.records.exposure_base(SYMBOL) == (WANTED, ZERO)


async def test_fills_that_the_venue_still_tells_count_when_it_is_written_off(
    venue: Forgetful, manager: OrderManager
) -> None:
    name = (await manager.submit(intent("one"))).client_order_id
    venue.fates = iter([7])  # the next request finds four units filled
    venue.fate()
    venue.forget()
    order = await manager.write_off(name, WHY)
    assert (order.stage, order.filled_size_base) == (Stage.CANCELED, Decimal("0.004"))


async def test_an_order_of_the_last_day_is_not_written_off(
    venue: Forgetful, manager: OrderManager
) -> None:
    name = (await manager.submit(intent("one"))).client_order_id
    venue.forget(after_s=DAY_S - 1)
    with pytest.raises(NotForgotten, match="23:59:59 ago: its venue may show it yet"):
        await manager.write_off(name, WHY)


async def test_an_order_that_the_venue_has_is_not_written_off(
    venue: Forgetful, manager: OrderManager
) -> None:
    name = (await manager.submit(intent("one"))).client_order_id
    venue.seconds += DAY_S
    with pytest.raises(NotForgotten, match="it is open"):
        await manager.write_off(name, WHY)
    await manager.cancel(name, "done")
    with pytest.raises(NotForgotten, match="it is canceled"):
        await manager.write_off(name, WHY)


async def test_nothing_is_written_off_while_the_venue_does_not_say_what_is_open(
    venue: Forgetful, manager: OrderManager
) -> None:
    name = (await manager.submit(intent("one"))).client_order_id
    venue.forget()
    venue.dumb = True
    with pytest.raises(Unanswered):
        await manager.write_off(name, WHY)
    assert manager.records.orders[name].stage is Stage.OPEN
    venue.dumb, venue.failing = False, True
    with pytest.raises(Unanswered):
        await manager.write_off(name, WHY)
    assert manager.records.orders[name].stage is Stage.OPEN


async def test_what_a_person_stated_and_could_not_be_written_is_said(
    venue: Forgetful, manager: OrderManager, audit: TradeAudit, monkeypatch: pytest.MonkeyPatch
) -> None:
    def append(*event: object, **more: object) -> None:
        raise LedgerUnavailable("the ledger: the disk is full")

    name = (await manager.submit(intent("one"))).client_order_id
    venue.forget()
    with monkeypatch.context() as full:
        full.setattr(Ledger, "append", append)
        with pytest.raises(LedgerUnavailable, match="is not in the audit yet"):
            await manager.write_off(name, WHY)
        with pytest.raises(LedgerUnavailable, match="keep this process running"):
            manager.take_over([PositionDifference(SYMBOL, ZERO, WANTED)], WHY)
    assert manager.catch_up_audit() == 0
    assert [each.reason for each in audit.trail() if isinstance(each, PositionChange)] == [WHY]


async def test_an_order_in_binances_archive_is_one_that_it_has_forgotten(shop: Shop) -> None:
    archived = b'{"code":-2026,"msg":"Order was canceled or expired with no executed qty"}'
    shop.mishaps.before_it[Operation.QUERY_ORDER] = [Reply(400, archived)]
    assert await shop.manager.venue.find("BTC/USDT", "any", "17", 0) is None
