"""A notebook's code cells as one piece of Python whose lines are found again in the .ipynb file."""

from __future__ import annotations

import json
import re
from typing import Any, Final

from trading_tools.review.parsing import Unreadable
from trading_tools.review.source import Source

_MAGIC: Final = re.compile(r"^(\s*)(%|!|\?)|^(\s*)\w[\w.]*\?{1,2}\s*$")
_TAKEN: Final = re.compile(r"^(\s*[\w.]+(?:, ?[\w.]+)*\s*=\s*)[%!][^\"']*$")
"""`files = !ls`: what a command or a magic gives back."""
_KEPT: Final = ("%%time", "%%timeit", "%%capture")
"""Cell magics behind which Python still stands; behind all others it is another language."""


def notebook(path: str, text: str) -> Source:
    """The code cells of a notebook, in order.

    Raises:
        Unreadable: it is no notebook.
    """
    try:
        cells = json.loads(text)["cells"]
        codes = [_lines(each) for each in cells if each["cell_type"] == "code"]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise Unreadable("is no notebook", 0, "save it with Jupyter as .ipynb, format 4") from None
    out: list[str] = []
    places: list[int] = []
    notes: list[str] = []
    at = 0
    line_at = 1
    for number, lines in enumerate(codes, 1):
        python = _is_python(lines)
        for row, line in enumerate(lines, 1):
            found = _find(text, line, at)
            if found >= 0:
                line_at += text.count("\n", at, found)
                at = found
            out.append(_without_magic(line) if python else "")
            places.append(line_at)
            notes.append(f"code cell {number}, line {row}")
    return Source(path, "\n".join(out), tuple(places), tuple(notes), fragment=False)


def _lines(cell: dict[str, Any]) -> list[str]:
    source = cell["source"]
    text = source if isinstance(source, str) else "".join(source)
    return text.split("\n")


def _is_python(lines: list[str]) -> bool:
    first = next((line for line in lines if line.strip()), "")
    return not first.startswith("%%") or first.startswith(_KEPT)


def _without_magic(line: str) -> str:
    found = _MAGIC.match(line)
    if found is None:
        taken = _TAKEN.match(line)
        return f"{taken[1]}None" if taken else line
    return f"{found[1] or found[3] or ''}pass"


def _find(text: str, line: str, start: int) -> int:
    """Where a line of code stands in the file, as JSON spells it."""
    if not line.strip():
        return -1
    for plain in (False, True):
        found = text.find(json.dumps(line, ensure_ascii=plain)[1:-1], start)
        if found >= 0:
            return found
    return -1
