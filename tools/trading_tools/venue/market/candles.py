"""Candles and the rolling day, derived from trades, with a made-up past before the first one.

A candle is kept for each minute of the last two days and for each hour of the hundred days before
them; longer intervals are put together when they are asked for. The past is made up when somebody
first asks for a candle: it is nearly all the work of making a venue, and many never ask.
"""

from __future__ import annotations

import random
from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from trading_tools.venue.core.instruments import Instrument
from trading_tools.venue.core.orders import Trade

MINUTE_MS: Final = 60_000
DAY_MS: Final = 86_400_000
HOUR_MS: Final = 3_600_000
PAST_MINUTES: Final = 3_000
PAST_HOURS: Final = 2_400

INTERVALS: Final[Mapping[str, int]] = {
    "1m": 1,
    "3m": 3,
    "5m": 5,
    "15m": 15,
    "30m": 30,
    "1h": 60,
    "2h": 120,
    "4h": 240,
    "6h": 360,
    "8h": 480,
    "12h": 720,
    "1d": 1_440,
    "3d": 4_320,
    "1w": 10_080,
    "1M": 0,
}
"""Interval names and their minutes; a month has no fixed length."""

_MONDAY_MS = 4 * DAY_MS


@dataclass(slots=True)
class Candle:
    """One candle: prices in ticks, volumes in steps, quote volumes in atoms."""

    opened_ms: int
    open: int
    high: int
    low: int
    close: int
    volume: int = 0
    quote_volume: int = 0
    taker_buy: int = 0
    taker_buy_quote: int = 0
    count: int = 0
    first_id: int = -1
    last_id: int = -1

    def join(self, later: Candle) -> None:
        """Take a later candle in."""
        self.high = max(self.high, later.high)
        self.low = min(self.low, later.low)
        self.close = later.close
        self.volume += later.volume
        self.quote_volume += later.quote_volume
        self.taker_buy += later.taker_buy
        self.taker_buy_quote += later.taker_buy_quote
        self.count += later.count
        if self.first_id < 0:
            self.first_id = later.first_id
        if later.last_id >= 0:
            self.last_id = later.last_id

    def flat(self, opened_ms: int) -> Candle:
        """A candle without a trade, at this one's close."""
        return Candle(opened_ms, self.close, self.close, self.close, self.close)

    def copy(self) -> Candle:
        """An independent copy."""
        return Candle(
            self.opened_ms,
            self.open,
            self.high,
            self.low,
            self.close,
            self.volume,
            self.quote_volume,
            self.taker_buy,
            self.taker_buy_quote,
            self.count,
            self.first_id,
            self.last_id,
        )


def opening(interval: str, at_ms: int) -> int:
    """When the candle of `interval` that holds `at_ms` opened."""
    if interval == "1M":
        month = datetime.fromtimestamp(at_ms / 1000, UTC).replace(
            day=1, hour=0, minute=0, second=0, microsecond=0
        )
        return int(month.timestamp() * 1000)
    length = INTERVALS[interval] * MINUTE_MS
    shift = _MONDAY_MS if interval == "1w" else 0
    return (at_ms - shift) // length * length + shift


def closing(interval: str, opened_ms: int) -> int:
    """The last millisecond of the candle that opened at `opened_ms`."""
    if interval == "1M":
        return opening("1M", opened_ms + 32 * DAY_MS) - 1
    return opened_ms + INTERVALS[interval] * MINUTE_MS - 1


