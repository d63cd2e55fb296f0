"""What a whole drill came to: its scenarios' verdicts and how it was made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from trading_tools.drill.oracle.finding import Finding, Judged, Step, Verdict


@dataclass(frozen=True)
class Outcome:
    """All verdicts, in the order in which they were asked for. `notes` say what a reader must know:
    a weaker seal, replaced credentials, a clock that runs faster."""

    judged: Sequence[Judged]
    command: tuple[str, ...]
    seed: int
    seal: str
    seconds: float
    notes: tuple[str, ...] = ()
    interrupted: bool = False

    @property
    def passed(self) -> bool:
        """Whether every scenario passed, and none is missing."""
        verdicts = {each.verdict for each in self.judged}
        return verdicts == {Verdict.PASS} and not self.interrupted

    def count(self, verdict: Verdict) -> int:
        """How many scenarios came to a verdict."""
        return sum(each.verdict is verdict for each in self.judged)

    def as_json(self) -> dict[str, Any]:
        """The drill as one JSON object; the shape is in docs/drills.md."""
        return {
            "scenarios": [_scenario(each) for each in self.judged],
            "seed": self.seed,
            "command": list(self.command),
            "seal": self.seal,
            "seconds": round(self.seconds, 1),
            "notes": list(self.notes),
            "interrupted": self.interrupted,
        }


def _scenario(judged: Judged) -> dict[str, Any]:
    return {
        "name": judged.scenario,
        "venue": judged.venue,
        "verdict": judged.verdict.value,
        "why": judged.why,
        "try": judged.try_next,
        "invariants": [_finding(each) for each in judged.findings],
        "seconds": round(judged.seconds, 1),
        "output": judged.output,
    }


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "name": finding.invariant.value,
        "held": finding.held,
        "detail": finding.detail,
        "sequence": [_step(each) for each in finding.sequence],
    }


def _step(step: Step) -> dict[str, Any]:
    return {
        "ms": step.ms,
        "who": step.who,
        "way": step.way.value,
        "what": step.what,
        "guilty": step.guilty,
    }
