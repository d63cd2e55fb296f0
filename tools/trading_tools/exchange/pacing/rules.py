"""What a venue allows: windows and decaying counters, of an address or of a key.

The figures of each venue are `venues`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum


class Scope(StrEnum):
    """Whose requests a rule counts together."""

    ADDRESS = "address"
    KEY = "key"


class Priority(IntEnum):
    """Who goes first where not all can go: what takes risk away before what adds some."""

    CANCEL = 0
    PLACE = 1
    DATA = 2


@dataclass(frozen=True)
class Window:
    """At most `limit` units in any `seconds`.

    Venues count in windows of their own clock, of which the client knows neither the start nor how
    long its requests travel. So no stretch of `seconds` and `margin_s` more may hold over `limit`
    as they are sent: then none as they arrive does, as long as travel times differ by less than
    `margin_s`. With `lanes` the venue keeps one for each pair, or whatever a request's lane is.

    Raises:
        ValueError: a limit or a length that is not positive.
    """

    name: str
    unit: str
    limit: int
    seconds: float
    scope: Scope
    margin_s: float = 0.5
    lanes: bool = False

    def __post_init__(self) -> None:
        times = 0 < self.seconds < math.inf and 0 <= self.margin_s < math.inf
        if not (times and 1 <= self.limit < math.inf):
            raise ValueError(f"{self.name}: {self.limit} in {self.seconds} s is not a limit")

    @property
    def most(self) -> float:
        """What may be used: all of it."""
        return self.limit


@dataclass(frozen=True)
class Counter:
    """A count that every request raises, that decays by `decay_per_s`, and may not pass `limit`.

    With `lanes` the venue keeps one for each pair, or whatever a request's lane is.

    Requests that bunch up on their way by up to `margin_s` find less decayed than when they were
    sent one by one, so that much of the limit stays unused.

    Raises:
        ValueError: a limit or a decay that is not positive, or a margin that leaves nothing.
    """

    name: str
    unit: str
    limit: float
    decay_per_s: float
    scope: Scope
    margin_s: float = 0.5
    lanes: bool = False

    def __post_init__(self) -> None:
        if not (self.decay_per_s > 0 and self.margin_s >= 0 and 0 < self.most < math.inf):
            raise ValueError(
                f"{self.name}: {self.limit} with a decay of {self.decay_per_s} a second and a "
                f"margin of {self.margin_s} s is not a limit"
            )

    @property
    def most(self) -> float:
        """What may be used: what the margin leaves of the limit."""
        return self.limit - self.decay_per_s * self.margin_s


Rule = Window | Counter

SHARES: Mapping[Priority, float] = {Priority.CANCEL: 1.0, Priority.PLACE: 0.95, Priority.DATA: 0.85}
"""How much of a limit each priority may use, so that a cancel always finds room left by data."""


@dataclass(frozen=True)
class Cost:
    """What one request uses, by unit. `lane` is the pair, for rules that have lanes.

    A unit that no rule has costs nothing.
    """

    units: Mapping[str, float] = field(default_factory=lambda: {"requests": 1})
    lane: str = ""


class NeverFits(ValueError):
    """A request costs more than the whole of a limit: it could wait for ever."""
