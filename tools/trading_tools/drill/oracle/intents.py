"""At most one accepted order for each intent: which orders are one intent, and which are not.

A second order is *the same intent* where it carries the first one's client id, or where it has the
same side and symbol and an overlapping size and was sent while the bot could not know what had
become of the first. It is *one too many* where the bot's own calm run never sends such orders like
that: as many within the time, with as little asked in between, or twice at the very same price.
Where that cannot be told, there is no verdict.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from trading_tools.drill.oracle.facts import Facts, Order, Request
from trading_tools.drill.oracle.finding import Finding
from trading_tools.drill.oracle.knowledge import Word, known_at, words_of
from trading_tools.drill.scenarios.invariants import Invariant
from trading_tools.venue.wire.messages import Operation

_SOONER: Final = 0.8
"""How much faster than the calm run a run may be by chance."""
_WAITED: Final = 2
"""How much slower it must be before something held it up."""
_HALF: Final = 2


@dataclass(frozen=True)
class _Sent:
    """An accepted order, when its request came, and what the bot heard of it."""

    order: Order
    sent_at: int
    words: list[Word]

    def known_to(self, later: _Sent) -> bool:
        """Whether the bot knew of it when it sent a later one."""
        return known_at(self.words, later.order.request)


@dataclass(frozen=True)
class _Habit:
    """How the calm run sends orders of one side and symbol.

    `times` are those of its orders, until `ended_at`. `between` is the fewest other requests
    between two neighbours, None where there are none; `same_terms` whether two neighbours ever ask
    for the same size at the same price.
    """

    times: tuple[int, ...]
    ended_at: int
    between: int | None
    same_terms: bool
    repeats_ids: bool

    def most_within(self, window_ms: float) -> int:
        """The most orders that it sends within any time of this length."""
        starts = range(len(self.times))
        return max((self._from(start, window_ms) for start in starts), default=0)

    @property
    def longest_pause_ms(self) -> int:
        """The longest time between two orders."""
        return max((later - earlier for earlier, later in pairwise(self.times)), default=0)

    def covers(self, window_ms: float) -> bool:
        """Whether it went on for long enough to be compared with so long a time."""
        return bool(self.times) and self.ended_at - self.times[0] >= window_ms

    def _from(self, start: int, window_ms: float) -> int:
        return bisect_right(self.times, self.times[start] + window_ms) - start


def one_order_per_intent(facts: Facts, calm: Facts) -> Finding:
    """Judge a run against the same bot's calm one."""
    sent, calm_sent = _sent(facts), _sent(calm)
    if not sent:
        return Finding(Invariant.ONE_ORDER_PER_INTENT, None, "the venue accepted no order")
    habits = {key: _habit(calm, group) for key, group in calm_sent.items()}
    unclear: list[str] = []
    for key, group in sent.items():
        habit = habits.get(key) or _habit(calm, [])
        for first, second in _candidates(group):
            told, guilty = _judge(facts, group, first, second, habit)
            words = f"{_name(second)} follows {_name(first)}: {told}"
            if guilty:
                return Finding(
                    Invariant.ONE_ORDER_PER_INTENT,
                    False,
                    words,
                    (first.order.seq, second.order.seq),
                )
            if guilty is None:
                unclear.append(words)
    if unclear:
        return Finding(Invariant.ONE_ORDER_PER_INTENT, None, unclear[0])
    count = sum(len(group) for group in sent.values())
    seen = f"{count} accepted orders, none of them one too many"
    return Finding(Invariant.ONE_ORDER_PER_INTENT, True, seen)


def _sent(facts: Facts) -> dict[tuple[str, str], list[_Sent]]:
    """The bot's own accepted orders by symbol and side, in order; what protects is left out."""
    found: dict[tuple[str, str], list[_Sent]] = defaultdict(list)
    for order in facts.orders:
        request = facts.by_number.get(order.request)
        if request is not None and not order.protects:
            found[order.symbol, order.side].append(_Sent(order, request.at, words_of(order, facts)))
    return found


