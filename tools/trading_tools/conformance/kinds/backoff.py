"""What a back-off must keep: it waits, no longer than a bound, ends, and begins anew after success.

A failure is met again and again; `waits` are the seconds between a failure and the next try.
Source: seed 004, whose connector tries again without end and whose stream never forgets a failure.
"""

from __future__ import annotations

import itertools
import math
import sys
from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st

from trading_tools.conformance.inside.flaky import chance
from trading_tools.conformance.inside.journal import Failing, Journal, NotReached, Skipped
from trading_tools.conformance.inside.loading import Loaded
from trading_tools.conformance.inside.search import Property
from trading_tools.conformance.inside.virtual import Stuck
from trading_tools.conformance.kinds.backoff_shapes import Met, Shape, shape_of
from trading_tools.conformance.kinds.laws import Laws
from trading_tools.conformance.kinds.params import Params

_LONGEST_S = 300.0
_MOST_TRIES = 100
_TOTAL_S = 3600.0
_SHORTEST_S = 0.001
_MANY = 1500
_SEEDS = 8
_MOST_LINES = 12
_USUAL_DEPTH = 1000


def laws(loaded: Loaded, params: Params) -> Laws:
    """The properties of a back-off.

    Raises:
        CheckError: how it is met is not known.
    """
    shape = shape_of(loaded, params)
    longest = params.number("max_delay") or _LONGEST_S
    tries = params.number("max_attempts") or _MOST_TRIES
    total = params.number("total") or _TOTAL_S
    case = _Case(shape, longest, int(tries), total)
    return Laws(f"{shape.words}; no wait above {longest:g} s", case.properties())


