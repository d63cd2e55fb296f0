"""What a rate limiter must keep: its rate in any window, and that everybody gets through in time.

The law of a rate: within any stretch of s seconds at most `burst + rate / per · s` units are let
go. Seed 004's own limiter passes twice that (it counts slept time again).
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import Any

from hypothesis import strategies as st

from trading_tools.conformance.inside.journal import Hung, Journal, NotReached, Skipped
from trading_tools.conformance.inside.loading import Loaded, told
from trading_tools.conformance.inside.search import Property, real_time_bound
from trading_tools.conformance.inside.virtual import Stuck, VirtualTime
from trading_tools.conformance.kinds.laws import Laws, Making, has_default, making
from trading_tools.conformance.kinds.limiter_history import (
    Event,
    Life,
    Nominal,
    live,
    tell,
    without,
    write,
)
from trading_tools.conformance.kinds.limiter_shapes import (
    Shape,
    asked_again,
    no_for_now,
    shape_of,
)
from trading_tools.conformance.kinds.params import Params
from trading_tools.conformance.spec import CheckError

_RATES = (
    "rate", "requests_per_second", "requests_per_minute", "rps", "calls", "max_calls", "limit",
    "max_requests", "rate_limit", "calls_per_second", "calls_per_minute", "refill_rate",
    "fill_rate", "tokens_per_second", "max_rate", "rate_limit_per_minute", "rate_per_second",
    "per_second", "requests", "per_minute", "refill_per_second", "max_count", "event_count",
    "max_credits", "calls_limit", "num_requests",
)  # fmt: skip
_PERS = (
    "per", "per_s", "period", "period_s", "window", "window_s", "window_seconds", "time_window",
    "interval", "seconds", "time_period", "per_seconds", "interval_s",
)  # fmt: skip
_BURSTS = ("burst", "capacity", "bucket_size", "max_tokens", "burst_capacity", "max_burst", "size")
_NO_NAMES = ("no-such-name", "")
_SLACK = 0.01
_MOST_CALLS = 2_000
_SMALL_CROWD = 60
_LEAST_SHARE = 0.5
_UNTOLD = (KeyError, IndexError, AttributeError, TypeError)
_UNTOLD_NAMES = "KeyError | IndexError | AttributeError | TypeError"


def laws(loaded: Loaded, params: Params) -> Laws:
    """The properties of a limiter.

    Raises:
        CheckError: it cannot be made or asked, or nothing says what it promises.
    """
    meanings = {"rate": (_RATES, 10), "per": (_PERS, 1), "burst": (_BURSTS, 10)}
    make = making(loaded, params, meanings)
    nominal = _nominal(make, params)
    with VirtualTime():
        poll_s = max(nominal.per_s / nominal.rate, nominal.per_s / 50)
        shape = shape_of(make(), params, poll_s)
    no = _no_for_now(make, shape, nominal)
    if no:
        shape = asked_again(shape, no, poll_s)
    again = f" until it gives no {no}" if no else ""
    case = _Case(make, shape, nominal)
    return Laws(f"{make.expression}, {shape.call}{again}; nominal {nominal}", case.properties())


def _no_for_now(make: Making, shape: Shape, nominal: Nominal) -> str:
    """Tried once: more calls than it lets go at once, and one after a rest."""
    calls = min(2 * math.ceil(nominal.burst) + 2, _MOST_CALLS)
    with suppress(Stuck, Hung), real_time_bound(), VirtualTime() as clock:
        found: str = clock.run(no_for_now(make(), shape, calls, nominal.patience_s(calls)))
        return found
    return ""


def _nominal(make: Making, params: Params) -> Nominal:
    rate = params.number("rate") or has_default(make, _RATES)
    if rate is None:
        raise CheckError(
            f"nothing says what {make.expression} promises",
            "give --param rate=N (units), and where it is not a second --param per=SECONDS",
        )
    minute = any("per_minute" in name for name in inspect.signature(make.maker).parameters)
    per = params.number("per") or has_default(make, _PERS) or (60.0 if minute else 1.0)
    burst = params.number("burst") or has_default(make, _BURSTS) or max(rate, 1.0)
    return Nominal(rate, per, burst)


def over(granted: Sequence[tuple[float, float]], nominal: Nominal) -> str:
    """The first stretch that holds more than the law allows, in words; empty where none does."""
    total, least, start, before = 0.0, math.inf, 0.0, 0.0
    for at, cost in granted:
        # The worst beginning of a stretch that ends here: nothing earlier leaves less room.
        if (room := total - nominal.a_second * at) < least:
            least, start, before = room, at, total
        total += max(cost, 0)
        used, most = total - before, nominal.most(at - start)
        if used > most + _SLACK:
            return f"{used:g} within {round(at - start, 3):g} s, where {most:.4g} are the most"
    return ""


class _Case:
    """One limiter under all its laws."""

    def __init__(self, make: Making, shape: Shape, nominal: Nominal) -> None:
        self._make = make
        self._shape = shape
        self._nominal = nominal
        burst = max(1, math.floor(nominal.burst))
        fill = nominal.per_s / nominal.rate
        self._gaps = st.integers(0, 12).map(lambda n: round(n * fill * burst / 8, 6))
        crowd = _SMALL_CROWD
        if not shape.takes_cost:
            crowd = min(max(crowd, burst + burst // 2), _MOST_CALLS)
        often = 2 if shape.again else 3  # asking again and again takes long
        self._counts = st.integers(1, min(often * burst + 2, crowd))
        self._burst = burst
        self._over = False
        self._groups, self._share = (often + 1, 1.0) if crowd <= _SMALL_CROWD else (2, 0.25)
        most = burst if shape.takes_cost else 1
        self._costs = st.integers(1, most)

    def properties(self) -> tuple[Property, ...]:
        """All of them."""
        groups = st.lists(self._group(), min_size=1, max_size=self._groups)
        no_costs = "" if self._shape.takes_cost else "its calls take no cost"
        two = no_costs or ("" if self._nominal.burst >= 2 else "its burst is a single unit")
        many = (
            ""
            if self._shape.takes_cost or self._burst < _MOST_CALLS
            else (
                f"its burst is {self._burst} calls, a history has {_MOST_CALLS}: check it with less"
            )
        )
        return (
            Property("rate", "never over the nominal rate in any window",
                     st.one_of(groups, self._turning()), self._rate,
                     "calls alone, in crowds and after pauses, of any cost up to the burst",
                     why_not=many, share=self._share),
            Property("starvation", "every call is let go in time", groups, self._in_time,
                     "the same histories; nobody waits three times as long as the rate asks for",
                     share=self._share),
            Property("throughput", "gives at least half of the rate that it promises",
                     st.integers(4, 40), self._throughput, "crowds that use up the burst first",
                     why_not=many, share=self._share),
            Property("clock-steps", "no step of the wall clock changes what it lets go",
                     self._stepping(), self._steps,
                     "steps of the wall clock by up to a day, backwards and forwards",
                     why_not=many, share=self._share),
            Property("cancellation", "a call that leaves while it waits takes nothing with it",
                     self._leaving(), self._leaves, "calls that leave at any moment of their wait",
                     why_not=many, share=self._share),
            Property("oversize", "a call that costs more than ever fits is refused",
                     st.integers(1, 3 * self._burst), self._oversize,
                     "costs up to four times the burst", note=self._shape.again,
                     why_not=no_costs),
            Property("negative-cost", "a cost below zero buys nothing", st.integers(1, 50),
                     self._negative, "negative costs before a crowd", why_not=no_costs),
            Property("cheap-calls", "a cheap call need not wait behind a big one",
                     st.just(None), self._cheap, "a big call and cheap ones after it", note=True,
                     why_not=two),
            Property("unknown-names", "an unknown name is refused in words",
                     st.sampled_from(_NO_NAMES), self._unknown, "names that no venue has",
                     note=True, why_not="" if self._named() else "it is made without a name"),
        )  # fmt: skip

    def _group(self, **more: st.SearchStrategy[Any]) -> st.SearchStrategy[Event]:
        return st.builds(Event, gap_s=self._gaps, count=self._counts, cost=self._costs, **more)

    def _turning(self) -> st.SearchStrategy[list[Event]]:
        """One call, and a crowd late in the window that it may have begun."""
        crowd = min(2 * self._burst + 2, _MOST_CALLS)
        eighths = st.integers(4, 7).map(lambda n: round(n * self._nominal.per_s / 8, 6))
        return eighths.map(lambda gap_s: [Event(0, 1), Event(gap_s, crowd)])

    def _stepping(self) -> st.SearchStrategy[list[Event]]:
        steps = st.sampled_from((-1.0, 1.0, -60.0, 60.0, -3600.0, 3600.0, -86400.0, 86400.0))
        step = st.builds(Event, gap_s=self._gaps, step_s=steps)
        ends = st.lists(self._group(), min_size=1, max_size=2)
        return st.tuples(ends, step, ends).map(lambda parts: [*parts[0], parts[1], *parts[2]])

    def _leaving(self) -> st.SearchStrategy[list[Event]]:
        fill = self._nominal.per_s / self._nominal.rate
        leave = st.integers(1, 40).map(lambda n: round(n * fill / 4 + fill / 97, 6))
        crowd = self._group(leave_s=leave)
        return st.tuples(st.lists(crowd, min_size=1, max_size=2), self._group()).map(
            lambda parts: [*parts[0], parts[1]]
        )

    def _live(self, events: Sequence[Event], journal: Journal) -> Life:
        try:
            return live(self._make, self._shape, self._nominal, events)
        except (Hung, Stuck):
            self._told(events, Life(0), journal)
            raise

    def _used_up(self) -> list[Event]:
        """What takes the whole burst at once."""
        if self._shape.takes_cost:
            return [Event(0, 1, self._burst)]
        return [Event(0, self._burst)]

    def _told(self, events: Sequence[Event], life: Life, journal: Journal) -> None:
        tell(journal, self._shape, events, life)
        write(journal, self._make, self._shape, self._nominal, events)

    def _law_of_rate(self, events: Sequence[Event], life: Life, journal: Journal) -> None:
        excess = over(life.granted, self._nominal)
        if excess:
            self._told(events, life, journal)
            nominal = self._nominal
            journal.do(
                "let_go = [call for call in calls if call[2] is not None and call[1] > 0]",
                "granted = sorted((at, cost) for _, cost, at, _ in let_go)",
                "for first, (start, _) in enumerate(granted):",
                "    used = 0",
                "    for end, cost in granted[first:]:",
                "        used += cost",
                f"        most = {nominal.burst!r} + {nominal.a_second!r} * (end - start)",
            )
            words = f"at most {nominal.burst:g} and {nominal.a_second:g} a second in any stretch"
            message = 'f"{used} let go within {end - start} s"'
            journal.broken(words, excess, f"        assert used <= most + {_SLACK}, {message}")

    def _law_of_patience(self, events: Sequence[Event], life: Life, journal: Journal) -> None:
        failed = [call for call in life.calls if call.error]
        starved = life.starved()
        if failed or starved:
            self._told(events, life, journal)
            came = f"an error: {failed[0].error}" if failed else self._late(life)
            journal.do(
                "waiting = [c for c in calls if c[2] is None and not "
                "isinstance(c[3], TimeoutError)]",
                f"late = [c for c in calls if c[2] is not None and c[2] - c[0] > "
                f"{life.patience_s!r}]",
            )
            journal.broken("every call let go in time", came, "assert not waiting + late")

    def _late(self, life: Life) -> str:
        count, call = len(life.starved()), life.starved()[0]
        if call.granted_s is not None:
            waited = call.granted_s - call.asked_s
            return f"{count} of {len(life.calls)} let go late, the first after {waited:.4g} s"
        waited = life.ended_s - call.asked_s
        return f"{count} of {len(life.calls)} still wait{'s' * (count == 1)} after {waited:.4g} s"

    def _rate(self, events: list[Event], journal: Journal) -> None:
        life = self._live(events, journal)
        if not life.granted:
            raise NotReached("it lets nothing go")
        self._over = self._over or bool(over(life.granted, self._nominal))
        self._law_of_rate(events, life, journal)

    def _in_time(self, events: list[Event], journal: Journal) -> None:
        self._law_of_patience(events, self._live(events, journal), journal)

    def _throughput(self, more: int, journal: Journal) -> None:
        events = [*self._used_up(), Event(0, more)]
        life = self._live(events, journal)
        if life.starved() or not life.granted:
            raise NotReached("calls wait too long already, or get an error")
        longest = more / self._nominal.a_second / _LEAST_SHARE + 2 * self._nominal.per_s
        if life.granted and (last := life.granted[-1][0]) > longest:
            self._told(events, life, journal)
            journal.broken(
                f"{more} calls after the burst within {longest:.4g} s",
                f"{last:.4g} s",
                f"assert max(at for _, _, at, _ in calls) <= {longest!r}",
            )

    def _compared(
        self,
        events: list[Event],
        calm: Sequence[Event],
        journal: Journal,
    ) -> None:
        """Both laws, where they hold without what is new in this history."""
        life = self._live(calm, journal)
        failed = any(call.error for call in life.calls)
        if not life.granted or over(life.granted, self._nominal) or life.starved() or failed:
            raise NotReached("it breaks the rate, lets calls wait or fails without that too")
        life = self._live(events, journal)
        self._law_of_rate(events, life, journal)
        self._law_of_patience(events, life, journal)

    def _steps(self, events: list[Event], journal: Journal) -> None:
        self._compared(events, without(events, step_s=0.0), journal)

    def _leaves(self, events: list[Event], journal: Journal) -> None:
        if self._over:
            raise NotReached("it breaks the rate without that too")
        self._compared(events, without(events, leave_s=None), journal)

    def _oversize(self, more: int, journal: Journal) -> None:
        cost = self._burst + more
        events = [Event(0, 1, cost)]
        life = self._live(events, journal)
        if life.calls[0].error:
            if not self._live([Event(0, 1)], journal).granted:
                raise NotReached("it refuses what fits too")
            return
        self._told(events, life, journal)
        let_go = life.calls[0].granted_s is not None
        came = f"{cost} at once, let go" if let_go else self._late(life)
        journal.broken(
            f"an error: {self._nominal.burst:g} are the most at once",
            came,
            'assert calls[0][3] is not None, "a call that never fits was not refused"',
        )

    def _negative(self, less: int, journal: Journal) -> None:
        crowd = [*self._used_up(), Event(0, less)]
        granted = self._live(crowd, journal).granted
        if not granted or over(granted, self._nominal):
            raise NotReached("it does not keep the rate without that, or lets nothing go")
        events = [Event(0, 1, -less), *crowd]
        self._law_of_rate(events, self._live(events, journal), journal)

    def _cheap(self, _history: None, journal: Journal) -> None:
        big = [*self._used_up(), Event(0, 1, self._burst), Event(0, 3)]
        life = self._live(big, journal)
        _, large, *others = life.calls
        cheap = [call.granted_s for call in others]
        if large.granted_s is None or None in cheap:
            raise NotReached("calls wait too long already")
        first = min(at for at in cheap if at is not None)
        if first >= large.granted_s - _SLACK:
            self._told(big, life, journal)
            journal.broken(
                "a call of cost 1 let go once there is room for it",
                f"it waited {first:.3g} s, for the one of cost {self._burst}",
                "assert calls[2][2] < calls[1][2]",
            )

    def _named(self) -> str | None:
        for name, value in self._make.given.items():
            if isinstance(value, str):
                return name
        return None

    def _unknown(self, word: str, journal: Journal) -> None:
        name = self._named()
        if name is None:
            raise Skipped("it is made without a name")
        made: Callable[[], object] = partial(self._make.maker, **{**self._make.given, name: word})
        try:
            made()
        except Exception as error:  # noqa: BLE001 - code of others: whatever it raises is judged
            if isinstance(error, _UNTOLD):
                call = f"{self._make.maker.__name__}({name}={word!r})"
                journal.step(0, call, told(error))
                journal.do("with pytest.raises(Exception) as caught:", f"    {call}")
                journal.broken(
                    "an error that says which names there are",
                    told(error),
                    f"assert not isinstance(caught.value, {_UNTOLD_NAMES})",
                )
