"""Findings for a person: what, where, and the line of source that it is about."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final

from trading_tools.review.findings import Finding, Severity

_STYLES: Final = {
    Severity.ERROR: "\x1b[1;31m",
    Severity.WARNING: "\x1b[1;33m",
    Severity.NOTE: "\x1b[1;36m",
}
_BOLD, _DIM, _OFF = "\x1b[1m", "\x1b[2m", "\x1b[0m"
_WIDEST: Final = 160


def as_text(
    findings: Sequence[Finding], files: int, *, colour: bool = False, brief: bool = False
) -> str:
    """All findings, and at the end how many there are.

    What goes wrong and what to do is told once for each rule, at its first finding. `brief`: one
    line a finding.
    """
    told: set[str] = set()
    lines: list[str] = []
    for each in findings:
        lines += _one(each, each.rule not in told, colour, brief)
        told.add(each.rule)
    lines.append(_summary(findings, files, colour))
    return "\n".join(lines)


def _one(finding: Finding, first: bool, colour: bool, brief: bool) -> Iterator[str]:
    def styled(style: str, text: str) -> str:
        return f"{style}{text}{_OFF}" if colour else text

    where = f"{finding.path}:{finding.line}" + (f":{finding.column}" if finding.column else "")
    style = _STYLES[finding.severity]
    word = "" if finding.severity is Severity.ERROR else f" {finding.severity}"
    head = f"{styled(_BOLD, _shown(where))}: {styled(style, finding.rule + word)}"
    yield f"{head} {_shown(finding.message)}"
    if brief:
        return
    number = str(finding.line)
    gutter = " " * len(number)
    excerpt = _shown(finding.excerpt.expandtabs(4))
    if excerpt.strip():
        yield styled(_DIM, f"{gutter} |")
        yield f"{styled(_DIM, f'{number} |')} {excerpt[:_WIDEST]}"
        mark = styled(style, _underline(finding, excerpt))
        yield f"{styled(_DIM, f'{gutter} |')} {mark}".rstrip()
    if first:
        if finding.why:
            yield f"{styled(_DIM, f'{gutter} =')} why: {_shown(finding.why)}"
        if finding.fix:
            mends = " (`--fix` does it)" if finding.edits else ""
            yield f"{styled(_DIM, f'{gutter} =')} do:  {_shown(finding.fix)}{mends}"
    yield ""


def _underline(finding: Finding, excerpt: str) -> str:
    text = finding.excerpt
    if not finding.column:
        return ""
    start = len(text[: finding.column - 1].expandtabs(4))
    stop = (
        len(text[: finding.end_column - 1].expandtabs(4))
        if finding.end_column
        else len(excerpt.rstrip())
    )
    return " " * start + "^" * max(1, min(stop, _WIDEST) - start)


def _shown(text: str) -> str:
    """Text of files is data: control characters do not reach the terminal."""
    return "".join(letter if letter.isprintable() else "\ufffd" for letter in text)


def _summary(findings: Sequence[Finding], files: int, colour: bool) -> str:
    looked = f"{files} file" if files == 1 else f"{files} files"
    if not findings:
        return f"nothing found in {looked}"
    counts = Counter(each.severity for each in findings)
    parts = [
        f"{counts[each]} {each}{'' if counts[each] == 1 else 's'}"
        for each in Severity
        if counts[each]
    ]
    mended = sum(1 for each in findings if each.edits)
    offer = f"; `--fix` mends {mended}" if mended else ""
    text = f"{', '.join(parts)} in {looked}{offer}"
    return f"{_BOLD}{text}{_OFF}" if colour else text
