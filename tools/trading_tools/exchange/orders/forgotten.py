"""An order that its venue has forgotten is closed by a person, and by nothing else.

Venues keep what ended without a fill for a few days only (Bybit, Binance USD-M), or show a day's
orders (TWS). One that ended while nothing of ours looked is then found by no query, and all of it
would count as open for ever. That no query finds it proves nothing of what it filled: its owner
looks, and says so.
"""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Final

from trading_tools.audit.trade import Decision, OrderStage
from trading_tools.exchange.orders.life import Stage
from trading_tools.exchange.orders.port import Unanswered
from trading_tools.exchange.orders.records import WRITTEN_OFF, OrderRecord
from trading_tools.exchange.orders.tracker import Tracker, earlier
from trading_tools.money import plain

_FORGOTTEN_AFTER: Final = timedelta(days=1)
"""No venue forgets an order sooner; what it does not show before may be a fault of its own."""


class NotForgotten(ValueError):
    """The order has ended, is shown by its venue, or may be shown yet: it is not to be closed."""


async def write_off(
    tracker: Tracker,
    order: OrderRecord,
    reason: str,
    filled_base: Decimal | None,
    by: str | None = None,
) -> None:
    """Close an order that is not among the venue's open ones and that it does not find.

    `filled_base` is what it filled as its owner found it; None means what is known here. `by` is
    who says so.

    Raises:
        NotForgotten: as `require_forgotten`, or it cannot have filled that.
        Unanswered: the venue did not say which orders are open or what was filled.
    """
    await require_forgotten(tracker, order)
    name = order.client_order_id
    filled = order.filled_size_base if filled_base is None else filled_base
    if not order.filled_size_base <= filled <= order.size_base:
        raise NotForgotten(
            f"{name} cannot have filled {plain(filled)}: {plain(order.filled_size_base)} of "
            f"{plain(order.size_base)} is known to be"
        )
    stage = Stage.FILLED if filled == order.size_base else Stage.CANCELED
    told = {
        "client_order_id": name,
        "venue_order_id": order.venue_order_id,
        "filled_base": filled,
        **({} if by is None else {"by": by}),
    }
    tracker.write(Decision("order written off", reason, told))
    tracker.write(OrderStage(name, stage, tracker.now(), filled, f"{WRITTEN_OFF}{reason}"))


async def require_forgotten(tracker: Tracker, order: OrderRecord) -> None:
    """See to it that the venue has an order no more, and take in what it tells of it.

    Raises:
        NotForgotten: it is too young, has ended, or the venue has it.
        Unanswered: the venue did not say which orders are open or what was filled.
    """
    name, number, symbol = order.client_order_id, order.venue_order_id, order.symbol
    if order.ended:
        raise NotForgotten(f"{name} is not forgotten: it is {order.stage}")
    age = min(tracker.now(), await tracker.venue_now()) - order.intended_at
    if age < _FORGOTTEN_AFTER:
        raise NotForgotten(f"{name} was sent {age} ago: its venue may show it yet, for a day")
    since_ms = earlier(tracker.venues(order.intended_at))
    listed = await tracker.venue.open_orders(symbol)
    shown = [
        each for each in listed if name == each.client_order_id or number == each.venue_order_id
    ]
    try:
        found = await tracker.venue.find(symbol, name, number, since_ms)
    except Unanswered as error:
        if error.passing:
            raise
        found = None  # of a venue that lists too little for an absence to prove anything
    shown += [] if found is None else [found]
    for each in shown:
        tracker.on_order(each)
    for fill in await tracker.venue.fills(symbol, since_ms):
        tracker.on_fill(fill)
    if shown or order.ended:
        raise NotForgotten(f"{name} is not forgotten: it is {order.stage}")