class _Case:
    """One back-off under all its laws."""

    def __init__(self, shape: Shape, longest_s: float, tries: int, total_s: float) -> None:
        self._shape = shape
        self._longest_s = longest_s
        self._tries = tries
        self._total_s = total_s

    def properties(self) -> tuple[Property, ...]:
        """All of them."""
        shape = self._shape
        stays = "" if shape.resets else "nothing tells it of a success"
        tells = "" if shape.retries else "it tells delays, and tries nothing itself"
        counts = st.one_of(st.integers(1, 40), st.sampled_from((64, 200, 1100)))
        return (
            Property("bounded", "no wait is longer than the bound, below 0 or no number", counts,
                     self._bounded, "up to 1100 failures in a row"),
            Property("waits", "waits between tries", st.integers(3, 12), self._waits,
                     "3 to 12 failures in a row"),
            Property("grows", "later waits are not shorter than the first", st.integers(4, 10),
                     self._grows, "means of 8 random schedules"),
            Property("reset", "begins anew after a success",
                     st.tuples(st.integers(1, 12), st.integers(1, 3)), self._reset,
                     "1 to 12 failures, successes, and a failure", why_not=stays),
            Property("ends", "gives up in the end", st.just(self._tries + 1), self._ends,
                     f"{self._tries + 1} failures in a row", why_not=tells),
            Property("no-recursion", "does not call itself for each try", st.just(_MANY),
                     self._recursion, f"{_MANY} failures in a row", why_not=tells),
            Property("jitter", "waits differently in two bots that fail together",
                     st.integers(3, 8), self._jitter, "two random schedules", note=True),
        )  # fmt: skip

    def _live(self, outcomes: Sequence[bool], journal: Journal) -> Met:
        try:
            return self._shape.live(outcomes)
        except (Failing, Stuck):
            journal.step(0, f"{outcomes.count(False)} calls fail, {outcomes.count(True)} work")
            journal.do(*self._shape.lines(outcomes))
            raise

    def _ended(self, outcomes: Sequence[bool], journal: Journal) -> Met:
        """The same where another property tells of a wait without end.

        Raises:
            NotReached: it has one.
        """
        try:
            return self._live(outcomes, journal)
        except Stuck as stuck:
            raise NotReached(str(stuck)) from None

    def _told(self, outcomes: Sequence[bool], met: Met, journal: Journal) -> None:
        """The history for people, and as a test."""
        at, waits = 0.0, iter(met.waits)
        tries = [
            (works, None if works else _rounded(next(waits, None)))
            for works in outcomes[: met.calls]
        ]
        for (works, wait), alike in itertools.groupby(tries):
            count = len(list(alike))
            what = (
                f"{count} calls {'work' if works else 'fail'}"
                if count > 1
                else (f"a call {'works' if works else 'fails'}")
            )
            came = "" if wait is None else f"waits {wait:.4g} s{' after each' * (count > 1)}"
            journal.step(at, what, came)
            at += count * (wait if wait is not None and math.isfinite(wait) else 0)
            if len(journal.steps) >= _MOST_LINES:
                journal.step(at, f"… {met.calls} calls in all")
                break
        for ended in met.ended[-1:]:
            journal.step(at, f"after {met.calls} calls", ended)
        journal.do(*self._shape.lines(outcomes))

    def _bounded(self, count: int, journal: Journal) -> None:
        outcomes = [False] * count
        met = self._live(outcomes, journal)
        wrong = [w for w in met.waits if not 0 <= w <= self._longest_s + _SHORTEST_S]
        if wrong:
            self._told(outcomes, met, journal)
            test = f"assert all(0 <= each <= {self._longest_s + 0.01!r} for each in waits)"
            journal.broken(f"waits of 0 to {self._longest_s:g} s", f"{wrong[0]:g} s", test)

    def _waits(self, count: int, journal: Journal) -> None:
        outcomes = [False] * count
        met = self._ended(outcomes, journal)
        if len(met.waits) >= 2 and max(met.waits) < _SHORTEST_S:
            self._told(outcomes, met, journal)
            journal.broken("waits between tries", f"{len(met.waits)} tries without one",
                           f"assert max(waits) >= {_SHORTEST_S}")  # fmt: skip

    def _grows(self, count: int, journal: Journal) -> None:
        outcomes = [False] * (count + 1)
        sums = [0.0] * count
        met = Met((), (), 0)
        for number in range(_SEEDS):
            chance(number)
            met = self._ended(outcomes, journal)
            if len(met.waits) < count:
                raise NotReached("it gives up before")
            sums = [a + b for a, b in zip(sums, met.waits, strict=False)]
        half = count // 2
        if sum(sums[-half:]) < 0.8 * sum(sums[:half]):
            self._told(outcomes, met, journal)
            journal.broken("waits that do not shrink", f"{sums[0] / _SEEDS:.3g} s at first, "
                           f"{sums[-1] / _SEEDS:.3g} s in the end",
                           f"assert sum(waits[-{half}:]) >= 0.8 * sum(waits[:{half}])")  # fmt: skip

    def _first_wait_s(self, journal: Journal) -> float:
        """The longest that the first wait is, of some random schedules."""
        longest = 0.0
        for number in range(_SEEDS):
            chance(number)
            longest = max([longest, *self._ended([False, False], journal).waits[:1]])
        return longest

    def _reset(self, drawn: tuple[int, int], journal: Journal) -> None:
        failures, successes = drawn
        first = self._first_wait_s(journal)
        outcomes = [*[False] * failures, *[True] * successes, False, False]
        met = self._ended(outcomes, journal)
        if len(met.waits) <= failures:
            raise NotReached("it gives up before")
        after = met.waits[failures]
        if after > 2 * first + _SHORTEST_S:
            self._told(outcomes, met, journal)
            journal.broken(f"about {first:.3g} s, as after a first failure", f"{after:.4g} s",
                           f"assert waits[{failures}] <= {2 * first + 0.01!r}")  # fmt: skip

    def _ends(self, count: int, journal: Journal) -> None:
        if self._live([True], journal).ended[:1] != ["it returned"]:
            raise Skipped("it goes on after a success too: a stream's loop has no end")
        outcomes = [False] * count
        met = self._live(outcomes, journal)
        total = sum(met.waits)
        if met.ended and met.ended[-1] != "it goes on" and total <= self._total_s:
            return
        self._told(outcomes, met, journal)
        journal.broken(
            f"an end within {self._tries} tries and {self._total_s:g} s",
            f"{met.calls} tries within {_rounded(total):.4g} s, and it goes on",
            f"assert flaky.calls <= {self._tries} and sum(waits) <= {self._total_s!r}",
        )

    def _recursion(self, count: int, journal: Journal) -> None:
        outcomes = [False] * count
        before = sys.getrecursionlimit()
        sys.setrecursionlimit(_depth() + _USUAL_DEPTH)  # hypothesis has raised it
        try:
            met = self._ended(outcomes, journal)
        finally:
            sys.setrecursionlimit(before)
        if any("RecursionError" in each for each in met.ended):
            self._told(outcomes, met, journal)
            journal.broken(
                "a loop",
                f"RecursionError after {met.calls} tries",
                "assert not any('RecursionError' in each for each in flaky.ended)",
            )

    def _jitter(self, count: int, journal: Journal) -> None:
        outcomes = [False] * (count + 1)
        schedules: list[Any] = []
        for number in (1, 2):
            chance(number)
            schedules.append(self._ended(outcomes, journal))
        first, second = schedules
        if len(first.waits) >= 2 and list(first.waits) == list(second.waits):
            self._told(outcomes, first, journal)
            journal.broken("different waits", "the same ones, to the last digit", "# see above")


def _rounded(wait: float | None) -> float | None:
    """To a millisecond, for people; as it is where it is no number."""
    return wait if wait is None or not math.isfinite(wait) else round(wait, 3)


def _depth() -> int:
    depth, frame = 0, sys._getframe()
    while frame.f_back is not None:
        depth, frame = depth + 1, frame.f_back
    return depth
