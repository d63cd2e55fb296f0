"""Findings for a person: what, where, and the line of source that it is about."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final

from trading_tools.review.findings import Finding, Severity
from trading_tools.review.panel import Panel

_STYLES: Final = {
    Severity.ERROR: "\x1b[1;31m",
    Severity.WARNING: "\x1b[1;33m",
    Severity.NOTE: "\x1b[1;36m",
}
_BOLD, _DIM, _OFF = "\x1b[1m", "\x1b[2m", "\x1b[0m"
_WIDEST: Final = 160
_NARROWEST: Final = 40


def as_text(
    findings: Sequence[Finding],
    files: int,
    *,
    colour: bool = False,
    brief: bool = False,
    width: int | None = None,
    panel: Panel | None = None,
) -> str:
    """All findings, and at the end how many there are.

    What goes wrong and what to do is told once for each rule, at its first finding. `brief`: one
    line a finding. `width`: the columns of a terminal, which sentences are folded and lines of
    source cut to; a file or a pipe has None. `panel`: the specialists who were asked too, and what
    of theirs was rejected.
    """
    told: set[tuple[str, str]] = set()
    lines: list[str] = []
    columns = None if width is None else max(width, _NARROWEST)
    for each in findings:
        lines += _one(each, (each.rule, each.why) not in told, colour, brief, columns)
        told.add((each.rule, each.why))
    if panel is not None:
        lines += _panel(panel)
    lines.append(_summary(findings, files, colour))
    return "\n".join(lines)


def _one(
    finding: Finding, first: bool, colour: bool, brief: bool, columns: int | None
) -> Iterator[str]:
    def styled(style: str, text: str) -> str:
        return f"{style}{text}{_OFF}" if colour else text

    where = f"{finding.path}:{finding.line}" + (f":{finding.column}" if finding.column else "")
    style = _STYLES[finding.severity]
    word = "" if finding.severity is Severity.ERROR else f" {finding.severity}"
    head = f"{styled(_BOLD, _shown(where))}: {styled(style, finding.rule + word)}"
    doubt = " (not confirmed)" if brief and not finding.confirmed else ""
    yield f"{head} {_shown(finding.message)}{doubt}"
    if brief:
        return
    number = str(finding.line)
    gutter = " " * len(number)
    excerpt = _shown(finding.excerpt.expandtabs(4))
    room = _WIDEST if columns is None else min(_WIDEST, columns - len(gutter) - 3)
    if excerpt.strip():
        start, stop = _span(finding, excerpt)
        # In a narrow terminal the part that is meant is shown, rather than the beginning.
        left = 0 if columns is None or start < room * 3 // 4 else start - room // 4
        yield styled(_DIM, f"{gutter} |")
        yield f"{styled(_DIM, f'{number} |')} {excerpt[left : left + room]}"
        marks = "^" * max(1, min(stop, left + room) - start) if stop else ""
        mark = styled(style, " " * (start - left) + marks)
        yield f"{styled(_DIM, f'{gutter} |')} {mark}".rstrip()
    if first:
        mends = " (`--fix` does it)" if finding.edits else ""
        for name, said in (("why", finding.why), ("do", finding.fix and finding.fix + mends)):
            if said:
                yield from _sentence(styled(_DIM, f"{gutter} ="), name, said, len(gutter), columns)
    if finding.attribution:
        for name, line in (("by", finding.attribution), *(("and", each) for each in finding.also)):
            yield from _sentence(styled(_DIM, f"{gutter} ="), name, line, len(gutter), columns)
    yield ""


def _panel(panel: Panel) -> Iterator[str]:
    """Who was asked, and what was rejected of it."""
    for each in panel.rejected:
        where = f"{each.claim.path}:{each.claim.line}"
        yield _shown(f"rejected: {each.agent} of {where}: {each.claim.message}")
        yield _shown(f"  {each.reason}")
    for member in panel.members:
        calls = f"{member.model_calls} model call{'' if member.model_calls == 1 else 's'}"
        cost = "price not known" if member.cost_usd is None else f"{member.cost_usd} USD"
        detail = f": {member.detail}" if member.detail else ""
        said = f"{member.claims} said" if member.done else f"gave no review{detail}"
        told = f"{member.agent}: {member.status}, {said}, {calls}, {cost}; orc show {member.run}"
        yield _shown(" ".join(told.split()))
    if panel.unshown:
        yield _shown(f"not shown to them, too much text: {', '.join(panel.unshown)}")
    yield ""


def _sentence(mark: str, name: str, said: str, gutter: int, columns: int | None) -> Iterator[str]:
    """Behind its mark, folded to the terminal."""
    label = f"{name}:".ljust(5)
    said = _shown(said)
    room = None if columns is None else columns - gutter - 3 - len(label)
    folded = [said] if room is None else textwrap.wrap(said, room, break_on_hyphens=False)
    yield f"{mark} {label}{folded[0]}"
    for line in folded[1:]:
        yield " " * (gutter + 3 + len(label)) + line


def _span(finding: Finding, excerpt: str) -> tuple[int, int]:
    """The columns that are meant, of the excerpt with its tabs as spaces; (0, 0) for none."""
    text = finding.excerpt
    if not finding.column:
        return 0, 0
    start = len(text[: finding.column - 1].expandtabs(4))
    if finding.end_column:
        return start, len(text[: finding.end_column - 1].expandtabs(4))
    return start, len(excerpt.rstrip())


def _shown(text: str) -> str:
    """Text of files is data: control characters do not reach the terminal."""
    return "".join(letter if letter.isprintable() else "\ufffd" for letter in text)


def _summary(findings: Sequence[Finding], files: int, colour: bool) -> str:
    looked = f"{files} file" if files == 1 else f"{files} files"
    if not findings:
        return f"nothing found in {looked}" if files else "nothing to review: no Python was read"
    counts = Counter(each.severity for each in findings)
    parts = [
        f"{counts[each]} {each}{'' if counts[each] == 1 else 's'}"
        for each in Severity
        if counts[each]
    ]
    mended = sum(1 for each in findings if each.edits)
    offer = f"; `--fix` mends {mended}" if mended else ""
    open_ones = sum(1 for each in findings if not each.confirmed)
    doubt = f", {open_ones} not confirmed" if open_ones else ""
    text = f"{', '.join(parts)} in {looked}{doubt}{offer}"
    return f"{_BOLD}{text}{_OFF}" if colour else text
