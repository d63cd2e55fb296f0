"""The pacer: requests wait here until their venue's limits have room, the urgent ones first.

What was granted is counted before the request goes out and is never given back: whether a request
that was cancelled on its way arrived is not known.
"""

from __future__ import annotations

import asyncio
import hashlib
import itertools
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from trading_tools.exchange.pacing import meters
from trading_tools.exchange.pacing.nonces import Nonces
from trading_tools.exchange.pacing.rules import SHARES, Cost, NeverFits, Priority, Rule, Scope
from trading_tools.exchange.pacing.slots import OwnSlots, Slots

_ONE_REQUEST = Cost()
_PAUSE = "pause"


@dataclass(order=True)
class _Waiter:
    priority: Priority
    number: int
    cost: Cost = field(compare=False)
    needs: frozenset[str] = field(compare=False)
    go: asyncio.Future[None] = field(compare=False)


class Pacer:
    """Keeps all limits of one venue for one key.

    `key` tells accounts apart and is kept as a hash only. Pacers of the same venue, key and shared
    slots keep the limits together, in however many processes, where they are of the same host:
    `where` tells a sandbox and a simulator from the venue itself, whose limits are not theirs.
    """

    def __init__(
        self,
        venue: str,
        rules: Iterable[Rule],
        key: str = "",
        slots: Slots | None = None,
        clock: Callable[[], float] = time.monotonic,
        *,
        where: str = "",
    ) -> None:
        self.venue = venue
        self.rules = {rule.name: rule for rule in rules}
        self._slots = slots or OwnSlots()
        self._clock = clock
        self._owner = hashlib.sha256(key.encode()).hexdigest()[:16]
        self._where = where
        self.nonces = Nonces(f"{venue} nonces {self._owner} {where}", self._slots)
        """Of the key, for all clients of it."""
        self._pauses = [self._named(_PAUSE, scope, "") for scope in Scope]
        self._lanes: dict[str, dict[str, str]] = {name: {} for name in self.rules}
        """By rule, the slots of the lanes that requests took here."""
        self._waiting: list[_Waiter] = []
        self._blocked: dict[str, Priority] = {}
        self._numbers = itertools.count()
        self._timer: asyncio.TimerHandle | None = None

    async def acquire(self, cost: Cost = _ONE_REQUEST, priority: Priority = Priority.DATA) -> None:
        """Return when a request of this cost may be sent. Cancelled in its wait, it used none.

        Raises:
            NeverFits: it costs more than a whole limit.
        """
        wait = None if self._is_behind(cost, priority) else self.try_acquire(cost, priority)
        if wait == 0:
            return
        needs = self._needs(cost)
        loop = asyncio.get_running_loop()
        waiter = _Waiter(priority, next(self._numbers), cost, needs, loop.create_future())
        self._waiting.append(waiter)
        self._block(waiter)
        if wait is not None:
            self._serve_in(wait)
        try:
            await waiter.go
        except asyncio.CancelledError:
            if waiter in self._waiting:
                self._waiting.remove(waiter)
                self._serve()
            raise

    def try_acquire(self, cost: Cost = _ONE_REQUEST, priority: Priority = Priority.DATA) -> float:
        """Count the request and give 0 if it may go now; else the seconds until it may, uncounted.

        Raises:
            NeverFits: it costs more than a whole limit.
        """
        rules = self._touched(cost)
        names = [self._slot_name(rule, cost.lane) for rule in rules]
        with self._slots.held([*self._pauses, *names]) as (address, key, *slots):
            now, share = self._clock(), SHARES[priority]
            wait = max(meters.paused(address, now), meters.paused(key, now))
            for rule, slot in zip(rules, slots, strict=True):
                wait = max(wait, meters.wait(rule, slot, now, cost.units[rule.unit], share))
            if wait == 0:
                for rule, slot in zip(rules, slots, strict=True):
                    meters.add(rule, slot, now, cost.units[rule.unit])
        return wait

    def told(self, rule_name: str, units: float, lane: str = "") -> None:
        """The venue says how much of a limit is used; others may have used it too.

        Raises:
            KeyError: there is no such rule.
        """
        rule = self.rules[rule_name]
        with self._slots.held([self._slot_name(rule, lane)]) as (slot,):
            meters.told(rule, slot, self._clock(), units)

    def pause(self, seconds: float, scope: Scope = Scope.ADDRESS) -> None:
        """Let nothing go for so long: the venue said `Retry-After`, or banned this address."""
        with self._slots.held([self._named(_PAUSE, scope, "")]) as (slot,):
            meters.pause(slot, self._clock() + seconds)

    def used(self, rule_name: str, lane: str = "") -> float:
        """How much of a limit is used now.

        Raises:
            KeyError: there is no such rule.
        """
        rule = self.rules[rule_name]
        with self._slots.held([self._slot_name(rule, lane)]) as (slot,):
            return meters.used(rule, slot, self._clock())

    def standing(self) -> tuple[float, dict[str, float]]:
        """Seconds left of a pause, and how much of each limit is used: of one in lanes, the most.

        Of lanes those count that requests took here.
        """
        slots = [(rule, name) for rule, lanes in self._lanes.items() for name in lanes.values()]
        used = dict.fromkeys(self.rules, 0.0)
        with self._slots.held([*self._pauses, *(name for _, name in slots)]) as (
            address,
            key,
            *found,
        ):
            now = self._clock()
            for (rule, _), slot in zip(slots, found, strict=True):
                used[rule] = max(used[rule], meters.used(self.rules[rule], slot, now))
            return max(meters.paused(address, now), meters.paused(key, now)), used

    @property
    def waiting(self) -> int:
        """Requests that wait here."""
        return len(self._waiting)

    def _serve(self) -> None:
        """Let go who may go, in the order of urgency, and come back when the next one may.

        Nobody overtakes a more urgent one that waits for a limit which both need.
        """
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        waiting, self._waiting = sorted(self._waiting), []
        self._blocked.clear()
        for waiter in waiting:
            if waiter.go.done():
                continue
            if not self._blocked.keys().isdisjoint(waiter.needs):
                self._waiting.append(waiter)
                self._block(waiter)
                continue
            try:
                wait = self.try_acquire(waiter.cost, waiter.priority)
            except OSError as error:  # shared slots on a disk that is full, or gone
                waiter.go.set_exception(error)
                continue
            if wait == 0:
                waiter.go.set_result(None)
                continue
            self._waiting.append(waiter)
            self._block(waiter)
            self._serve_in(wait)

    def _block(self, waiter: _Waiter) -> None:
        for name in waiter.needs:
            self._blocked[name] = min(waiter.priority, self._blocked.get(name, waiter.priority))

    def _serve_in(self, seconds: float) -> None:
        loop = asyncio.get_running_loop()
        if self._timer is not None:
            if self._timer.when() <= loop.time() + seconds:
                return
            self._timer.cancel()
        self._timer = loop.call_later(seconds, self._serve)

    def _is_behind(self, cost: Cost, priority: Priority) -> bool:
        """Whether one that is at least as urgent waits for a limit which this one needs."""
        blocked = self._blocked
        return bool(blocked) and any(
            blocked.get(name, Priority.DATA + 1) <= priority for name in self._needs(cost)
        )

    def _needs(self, cost: Cost) -> frozenset[str]:
        return frozenset(self._slot_name(rule, cost.lane) for rule in self._touched(cost))

    def _touched(self, cost: Cost) -> list[Rule]:
        """The rules that a request counts for.

        Raises:
            NeverFits: it costs more than all of a limit, or less than nothing.
        """
        touched = [rule for rule in self.rules.values() if cost.units.get(rule.unit)]
        for rule in touched:
            if not 0 <= cost.units[rule.unit] <= rule.most:
                raise NeverFits(
                    f"{self.venue} {rule.name}: a request of {cost.units[rule.unit]:g} never fits "
                    f"into {rule.most:g}"
                )
        return touched

    def _slot_name(self, rule: Rule, lane: str) -> str:
        lanes, lane = self._lanes[rule.name], lane if rule.lanes else ""
        if lane not in lanes:
            lanes[lane] = self._named(rule.name, rule.scope, lane)
        return lanes[lane]

    def _named(self, what: str, scope: Scope, lane: str) -> str:
        owner = self._owner if scope is Scope.KEY else ""
        return "\n".join((self.venue, what, owner, lane, self._where))
