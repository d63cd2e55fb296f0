"""How often a client may ask: counters that fall with time.

Private REST calls count on one counter, orders on one of the trading engine for each pair, where a
change costs the more the younger the order is. Source: "Spot REST rate limits" and "Spot trading
rate limits". For public calls the documentation names a pace only, one a second; here fifteen may
come at once. Who goes on after refusals is locked out for 15 minutes.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from trading_tools.venue.kraken.errors import LOCKOUT, KrakenError

_LOCKOUT_MS = 900_000
_CONNECTIONS_MS = 600_000

CANCEL: Final = ((5, 8), (10, 6), (15, 5), (45, 4), (90, 2), (300, 1))
EDIT: Final = ((5, 6), (10, 5), (15, 4), (45, 2), (90, 1))
AMEND: Final = ((5, 3), (10, 2), (15, 1))
"""What a change costs for an order younger than so many seconds."""


@dataclass(frozen=True)
class Rules:
    """The limits of an account verified as Intermediate. `patience`: refusals before a lockout."""

    calls: float = 20
    calls_per_s: float = 0.5
    public_calls: float = 15
    public_calls_per_s: float = 1
    orders: float = 125
    orders_per_s: float = 2.34
    connections_10m: int = 150
    patience: int = 20


@dataclass
class _Counter:
    """A count that falls by `per_s` each second."""

    most: float
    per_s: float
    count: float = 0
    at: int = 0
    refusals: int = 0

    def now(self, at: int) -> float:
        """The count at `at`."""
        self.count = max(0.0, self.count - self.per_s * (at - self.at) / 1_000)
        self.at = at
        return self.count

    def add(self, cost: float, at: int) -> bool:
        """Count `cost`; whether there was room. What is refused is not counted."""
        if self.now(at) + cost > self.most:
            self.refusals += 1
            return False
        self.count += cost
        if self.count <= self.most / 2:
            self.refusals = 0
        return True


@dataclass
class Limits:
    """What has been used. `on_hit` is told of every refusal: (time, kind, what)."""

    rules: Rules
    on_hit: Callable[[int, str, str], None]
    locked_until: int = 0
    _pairs: dict[str, _Counter] = field(default_factory=dict)
    _connections: deque[int] = field(default_factory=deque)

    def __post_init__(self) -> None:
        rules = self.rules
        self._private = _Counter(rules.calls, rules.calls_per_s)
        self._public = _Counter(rules.public_calls, rules.public_calls_per_s)
        self._pairs = defaultdict(lambda: _Counter(rules.orders, rules.orders_per_s))

    def call(self, cost: float, at: int) -> None:
        """Count a private call.

        Raises:
            KrakenError: the counter is full, or the account is locked out.
        """
        if at < self.locked_until:
            self.on_hit(at, LOCKOUT, "request in a lockout")
            raise KrakenError(LOCKOUT)
        if self._private.add(cost, at):
            return
        if self._private.refusals > self.rules.patience:
            self._private.refusals = 0
            self.locked_until = at + _LOCKOUT_MS
            self.on_hit(at, LOCKOUT, f"locked out until {self.locked_until}")
            raise KrakenError(LOCKOUT)
        words = "EAPI:Rate limit exceeded"
        self.on_hit(at, words, f"counter {self._private.count:.2f} of {self._private.most:g}")
        raise KrakenError(words)

    def public(self, at: int) -> None:
        """Count a public call.

        Raises:
            KrakenError: too many.
        """
        if not self._public.add(1, at):
            words = "EGeneral:Too many requests"
            self.on_hit(at, words, f"counter {self._public.count:.2f} of {self._public.most:g}")
            raise KrakenError(words)

    def order(self, symbol: str, cost: float, at: int) -> None:
        """Count a new or changed order of one pair.

        Raises:
            KrakenError: the pair's counter is full.
        """
        counter = self._pairs[symbol]
        if not counter.add(cost, at):
            words = "EOrder:Rate limit exceeded"
            self.on_hit(at, words, f"{symbol}: counter {counter.count:.2f} of {counter.most:g}")
            raise KrakenError(words)

    def canceled(self, symbol: str, age_ms: int, at: int) -> None:
        """Count a cancel. One is never refused, but the next orders wait for it."""
        counter = self._pairs[symbol]
        counter.count = counter.now(at) + by_age(CANCEL, age_ms)

    def orders_used(self, symbol: str, at: int) -> float:
        """The trading engine's counter of a pair."""
        return self._pairs[symbol].now(at)

    def connect(self, at: int) -> bool:
        """Count a WebSocket connection; whether it may be opened."""
        while self._connections and at - self._connections[0] > _CONNECTIONS_MS:
            self._connections.popleft()
        self._connections.append(at)
        if len(self._connections) <= self.rules.connections_10m:
            return True
        self.on_hit(at, "429", f"connection {len(self._connections)} in ten minutes")
        return False


def by_age(costs: tuple[tuple[int, int], ...], age_ms: int) -> int:
    """What a change of an order of this age costs."""
    return next((cost for younger_s, cost in costs if age_ms < 1_000 * younger_s), 0)
