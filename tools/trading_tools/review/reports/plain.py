"""Findings as JSON, in the shape that other programs depend on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from trading_tools.review.findings import Finding


def as_json(findings: Sequence[Finding], files: int, seconds: float) -> dict[str, Any]:
    """The document that `orc review --json` prints."""
    return {
        "findings": [
            {
                "rule": each.rule,
                "severity": str(each.severity),
                "path": each.path,
                "line": each.line,
                "end_line": each.end_line,
                "message": each.message,
                "why": each.why,
                "fix": each.fix,
            }
            for each in findings
        ],
        "files": files,
        "seconds": round(seconds, 3),
    }
