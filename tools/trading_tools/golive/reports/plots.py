"""Small pictures as SVG: a line over a filled depth, a curve over trials, a histogram.

Which data they show is `figures`; here is only how a picture is drawn.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape

WIDTH, HEIGHT = 640, 220
_LEFT, _RIGHT, _TOP, _BOTTOM = 64, 16, 12, 28
_MOST_POINTS = 400


@dataclass(frozen=True)
class Axis:
    """From values to pixels along one side of the picture, and back in words."""

    low: float
    high: float
    begin: float
    end: float
    logarithmic: bool = False

    def at(self, value: float) -> float:
        """The pixel of a value."""
        low, high, here = self.low, self.high, value
        if self.logarithmic:
            low, high, here = math.log(low), math.log(high), math.log(value)
        share = 0.5 if high == low else (here - low) / (high - low)
        return self.begin + share * (self.end - self.begin)


def across(low: float, high: float, *, logarithmic: bool = False) -> Axis:
    """The axis from left to right."""
    return Axis(low, high, _LEFT, WIDTH - _RIGHT, logarithmic)


def upwards(low: float, high: float) -> Axis:
    """The axis from the bottom to the top."""
    return Axis(low, high, HEIGHT - _BOTTOM, _TOP)


@dataclass(frozen=True)
class Mark:
    """A value that is pointed out on the axis across or upwards."""

    value: float
    text: str
    look: str = "limit"


def picture(title: str, about: str, parts: Sequence[str]) -> str:
    """The parts as one picture with a title and a sentence for those who cannot see it."""
    return (
        f'<figure><figcaption><b>{escape(title)}</b> {escape(about)}</figcaption><svg class="plot" '
        f'viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(f"{title}: {about}")}">'
        f"{''.join(parts)}</svg></figure>"
    )


def line(x: Axis, y: Axis, xs: Sequence[float], ys: Sequence[float], look: str = "line") -> str:
    """A line through the points; of very many the outermost of each stretch are kept."""
    kept = _thinned(xs, ys)
    points = " ".join(f"{x.at(a):.1f},{y.at(b):.1f}" for a, b in kept)
    return f'<polyline class="{look}" points="{points}"/>'


def area(x: Axis, y: Axis, xs: Sequence[float], ys: Sequence[float], look: str = "depth") -> str:
    """What lies between the points and zero."""
    kept = _thinned(xs, ys)
    points = " ".join(f"{x.at(a):.1f},{y.at(b):.1f}" for a, b in kept)
    first, last = x.at(kept[0][0]), x.at(kept[-1][0])
    zero = y.at(0)
    return (
        f'<polygon class="{look}" points="{first:.1f},{zero:.1f} {points} {last:.1f},{zero:.1f}"/>'
    )


def bars(x: Axis, y: Axis, edges: Sequence[float], heights: Sequence[float]) -> str:
    """A histogram."""
    drawn = []
    for low, high, height in zip(edges, edges[1:], heights, strict=False):
        left, right, top = x.at(low), x.at(high), y.at(height)
        drawn.append(
            f'<rect class="bar" x="{left + 0.5:.1f}" y="{top:.1f}" '
            f'width="{max(right - left - 1, 0.5):.1f}" height="{y.at(0) - top:.1f}"/>'
        )
    return "".join(drawn)


def standing(x: Axis, mark: Mark, level: int = 0) -> str:
    """A line from top to bottom at a value, its text beside it; `level` keeps texts apart."""
    at = min(max(x.at(mark.value), _LEFT), WIDTH - _RIGHT)
    left = at > WIDTH * 0.7
    anchor, shift = ("end", -4) if left else ("start", 4)
    return (
        f'<line class="{mark.look}" x1="{at:.1f}" y1="{_TOP}" x2="{at:.1f}" '
        f'y2="{HEIGHT - _BOTTOM}"/>'
        f'<text class="{mark.look}" x="{at + shift:.1f}" y="{_TOP + 10 + 14 * level}" '
        f'text-anchor="{anchor}">{escape(mark.text)}</text>'
    )


def lying(y: Axis, mark: Mark) -> str:
    """A line from left to right at a value, its text below it."""
    at = y.at(mark.value)
    return (
        f'<line class="{mark.look}" x1="{_LEFT}" y1="{at:.1f}" x2="{WIDTH - _RIGHT}" '
        f'y2="{at:.1f}"/>'
        f'<text class="{mark.look}" x="{WIDTH - _RIGHT}" y="{at + 14:.1f}" text-anchor="end">'
        f"{escape(mark.text)}</text>"
    )


def dot(x: Axis, y: Axis, at_x: float, at_y: float, text: str) -> str:
    """One point with its text."""
    left, top = x.at(at_x), y.at(at_y)
    anchor, shift = ("end", -8) if left > WIDTH * 0.7 else ("start", 8)
    return (
        f'<circle class="here" cx="{left:.1f}" cy="{top:.1f}" r="4"/>'
        f'<text class="here" x="{left + shift:.1f}" y="{top + 14:.1f}" text-anchor="{anchor}">'
        f"{escape(text)}</text>"
    )


def frame(
    x: Axis,
    y: Axis,
    across_words: Sequence[tuple[float, str]],
    up_words: Sequence[tuple[float, str]],
) -> str:
    """The base line and words along the two axes."""
    floor = HEIGHT - _BOTTOM
    drawn = [f'<line class="axis" x1="{_LEFT}" y1="{floor}" x2="{WIDTH - _RIGHT}" y2="{floor}"/>']
    for value, word in across_words:
        at = x.at(value)
        anchor = "start" if at < _LEFT + 30 else "end" if at > WIDTH - _RIGHT - 30 else "middle"
        drawn.append(
            f'<text class="tick" x="{at:.1f}" y="{floor + 16}" text-anchor="{anchor}">'
            f"{escape(word)}</text>"
        )
    for value, word in up_words:
        at = y.at(value)
        drawn.append(
            f'<line class="grid" x1="{_LEFT}" y1="{at:.1f}" x2="{WIDTH - _RIGHT}" y2="{at:.1f}"/>'
            f'<text class="tick" x="{_LEFT - 6}" y="{at + 4:.1f}" text-anchor="end">'
            f"{escape(word)}</text>"
        )
    return "".join(drawn)


def ticks(
    low: float, high: float, word: Callable[[float], str], most: int = 5
) -> list[tuple[float, str]]:
    """Round values between two ends, with their words."""
    span = high - low
    if span <= 0:
        return [(low, word(low))]
    raw = span / most
    unit = 10 ** math.floor(math.log10(raw))
    step = next(unit * times for times in (1, 2, 5, 10) if unit * times >= raw)
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    return [(number * step, word(number * step)) for number in range(first, last + 1)]


def _thinned(xs: Sequence[float], ys: Sequence[float]) -> list[tuple[float, float]]:
    """At most `_MOST_POINTS` points: of each stretch the lowest and the highest, in their order."""
    points = list(zip(xs, ys, strict=True))
    if len(points) <= _MOST_POINTS:
        return points
    stretch = math.ceil(len(points) / (_MOST_POINTS / 2))
    kept = []
    for begin in range(0, len(points), stretch):
        piece = points[begin : begin + stretch]
        kept += sorted({min(piece, key=_height), max(piece, key=_height)})
    return kept


def _height(point: tuple[float, float]) -> float:
    return point[1]
