"""What the bot could know of each of its orders, and when: states that the venue delivered.

"Not found" is not a state, and neither is a refused cancel: after one of them the order's fate is
open again, unless its end was told before.
"""

from __future__ import annotations

from collections import defaultdict
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


def known_at(words: list[Word], seq: int) -> bool:
    """Whether the bot knew where the order stood when the ledger had come to `seq`."""
    known = final = False
    for word in words:
        if word.seq > seq:
            break
        final = final or word.final
        known = word.state or final
    return known


class Heard:
    """What a bot heard in one run, ready to be asked for each of its orders."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self._lists = [each for each in facts.asked_for(*_LISTS) if each.done]
        self._singles: dict[str, list[Request]] = defaultdict(list)
        for request in facts.asked_for(*_ONE):
            for value in request.values:
                self._singles[value].append(request)
        self._told: dict[str, list[Entry]] = defaultdict(list)
        for entry in facts.of("stream.told"):
            if not entry.body.get("lost"):
                for text in set(texts(entry.body.get("event", {}))):
                    self._told[text].append(entry)
        self._filled: dict[str, int] = {}
        for fill in facts.fills:
            self._filled.setdefault(fill.order, fill.seq)

    def of(self, order: Order) -> list[Word]:
        """All that the bot heard of an order, in the order in which it heard it."""
        found = [*self._answers(order), *self._listings(order), *self._events(order)]
        return sorted(found, key=lambda word: word.seq)

    def _answers(self, order: Order) -> Iterator[Word]:
        for number in {order.request, order.ended_by}:
            request = self._facts.by_number.get(number)
            if request is not None and request.done:
                yield _state(order, request.answered_seq)
        asked = {each.seq: each for name in order.names for each in self._singles.get(name, ())}
        for request in asked.values():
            if request.answered_seq < order.seq:
                continue
            if request.done:
                yield _state(order, request.answered_seq)
            elif request.refused and not request.changed:
                yield Word(request.answered_seq, False)

    def _listings(self, order: Order) -> Iterator[Word]:
        for request in self._lists:
            if request.answered_seq > order.seq and self._listed(order, request):
                yield _state(order, request.answered_seq)

    def _listed(self, order: Order, request: Request) -> bool:
        """Whether a list that was asked for has the order in it."""
        placed = self._facts.by_number.get(order.request)
        if placed is not None and _elsewhere(placed, request):
            return False
        if _hidden(order, request.answered_seq, self._facts):
            return False
        if request.operation is Operation.OPEN_ORDERS:
            return order.open_at(request.seq)
        if request.operation is Operation.MY_TRADES:
            return self._filled.get(order.id, request.answered_seq) < request.answered_seq
        return True

    def _events(self, order: Order) -> Iterator[Word]:
        for name in order.names:
            for entry in self._told.get(name, ()):
                yield _state(order, entry.seq)


def _elsewhere(placed: Request, listing: Request) -> bool:
    """Whether a list was asked for of another instrument than the order's."""
    both = placed.about.keys() & listing.about.keys()
    return any(placed.about[key] != listing.about[key] for key in both)


def _state(order: Order, seq: int) -> Word:
    return Word(seq, True, order.ended_seq is not None and order.ended_seq <= seq)


def _hidden(order: Order, seq: int, facts: Facts) -> bool:
    """Whether a fault that met the order's own request was still in force."""
    for fault in facts.faults:
        mine = [met.seq for met in fault.deliveries if met.body.get("request") == order.request]
        over = fault.ended_seq is not None and fault.ended_seq <= seq
        if mine and mine[0] <= seq and not over:
            return True
    return False
