"""What a stop must be to go out, and what is made of a venue's rows of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.trading_tools.exchange.orders.guards import NOW, guard, market
from tests.trading_tools.exchange.orders.scripted import Books, Scripted
from trading_tools.audit.account_entries import PositionChange
from trading_tools.audit.trade import OrderIntent, OrderResult, OrderStage, Outcome, TradeAudit
from trading_tools.exchange.links.fix.orders import FixOrders
from trading_tools.exchange.links.ib.orders import IbOrders
from trading_tools.exchange.links.manifold.orders import ManifoldOrders
from trading_tools.exchange.orders.guard import Refused, fitted
from trading_tools.exchange.orders.intent import Intent
from trading_tools.exchange.orders.life import IllegalTransition, Stage
from trading_tools.exchange.orders.manager import OrderManager
from trading_tools.exchange.orders.port import NotSent, Unanswered, VenueFill, VenueOrder
from trading_tools.exchange.orders.records import Records
from trading_tools.exchange.orders.rows import order_of
from trading_tools.exchange.orders.stops import STOPS, require_stop
from trading_tools.exchange.orders.ways import WAYS
from trading_tools.exchange.pacing.costs import Asked, toll

HELD, ZERO = Decimal("0.5"), Decimal(0)
PERP = "BTC/USDT:USDT"


def stop(**changes: Any) -> Intent:
    """A sale at the market's price once it trades at 58,000; the market is at 60,000."""
    given: dict[str, Any] = {
        "key": "stop",
        "symbol": PERP,
        "side": "sell",
        "size_base": HELD,
        "order_type": "market",
        "reduce_only": True,
        "stop_price_quote": Decimal(58_000),
        **changes,
    }
    return Intent(**given)


def holding(size: Decimal = HELD, side: str = "buy") -> Records:
    """Records of an order that filled."""
    intent = OrderIntent("in", PERP, "buy" if side == "buy" else "sell", "limit", size, HELD, NOW)
    return Records([intent, OrderStage("in", "filled", NOW, size, "query", "1")])


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"reduce_only": False}, "a stop protects what is held: give reduce_only=True"),
        ({"stop_price_quote": Decimal(0)}, "stop_price_quote 0 is not above zero"),
        ({"time_in_force": "IOC"}, "a stop waits for its price: it cannot be IOC"),
        (
            {"order_type": "limit", "price_quote": Decimal(58_001)},
            "price_quote 58001 is above the stop of a sell, 58000",
        ),
        (
            {"side": "buy", "order_type": "limit", "price_quote": Decimal(57_999)},
            "price_quote 57999 is below the stop of a buy, 58000",
        ),
    ],
)
def test_a_stop_that_protects_nothing_is_no_intent(changes: dict[str, Any], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        stop(**changes)


@pytest.mark.parametrize(
    ("side", "price", "fits"),
    [("sell", "57000.005", "58000.01"), ("buy", "62000.005", "58000.00")],
)
def test_a_trigger_goes_to_the_grid_towards_the_market_and_its_price_stays_beyond_it(
    side: str, price: str, fits: str
) -> None:
    rough = stop(
        side=side,
        order_type="limit",
        price_quote=Decimal(price),
        stop_price_quote=Decimal("58000.005"),
    )
    assert fitted(rough, market(PERP)).stop_price_quote == Decimal(fits)


def test_a_stop_for_what_is_held_passes_and_reserves_nothing_for_an_entry(tmp_path: Path) -> None:
    held = holding()
    limits = {"max_position_base": {PERP: HELD * 2}, "max_order_quote": Decimal(30_000)}
    gate = guard(tmp_path, limits=limits)
    gate.check(stop(), held)
    held.apply(OrderIntent("s", PERP, "sell", "market", HELD, None, NOW, reduce_only=True))
    entry = Intent("more", PERP, "buy", HELD, Decimal(59_000))
    gate.check(entry, held)
    assert gate.range_base(PERP, held) == (ZERO, HELD)


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"size_base": HELD * 2}, "reduce-only: with all that is open it could leave -0.5"),
        ({"stop_price_quote": Decimal(59_999)}, "stop: a sell that waits for 59999 has it already"),
        ({"stop_price_quote": Decimal(61_000)}, "stop: .* the best bid is 59999"),
        (
            {"order_type": "limit", "price_quote": Decimal(50_000)},
            "price-collar: the price 50000 is further than 10 % from its stop, 58000",
        ),
        ({"stop_price_quote": Decimal("58000.001")}, "market-rules: .*the stop.s price 58000.001"),
    ],
)
def test_a_stop_is_refused(changes: dict[str, Any], rule: str, tmp_path: Path) -> None:
    gate = guard(tmp_path, limits={"price_collar": Decimal("0.1")})
    with pytest.raises(Refused, match=rule):
        gate.check(stop(**changes), holding())


