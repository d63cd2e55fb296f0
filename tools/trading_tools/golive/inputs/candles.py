"""Candles from a CSV or Parquet file, for signal functions."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from trading_tools.golive.inputs.instants import instants
from trading_tools.golive.inputs.table import Numbers, file_hash, read_table

TIMES = ("time", "timestamp", "open_time", "date", "datetime")
VALUES = ("open", "high", "low", "close", "volume")


@dataclass(frozen=True)
class Candles:
    """Rows of time in milliseconds since 1970, open, high, low, close and volume, by time."""

    source: Path
    sha256: str
    rows: Numbers


def read_candles(path: Path, zone: str | None = None) -> Candles:
    """The candles of a file.

    Args:
        zone: the zone of times that name none.

    Raises:
        InputError: a column that is missing, or a row that says nothing, with its place.
    """
    table = read_table(path, [*TIMES, *VALUES])
    at = instants(table, table.need(TIMES, "a candle's time"), zone, rising=True, once=True)
    values = [table.numbers(table.need([name], f"a candle's {name}")) for name in VALUES]
    return Candles(path, file_hash(path), np.column_stack([at // 1_000_000, *values]))
