"""An equity curve or the returns of several strategies from a file, evenly spaced.

Statistics per period need periods of one length: a gap is a fault, not a long period.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from trading_tools.golive.inputs.backtrader import read_backtrader
from trading_tools.golive.inputs.instants import Instants, instants
from trading_tools.golive.inputs.table import InputError, Numbers, Table, file_hash, read_table

TIMES = ("time", "at", "date", "datetime", "timestamp", "Date")
VALUES = ("equity_quote", "equity", "value", "balance", "Equity")

_WEEKEND_DAYS = 3
"""Days from Friday to Monday: the one gap that a daily series of a market with weekends has."""


@dataclass(frozen=True)
class Equity:
    """An equity curve with one value a period."""

    source: Path
    sha256: str
    at: Instants
    equity_quote: Numbers

    @property
    def returns(self) -> Numbers:
        """Simple returns, one fewer than values."""
        return np.asarray(np.diff(self.equity_quote) / self.equity_quote[:-1])


def read_equity(
    path: Path, zone: str | None = None, time: str | None = None, value: str | None = None
) -> Equity:
    """An equity curve from CSV, Parquet, or the CSV that backtrader's WriterFile writes.

    Args:
        zone: the zone of times that name none.
        time, value: what the owner calls the columns.

    Raises:
        InputError: a column that is missing, fewer than two values, one that is not positive, a
            gap, or times out of order or doubled; with the row.
    """
    table = read_backtrader(path) or read_table(path)
    at = instants(table, table.need(_names(time, TIMES), "the time"), zone, rising=True, once=True)
    column = table.need(_names(value, VALUES), "the equity")
    values = table.numbers(column)
    if len(values) < 2:
        raise InputError(f"{path}: {len(values)} values; at least 2 are needed for a return")
    table.refuse(
        column, values <= 0, "a positive value is needed: what was lost whole has no return"
    )
    _require_even(table, at)
    return Equity(path, file_hash(path), at, values)


def read_matrix(path: Path, time: str | None = None) -> tuple[list[str], NDArray[np.float64]]:
    """Returns of several strategies: a column each, beside a column of times; periods × strategies.

    Raises:
        InputError: as `read_equity`, or fewer than two strategies.
    """
    table = read_table(path)
    stamp = table.first_of(_names(time, TIMES))
    names = [name for name in table.columns.column_names if name != stamp]
    if len(names) < 2:
        raise InputError(
            f"{path}: {len(names)} columns of returns; at least 2 strategies are needed"
        )
    return names, np.column_stack([table.numbers(name) for name in names])


def _names(given: str | None, usual: Sequence[str]) -> list[str]:
    return [given] if given else list(usual)


def _require_even(table: Table, at: Instants) -> None:
    steps = np.diff(at)
    usual = int(np.median(steps))
    day = 86_400_000_000_000
    weekend = usual == day
    odd = (steps != usual) & ~(weekend & (steps == _WEEKEND_DAYS * day))
    if odd.any():
        row = int(odd.argmax())
        raise InputError(
            f"{table.path}, row {row + 2}: {steps[row] / 1e9:g} s after the row above, the others "
            f"are {usual / 1e9:g} s apart: fill the gap or give an evenly spaced series"
        )
