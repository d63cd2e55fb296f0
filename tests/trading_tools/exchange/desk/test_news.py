"""A bot is woken by news of a market, and by nothing is kept from the newest."""

from __future__ import annotations

import asyncio
import contextlib
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.trading_tools.exchange.desk.conftest import Stall
from tests.trading_tools.exchange.desk.test_desk import until
from trading_tools.exchange.desk.news import News, Watch
from trading_tools.exchange.orders.intent import Intent

SYMBOL = "BTC/USDT"
PAGE = Path(__file__).parents[4] / "docs" / "desk.md"


def example(number: int) -> dict[str, Any]:
    code = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.S)[number]
    names: dict[str, Any] = {}
    exec(compile(code, str(PAGE), "exec"), names)
    return names


@pytest.fixture
async def news() -> News:
    return News([SYMBOL, "ETH/USDT"], asyncio.Event())


async def test_much_that_comes_while_a_bot_is_busy_wakes_it_once(news: News) -> None:
    watch, other = Watch(news, SYMBOL), Watch(news, SYMBOL)
    assert await watch.moved()
    for _ in range(5):
        news.told(SYMBOL)
    assert await watch.moved()
    waiting = asyncio.create_task(watch.moved(60))
    await asyncio.sleep(0)
    news.told("ETH/USDT")
    await asyncio.sleep(0)
    assert not waiting.done()
    news.told(SYMBOL)
    assert await waiting
    assert await other.moved()  # each has its own


async def test_news_that_come_when_a_wait_is_cancelled_are_found_by_the_next(news: News) -> None:
    watch = Watch(news, SYMBOL)
    await watch.moved()
    waiting = asyncio.create_task(watch.moved(60))
    await asyncio.sleep(0)
    news.told(SYMBOL)
    waiting.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await waiting
    found = asyncio.create_task(watch.moved(60))
    await asyncio.sleep(0)
    assert found.done()


async def test_a_silent_market_is_looked_at_again_and_the_end_is_told_at_once(news: News) -> None:
    ending = asyncio.create_task(news.end())
    watch = Watch(news, SYMBOL)
    await watch.moved()
    assert await watch.moved(0.01)
    waiting = asyncio.create_task(watch.moved(60))
    await asyncio.sleep(0)
    news.stopping.set()
    assert not await waiting
    assert not await watch.moved(60)
    await ending


async def test_a_market_that_the_desk_does_not_have_is_told_with_those_that_it_has(
    news: News,
) -> None:
    with pytest.raises(ValueError, match="'DOGE/USDT' is none of this desk's markets: BTC/USDT"):
        Watch(news, "DOGE/USDT")


async def test_a_fill_and_a_book_that_moves_are_news_and_the_desks_end_ends_the_loop(
    stall: Stall,
) -> None:
    async with stall.desk() as desk:
        watch = desk.watch(SYMBOL)
        assert await watch.moved()
        before = await desk.quote(SYMBOL)
        while await watch.moved(30) and await desk.quote(SYMBOL) is before:
            pass
        price = before.asks[0][0] * Decimal("1.01")
        order = await desk.submit(Intent("in", SYMBOL, "buy", Decimal("0.001"), price))
        while not order.settled:
            assert await watch.moved(30)
        last = asyncio.create_task(watch.moved(30))
    assert not await watch.moved()
    await last


async def test_the_market_maker_of_the_docs_follows_the_book_on_both_sides_until_it_is_stopped(
    stall: Stall,
) -> None:
    make_market = example(1)["make_market"]
    async with stall.desk() as desk:
        quoting = asyncio.create_task(
            make_market(desk, SYMBOL, Decimal("0.001"), Decimal("0.0005"))
        )
        sides: set[str] = set()

        def quoted_and_moved() -> bool:
            orders = desk.manager.records.not_ended()
            sides.update(order.side for order in orders)
            return len(sides) == 2 and any(
                order.successor for order in desk.manager.records.orders.values()
            )

        await until(quoted_and_moved)
        desk.stopping.set()
        await quoting
    assert stall.open_orders() == []
