"""Questions are asked again where their failure may pass; what changes something never is."""

from __future__ import annotations

import random
from typing import Any

import pytest

from tests.trading_tools.exchange.orders.conftest import Shop
from tests.trading_tools.exchange.orders.wanted import resting
from trading_tools.exchange.orders.life import Stage
from trading_tools.exchange.orders.port import Unanswered
from trading_tools.exchange.orders.retries import Retries, RetryRules
from trading_tools.venue.wire.interference import Cut
from trading_tools.venue.wire.messages import Operation, Reply

BUSY = Reply(503, b'{"code":-1008,"msg":"Server is busy."}')
HALF = Reply(200, b'[{"symbol": "BTC')
BAD_KEY = Reply(401, b'{"code":-2015,"msg":"Invalid API-key, IP, or permissions for action."}')
SLOW_DOWN = Reply(429, b'{"code":-1003,"msg":"Too many requests."}')


class Slept:
    """A clock that sleeps move on, and what was slept."""

    def __init__(self) -> None:
        self.now = 0.0
        self.waits: list[float] = []

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now += seconds


def retries(slept: Slept, **rules: Any) -> Retries:
    return Retries(
        RetryRules(**{"tries": 4, **rules}),
        slept.sleep,
        slept,
        random.Random(5),
    )


@pytest.mark.parametrize("trouble", [BUSY, HALF, Cut()])
async def test_a_question_whose_failure_may_pass_is_asked_again(
    shop: Shop, trouble: Reply | Cut
) -> None:
    slept = Slept()
    manager = shop.restarted(retries=retries(slept))
    shop.mishaps.before_it[Operation.OPEN_ORDERS] = [trouble, trouble]
    assert list(await manager.venue.open_orders("BTC/USDT")) == []
    assert shop.asked(Operation.OPEN_ORDERS) == 3
    # aiohttp asks again itself, once and at once, where a connection that it kept was cut.
    assert slept.waits
    for wait, most in zip(slept.waits, (0.25, 0.5), strict=False):
        assert 0 < wait <= most


@pytest.mark.parametrize("refusal", [BAD_KEY, SLOW_DOWN, Reply(429, b"<html>busy</html>")])
async def test_a_question_that_the_venue_refuses_is_not(shop: Shop, refusal: Reply) -> None:
    slept = Slept()
    manager = shop.restarted(retries=retries(slept))
    shop.mishaps.before_it[Operation.OPEN_ORDERS] = [refusal]
    with pytest.raises(Unanswered):
        await manager.venue.open_orders("BTC/USDT")
    assert (shop.asked(Operation.OPEN_ORDERS), slept.waits) == (1, [])


async def test_that_there_is_no_such_order_is_an_answer(shop: Shop) -> None:
    manager = shop.restarted(retries=retries(Slept()))
    assert await manager.venue.find("BTC/USDT", "o-nothing", None, 0) is None
    assert shop.asked(Operation.QUERY_ORDER) == 1


async def test_tries_end_by_their_number_and_by_the_time(shop: Shop) -> None:
    shop.mishaps.before_it[Operation.OPEN_ORDERS] = [BUSY] * 100
    slept = Slept()
    for rules in ({"tries": 3}, {"tries": 1_000, "first_s": 8, "longest_s": 8, "within_s": 10}):
        before = shop.asked(Operation.OPEN_ORDERS)
        manager = shop.restarted(retries=retries(slept, **rules))
        with pytest.raises(Unanswered, match="binance did not say"):
            await manager.venue.open_orders("BTC/USDT")
        assert 2 <= shop.asked(Operation.OPEN_ORDERS) - before <= 10


async def test_a_submit_and_a_cancel_are_sent_once(shop: Shop) -> None:
    slept = Slept()
    manager = shop.restarted(retries=retries(slept))
    shop.mishaps.before_it[Operation.PLACE] = [BUSY]
    shop.mishaps.before_it[Operation.CANCEL] = [BUSY]
    await manager.submit(resting("lost"), resolve_within_s=0)
    order = await manager.submit(resting("open"))
    await manager.cancel(order.client_order_id, "done", resolve_within_s=0)
    assert order.stage is Stage.OPEN
    assert (shop.asked(Operation.PLACE), shop.asked(Operation.CANCEL)) == (2, 1)
    assert slept.waits == []


@pytest.mark.parametrize("wrong", ["tries", "first_s", "longest_s", "within_s"])
def test_rules_that_nothing_could_be_tried_with_are_refused(wrong: str) -> None:
    with pytest.raises(ValueError, match="no rules for retries"):
        RetryRules(**{wrong: float("nan")})  # type: ignore[arg-type]
