"""G05: the machine's clock agrees with the venues', and their answers come in time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from trading_tools.golive.check import Case, Check
from trading_tools.golive.config.model import Venue
from trading_tools.golive.venues.asking import Sample
from trading_tools.golive.venues.together import contacting
from trading_tools.golive.verdict import Evidence, Finding, failed, no_evidence, passed

SAMPLES: Final = 20
MOST_MS: Final = 250.0
_DRIFT_MS: Final = 5.0
"""How far two clocks may drift apart while the readings are taken."""


def _clock(case: Case) -> Finding:
    return contacting(case, lambda venue: _at(case, venue))


def _at(case: Case, venue: Venue) -> Finding:
    samples = case.venues.clock(venue, SAMPLES)
    slowest = max(each.round_trip_ms for each in samples)  # of 20 the 99th percentile
    low, high = _bounds(samples)
    offset, error = (low + high) / 2, abs(high - low) / 2
    here = Evidence(
        f"{SAMPLES} readings of {venue.name}'s clock",
        None,
        {
            "offset_ms": [
                round(each.venue_ms - (each.asked_ms + each.answered_ms) / 2, 1) for each in samples
            ],
            "round_trip_ms": [round(each.round_trip_ms, 1) for each in samples],
        },
    )
    if low - high > _DRIFT_MS:
        return no_evidence(
            f"{venue.name}: the readings of its clock contradict each other",
            "see whether a clock was set meanwhile, and run it again",
            here,
        )
    text = f"{venue.name}: its clock is {offset:+.0f} ms from ours, give or take {error:.0f}"
    if abs(offset) - error >= MOST_MS:
        return failed(f"{text}; {MOST_MS:g} at most", "keep the clock by NTP", here)
    most = venue.recv_window_ms / 4
    if slowest >= most:
        return failed(
            f"{venue.name}: an answer took {slowest:.0f} ms; {most:g} is a quarter of its window",
            "move nearer to the venue, or widen recv_window_ms",
            here,
        )
    if abs(offset) + error >= MOST_MS:
        return no_evidence(f"{text}: too slow to tell", "measure on a quicker line", here)
    return passed(f"{text}; the slowest answer took {slowest:.0f} ms", here)


def _bounds(samples: Sequence[Sample]) -> tuple[float, float]:
    """Between which the offset lies by every reading: each was taken while it was on its way.

    Venues cut their time, Kraken and Coinbase to whole seconds: the truth is up to one unit later.
    """
    unit = 1 if any(each.venue_ms % 1_000 for each in samples) else 1_000
    low = max(each.venue_ms - each.answered_ms for each in samples)
    high = min(each.venue_ms + unit - each.asked_ms for each in samples)
    return low, high


CHECKS = (
    Check("G05", "Clock is within the venue's window", "RTS 25 clock synchronisation", _clock),
)
