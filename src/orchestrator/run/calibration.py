"""What agents' confidence is worth: what they said against what the harness then found. Pure.

One forecast is an agent's part in one run: the confidence of the first envelope that it gave there,
against the run's first acceptance check. Later envelopes know what was found, so they say nothing.

- Counted is every part that had handed off by then, whoever gave the envelope that was checked:
  each was asked how probable it is that the checks hold.
- `blocked` envelopes claim nothing and are not counted; nor is what the harness or a playbook
  wrote.
- What a fork has from its parent is the parent's and counted there.
- The outcome is what `report.outcome` says. Runs that never reached a check, and those in which a
  check could not be made, have none: they are left out, and counted as such.

The parts of one run share its outcome, so the intervals are somewhat too narrow.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from orchestrator.run.report import outcome
from orchestrator.run.state import State

FEW = 10
"""Fewer outcomes than this say nothing about an agent."""

BINS = 10
"""Equal parts of 0 to 1 in the reliability table."""

_Z = 1.959964  # 95 %
_DIGITS = 6

NO_CHECK, UNCHECKED, PLAYBOOK, COPIED = "no_check", "unchecked", "playbook", "copied"
"""Why a run is left out: it reached no check, some check could not be made, no model took part, or
it is a fork whose envelopes are all its parent's."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """What an agent said, 0 to 1, and whether the checks held."""

    agent: str
    confidence: float
    met: bool


@dataclass(frozen=True, slots=True)
class Gathered:
    """The forecasts of many runs; `left_out` counts the other runs by reason."""

    runs: int
    forecasts: tuple[Forecast, ...]
    left_out: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Bin:
    """Forecasts with a confidence from `start` to below `end` (1 belongs to the last bin).

    `low` and `high` bound the observed rate with 95 % (Wilson 1927).
    """

    start: float
    end: float
    n: int
    mean_confidence: float
    observed: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Calibration:
    """How forecasts fared.

    `brier` is the mean squared distance between what was said and what was so (Brier 1950): 0 is
    perfect, 0.25 is what always saying 0.5 earns. `baseline` is what always saying the hit rate
    would have earned. `low` and `high` bound the hit rate with 95 %.
    """

    n: int
    mean_confidence: float
    hit_rate: float
    low: float
    high: float
    brier: float
    baseline: float
    bins: tuple[Bin, ...]

    @property
    def few(self) -> bool:
        """Whether there are too few outcomes to say anything."""
        return self.n < FEW

    def body(self) -> dict[str, Any]:
        """As programs read it."""
        return {
            "n": self.n,
            "few": self.few,
            "mean_confidence": round(self.mean_confidence, _DIGITS),
            "hit_rate": round(self.hit_rate, _DIGITS),
            "low": round(self.low, _DIGITS),
            "high": round(self.high, _DIGITS),
            "brier": round(self.brier, _DIGITS),
            "baseline": round(self.baseline, _DIGITS),
            "bins": [
                {
                    "from": one.start,
                    "to": one.end,
                    "n": one.n,
                    "mean_confidence": round(one.mean_confidence, _DIGITS),
                    "observed": round(one.observed, _DIGITS),
                    "low": round(one.low, _DIGITS),
                    "high": round(one.high, _DIGITS),
                }
                for one in self.bins
            ],
        }


def gather(states: Iterable[State]) -> Gathered:
    """The forecasts of these runs; states are looked at one by one and not kept."""
    runs, found, left_out = 0, list[Forecast](), Counter[str]()
    for state in states:
        runs += 1
        if state.route is not None and state.route.playbook is not None:
            left_out[PLAYBOOK] += 1
        elif not state.acceptance:
            left_out[NO_CHECK] += 1
        elif (met := outcome(state.acceptance[0])) is None:
            left_out[UNCHECKED] += 1
        else:
            said = [
                (frame.forecast_at, Forecast(frame.frame.agent, frame.forecast, met))
                for frame in state.frames.values()
                if frame.forecast is not None
            ]
            own = [forecast for at, forecast in said if at > state.copied]
            if said and not own:
                left_out[COPIED] += 1
            found += own
    return Gathered(runs, tuple(found), left_out)


def by_agent(forecasts: Iterable[Forecast]) -> dict[str, Calibration]:
    """Each agent's calibration, those with the most outcomes first."""
    parts: dict[str, list[Forecast]] = {}
    for one in forecasts:
        parts.setdefault(one.agent, []).append(one)
    ordered = sorted(parts.items(), key=lambda part: (-len(part[1]), part[0]))
    return {agent: calibrate(given) for agent, given in ordered}


def calibrate(forecasts: Sequence[Forecast]) -> Calibration:
    """How these forecasts fared; there must be at least one."""
    n = len(forecasts)
    hits = sum(one.met for one in forecasts)
    low, high = wilson(hits, n)
    return Calibration(
        n=n,
        mean_confidence=_mean([one.confidence for one in forecasts]),
        hit_rate=hits / n,
        low=low,
        high=high,
        brier=_mean([(one.confidence - one.met) ** 2 for one in forecasts]),
        baseline=hits / n * (1 - hits / n),
        bins=_bins(forecasts),
    )


def wilson(hits: int, n: int) -> tuple[float, float]:
    """The 95 % score interval of a rate of `hits` in `n` (Wilson 1927); `n` is at least 1."""
    rate, z2 = hits / n, _Z**2
    middle = (rate + z2 / (2 * n)) / (1 + z2 / n)
    half = _Z * math.sqrt(rate * (1 - rate) / n + z2 / (4 * n * n)) / (1 + z2 / n)
    return max(0.0, min(rate, middle - half)), min(1.0, max(rate, middle + half))


def _bins(forecasts: Sequence[Forecast]) -> tuple[Bin, ...]:
    """The bins that hold forecasts, from low to high."""
    parts: dict[int, list[Forecast]] = {}
    for one in forecasts:
        parts.setdefault(min(int(one.confidence * BINS), BINS - 1), []).append(one)
    made = []
    for place, given in sorted(parts.items()):
        hits = sum(one.met for one in given)
        made.append(
            Bin(
                place / BINS,
                (place + 1) / BINS,
                len(given),
                _mean([one.confidence for one in given]),
                hits / len(given),
                *wilson(hits, len(given)),
            )
        )
    return tuple(made)


def _mean(values: Sequence[float]) -> float:
    return math.fsum(values) / len(values)
