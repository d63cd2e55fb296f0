"""At most one accepted order for each intent: which orders are one intent, and which are not.

A second order is *the same intent* where it carries the first one's client id, or where it has the
same side and symbol and an overlapping size (its own, or with what was sent since the first) and
was sent while the bot could not know what had become of the first. It is *one too many* where the
bot's own calm run never sends such orders like that: as many within the time, with as little asked
in between, twice at the very same price, or twice without one of the other side in between. Where
that cannot be told, there is no verdict.

Stops are compared with stops. Reduce-only orders are left out: two of them close no more than one.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import accumulate, pairwise
from math import inf
from typing import Final

from trading_tools.drill.oracle.facts import Facts, Order
from trading_tools.drill.oracle.finding import Finding
from trading_tools.drill.oracle.knowledge import Heard, Word, known_at
from trading_tools.drill.scenarios.invariants import Invariant
from trading_tools.venue.wire.messages import Operation

_SOONER: Final = 0.8
"""How much faster than the calm run a run may be by chance."""
_WAITED: Final = 2
"""How much slower it must be before something held it up."""
_HALF: Final = 2
_SURE: Final = 2
"""How many pairs of neighbours make a habit."""
_BURST: Final = 50
"""How many orders before a pair are looked at for a burst that was one too long."""


@dataclass(frozen=True)
class _Sent:
    """An accepted order, when its request came, and what the bot heard of it.

    `settled_seq` is the entry from which on its fate is known for good, None if it never is.
    """

    order: Order
    sent_at: int
    words: list[Word]
    settled_seq: int | None

    def known_to(self, later: _Sent) -> bool:
        """Whether the bot knew of it when it sent a later one."""
        return known_at(self.words, later.order.request)

    def settled_for(self, later: _Sent) -> bool:
        """Whether it was known for good by then."""
        return self.settled_seq is not None and self.settled_seq <= later.order.request


class _Run:
    """One run: its orders by symbol, side and whether they are stops, and what is between them."""

    def __init__(self, facts: Facts) -> None:
        self.ended_at = facts.ended_at
        self.groups: dict[tuple[str, str, bool], list[_Sent]] = defaultdict(list)
        self._sides: dict[tuple[str, str], list[int]] = defaultdict(list)
        heard = Heard(facts)
        for order in facts.orders:
            request = facts.by_number.get(order.request)
            if request is None:
                continue
            self._sides[order.symbol, order.side].append(order.request)
            if not order.reduce_only:
                words = heard.of(order)
                sent = _Sent(order, request.at, words, _settled(words))
                self.groups[order.symbol, order.side, order.waits].append(sent)
        self._all = [each.seq for each in facts.requests]
        self._others = [
            each.seq for each in facts.requests if each.operation is not Operation.PLACE
        ]

    def between(self, first: _Sent, second: _Sent) -> int:
        """Requests between two orders that place none."""
        return _count(self._others, first, second)

    def turned(self, first: _Sent, second: _Sent) -> bool:
        """Whether an order of the other side was accepted between two."""
        other = "SELL" if first.order.side == "BUY" else "BUY"
        return _count(self._sides[first.order.symbol, other], first, second) > 0

    def silent(self, first: _Sent, second: _Sent) -> bool:
        """Whether nothing at all was asked between two orders."""
        return not _count(self._all, first, second)


class _Habit:
    """How the calm run sends orders of one side and symbol.

    `between` is the fewest other requests between two neighbours, None where there are none;
    `same_terms` whether two neighbours ever ask for the same size at the same price, `turns`
    whether one of the other side is always between them.
    """

    def __init__(self, run: _Run, group: Sequence[_Sent]) -> None:
        pairs = list(pairwise(group))
        ids = [each.order.client_order_id for each in group if each.order.client_order_id]
        self.times = [each.sent_at for each in group]
        self.between = min((run.between(*pair) for pair in pairs), default=None)
        self.same_terms = any(_same_terms(one.order, two.order) for one, two in pairs)
        self.turns = len(pairs) >= _SURE and all(run.turned(*pair) for pair in pairs)
        self.repeats_ids = len(ids) != len(set(ids))
        self.longest_pause_ms = max((two.sent_at - one.sent_at for one, two in pairs), default=0)
        self._length_ms = run.ended_at - self.times[0] if self.times else 0
        self._shortest: dict[int, float] = {}

    def sends(self, count: int, window_ms: int) -> bool:
        """Whether it sends so many orders within so short a time, or nobody can know."""
        return self._shortest_ms(count) * _SOONER <= window_ms or window_ms > self._length_ms

    def most_within(self, window_ms: int) -> int:
        """The most orders that it sends within any time of this length."""
        counts = range(len(self.times), 0, -1)
        fitting = (count for count in counts if self._shortest_ms(count) * _SOONER <= window_ms)
        return next(fitting, 0)

    def _shortest_ms(self, count: int) -> float:
        """The shortest time in which it sends so many orders; infinite where it never does."""
        if count not in self._shortest:
            spans = zip(self.times, self.times[count - 1 :], strict=False)
            self._shortest[count] = min((end - start for start, end in spans), default=inf)
        return self._shortest[count]


def one_order_per_intent(facts: Facts, calm: Facts) -> Finding:
    """Judge a run against the same bot's calm one."""
    run, usual = _Run(facts), _Run(calm)
    if not run.groups:
        return Finding(Invariant.ONE_ORDER_PER_INTENT, None, "the venue accepted no order")
    unclear: list[str] = []
    for key, group in run.groups.items():
        habit = _Habit(usual, usual.groups.get(key, []))
        for begin, end in _candidates(group):
            told, guilty = _judge(run, group, begin, end, habit)
            first, second = group[begin], group[end]
            words = f"{_name(second)} follows {_name(first)}: {told}"
            if guilty:
                seqs = first.order.seq, second.order.seq
                return Finding(Invariant.ONE_ORDER_PER_INTENT, False, words, seqs)
            if guilty is None:
                unclear.append(words)
    if unclear:
        return Finding(Invariant.ONE_ORDER_PER_INTENT, None, unclear[0])
    count = sum(len(group) for group in run.groups.values())
    seen = f"{count} accepted orders, none of them one too many"
    return Finding(Invariant.ONE_ORDER_PER_INTENT, True, seen)


