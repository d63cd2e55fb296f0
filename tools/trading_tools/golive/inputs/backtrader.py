"""The file that backtrader's `WriterFile` writes with csv=True.

It opens with a line of equals signs; its header repeats `len` for each object, the first `datetime`
is the first data feed's and `value` the broker observer's (backtrader.com/docu/writer).
"""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pyarrow as pa

from trading_tools.golive.inputs.table import InputError, Table


def read_backtrader(path: Path) -> Table | None:
    """The broker's value by time; None for a file of another kind.

    Raises:
        InputError: no such file, or a writer's file without times or values.
    """
    if not path.is_file():
        raise InputError(f"{path}: there is no such file")
    with path.open(encoding="utf-8", errors="replace") as stream:
        if not stream.readline().startswith("====="):
            return None
        lines = []
        for line in stream:
            if line.startswith("====="):
                break
            lines.append(line)
    rows = list(csv.reader(io.StringIO("".join(lines))))
    header = [name.strip().lower() for name in rows[0]] if rows else []
    if "datetime" not in header or "value" not in header:
        raise InputError(
            f"{path}: backtrader's writer left out datetime or the broker's value: "
            "add the writer with csv=True and keep the Broker observer"
        )
    time, value = header.index("datetime"), header.index("value")
    whole = [row for row in rows[1:] if len(row) > max(time, value)]
    columns = {
        "datetime": pa.chunked_array([pa.array([row[time] for row in whole], pa.string())]),
        "value": pa.chunked_array([pa.array([row[value] for row in whole], pa.string())]),
    }
    return Table(path, pa.table(columns))