def _candidates(group: Sequence[_Sent]) -> Iterator[tuple[_Sent, _Sent]]:
    """Pairs that may be one intent: the nearest earlier order for each."""
    for index, second in enumerate(group):
        for first in reversed(group[:index]):
            same_id = first.order.client_order_id == second.order.client_order_id != ""
            unknown = not first.known_to(second) and _overlap(first.order, second.order)
            if same_id or unknown:
                yield first, second
                break


def _judge(
    facts: Facts, group: Sequence[_Sent], first: _Sent, second: _Sent, habit: _Habit
) -> tuple[str, bool | None]:
    """What can be said of a pair, and whether it is one order too many; None: nobody can tell."""
    if first.order.client_order_id == second.order.client_order_id != "":
        if habit.repeats_ids:
            return "both have one client id, and the calm run uses ids again too", None
        return f"both have the client id {first.order.client_order_id}", True
    if not habit.times:
        return "the fate of the first was not known, and the calm run sends no such order", True
    begin, end = group.index(first), group.index(second)
    for start in range(begin, -1, -1):
        window, count = second.sent_at - group[start].sent_at, end - start + 1
        allowed = habit.most_within(window / _SOONER)
        if count > allowed and habit.covers(window):
            words = f"{count} orders within {window / 1000:.1f} s, the fate of the first not known"
            return f"{words}; the calm run never sends more than {allowed}", True
    if end == begin + 1:
        return _judge_neighbours(facts, first, second, habit)
    return "it comes when an order comes in the calm run", False


def _judge_neighbours(
    facts: Facts, first: _Sent, second: _Sent, habit: _Habit
) -> tuple[str, bool | None]:
    if habit.between is None:
        return "the calm run ended too soon to compare", None
    between = _between(facts, first, second)
    if between < habit.between:
        return (
            f"{between} requests after the first, its fate not known; the calm run never has "
            f"fewer than {habit.between} between two orders",
            True,
        )
    if _same_terms(first.order, second.order) and not habit.same_terms:
        return "its fate not known, at the same price, which the calm run never asks twice", True
    apart = second.sent_at - first.sent_at
    if not _others(facts, first, second) and apart > _WAITED * habit.longest_pause_ms:
        return (
            "the bot waited longer than ever in the calm run, and for what is not in the ledger",
            None,
        )
    return "it comes when the next order comes in the calm run", False


def _habit(facts: Facts, group: Sequence[_Sent]) -> _Habit:
    pairs = list(pairwise(group))
    ids = [each.order.client_order_id for each in group if each.order.client_order_id]
    return _Habit(
        times=tuple(each.sent_at for each in group),
        ended_at=facts.ended_at,
        between=min((_between(facts, *pair) for pair in pairs), default=None),
        same_terms=any(_same_terms(first.order, second.order) for first, second in pairs),
        repeats_ids=len(ids) != len(set(ids)),
    )


def _overlap(first: Order, second: Order) -> bool:
    """Whether the second could stand for the first: neither is more than twice the other."""
    if not first.size or not second.size:
        return bool(first.worth or second.worth)
    small, large = sorted((first.size, second.size))
    return small * _HALF >= large


def _same_terms(first: Order, second: Order) -> bool:
    """Same price, size and type; a market order has no price to tell by."""
    terms = (first.price, first.size, first.kind) == (second.price, second.size, second.kind)
    return terms and bool(first.price)


def _others(facts: Facts, first: _Sent, second: _Sent) -> list[Request]:
    low, high = first.order.request, second.order.request
    return [each for each in facts.requests if low < each.seq < high]


def _between(facts: Facts, first: _Sent, second: _Sent) -> int:
    """Requests between two orders that place none."""
    asked = _others(facts, first, second)
    return sum(each.operation is not Operation.PLACE for each in asked)


def _name(sent: _Sent) -> str:
    order = sent.order
    size = f"{order.size.normalize():f}" if order.size else f"worth {order.worth.normalize():f}"
    return f"order {order.id} ({order.side.lower()} {size} {order.symbol})"