class Candles:
    """The minutes of one instrument."""

    def __init__(self, instrument: Instrument, price: int, start_ms: int, seed: int) -> None:
        """The past that is made up ends at `price` and at `start_ms`."""
        self.instrument = instrument
        self._start = Candle(start_ms // MINUTE_MS * MINUTE_MS, price, price, price, price)
        self._seed = seed
        self._hours: list[Candle] = []
        self._minutes = [self._start.copy()]

    def on_trade(self, trade: Trade) -> None:
        """Add a trade."""
        candle = self._upto(trade.at)
        quote = trade.price * trade.size * self.instrument.lot_value
        bought = not trade.buyer_maker
        if not candle.count:
            candle.open = candle.high = candle.low = trade.price
            candle.first_id = trade.id
        candle.high = max(candle.high, trade.price)
        candle.low = min(candle.low, trade.price)
        candle.close = trade.price
        candle.volume += trade.size
        candle.quote_volume += quote
        candle.taker_buy += trade.size if bought else 0
        candle.taker_buy_quote += quote if bought else 0
        candle.count += 1
        candle.last_id = trade.id

    def query(
        self,
        interval: str,
        at_ms: int,
        limit: int,
        start_ms: int | None = None,
        end_ms: int | None = None,
    ) -> list[Candle]:
        """At most `limit` candles, oldest first: from `start_ms` on, else the latest ones."""
        self._make_up_the_past()
        self._upto(at_ms)
        length = INTERVALS[interval]
        kept = self._minutes if 0 < length < 60 else [*self._hours, *self._minutes]
        if start_ms is not None:
            kept = kept[_index(kept, start_ms) :]
        elif length:
            last = min(at_ms, end_ms if end_ms is not None else at_ms)
            kept = kept[_index(kept, last - (limit + 1) * length * MINUTE_MS) :]
        joined: list[Candle] = []
        for minute in kept:
            opened = opening(interval, minute.opened_ms)
            if end_ms is not None and opened > end_ms:
                break
            if joined and joined[-1].opened_ms == opened:
                joined[-1].join(minute)
            elif start_ms is None or opened >= start_ms:
                candle = minute.copy()
                candle.opened_ms = opened
                joined.append(candle)
        return joined[:limit] if start_ms is not None else joined[-limit:]

    def window(self, at_ms: int, length_ms: int = DAY_MS) -> Candle:
        """The time before `at_ms` as one candle, in whole minutes; its opening is exact."""
        self._make_up_the_past()
        self._upto(at_ms)
        since = at_ms - length_ms
        recent = since >= self._minutes[0].opened_ms
        kept = self._minutes if recent else [*self._hours, *self._minutes]
        first, *others = kept[_index(kept, since) :]
        window = first.copy()
        for candle in others:
            window.join(candle)
        window.opened_ms = since
        return window

    def _make_up_the_past(self) -> None:
        if self._hours:
            return
        draw = random.Random(f"{self._seed}:{self.instrument.symbol}").random  # noqa: S311 - not a secret
        # The minutes begin with an hour, so that the hours end where they begin.
        count = PAST_MINUTES + self._start.opened_ms % HOUR_MS // MINUTE_MS
        minutes = _past(self.instrument, self._start, MINUTE_MS, count, draw)
        self._hours = _past(self.instrument, minutes[0], HOUR_MS, PAST_HOURS, draw)
        self._minutes[:0] = minutes

    def _upto(self, at_ms: int) -> Candle:
        """The candle of the minute of `at_ms`, with flat ones before it where nothing traded."""
        last = self._minutes[-1]
        while last.opened_ms + MINUTE_MS <= at_ms:
            last = last.flat(last.opened_ms + MINUTE_MS)
            self._minutes.append(last)
        return last


def _index(candles: Sequence[Candle], at_ms: int) -> int:
    """Where the candles begin that opened at `at_ms` or later."""
    return bisect_left(candles, at_ms, key=lambda candle: candle.opened_ms)


def _past(
    instrument: Instrument, later: Candle, length_ms: int, count: int, draw: Callable[[], float]
) -> list[Candle]:
    """`count` candles that lead to `later`, oldest first: walked back from its opening price."""
    found = []
    close = later.open
    for number in range(1, count + 1):
        opened = max(1, round(close * (1 + (draw() - 0.5) / 800)))
        high = round(max(opened, close) * (1 + draw() / 4000))
        low = max(1, round(min(opened, close) * (1 - draw() / 4000)))
        worth = int((5_000 + 45_000 * draw()) * 10**8) * (length_ms // MINUTE_MS)
        if instrument.quote == "BTC":
            worth //= 60_000
        volume = max(1, worth // (close * instrument.lot_value))
        share = volume * 2 // 5 + int(volume * draw() / 5)
        each = (opened + close) // 2 * instrument.lot_value
        found.append(
            Candle(
                later.opened_ms - number * length_ms,
                opened,
                high,
                low,
                close,
                volume,
                volume * each,
                share,
                share * each,
                20 + int(30 * draw()),
            )
        )
        close = opened
    found.reverse()
    return found
