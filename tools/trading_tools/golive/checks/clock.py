"""G05: the machine's clock agrees with the venues', and their answers come in time."""

from __future__ import annotations

from typing import Final

from trading_tools.golive.check import Case, Check
from trading_tools.golive.config.model import Venue
from trading_tools.golive.venues.together import contacting
from trading_tools.golive.verdict import Evidence, Finding, failed, no_evidence, passed

SAMPLES: Final = 20
MOST_MS: Final = 250.0


def _clock(case: Case) -> Finding:
    return contacting(case, lambda venue: _at(case, venue))


def _at(case: Case, venue: Venue) -> Finding:
    samples = case.venues.clock(venue, SAMPLES)
    # The truth lies within half the way of each reading, so the shortest way says most.
    best = min(samples, key=lambda each: each.round_trip_ms)
    slowest = max(each.round_trip_ms for each in samples)  # of 20 the 99th percentile
    half = best.round_trip_ms / 2
    here = Evidence(
        f"{SAMPLES} readings of {venue.name}'s clock",
        None,
        {
            "offset_ms": [round(each.offset_ms, 1) for each in samples],
            "round_trip_ms": [round(each.round_trip_ms, 1) for each in samples],
        },
    )
    text = f"{venue.name}: its clock is {best.offset_ms:+.0f} ms from ours, give or take {half:.0f}"
    if abs(best.offset_ms) - half >= MOST_MS:
        return failed(f"{text}; {MOST_MS:g} at most", "keep the clock by NTP", here)
    most = venue.recv_window_ms / 4
    if slowest >= most:
        return failed(
            f"{venue.name}: an answer took {slowest:.0f} ms; {most:g} is a quarter of its window",
            "move nearer to the venue, or widen recv_window_ms",
            here,
        )
    if abs(best.offset_ms) + half >= MOST_MS:
        return no_evidence(f"{text}: too slow to tell", "measure on a quicker line", here)
    return passed(f"{text}; the slowest answer took {slowest:.0f} ms", here)


CHECKS = (
    Check("G05", "Clock is within the venue's window", "RTS 25 clock synchronisation", _clock),
)
