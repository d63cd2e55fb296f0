"""Findings as a report for a pull request: seven points, each with what was checked.

A point without findings says which rules looked at it; a point that rules cannot judge says so. It
never says that something is good because nothing was found.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from trading_tools.review.engine import UNREADABLE
from trading_tools.review.findings import Finding, Severity
from trading_tools.review.panel import TOPICS, Panel
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


def as_markdown(
    findings: Sequence[Finding], rules: Sequence[Rule], files: int, panel: Panel | None = None
) -> str:
    """The report; what specialists say stands at its point beside what rules found."""
    topics = {**{each.id: each.topic for each in rules}, **TOPICS}
    lines = ["# Review of a trading change", "", _summary(findings, files), ""]
    unread = [f"`{_cell(each.path)}`" for each in findings if each.rule == UNREADABLE]
    if unread:
        lines += [f"Not read, so what was checked was not checked there: {', '.join(unread)}.", ""]
    for number, (topic, title) in enumerate(_ORDER, 1):
        own = [each for each in findings if topics.get(each.rule) is topic]
        asked = [each for each in rules if each.topic is topic]
        lines += [f"## {number}. {title}", "", *_point(own, asked, topic), ""]
    others = [each for each in findings if each.rule not in topics]
    if others:
        lines += ["## Besides", "", *_rows(others), ""]
    if panel is not None:
        lines += ["## Who was asked", "", *_panel(panel), ""]
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
        yield from (_said(each) for each in found if each.rule in TOPICS)
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
        said = f" ({each.attribution})" if each.attribution else ""
        yield f"| {where} | {each.rule} {each.severity} | {_cell(each.message + said)} |"
    if len(found) > _MOST:
        yield f"| and {len(found) - _MOST} more | | |"


def _said(finding: Finding) -> str:
    where = f"{finding.path}:{finding.line}"
    return f"- **{_cell(where)}** {_cell(finding.why)} *Do:* {_cell(finding.fix)}."


def _panel(panel: Panel) -> Iterator[str]:
    yield "| specialist | | findings | model calls | USD | run |"
    yield "|---|---|---|---|---|---|"
    for each in panel.members:
        cost = each.cost_usd or "not known"
        row = (each.status, str(each.claims), str(each.model_calls), cost, f"`{each.run}`")
        yield f"| {each.agent} | {' | '.join(row)} |"
    yield ""
    for each in panel.members:
        if not each.done:
            yield f"- **{each.agent} gave no review**: {_cell(each.detail or each.status)}"
    for one in panel.rejected:
        where = _cell(f"{one.claim.path}:{one.claim.line}")
        told = f"{_cell(one.claim.message)} Rejected: {_cell(one.reason)}."
        yield f"- *{one.agent}* of {where}: {told}"
    if panel.unshown:
        yield f"- Not shown to them, too much text: {_cell(', '.join(panel.unshown))}"


def _cell(text: str) -> str:
    """Text of files is data: it cannot end the cell, nor start a tag, a mention or a link."""
    flat = " ".join(text.split())
    for letter, shown in (
        ("|", "\\|"),
        ("<", "&lt;"),
        (">", "&gt;"),
        ("@", "@\u200b"),
        ("](", "]\u200b("),
    ):
        flat = flat.replace(letter, shown)
    return flat
