"""The position by the venue's own fills, against what the user declared and the calm run had."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from trading_tools.drill.oracle.facts import Facts
from trading_tools.drill.oracle.finding import Finding
from trading_tools.drill.scenarios.invariants import Invariant

_DUST: Final = Decimal("0.002")


@dataclass(frozen=True)
class Declared:
    """What the user says of the bot: its largest position in base, of any one symbol, and whether
    it is flat when it has ended."""

    max_position: Decimal | None = None
    expect_flat: bool = False


@dataclass(frozen=True)
class _Course:
    """One symbol's position over a run: its largest size, when, and where it ended."""

    symbol: str
    largest: Decimal
    largest_seq: int
    last: Decimal
    traded: Decimal
    last_seq: int


def position_as_declared(facts: Facts, calm: Facts, declared: Declared) -> Finding:
    """Judge by what was declared; by the calm run where nothing was."""
    invariant = Invariant.POSITION_AS_DECLARED
    courses = list(_courses(facts))
    if declared.max_position is not None:
        for course in courses:
            if course.largest > declared.max_position:
                words = (
                    f"{course.largest.normalize():f} {course.symbol} held, "
                    f"{declared.max_position.normalize():f} declared"
                )
                return Finding(invariant, False, words, (course.largest_seq,))
    if declared.expect_flat:
        for course in courses:
            if abs(course.last) > course.traded * _DUST:
                words = f"{course.last.normalize():f} {course.symbol} left, flat was declared"
                return Finding(invariant, False, words, (course.last_seq,))
    if not facts.orders:
        return Finding(invariant, None, "the venue accepted no order")
    if not courses:
        return Finding(invariant, True, "nothing was traded: the position stayed at 0")
    if declared.max_position is not None or declared.expect_flat:
        return Finding(invariant, True, f"the position stayed as declared; {_largest(courses)}")
    return _as_calm(courses, calm)


def _as_calm(courses: list[_Course], calm: Facts) -> Finding:
    """Where nothing is declared, a position that the calm run could have had too is in order."""
    usual = {course.symbol: course.largest for course in _courses(calm)}
    for course in courses:
        step = max((o.size for o in calm.orders if o.symbol == course.symbol), default=Decimal(0))
        if course.largest > usual.get(course.symbol, Decimal(0)) + step:
            return Finding(
                Invariant.POSITION_AS_DECLARED,
                None,
                f"{course.largest.normalize():f} {course.symbol} held, more than in the calm run; "
                "whether it may is not declared",
            )
    return Finding(
        Invariant.POSITION_AS_DECLARED, True, f"no more than in the calm run; {_largest(courses)}"
    )


def _courses(facts: Facts) -> Iterable[_Course]:
    for symbol in sorted({fill.symbol for fill in facts.fills}):
        held = largest = traded = Decimal(0)
        largest_seq = last_seq = 0
        for fill in facts.fills:
            if fill.symbol != symbol:
                continue
            held += fill.size if fill.side == "BUY" else -fill.size
            traded += fill.size
            last_seq = fill.seq
            if abs(held) > largest:
                largest, largest_seq = abs(held), fill.seq
        yield _Course(symbol, largest, largest_seq, held, traded, last_seq)


def _largest(courses: list[_Course]) -> str:
    return ", ".join(f"at most {each.largest.normalize():f} {each.symbol}" for each in courses)
