"""At most one accepted order for each intent: which orders are one intent, and which are not.

A second order is *the same intent* where it carries the first one's client id, or where it has the
same side and symbol and an overlapping size and was sent while the bot could not know what had
become of the first. It is *one too many* where the bot's own calm run never sends such orders like
that: so soon, with so little asked in between, at the very same price, or so many at once. Where
the calm run does it too, nobody can tell: then there is no verdict.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from trading_tools.drill.oracle.facts import Facts, Order, Request
from trading_tools.drill.oracle.finding import Finding
from trading_tools.drill.oracle.knowledge import Word, known_at, words_of
from trading_tools.drill.scenarios.invariants import Invariant
from trading_tools.venue.wire.messages import Operation

_AT_ONCE_MS: Final = 50
_SOONER: Final = 0.8
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
    """How the calm run sends orders of one side and symbol, one after the other.

    `every_ms` is the shortest time between two, `between` the fewest other requests between two;
    both None where it sends one only. `burst_ms` is the longest time between two of a burst, whose
    later orders do not wait for the earlier ones, and `at_once` how many such orders there are.
    """

    every_ms: int | None
    between: int | None
    same_price: bool
    burst_ms: int
    at_once: int
    orders: int
    repeats_ids: bool


def one_order_per_intent(facts: Facts, calm: Facts) -> Finding:
    """Judge a run against the same bot's calm one."""
    sent, calm_sent = _sent(facts), _sent(calm)
    if not sent:
        return Finding(Invariant.ONE_ORDER_PER_INTENT, None, "the venue accepted no order")
    habits = {key: _habit(calm, group) for key, group in calm_sent.items()}
    unclear: list[str] = []
    pairs = 0
    for key, group in sent.items():
        habit = habits.get(key) or _habit(calm, [])
        for first, second in _candidates(group):
            pairs += 1
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
    """Why a pair is one intent twice (True), is not (False), or cannot be told (None)."""
    if first.order.client_order_id == second.order.client_order_id != "":
        if habit.repeats_ids:
            return "both have one client id, and the calm run uses ids again too", None
        return f"both have the client id {first.order.client_order_id}", True
    apart = second.sent_at - first.sent_at
    open_fates = 1 + sum(
        not each.known_to(second) for each in group if each.sent_at < second.sent_at
    )
    if apart <= habit.burst_ms + _AT_ONCE_MS and habit.at_once > 1:
        if open_fates <= habit.at_once:
            return "both are of one burst, as in the calm run", False
        return f"{open_fates} at once, and {habit.at_once} in the calm run", True
    if habit.every_ms is None or habit.between is None:
        orders = "no such order" if not habit.orders else "one such order"
        return f"the fate of the first was not known, and the calm run sends {orders}", True
    if apart < _SOONER * habit.every_ms:
        words = f"{apart / 1000:.1f} s later, its fate not known; the calm run leaves "
        return words + f"at least {habit.every_ms / 1000:.1f} s", True
    if _between(facts, first, second) < habit.between:
        return (
            "its fate not known, and nothing asked in between as in the calm run",
            True,
        )
    if _same_terms(first.order, second.order) and not habit.same_price:
        return "its fate not known, at the same price, which the calm run never sends twice", True
    if _silent(facts, first, second) and habit.at_once <= 1 and apart > 2 * habit.every_ms:
        return (
            "the bot waited longer than it ever does in the calm run, and what it waited for "
            "is not in the ledger",
            None,
        )
    if habit.at_once > 1:
        return "the calm run also sends orders before it knows of the earlier ones", None
    return "it comes when the calm run's next order does", False


def _habit(facts: Facts, group: Sequence[_Sent]) -> _Habit:
    apart: list[int] = []
    between: list[int] = []
    burst, at_once, same_price = 0, 1, False
    ids = [each.order.client_order_id for each in group if each.order.client_order_id]
    for index, second in enumerate(group):
        unknown = sum(not each.known_to(second) for each in group[:index])
        at_once = max(at_once, unknown + 1)
        if not index:
            continue
        first = group[index - 1]
        if first.known_to(second):
            apart.append(second.sent_at - first.sent_at)
            between.append(_between(facts, first, second))
        else:
            burst = max(burst, second.sent_at - first.sent_at)
        same_price = same_price or _same_terms(first.order, second.order)
    return _Habit(
        min(apart, default=None),
        min(between, default=None),
        same_price,
        burst,
        at_once,
        len(group),
        len(ids) != len(set(ids)),
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


def _silent(facts: Facts, first: _Sent, second: _Sent) -> bool:
    return not _others(facts, first, second)


def _name(sent: _Sent) -> str:
    order = sent.order
    size = f"{order.size.normalize():f}" if order.size else f"worth {order.worth.normalize():f}"
    return f"order {order.id} ({order.side.lower()} {size} {order.symbol})"
