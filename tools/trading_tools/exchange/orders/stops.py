"""Stops that wait at the venue for their price: which there are where, and how they are sent.

A stop here protects: it may only reduce what is held, and waits for a price that is worse than the
market's. Whether one may go out is `stop_rules`; what becomes of it is told like any other order's.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final

from trading_tools.exchange.orders.contracts import is_contract
from trading_tools.exchange.orders.intent import Intent
from trading_tools.exchange.orders.port import NotSent
from trading_tools.money import plain


@dataclass(frozen=True)
class StopKinds:
    """What a stop may become at one venue when its price has come, by whose word, read when.

    `market`: a market order, which fills at whatever price there is. `limit`: a limit order.
    """

    market: bool
    limit: bool
    source: str
    read: str


_CCXT: Final = "ccxt 4.5.90, create_order"
STOPS: Final[Mapping[tuple[str, str], StopKinds]] = {
    # By each symbol's own `orderTypes` besides.
    ("binance", "spot"): StopKinds(
        market=True,
        limit=True,
        source="https://github.com/binance/binance-spot-api-docs/blob/master/rest-api.md",
        read="2026-11-26",
    ),
    # Algo orders: STOP_MARKET and STOP, with ids of their own until they are triggered.
    ("binanceusdm", "contract"): StopKinds(
        market=True,
        limit=True,
        source="https://developers.binance.com/docs/derivatives/usds-margined-futures/"
        "user-data-streams/Event-Algo-Order-Update; " + _CCXT,
        read="2026-11-27",
    ),
    # On spot a `tpslOrder`, whose coins are set aside; a `StopOrder` may find none when it is due.
    ("bybit", "spot"): StopKinds(
        market=True,
        limit=True,
        source=_CCXT,
        read="2026-11-27",
    ),
    ("bybit", "contract"): StopKinds(
        market=True,
        limit=True,
        source=_CCXT,
        read="2026-11-27",
    ),
    ("kraken", "spot"): StopKinds(
        market=True,
        limit=True,
        source="https://docs.kraken.com/exchange/api-reference/spot-websocket-v2/add_order; "
        + _CCXT,
        read="2026-11-27",
    ),
    # `stop_limit_stop_limit_gtc`; ccxt refuses the other kind by itself.
    ("coinbase", "spot"): StopKinds(
        market=False,
        limit=True,
        source=_CCXT,
        read="2026-11-27",
    ),
}
"""By venue, and spot or contract. What is not here is refused before anything is sent."""

_ORDER_TYPES: Final[Mapping[tuple[str, str], str]] = {
    ("spot", "market"): "STOP_LOSS",
    ("spot", "limit"): "STOP_LOSS_LIMIT",
    ("contract", "market"): "STOP_MARKET",
    ("contract", "limit"): "STOP",
}
"""Binance's names, by which its symbols list what they take."""


def require_stop(venue: str, intent: Intent, order_types: Collection[str] | None = None) -> None:
    """See to it that the venue has the stop that an intent wants; any other intent passes.

    `order_types` are those of the symbol, where the venue lists them.

    Raises:
        NotSent: it has none of that kind.
    """
    if intent.stop_price_quote is None:
        return
    kind = "contract" if is_contract(intent.symbol) else "spot"
    known = STOPS.get((venue, kind))
    if known is None:
        raise NotSent("stop", f"no stop can be sent for {intent.symbol} at {venue} here")
    other = "none" if intent.order_type == "limit" else "order_type='limit' and one"
    fix = f"send it with {other} as price_quote"
    if not (known.limit if intent.order_type == "limit" else known.market):
        becomes = f"a {intent.order_type} order"
        raise NotSent("stop", f"{venue} has no stop that becomes {becomes}: {fix}")
    named = _ORDER_TYPES[kind, intent.order_type]
    if order_types is not None and named not in order_types:
        raise NotSent("stop", f"{venue} takes no {named} in {intent.symbol}: {fix}")


def stop_params(intent: Intent) -> dict[str, Any]:
    """What ccxt is told of a trigger: by this name it sets the direction by the side."""
    stop = intent.stop_price_quote
    return {} if stop is None else {"stopLossPrice": plain(stop)}
