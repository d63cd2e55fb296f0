"""Applies the edits of findings to a text.

Edits that overlap are not both made: the first one wins, and the next review finds the rest.
"""

from __future__ import annotations

from collections.abc import Iterable

from trading_tools.review.findings import Edit, Finding


def mended(text: str, findings: Iterable[Finding]) -> str:
    """The text with all edits that can be made together.

    A finding's edits are made all or none.
    """
    starts = [0]
    for line in text.split("\n"):
        starts.append(starts[-1] + len(line) + 1)
    taken: list[tuple[int, int, str]] = []
    for finding in findings:
        spans = [_span(starts, text, each) for each in finding.edits]
        if not any(_overlaps(span, other) for span in spans for other in taken):
            taken += spans
    for start, end, new in sorted(taken, reverse=True):
        text = text[:start] + new + text[end:]
    return text


def _span(starts: list[int], text: str, edit: Edit) -> tuple[int, int, str]:
    start = starts[edit.line - 1] + edit.column
    end = starts[edit.end_line - 1] + edit.end_column
    return start, min(end, len(text)), edit.text


def _overlaps(one: tuple[int, int, str], other: tuple[int, int, str]) -> bool:
    return one[0] < other[1] and other[0] < one[1]