@pytest.mark.parametrize(("side", "trigger"), [("sell", "29999.99"), ("buy", "90000.01")])
def test_a_trigger_with_a_digit_too_few_or_too_many_is_refused(
    side: str, trigger: str, tmp_path: Path
) -> None:
    gate = guard(tmp_path, limits={"stop_collar": Decimal("0.5")})
    held = holding(side="sell" if side == "buy" else "buy")
    wanted = stop(side=side, stop_price_quote=Decimal(trigger))
    with pytest.raises(Refused, match=f"stop: the price {trigger} is further than 50 % from the"):
        gate.check(wanted, held)
    nearer = Decimal(trigger).to_integral_value()
    gate.check(replace(wanted, stop_price_quote=nearer), held)


def test_a_second_stop_for_the_same_position_is_refused(tmp_path: Path) -> None:
    held = holding()
    held.apply(OrderIntent("s", PERP, "sell", "market", HELD, None, NOW, reduce_only=True))
    with pytest.raises(Refused, match="reduce-only"):
        guard(tmp_path).check(stop(), held)


def test_a_buy_that_stops_a_short_waits_above_the_market(tmp_path: Path) -> None:
    wanted = stop(side="buy", stop_price_quote=Decimal(62_000))
    guard(tmp_path).check(wanted, holding(side="sell"))
    with pytest.raises(Refused, match="stop: a buy that waits for 60001 has it already"):
        guard(tmp_path).check(
            replace(wanted, stop_price_quote=Decimal(60_001)), holding(side="sell")
        )


def test_every_venue_that_is_traded_on_says_which_stops_it_has() -> None:
    assert {venue for venue, _ in STOPS} == set(WAYS)
    assert all(kinds.source and kinds.read for kinds in STOPS.values())


async def test_a_port_that_sends_no_stops_lets_none_out() -> None:
    with pytest.raises(NotSent, match="no stop can be sent to manifold here"):
        await ManifoldOrders.turn(ManifoldOrders.__new__(ManifoldOrders), stop())
    for port in (FixOrders.__new__(FixOrders), IbOrders.__new__(IbOrders)):
        port.name = "a link"
        with pytest.raises(NotSent, match="no stop can be sent to a link here"):
            await port.turn(stop())
    with pytest.raises(NotSent, match="no stop can be sent for BTC/USDC at hyperliquid here"):
        require_stop("hyperliquid", stop(symbol="BTC/USDC"))


def algo(status: str, **told: str) -> dict[str, Any]:
    """A stop as USD-M's own list has it."""
    return {
        "id": "7", "symbol": PERP, "side": "sell", "amount": "0.5", "status": "closed",
        "info": {"algoId": 7, "clientAlgoId": "s", "algoStatus": status, "price": "0", **told},
    }  # fmt: skip


