"""Limits: requests of an address, requests of an account, and connections; bans.

Windows begin at whole multiples of their length. Source: "Rate Limit Rules" in the documentation of
the v5 API.
"""

from __future__ import annotations

from collections import defaultdict
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


@dataclass
class _Window:
    number: int = -1
    used: int = 0

    def at(self, at: int, length: int) -> _Window:
        """The window of this time, empty where it has just begun."""
        number = at // length
        if number != self.number:
            self.number, self.used = number, 0
        return self


class AddressBanned(Exception):
    """The address is shut out: HTTP 403 with no envelope. It never leaves the venue."""


class Limits:
    """What one address and one account have used. All requests here come from one address."""

    def __init__(self, rules: Rules, on_hit: Callable[[int, str, str], None]) -> None:
        """`on_hit` is told when, which status or code, and what was too much."""
        self.rules = rules
        self.banned_until = 0
        self._on_hit = on_hit
        self._address, self._connections = _Window(), _Window()
        self._account: dict[str, _Window] = defaultdict(_Window)

    def arrive(self, at: int) -> None:
        """Count a request of the address.

        Raises:
            AddressBanned: it is one too many, or the address is shut out still.
        """
        window = self._address.at(at, _ADDRESS_MS)
        window.used += 1
        if at >= self.banned_until:
            if window.used <= self.rules.address_5s:
                return
            self.banned_until = at + self.rules.ban_ms
        self._on_hit(at, "403", f"{window.used} requests in 5 s; shut out to {self.banned_until}")
        raise AddressBanned

    def connect(self, at: int) -> None:
        """Count a WebSocket connection.

        Raises:
            AddressBanned: there are too many in five minutes.
        """
        window = self._connections.at(at, _CONNECTIONS_MS)
        window.used += 1
        if window.used > self.rules.connections_5m:
            self._on_hit(at, "403", f"{window.used} connections in 5 minutes")
            raise AddressBanned

    def charge(self, group: str, allowed: int, at: int, cost: int = 1) -> None:
        """Count a request of the account in a group of endpoints.

        Raises:
            BybitError: 10006, the second's allowance is spent.
        """
        window = self._account[group].at(at, _SECOND_MS)
        if window.used + cost > allowed * self.rules.account_factor:
            window.used = allowed * self.rules.account_factor
            self._on_hit(at, "10006", f"{group}: {allowed} in a second")
            raise BybitError(*errors.TOO_MANY, headers=self.headers(group, allowed, at))
        window.used += cost

    def headers(self, group: str, allowed: int, at: int) -> dict[str, str]:
        """What is left, as every reply to an account says it."""
        limit = allowed * self.rules.account_factor
        left = max(0, limit - self._account[group].at(at, _SECOND_MS).used)
        reset = at if left else (at // _SECOND_MS + 1) * _SECOND_MS
        return {
            "X-Bapi-Limit": str(limit),
            "X-Bapi-Limit-Status": str(left),
            "X-Bapi-Limit-Reset-Timestamp": str(reset),
        }
