"""The attack: hypothesis makes histories for a property, and shortens the first that breaks it."""

from __future__ import annotations

import contextlib
import math
import random
import signal
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.errors import Flaky
from hypothesis.strategies import SearchStrategy

from trading_tools.conformance.inside.journal import (
    Broken,
    Failing,
    Hung,
    Journal,
    NotReached,
    Skipped,
)
from trading_tools.conformance.inside.virtual import Stuck
from trading_tools.conformance.spec import Finding, Verdict

_COMPUTING_S = 3.0
_BLOCKED_S = 30.0
_LOOK_S = 0.1


@dataclass(frozen=True)
class Property:
    """One thing a component must keep.

    `play` lives a history and raises `Broken`; `covers` says what the histories vary; `note` marks
    what a sound design may break knowingly; `why_not` says why it cannot be asked of this one.
    `share` is how many of the histories it gets, less than all where each takes long.
    """

    name: str
    title: str
    histories: SearchStrategy[Any]
    play: Callable[[Any, Journal], None]
    covers: str
    note: bool = False
    why_not: str = ""
    share: float = 1.0


def judge(law: Property, seed_: int, histories: int) -> Finding:
    """Look for a counterexample."""
    if law.why_not or Hung.happened:
        why = law.why_not or "not tried: the code hung before"
        return _finding(law, Verdict.NOT_APPLICABLE, why)
    search = _Search(law)
    try:
        search.run(seed_, math.ceil(histories * law.share))
    except Skipped as why:
        return _finding(law, Verdict.NOT_APPLICABLE, str(why))
    except (Broken, Hung, Flaky) as found:
        journal, broken = search.journal, search.broken
        if isinstance(found, Hung):
            Hung.happened = True
            expected = "a call that comes back"
            broken = Broken(expected, str(found))
            journal.code.clear()  # a test of it would hang too
        assert broken is not None
        unsteady = isinstance(found, Flaky)
        detail = "the same history does not break it each time" if unsteady else ""
        example = journal.counterexample(broken)
        return _finding(law, Verdict.BROKEN, detail, search.until, example)
    if not search.reached:
        return _finding(law, Verdict.NOT_APPLICABLE, f"not reached: {search.missed}")
    return _finding(law, Verdict.HELD, law.covers, search.reached)


def _finding(
    law: Property, verdict: Verdict, detail: str, tried: int = 0, example: Any = None
) -> Finding:
    return Finding(law.name, law.title, verdict, detail, law.note, tried, example)


class _Search:
    """One search: the last history that broke the property is the shortest."""

    def __init__(self, law: Property) -> None:
        self._law = law
        self.tried = 0
        self.reached = 0
        self.missed = ""
        self.until = 0
        self.broken: Broken | None = None
        self.journal = Journal()

    def run(self, seed_: int, histories: int) -> None:
        attack = given(self._law.histories)(self._once)
        bounds = settings(
            max_examples=histories,
            database=None,
            deadline=None,
            phases=(Phase.generate, Phase.shrink),
            suppress_health_check=list(HealthCheck),
            report_multiple_bugs=False,
            print_blob=False,
        )
        seed(seed_)(bounds(attack))()

    def _once(self, history: Any) -> None:
        self.tried += 1
        journal = Journal()
        try:
            self._live(history, journal)
            self.reached += 1
        except NotReached as why:
            self.missed = str(why)
        except Broken as broken:
            self.until = self.until or self.tried
            self.broken, self.journal = broken, journal
            raise
        except Hung:
            self.until, self.journal = self.tried, journal
            raise

    def _live(self, history: Any, journal: Journal) -> None:
        random.seed(0)
        try:
            with real_time_bound():
                self._law.play(history, journal)
        except Stuck as stuck:
            raise Broken("calls that come back", str(stuck)) from None
        except Failing as failing:
            raise Broken("an answer", str(failing)) from None


def _clock() -> float:
    """Real time, whatever stands in for the usual clocks."""
    return time.clock_gettime(time.CLOCK_MONOTONIC)


@contextlib.contextmanager
def real_time_bound() -> Iterator[None]:
    """What computes too long, or is blocked, is interrupted wherever it is.

    Computing is counted in processor time, so that a busy machine makes nobody hang.

    Raises:
        Hung: it was.
    """
    began, began_cpu = _clock(), time.process_time()

    def interrupt(_number: int, frame: Any) -> None:
        computing = time.process_time() - began_cpu >= _COMPUTING_S
        if not computing and _clock() - began < _BLOCKED_S:
            return
        found = [
            each
            for each in traceback.extract_stack(frame)
            if "trading_tools" not in each.filename and "/lib/python3" not in each.filename
        ]
        where = f", in line {found[-1].lineno} of its file ({found[-1].line})" if found else ""
        raise Hung(f"it {'computes on' if computing else 'is blocked'}{where}")

    before = signal.signal(signal.SIGALRM, interrupt)
    # Again and again: each task of a loop hangs by itself.
    signal.setitimer(signal.ITIMER_REAL, _LOOK_S, _LOOK_S)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
