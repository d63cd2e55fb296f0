"""Bids for a clip below the market and sells what it has; further below while the trend is down."""

from __future__ import annotations

import asyncio
import logging
import sys
import time
from collections import deque
from decimal import Decimal

from gateway import SYMBOL, Gateway, open_gateway
from strategy import signals

from trading_tools.exchange.desk.desk import NOT_NOW
from trading_tools.exchange.orders.intent import Intent
from trading_tools.money import quantise

CLIP = Decimal("0.0005")
NEAR, FAR = Decimal("0.0003"), Decimal("0.002")
"""Shares of the price by which a bid stays below the market."""
FALL = Decimal("0.04")
"""By how much the price may fall while what was bought can still be sold."""
PACE_S = 1.5

log = logging.getLogger("ready")
Candles = deque[list[float]]


async def trade(gate: Gateway) -> None:
    """Quote, wait, take the quote back, until it is told to stop."""
    seen: Candles = deque(maxlen=199)
    troubles = 0
    while not gate.desk.stopping.is_set():
        try:
            order = await gate.send(await decide(gate, seen))
            await gate.desk.rest(PACE_S)
            await gate.desk.finish(order)
        except NOT_NOW as why:
            log.warning("not now: %s", why)
            await gate.desk.rest(min(0.25 * 2**troubles, 2.0))
            troubles += 1
        else:
            troubles = 0
            log.info("%s %s: %s filled", order.side, order.price_quote, order.filled_size_base)


async def decide(gate: Gateway, seen: Candles) -> Intent:
    """The next order: what is surely ours is sold at the bid, else a clip is bid for below it."""
    market, quote = await gate.desk.market(SYMBOL), await gate.desk.quote(SYMBOL)
    bid = quote.bids[0][0]
    seen.append([time.time() * 1_000, *[float(bid)] * 4, 0.0])
    least = max(
        market.min_amount or Decimal(0), (market.min_notional or Decimal(0)) / (bid * (1 - FALL))
    )
    key = f"ready {time.time_ns()}"
    held, _ = gate.desk.range_base(SYMBOL)
    if held >= least:
        return Intent(key, SYMBOL, "sell", held, bid, reduce_only=True)
    away = FAR if signals(list(seen))[-1] == 0 else NEAR
    size, price = max(CLIP, quantise(least, market.step_size or CLIP, "up")), bid * (1 - away)
    if await gate.desk.free("USDT") < size * price:
        log.warning("too little USDT is free")
    return Intent(key, SYMBOL, "buy", size, price, time_in_force="PO")


async def main() -> None:
    """Run until a signal comes."""
    async with open_gateway() as gate:
        await trade(gate)


if __name__ == "__main__":
    logging.basicConfig(format="%(asctime)s %(message)s", level=logging.INFO, stream=sys.stdout)
    asyncio.run(main())
