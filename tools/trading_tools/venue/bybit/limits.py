"""Limits: requests of an address, requests of an account, and connections; bans.

All windows roll. Source: "Rate Limit Rules" in the documentation of the v5 API.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass

from trading_tools.venue.bybit import errors
from trading_tools.venue.bybit.errors import BybitError

_SECOND_MS = 1_000
_ADDRESS_MS = 5_000
_CONNECTIONS_MS = 300_000
TOO_FREQUENT = b"403, access too frequent, please try again later"
"""The body that an address gets that is shut out."""


@dataclass(frozen=True)
class Rules:
    """How much is allowed; `account_factor` multiplies every endpoint's requests per second."""

    address_5s: int = 600
    ban_ms: int = 600_000
    connections_5m: int = 500
    account_factor: int = 1


class _Window:
    """What was used in the time that has just passed: windows roll."""

    def __init__(self, length_ms: int) -> None:
        self._length_ms = length_ms
        self._times: deque[int] = deque()

    def used(self, at: int) -> int:
        """How much was used up to now."""
        while self._times and self._times[0] <= at - self._length_ms:
            self._times.popleft()
        return len(self._times)

    def use(self, at: int, cost: int = 1) -> None:
        """Use more."""
        self._times.extend([at] * cost)

    def free_at(self, at: int) -> int:
        """When the first of what was used counts no more."""
        return self._times[0] + self._length_ms if self._times else at


class AddressBanned(Exception):
    """The address is shut out: HTTP 403 with no envelope. It never leaves the venue."""


class Limits:
    """What one address and one account have used. All requests here come from one address."""

    def __init__(self, rules: Rules, on_hit: Callable[[int, str, str], None]) -> None:
        """`on_hit` is told when, which status or code, and what was too much."""
        self.rules = rules
        self.banned_until = 0
        self._on_hit = on_hit
        self._address, self._connections = _Window(_ADDRESS_MS), _Window(_CONNECTIONS_MS)
        self._account: dict[str, _Window] = defaultdict(lambda: _Window(_SECOND_MS))

    def arrive(self, at: int) -> None:
        """Count a request of the address.

        Raises:
            AddressBanned: it is one too many, or the address is shut out still.
        """
        if at >= self.banned_until:
            if self._address.used(at) < self.rules.address_5s:
                self._address.use(at)
                return
            self.banned_until = at + self.rules.ban_ms
        what = f"more than {self.rules.address_5s} requests in 5 s; shut out to {self.banned_until}"
        self._on_hit(at, "403", what)
        raise AddressBanned

    def connect(self, at: int) -> None:
        """Count a WebSocket connection.

        Raises:
            AddressBanned: there are too many in five minutes.
        """
        if self._connections.used(at) >= self.rules.connections_5m:
            what = f"more than {self.rules.connections_5m} connections in 5 minutes"
            self._on_hit(at, "403", what)
            raise AddressBanned
        self._connections.use(at)

    def charge(self, group: str, allowed: int, at: int, cost: int = 1) -> None:
        """Count a request of the account in a group of endpoints.

        Raises:
            BybitError: 10006, the second's allowance is spent.
        """
        window = self._account[group]
        if window.used(at) + cost > allowed * self.rules.account_factor:
            self._on_hit(at, "10006", f"{group}: {allowed} in a second")
            raise BybitError(*errors.TOO_MANY, headers=self.headers(group, allowed, at))
        window.use(at, cost)

    def headers(self, group: str, allowed: int, at: int) -> dict[str, str]:
        """What is left, as every reply to an account says it."""
        limit = allowed * self.rules.account_factor
        window = self._account[group]
        left = limit - window.used(at)
        reset = at if left else window.free_at(at)
        return {
            "X-Bapi-Limit": str(limit),
            "X-Bapi-Limit-Status": str(left),
            "X-Bapi-Limit-Reset-Timestamp": str(reset),
        }
