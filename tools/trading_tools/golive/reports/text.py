"""The report for a terminal."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from trading_tools.golive.gate import Checked, Report
from trading_tools.golive.reports.to_do import WAIVING, Step, next_step, steps
from trading_tools.golive.verdict import Verdict

_WORDS = {
    Verdict.PASS: ("PASS", "32"),
    Verdict.FAIL: ("FAIL", "31"),
    Verdict.NO_EVIDENCE: ("NO EVIDENCE", "33"),
    Verdict.WAIVED: ("WAIVED", "36"),
}
_INDENT = " " * 20


def text(report: Report, width: int, colour: bool) -> str:
    """The verdict, what failed, what is missing by what to do, what holds, and the next step."""
    width = max(width, 60)
    failed = [each for each in report.blocking if each.finding.verdict is Verdict.FAIL]
    others = [each for each in report.checked if not each.blocks]
    lines = [*_head(report, colour), ""]
    for each in failed:
        lines += [*_check(each, width, colour), ""]
    lines += _missing(steps(report), width, colour)
    for each in others:
        lines += _check(each, width, colour)
    lines += ["", *_wrapped(f"Next: {next_step(report)}", width, "")]
    return "\n".join(lines) + "\n"


def _missing(todo: list[Step], width: int, colour: bool) -> Iterator[str]:
    if not todo:
        return
    word, code = _WORDS[Verdict.NO_EVIDENCE]
    count = len({each.id for step in todo for each in step.checks})
    yield f"{_painted(word, code, colour)} for {count} checks; what brings it:"
    for step in todo:
        yield from _wrapped(f"→ {step.fix} ({'; '.join(step.details)})", width, "  ", "    ")
        named = "; ".join(f"{each.id} {each.title}" for each in step.checks)
        yield from _wrapped(named, width, "      ")
    yield from _wrapped(f"What cannot be had yet a person may waive: `{WAIVING}`", width, "  ")
    yield ""


def _head(report: Report, colour: bool) -> Iterator[str]:
    verdict = _painted("GO", "1;32", colour) if report.go else _painted("NO-GO", "1;31", colour)
    waived = report.count(Verdict.WAIVED)
    why = f", {waived} of {len(report.checked)} checks waived" if waived else ""
    if not report.go:
        why = f": {len(report.blocking)} of {len(report.checked)} checks stand in the way"
    yield f"{verdict} for {report.bot}{why}"
    counts = ", ".join(
        f"{report.count(verdict)} {word.lower()}"
        for verdict, (word, _) in _WORDS.items()
        if report.count(verdict)
    )
    commit = f"commit {report.commit[:10]}" if report.commit else "no commit"
    yield f"{counts}; {commit}, configuration {report.config_sha256[:10]}"


def _check(each: Checked, width: int, colour: bool) -> Iterator[str]:
    word, code = _WORDS[each.finding.verdict]
    yield f"{_painted(word.ljust(11), code, colour)}  {each.check.id}  {each.check.title}"
    said = [each.finding.detail]
    if each.not_required is not None:
        said.append(f"not required: {each.not_required}")
    if each.blocks and each.finding.fix:
        said.append(f"→ {each.finding.fix}")
    for line in said:
        yield from _wrapped(line, width, _INDENT)


def _wrapped(line: str, width: int, indent: str, hanging: str | None = None) -> list[str]:
    return textwrap.wrap(
        line,
        width,
        initial_indent=indent,
        subsequent_indent=hanging or indent,
        break_long_words=False,
    )


def _painted(word: str, code: str, colour: bool) -> str:
    return f"\x1b[{code}m{word}\x1b[0m" if colour else word
