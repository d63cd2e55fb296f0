"""Applies the edits of findings to a text, and to the file it comes from.

Edits that overlap are not both made: the first one wins, and the next review finds the rest. A text
that would no longer parse is left as it was.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from trading_tools.review.findings import Edit, Finding

_END: Final = re.compile(r"\r\n|\r|\n")


def mended(text: str, findings: Iterable[Finding]) -> str:
    """The text with all edits that can be made together."""
    return _made(text, findings)[0]


def mend_file(path: Path, findings: Iterable[Finding]) -> list[Finding]:
    """Make the edits in a file, which keeps its encoding and its line ends; what was mended.

    Raises:
        OSError: it cannot be written.
    """
    raw = path.read_bytes()
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(raw).readline)
        text = raw.decode(encoding)
        after, made = _made(text, findings)
        ast.parse(_END.sub("\n", after))
        told = after.encode(encoding)
    except (SyntaxError, ValueError, LookupError):
        return []
    if made and text.encode(encoding) == raw:
        path.write_bytes(told)
        return made
    return []


def _made(text: str, findings: Iterable[Finding]) -> tuple[str, list[Finding]]:
    """The text with the edits, and the findings whose edits were made: all of one's or none."""
    ends = list(_END.finditer(text))
    starts = [0, *(each.end() for each in ends), len(text)]
    newline = ends[0].group() if ends else "\n"
    taken: list[tuple[int, int, str]] = []
    made = []
    for finding in findings:
        spans = [_span(starts, text, each) for each in finding.edits]
        if spans and not any(_overlaps(span, other) for span in spans for other in taken):
            taken += spans
            made.append(finding)
    for start, end, new in sorted(taken, reverse=True):
        text = text[:start] + _END.sub(newline, new) + text[end:]
    return text, made


def _span(starts: list[int], text: str, edit: Edit) -> tuple[int, int, str]:
    start = starts[edit.line - 1] + edit.column
    end = starts[edit.end_line - 1] + edit.end_column
    return start, min(end, len(text)), edit.text


def _overlaps(one: tuple[int, int, str], other: tuple[int, int, str]) -> bool:
    return one[0] < other[1] and other[0] < one[1]
