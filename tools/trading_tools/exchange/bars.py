"""Bars of any length from trades: only closed ones, with what is missing said.

Bars lie on whole multiples of their length since 1970 (UTC). A bar without trades has no prices,
and none are made up. Candles that a venue keeps itself are `market_data`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from trading_tools.money import MoneyError, exact

_MOST_AHEAD_MS = 86_400_000


@dataclass(frozen=True)
class Bar:
    """One closed bar. Prices in quote for each unit of base, volume in base; no prices, no trades.

    `complete` is False where trades of its time may be missing, and `missing` says why. `opens_at`
    is in milliseconds since 1970; it ends `length_ms` later, which belongs to the next.
    """

    opens_at: int
    length_ms: int
    open: Decimal | None
    high: Decimal | None
    low: Decimal | None
    close: Decimal | None
    volume_base: Decimal
    trades: int
    complete: bool = True
    missing: str | None = None


@dataclass
class _Open:
    first: tuple[int, int, Decimal]
    last: tuple[int, int, Decimal]
    high: Decimal
    low: Decimal
    volume: Decimal
    trades: int


class Bars:
    """Makes bars of `length_ms` from trades that come in about the order of their times.

    A bar closes once the time of the stream, or of the clock by `pass_time`, is `lateness_ms` past
    its end. A trade that comes later still is in no bar: `late_trades` counts it, as
    `strange_trades` does one of a day later than all others, and than what `pass_time` and `miss`
    told of time: where none trade for so long, tell it by these. The bar in which it all begins is
    not complete.

    Raises:
        ValueError: a length or lateness that is not positive.
    """

    def __init__(self, length_ms: int, begins_at: int, lateness_ms: int = 1_000) -> None:
        if length_ms < 1 or lateness_ms < 0:
            given = f"bars of {length_ms} ms, {lateness_ms} ms late"
            raise ValueError(f"{given}: give a length above 0 and a lateness of at least 0")
        self.length_ms = length_ms
        self.late_trades = 0
        self.strange_trades = 0
        self._lateness_ms = lateness_ms
        self._next = begins_at // length_ms * length_ms
        self._missed_until = begins_at
        self._open: dict[int, _Open] = {}
        self._missing: list[tuple[int, int, str]] = []
        self._count = 0
        if begins_at > self._next:
            self._missing.append((self._next, begins_at, "it had begun before"))

    def add(self, price_quote: Decimal, size_base: Decimal, at: int) -> list[Bar]:
        """Take in a trade of the time `at`; the bars that this closes.

        Raises:
            MoneyError: a price or size that is not an exact finite decimal above zero.
        """
        price, size = exact(price_quote, "price_quote"), exact(size_base, "size_base")
        if price <= 0 or size <= 0:
            raise MoneyError(f"a trade of {size} at {price}: both are above 0")
        if at < self._next:
            self.late_trades += 1
            return []
        if at > max(self._next + self.length_ms, self._missed_until) + _MOST_AHEAD_MS:
            self.strange_trades += 1
            return []
        self._count += 1
        mark = at, self._count, price
        opens_at = at // self.length_ms * self.length_ms
        bar = self._open.get(opens_at)
        if bar is None:
            self._open[opens_at] = _Open(mark, mark, price, price, size, 1)
        else:
            bar.first, bar.last = min(bar.first, mark), max(bar.last, mark)
            bar.high, bar.low = max(bar.high, price), min(bar.low, price)
            bar.volume += size
            bar.trades += 1
        return self.pass_time(at)

    def pass_time(self, now: int) -> list[Bar]:
        """The bars that are closed at `now`, those without trades among them."""
        return list(self._close(now - self._lateness_ms))

    def miss(self, since: int, until: int, why: str) -> None:
        """Say that trades between two times may be missing: their bars are not complete."""
        self._missing.append((since, max(since, until), why))
        self._missed_until = max(self._missed_until, until)

    def _close(self, until: int) -> Iterator[Bar]:
        while self._next + self.length_ms <= until:
            opens_at, self._next = self._next, self._next + self.length_ms
            self._missing = [gap for gap in self._missing if gap[1] >= opens_at]
            why = next((gap[2] for gap in self._missing if gap[0] < self._next), None)
            yield _closed(opens_at, self.length_ms, self._open.pop(opens_at, None), why)


def _closed(opens_at: int, length_ms: int, bar: _Open | None, why: str | None) -> Bar:
    complete = why is None
    if bar is None:
        none = None, None, None, None
        return Bar(opens_at, length_ms, *none, Decimal(0), 0, complete, why)
    prices = bar.first[2], bar.high, bar.low, bar.last[2]
    return Bar(opens_at, length_ms, *prices, bar.volume, bar.trades, complete, why)
