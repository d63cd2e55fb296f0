"""A notebook's code cells as one piece of Python whose lines are found again in the .ipynb file."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from trading_tools.review.parsing import Unreadable, parse
from trading_tools.review.source import Source

_SOURCE: Final = re.compile(r'"source"\s*:')
_MAGIC: Final = re.compile(r"^(\s*)(%|!|\?)|^(\s*)\w[\w.]*\?{1,2}\s*$")
_TAKEN: Final = re.compile(r"^(\s*[\w.]+(?:, ?[\w.]+)*\s*=\s*)[%!][^\"']*$")
"""`files = !ls`: what a command or a magic gives back."""
_TIMED: Final = re.compile(r"^(\s*)%time +([^-].*)$")
"""A magic behind which Python stands on the same line."""
_KEPT: Final = ("%%time", "%%timeit", "%%capture")
"""Cell magics behind which Python still stands; behind all others it is another language."""


def notebook(path: str, text: str) -> Source:
    """The code cells of a notebook, in order; one that does not parse is blank, and told.

    Raises:
        Unreadable: it is no notebook.
    """
    try:
        cells = [(each["cell_type"], _items(each)) for each in json.loads(text)["cells"]]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise Unreadable("is no notebook", 0, "save it with Jupyter as .ipynb, format 4") from None
    out: list[str] = []
    places: list[int] = []
    notes: list[str] = []
    unread: list[tuple[str, str, int]] = []
    cursor = _Cursor(text)
    number = 0
    for kind, items in cells:
        placed = list(cursor.lines(items))
        if kind != "code":
            continue
        number += 1
        lines = [line for line, _ in placed]
        places += [place for _, place in placed]
        notes += [f"code cell {number}, line {row}" for row in range(1, len(lines) + 1)]
        code = [_without_magic(line) for line in lines] if _is_python(lines) else []
        try:
            parse(Source(path, "\n".join(code)))
        except Unreadable as error:
            row = len(out) + max(error.line, 1) - 1
            unread.append((f"{error.what} ({notes[row]})", error.fix, places[row]))
            code = []
        out += code or [""] * len(lines)
    return Source(path, "\n".join(out), tuple(places), tuple(notes), unread=tuple(unread))


@dataclass
class _Cursor:
    """Goes through the file from one string of JSON to the next."""

    text: str
    at: int = 0
    line: int = 1

    def lines(self, items: list[str]) -> Iterator[tuple[str, int]]:
        """The lines of a cell, each with the line of the file that it stands on."""
        source = _SOURCE.search(self.text, self.at)  # outputs may stand before it, and say the same
        self._go_to(source.end() if source else self.at)
        begun, place = "", self.line
        for item in items:
            self._go_behind(item)
            first, *others = item.split("\n")
            begun, place = begun + first, place if begun else self.line
            for each in others:
                yield begun, place
                begun, place = each, self.line
        yield begun, place

    def _go_behind(self, item: str) -> None:
        for plain in (False, True):
            told = json.dumps(item, ensure_ascii=plain)
            found = self.text.find(told, self.at)
            if found >= 0:
                self._go_to(found)
                self.at += len(told)
                return

    def _go_to(self, place: int) -> None:
        self.line += self.text.count("\n", self.at, place)
        self.at = place


def _items(cell: dict[str, Any]) -> list[str]:
    source = cell["source"]
    items = [source] if isinstance(source, str) else source
    if not all(isinstance(each, str) for each in items):
        raise TypeError("a cell's source is text")
    return list(items)


def _is_python(lines: list[str]) -> bool:
    first = next((line for line in lines if line.strip()), "")
    return not first.startswith("%%") or first.startswith(_KEPT)


def _without_magic(line: str) -> str:
    timed = _TIMED.match(line)
    if timed is not None:
        return f"{timed[1]}{timed[2]}"
    found = _MAGIC.match(line)
    if found is None:
        taken = _TAKEN.match(line)
        return f"{taken[1]}None" if taken else line
    return f"{found[1] or found[3] or ''}pass"
