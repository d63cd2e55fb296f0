"""Applies the edits of findings to a text, and to the file it comes from.

Edits that overlap are not both made: the first one wins, and the next review finds the rest. A text
that would no longer parse is left as it was.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable
from pathlib import Path

from trading_tools.review.findings import Edit, Finding


def mended(text: str, findings: Iterable[Finding]) -> str:
    """The text with all edits that can be made together."""
    return _made(text, findings)[0]


def mend_file(path: Path, findings: Iterable[Finding]) -> list[Finding]:
    """Make the edits in a file; the findings that were mended."""
    raw = path.read_bytes()
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        return []  # its columns are another encoding's
    ends = "\r\n" if "\r\n" in text else "\n"
    after, made = _made(text.replace("\r\n", "\n"), findings)
    try:
        ast.parse(after)
    except (SyntaxError, ValueError):
        return []
    if made:
        path.write_bytes(after.replace("\n", ends).encode("utf-8"))
    return made


def _made(text: str, findings: Iterable[Finding]) -> tuple[str, list[Finding]]:
    """The text with the edits, and the findings whose edits were made: all of one's or none."""
    starts = [0]
    for line in text.split("\n"):
        starts.append(starts[-1] + len(line) + 1)
    taken: list[tuple[int, int, str]] = []
    made = []
    for finding in findings:
        spans = [_span(starts, text, each) for each in finding.edits]
        if spans and not any(_overlaps(span, other) for span in spans for other in taken):
            taken += spans
            made.append(finding)
    for start, end, new in sorted(taken, reverse=True):
        text = text[:start] + new + text[end:]
    return text, made


def _span(starts: list[int], text: str, edit: Edit) -> tuple[int, int, str]:
    start = starts[edit.line - 1] + edit.column
    end = starts[edit.end_line - 1] + edit.end_column
    return start, min(end, len(text)), edit.text


def _overlaps(one: tuple[int, int, str], other: tuple[int, int, str]) -> bool:
    return one[0] < other[1] and other[0] < one[1]
