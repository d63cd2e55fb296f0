"""How it came to that: what the bot sent, what the venue did, what the bot was told, and when."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Sequence
from decimal import Decimal
from textwrap import shorten
from typing import Final

from trading_tools.drill.oracle.facts import Facts, Order
from trading_tools.drill.oracle.finding import Step, Way
from trading_tools.venue.core.ledger import Entry
from trading_tools.venue.wire.messages import Operation

_BEFORE, _AFTER, _MOST = 4, 4, 36
_NEAR: Final = 12
_NAMES: Final = {
    Operation.PLACE: "an order",
    Operation.AMEND: "a change of an order",
    Operation.CANCEL: "a cancel",
    Operation.CANCEL_ALL: "a cancel of all orders",
    Operation.QUERY_ORDER: "a query of an order",
    Operation.OPEN_ORDERS: "a query of open orders",
    Operation.ORDER_HISTORY: "a query of past orders",
    Operation.MY_TRADES: "a query of its trades",
    Operation.BALANCE: "a query of balances",
    Operation.POSITIONS: "a query of positions",
    Operation.MARKETS: "a query of the markets' rules",
}
_SHOWN: Final = 120
_DULL: Final = frozenset({"timestamp", "recvWindow", "nonce", "newOrderRespType"})
_Told = tuple[str, Way, str]


def sequence(facts: Facts, guilty: Sequence[int]) -> tuple[Step, ...]:
    """The steps from a little before the first guilty entry to a little after the last.

    Where the fault is not far before them, they begin there.
    """
    began = facts.began_at
    every = (_step(entry, facts, began) for entry in facts.entries)
    steps = [step for step in every if step is not None]
    if not steps or not guilty:
        return ()
    low, fault = _place(steps, _first(facts, guilty)), _place(steps, _fault(facts, guilty))
    if low - _NEAR <= fault < low:
        low = fault
    high = _place(steps, max(guilty))
    shown = steps[max(0, low - _BEFORE) : high + _AFTER + 1]
    marked = [step._replace(guilty=step.seq in guilty) for step in shown]
    if len(marked) <= _MOST:
        return tuple(marked)
    half = _MOST // 2
    left_out = len(marked) - 2 * half
    gap = Step(
        marked[half].ms, "drill", Way.HERE, f"… {left_out} steps left out …", marked[half].seq
    )
    return (*marked[:half], gap, *marked[-half:])


def _place(steps: Sequence[Step], seq: int) -> int:
    """Where an entry, or the first one after it, stands among the steps."""
    return next((i for i, step in enumerate(steps) if step.seq >= seq), len(steps) - 1)


def _first(facts: Facts, guilty: Sequence[int]) -> int:
    """The first guilty entry, or the request behind it."""
    orders = {order.seq: order.request for order in facts.orders}
    return min(orders.get(seq, seq) or seq for seq in guilty)


def _fault(facts: Facts, guilty: Sequence[int]) -> int:
    """The first fault that was delivered before the last guilty entry; 0 for none."""
    every = (met.seq for fault in facts.faults for met in fault.deliveries)
    return next((seq for seq in every if seq < max(guilty)), 0)


def _step(entry: Entry, facts: Facts, began: int) -> Step | None:
    teller = _TELLERS.get(entry.kind)
    told = teller(entry, facts) if teller is not None else None
    if told is None:
        return None
    who, way, what = told
    return Step(entry.at - began, who, way, what, entry.seq)


def _received(entry: Entry, facts: Facts) -> _Told | None:
    request = facts.by_number[entry.seq]
    name = _NAMES.get(request.operation)
    if name is None:
        return None
    order = facts.placed_by.get(entry.seq)
    if order is not None:
        own = order.client_order_id in request.values  # else the venue made it
        return "bot", Way.SENT, f"sends an order: {_told_order(order, own)}"
    return "bot", Way.SENT, f"sends {name}: {_told_params(entry)}".rstrip(": ")


def _told_params(entry: Entry) -> str:
    """A request's parameters as the bot sent them, ids last."""
    params = {key: value for key, value in entry.body.get("params", {}).items() if key not in _DULL}
    keys = sorted(params, key=lambda key: "id" in key.lower())
    return shorten(", ".join(f"{key} {params[key]}" for key in keys), _SHOWN, placeholder=" …")


