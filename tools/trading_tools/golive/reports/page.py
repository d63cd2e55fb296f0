"""The report as one HTML page for a risk officer: needs nothing else, reads on paper too."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape
from typing import Any

from trading_tools.golive.gate import Checked, Report
from trading_tools.golive.handover import digest
from trading_tools.golive.reports.page_style import STYLE
from trading_tools.golive.reports.signed import unsigned
from trading_tools.golive.reports.to_do import WAIVING, next_step, steps
from trading_tools.golive.verdict import Evidence, Verdict

_WORDS = {
    Verdict.PASS: ("pass", "pass"),
    Verdict.FAIL: ("fail", "fail"),
    Verdict.NO_EVIDENCE: ("no evidence", "none"),
    Verdict.WAIVED: ("waived", "waived"),
}
_ARTICLES: Mapping[str, str] = {
    "RTS 6 art. 5-8, testing and controlled deployment": "G14 G15 G16 G17 G31",
    "RTS 6 art. 10, stress": "G24",
    "RTS 6 art. 12, kill functionality": "G22",
    "RTS 6 art. 13, surveillance": "G29",
    "RTS 6 art. 15(1)(a), price collars": "G10",
    "RTS 6 art. 15(1)(b)-(c), maximum value and volume": "G09",
    "RTS 6 art. 15(1)(d) and 15(3), message and repeated-execution limits": "G11",
    "RTS 6 art. 16, alerts": "G32",
    "RTS 6 art. 28, records": "G21",
    "SEC rule 15c3-5(b) and (d), direct and exclusive control": "G13",
    "SEC rule 15c3-5(c)(1)(i), capital thresholds": "G09 G12",
    "SEC rule 15c3-5(c)(1)(ii), erroneous and duplicative orders": "G10 G26 G27 G28",
    "SEC rule 15c3-5(c)(2)(ii), restricted securities": "G29",
    "SEC rule 15c3-5(c)(2)(iii), authorised access": "G01 G02 G04",
    "SEC rule 15c3-5(e), review": "G21",
}
"""Which checks speak to which article. Whether an article is met is a person's word."""


def page(report: Report, said: Mapping[str, Any], figures: Sequence[str]) -> str:
    """The whole page. `said` is the report as it was recorded, with its end and its ledger."""
    verdict, look = ("GO", "pass") if report.go else ("NO-GO", "fail")
    rests = _Evidence()
    failed = [each for each in report.blocking if each.finding.verdict is Verdict.FAIL]
    others = [each for each in report.checked if not each.blocks]
    holds = [each for each in others if each.finding.verdict is Verdict.PASS]
    waived = [each for each in others if each.finding.verdict is Verdict.WAIVED]
    left_out = [each for each in others if each.finding.verdict is Verdict.NO_EVIDENCE]
    parts = [
        '<!doctype html><html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{verdict}: {escape(report.bot)}</title><style>{STYLE}</style></head><body>",
        f'<header><p class="verdict {look}">{verdict}</p><h1>{escape(report.bot)}</h1>',
        f"<p>{_summary(report)}</p>{_binding(report, said)}</header>",
        f'<p class="next"><b>Next:</b> {_words(next_step(report))}</p>',
        *_checks("What failed", failed, rests),
        *_missing(report, rests),
        *(['<h2>Pictures</h2><div class="figures">', *figures, "</div>"] if figures else []),
        *_checks("What holds", holds, rests),
        *_checks("What a person answers for", waived, rests),
        *_checks("What is not required", left_out, rests),
        *_articles(report),
        *rests.table(),
        *_names(report, said),
        "</body></html>",
    ]
    return "\n".join(parts) + "\n"


