"""How often a client may ask: weights, order counts, warnings and bans.

Windows are fixed, as Binance's are: they begin with the minute, the ten seconds, the day. A client
that goes on after its warning is banned, for longer each time (two minutes to three days).
Source: "Limits" in the documentation of the spot API.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

from trading_tools.venue.binance.errors import BinanceError

_MINUTE_MS = 60_000
_FIRST_BAN_MS = 120_000
_LONGEST_BAN_MS = 3 * 86_400_000


@dataclass(frozen=True)
class OrderLimit:
    """So many orders in a window, which has a `name` in headers and is a number of intervals."""

    name: str
    interval: str
    number: int
    length_ms: int
    limit: int


@dataclass(frozen=True)
class Rules:
    """The limits themselves. `patience`: warnings before a ban. No limit where it is None."""

    weight_1m: int = 6_000
    orders_10s: int = 100
    orders_1m: int | None = None
    orders_1d: int | None = 200_000
    connections_5m: int = 300
    patience: int = 10

    @cached_property
    def orders(self) -> tuple[OrderLimit, ...]:
        """The limits of orders, shortest window first."""
        windows = (
            ("10S", "SECOND", 10, 10_000, self.orders_10s),
            ("1M", "MINUTE", 1, _MINUTE_MS, self.orders_1m),
            ("1D", "DAY", 1, 86_400_000, self.orders_1d),
        )
        return tuple(
            OrderLimit(name, interval, number, length, limit)
            for name, interval, number, length, limit in windows
            if limit is not None
        )


@dataclass
class _Window:
    opened: int = -1
    used: int = 0

    def at(self, now: int, length: int) -> _Window:
        opened = now // length
        if opened != self.opened:
            self.opened, self.used = opened, 0
        return self


@dataclass
class Limits:
    """What has been used. All clients share one address, as all of this machine's do.

    `on_hit` is told of every refusal: (time, kind, what).
    """

    rules: Rules
    on_hit: Callable[[int, str, str], None]
    banned_until: int = 0
    _bans: int = 0
    _warnings: int = 0
    _weight: _Window = field(default_factory=_Window)
    _connections: _Window = field(default_factory=_Window)
    _orders: dict[tuple[str, str], _Window] = field(default_factory=lambda: defaultdict(_Window))

    def charge(self, weight: int, at: int) -> None:
        """Count a request.

        Raises:
            BinanceError: 429 over the limit, 418 in a ban.
        """
        if at < self.banned_until:
            self.on_hit(at, "418", "request in a ban")
            raise self._banned(at)
        window = self._weight.at(at, _MINUTE_MS)
        if not window.used:
            self._warnings = 0
        window.used += weight
        if window.used <= self.rules.weight_1m:
            return
        self._warnings += 1
        if self._warnings > self.rules.patience:
            self.banned_until = at + min(_FIRST_BAN_MS << min(self._bans, 12), _LONGEST_BAN_MS)
            self._bans += 1
            self._warnings = 0
            self.on_hit(at, "418", f"banned until {self.banned_until}")
            raise self._banned(at)
        self.on_hit(at, "429", f"weight {window.used} of {self.rules.weight_1m}")
        raise BinanceError(
            -1003,
            f"Too much request weight used; current limit is {self.rules.weight_1m} request weight "
            "per 1 MINUTE. Please use WebSocket Streams for live updates to avoid polling the API.",
            429,
            retry_after_s=-(-(_MINUTE_MS - at % _MINUTE_MS) // 1000),
        )

    def connect(self, at: int) -> None:
        """Count a WebSocket connection.

        Raises:
            BinanceError: more than the limit in five minutes.
        """
        window = self._connections.at(at, 5 * _MINUTE_MS)
        window.used += 1
        if window.used > self.rules.connections_5m:
            self.on_hit(at, "429", f"connection {window.used} in five minutes")
            raise BinanceError(-1003, "Too many connection attempts.", 429)

    def may_order(self, account: str, at: int) -> None:
        """See whether an account may place another order.

        Raises:
            BinanceError: it has reached a limit.
        """
        for rule in self.rules.orders:
            length = rule.length_ms
            if self._orders[account, rule.name].at(at, length).used >= rule.limit:
                words = f"{rule.number} {rule.interval}"
                self.on_hit(at, "429", f"orders of {account}: {rule.limit} in {words}")
                raise BinanceError(
                    -1015,
                    f"Too many new orders; current limit is {rule.limit} orders per {words}.",
                    429,
                    retry_after_s=-(-(length - at % length) // 1000),
                )

    def ordered(self, account: str, at: int) -> None:
        """Count an order that was accepted."""
        for rule in self.rules.orders:
            self._orders[account, rule.name].at(at, rule.length_ms).used += 1

    def weight_used(self, at: int) -> int:
        """Weight used in this minute."""
        return self._weight.at(at, _MINUTE_MS).used

    def orders_used(self, account: str, at: int) -> dict[str, int]:
        """Orders in each running window, by the window's name."""
        return {
            rule.name: self._orders[account, rule.name].at(at, rule.length_ms).used
            for rule in self.rules.orders
        }

    def _banned(self, at: int) -> BinanceError:
        return BinanceError(
            -1003,
            f"Way too much request weight used; IP banned until {self.banned_until}. Please use "
            "WebSocket Streams for live updates to avoid bans.",
            418,
            retry_after_s=-(-(self.banned_until - at) // 1000),
        )
