"""A careful bot: keeps one small quote near the market, and never loses track of an order.

It bids for a clip just below the market and, once it has one, sells it at the market. The strategy
is nothing; how its orders are looked after is the point, and that is the desk's work.

Environment: `BOT_VENUE` (one of `VENUES`) and that venue's keys. `touch stop` stops it for good.
"""

from __future__ import annotations

import asyncio
import logging
import os
import sys
import time
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import ccxt.pro

from trading_tools.exchange.desk.desk import NOT_NOW, Desk
from trading_tools.exchange.desk.opening import open_desk
from trading_tools.exchange.orders.guard import LIVE_TOKEN, GuardLimits
from trading_tools.exchange.orders.intent import Intent
from trading_tools.money import quantise

CLIP = Decimal("0.0005")
AWAY = Decimal("0.0003")
"""Share of the price by which a quote stays away from the market."""
COLLAR = Decimal("0.02")

log = logging.getLogger("careful")


@dataclass(frozen=True)
class Plan:
    """What is traded on a venue. `keys` begins the names of its two variables."""

    keys: str
    symbol: str
    money: str
    pace_s: float = 1.5
    most: Decimal = Decimal("0.002")


VENUES = {
    "binance": Plan("BINANCE", "BTC/USDT", "USDT"),
    "binanceusdm": Plan("BINANCE", "BTC/USDT:USDT", "USDT", most=Decimal("0.04")),
    "bybit": Plan("BYBIT", "BTC/USDT", "USDT"),
    "kraken": Plan("KRAKEN", "BTC/USD", "USD", pace_s=2.0),
    "coinbase": Plan("COINBASE", "BTC/USD", "USD"),
}


async def trade(desk: Desk, plan: Plan) -> None:
    """Quote, wait, take the quote back, until it is told to stop."""
    troubles = 0
    while not desk.stopping.is_set():
        try:
            order = await desk.submit(await decide(desk, plan))
            await desk.rest(plan.pace_s)
            await desk.finish(order)
        except NOT_NOW as why:
            log.warning("not now: %s", why)
            await desk.rest(min(0.25 * 2**troubles, 2.0))
            troubles += 1
        else:
            troubles = 0
            log.info("%s %s: %s filled", order.side, order.price_quote, order.filled_size_base)


async def decide(desk: Desk, plan: Plan) -> Intent:
    """The next order: what is surely ours is sold at the bid, else a clip is bid for below it."""
    market, quote = await desk.market(plan.symbol), await desk.quote(plan.symbol)
    bid = quote.bids[0][0]
    # What is left after a fall of the price by the collar must still be large enough to be sold.
    least = max(
        market.min_amount or Decimal(0),
        (market.min_notional or Decimal(0)) / (bid * (1 - 2 * COLLAR)),
    )
    key = f"careful {time.time_ns()}"
    held, _ = desk.range_base(plan.symbol)
    if held >= least:
        return Intent(key, plan.symbol, "sell", held, bid, reduce_only=True)
    size = max(CLIP, quantise(least, market.step_size or CLIP, "up"))
    price = bid * (1 - AWAY)
    if await desk.free(plan.money) < size * price:
        log.warning("too little %s is free", plan.money)
    return Intent(key, plan.symbol, "buy", size, price, time_in_force="PO")


async def main() -> None:
    """Run until a signal comes."""
    venue = os.environ.get("BOT_VENUE", "binance")
    if venue not in VENUES:
        sys.exit(f"BOT_VENUE={venue}: use one of {', '.join(VENUES)}")
    plan = VENUES[venue]
    key, secret = f"{plan.keys}_API_KEY", f"{plan.keys}_API_SECRET"
    if not (os.environ.get(key) and os.environ.get(secret)):
        sys.exit(f"set {key} and {secret}: the keys of {venue}")

    def client() -> Any:
        given = {"apiKey": os.environ[key], "secret": os.environ[secret], "timeout": 4_000}
        return getattr(ccxt.pro, venue)(given)

    limits = GuardLimits(
        max_order_quote=Decimal(2_000),
        max_position_base={plan.symbol: plan.most},
        max_exposure_quote=Decimal(5_000),
        max_orders_a_day=20_000,
        max_leverage=Decimal(2),
        price_collar=COLLAR,
        repeats=60,
    )
    # Whoever gives it real keys lets it trade real money.
    async with open_desk(client, [plan.symbol], Path.cwd(), limits, live=LIVE_TOKEN) as desk:
        await trade(desk, plan)


if __name__ == "__main__":
    logging.basicConfig(format="%(asctime)s %(message)s", level=logging.INFO, stream=sys.stdout)
    asyncio.run(main())