class _Evidence:
    """All evidence of the report, each once, with a number that checks refer to it by."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._rows: list[str] = []

    def refer(self, every: Iterable[Evidence]) -> str:
        """The numbers of what an answer rests on."""
        numbers = sorted({self._number(each) for each in every})
        links = " ".join(f'<a href="#e{number}">[{number}]</a>' for number in numbers)
        return f' <span class="refs">{links}</span>' if links else ""

    def table(self) -> Iterator[str]:
        """What stands behind the numbers."""
        if self._rows:
            yield "<h2>Evidence</h2>"
            yield f'<table class="evidence">{"".join(self._rows)}</table>'

    def _number(self, one: Evidence) -> int:
        figures = "; ".join(
            f"{name.replace('_', ' ')} {_value(value)}" for name, value in one.figures.items()
        )
        sha = f"<code>{escape(one.sha256)}</code>" if one.sha256 else ""
        row = f"<td>{escape(one.what)}</td><td>{escape(figures)}</td><td>{sha}</td></tr>"
        if row not in self._numbers:
            number = self._numbers[row] = len(self._numbers) + 1
            self._rows.append(f'<tr id="e{number}"><td>[{number}]</td>{row}')
        return self._numbers[row]


def _summary(report: Report) -> str:
    return ", ".join(
        f'<b class="{look}">{report.count(verdict)} {word}</b>'
        for verdict, (word, look) in _WORDS.items()
        if report.count(verdict)
    )


def _binding(report: Report, said: Mapping[str, Any]) -> str:
    ledger = said.get("ledger") or {}
    rows = {
        "judged": f"{report.at:%Y-%m-%d %H:%M} UTC",
        "holds until": f"{str(said.get('valid_until', ''))[:16].replace('T', ' ')} UTC",
        "commit": report.commit or "none",
        "configuration": report.config_sha256,
        "ledger": f"{ledger.get('stream', '')} after event {ledger.get('seq', 0)}",
    }
    cells = "".join(
        f"<tr><th>{escape(name)}</th><td><code>{escape(value)}</code></td></tr>"
        for name, value in rows.items()
    )
    return f'<table class="binding">{cells}</table>'


def _checks(title: str, checked: Sequence[Checked], rests: _Evidence) -> Iterator[str]:
    if checked:
        rows = "".join(_row(each, rests) for each in checked)
        yield f'<h2>{title}</h2><table class="checks">{rows}</table>'


def _row(each: Checked, rests: _Evidence) -> str:
    word, look = _WORDS[each.finding.verdict]
    said = [f"<b>{escape(each.check.title)}</b>"]
    said.append(f"{_words(each.finding.detail)}{rests.refer(each.finding.evidence)}")
    if each.not_required is not None:
        said.append(f"Not required: {escape(each.not_required)}")
    if each.blocks and each.finding.fix:
        said.append(f'<span class="fix">{_words(each.finding.fix)}</span>')
    return (
        f'<tr><td><span class="chip {look}">{word}</span></td><td><code>{each.check.id}</code></td>'
        f'<td>{"<br>".join(said)}</td><td class="soft">{escape(each.check.basis)}</td></tr>'
    )


def _missing(report: Report, rests: _Evidence) -> Iterator[str]:
    """What lacks evidence, by what brings it."""
    todo = steps(report)
    if not todo:
        return
    evidence = {each.check.id: each.finding.evidence for each in report.blocking}
    yield '<h2>What is missing, and what brings it</h2><table class="todo">'
    for step in todo:
        named = "<br>".join(
            f"<code>{each.id}</code> {escape(each.title)}{rests.refer(evidence[each.id])}"
            for each in step.checks
        )
        why = "; ".join(step.details)
        yield (
            f'<tr><td><span class="fix">{_words(step.fix)}</span><br>'
            f'<span class="soft">{_words(why)}</span></td><td>{named}</td></tr>'
        )
    yield (
        '</table><p class="soft">No evidence is not a pass. What cannot be had yet a person may '
        f"waive: {_words(f'`{WAIVING}`')}</p>"
    )


def _words(text: str) -> str:
    """A sentence whose words in backticks are code."""
    plain = escape(text).split("`")
    if len(plain) % 2 == 0:
        return escape(text)
    return "".join(f"<code>{each}</code>" if at % 2 else each for at, each in enumerate(plain))


def _value(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def _articles(report: Report) -> Iterator[str]:
    found = {each.check.id: each for each in report.checked}
    yield "<h2>Where the rules ask for it</h2>"
    yield '<p class="soft">The checks that speak to an article; a person says if it is met.</p>'
    yield '<table class="articles">'
    for article, names in _ARTICLES.items():
        chips = " ".join(_chip(found[name]) for name in names.split() if name in found)
        yield f"<tr><td>{escape(article)}</td><td>{chips}</td></tr>"
    yield "</table>"


def _chip(each: Checked) -> str:
    word, look = _WORDS[each.finding.verdict]
    return f'<span class="chip {look}">{each.check.id} {word}</span>'


def _names(report: Report, said: Mapping[str, Any]) -> Iterator[str]:
    waived = [each for each in report.checked if each.finding.verdict is Verdict.WAIVED]
    yield "<h2>Names</h2>"
    if waived:
        yield "<ul>"
        yield from (
            f"<li>{each.check.id}: {escape(each.finding.detail.partition('. Waived by ')[2])}</li>"
            for each in waived
        )
        yield "</ul>"
    else:
        yield "<p>Nothing is waived.</p>"
    yield unsigned(digest(said))
