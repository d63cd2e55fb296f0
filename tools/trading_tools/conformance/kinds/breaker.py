"""What a circuit breaker must keep: when it opens, that one probe tries it, what closes it again.

Source: seed 001, whose example lets any number of requests through as its "one" probe.
"""

from __future__ import annotations

import inspect
import math
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from trading_tools.conformance.inside.journal import Journal, NotReached
from trading_tools.conformance.inside.loading import Loaded
from trading_tools.conformance.inside.search import Property
from trading_tools.conformance.inside.virtual import VirtualTime
from trading_tools.conformance.kinds.breaker_life import Life
from trading_tools.conformance.kinds.breaker_shapes import Shape, shape_of
from trading_tools.conformance.kinds.laws import Laws, Making, has_default, making
from trading_tools.conformance.kinds.params import Params
from trading_tools.conformance.spec import CheckError

_THRESHOLDS = (
    "failure_threshold", "threshold", "max_failures", "failures", "fail_max", "failure_limit",
    "max_errors", "error_threshold", "max_failure_count", "failure_count_threshold",
)  # fmt: skip
_RECOVERIES = (
    "recovery_timeout", "reset_timeout", "timeout", "open_s", "cooldown", "recovery_time",
    "open_seconds", "recovery", "recovery_timeout_s", "cooldown_s", "cooldown_seconds",
    "reset_after", "recovery_s", "open_for_s", "timeout_duration", "recovery_time_secs", "ttl",
    "reset_timeout_s", "recovery_seconds", "retry_timeout",
)  # fmt: skip
_SUCCESSES = ("success_threshold", "successes", "half_open_successes", "required_successes",
              "recovery_threshold")  # fmt: skip
_PROBES = ("half_open_max_calls", "half_open_max_requests", "max_probes", "probes")
_SUCCESSES_EACH = 20
_NO_PROBE = "it lets no probe through"


@dataclass(frozen=True)
class Nominal:
    """What the breaker promises: failures in a row that open it, and for how long."""

    threshold: int
    recovery_s: float
    probes: int
    successes: int


def laws(loaded: Loaded, params: Params) -> Laws:
    """The properties of a breaker.

    Raises:
        CheckError: it cannot be made or asked, or nothing says what it promises.
    """
    meanings = {"threshold": (_THRESHOLDS, 3), "recovery": (_RECOVERIES, 30)}
    make = making(loaded, params, meanings)
    threshold = params.number("threshold") or has_default(make, _THRESHOLDS)
    recovery = params.number("recovery") or has_default(make, _RECOVERIES)
    if threshold is None or recovery is None:
        raise CheckError(
            f"nothing says when {make.expression} opens and for how long",
            "give --param threshold=FAILURES --param recovery=SECONDS",
        )
    probes = params.number("probes") or has_default(make, _PROBES) or 1
    successes = params.number("successes") or has_default(make, _SUCCESSES) or 1
    nominal = Nominal(math.ceil(threshold), recovery, int(probes), int(successes))
    with VirtualTime():
        shape = shape_of(make(), params)
    told = f"opens after {nominal.threshold} failures for {nominal.recovery_s:g} s"
    case = _Case(make, shape, nominal)
    return Laws(f"{make.expression}, {shape.words}; {told}", case.properties())


