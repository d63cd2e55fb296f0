"""A sequence as a picture: two lifelines, arrows between them, time downwards. Inline SVG.

Colours are the page's: the classes `bot`, `venue`, `fault`, `drill` and `guilty`.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from html import escape
from typing import Final, NamedTuple

from trading_tools.drill.oracle.finding import Step, Way

_WIDTH: Final = 980
_BOT, _VENUE = 130, 560
_LINE, _GAP, _TOP = 16, 26, 44
_MIDDLE_CHARS: Final = 56
_RIGHT_CHARS: Final = 56
_WIDE_CHARS: Final = 90


class _Row(NamedTuple):
    step: Step
    y: int
    lines: list[str]


def timeline(steps: Sequence[Step], title: str) -> str:
    """The picture; `title` is what a screen reader says of it."""
    rows = list(_rows(steps))
    height = (rows[-1].y if rows else _TOP) + 24
    parts = [
        f'<svg class="timeline" viewBox="0 0 {_WIDTH} {height}" role="img" '
        f'aria-label="{escape(title)}" xmlns="http://www.w3.org/2000/svg">',
        _lifeline("bot", _BOT, height),
        _lifeline("venue", _VENUE, height),
        *(part for row in rows for part in _drawn(row)),
        "</svg>",
    ]
    return "\n".join(parts)


def _rows(steps: Sequence[Step]) -> Iterator[_Row]:
    y = _TOP
    for step in steps:
        lines = textwrap.wrap(step.what, _room(step), break_on_hyphens=False) or [""]
        y += _GAP + _LINE * (len(lines) - 1)
        yield _Row(step, y, lines)
        y += 6


def _room(step: Step) -> int:
    """Characters in a line: between the lifelines, beside the venue's, or over all."""
    if step.who in ("fault", "drill"):
        return _WIDE_CHARS
    return _RIGHT_CHARS if step.who == "venue" and step.way is Way.HERE else _MIDDLE_CHARS


def _lifeline(name: str, x: int, height: int) -> str:
    return (
        f'<text class="{name} head" x="{x}" y="22" text-anchor="middle">{name}</text>'
        f'<line class="{name} life" x1="{x}" y1="32" x2="{x}" y2="{height}"/>'
    )


def _drawn(row: _Row) -> Iterator[str]:
    step, y = row.step, row.y
    look = f"{step.who} guilty" if step.guilty else step.who
    yield f'<g class="{look}">'
    yield f'<text class="time" x="{_BOT - 20}" y="{y + 4}" text-anchor="end">{_time(step)}</text>'
    if step.who in ("fault", "drill"):
        top = y - 10 - _LINE * (len(row.lines) - 1)
        tall = 20 + _LINE * (len(row.lines) - 1)
        yield f'<rect x="{_BOT + 12}" y="{top}" width="{_WIDTH - _BOT - 24}" height="{tall}"/>'
        yield from _texts(row, _BOT + 20, y + 4)
    elif step.way is Way.SENT:
        yield _arrow(_BOT, _VENUE, y)
        yield from _texts(row, _BOT + 14, y - 5)
    elif step.way is Way.TOLD:
        yield _arrow(_VENUE, _BOT, y)
        yield from _texts(row, _BOT + 14, y - 5)
    elif step.way is Way.LOST:
        end = _BOT + 24
        yield f'<line class="lost" x1="{_VENUE}" y1="{y}" x2="{end}" y2="{y}"/>'
        yield f'<path class="cross" d="M{end - 6} {y - 6}l12 12m0 -12l-12 12"/>'
        yield from _texts(row, end + 14, y - 5)
    else:
        x = _VENUE if step.who == "venue" else _BOT
        yield f'<circle cx="{x}" cy="{y}" r="4"/>'
        yield from _texts(row, x + 14, y + 4)
    yield "</g>"


def _texts(row: _Row, x: int, last_y: int) -> Iterator[str]:
    first_y = last_y - _LINE * (len(row.lines) - 1)
    for number, line in enumerate(row.lines):
        yield f'<text x="{x}" y="{first_y + _LINE * number}">{escape(line)}</text>'


def _arrow(start: int, end: int, y: int) -> str:
    back = -8 if end > start else 8
    return (
        f'<line x1="{start}" y1="{y}" x2="{end}" y2="{y}"/>'
        f'<path class="point" d="M{end} {y}l{back} -4v8z"/>'
    )


def _time(step: Step) -> str:
    return f"{step.ms / 1000:.3f} s"
