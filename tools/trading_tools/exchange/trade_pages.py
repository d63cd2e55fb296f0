"""How each venue tells the trades of the past, one page a call: its marks, windows and ends.

What a page means for a history, what is missing and what came twice is `history`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

Raw = Mapping[str, Any]

PAGE: Final = 1_000
_HOUR_MS: Final = 3_600_000
_SHORTEST_MS: Final = 1_000
_WIDEST_MS: Final = _HOUR_MS
_FULL: Final = 20
"""No venue's page is smaller: fewer trades than that are all there are."""


@dataclass(frozen=True)
class Place:
    """Where to read on: trades of `since` and later, before `until`, in milliseconds.

    `mark` is the venue's own place, where it has one; `after` the ids of the trades of that first
    millisecond that were read; `span_ms` how much time is asked for at once, where that is so.
    """

    since: int
    until: int
    mark: str | None = None
    after: frozenset[str] = frozenset()
    span_ms: int = 60_000


@dataclass(frozen=True)
class Page:
    """Trades in ccxt's structure, and where the next page begins; None at the end.

    `unseen` is why trades before or among these may not be in it, and since when.
    """

    trades: Sequence[Raw]
    following: Place | None
    unseen: tuple[int, str] | None = None


Way = Callable[[Any, str, Place], Awaitable[Page]]


async def _by_ids(client: Any, symbol: str, place: Place) -> Page:
    """Binance: the first page by time, an hour at a time, the others by the id after the last."""
    if place.mark is None:
        until = min(place.since + _HOUR_MS, place.until)
        # Both ends count at the venue.
        trades = await client.fetch_trades(symbol, place.since, PAGE, {"until": until - 1})
        if not trades:
            following = replace(place, since=until) if until < place.until else None
            return Page((), following)
    else:
        trades = await client.fetch_trades(symbol, None, PAGE, {"fromId": place.mark})
    if not trades or trades[-1]["timestamp"] >= place.until:
        return Page(trades, None)
    return Page(trades, replace(place, mark=str(int(trades[-1]["id"]) + 1)))


async def _by_mark(client: Any, symbol: str, place: Place) -> Page:
    """Kraken: by the mark in nanoseconds that ends each page, which ccxt's own call cuts."""
    market = client.market(symbol)
    since = place.mark or str(place.since * 1_000_000 - 1)
    told = await client.publicGetTrades({"pair": market["id"], "since": since, "count": PAGE})
    (rows,) = (rows for name, rows in told["result"].items() if name != "last")
    trades = client.parse_trades(rows, market)
    mark = str(told["result"]["last"])
    if not trades or mark == place.mark or trades[-1]["timestamp"] >= place.until:
        return Page(trades, None)
    return Page(trades, replace(place, mark=mark))


async def _by_windows(client: Any, symbol: str, place: Place) -> Page:
    """Coinbase: by windows of whole seconds; a page that is full has lost the oldest of its own."""
    end = min(place.since + place.span_ms, place.until)
    start, stop = place.since // 1_000 * 1_000, -(-end // 1_000) * 1_000
    trades = await client.fetch_trades(symbol, start, PAGE, {"until": stop})
    unseen = None
    if len(trades) >= PAGE:
        if place.span_ms > _SHORTEST_MS:
            return Page((), replace(place, span_ms=max(_SHORTEST_MS, place.span_ms // 4)))
        unseen = place.since, f"over {PAGE} trades in one second, of which the venue tells the last"
    span = min(_WIDEST_MS, place.span_ms * 2) if len(trades) < PAGE // 4 else place.span_ms
    following = replace(place, since=end, span_ms=span) if end < place.until else None
    return Page([trade for trade in trades if trade["timestamp"] < end], following, unseen)


async def _latest(client: Any, symbol: str, place: Place) -> Page:
    """Bybit tells the last trades only: up to 1,000, of spot 60."""
    trades = await client.fetch_trades(symbol, None, PAGE)
    oldest = min((trade["timestamp"] for trade in trades), default=place.until)
    if oldest <= place.since:
        return Page(trades, None)
    return Page(trades, None, (place.since, "the venue tells the latest trades only"))


async def _by_time(client: Any, symbol: str, place: Place) -> Page:
    """Any other venue: from the time of the last trade on, which must come again."""
    trades = await client.fetch_trades(symbol, place.since, PAGE)
    ids = {trade["id"] for trade in trades}
    unseen = None
    if place.after and not place.after <= ids:
        unseen = place.since, "the last trades read did not come again on the next page"
    if not trades or trades[-1]["timestamp"] >= place.until:
        return Page(trades, None, unseen)
    last = trades[-1]["timestamp"]
    newest = frozenset(trade["id"] for trade in trades if trade["timestamp"] == last)
    if newest != place.after:
        return Page(trades, replace(place, since=last, after=newest), unseen)
    if len(ids) < _FULL:
        return Page(trades, None, unseen)
    # A whole page within one millisecond: the only way on is to leave the rest of it.
    why = "more trades in one millisecond than a page holds"
    return Page(trades, replace(place, since=last + 1, after=frozenset()), (last, why))


WAYS: Final[Mapping[str, Way]] = {
    "binance": _by_ids,
    "binanceusdm": _by_ids,
    "bybit": _latest,
    "coinbase": _by_windows,
    "kraken": _by_mark,
}
"""By venue; others are read by time."""

CONSECUTIVE: Final = frozenset({"binance", "binanceusdm", "coinbase", "kraken"})
"""Venues that number the trades of a market without a hole, so that a missing one is seen."""


async def page(venue: str, client: Any, symbol: str, place: Place) -> Page:
    """One page of a venue's trades."""
    return await WAYS.get(venue, _by_time)(client, symbol, place)
