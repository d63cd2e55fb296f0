"""Protective stops at a desk: what stays at the venue when the bot is gone, and what is ended."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.support.lives import CLIP, LIMITS, PERPETUAL
from tests.support.usdm_venue import usdm
from tests.support.venues import keys, point_at
from tests.trading_tools.exchange.desk.conftest import Stall
from tests.trading_tools.exchange.desk.test_desk import until
from trading_tools.audit.account_entries import PositionChange
from trading_tools.audit.trade import OrderIntent, OrderResult, Outcome
from trading_tools.exchange.desk.desk import Desk
from trading_tools.exchange.desk.opening import open_desk
from trading_tools.exchange.desk.protection import stops_of, tell_what_stays, to_end
from trading_tools.exchange.orders.guard import Refused
from trading_tools.exchange.orders.intent import Intent
from trading_tools.exchange.orders.kill_switch import KillSwitch
from trading_tools.exchange.orders.life import Stage
from trading_tools.exchange.orders.port import Unanswered
from trading_tools.exchange.orders.records import OrderRecord, Records
from trading_tools.venue.binance.usdm.adapter import BinanceUsdm
from trading_tools.venue.wire.interference import Cut
from trading_tools.venue.wire.messages import Operation
from trading_tools.venue.wire.server import VenueServer

SYMBOL = "BTC/USDT"
PAGE = Path(__file__).parents[4] / "docs" / "desk.md"


def example() -> Callable[[Desk, str, Decimal], Any]:
    """`enter` as docs/desk.md has it."""
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.S)
    names: dict[str, Any] = {}
    exec(compile(next(each for each in blocks if "def enter" in each), str(PAGE), "exec"), names)
    found: Callable[[Desk, str, Decimal], Any] = names["enter"]
    return found


async def test_an_entry_and_its_stop_as_documented_and_the_stop_outlives_the_bot(
    stall: Stall,
) -> None:
    async with stall.desk() as desk:
        stop: OrderRecord = await example()(desk, "one", Decimal("0.001"))
        assert (stop.stage, stop.size_base) == (Stage.WAITING, Decimal("0.00099"))
        assert desk.range_base(SYMBOL) == (Decimal("0.000009"), Decimal("0.000999"))
    assert stall.open_orders() == [stop.client_order_id]
    async with stall.desk() as next_life:
        (known,) = stops_of(next_life.manager.records, SYMBOL)
        assert (known.client_order_id, known.stage) == (stop.client_order_id, Stage.WAITING)
        exit_price = (await next_life.quote(SYMBOL)).bids[0][0] * Decimal("0.99")
        out = Intent("out", SYMBOL, "sell", known.size_base, exit_price, reduce_only=True)
        with pytest.raises(Refused, match="reduce-only: with all that is open it could leave"):
            await next_life.submit(out)
        sold = await next_life.finish(await next_life.replace(known, out))
        assert (sold.stage, known.stage) == (Stage.FILLED, Stage.CANCELED)
    assert stall.open_orders() == []


async def test_a_stop_stays_where_what_is_to_replace_it_may_not_go_and_a_naked_end_is_told(
    stall: Stall, caplog: pytest.LogCaptureFixture
) -> None:
    async with stall.desk() as desk:
        stop: OrderRecord = await example()(desk, "one", Decimal("0.001"))
        assert stop.stop_price_quote is not None
        higher = Intent(
            "higher", SYMBOL, "sell", stop.size_base, order_type="market", reduce_only=True,
            stop_price_quote=stop.stop_price_quote + 10,
        )  # fmt: skip
        with pytest.raises(Refused, match=r"stop: .* has it already"):
            await desk.replace(stop, replace(higher, stop_price_quote=Decimal(60_600)))
        with pytest.raises(ValueError, match="cannot replace"):
            await desk.replace(stop, replace(higher, side="buy"))
        assert stop.stage is Stage.WAITING
        second = await desk.replace(stop, higher)
        desk.stopping.set()
        with pytest.raises(Refused, match="stopping"):
            await desk.replace(second, replace(higher, key="highest"))
        assert (stop.stage, second.stage) == (Stage.CANCELED, Stage.WAITING)
    assert stall.open_orders() == [second.client_order_id]
    assert "no stop protects" not in caplog.text
    async with stall.desk() as next_life:
        (known,) = stops_of(next_life.manager.records, SYMBOL)
        await next_life.finish(known)
    assert f"no stop protects the position of {SYMBOL} any more: 0.000999" in caplog.text


async def test_a_stop_of_which_nothing_is_learnt_is_found_and_goes_on_protecting(
    stall: Stall,
) -> None:
    async with stall.desk(known_within_s=0.5) as desk:
        quote = await desk.quote(SYMBOL)
        price = quote.asks[0][0] * Decimal("1.001")
        await desk.finish(await desk.submit(Intent("in", SYMBOL, "buy", CLIP, price)))
        wanted = Intent(
            "stop", SYMBOL, "sell", desk.range_base(SYMBOL)[0], order_type="market",
            reduce_only=True, stop_price_quote=quote.mid * Decimal("0.98"),
        )  # fmt: skip
        stall.line.silent = "ws"
        stall.line.after_it[Operation.PLACE] = [lambda reply: Cut()]
        for unseen in (Operation.QUERY_ORDER, Operation.OPEN_ORDERS):
            stall.line.before_it[unseen] = [Cut()] * 500
        with pytest.raises(Unanswered, match="what became of"):
            await desk.submit(wanted)
        (stop,) = stops_of(desk.manager.records, SYMBOL)
        with pytest.raises(Refused, match="reduce-only"):
            await desk.submit(replace(wanted, key="another"))
        stall.line.before_it.clear()
        await until(lambda: stop.stage is not Stage.UNKNOWN)
        assert stop.stage is Stage.WAITING
    assert stall.open_orders() == [stop.client_order_id]


@pytest.mark.slow
async def test_a_kill_switch_ends_the_stops_as_well(stall: Stall) -> None:
    async with stall.desk() as desk:
        stop: OrderRecord = await example()(desk, "one", Decimal("0.001"))
        KillSwitch(stall.folder / "stop").throw("all out")
        await until(lambda: stop.ended)
    assert stall.open_orders() == []


@pytest.mark.slow
async def test_a_kill_that_comes_with_the_end_leaves_no_stop(stall: Stall) -> None:
    async with stall.desk() as desk:
        stop: OrderRecord = await example()(desk, "one", Decimal("0.001"))
        KillSwitch(stall.folder / "stop").throw("all out")
    assert stop.stage is Stage.CANCELED
    assert stall.open_orders() == []


@pytest.mark.parametrize("killed", [False, True])
def test_only_a_stop_that_was_to_stay_is_told_to_stay(
    killed: bool, caplog: pytest.LogCaptureFixture
) -> None:
    at = datetime.now(UTC)
    records = Records(
        [
            PositionChange(SYMBOL, "held", at, CLIP, "before"),
            OrderIntent(
                "o-1", SYMBOL, "sell", "market", CLIP, None, at, stop_price_quote=Decimal(50_000)
            ),
            OrderResult("o-1", Outcome.ACCEPTED, at, venue_order_id="1"),
        ]
    )
    tell_what_stays(records, to_end(records, (), everything=killed), {})
    told = "stops that protect a position stay at the venue: o-1 (waiting)"
    assert [each.message for each in caplog.records] == ([] if killed else [told])


@pytest.mark.slow
async def test_a_stop_whose_position_another_has_closed_is_ended_and_holds_for_no_next_one(
    tmp_path: Path,
) -> None:
    import ccxt.pro

    venue = BinanceUsdm(usdm())
    async with VenueServer([venue]) as server:

        def client() -> Any:
            return point_at(ccxt.pro.binanceusdm(keys(venue)), server.port)

        desk_of = open_desk(client, [PERPETUAL], tmp_path, LIMITS, live=None, simulated=True)
        other = client()
        async with desk_of as desk:
            bid = (await desk.quote(PERPETUAL)).bids[0][0]
            entry = Intent("in", PERPETUAL, "buy", CLIP * 3, bid * Decimal("1.01"))
            await desk.finish(await desk.submit(entry))
            wanted = Intent(
                "stop", PERPETUAL, "sell", CLIP * 3, order_type="market",
                reduce_only=True, stop_price_quote=bid * Decimal("0.9"),
            )  # fmt: skip
            stop = await desk.submit(wanted)
            records = desk.manager.records
            told = records.on_news
            back: list[Stage] = []

            def closed(symbol: str) -> None:
                told(symbol)
                if records.position_base(PERPETUAL) == 0 and not back:
                    # Back at once, as by another's hand: the sample of each second sees neither.
                    at = datetime.now(UTC)
                    back.append(stop.stage)
                    records.apply(PositionChange(PERPETUAL, "back", at, CLIP, "another's"))

            records.on_news = closed
            await other.create_order(PERPETUAL, "market", "sell", 0.003, None, {"reduceOnly": True})
            await until(lambda: back)
            with pytest.raises(Refused, match="one that is to end could close what is opened now"):
                await desk.submit(replace(entry, key="in 2"))
            await until(lambda: stop.ended)
            assert stop.stage is Stage.CANCELED
            assert venue.place.account.open_orders() == []
            await desk.finish(await desk.submit(replace(entry, key="in 3")))
        await other.close()
