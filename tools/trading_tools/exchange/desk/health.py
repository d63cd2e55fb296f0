"""How a desk stands: one frozen reading, for a line in a log, a metrics endpoint or the bot itself.

It asks the venue for nothing and changes nothing. What is read is kept where it belongs: streams,
pacer, breaker, clock, records.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from typing import Any, Final, NoReturn

from trading_tools.exchange.breaker import State
from trading_tools.exchange.clock import UnknownClock
from trading_tools.exchange.desk.line import Line
from trading_tools.exchange.orders.life import UNSURE
from trading_tools.exchange.orders.manager import OrderManager

_EVERY_S: Final = 60.0

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class StreamHealth:
    """One stream. `name` is `account`, or `book` and the market.

    `age_s` is the time since its last message, None before the first; an account's stream may
    rightly be silent. `lag_s` is how far the desk is behind with what came, `dropped` what it did
    not take in for that, `errors` what it failed at. `connected` counts connections begun.
    """

    name: str
    age_s: float | None
    lag_s: float
    messages: int
    connected: int
    silences: int
    dropped: int
    errors: int
    last_error: str | None

    @property
    def reconnects(self) -> int:
        """How often it had to begin anew."""
        return max(0, self.connected - 1)


@dataclass(frozen=True)
class LimitHealth:
    """One of the venue's limits, used by all on this machine; of one with lanes, the fullest."""

    name: str
    unit: str
    used: float
    most: float


@dataclass(frozen=True, kw_only=True)
class DeskHealth:
    """A desk. `not_ready` has the reasons that are known and would keep any order back now.

    The venue's clock is `clock_offset_ms` ahead of ours, give or take `clock_error_ms`; both are
    None before it was read. `paused_s` is what is left of a pause that the venue asked for.
    `breaker` is closed, open or probing, by `breaker_failures` of `breaker_requests` lately.
    `unknown_orders` are those of which the outcome is not known, `open_orders` all others that have
    not ended. `unwritten` entries wait for the ledger.
    """

    venue: str
    account: str
    ready: bool
    not_ready: tuple[str, ...]
    stopping: bool
    kill_switch: str | None
    key_lost: bool
    streams: tuple[StreamHealth, ...]
    clock_offset_ms: float | None
    clock_error_ms: float | None
    paused_s: float
    requests_waiting: int
    limits: tuple[LimitHealth, ...]
    breaker: str
    breaker_requests: int
    breaker_failures: int
    open_orders: int
    unknown_orders: int
    unwritten: int

    def as_json(self) -> dict[str, Any]:
        """The same as plain objects, lists and figures; of streams with `reconnects`."""
        told = asdict(self)
        for shown, stream in zip(told["streams"], self.streams, strict=True):
            shown["reconnects"] = stream.reconnects
        return told

    def line(self) -> str:
        """The same in one line for people."""
        parts = ["ready" if self.ready else f"NOT ready: {'; '.join(self.not_ready)}"]
        parts.append(f"orders: {self.open_orders} open, {self.unknown_orders} unknown")
        parts += [_stream_line(stream) for stream in self.streams]
        if self.clock_offset_ms is not None:
            parts.append(f"clock {self.clock_offset_ms:+.0f} ms ±{self.clock_error_ms:.0f}")
        if self.limits:
            fullest = max(self.limits, key=lambda each: each.used / each.most)
            parts.append(f"{fullest.name} {fullest.used / fullest.most:.0%} used")
        if self.paused_s:
            parts.append(f"the venue asked for a pause of {self.paused_s:.0f} s more")
        if self.unwritten:
            parts.append(f"not in the ledger yet: {self.unwritten}")
        return f"{self.venue} {self.account}: {' | '.join(parts)}"


def _stream_line(stream: StreamHealth) -> str:
    heard = "nothing yet" if stream.age_s is None else f"{stream.age_s:.1f} s ago"
    more = f", reconnects {stream.reconnects}" if stream.reconnects else ""
    return f"{stream.name} {heard}{more}"


def health_of(
    line: Line,
    account: str,
    manager: OrderManager,
    streams: Iterable[StreamHealth],
    *,
    waits_for: str | None,
    kill_switch: str | None,
    stopping: bool,
) -> DeskHealth:
    """The reading of a desk's parts. `waits_for` is what keeps it from its beginning."""
    requests, failures = line.breaker.counted
    broken, lost = line.breaker.state, line.key.lost.is_set()
    reasons = {
        waits_for: waits_for is not None,
        "it was told to end": stopping,
        f"the kill switch is thrown: {kill_switch}": kill_switch is not None,
        "the venue takes the key no more": lost,
        f"{line.name} keeps failing, its breaker is {broken}": broken is not State.CLOSED,
        f"the ledger: {manager.unwritable}": manager.unwritable is not None,
    }
    not_ready = tuple(str(why) for why, holds in reasons.items() if holds)
    try:
        offset = line.clock.offset()
    except UnknownClock:
        offset = None
    paused_s, used = line.pacer.standing()
    rules = line.pacer.rules.values()
    orders = manager.records.not_ended()
    unknown = sum(order.stage in UNSURE for order in orders)
    return DeskHealth(
        venue=line.name,
        account=account,
        ready=not not_ready,
        not_ready=not_ready,
        stopping=stopping,
        kill_switch=kill_switch,
        key_lost=lost,
        streams=tuple(streams),
        clock_offset_ms=None if offset is None else offset.ms,
        clock_error_ms=None if offset is None else offset.error_ms,
        paused_s=paused_s,
        requests_waiting=line.pacer.waiting,
        limits=tuple(LimitHealth(r.name, r.unit, used[r.name], r.most) for r in rules),
        breaker=broken.value,
        breaker_requests=requests,
        breaker_failures=failures,
        open_orders=len(orders) - unknown,
        unknown_orders=unknown,
        unwritten=manager.unwritten,
    )


async def telling(health: Callable[[], DeskHealth]) -> NoReturn:
    """A line in the log every minute, for good."""
    while True:
        await asyncio.sleep(_EVERY_S)
        try:
            log.info("%s", health().line())
        except OSError as error:  # the counts of this machine's requests: no reason to end a bot
            log.error("how the desk stands cannot be read: %s", error)