@pytest.mark.parametrize(
    ("row", "number", "stage"),
    [
        (algo("NEW"), "algo:7", Stage.WAITING),
        # Seen to stay so for a day, while the position was open.
        (algo("TRIGGERING"), "algo:7", Stage.OPEN),
        (algo("TRIGGERED", actualOrderId="28"), "28", Stage.OPEN),
        (algo("FINISHED", actualOrderId="28"), "28", Stage.OPEN),
        (algo("CANCELED"), "algo:7", Stage.CANCELED),
        (algo("EXPIRED"), "algo:7", Stage.CANCELED),
        (algo("REJECTED"), "algo:7", Stage.REJECTED),
    ],
)
def test_a_stop_of_usdm_is_what_its_own_status_says_and_ends_as_its_order_does(
    row: dict[str, Any], number: str, stage: Stage
) -> None:
    shown = order_of(row)
    assert (shown.venue_order_id, shown.stage, shown.filled_size_base) == (number, stage, ZERO)


def test_a_reply_that_its_trigger_has_overtaken_gives_no_older_number() -> None:
    intent = OrderIntent(
        "s", PERP, "sell", "market", HELD, None, NOW, reduce_only=True,
        stop_price_quote=Decimal(58_000),
    )  # fmt: skip
    records = Records([intent])
    records.apply(OrderStage("s", "open", NOW, Decimal(0), "stream", "28"))
    later = NOW + timedelta(seconds=1)
    records.apply(OrderResult("s", Outcome.ACCEPTED, later, venue_order_id="algo:7"))
    order = records.orders["s"]
    assert (order.stage, order.venue_order_id) == (Stage.OPEN, "28")
    assert records.of_number(PERP, "algo:7") is records.of_number(PERP, "28") is order


def shown(number: str, stage: Stage, filled: Decimal = ZERO) -> VenueOrder:
    return VenueOrder(number, "s", PERP, "sell", stage, HELD, filled)


def test_news_of_a_stop_in_any_order_lead_to_the_order_that_it_became(
    audit: TradeAudit, tmp_path: Path
) -> None:
    audit.order_intent(
        client_order_id="s", symbol=PERP, side="sell", order_type="market", size_base=HELD, at=NOW,
        reduce_only=True, stop_price_quote=Decimal(58_000),
    )  # fmt: skip
    manager = OrderManager(Scripted(Books()), audit, "model", guard(tmp_path))
    order = manager.records.orders["s"]
    fill = VenueFill("1", "28", PERP, "sell", HELD, Decimal(57_900), 1)
    assert not manager.on_fill(fill)  # whose it is nobody knows yet
    manager.on_order(shown("algo:7", Stage.WAITING))
    assert order.stage is Stage.WAITING
    manager.on_order(shown("algo:7", Stage.OPEN))
    manager.on_order(shown("28", Stage.OPEN))
    assert (order.venue_order_id, order.filled_size_base) == ("28", HELD)
    for late in (shown("algo:7", Stage.WAITING), shown("algo:7", Stage.OPEN)):
        manager.on_order(late)
    manager.on_order(shown("28", Stage.FILLED, HELD))
    assert (order.stage, order.venue_order_id, order.settled) == (Stage.FILLED, "28", True)
    assert Records(audit.trail()).orders == manager.records.orders


@pytest.mark.parametrize("end", [Stage.VOID, Stage.REJECTED])
def test_a_stop_that_was_said_not_to_be_there_and_waits_at_the_venue_is_told_of(
    end: Stage, audit: TradeAudit, tmp_path: Path
) -> None:
    audit.order_intent(
        client_order_id="s", symbol=PERP, side="sell", order_type="market", size_base=HELD, at=NOW,
        reduce_only=True, stop_price_quote=Decimal(58_000),
    )  # fmt: skip
    audit.order_stage(client_order_id="s", stage=end, at=NOW, filled_size_base=ZERO, source="query")
    manager = OrderManager(Scripted(Books()), audit, "model", guard(tmp_path))
    with pytest.raises(IllegalTransition, match=f"cannot go from {end} to waiting"):
        manager.on_order(shown("algo:7", Stage.WAITING))


