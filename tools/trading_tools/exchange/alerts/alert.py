"""What is told, and the port of those who deliver it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum
from typing import Protocol


class Level(IntEnum):
    """How urgent it is; where not all can be kept, the urgent ones are."""

    INFO = 10
    WARNING = 20
    CRITICAL = 30


@dataclass(frozen=True, kw_only=True)
class Alert:
    """Something a person should know.

    Two of the same `level` and `key` (by default the title) within a while are one. `details` are
    names and values; they count for nothing but reading.
    """

    level: Level
    title: str
    text: str = ""
    key: str = ""
    details: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Notice:
    """An alert on its way: without secrets, with its time and how often it was told before.

    `repeated` counts those that were told since the last delivery and were left out as the same.
    """

    alert: Alert
    at: datetime
    repeated: int = 0


class NotDelivered(Exception):
    """A notice did not arrive, or nobody knows whether; the message holds no secret address."""


class Sink(Protocol):
    """Somebody who delivers."""

    @property
    def name(self) -> str:
        """What it is called in logs and counts."""

    async def deliver(self, notice: Notice) -> None:
        """Deliver one notice.

        Raises:
            NotDelivered: it did not arrive.
        """

    async def close(self) -> None:
        """Let go of connections."""
