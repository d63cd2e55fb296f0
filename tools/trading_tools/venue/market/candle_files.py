"""Candles from a file: CSV, or the JSON that `orc tools call candles` prints.

CSV has a header with `time`, `open`, `high`, `low`, `close` and perhaps `volume` and `symbol`, or
no header and the columns in that order. A time is in ISO 8601, seconds or milliseconds since 1970.
How candles become a market is `replay`.
"""

from __future__ import annotations

import csv
import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, Final

_NAMES: Final = ("time", "open", "high", "low", "close", "volume", "symbol")
_ALSO: Final = {"timestamp": "time", "date": "time", "datetime": "time", "open_time": "time"}
_SECONDS_UNTIL: Final = 10**11
"""Whole numbers below it are seconds: as milliseconds they would be in 1973."""
_SHORTEST_MS: Final = 1_000


class CandleFileError(ValueError):
    """A file of candles cannot be replayed; the message has file, line, value and what to do."""


@dataclass(frozen=True)
class Bar:
    """One candle of a file, in units of quote and base."""

    opened_ms: int
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: Decimal


def read_candles(file: Path) -> dict[str, list[Bar]]:
    """All candles by symbol without its separators (`BTCUSDT`); "" where the file names none.

    Raises:
        CandleFileError: a row is no candle, or they are out of order.
    """
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CandleFileError(f"{file.name} cannot be read: {error}; give a CSV file") from None
    rows = _json_rows(file.name, text) if file.suffix == ".json" else _csv_rows(file.name, text)
    found: dict[str, list[Bar]] = defaultdict(list)
    for where, row in rows:
        symbol = "".join(letter for letter in row.get("symbol", "").upper() if letter.isalnum())
        bar = _bar(where, row)
        earlier = found[symbol][-1:]
        if earlier and bar.opened_ms - earlier[0].opened_ms < _SHORTEST_MS:
            raise CandleFileError(
                f"{where}: time {row['time']} is not a second or more after the row before; sort "
                "the rows, oldest first"
            )
        found[symbol].append(bar)
    if not any(len(bars) > 1 for bars in found.values()):
        raise CandleFileError(f"{file.name} has fewer than two candles; nothing can be replayed")
    return dict(found)


def _csv_rows(name: str, text: str) -> Iterator[tuple[str, Mapping[str, str]]]:
    reader = csv.reader(text.splitlines())
    names: Sequence[str] = _NAMES
    for cells in reader:
        where = f"{name} line {reader.line_num}"
        stripped = [cell.strip() for cell in cells]
        if not any(stripped):
            continue
        lowered = [_ALSO.get(cell.lower(), cell.lower()) for cell in stripped]
        if "open" in lowered and "close" in lowered:
            names = lowered
            missing = set(_NAMES[:5]) - set(names)
            if missing:
                lacks = ", ".join(sorted(missing))
                raise CandleFileError(f"{where}: the header lacks {lacks}; name all of them")
            continue
        yield where, dict(zip(names, stripped, strict=False))


def _json_rows(name: str, text: str) -> Iterator[tuple[str, Mapping[str, str]]]:
    try:
        told: Any = json.loads(text)
        names = [_ALSO.get(each, each) for each in told["columns"]]
        symbol, rows = str(told.get("symbol", "")), list(told["rows"])
    except (ValueError, KeyError, TypeError, AttributeError):
        raise CandleFileError(
            f"{name} is not what `orc tools call candles` prints: it needs columns and rows; "
            "or give a CSV file"
        ) from None
    for number, cells in enumerate(rows, 1):
        values = cells if isinstance(cells, list) else []
        row = {key: str(value) for key, value in zip(names, values, strict=False)}
        yield f"{name} row {number}", {"symbol": symbol, **row}


def _bar(where: str, row: Mapping[str, str]) -> Bar:
    prices = [_number(where, row, name) for name in ("open", "high", "low", "close")]
    opened, high, low, close = prices
    if min(prices) <= 0:
        raise CandleFileError(f"{where}: a price is {min(prices)}; prices are above 0")
    if low > min(opened, close) or high < max(opened, close):
        raise CandleFileError(
            f"{where}: low {low} and high {high} do not hold open {opened} and close {close}; "
            "see whether columns are swapped"
        )
    volume = _number(where, row, "volume") if row.get("volume") else Decimal(0)
    if volume < 0:
        raise CandleFileError(f"{where}: volume is {volume}; it is 0 or more")
    return Bar(_time(where, row.get("time", "")), opened, high, low, close, volume)


def _number(where: str, row: Mapping[str, str], name: str) -> Decimal:
    text = row.get(name, "")
    try:
        number = Decimal(text)
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite():
        raise CandleFileError(f"{where}: {name} is {text!r:.40}; write a number")
    return number


def _time(where: str, text: str) -> int:
    try:
        if text.isascii() and text.isdigit():
            number = int(text)
            return number * 1000 if number < _SECONDS_UNTIL else number
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise CandleFileError(
            f"{where}: time is {text!r:.40}; write ISO 8601, seconds or milliseconds since 1970"
        ) from None
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000)
