"""The report for a person at a terminal."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import Final

from trading_tools.drill.oracle.finding import Finding, Judged, Step, Verdict
from trading_tools.drill.reports.outcome import Outcome
from trading_tools.drill.scenarios.catalogue import scenario

_LOOKS: Final = {
    Verdict.PASS: ("✓", "PASS", "32"),
    Verdict.FAIL: ("✗", "FAIL", "31"),
    Verdict.NO_EVIDENCE: ("?", "NO EVIDENCE", "33"),
}
_HELD: Final = {True: ("held", "32"), False: ("broken", "31"), None: ("unknown", "33")}
_WHO: Final = {"bot": "36", "venue": "34", "fault": "35", "drill": "2"}
_LAST_LINES: Final = 3


class Paper:
    """Text of one width, coloured or not."""

    def __init__(self, width: int, colour: bool) -> None:
        self.width = max(width, 60)
        self._colour = colour

    def dye(self, text: str, code: str) -> str:
        """Text in a colour, where there are colours."""
        return f"\x1b[{code}m{text}\x1b[0m" if self._colour else text

    def wrap(self, text: str, indent: int) -> list[str]:
        """Text in lines; those after the first are indented."""
        hang = " " * indent
        return textwrap.wrap(text, self.width, subsequent_indent=hang, break_on_hyphens=False)


def text(outcome: Outcome, width: int = 100, colour: bool = False) -> str:
    """The whole report."""
    paper = Paper(width, colour)
    parts = ["\n".join(lines) for lines in _parts(outcome, paper)]
    return "\n\n".join([*parts, "\n".join(_summary(outcome, paper))]) + "\n"


def _parts(outcome: Outcome, paper: Paper) -> Iterator[Iterator[str]]:
    """A part for each scenario, and one for all that were not run for the same reason."""
    not_run: dict[str, list[Judged]] = {}
    for judged in outcome.judged:
        if judged.findings:
            yield scenario_lines(judged, paper)
        else:
            not_run.setdefault(judged.why, []).append(judged)
    for alike in not_run.values():
        yield _not_run_lines(alike, paper)


def _not_run_lines(alike: list[Judged], paper: Paper) -> Iterator[str]:
    _, _, code = _LOOKS[Verdict.NO_EVIDENCE]
    many = "1 scenario" if len(alike) == 1 else f"{len(alike)} scenarios"
    yield paper.dye(f"? NO EVIDENCE  {many} on {alike[0].venue}", f"1;{code}")
    yield from paper.wrap("  " + ", ".join(each.scenario for each in alike), 2)
    yield from _reasons(alike[0], paper)


def headline(judged: Judged, paper: Paper) -> str:
    """A scenario and what it came to, in one line."""
    mark, word, code = _LOOKS[judged.verdict]
    verdict = paper.dye(f"{mark} {word}", f"1;{code}")
    return f"{verdict}  {judged.scenario} on {judged.venue}, {judged.seconds:.1f} s"


def scenario_lines(judged: Judged, paper: Paper) -> Iterator[str]:
    """A scenario, what it came to, and what that rests on."""
    yield headline(judged, paper)
    yield from paper.wrap(f"  {scenario(judged.scenario).title}", 2)
    if judged.verdict is Verdict.NO_EVIDENCE:
        yield from _reasons(judged, paper)
    for finding in judged.findings:
        yield from _finding_lines(finding, paper)
    lines = [line for line in judged.output.splitlines() if line.strip()][-_LAST_LINES:]
    if lines:
        yield paper.dye("  the bot's last words:", "2")
        yield from (paper.dye(f"    {line[: paper.width - 4]}", "2") for line in lines)


def _reasons(judged: Judged, paper: Paper) -> Iterator[str]:
    yield from paper.wrap(f"  why: {judged.why}", 7)
    if judged.try_next:
        yield from paper.wrap(f"  try: {judged.try_next}", 7)


def _finding_lines(finding: Finding, paper: Paper) -> Iterator[str]:
    word, code = _HELD[finding.held]
    first, *rest = paper.wrap(f"  {word:8}{finding.invariant.value}: {finding.detail}", 10)
    yield first.replace(word, paper.dye(word, code), 1)
    yield from rest
    yield from (line for step in finding.sequence for line in _step_lines(step, paper))


def _step_lines(step: Step, paper: Paper) -> Iterator[str]:
    mark = "▶" if step.guilty else " "
    head = f"    {mark} {step.ms / 1000:8.3f} s  {step.who:6}"
    first, *rest = paper.wrap(f"{head}{step.what}", 23)
    dyed = paper.dye(first, "1;31") if step.guilty else first
    if not step.guilty:
        dyed = first.replace(f"{step.who:6}", paper.dye(f"{step.who:6}", _WHO[step.who]), 1)
    yield dyed
    yield from rest


def _summary(outcome: Outcome, paper: Paper) -> Iterator[str]:
    counts = ", ".join(
        f"{outcome.count(verdict)} {word.lower()}" for verdict, (_, word, _) in _LOOKS.items()
    )
    yield paper.dye(f"{counts} in {outcome.seconds:.0f} s, seed {outcome.seed}", "1")
    if outcome.interrupted:
        yield "interrupted: the scenarios that had not ended are missing"
    yield from (line for note in outcome.notes for line in paper.wrap(f"note: {note}", 6))
