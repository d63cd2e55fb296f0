"""What the bot could know of each of its orders, and when: states that the venue delivered.

"Not found" is not a state, and neither is a refused cancel: after one of them the order's fate is
open again, unless its end was told before.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from trading_tools.drill.oracle.facts import Facts, Order, Request, texts
from trading_tools.venue.core.ledger import Entry
from trading_tools.venue.wire.messages import Operation

_LISTS = (Operation.OPEN_ORDERS, Operation.ORDER_HISTORY, Operation.MY_TRADES)
_ONE = (Operation.QUERY_ORDER, Operation.CANCEL, Operation.AMEND)


@dataclass(frozen=True)
class Word:
    """One thing that the bot heard of an order: a state (perhaps its last one), or doubt."""

    seq: int
    state: bool
    final: bool = False


def words_of(order: Order, facts: Facts) -> list[Word]:
    """All that the bot heard of an order, in the order in which it heard it."""
    found = [*_answers(order, facts), *_events(order, facts)]
    return sorted(found, key=lambda word: word.seq)


def known_at(words: list[Word], seq: int) -> bool:
    """Whether the bot knew where the order stood when the ledger had come to `seq`."""
    known = final = False
    for word in words:
        if word.seq > seq:
            break
        final = final or word.final
        known = word.state or final
    return known


def _answers(order: Order, facts: Facts) -> Iterator[Word]:
    for request in facts.requests:
        if request.answered_at is None or request.answered_seq < order.seq:
            continue
        ended = order.ended_seq is not None and order.ended_seq <= request.answered_seq
        if request.seq in (order.request, order.ended_by):
            if request.done:
                yield Word(request.answered_seq, True, ended)
        elif request.operation in _ONE and order.names & request.values:
            if request.done:
                yield Word(request.answered_seq, True, ended)
            elif request.refused and not request.changed:
                yield Word(request.answered_seq, False)
        elif request.operation in _LISTS and request.done and _listed(order, request, facts):
            yield Word(request.answered_seq, True, ended)


def _listed(order: Order, request: Request, facts: Facts) -> bool:
    """Whether a list that was asked for has the order in it."""
    if _hidden(order, request.answered_seq, facts):
        return False
    if request.operation is Operation.OPEN_ORDERS:
        return order.open_at(request.seq)
    if request.operation is Operation.MY_TRADES:
        return any(
            fill.order == order.id and fill.seq <= request.answered_seq for fill in facts.fills
        )
    return True


def _hidden(order: Order, seq: int, facts: Facts) -> bool:
    """Whether a fault that met the order's own request was still in force."""
    for fault in facts.faults:
        mine = [met.seq for met in fault.deliveries if met.body.get("request") == order.request]
        over = fault.ended_seq is not None and fault.ended_seq <= seq
        if mine and mine[0] <= seq and not over:
            return True
    return False


def _events(order: Order, facts: Facts) -> Iterator[Word]:
    for entry in facts.of("stream.told"):
        if not entry.body.get("lost") and _mentions(entry, order):
            ended = order.ended_seq is not None and order.ended_seq < entry.seq
            yield Word(entry.seq, True, ended)


def _mentions(entry: Entry, order: Order) -> bool:
    body = entry.body
    if "order" in body:
        return str(body["order"]) == order.id
    return not order.names.isdisjoint(texts(body.get("event", {})))
