"""The drills as a picture for each venue: a strip for each scenario, time from left to right."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape

from trading_tools.drill.oracle.finding import Span
from trading_tools.golive.drilled import Drilled, Judgement
from trading_tools.golive.reports.plots import ticks

_WIDTH, _LEFT, _RIGHT, _ROW, _TOP, _FOOT = 640, 190, 12, 15, 4, 22
_SIGNS = {"pass": ("pass", "✓"), "fail": ("fail", "✗"), "no-evidence": ("none", "?")}
_ABOUT = (
    "By the venue's own ledger, in seconds since the bot's start: thin bars are orders while they "
    "stood, shaded the fault, a stroke the signal to end, a dot the bot's end."
)


def strips(drilled: Drilled) -> list[str]:
    """A picture for each venue where anything ran."""
    venues = dict.fromkeys(each.venue for each in drilled.judged)
    by_venue = {venue: [each for each in drilled.judged if each.venue == venue] for venue in venues}
    return [
        _picture(venue, judged)
        for venue, judged in by_venue.items()
        if any(each.spans for each in judged)
    ]


def _picture(venue: str, judged: Sequence[Judgement]) -> str:
    longest = max(span.end_ms for each in judged for span in each.spans) or 1
    floor = _TOP + _ROW * len(judged)
    passed = sum(each.verdict == "pass" for each in judged)
    title = f"Drills on {venue}: {passed} of {len(judged)} passed."
    parts = [
        *_axis(longest, floor),
        *(part for row, each in enumerate(judged) for part in _strip(each, row, longest)),
    ]
    return (
        f'<figure class="wide"><figcaption><b>{escape(title)}</b> {_ABOUT}</figcaption>'
        f'<svg class="plot" viewBox="0 0 {_WIDTH} {floor + _FOOT}" role="img" '
        f'aria-label="{escape(title)}">{"".join(parts)}</svg></figure>'
    )


def _axis(longest: int, floor: int) -> Iterator[str]:
    for second, word in ticks(0, longest / 1000, lambda value: f"{value:g} s", 6):
        at = _x(second * 1000, longest)
        yield f'<line class="grid" x1="{at:.1f}" y1="{_TOP}" x2="{at:.1f}" y2="{floor}"/>'
        yield f'<text x="{at:.1f}" y="{floor + 15}" text-anchor="middle">{word}</text>'


def _strip(judged: Judgement, row: int, longest: int) -> Iterator[str]:
    top = _TOP + _ROW * row
    look, sign = _SIGNS[judged.verdict]
    yield f'<text class="{look}" x="0" y="{top + 11}">{sign}</text>'
    yield f'<text x="14" y="{top + 11}">{escape(judged.scenario)}</text>'
    if not judged.spans:
        yield f'<text x="{_LEFT}" y="{top + 11}">not run</text>'
    for span in judged.spans:
        yield _drawn(span, top, longest)


def _drawn(span: Span, top: int, longest: int) -> str:
    left, right = _x(span.begin_ms, longest), _x(span.end_ms, longest)
    wide, middle = max(right - left, 1.5), top + _ROW / 2
    if span.what == "signal":
        floor = top + _ROW
        return f'<line class="signal" x1="{left:.1f}" y1="{top}" x2="{left:.1f}" y2="{floor}"/>'
    if span.what == "exit":
        return f'<circle class="here" cx="{left:.1f}" cy="{middle}" r="2.5"/>'
    if span.what == "order":
        above, tall = middle - 2, 4.0
    else:
        above, tall, wide = top + 1, _ROW - 2, max(wide, 4)
    return (
        f'<rect class="{span.what}" x="{left:.1f}" y="{above}" width="{wide:.1f}" height="{tall}"/>'
    )


def _x(ms: float, longest: int) -> float:
    return _LEFT + max(ms, 0) / longest * (_WIDTH - _LEFT - _RIGHT)
