"""A run at a glance: when orders stood, when faults met the bot, when it was told to end."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from trading_tools.drill.oracle.facts import Facts
from trading_tools.drill.oracle.finding import Span

_GRAIN_MS = 50


def spans(facts: Facts) -> tuple[Span, ...]:
    """All of a run, each once: what no eye could tell apart counts as the same."""
    every = (
        Span(what, _rounded(begin - facts.began_at), _rounded(end - facts.began_at))
        for what, begin, end in _spans(facts)
    )
    return tuple(dict.fromkeys(each for each in every if each.end_ms >= 0))


def _spans(facts: Facts) -> Iterator[tuple[Literal["order", "fault", "signal", "exit"], int, int]]:
    last = facts.ended_at
    for fault in facts.faults:
        if fault.deliveries:
            end = fault.ended or fault.deliveries[-1]
            yield "fault", fault.deliveries[0].at, max(end.at, fault.deliveries[-1].at)
    for order in facts.orders:
        yield "order", order.at, last if order.ended_at is None else order.ended_at
    for signal in facts.signals:
        yield "signal", signal.at, signal.at
    if facts.exited is not None:
        yield "exit", facts.exited.at, facts.exited.at


def _rounded(ms: int) -> int:
    return round(ms / _GRAIN_MS) * _GRAIN_MS