class _Case:
    """One breaker under all its laws."""

    def __init__(self, make: Making, shape: Shape, nominal: Nominal) -> None:
        self._make = make
        self._shape = shape
        self._nominal = nominal
        names = [n for n in _names(make) if n.lower() in _THRESHOLDS]
        self._threshold_name = names[0] if names else None

    def properties(self) -> tuple[Property, ...]:
        """All of them."""
        few = st.integers(2, 8 if self._shape.by_thread else 1000)
        fixed = "" if self._threshold_name else "its threshold is fixed"
        parts = st.integers(1, 9).map(lambda tenths: tenths / 10)
        steps = st.sampled_from((-1.0, -60.0, -3600.0, -86400.0, 60.0, 3600.0, 86400.0))
        return (
            Property("threshold", "opens at its threshold and not before",
                     st.integers(0, self._nominal.threshold), self._opens,
                     "any number of failures in a row up to the threshold"),
            Property("big-threshold", "opens also at a threshold larger than its memory",
                     st.sampled_from((10, 50, 64, 101, 129, 257, 513, 1001)), self._remembers,
                     "thresholds up to 1001", why_not=fixed),
            Property("stays-open", "stays open for its time and tries again after it", parts,
                     self._stays, "requests at any tenth of its time"),
            Property("one-probe", "lets one probe through where many ask", few, self._one_probe,
                     "up to 1000 requests that ask at the same time"),
            Property("probe-fails", "opens again at once when the probe fails",
                     st.integers(0, 20), self._probe_fails, "probes that take no time to 20 s"),
            Property("probe-succeeds", "closes when the probe succeeds", st.integers(1, 5),
                     self._probe_succeeds, "requests after the probe"),
            Property("late-failures", "a failure of a request sent before it opened does not keep "
                     "it open", parts, self._late, "late failures at any tenth of its time"),
            Property("clock-steps", "no step of the wall clock opens or closes it", steps,
                     self._steps, "steps of the wall clock by up to a day while it is open"),
            Property("rare-failures", "rare failures among successes do not open it",
                     st.integers(_SUCCESSES_EACH, 40), self._rare,
                     "one failure in 20 to 40 requests"),
            Property("lost-probe", "a probe that never reports does not block it for ever",
                     st.just(None), self._lost, "a probe without an end", note=True),
        )  # fmt: skip

    def _life(self, journal: Journal, **other: Any) -> Life:
        return Life(self._make, self._shape, journal, **other)

    @property
    def _after_s(self) -> float:
        return self._nominal.recovery_s * 1.01 + 0.01

    async def _open(self, life: Life) -> None:
        """Let it open.

        Raises:
            NotReached: it did not let the failures through, told by `threshold`.
        """
        if await life.many(self._nominal.threshold, fails=True) < self._nominal.threshold:
            raise NotReached(life.why_refused)

    def _opens(self, failures: int, journal: Journal) -> None:
        life = self._life(journal)

        async def history() -> None:
            await life.many(failures, fails=True)
            ticket = await life.ask("ticket")
            if failures < self._nominal.threshold and ticket is None:
                life.broken(f"let through: {self._nominal.threshold} failures open it", "refused",
                            "assert ticket is not None")  # fmt: skip
            if failures >= self._nominal.threshold and ticket is not None:
                life.broken("refused: it is open", "let through", "assert ticket is None")

        life.run(history)

    def _remembers(self, threshold: int, journal: Journal) -> None:
        life = self._life(journal, **{str(self._threshold_name): threshold})

        async def history() -> None:
            if await life.many(threshold, fails=True) < threshold:
                raise NotReached("it refuses before enough failures open it")
            if await life.ask("ticket") is not None:
                life.broken("refused: it is open", "let through", "assert ticket is None")

        life.run(history)

    def _stays(self, part: float, journal: Journal) -> None:
        life = self._life(journal)

        async def history() -> None:
            await self._open(life)
            await life.wait_until(self._nominal.recovery_s * part)
            if await life.ask("early") is not None:
                life.broken(f"refused for {self._nominal.recovery_s:g} s", "let through",
                            "assert early is None")  # fmt: skip
            await life.wait_until(self._after_s)
            if await life.ask("ticket") is None:
                life.broken("let through as a probe", "refused", "assert ticket is not None")

        life.run(history)

    def _one_probe(self, asking: int, journal: Journal) -> None:
        life = self._life(journal)

        async def history() -> None:
            await self._open(life)
            await life.wait_until(self._after_s)
            passed = await life.together(asking)
            most = self._nominal.probes
            if not passed:
                raise NotReached(_NO_PROBE)
            if passed > most:
                test = f"assert sum(each is not None for each in tickets) <= {most}"
                life.broken(f"{most} let through as a probe", f"{passed} of {asking}", test)

        life.run(history)

    def _probe_fails(self, tenths: int, journal: Journal) -> None:
        life = self._life(journal)

        async def history() -> None:
            await self._open(life)
            await life.wait_until(self._after_s)
            probe = await life.ask("probe", "the probe asks")
            if probe is None:
                raise NotReached(_NO_PROBE)
            if tenths:
                await life.wait(float(tenths))
            await life.end(probe, "probe", fails=True, shown="the probe fails")
            if await life.ask("ticket") is not None:
                life.broken("refused: it is open again", "let through", "assert ticket is None")

        life.run(history)

    def _probe_succeeds(self, more: int, journal: Journal) -> None:
        life = self._life(journal)

        async def history() -> None:
            await self._open(life)
            await life.wait_until(self._after_s)
            for _ in range(self._nominal.successes):
                probe = await life.ask("probe", "the probe asks")
                if probe is None:
                    raise NotReached(_NO_PROBE)
                await life.end(probe, "probe", fails=False, shown="the probe succeeds")
            passed = await life.many(more + 1, fails=False)
            if passed <= more:
                life.broken(f"{more + 1} let through: it is closed", f"{passed} let through",
                            "assert ticket is not None")  # fmt: skip

        life.run(history)

    def _late(self, part: float, journal: Journal) -> None:
        life = self._life(journal)

        async def history() -> None:
            early = await life.ask("early", "a request asks, and has no answer yet")
            if early is None:
                raise NotReached("it lets nothing through")
            await self._open(life)
            await life.wait_until(self._nominal.recovery_s * part)
            await life.end(early, "early", fails=True, shown="that request fails")
            await life.wait_until(self._after_s)
            if await life.ask("ticket") is None:
                life.broken(f"let through as a probe: it opened {self._after_s:g} s ago", "refused",
                            "assert ticket is not None")  # fmt: skip

        life.run(history)

    def _steps(self, seconds: float, journal: Journal) -> None:
        life = self._life(journal)

        async def history() -> None:
            await self._open(life)
            await life.wait_until(self._nominal.recovery_s / 2)
            life.step_wall(seconds)
            if await life.ask("early") is not None:
                life.broken("refused: half of its time is left", "let through",
                            "assert early is None")  # fmt: skip
            await life.wait_until(self._after_s)
            if await life.ask("ticket") is None:
                life.broken("let through as a probe: its time is over", "refused",
                            "assert ticket is not None")  # fmt: skip

        life.run(history)

    def _rare(self, successes: int, journal: Journal) -> None:
        life = self._life(journal)

        async def history() -> None:
            for _ in range(self._nominal.threshold):
                if not await life.many(successes, fails=False):
                    raise NotReached("it lets nothing through")
                await life.many(1, fails=True)
            if await life.ask("ticket") is None:
                life.broken(f"let through: {successes} of {successes + 1} requests work", "refused",
                            "assert ticket is not None")  # fmt: skip

        life.run(history)

    def _lost(self, _history: None, journal: Journal) -> None:
        life = self._life(journal)

        async def history() -> None:
            await self._open(life)
            await life.wait_until(self._after_s)
            if await life.ask("probe", "the probe asks, and never reports") is None:
                raise NotReached(_NO_PROBE)
            await life.wait(round(20 * self._nominal.recovery_s + 600, 3))
            if await life.ask("ticket") is None:
                life.broken("let through as a new probe", "refused", "assert ticket is not None")

        life.run(history)


def _names(make: Making) -> list[str]:
    return list(inspect.signature(make.maker).parameters)
