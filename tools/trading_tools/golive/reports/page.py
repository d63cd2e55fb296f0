"""The report as one HTML page for a risk officer: needs nothing else, reads on paper too."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import Any

from trading_tools.golive.gate import Checked, Report
from trading_tools.golive.reports.page_style import STYLE
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
    blocking = report.blocking
    others = [each for each in report.checked if not each.blocks]
    parts = [
        '<!doctype html><html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{verdict}: {escape(report.bot)}</title><style>{STYLE}</style></head><body>",
        f'<header><p class="verdict {look}">{verdict}</p><h1>{escape(report.bot)}</h1>',
        f"<p>{_summary(report)}</p>{_binding(report, said)}</header>",
        '<p class="soft">Each answer rests on the evidence beside it and on nothing else. '
        "No evidence is not a pass.</p>",
        *(["<h2>What stands in the way</h2>", *map(_check, blocking)] if blocking else []),
        *(['<h2>Pictures</h2><div class="figures">', *figures, "</div>"] if figures else []),
        *(["<h2>What holds</h2>", *map(_check, others)] if others else []),
        *_articles(report),
        *_names(report),
        "</body></html>",
    ]
    return "\n".join(parts) + "\n"


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


def _check(each: Checked) -> str:
    word, look = _WORDS[each.finding.verdict]
    if each.not_required is not None:
        word, look = f"{word}, not required", "soft"
    parts = [
        f'<section><h3><span class="chip {look}">{word}</span> '
        f"<code>{each.check.id}</code> {escape(each.check.title)}</h3>",
        f"<p>{escape(each.finding.detail)}</p>",
    ]
    if each.not_required is not None:
        parts.append(f"<p>Not required: {escape(each.not_required)}</p>")
    if each.blocks and each.finding.fix:
        parts.append(f'<p class="fix">{escape(each.finding.fix)}</p>')
    if each.finding.evidence:
        rows = "".join(_evidence(one) for one in each.finding.evidence)
        parts.append(f'<table class="evidence">{rows}</table>')
    parts.append(f'<p class="soft basis">{escape(each.check.basis)}</p></section>')
    return "".join(parts)


def _evidence(one: Evidence) -> str:
    figures = "; ".join(
        f"{name.replace('_', ' ')} {_value(value)}" for name, value in one.figures.items()
    )
    sha = f"<code>{escape(one.sha256)}</code>" if one.sha256 else ""
    return f"<tr><td>{escape(one.what)}</td><td>{escape(figures)}</td><td>{sha}</td></tr>"


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


def _names(report: Report) -> Iterator[str]:
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
    yield (
        "<p>Signatures are given to the report as JSON (<code>orc golive sign</code>) and checked "
        "by <code>orc golive --verify</code>.</p>"
    )
