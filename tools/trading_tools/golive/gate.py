"""The gate: every check asked, and one verdict over all.

`go` needs each required check to pass, or its missing evidence to be waived by a person. A failed
check cannot be waived.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from trading_tools.golive.check import Case, Check, all_checks
from trading_tools.golive.verdict import Finding, Verdict
from trading_tools.golive.waivers import Waivers

NO_WAIVERS = Waivers({}, {})


@dataclass(frozen=True)
class Checked:
    """A check, its answer, and why it does not count where it does not."""

    check: Check
    finding: Finding
    not_required: str | None = None

    @property
    def blocks(self) -> bool:
        """Whether it stands in the way: what failed always does, required or not."""
        if self.finding.verdict is Verdict.NO_EVIDENCE:
            return self.not_required is None
        return self.finding.verdict is Verdict.FAIL

    def as_json(self) -> dict[str, Any]:
        """As the command-line contract has it."""
        said: dict[str, Any] = {
            "id": self.check.id,
            "title": self.check.title,
            "verdict": self.finding.verdict.value,
            "detail": self.finding.detail,
            "evidence": [each.as_json() for each in self.finding.evidence],
            "basis": self.check.basis,
            "fix": self.finding.fix,
        }
        return said if self.not_required is None else {**said, "not_required": self.not_required}


@dataclass(frozen=True)
class Report:
    """The verdict on a bot, and all that it rests on."""

    bot: str
    at: datetime
    config_sha256: str
    commit: str | None
    checked: tuple[Checked, ...]
    waived_until: date | None = None
    """The last day of the waiver that ends first; None where it rests on none."""

    @property
    def go(self) -> bool:
        """Whether nothing blocks."""
        return not any(each.blocks for each in self.checked)

    @property
    def blocking(self) -> list[Checked]:
        """What stands in the way: first what failed, then what has no evidence."""
        found = [each for each in self.checked if each.blocks]
        return sorted(found, key=lambda each: each.finding.verdict is not Verdict.FAIL)

    def count(self, verdict: Verdict) -> int:
        """How many checks came to it."""
        return sum(each.finding.verdict is verdict for each in self.checked)

    def as_json(self) -> dict[str, Any]:
        """As the command-line contract has it."""
        return {
            "verdict": "go" if self.go else "no-go",
            "bot": self.bot,
            "at": self.at,
            "commit": self.commit,
            "config_sha256": self.config_sha256,
            "checks": [each.as_json() for each in self.checked],
        }


def pass_gate(
    case: Case,
    commit: str | None,
    waivers: Waivers = NO_WAIVERS,
) -> Report:
    """Ask every check, several at once."""
    asked = all_checks()
    reasons = case.project.config.checks.not_required
    with ThreadPoolExecutor() as pool:
        findings = list(pool.map(lambda each: each.run(case), asked))
    checked = tuple(
        Checked(check, _waived(check, finding, waivers), reasons.get(check.id))
        for check, finding in zip(asked, findings, strict=True)
    )
    waived = [each.check.id for each in checked if each.finding.verdict is Verdict.WAIVED]
    return Report(
        bot=case.project.config.bot.name,
        at=case.now,
        config_sha256=case.project.sha256,
        commit=commit,
        checked=checked,
        waived_until=min((waivers.in_force[name].until for name in waived), default=None),
    )


def _waived(check: Check, finding: Finding, waivers: Waivers) -> Finding:
    """The finding under its waiver: only evidence that is missing can be waived."""
    if finding.verdict is not Verdict.NO_EVIDENCE:
        return finding
    waiver = waivers.in_force.get(check.id)
    if waiver is not None:
        said = f"{finding.detail}. Waived by {waiver.by} until {waiver.until}: {waiver.reason}"
        return replace(finding, verdict=Verdict.WAIVED, detail=said)
    void = waivers.void.get(check.id)
    return finding if void is None else replace(finding, detail=f"{finding.detail}; {void}")
