"""The report as one HTML page that needs nothing else: light, dark, with pictures of failures."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from html import escape
from typing import Final

from trading_tools.drill.oracle.finding import Finding, Judged, Verdict
from trading_tools.drill.reports.outcome import Outcome
from trading_tools.drill.reports.timeline import timeline
from trading_tools.drill.scenarios.catalogue import scenario

_WORDS: Final = {Verdict.PASS: "pass", Verdict.FAIL: "fail", Verdict.NO_EVIDENCE: "no evidence"}
_HELD: Final = {True: ("pass", "held"), False: ("fail", "broken"), None: ("none", "unknown")}
_WHAT: Final = (
    "The bot ran unmodified against local venues that have the real ones' names and went wrong on "
    "purpose. All that is said here rests on those venues' ledgers, not on the bot's word. No "
    "evidence is not a pass: what was to be seen did not happen."
)
_STYLE: Final = """
:root { color-scheme: light dark; --ink: #1c2430; --soft: #5d6b7d; --paper: #fbfbfa;
  --card: #ffffff; --line: #dde2e8; --pass: #1a7f43; --fail: #c0262d; --none: #96690a;
  --bot: #0b7285; --venue: #3b5bdb; --fault: #9c36b5; }
@media (prefers-color-scheme: dark) { :root { --ink: #e4e8ee; --soft: #98a4b3; --paper: #14181d;
  --card: #1b2027; --line: #313944; --pass: #51c67d; --fail: #ff7b7b; --none: #e0b04a;
  --bot: #4cc3d9; --venue: #8aa4ff; --fault: #d58af0; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 66rem; padding: 2rem 1.25rem 4rem; background: var(--paper);
  color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.5rem; margin: 0 0 .25rem; } h2 { font-size: 1.1rem; margin: 0; }
p { margin: .4rem 0; } .soft { color: var(--soft); } code, pre { font: 13px/1.5 ui-monospace,
  monospace; } code { overflow-wrap: anywhere; }
pre { overflow-x: auto; white-space: pre-wrap; overflow-wrap: anywhere; margin: .5rem 0; }
section { background: var(--card); border: 1px solid var(--line); border-radius: 8px;
  padding: 1rem 1.25rem; margin: 1rem 0; }
.chip { display: inline-block; min-width: 6.5em; text-align: center; border-radius: 99px;
  padding: 0 .7em; font-size: .85rem; font-weight: 600; border: 1px solid currentColor; }
.pass { color: var(--pass); } .fail { color: var(--fail); } .none { color: var(--none); }
table { border-collapse: collapse; width: 100%; margin: .5rem 0; }
td { border-top: 1px solid var(--line); padding: .3rem .6rem .3rem 0; vertical-align: top; }
td:first-child { white-space: nowrap; } a { color: inherit; overflow-wrap: anywhere; }
.scroll { overflow-x: auto; } .timeline { min-width: 760px; width: 100%; font: 13px system-ui,
  sans-serif; margin: .5rem 0; }
.timeline text { fill: var(--ink); } .timeline .time { fill: var(--soft); font-size: 11px;
  font-variant-numeric: tabular-nums; }
.timeline line { stroke: var(--soft); stroke-width: 1.3; } .timeline .life { stroke-width: 2; }
.timeline .head { font-weight: 600; } .timeline .bot.head { fill: var(--bot); }
.timeline .venue.head { fill: var(--venue); } .timeline .bot.life, .bot line { stroke: var(--bot); }
.timeline .venue.life, .venue line { stroke: var(--venue); } .timeline .lost {
  stroke-dasharray: 5 4; } .bot .point, .bot circle { fill: var(--bot); }
.venue .point, .venue circle { fill: var(--venue); } .timeline .cross { stroke: var(--fail);
  stroke-width: 2; fill: none; } .timeline rect { fill: var(--fault); fill-opacity: .13;
  rx: 4; } .drill rect { fill: var(--soft); } .fault text { fill: var(--fault); }
.timeline .fault .time { fill: var(--soft); }
.guilty text, .timeline .guilty .time { fill: var(--fail); font-weight: 600; }
.guilty line { stroke: var(--fail); stroke-width: 2.2; } .guilty .point, .guilty circle {
  fill: var(--fail); } .guilty rect { fill: var(--fail); }
"""


def page(outcome: Outcome) -> str:
    """The whole page."""
    command = escape(shlex.join(outcome.command))
    counts = ", ".join(
        f'<b class="{_look(verdict)}">{outcome.count(verdict)} {word}</b>'
        for verdict, word in _WORDS.items()
    )
    parts = [
        '<!doctype html><html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>Drill: {command}</title><style>{_STYLE}</style></head><body>",
        f"<h1>Drill</h1><p><code>{command}</code></p><p>{escape(_WHAT)}</p>",
        f"<p>{counts}. {outcome.seconds:.0f} s, seed {outcome.seed}.</p>",
        *(f'<p class="soft">{escape(note)}</p>' for note in _notes(outcome)),
        _contents(outcome),
        *(_section(each) for each in outcome.judged),
        "</body></html>",
    ]
    return "\n".join(parts) + "\n"


def _notes(outcome: Outcome) -> Iterator[str]:
    if outcome.interrupted:
        yield "Interrupted: the scenarios that had not ended are missing."
    yield from outcome.notes


def _contents(outcome: Outcome) -> str:
    rows = "".join(
        f'<tr><td>{_chip(each.verdict)}</td><td><a href="#{_anchor(each)}">'
        f"{escape(each.scenario)}</a> on {escape(each.venue)}</td><td>{escape(each.why)}</td></tr>"
        for each in outcome.judged
    )
    return f"<table>{rows}</table>"


def _section(judged: Judged) -> str:
    told = scenario(judged.scenario)
    links = ", ".join(
        f'<a href="{escape(link)}">{escape(link.removeprefix("https://"))}</a>'
        for link in told.links
    )
    parts = [
        f'<section id="{_anchor(judged)}"><h2>{_chip(judged.verdict)} {escape(judged.scenario)} '
        f'on {escape(judged.venue)} <span class="soft">{judged.seconds:.1f} s</span></h2>',
        f'<p>{escape(told.title)}</p><p class="soft">{escape(told.story)} {links}</p>',
    ]
    if judged.verdict is Verdict.NO_EVIDENCE:
        parts.append(f"<p><b>Why:</b> {escape(judged.why)}</p>")
        parts += [f"<p><b>Try:</b> {escape(judged.try_next)}</p>"] if judged.try_next else []
    parts.append(f"<table>{''.join(_row(each) for each in judged.findings)}</table>")
    parts += [_picture(each) for each in judged.findings if each.sequence]
    if judged.output.strip():
        output = escape(judged.output)
        parts.append(
            f"<details><summary>What the bot printed</summary><pre>{output}</pre></details>"
        )
    return "\n".join([*parts, "</section>"])


def _row(finding: Finding) -> str:
    look, word = _HELD[finding.held]
    return (
        f'<tr><td class="{look}">{word}</td><td>{finding.invariant.value}</td>'
        f"<td>{escape(finding.detail)}</td></tr>"
    )


def _picture(finding: Finding) -> str:
    picture = timeline(finding.sequence, f"{finding.invariant.value}: {finding.detail}")
    return (
        f"<h3>{finding.invariant.value}: how it came to that</h3>"
        f'<div class="scroll">{picture}</div>'
    )


def _chip(verdict: Verdict) -> str:
    return f'<span class="chip {_look(verdict)}">{_WORDS[verdict]}</span>'


def _look(verdict: Verdict) -> str:
    return "none" if verdict is Verdict.NO_EVIDENCE else verdict.value


def _anchor(judged: Judged) -> str:
    return escape(f"{judged.scenario}-{judged.venue}")
