"""What a person is to do about missing evidence: each thing once, with all that it answers."""

from __future__ import annotations

from dataclasses import dataclass

from trading_tools.golive.check import Check
from trading_tools.golive.gate import Report
from trading_tools.golive.verdict import Verdict

WAIVING = 'orc golive waive CHECK --reason "…" --until DAY --as NAME --key FILE'


@dataclass(frozen=True)
class Step:
    """One thing to do."""

    fix: str
    details: tuple[str, ...]
    """Why, each reason once."""
    checks: tuple[Check, ...]
    """Those that lack their evidence for it."""


def steps(report: Report) -> list[Step]:
    """What would bring the evidence that is missing, first what answers the most checks."""
    by_fix: dict[str, list[tuple[Check, str]]] = {}
    for each in report.blocking:
        if each.finding.verdict is Verdict.NO_EVIDENCE:
            for part in each.finding.parts or (each.finding,):
                by_fix.setdefault(part.fix, []).append((each.check, part.detail))
    found = [
        Step(
            fix,
            tuple(dict.fromkeys(detail for _, detail in lacking)),
            tuple(dict.fromkeys(check for check, _ in lacking)),
        )
        for fix, lacking in by_fix.items()
    ]
    return sorted(found, key=lambda step: -len(step.checks))


def next_step(report: Report) -> str:
    """The one thing to do now, in a sentence."""
    if report.go:
        return (
            "`orc golive --format json=go.json`, then each approver: `orc golive sign go.json "
            "--as NAME --key FILE`"
        )
    first = report.blocking[0]
    if first.finding.verdict is Verdict.FAIL:
        fix, names = first.finding.fix, first.check.id
    else:
        step = steps(report)[0]
        fix, names = step.fix, ", ".join(each.id for each in step.checks)
    return f"{fix} ({names})" + ("" if "`orc golive" in fix else ", then `orc golive` again")