def _answered(entry: Entry, facts: Facts) -> _Told | None:
    request = facts.by_number.get(entry.body.get("request", 0))
    if request is None or request.operation not in _NAMES:
        return None
    if request.cut:
        return "venue", Way.LOST, "its answer never arrives: the connection breaks"
    code = f" with code {request.code}" if request.code else ""
    wait = f", to come back in {request.retry_after_s} s" if request.retry_after_s else ""
    false = ", which is not what it did" if request.changed and _did(entry, facts) else ""
    if request.done:
        return "venue", Way.TOLD, "tells the bot that it is done"
    return "venue", Way.TOLD, f"tells the bot {request.status}{code}{false}{wait}"


def _did(entry: Entry, facts: Facts) -> bool:
    return entry.body.get("request") in facts.placed_by


def _accepted(entry: Entry, facts: Facts) -> _Told:
    return "venue", Way.HERE, f"accepts it as order {_name(entry, facts)}"


def _rejected(entry: Entry, facts: Facts) -> _Told:
    return "venue", Way.HERE, f"refuses the order: {entry.body.get('reason', '')}"


def _traded(entry: Entry, facts: Facts) -> _Told:
    body = entry.body
    size, price = _plain(body["size"]), _plain(body["price"])
    return "venue", Way.HERE, f"order {_name(entry, facts)} trades {size} at {price}"


def _ended(entry: Entry, facts: Facts) -> _Told:
    return "venue", Way.HERE, f"order {_name(entry, facts)} is {entry.kind.partition('.')[2]}"


def _name(entry: Entry, facts: Facts) -> str:
    """The id by which the bot knows an entry's order."""
    number = str(entry.body.get("order"))
    return facts.names.get(number, number)


def _delivered(entry: Entry, facts: Facts) -> _Told:
    return "fault", Way.HERE, f"{entry.body.get('fault')}: {entry.body.get('what', 'delivered')}"


def _over(entry: Entry, facts: Facts) -> _Told:
    return "fault", Way.HERE, f"{entry.body.get('fault')} is over: {entry.body.get('why', '')}"


def _limit(entry: Entry, facts: Facts) -> _Told:
    return (
        "venue",
        Way.HERE,
        f"a limit is hit: {entry.body.get('what', entry.body.get('limit', ''))}",
    )


def _opened(entry: Entry, facts: Facts) -> _Told:
    return "bot", Way.SENT, f"opens stream {entry.seq} ({str(entry.body.get('path', ''))[:60]})"


def _closed(entry: Entry, facts: Facts) -> _Told:
    return (
        "venue",
        Way.HERE,
        f"stream {entry.body.get('connection')} ends: {entry.body.get('why', '')}",
    )


def _started(entry: Entry, facts: Facts) -> _Told:
    return "drill", Way.HERE, "starts the bot"


def _signaled(entry: Entry, facts: Facts) -> _Told:
    body = entry.body
    why = str(body.get("why", "")).replace("_", " ")
    signal = body.get("signal")
    what = f"sends {signal}" if signal else f"runs {shlex.join(body.get('command', ()))}"
    return "drill", Way.HERE, f"{what}: {why}"


def _command(entry: Entry, facts: Facts) -> _Told:
    body = entry.body
    how = f"by {body['signal']}" if body.get("signal") else f"with exit code {body.get('code')}"
    return "drill", Way.HERE, f"{shlex.join(body['command'])} ends {how}"


def _exited(entry: Entry, facts: Facts) -> _Told:
    body = entry.body
    how = f"by {body['signal']}" if body.get("signal") else f"with exit code {body.get('code')}"
    return "bot", Way.HERE, f"ends {how}"


_TELLERS: Final[dict[str, Callable[[Entry, Facts], _Told | None]]] = {
    "request.received": _received,
    "request.answered": _answered,
    "order.accepted": _accepted,
    "order.rejected": _rejected,
    "order.traded": _traded,
    "order.canceled": _ended,
    "order.expired": _ended,
    "fault.delivered": _delivered,
    "fault.ended": _over,
    "limit.hit": _limit,
    "stream.opened": _opened,
    "stream.closed": _closed,
    "bot.started": _started,
    "bot.signaled": _signaled,
    "bot.exited": _exited,
    "command.exited": _command,
}


def _told_order(order: Order, with_id: bool) -> str:
    size = _plain(order.size) if order.size else f"for {_plain(order.worth)} of quote"
    price = f" at {_plain(order.price)}" if order.price else ""
    own = f", client id {order.client_order_id}" if with_id else ""
    return f"{order.side.lower()} {size} {order.symbol} {order.kind.lower()}{price}{own}"


def _plain(number: str | Decimal) -> str:
    return f"{Decimal(number).normalize():f}"
