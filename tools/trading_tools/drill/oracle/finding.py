"""What the oracle found: one finding for each invariant, with what it rests on."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, NamedTuple

from trading_tools.drill.scenarios.invariants import Invariant


class Verdict(StrEnum):
    """What a scenario came to. Missing evidence is never a pass."""

    PASS = "pass"  # noqa: S105 - a verdict, no password
    FAIL = "fail"
    NO_EVIDENCE = "no-evidence"


class Way(StrEnum):
    """Where a step leads."""

    SENT = "sent"
    """From the bot to the venue."""
    TOLD = "told"
    """From the venue to the bot."""
    LOST = "lost"
    """From the venue, and it never arrives."""
    HERE = "here"
    """Nowhere: it happens where it is."""


class Step(NamedTuple):
    """One line of a sequence. `who` is `bot`, `venue`, `fault` or `drill`; `ms` since the start.

    `guilty` marks the acts that broke the invariant.
    """

    ms: int
    who: str
    way: Way
    what: str
    seq: int
    guilty: bool = False


class Span(NamedTuple):
    """Something that lasted, in milliseconds since the bot's start; a moment begins as it ends."""

    what: Literal["order", "fault", "signal", "exit"]
    begin_ms: int
    end_ms: int


@dataclass(frozen=True)
class Finding:
    """Whether an invariant held: None where it was not put to the test, and why.

    `guilty` are the ledger's entries that broke it; `sequence` shows them with what led there.
    """

    invariant: Invariant
    held: bool | None
    detail: str
    guilty: tuple[int, ...] = ()
    sequence: tuple[Step, ...] = ()


@dataclass(frozen=True)
class Judged:
    """One scenario on one venue. `why` says what the verdict rests on, `try_next` what to do."""

    scenario: str
    venue: str
    verdict: Verdict
    why: str
    try_next: str
    findings: tuple[Finding, ...]
    seconds: float
    output: str = ""
    spans: tuple[Span, ...] = ()
