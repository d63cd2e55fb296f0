"""Readings from ccxt's unified structures: exact, checked, nothing made up; pure.

What a venue left out stays None and is named in `missing`; what cannot be true is an error.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from decimal import Decimal
from itertools import pairwise
from typing import Any, Final

from trading_tools.exchange.errors import BadReply
from trading_tools.exchange.intervals import Interval
from trading_tools.exchange.limits import number, units
from trading_tools.exchange.listing import Market
from trading_tools.exchange.readings import Candle, Candles, Gap, OrderBook, Source, Ticker
from trading_tools.money import MoneyError, from_json

_NOT_IN_REPLY: Final = "not in the venue's reply"
_COLUMNS: Final = ("open_time", "open", "high", "low", "close", "volume")


def ticker_of(venue: str, market: Market, raw: Mapping[str, Any], source: Source) -> Ticker:
    """A ticker; a price that is not above 0 counts as not given.

    Raises:
        BadReply: no price at all, or bid above ask.
    """
    missing: dict[str, str] = {}
    given = frozenset(_numbers_in(raw.get("info")))

    def price(key: str, name: str) -> Decimal | None:
        value = number(raw.get(key), f"{venue} {market.symbol} {name}")
        if value is not None and value > 0:
            return value
        missing[name] = _NOT_IN_REPLY if value is None else f"the venue gives {value}"
        return None

    def amount(key: str, name: str, scale: int = 0) -> Decimal | None:
        value = number(raw.get(key), f"{venue} {market.symbol} {name}")
        if value is not None and {value, value.scaleb(-scale)} & given:
            return value
        # ccxt reckons what a venue leaves out, from figures of other spans or a mean price.
        missing[name] = _NOT_IN_REPLY
        return None

    found = Ticker(
        venue=venue,
        symbol=market.symbol,
        kind=market.kind,
        price_unit=market.quote,
        last=amount("last", "last"),
        bid=price("bid", "bid"),
        ask=price("ask", "ask"),
        high_24h=price("high", "high_24h"),
        low_24h=price("low", "low_24h"),
        change_24h_percent=amount("percentage", "change_24h_percent", scale=2),
        volume_base_24h=amount("baseVolume", "volume_base_24h"),
        volume_quote_24h=amount("quoteVolume", "volume_quote_24h"),
        venue_time=_time(raw.get("timestamp"), missing),
        missing=missing,
        source=source,
    )
    if found.last is None and found.bid is None and found.ask is None:
        raise BadReply(f"{venue} gave a ticker of {market.symbol} without any price")
    if found.bid is not None and found.ask is not None and found.bid > found.ask:
        raise BadReply(
            f"{venue} gave a crossed ticker of {market.symbol}: bid {found.bid} above ask "
            f"{found.ask}; ask again"
        )
    return found


def book_of(
    venue: str, market: Market, raw: Mapping[str, Any], depth: int, source: Source
) -> OrderBook:
    """The best `depth` levels of a book.

    Raises:
        BadReply: the book is empty or crossed, or a level is no price and amount.
    """
    name = f"{venue}'s book of {market.symbol}"
    bids = _side(raw.get("bids"), f"bids of {name}", falling=True)
    asks = _side(raw.get("asks"), f"asks of {name}", falling=False)
    if not bids and not asks:
        raise BadReply(f"{name} is empty: nobody bids or offers, or trading is halted")
    best_bid = bids[0][0] if bids else None
    best_ask = asks[0][0] if asks else None
    missing: dict[str, str] = {}
    if best_bid is None:
        missing["best_bid"] = "nobody bids"
    if best_ask is None:
        missing["best_ask"] = "nobody offers"
    spread = mid = None
    if best_bid is None or best_ask is None:
        missing["spread"] = missing["mid"] = "one side of the book is empty"
    elif best_bid >= best_ask:
        raise BadReply(
            f"{name} is crossed: best bid {best_bid}, best ask {best_ask}; it is stale or wrong, "
            "ask again"
        )
    else:
        spread, mid = best_ask - best_bid, (best_bid + best_ask) / 2
    for side, levels in (("bids", bids), ("asks", asks)):
        if 0 < len(levels) < depth:
            missing[side] = f"{len(levels)} of {depth} levels: the venue gave no more"
    return OrderBook(
        venue=venue,
        symbol=market.symbol,
        kind=market.kind,
        price_unit=market.quote,
        amount_unit=units(market).amount,
        best_bid=best_bid,
        best_ask=best_ask,
        spread=spread,
        mid=mid,
        bids=bids[:depth],
        asks=asks[:depth],
        venue_time=_time(raw.get("timestamp"), missing),
        missing=missing,
        source=source,
    )


def candles_of(
    venue: str,
    market: Market,
    raw: Iterable[Sequence[Any]],
    interval: Interval,
    *,
    until: datetime,
    count: int,
    with_open: bool,
    source: Source,
) -> Candles:
    """The last `count` candles that were closed at `until`; the open one after them if asked.

    Raises:
        BadReply: a row is no candle, or one that cannot be: high below low, a price not above 0.
    """
    rows: dict[datetime, Candle] = {}
    for row in raw:
        opened, candle = _candle(venue, market, row)
        if rows.setdefault(opened, candle) != candle:
            raise BadReply(f"{venue} gave two different candles of {market.symbol} at {candle[0]}")
    opens = [at for at in sorted(rows) if at < until]
    closed = [at for at in opens if interval.next(at) <= until]
    shown = closed[-count:]
    last_is_open = with_open and len(opens) > len(closed)
    if last_is_open:
        shown = [*shown, opens[-1]][-count:]
    missing: dict[str, str] = {}
    if not shown:
        raise BadReply(
            f"{venue} has no closed {interval.name} candle of {market.symbol} in the time asked for"
        )
    if len(shown) < count:
        missing["rows"] = f"{len(shown)} of {count}: the venue gave no more in the time asked for"
    return Candles(
        venue=venue,
        symbol=market.symbol,
        kind=market.kind,
        interval=interval.name,
        price_unit=market.quote,
        volume_unit=units(market).amount,
        columns=_COLUMNS,
        rows=tuple(rows[at] for at in shown),
        last_is_open=last_is_open,
        gaps=tuple(
            Gap(after=rows[before][0], before=rows[after][0], candles=absent)
            for before, after in pairwise(shown)
            if (absent := interval.between(before, after))
        ),
        missing=missing,
        source=source,
    )


def _candle(venue: str, market: Market, row: Sequence[Any]) -> tuple[datetime, Candle]:
    what = f"{venue}'s candle of {market.symbol}"
    if len(row) < len(_COLUMNS):
        raise BadReply(f"{what} has {len(row)} of {len(_COLUMNS)} fields")
    opened = _moment(row[0])
    if opened is None:
        raise BadReply(f"{what} has no time")
    at = opened.isoformat().replace("+00:00", "Z")
    numbers = [number(value, f"{what} at {at}") for value in row[1:6]]
    first, high, low, last, volume = numbers
    if first is None or high is None or low is None or last is None or volume is None:
        raise BadReply(f"{what} at {at} lacks a number")
    if not 0 < low <= min(first, last) or high < max(first, last) or volume < 0:
        raise BadReply(f"{what} at {at} cannot be: {first}, {high}, {low}, {last}, {volume}")
    return opened, (at, first, high, low, last, volume)


def _numbers_in(info: object) -> Iterator[Decimal]:
    """Every number of a reply, however deep."""
    if isinstance(info, Mapping):
        info = list(info.values())
    if isinstance(info, list | tuple):
        for item in info:
            yield from _numbers_in(item)
    else:
        with suppress(MoneyError):
            yield from_json(info)


def _side(raw: object, what: str, *, falling: bool) -> tuple[tuple[Decimal, Decimal], ...]:
    if not isinstance(raw, Sequence):
        raise BadReply(f"the {what} are missing")
    levels: list[tuple[Decimal, Decimal]] = []
    for level in raw:
        price, amount = (number(value, f"a level of the {what}") for value in level[:2])
        if price is None or amount is None or price <= 0 or amount <= 0:
            raise BadReply(f"the {what} hold a level without price or amount: {level!r:.60}")
        levels.append((price, amount))
    # ccxt sorts by the text of a price, which puts 99 above 100.
    return tuple(sorted(levels, key=lambda level: level[0], reverse=falling))


def _time(value: object, missing: dict[str, str]) -> datetime | None:
    found = _moment(value)
    if found is None:
        missing["venue_time"] = _NOT_IN_REPLY
    return found


def _moment(value: object) -> datetime | None:
    """A time in milliseconds since 1970; None where it is none."""
    if not isinstance(value, int) or isinstance(value, bool) or not 0 < value < 10**14:
        return None
    return datetime.fromtimestamp(value // 1000, UTC).replace(microsecond=value % 1000 * 1000)
