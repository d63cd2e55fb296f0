"""Findings as SARIF 2.1.0, which code hosts and editors show at their lines.

The form is that of OASIS (sarif-v2.1.0-os): one run, its rules in the driver, paths relative to the
root of the repository.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import PurePath
from typing import Any, Final
from urllib.parse import quote

from trading_tools.review.findings import Edit, Finding, Severity
from trading_tools.review.panel import TOPICS, Panel
from trading_tools.review.rule import Rule

SCHEMA: Final = "https://json.schemastore.org/sarif-2.1.0.json"
_LEVELS: Final = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "note"}


def as_sarif(
    findings: Sequence[Finding], rules: Iterable[Rule], version: str, panel: Panel | None = None
) -> dict[str, Any]:
    """The document; findings of merged tools bring a rule of their own name.

    What was rejected of the `panel`, and who of it gave no review, are notes of the invocation.
    """
    described = [_rule(each) for each in rules]
    known = {each["id"]: place for place, each in enumerate(described)}
    for finding in findings:
        if finding.rule not in known:
            known[finding.rule] = len(described)
            described.append(_foreign(finding))
    run: dict[str, Any] = {
        "tool": {
            "driver": {
                "name": "orc review",
                "version": version,
                "semanticVersion": version,
                "rules": described,
            }
        },
        "columnKind": "unicodeCodePoints",
        "results": [_result(each, known) for each in findings],
    }
    if panel is not None:
        run["invocations"] = [_invocation(panel)]
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _invocation(panel: Panel) -> dict[str, Any]:
    notes = [
        (
            "note",
            f"rejected: {each.agent} said of {each.claim.path}:{each.claim.line} "
            f"{each.claim.message!r}; {each.reason}",
        )
        for each in panel.rejected
    ]
    notes += [
        ("warning", f"{each.agent} gave no review: {each.status} {each.detail}".rstrip())
        for each in panel.members
        if not each.done
    ]
    return {
        "executionSuccessful": all(each.done for each in panel.members),
        "toolExecutionNotifications": [
            {"level": level, "message": {"text": text}} for level, text in notes
        ],
        "properties": {
            "review": panel.review,
            "agents": [{"agent": each.agent, "run": each.run} for each in panel.members],
        },
    }


def _rule(rule: Rule) -> dict[str, Any]:
    told: dict[str, Any] = {
        "id": rule.id,
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": rule.why},
        "help": {"text": f"{rule.why} Do: {rule.fix}.", "markdown": _help(rule)},
        "defaultConfiguration": {"level": _LEVELS[rule.severity], "enabled": rule.on},
        "properties": {"tags": ["trading", str(rule.topic)]},
    }
    if rule.link:
        told["helpUri"] = rule.link
    return told


def _help(rule: Rule) -> str:
    examples = [
        f"**{title}**\n```python\n{text.strip()}\n```"
        for title, text in (("Bad", rule.bad[0]), ("Good", rule.good[0]))
    ]
    return "\n\n".join([rule.why, f"**Do**: {rule.fix}.", *examples])


def _foreign(finding: Finding) -> dict[str, Any]:
    topic = TOPICS.get(finding.rule)
    text = f"said by specialists: {topic}" if topic else finding.why or finding.message
    return {
        "id": finding.rule,
        "shortDescription": {"text": text},
        "defaultConfiguration": {"level": _LEVELS[finding.severity]},
    }


def _result(finding: Finding, known: Mapping[str, int]) -> dict[str, Any]:
    region: dict[str, Any] = {"startLine": finding.line, "endLine": finding.end_line}
    if finding.column:
        region["startColumn"] = finding.column
    if finding.end_column and finding.line == finding.end_line:
        region["endColumn"] = finding.end_column
    if finding.excerpt:
        region["snippet"] = {"text": finding.excerpt}
    location: dict[str, Any] = {
        "physicalLocation": {"artifactLocation": _artifact(finding.path), "region": region}
    }
    if finding.context:
        location["logicalLocations"] = [{"fullyQualifiedName": finding.context, "kind": "function"}]
    told: dict[str, Any] = {
        "ruleId": finding.rule,
        "ruleIndex": known[finding.rule],
        "level": _LEVELS[finding.severity],
        "message": {"text": finding.message},
        "locations": [location],
        "partialFingerprints": {"orcFinding/v1": finding.fingerprint},
    }
    if finding.edits:
        told["fixes"] = [_fix(finding)]
    if finding.sources:
        told["properties"] = {
            "sources": list(finding.sources),
            "confirmed": finding.confirmed,
            "standing": finding.standing,
            "why": finding.why,
            "fix": finding.fix,
            "also": list(finding.also),
        }
    return told


def _artifact(path: str) -> dict[str, Any]:
    pure = PurePath(path)
    if pure.is_absolute():
        return {"uri": pure.as_uri()}
    uri = quote(pure.as_posix().encode("utf-8", "surrogateescape"))
    return {"uri": uri, "uriBaseId": "%SRCROOT%"}


def _fix(finding: Finding) -> dict[str, Any]:
    return {
        "description": {"text": finding.fix},
        "artifactChanges": [
            {
                "artifactLocation": _artifact(finding.path),
                "replacements": [_replacement(each) for each in finding.edits],
            }
        ],
    }


def _replacement(edit: Edit) -> dict[str, Any]:
    return {
        "deletedRegion": {
            "startLine": edit.line,
            "startColumn": edit.column + 1,
            "endLine": edit.end_line,
            "endColumn": edit.end_column + 1,
        },
        "insertedContent": {"text": edit.text},
    }
