"""Findings as a report for a pull request: seven points, each with what was checked.

A point without findings says which rules looked at it; a point that rules cannot judge says so. It
never says that something is good because nothing was found.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from trading_tools.review.findings import Finding, Severity
from trading_tools.review.rule import Rule, Topic

_ORDER: Final = (
    (Topic.EDGES, "Edge cases"),
    (Topic.PERFORMANCE, "Performance"),
    (Topic.ERRORS, "Error handling and resilience"),
    (Topic.RISK, "Risk controls"),
    (Topic.LOGGING, "Logging"),
    (Topic.TESTS, "Tests"),
    (Topic.PRODUCTION, "Production"),
)
_OPEN: Final = {
    Topic.EDGES: "market conditions that the strategy was not made for",
    Topic.PERFORMANCE: "measured times: `orc drill` and a profile say what rules cannot",
    Topic.ERRORS: "what the bot does when a venue fails: `orc drill -- CMD` lets it happen",
    Topic.RISK: "whether the limits are the right ones",
    Topic.LOGGING: "whether the log is enough to explain a trade afterwards",
    Topic.TESTS: "whether the tests would fail if the code were wrong",
    Topic.PRODUCTION: "deployment, keys and monitoring",
}
_MOST: Final = 60


def as_markdown(findings: Sequence[Finding], rules: Sequence[Rule], files: int) -> str:
    """The report."""
    topics = {each.id: each.topic for each in rules}
    lines = ["# Review of a trading change", "", _summary(findings, files), ""]
    for number, (topic, title) in enumerate(_ORDER, 1):
        own = [each for each in findings if topics.get(each.rule) is topic]
        asked = [each for each in rules if each.topic is topic]
        lines += [f"## {number}. {title}", "", *_point(own, asked, topic), ""]
    others = [each for each in findings if each.rule not in topics]
    if others:
        lines += ["## Besides", "", *_rows(others), ""]
    return "\n".join(lines).rstrip("\n") + "\n"


def _summary(findings: Sequence[Finding], files: int) -> str:
    counts: Mapping[Severity, int] = Counter(each.severity for each in findings)
    told = ", ".join(
        f"**{counts[each]} {each}{'' if counts[each] == 1 else 's'}**"
        for each in Severity
        if counts.get(each)
    )
    looked = "1 file" if files == 1 else f"{files} files"
    return f"{told or 'Nothing found'} in {looked}."


def _point(found: Sequence[Finding], asked: Sequence[Rule], topic: Topic) -> Iterator[str]:
    if found:
        yield from _rows(found)
        yield ""
        for rule in asked:
            if any(each.rule == rule.id for each in found):
                yield f"- **{rule.id}** {rule.why} *Do:* {rule.fix}."
        yield ""
    silent = [each for each in asked if all(one.rule != each.id for one in found)]
    if silent:
        told = "; ".join(f"{each.id} {each.title}" for each in silent)
        yield f"Checked without a finding: {told}."
        yield ""
    elif not asked:
        yield "No rule of this review looks at it."
        yield ""
    yield f"Not checked: {_OPEN[topic]}."


def _rows(found: Sequence[Finding]) -> Iterator[str]:
    yield "| where | rule | |"
    yield "|---|---|---|"
    for each in found[:_MOST]:
        where = f"`{_cell(each.path)}:{each.line}`"
        yield f"| {where} | {each.rule} {each.severity} | {_cell(each.message)} |"
    if len(found) > _MOST:
        yield f"| and {len(found) - _MOST} more | | |"


def _cell(text: str) -> str:
    """Text of files is data: it cannot end the cell, nor start a tag or a mention."""
    flat = " ".join(text.split())
    for letter, shown in (("|", "\\|"), ("<", "&lt;"), (">", "&gt;"), ("@", "@\u200b")):
        flat = flat.replace(letter, shown)
    return flat
