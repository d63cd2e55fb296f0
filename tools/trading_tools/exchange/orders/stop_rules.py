"""What the guard asks of a stop beside what it asks of every order: where its trigger lies. Pure.

That it may not be larger than what it protects is the guard's rule for all that only reduces.
"""

from __future__ import annotations

from decimal import Decimal

from trading_tools.exchange.fit import Order, fit
from trading_tools.exchange.orders.intent import Intent
from trading_tools.exchange.readings import MarketLimits
from trading_tools.money import plain


def why_not_there(stop: Decimal, side: str, bid: Decimal, ask: Decimal) -> str | None:
    """Why a trigger is on the wrong side of the market, or None.

    There some venues refuse the order (Binance, Bybit), others trade at once (Kraken).
    """
    if side == "sell" and stop >= bid:
        return f"a sell that waits for {plain(stop)} has it already: the best bid is {plain(bid)}"
    if side == "buy" and stop <= ask:
        return f"a buy that waits for {plain(stop)} has it already: the best ask is {plain(ask)}"
    return None


def on_grid(stop: Decimal, side: str, market: MarketLimits) -> Decimal | None:
    """The trigger on the market's grid, never later than it was meant; None where there is none.

    A sell's goes up, a buy's down: it sets the order off before the market is past it.
    """
    told = fit(market, Order(price=stop), inverse=False)
    return told.price_sell if side == "sell" else told.price_buy


def off_grid(intent: Intent, market: MarketLimits) -> list[str]:
    """What the market's rules say against an intent's trigger; nothing where it has none."""
    if intent.stop_price_quote is None:
        return []
    told = fit(market, Order(price=intent.stop_price_quote), inverse=False)
    return [f"the stop's {each}" for each in (*told.problems, *told.unchecked)]