@pytest.mark.parametrize("path", ["order", "algoOrder"])
def test_a_stop_counts_as_an_order_of_usdm(path: str) -> None:
    due = toll("binanceusdm", Asked(("fapiPrivate",), "POST", path, {}, 1.0))
    assert (due.order, due.cost.units["orders"]) == (True, 1)


class Telling(Scripted):
    """A venue that answers at once: a stop waits there, and nothing was traded."""

    stage = Stage.WAITING

    async def time_ms(self) -> int:
        return self.books.now_ms()

    async def open_orders(self, symbol: str) -> list[VenueOrder]:
        return [shown("algo:7", self.stage)]

    async def fills(self, symbol: str, since_ms: int) -> list[VenueFill]:
        self.sent.append(f"{(NOW.timestamp() * 1000 - since_ms) / 86_400_000:.0f}")
        return []

    async def position(self, symbol: str) -> Decimal:
        return ZERO


class Falling(Telling):
    """Its price comes when the list of stops has been read, and before the fills are."""

    became: VenueOrder | None = None
    """What it tells of the stop that is asked after; None where it does not answer."""

    async def open_orders(self, symbol: str) -> list[VenueOrder]:
        return [] if self.sent else [shown("algo:7", Stage.WAITING)]

    async def fills(self, symbol: str, since_ms: int) -> list[VenueFill]:
        self.sent.append("fills")
        return [VenueFill("1", "28", PERP, "sell", HELD, Decimal(57_900), 1)]

    async def find(
        self, symbol: str, client_order_id: str, venue_order_id: str | None, since_ms: int
    ) -> VenueOrder:
        if self.became is None:
            raise Unanswered("no reply came")
        return self.became

    async def position(self, symbol: str) -> Decimal:
        return -HELD


_WAITS, _FILLED = shown("algo:7", Stage.WAITING), shown("28", Stage.FILLED, HELD)


@pytest.mark.parametrize(
    ("told", "changes"),
    [([_FILLED], 0), ([None, _FILLED], 0), ([_WAITS], 1), ([_WAITS, _FILLED], 1)],
    ids=["triggered", "not told at first", "it waits, and others sold", "told too late"],
)
async def test_a_fill_that_came_while_accounts_were_compared_counts_once_whosever_it_is(
    told: list[VenueOrder | None], changes: int, audit: TradeAudit, tmp_path: Path
) -> None:
    audit.order_intent(
        client_order_id="s", symbol=PERP, side="sell", order_type="market", size_base=HELD, at=NOW,
        reduce_only=True, stop_price_quote=Decimal(58_000),
    )  # fmt: skip
    audit.order_stage(
        client_order_id="s", stage=Stage.WAITING, at=NOW, filled_size_base=ZERO, source="query",
        venue_order_id="algo:7",
    )  # fmt: skip
    venue = Falling(Books())
    manager = OrderManager(venue, audit, "model", guard(tmp_path), lambda: NOW)
    for answer in told:
        venue.became = answer
        found = await manager.reconcile([PERP])
    assert not found.positions
    assert Records(audit.trail()).position_base(PERP) == -HELD
    assert sum(isinstance(each, PositionChange) for each in audit.trail()) == changes


async def test_a_stop_that_waits_for_a_month_lets_no_fills_of_a_month_be_read(
    audit: TradeAudit, tmp_path: Path
) -> None:
    audit.order_intent(
        client_order_id="s", symbol=PERP, side="sell", order_type="market", size_base=HELD,
        at=NOW - timedelta(days=30), reduce_only=True, stop_price_quote=Decimal(58_000),
    )  # fmt: skip
    audit.reconciled(symbol=PERP, at=NOW)
    venue = Telling(Books())
    manager = OrderManager(venue, audit, "model", guard(tmp_path), lambda: NOW)
    await manager.reconcile([PERP])
    venue.stage = Stage.OPEN
    await manager.reconcile([PERP])
    assert venue.sent == ["0", "30"]
