"""How often a client may ask, in fixed windows: each private key, and each address.

Who goes on is refused until the window has passed; no ban is documented. Source: "REST API rate
limits" and "WebSocket rate limits" of Advanced Trade, "Rate limiting" of the v2 API.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from trading_tools.venue.coinbase.errors import rate_limited

_SECOND_MS = 1_000
_HOUR_MS = 3_600_000


@dataclass(frozen=True)
class Rules:
    """The limits themselves: requests, connections and unsigned messages of streams.

    A stream that is not subscribed to within `subscribe_within_s`, or on which nothing was sent for
    `silent_s`, is closed ("most channels close within 60 to 90 seconds if no updates are sent").
    """

    private_1s: int = 30
    public_1s: int = 10
    v2_1h: int = 10_000
    connections_1s: int = 8
    messages_1s: int = 8
    subscribe_within_s: float = 5
    silent_s: float = 75


@dataclass
class _Window:
    opened: int = -1
    used: int = 0

    def count(self, at: int, length_ms: int) -> int:
        if at // length_ms != self.opened:
            self.opened, self.used = at // length_ms, 0
        self.used += 1
        return self.used


@dataclass
class Limits:
    """What has been used. All clients share one address, as all of this machine's do.

    `on_hit` is told of every refusal: (time, kind, what).
    """

    rules: Rules
    on_hit: Callable[[int, str, str], None]
    _windows: dict[str, _Window] = field(default_factory=dict)

    def public(self, at: int) -> None:
        """Count a request without a key.

        Raises:
            CoinbaseError: 429.
        """
        self._charge("public requests of an address", self.rules.public_1s, at)

    def private(self, key: str, at: int) -> None:
        """Count a request of a key.

        Raises:
            CoinbaseError: 429.
        """
        self._charge(f"requests of {key}", self.rules.private_1s, at)

    def older(self, at: int) -> None:
        """Count a request to the v2 API.

        Raises:
            CoinbaseError: 429.
        """
        self._charge("v2 requests of an address", self.rules.v2_1h, at, _HOUR_MS)

    def connect(self, at: int) -> None:
        """Count a WebSocket connection.

        Raises:
            CoinbaseError: 429.
        """
        self._charge("connections of an address", self.rules.connections_1s, at)

    def message(self, at: int) -> None:
        """Count a message of a stream's client that carries no token.

        Raises:
            CoinbaseError: 429.
        """
        self._charge("unsigned messages of an address", self.rules.messages_1s, at)

    def _charge(self, what: str, most: int, at: int, length_ms: int = _SECOND_MS) -> None:
        used = self._windows.setdefault(what, _Window()).count(at, length_ms)
        if used > most:
            unit = "second" if length_ms == _SECOND_MS else "hour"
            self.on_hit(at, "429", f"{what}: {used} of {most} in a {unit}")
            raise rate_limited()
