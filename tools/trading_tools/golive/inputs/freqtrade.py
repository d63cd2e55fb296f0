"""The result file of `freqtrade backtesting --export trades`, plain or zipped.

freqtrade is not imported (its licence is not ours); keys as in its results since 2023.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from trading_tools.golive.inputs.closed import Trades
from trading_tools.golive.inputs.table import InputError, Numbers, file_hash


def read_freqtrade(path: Path, strategy: str | None = None) -> Trades:
    """The closed trades of one strategy.

    Raises:
        InputError: no such result, several strategies and none named, or a trade without a figure.
    """
    found = _strategies(path)
    if strategy is None and len(found) != 1:
        raise InputError(
            f"{path}: holds the strategies {', '.join(sorted(found)) or 'none'}: "
            "say which in golive.toml"
        )
    name = strategy or next(iter(found))
    if name not in found:
        raise InputError(f"{path}: has no strategy {name}; there are {', '.join(sorted(found))}")
    rows = found[name].get("trades")
    if not isinstance(rows, list):
        raise InputError(
            f"{path}: strategy {name} has no list of trades; export with --export trades"
        )
    try:
        rows = sorted((row for row in rows if not row.get("is_open")), key=_closed_ns)
        return Trades(
            source=path,
            sha256=file_hash(path),
            closed_at=np.array([_closed_ns(row) for row in rows], dtype=np.int64),
            symbols=[str(row["pair"]) for row in rows],
            profit_quote=_finite(path, rows, "profit_abs"),
            returns=_finite(path, rows, "profit_ratio"),
            slippage_bp=None,
            sides=np.array([-1.0 if row.get("is_short") else 1.0 for row in rows]),
        )
    except KeyError as error:
        raise InputError(f"{path}: a trade of strategy {name} has no {error.args[0]}") from error


def _strategies(path: Path) -> dict[str, Any]:
    try:
        if path.suffix.lower() == ".zip":
            with zipfile.ZipFile(path) as archive:
                results = [
                    item
                    for item in archive.namelist()
                    if item.endswith(".json") and not item.endswith(("_config.json", ".meta.json"))
                ]
                texts = [archive.read(item) for item in results]
        else:
            texts = [path.read_bytes()]
        found = [json.loads(text) for text in texts]
    except (OSError, zipfile.BadZipFile, ValueError) as error:
        raise InputError(f"{path}: cannot be read: {error}") from error
    for content in found:
        if isinstance(content, dict) and isinstance(content.get("strategy"), dict):
            return dict(content["strategy"])
    raise InputError(f"{path}: is no backtest result of freqtrade: it has no key strategy")


def _closed_ns(row: Mapping[str, Any]) -> int:
    if row.get("close_timestamp") is not None:
        return int(row["close_timestamp"]) * 1_000_000
    at = datetime.fromisoformat(row["close_date"])
    return int(at.replace(tzinfo=at.tzinfo or UTC).timestamp() * 1_000) * 1_000_000


def _finite(path: Path, rows: list[Any], key: str) -> Numbers:
    values = np.array([row[key] for row in rows], dtype=np.float64)
    if not np.isfinite(values).all():
        row = int((~np.isfinite(values)).argmax())
        raise InputError(
            f"{path}: trade {row + 1}: {key} is {values[row]}: a finite number is needed"
        )
    return values
