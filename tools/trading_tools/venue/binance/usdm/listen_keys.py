"""Listen keys: one for an account, an hour long, and longer each time it is asked for.

Source: "User Data Streams" in the documentation of the USD-M API.
"""

from __future__ import annotations

import hashlib

LIFE_MS = 3_600_000


class ListenKeys:
    """Which listen key an account has, and until when."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._made = 0
        self._until: dict[str, tuple[str, int]] = {}

    def start(self, account: str, at: int) -> str:
        """The account's key: the one that is still good, with its life prolonged, or a new one."""
        key = self.of(account, at)
        if key is None:
            self._made += 1
            text = f"listen key {self._made} of {account}, seed {self._seed}"
            key = hashlib.sha256(text.encode()).hexdigest()
        self._until[account] = key, at + LIFE_MS
        return key

    def of(self, account: str, at: int) -> str | None:
        """The account's key, or None where it has no good one."""
        key, until = self._until.get(account, ("", 0))
        return key if until > at else None

    def end(self, account: str) -> str | None:
        """End an account's key; the key, or None where it has none."""
        return self._until.pop(account, (None, 0))[0]

    def expire(self, at: int) -> list[str]:
        """Drop the keys whose time is over at `at`; which they were."""
        over = {name: key for name, (key, until) in self._until.items() if until <= at}
        for name in over:
            del self._until[name]
        return list(over.values())

    def expire_all(self) -> list[str]:
        """Drop every key as if its time were over; which they were."""
        return self.expire(max((until for _, until in self._until.values()), default=0))
