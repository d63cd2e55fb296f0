"""A desk from its beginning to its end, at a venue on loopback."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from tests.trading_tools.exchange.desk.conftest import LIMITS, Stall
from tests.trading_tools.exchange.orders.guards import guard
from trading_tools.audit.ledger import Ledger
from trading_tools.audit.trade import TradeAudit
from trading_tools.exchange.desk import feeds
from trading_tools.exchange.desk.opening import open_desk
from trading_tools.exchange.errors import UnknownSymbol
from trading_tools.exchange.orders.ccxt_port import CcxtOrders
from trading_tools.exchange.orders.guard import Refused
from trading_tools.exchange.orders.intent import Intent
from trading_tools.exchange.orders.life import Stage
from trading_tools.exchange.orders.manager import OrderManager
from trading_tools.exchange.orders.port import Unanswered
from trading_tools.exchange.orders.records import OrderRecord
from trading_tools.exchange.pacing.pacer import Pacer
from trading_tools.exchange.pacing.venues import UnknownLimits
from trading_tools.venue.wire.interference import Cut
from trading_tools.venue.wire.messages import Operation, Reply

ZERO = Decimal(0)
Resting = Callable[[str], Intent]


async def until(condition: Callable[[], object]) -> None:
    """Wait for something that the running tasks will bring about."""
    async with asyncio.timeout(30):
        while not condition():
            await asyncio.sleep(0.02)


async def test_an_order_is_sent_on_the_grid_and_ends_when_it_is_finished(
    stall: Stall, resting: Resting
) -> None:
    async with stall.desk() as desk:
        rough = Intent(
            "rough", "BTC/USDT", "buy", Decimal("0.0010009"), Decimal("58000.123"), "limit", "PO"
        )
        order = await desk.submit(rough)
        assert (order.size_base, order.price_quote) == (Decimal("0.001"), Decimal("58000.12"))
        assert stall.open_orders() == [order.client_order_id]
        assert desk.range_base("BTC/USDT") == (ZERO, Decimal("0.001"))
        assert (await desk.finish(order)).stage is Stage.CANCELED
        assert stall.open_orders() == []


async def test_what_is_bought_less_its_fee_is_the_position_and_can_be_sold(stall: Stall) -> None:
    async with stall.desk() as desk:
        ask = (await desk.quote("BTC/USDT")).asks[0][0]
        price = ask * Decimal("1.01")
        bought = await desk.submit(Intent("in", "BTC/USDT", "buy", Decimal("0.001"), price))
        assert (await desk.finish(bought)).stage is Stage.FILLED
        low, high = desk.range_base("BTC/USDT")
        assert low == high == Decimal("0.000999")
        price = (await desk.quote("BTC/USDT")).bids[0][0] * Decimal("0.99")
        out = Intent("out", "BTC/USDT", "sell", low, price, reduce_only=True)
        sold = await desk.finish(await desk.submit(out))
        assert sold.filled_size_base == Decimal("0.00099")
        assert desk.range_base("BTC/USDT") == (Decimal("0.000009"),) * 2


async def left_by_an_earlier_life(stall: Stall, intent: Intent) -> OrderRecord:
    """An order whose bot has died without a word."""
    client = stall.client()
    with Ledger.open(stall.folder / "ledger.sqlite") as ledger:
        port = CcxtOrders(client, Pacer("binance", ()))
        await port.load()
        manager = OrderManager(port, TradeAudit(ledger, "orders"), "main", guard(stall.folder))
        order = await manager.submit(intent)
        await client.close()
    return order


async def test_what_an_earlier_life_left_in_the_book_is_ended_before_a_new_one_begins(
    stall: Stall, resting: Resting
) -> None:
    order = await left_by_an_earlier_life(stall, resting("left"))
    assert stall.open_orders() == [order.client_order_id]
    async with stall.desk() as next_life:
        assert stall.open_orders() == []
        known = next_life.manager.records.orders[order.client_order_id]
        assert known.stage is Stage.CANCELED


async def test_an_order_whose_answer_is_lost_is_found_and_not_sent_again(
    stall: Stall, resting: Resting
) -> None:
    stall.line.after_it[Operation.PLACE] = [lambda reply: Cut()]
    async with stall.desk() as desk:
        order = await desk.submit(resting("once"))
        assert order.stage is Stage.OPEN
        assert stall.asked(Operation.PLACE) == 1


async def test_an_order_of_which_nothing_is_learnt_counts_as_open_and_is_ended_when_it_shows(
    stall: Stall, resting: Resting
) -> None:
    async with stall.desk(known_within_s=1.0) as desk:
        stall.line.silent = "ws-api"
        stall.line.after_it[Operation.PLACE] = [lambda reply: Cut()]
        stall.line.before_it[Operation.QUERY_ORDER] = [Cut()] * 50
        with pytest.raises(Unanswered, match="not known yet"):
            await desk.submit(resting("dark"))
        del stall.line.before_it[Operation.QUERY_ORDER]
        assert desk.range_base("BTC/USDT") == (ZERO, Decimal("0.001"))
        await until(lambda: desk.range_base("BTC/USDT") == (ZERO, ZERO))
        assert stall.open_orders() == []
        assert len(stall.accepted()) == 1


async def test_a_refusal_by_the_venue_says_its_code_and_lets_the_rules_be_read_anew(
    stall: Stall, resting: Resting
) -> None:
    async with stall.desk() as desk:
        body = b'{"code":-1013,"msg":"Filter failure: PRICE_FILTER"}'
        stall.line.before_it[Operation.PLACE] = [Reply(400, body)]
        read = stall.asked(Operation.MARKETS)
        with pytest.raises(Refused, match="-1013 Filter failure: PRICE_FILTER"):
            await desk.submit(resting("refused"))
        await desk.market("BTC/USDT")
        again = stall.asked(Operation.MARKETS)
        assert again > read
        await desk.market("BTC/USDT")
        assert stall.asked(Operation.MARKETS) == again


async def test_sigterm_lets_no_more_orders_out_and_leaves_nothing_in_the_book(
    stall: Stall, resting: Resting
) -> None:
    async with stall.desk() as desk:
        await desk.submit(resting("one"))
        os.kill(os.getpid(), signal.SIGTERM)
        await desk.rest(30)
        with pytest.raises(Refused, match="told to end"):
            await desk.submit(resting("two"))
    assert stall.open_orders() == []
    assert len(stall.accepted()) == 1


async def test_the_kill_switch_cancels_what_is_open_and_stays_thrown_until_it_is_taken_away(
    stall: Stall, resting: Resting, caplog: pytest.LogCaptureFixture
) -> None:
    async with stall.desk() as desk:
        await desk.submit(resting("one"))
        os.kill(os.getpid(), signal.SIGUSR1)
        await until(lambda: not stall.open_orders())
    assert (stall.folder / "stop").read_text() == "signal SIGUSR1"
    async with stall.desk() as desk:
        with pytest.raises(Refused, match="kill-switch"):
            await desk.submit(resting("two"))
        (stall.folder / "stop").unlink()
        await until(lambda: "the kill switch is released" in caplog.text)
        assert (await desk.submit(resting("three"))).stage is Stage.OPEN
    assert len(stall.accepted()) == 2


async def test_a_kill_by_signal_is_latched_while_the_strategy_keeps_the_loop(stall: Stall) -> None:
    async with stall.desk():
        os.kill(os.getpid(), signal.SIGUSR1)
        # Nothing was awaited: the loop, with all that would act on it, has not run.
        assert (stall.folder / "stop").read_text() == "signal SIGUSR1"


async def test_a_signal_is_for_every_desk_of_the_process(stall: Stall, tmp_path: Path) -> None:
    folder = tmp_path / "another account"
    another = open_desk(
        stall.client, ["BTC/USDT"], folder, LIMITS, live=None, simulated=True, account="another"
    )
    async with stall.desk() as one:
        async with another as two:
            os.kill(os.getpid(), signal.SIGUSR1)
            assert {(each / "stop").exists() for each in (stall.folder, folder)} == {True}
            os.kill(os.getpid(), signal.SIGINT)
            await one.rest(30)
            assert two.stopping.is_set()
        one.stopping.clear()
        os.kill(os.getpid(), signal.SIGTERM)  # which would end this process
        await one.rest(30)
        assert one.stopping.is_set()


async def test_a_desk_whose_watch_of_the_switch_fails_ends_and_leaves_nothing(
    stall: Stall,
    resting: Resting,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def broken(manager: OrderManager, reason: str) -> list[str]:
        raise KeyError("a fault of ours")

    monkeypatch.setattr(OrderManager, "cancel_open", broken)
    async with stall.desk() as desk:
        await desk.submit(resting("one"))
        os.kill(os.getpid(), signal.SIGUSR1)
        await desk.rest(30)
        assert desk.stopping.is_set()
    assert "a part of the desk has failed, so the bot ends: KeyError" in caplog.text
    assert stall.open_orders() == []


async def test_an_order_whose_turn_comes_after_sigterm_does_not_go_out(
    stall: Stall, resting: Resting
) -> None:
    def ending(reply: Reply) -> Reply:
        os.kill(os.getpid(), signal.SIGTERM)
        return reply

    async with stall.desk() as desk:
        stall.line.before_it[Operation.PLACE] = [Reply(400, b'{"code":-1013,"msg":"x"}')]
        with pytest.raises(Refused, match="venue"):
            await desk.submit(resting("rules are read anew after this"))
        stall.line.after_it[Operation.MARKETS] = [ending]
        with pytest.raises(Refused, match="told to end"):
            await desk.submit(resting("late"))
    assert stall.asked(Operation.PLACE) == 1


async def test_a_kill_cancels_an_order_whose_outcome_is_still_asked_for(
    stall: Stall, resting: Resting
) -> None:
    async with stall.desk(known_within_s=20) as desk:
        stall.line.silent = "ws-api"
        stall.line.after_it[Operation.PLACE] = [lambda reply: Cut()]
        stall.line.before_it[Operation.QUERY_ORDER] = [Cut()] * 50
        asking = asyncio.create_task(desk.submit(resting("dark")))
        await until(stall.open_orders)
        os.kill(os.getpid(), signal.SIGUSR1)
        await until(lambda: not stall.open_orders())
        assert not asking.done()
        del stall.line.before_it[Operation.QUERY_ORDER]
        await asyncio.wait([asking])
        assert asking.exception() is None


async def test_a_kill_cancels_what_the_ledger_knows_though_the_account_cannot_be_compared(
    stall: Stall, resting: Resting, caplog: pytest.LogCaptureFixture
) -> None:
    order = await left_by_an_earlier_life(stall, resting("left"))
    stall.line.silent = "ws-api"
    stall.line.before_it[Operation.OPEN_ORDERS] = [Cut()] * 1_000

    async def live() -> None:
        async with stall.desk():
            pytest.fail("the desk began without a comparison")

    life = asyncio.create_task(live())
    await until(lambda: stall.asked(Operation.OPEN_ORDERS))
    assert stall.open_orders() == [order.client_order_id]
    os.kill(os.getpid(), signal.SIGUSR1)
    await until(lambda: not stall.open_orders())
    await until(lambda: f"not proven to have ended: {order.client_order_id}" in caplog.text)
    assert "others of its orders may be open" in caplog.text
    life.cancel()
    await asyncio.wait([life])


async def test_a_book_is_asked_for_while_its_stream_is_silent(stall: Stall) -> None:
    stall.line.silent = "stream"
    async with stall.desk() as desk:
        quote = await desk.quote("BTC/USDT")
        assert quote.bids[0][0] < quote.asks[0][0]
        assert stall.asked(Operation.MARKET_DATA) >= 1


async def test_a_crossed_book_is_taken_for_a_lost_one_and_opened_anew(stall: Stall) -> None:
    async with stall.desk() as desk:
        books = sum("ws-api" not in path for path in stall.line.opened_paths)
        stall.line.bids = [["99999.00000000", "1.00000000"]]
        await until(lambda: stall.line.bids is None)
        await until(
            lambda: sum("ws-api" not in path for path in stall.line.opened_paths) == books + 1
        )
        quote = await desk.quote("BTC/USDT")
        assert quote.bids[0][0] < quote.asks[0][0]


async def test_an_accounts_stream_that_owes_a_message_is_opened_anew(
    stall: Stall, resting: Resting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feeds, "_OWED_S", 0.3)
    async with stall.desk() as desk:
        stall.line.silent = "ws-api"
        await desk.submit(resting("one"))
        await until(lambda: sum("ws-api" in path for path in stall.line.opened_paths) >= 2)


@pytest.mark.parametrize(("written", "near"), [("BTC/USD", "near it: BTC/USDT"), ("BTCUSDT", "")])
async def test_a_market_that_the_venue_does_not_list_is_told_at_once(
    stall: Stall, written: str, near: str
) -> None:
    with pytest.raises(UnknownSymbol, match=f"binance lists no '{written}'.*{near}"):
        async with open_desk(
            stall.client, [written], stall.folder, LIMITS, live=None, simulated=True
        ):
            pytest.fail("it began")


async def test_an_order_of_a_market_that_is_not_the_desks_is_refused(stall: Stall) -> None:
    async with stall.desk() as desk:
        with pytest.raises(Refused, match="market: 'ETH/USDT' is none of this desk's markets: BTC"):
            await desk.submit(Intent("one", "ETH/USDT", "buy", Decimal(1), Decimal(2_000)))


async def test_a_book_with_one_side_is_no_quote(stall: Stall) -> None:
    stall.line.silent = "stream"
    bare = b'{"lastUpdateId":1,"bids":[],"asks":[["60000","1"]]}'
    stall.line.before_it[Operation.MARKET_DATA] = [Reply(200, bare)] * 100
    async with stall.desk() as desk:
        with pytest.raises(Unanswered, match="the book of BTC/USDT has no bids"):
            await desk.quote("BTC/USDT")
        del stall.line.before_it[Operation.MARKET_DATA]
        assert (await desk.quote("BTC/USDT")).two_sided


async def test_orders_at_a_real_venue_need_the_live_token(stall: Stall) -> None:
    with pytest.raises(Refused, match="live token"):
        async with stall.desk(simulated=False, live="yes"):
            pass


async def test_a_venue_whose_limits_are_not_known_is_refused(tmp_path: Path) -> None:
    import ccxt.pro

    with pytest.raises(UnknownLimits, match="the limits of 'htx' are not known"):
        async with open_desk(ccxt.pro.htx, ["BTC/USDT"], tmp_path, LIMITS, live=None):
            pass
