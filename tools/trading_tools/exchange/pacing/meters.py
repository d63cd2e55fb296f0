"""Arithmetic of one limit over a slot of numbers: what is used, and how long until more fits.

A slot is a row of doubles that several processes may share; who holds it locked is `slots`. All
times are seconds of one monotonic clock.
"""

from __future__ import annotations

import math
from typing import Final, TypeAlias

from trading_tools.exchange.pacing.rules import Counter, Rule, Window

CELLS: Final = 64
SLOT: Final = CELLS + 2
"""Doubles in a slot: the newest cell or the time of the count, the sum, the cells."""

_MARK, _SUM, _FIRST = range(3)
_SLACK = 1e-9
_SOONEST_S = 1e-4

Slot: TypeAlias = "memoryview[float]"
"""Doubles: `memoryview(...).cast("d")` of `SLOT` of them, all zero at first."""


def pause(slot: Slot, until: float) -> None:
    """Make a slot one of a pause that lasts until then; a longer one is never shortened."""
    slot[_MARK] = max(slot[_MARK], until)


def paused(slot: Slot, now: float) -> float:
    """Seconds for which the pause of a slot lasts."""
    return max(0.0, slot[_MARK] - now)


def used(rule: Rule, slot: Slot, now: float) -> float:
    """How much of a limit is used at `now`."""
    _advance(rule, slot, now)
    return float(slot[_SUM])


def wait(rule: Rule, slot: Slot, now: float, units: float, share: float) -> float:
    """Seconds until `units` fit into `share` of the limit; 0 for at once.

    A request that is larger than the share, but not than the limit, gets what it needs.
    """
    _advance(rule, slot, now)
    over = slot[_SUM] + units - max(rule.most * share, units)
    if over <= _SLACK:
        return 0.0
    if isinstance(rule, Counter):
        return max(_SOONEST_S, over / rule.decay_per_s)
    return max(_SOONEST_S, _until_freed(rule, slot, now, over))


def add(rule: Rule, slot: Slot, now: float, units: float) -> None:
    """Count `units` as used at `now`."""
    _advance(rule, slot, now)
    slot[_SUM] += units
    if isinstance(rule, Window):
        slot[_FIRST + int(slot[_MARK]) % CELLS] += units


def told(rule: Rule, slot: Slot, now: float, units: float) -> None:
    """The venue says that `units` are used: what is missing here was used by somebody else."""
    missing = units - used(rule, slot, now)
    if missing > 0:
        add(rule, slot, now, missing)


def _width(rule: Window) -> float:
    """Seconds of one cell: all but the newest one together last as long as the window."""
    return (rule.seconds + rule.margin_s) / (CELLS - 1)


def _advance(rule: Rule, slot: Slot, now: float) -> None:
    """Let go of what is no longer counted. A clock that went back changes nothing."""
    if isinstance(rule, Counter):
        passed = now - slot[_MARK]
        if passed > 0:
            slot[_SUM] = max(0.0, slot[_SUM] - passed * rule.decay_per_s)
            slot[_MARK] = now
        return
    newest, cell = int(slot[_MARK]), math.floor(now / _width(rule))
    if cell <= newest:
        return
    for passed_cell in range(max(newest + 1, cell - CELLS + 1), cell + 1):
        place = _FIRST + passed_cell % CELLS
        if slot[place]:
            slot[_SUM] -= slot[place]
            slot[place] = 0.0
    slot[_MARK] = float(cell)


def _until_freed(rule: Window, slot: Slot, now: float, over: float) -> float:
    """Seconds until the oldest cells that hold `over` together are no longer counted."""
    newest, width = int(slot[_MARK]), _width(rule)
    freed = 0.0
    for cell in range(newest - CELLS + 1, newest + 1):
        freed += slot[_FIRST + cell % CELLS]
        if freed >= over - _SLACK:
            return (cell + CELLS) * width - now
    raise AssertionError("a window holds more than its cells do")
