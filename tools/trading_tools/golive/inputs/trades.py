"""Closed trades from a CSV or Parquet file: our names for the columns, vectorbt's or the owner's.

Open trades are left out: they proved nothing yet.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from trading_tools.golive.inputs.closed import Trades
from trading_tools.golive.inputs.freqtrade import read_freqtrade
from trading_tools.golive.inputs.instants import instants
from trading_tools.golive.inputs.table import Numbers, Table, file_hash, read_table

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "closed_at": ("closed_at", "close_date", "Exit Timestamp", "ExitTime", "Exit Time", "time"),
    "symbol": ("symbol", "pair", "Column", "instrument"),
    "profit": ("profit_quote", "profit", "profit_abs", "PnL", "pnl"),
    "return": ("return", "profit_ratio", "Return", "ReturnPct"),
    "expected_price": ("expected_price", "model_price", "signal_price"),
    "price": ("price", "fill_price", "close_rate", "Avg Exit Price"),
    "side": ("side", "Direction"),
    "status": ("status", "is_open"),
}
"""Names a column may have, the first one ours; case does not matter."""

_BUYS, _SELLS = ("buy", "long"), ("sell", "short")


def read_trades(
    path: Path,
    zone: str | None = None,
    names: Mapping[str, str] | None = None,
    strategy: str | None = None,
) -> Trades:
    """The closed trades of a file.

    Args:
        zone: the zone of times that name none.
        names: what the owner calls a column, by our name for it (see `COLUMNS`).
        strategy: which one of a freqtrade export that holds several.

    Raises:
        InputError: a column that is missing, or a row that says nothing, with its place.
    """
    if path.suffix.lower() in (".json", ".zip"):
        return read_freqtrade(path, strategy)
    called = columns_of(names or {})
    table = _closed(read_table(path, [name for all_ in called.values() for name in all_]), called)
    symbol = table.first_of(called["symbol"])
    returns = table.first_of(called["return"])
    closed_at = instants(
        table,
        table.need(called["closed_at"], "when a trade closed"),
        zone,
        rising=True,
        once=False,
    )
    side = table.first_of(called["side"])
    sides = _sides(table, side) if side else None
    return Trades(
        source=path,
        sha256=file_hash(path),
        closed_at=closed_at,
        symbols=table.words(symbol) if symbol else [""] * len(closed_at),
        profit_quote=table.numbers(table.need(called["profit"], "a trade's profit")),
        returns=table.numbers(returns) if returns else None,
        slippage_bp=_slippage(table, called, sides),
        sides=sides,
    )


def columns_of(named: Mapping[str, str]) -> dict[str, list[str]]:
    """What a file may call each column, by our name for it: first what its owner calls it."""
    return {
        ours: [*([named[ours]] if named.get(ours) else []), *usual]
        for ours, usual in COLUMNS.items()
    }


def _closed(table: Table, called: Mapping[str, Sequence[str]]) -> Table:
    """The table without the trades that are still open."""
    status = table.first_of(called["status"])
    if status is None:
        return table
    words = pc.utf8_lower(table.columns[status].cast(pa.string())).fill_null("")
    is_open = pc.is_in(words, value_set=pa.array(["open", "true", "1"]))
    return Table(table.path, table.columns.filter(pc.invert(is_open)))


def _sides(table: Table, name: str) -> Numbers:
    words = pc.utf8_trim_whitespace(pc.utf8_lower(table.columns[name].cast(pa.string())))
    words = words.fill_null("")
    bought = np.asarray(pc.is_in(words, value_set=pa.array(_BUYS)))
    sold = np.asarray(pc.is_in(words, value_set=pa.array(_SELLS)))
    table.refuse(name, ~(bought | sold), "buy or sell is needed")
    return np.where(bought, 1.0, -1.0)


def _slippage(
    table: Table, called: Mapping[str, Sequence[str]], sides: Numbers | None
) -> Numbers | None:
    expected = table.first_of(called["expected_price"])
    if expected is None:
        return None
    wanted = table.numbers(expected)
    table.refuse(expected, wanted <= 0, "a positive price is needed")
    price = table.need(called["price"], "the price of the fill")
    paid = table.numbers(price)
    table.refuse(price, paid <= 0, "a positive price is needed")
    if sides is None:
        sides = _sides(table, table.need(called["side"], "the side of the fill"))
    return np.asarray(sides * (paid - wanted) / wanted * 10_000)
