"""What a check comes to: pass, fail or no evidence, and what was measured."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from typing import Any


class Verdict(StrEnum):
    """Missing evidence is never a pass. `WAIVED` is missing evidence that a person answers for."""

    PASS = "pass"  # noqa: S105 - a verdict, no password
    FAIL = "fail"
    NO_EVIDENCE = "no-evidence"
    WAIVED = "waived"


@dataclass(frozen=True)
class Evidence:
    """What a verdict rests on: a file by its hash, a run, a reply, and figures taken from it."""

    what: str
    sha256: str | None = None
    figures: Mapping[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """One JSON object; keys that say nothing are left out."""
        said = {"what": self.what, "sha256": self.sha256, "figures": dict(self.figures)}
        return {key: value for key, value in said.items() if value}


@dataclass(frozen=True)
class Finding:
    """A check's answer, before waivers."""

    verdict: Verdict
    detail: str
    evidence: tuple[Evidence, ...] = ()
    fix: str = ""
    """What to do about it; empty for a pass."""
    parts: tuple[Finding, ...] = ()
    """What it was joined from, where several venues or questions are behind it."""


def passed(detail: str, *evidence: Evidence) -> Finding:
    """The check held, by this evidence.

    Raises:
        ValueError: there is none: such a pass would be a claim.
    """
    if not evidence:
        raise ValueError(f"a pass needs evidence: {detail}")
    return Finding(Verdict.PASS, detail, evidence)


def failed(detail: str, fix: str, *evidence: Evidence) -> Finding:
    """The check did not hold."""
    return Finding(Verdict.FAIL, detail, evidence, fix)


def no_evidence(detail: str, fix: str, *evidence: Evidence) -> Finding:
    """Nothing was seen that decides it."""
    return Finding(Verdict.NO_EVIDENCE, detail, evidence, fix)


def joined(findings: Iterable[Finding]) -> Finding:
    """What fails in one fails, what one leaves open is open; with the evidence of all."""
    found = list(findings)
    evidence = tuple(each for finding in found for each in finding.evidence)
    for verdict, say in ((Verdict.FAIL, failed), (Verdict.NO_EVIDENCE, no_evidence)):
        bad = [finding for finding in found if finding.verdict is verdict]
        if bad:
            fixes = dict.fromkeys(finding.fix for finding in bad)
            said = say("; ".join(each.detail for each in bad), "; ".join(fixes), *evidence)
            parts = (part for each in bad for part in each.parts or (each,))
            return replace(said, parts=tuple(parts))
    return passed("; ".join(finding.detail for finding in found), *evidence)


def of_file(path: Path, folder: Path, sha256: str, **figures: Any) -> Evidence:
    """A file of the project as evidence, named from the project's folder."""
    return Evidence(str(path.relative_to(folder)), sha256, figures)
