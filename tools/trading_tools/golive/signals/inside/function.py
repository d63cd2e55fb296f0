"""The user's function as the tests see it: candles in, named columns of numbers out.

It is given a fresh copy each time, so that what it changes in its argument is nobody's trouble.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trading_tools.conformance.inside.loading import told

Rows = NDArray[np.float64]
NAMES = ("time_ms", "open", "high", "low", "close", "volume")


class Refused(Exception):
    """The function cannot be judged: what it did, and what it should do."""

    def __init__(self, what: str, fix: str) -> None:
        super().__init__(what)
        self.what = what
        self.fix = fix


class SignalFunction:
    """A function of candles, and the candles it is asked with."""

    def __init__(self, function: object, name: str, shape: str, rows: Rows) -> None:
        if not callable(function):
            raise Refused(f"{name} is no function", "name a function of candles")
        self._function: Callable[[object], object] = function
        self._name = name
        self._shape = shape
        self._rows = rows

    def __len__(self) -> int:
        return len(self._rows)

    def time(self, at: int) -> str:
        """When candle `at` opened."""
        return f"{np.datetime64(int(self._rows[at, 0]), 'ms').astype('datetime64[s]')}Z"

    def over(self, begin: int, end: int) -> dict[str, Rows]:
        """What it says of the candles from `begin` to before `end`, a number for each; NaN is none.

        Raises:
            Refused: it fails, or does not give a number for each candle.
        """
        count = end - begin
        try:
            said = self._function(self._given(self._rows[begin:end].copy()))
        except BaseException as error:  # noqa: BLE001 - code of others: whatever it raises is told
            raise Refused(
                f"{self._name} fails when it is given {count} candles: {told(error)}",
                "it must take as few candles as it may be given live ([signals] warm_up)",
            ) from None
        return {name: self._column(name, values, count) for name, values in _columns(said)}

    def _given(self, rows: Rows) -> object:
        if self._shape == "columns":
            return {name: rows[:, at].copy() for at, name in enumerate(NAMES)}
        return [[int(row[0]), *row[1:]] for row in rows.tolist()]

    def _column(self, name: str, values: Any, count: int) -> Rows:
        named = f"{self._name} ({name})" if name else self._name
        wanted = "return a list or an array with a number, True, False or None for each candle"
        try:
            found = np.array([np.nan if each is None else each for each in values], dtype=float)
        except (TypeError, ValueError):
            raise Refused(f"{named} returns something else than numbers", wanted) from None
        if found.shape != (count,):
            raise Refused(f"{named} returns {len(found)} values for {count} candles", wanted)
        return found


def _columns(said: object) -> list[tuple[str, Any]]:
    return (
        [(str(name), each) for name, each in said.items()]
        if isinstance(said, Mapping)
        else [("", said)]
    )