def _candidates(group: Sequence[_Sent]) -> Iterator[tuple[int, int]]:
    """Pairs that may be one intent, as places in the group: the nearest earlier one for each."""
    unsettled: list[int] = []
    by_id: dict[str, int] = {}
    sent = list(accumulate(each.order.size for each in group))
    for end, second in enumerate(group):
        while unsettled and group[unsettled[-1]].settled_for(second):
            unsettled.pop()
        own_id = second.order.client_order_id
        near = by_id.get(own_id, -1) if own_id else -1
        for begin in reversed(unsettled):
            first = group[begin]
            if begin <= near:
                break
            since = sent[end] - sent[begin]
            if not first.known_to(second) and _overlap(first.order, second.order, since):
                near = begin
                break
        if near >= 0:
            yield near, end
        unsettled.append(end)
        if own_id:
            by_id[own_id] = end


def _judge(
    run: _Run, group: Sequence[_Sent], begin: int, end: int, habit: _Habit
) -> tuple[str, bool | None]:
    """What can be said of a pair, and whether it is one order too many; None: nobody can tell."""
    first, second = group[begin], group[end]
    if first.order.client_order_id == second.order.client_order_id != "":
        if habit.repeats_ids:
            return "both have one client id, and the calm run uses ids again too", None
        return f"both have the client id {first.order.client_order_id}", True
    if not habit.times:
        return "the fate of the first was not known, and the calm run sends no such order", True
    for start in range(begin, max(begin - _BURST, -1), -1):
        window, count = second.sent_at - group[start].sent_at, end - start + 1
        if not habit.sends(count, window):
            return (
                f"{count} orders within {window / 1000:.1f} s, the fate of the first not known; "
                f"the calm run never sends more than {habit.most_within(window)}",
                True,
            )
    if end == begin + 1:
        return _judge_neighbours(run, first, second, habit)
    return "it comes when an order comes in the calm run", False


def _judge_neighbours(
    run: _Run, first: _Sent, second: _Sent, habit: _Habit
) -> tuple[str, bool | None]:
    if habit.between is None:
        return "the calm run ended too soon to compare", None
    between = run.between(first, second)
    if between < habit.between:
        return (
            f"{between} requests after the first, its fate not known; the calm run never has "
            f"fewer than {habit.between} between two orders",
            True,
        )
    if _same_terms(first.order, second.order) and not habit.same_terms:
        return "its fate not known, at the same price, which the calm run never asks twice", True
    if habit.turns and not run.turned(first, second):
        words = "its fate not known; in the calm run one of the other side is always in between"
        return words, True
    apart = second.sent_at - first.sent_at
    if run.silent(first, second) and apart > _WAITED * habit.longest_pause_ms:
        return (
            "the bot waited longer than ever in the calm run, and for what is not in the ledger",
            None,
        )
    return "it comes when the next order comes in the calm run", False


def _settled(words: list[Word]) -> int | None:
    """From which entry on the words leave no doubt any more."""
    since: int | None = None
    for word in words:
        if word.final:
            return word.seq if since is None else since
        since = (word.seq if since is None else since) if word.state else None
    return since


def _count(seqs: Sequence[int], first: _Sent, second: _Sent) -> int:
    low, high = first.order.request, second.order.request
    return bisect_left(seqs, high) - bisect_right(seqs, low)


def _overlap(first: Order, second: Order, since: Decimal) -> bool:
    """Whether the second could stand for the first, or be its last part.

    Neither is more than twice the other, or all that was sent `since` the first is at least half.
    """
    if not first.size or not second.size:
        return bool(first.worth or second.worth)
    return second.size <= first.size * _HALF and since * _HALF >= first.size


def _same_terms(first: Order, second: Order) -> bool:
    """Same price, size and type; a market order has no price to tell by."""
    terms = (first.price, first.size, first.kind) == (second.price, second.size, second.kind)
    return terms and bool(first.price)


def _name(sent: _Sent) -> str:
    order = sent.order
    size = f"{order.size.normalize():f}" if order.size else f"worth {order.worth.normalize():f}"
    return f"order {order.name} ({order.side.lower()} {size} {order.symbol})"
