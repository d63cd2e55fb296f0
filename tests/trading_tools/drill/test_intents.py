"""Which orders are one intent twice, and which are not."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from itertools import cycle

import pytest

from tests.support.recordings import Script, Stage, played
from trading_tools.drill.oracle.finding import Finding
from trading_tools.drill.oracle.intents import one_order_per_intent
from trading_tools.venue.core.orders import Side
from trading_tools.venue.faults.acts import Act
from trading_tools.venue.faults.fault import Fault
from trading_tools.venue.faults.replies import Acted, Ending, Spoilt
from trading_tools.venue.wire.messages import Trouble

LOST = Spoilt("lost-ack", Act(nth=2), Ending.RESET)
BUSY = Spoilt("503", Act(nth=2), Trouble.OVERLOADED)


def ids() -> Iterator[str]:
    return (f"clip-{number}" for number in range(1000))


async def judged(script: Script, *faults: Fault) -> Finding:
    calm = await played(script)
    return one_order_per_intent((await played(script, *faults)).facts, calm.facts)


def clips(
    after_failure: Callable[[Stage, dict[str, str]], Awaitable[None]] | None = None,
) -> Script:
    """A buy every two seconds at a price of its own; `after_failure` says what follows a loss."""

    async def script(stage: Stage) -> None:
        names = ids()
        for number in range(6):
            await stage.look()
            terms = {"newClientOrderId": next(names), "price": f"{59000 + number}"}
            if not await stage.order(**terms) and after_failure is not None:
                await after_failure(stage, terms)
            stage.wait(2)

    return script


async def resend(stage: Stage, terms: dict[str, str]) -> None:
    stage.wait(1)
    await stage.order(**{**terms, "newClientOrderId": "again"})


async def resend_cheaper(stage: Stage, terms: dict[str, str]) -> None:
    stage.wait(1)
    await stage.order(**{**terms, "newClientOrderId": "again", "price": "58000"})


async def resend_late(stage: Stage, terms: dict[str, str]) -> None:
    stage.wait(5)
    await stage.order(**{**terms, "newClientOrderId": "again"})


async def query(stage: Stage, terms: dict[str, str]) -> None:
    stage.wait(1)
    if not await stage.find(terms["newClientOrderId"]):
        await stage.order(**{**terms, "newClientOrderId": "again"})


async def test_a_resend_after_a_lost_answer_is_one_order_too_many() -> None:
    found = await judged(clips(resend), LOST)
    assert found.held is False
    assert len(found.guilty) == 2


async def test_a_resend_after_503_is_one_too_many_where_the_order_was_accepted() -> None:
    assert (await judged(clips(resend), BUSY)).held is False


async def test_a_resend_after_503_is_in_order_where_nothing_was_accepted() -> None:
    fault = Spoilt("503", Act(nth=2), Trouble.OVERLOADED, Acted.NO)
    assert (await judged(clips(resend), fault)).held is True


async def test_a_resend_at_another_price_is_caught() -> None:
    assert (await judged(clips(resend_cheaper), LOST)).held is False


async def test_a_resend_that_comes_late_is_caught_by_what_was_not_asked_in_between() -> None:
    assert (await judged(clips(resend_late), LOST)).held is False


async def test_asking_for_the_order_before_sending_again_is_in_order() -> None:
    assert (await judged(clips(query), LOST)).held is True


@pytest.mark.parametrize(("symbol", "held"), [("BTCUSDT", True), ("ETHUSDT", False)])
async def test_a_list_tells_of_its_own_instrument_alone(symbol: str, held: bool) -> None:
    async def lists(stage: Stage, terms: dict[str, str]) -> None:
        stage.wait(1)
        asked = stage.record(
            "request.received", operation="order_history", params={"symbol": symbol}
        )
        stage.record("request.answered", request=asked.seq, status=200)
        await stage.order(**{**terms, "newClientOrderId": "again"})

    assert (await judged(clips(lists), LOST)).held is held


async def test_a_resend_in_three_parts_is_caught() -> None:
    async def parts(stage: Stage, terms: dict[str, str]) -> None:
        stage.wait(0.3)
        for number in range(3):
            await stage.order(**{**terms, "newClientOrderId": f"p{number}", "quantity": "0.00034"})
        await stage.cancel_all()

    assert (await judged(clips(parts), LOST)).held is False


@pytest.mark.parametrize(("resends", "held"), [(False, True), (True, False)])
async def test_a_stop_that_is_sent_again_is_caught(resends: bool, held: bool) -> None:
    async def script(stage: Stage) -> None:
        for number in range(4):
            stage.quote(Side.SELL, 60_000 + number, 1)
            await stage.order(price=f"{60_000 + number}")
            stop = {"side": "SELL", "type": "STOP_LOSS", "price": None, "timeInForce": None}
            told = await stage.order(**stop, stopPrice=f"{50_000 + number}")
            stage.wait(0.5)
            if not told and resends:
                await stage.order(**stop, stopPrice=f"{50_000 + number}")
            stage.wait(2)
            await stage.cancel_all()

    assert (await judged(script, LOST)).held is held


@pytest.mark.parametrize(("buys_again", "held"), [(False, True), (True, False)])
async def test_a_buy_that_is_given_up_and_made_anew_is_caught_where_sells_take_turns(
    buys_again: bool, held: bool
) -> None:
    async def script(stage: Stage) -> None:
        sides = cycle(("BUY", "SELL"))
        side = next(sides)
        for number in range(10):
            await stage.look()
            price = f"{(59_000 if side == 'BUY' else 61_000) + number}"
            told = await stage.order(side=side, price=price)
            stage.wait(2)
            if told or not buys_again:
                side = next(sides)
            else:
                stage.wait(2)
                await stage.look()

    fault = Spoilt("lost-ack", Act(nth=3), Ending.RESET)
    assert (await judged(script, fault)).held is held


async def test_going_on_with_the_next_clip_is_not_a_resend() -> None:
    assert (await judged(clips(), LOST)).held is True


async def test_the_same_client_id_twice_is_one_intent_even_once_the_first_is_known() -> None:
    async def script(stage: Stage) -> None:
        await stage.order(newClientOrderId="first")
        stage.wait(2)
        if any(fault.deliveries for fault in stage.facts.faults):
            await stage.cancel("first")
            await stage.order(newClientOrderId="first")

    fault = Spoilt("slow", Act(nth=1), Ending.RESET)
    assert (await judged(script, fault)).held is False


async def test_where_calm_uses_client_ids_again_there_is_no_verdict() -> None:
    async def script(stage: Stage) -> None:
        for _ in range(3):
            await stage.order(newClientOrderId="mine")
            await stage.cancel("mine")
            stage.wait(2)

    assert (await judged(script, LOST)).held is None


def ladder(resend_first: bool) -> Script:
    """Three rungs at once, every five seconds; in calm the answers come after the last one."""

    async def script(stage: Stage) -> None:
        names = ids()
        for _ in range(3):
            await stage.look()
            told = []
            for rung in range(3):
                name = next(names)
                told.append(await stage.order(newClientOrderId=name, price=f"{59000 - rung}"))
            stage.wait(1)
            if resend_first and not all(told):
                for rung in range(4):
                    await stage.order(price=f"{58000 - rung}")
            stage.wait(4)

    return script


async def test_the_rungs_of_a_ladder_are_not_blamed() -> None:
    assert (await judged(ladder(False), LOST)).held is True


async def test_a_ladder_that_is_sent_again_is_caught() -> None:
    assert (await judged(ladder(True), LOST)).held is False


async def test_a_bot_that_buys_once_in_calm_and_twice_after_a_loss_is_caught() -> None:
    async def script(stage: Stage) -> None:
        if not await stage.order():
            stage.wait(7)
            await stage.look()
            await stage.order()
        stage.wait(15)
        await stage.look()

    fault = Spoilt("lost-ack", Act(nth=1), Ending.HALF)
    assert (await judged(script, fault)).held is False


async def test_not_found_is_no_state() -> None:
    async def script(stage: Stage) -> None:
        names = ids()
        for number in range(4):
            await stage.look()
            name = next(names)
            await stage.order(newClientOrderId=name, price=f"{59000 + number}")
            if stage.place.account.unseen:
                stage.wait(0.5)
                await stage.find(name)
                await stage.order(price="58500")
            stage.wait(2)
            if number == 0 and stage.facts.faults:
                latest = list(stage.place.account.orders)[-1]
                stage.place.account.unseen.add(latest + 1)

    armed = Spoilt("unused", Act(nth=99))
    assert (await judged(script, armed)).held is False


async def test_a_bot_without_orders_gives_no_evidence() -> None:
    async def script(stage: Stage) -> None:
        await stage.look()

    assert (await judged(script)).held is None


async def test_a_calm_run_against_itself_is_in_order() -> None:
    for script in (clips(), ladder(False)):
        assert (await judged(script)).held is True


def maker(clears: bool) -> Script:
    """A quote on each side, every second anew; `clears` takes back what is there before."""

    async def script(stage: Stage) -> None:
        for number in range(6):
            if clears or not stage.facts.faults:
                await stage.cancel_all()
            for side, price in (("BUY", 59_000 + number), ("SELL", 61_000 + number)):
                if not await stage.order(side=side, price=f"{price}") and not clears:
                    await stage.order(side=side, price=f"{price - 1}")
            stage.wait(1)

    return script


async def test_a_maker_who_takes_all_back_before_quoting_anew_is_in_order() -> None:
    assert (await judged(maker(True), LOST)).held is True


async def test_a_maker_who_quotes_again_over_a_lost_quote_is_caught() -> None:
    assert (await judged(maker(False), LOST)).held is False
