"""Findings as workflow commands, which GitHub shows as annotations of a change."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from trading_tools.review.findings import Finding, Severity
from trading_tools.review.panel import Panel

_COMMANDS: Final = {
    Severity.ERROR: "error",
    Severity.WARNING: "warning",
    Severity.NOTE: "notice",
}


def as_annotations(findings: Sequence[Finding], panel: Panel | None = None) -> str:
    """One command a finding, and one for each claim of a reviewer that was rejected."""
    told = [_one(each) for each in findings]
    for each in panel.rejected if panel else ():
        title = _field(f"rejected: {each.agent} said of {each.claim.path}:{each.claim.line}")
        told.append(f"::notice title={title}::{_data(f'{each.claim.message} ({each.reason})')}")
    for member in panel.members if panel else ():
        if not member.done:
            title = _field(f"{member.agent} gave no review: {member.status}")
            told.append(f"::warning title={title}::{_data(member.detail or member.run)}")
    return "".join(f"{each}\n" for each in told)


def _one(finding: Finding) -> str:
    fields = {
        "file": finding.path,
        "line": finding.line,
        "endLine": finding.end_line,
        "col": finding.column or None,
        "title": f"{finding.rule}: {finding.message}",
    }
    told = ",".join(f"{name}={_field(str(value))}" for name, value in fields.items() if value)
    said = f"[{finding.attribution}]" if finding.attribution else ""
    text = " ".join(
        part for part in (finding.why, f"Do: {finding.fix}." * bool(finding.fix), said) if part
    )
    return f"::{_COMMANDS[finding.severity]} {told}::{_data(text or finding.message)}"


def _data(text: str) -> str:
    """What GitHub's runner reads as data: its own escapes, and no second command."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _field(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
