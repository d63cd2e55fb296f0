"""Plain tables for people: columns as wide as they must be, the last one cut at the window."""

from __future__ import annotations

import shutil
from collections.abc import Sequence

from orchestrator.cli.text import one_line

_GAP = "  "
_LEAST = 20
_CELL = 48


def columns(rows: Sequence[Sequence[str]], head: Sequence[str] = ()) -> str:
    """The rows below their head, cells safe to show; only the window limits the last column."""
    shown = [[one_line(cell, 2_000) for cell in row] for row in rows]
    table = [list(head), *shown] if head and shown else shown
    if not table:
        return ""
    last = len(table[0]) - 1
    widths = [min(max(len(row[at]) for row in table), _CELL) for at in range(last)]
    window = shutil.get_terminal_size((120, 24)).columns
    left = max(window - sum(widths) - len(_GAP) * last, _LEAST)
    lines = []
    for row in table:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=False)]
        lines.append(_GAP.join([*cells, one_line(row[last], left)]).rstrip())
    return "\n".join(lines)
