"""Findings as JSON, in the shape that other programs depend on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from trading_tools.review.findings import Finding
from trading_tools.review.panel import Panel, Rejected


def as_json(
    findings: Sequence[Finding], files: int, seconds: float, panel: Panel | None = None
) -> dict[str, Any]:
    """The document that `orc review --json` prints; `panel` adds who was asked, and rejected."""
    told: dict[str, Any] = {
        "findings": [_finding(each, panel is not None) for each in findings],
        "files": files,
        "seconds": round(seconds, 3),
    }
    if panel is not None:
        told["review"] = panel.review
        told["agents"] = [
            {
                "agent": each.agent,
                "run": each.run,
                "status": each.status,
                "detail": each.detail,
                "findings": each.claims,
                "model_calls": each.model_calls,
                "cost_usd": each.cost_usd,
            }
            for each in panel.members
        ]
        told["rejected"] = [_rejected(each) for each in panel.rejected]
        told["unshown"] = list(panel.unshown)
    return told


def _finding(finding: Finding, many: bool) -> dict[str, Any]:
    told: dict[str, Any] = {
        "rule": finding.rule,
        "severity": str(finding.severity),
        "path": finding.path,
        "line": finding.line,
        "end_line": finding.end_line,
        "message": finding.message,
        "why": finding.why,
        "fix": finding.fix,
    }
    if many:
        told["sources"] = list(finding.sources)
        told["also"] = list(finding.also)
        told["confirmed"] = finding.confirmed
        told["standing"] = finding.standing
    return told


def _rejected(rejected: Rejected) -> dict[str, Any]:
    claim = rejected.claim
    return {
        "agent": rejected.agent,
        "reason": rejected.reason,
        "path": claim.path,
        "line": claim.line,
        "quotation": claim.quotation,
        "severity": claim.severity,
        "message": claim.message,
    }
