"""Candle intervals: how long they are, when one ends, how many lie between two."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from trading_tools.exchange.errors import Unsupported

_SECONDS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}


@dataclass(frozen=True)
class Interval:
    """An interval by ccxt's name: a number and one of s, m, h, d, w, M (calendar months)."""

    name: str
    count: int
    unit: str

    @property
    def longest(self) -> timedelta:
        """At most this long; a month has 31 days."""
        if self.unit == "M":
            return timedelta(days=31 * self.count)
        return timedelta(seconds=self.count * _SECONDS[self.unit])

    def next(self, opened: datetime) -> datetime:
        """When the candle that opened then is closed, and the next one opens."""
        if self.unit != "M":
            return opened + self.longest
        months = opened.month - 1 + self.count
        return opened.replace(year=opened.year + months // 12, month=months % 12 + 1)

    def between(self, first: datetime, second: datetime) -> int:
        """How many candles lie between one that opened `first` and one that opened `second`."""
        if self.unit == "M":
            months = (second.year - first.year) * 12 + second.month - first.month
            return months // self.count - 1
        return int((second - first) / self.longest) - 1


def interval_of(name: str, venue: str, offered: Sequence[str]) -> Interval:
    """The interval of this name.

    Raises:
        Unsupported: the venue does not keep it; the message has those it keeps.
    """
    match = re.fullmatch(r"([1-9][0-9]{0,3})([smhdwM])", name)
    if match is None or name not in offered:
        raise Unsupported(
            f"{venue} keeps no candles of {name!r:.40}; it has {', '.join(offered) or 'none'}"
        )
    return Interval(name, int(match[1]), match[2])
