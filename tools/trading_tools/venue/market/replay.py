"""Candles as the course of a price: open, then low and high, then close, each reached exactly.

A candle that rises goes to its low first, one that falls to its high. The first candle begins when
the market does; each takes as long as the file says. After the last one its close stays.
Who quotes and trades along the course is `walk`.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from itertools import pairwise
from statistics import median_low

from trading_tools.venue.core.instruments import Instrument
from trading_tools.venue.market.candle_files import Bar


class Course:
    """The price of one instrument over time, from a file's candles."""

    def __init__(
        self, bars: Sequence[Bar], instrument: Instrument, start_ms: int, step_ms: int
    ) -> None:
        """`step_ms` is how often it is looked at: its turns lie on such steps from the start on."""
        self._step_ms = step_ms
        self._length_ms = median_low(
            [later.opened_ms - earlier.opened_ms for earlier, later in pairwise(bars)]
        )
        self._times: list[int] = []
        self._prices: list[int] = []
        self._volumes = [int(bar.volume / instrument.step_size) for bar in bars]
        self._opened = [start_ms + bar.opened_ms - bars[0].opened_ms for bar in bars]
        for bar, opened in zip(bars, self._opened, strict=True):
            rises = bar.close >= bar.open
            turns = (bar.low, bar.high) if rises else (bar.high, bar.low)
            for third, price in enumerate((bar.open, *turns, bar.close)):
                steps = (self._length_ms - step_ms) * third // 3 // step_ms
                self._times.append(opened + steps * step_ms)
                self._prices.append(max(1, round(price / instrument.tick_size)))

    @property
    def first(self) -> int:
        """The first candle's open, in ticks."""
        return self._prices[0]

    def price(self, at: int) -> int:
        """The price at a time, in ticks: straight from one turn to the next."""
        index = bisect_right(self._times, at) - 1
        if index < 0:
            return self._prices[0]
        if index + 1 == len(self._times):
            return self._prices[-1]
        begun, ends = self._times[index], self._times[index + 1]
        low, high = self._prices[index], self._prices[index + 1]
        return low + (high - low) * (at - begun) // (ends - begun)

    def volume(self, at: int) -> int:
        """What trades in a step of time, in steps of size: the candle's volume, spread evenly."""
        index = bisect_right(self._opened, at) - 1
        if index < 0 or at >= self._opened[index] + self._length_ms:
            return 0
        return self._volumes[index] * self._step_ms // self._length_ms
