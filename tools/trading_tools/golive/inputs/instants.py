"""A column of times as nanoseconds in UTC, however they are written.

A time without a zone says nothing about when: it is refused unless the owner says which zone it is.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from trading_tools.golive.inputs.table import InputError, Table

Instants = NDArray[np.int64]
"""Nanoseconds since 1970 in UTC."""

_ZONE = r"(?P<zone>Z|[+-]\d\d:?\d\d)$"
_DATE = r"^\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d+)?)?)?(Z|[+-]\d\d:?\d\d)?$"
_EPOCHS = ((1e17, 1), (1e14, 1_000), (1e11, 1_000_000), (0, 1_000_000_000))
"""From which size on a whole number counts nanoseconds, micro-, milliseconds or seconds."""


def instants(table: Table, name: str, zone: str | None, *, rising: bool, once: bool) -> Instants:
    """A column of times, as nanoseconds in UTC.

    Args:
        zone: the zone of times that name none; None refuses those.
        rising: whether a time before the one above it is a fault.
        once: whether a time that comes twice is a fault.

    Raises:
        InputError: a time that cannot be read, without a zone, of another zone than the
            others, out of order or doubled; each with its row.
    """
    column = table.columns[name]
    if not len(column):
        return np.array([], dtype=np.int64)
    if pa.types.is_timestamp(column.type) or pa.types.is_date(column.type):
        at = _stamped(table, name, column, zone)
    elif _counts(column):
        at = _epochs(table, name)
    else:
        at = _read(table, name, column.cast(pa.string()), zone)
    steps = np.diff(at)
    if rising:
        table.refuse(name, np.append(False, steps < 0), "earlier than the row above; sort it")
    if once:
        table.refuse(name, np.append(False, steps == 0), "the same time as the row above")
    return at


def _stamped(table: Table, name: str, column: pa.ChunkedArray, zone: str | None) -> Instants:
    table.refuse(name, np.asarray(column.is_null()), "a time is needed")
    if pa.types.is_date(column.type):
        column = column.cast(pa.timestamp("ns"))
    if column.type.tz is None:
        column = _placed(table, name, column, zone)
    return np.asarray(column.cast(pa.timestamp("ns", "UTC")).cast(pa.int64()).to_numpy())


def _counts(column: pa.ChunkedArray) -> bool:
    """Whether the times are counted since 1970, as numbers or in digits."""
    if pa.types.is_integer(column.type) or pa.types.is_floating(column.type):
        return True
    first = next((text for text in column[:1].cast(pa.string()).to_pylist() if text), "")
    return first.strip().replace(".", "", 1).isdigit()


def _epochs(table: Table, name: str) -> Instants:
    values = table.numbers(name)
    table.refuse(name, values < 0, "a time before 1970")
    scale = next(scale for least, scale in _EPOCHS if float(values.max()) >= least)
    whole = values.astype(np.int64)
    part = np.round((values - whole) * scale).astype(np.int64)
    return np.asarray(whole * scale + part)


def _read(table: Table, name: str, column: pa.ChunkedArray, zone: str | None) -> Instants:
    column = pc.utf8_trim_whitespace(column.fill_null(""))
    zones = pc.extract_regex(column, _ZONE)
    offsets = pc.struct_field(zones, "zone").fill_null("")
    kinds = pc.unique(offsets).to_pylist()
    same = {kind.replace(":", "").replace("Z", "+0000") for kind in kinds}
    if len(same) > 1:
        odd = np.asarray(pc.not_equal(offsets, kinds[0]))
        shown = " and ".join(kind or "no zone" for kind in kinds[:2])
        table.refuse(name, odd, f"another time zone than the rows above ({shown}); give one")
    named = bool(kinds[0])
    try:
        if named:
            stamps = column.cast(pa.timestamp("ns", "UTC"))
        else:
            stamps = _placed(table, name, column.cast(pa.timestamp("ns")), zone)
    except pa.ArrowInvalid:
        bad = pc.invert(pc.match_substring_regex(column, _DATE))
        table.refuse(name, np.asarray(bad), "a time such as 2026-01-31T12:00:00Z is needed")
        raise InputError(f"{table.path}: column {name} holds a time that is no date") from None
    return np.asarray(stamps.cast(pa.int64()).to_numpy())


def _placed(table: Table, name: str, column: pa.ChunkedArray, zone: str | None) -> pa.ChunkedArray:
    if zone is None:
        raise InputError(
            f"{table.path}: the times of column {name} have no zone: "
            'say which in golive.toml, such as time_zone = "UTC" '
            "(`orc trials record`: --time-zone UTC)"
        )
    try:
        return pc.assume_timezone(column, zone, ambiguous="raise", nonexistent="raise")
    except pa.ArrowInvalid as error:
        raise InputError(f"{table.path}: column {name} in zone {zone}: {error}") from error
