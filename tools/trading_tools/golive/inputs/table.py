"""CSV and Parquet files as columns of text and numbers that were checked.

Numbers are floats here: they feed statistics. Accounting that must be exact reads the ledger.
Not here: columns of times (`instants`), and which columns mean what (`trades`, `equity`).
"""

from __future__ import annotations

import difflib
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

Numbers = NDArray[np.float64]


class InputError(ValueError):
    """An evidence file that supports nothing; one line that names file, place and what to do."""


@dataclass(frozen=True)
class Table:
    """A file's columns. Rows count from 1 in messages, the header is not one."""

    path: Path
    columns: pa.Table

    def first_of(self, names: Sequence[str]) -> str | None:
        """Which of `names` the file has, whatever the case; the first wins."""
        have = {name.strip().lower(): name for name in self.columns.column_names}
        return next((have[name.lower()] for name in names if name.lower() in have), None)

    def need(self, names: Sequence[str], what: str) -> str:
        """The column for `what`.

        Raises:
            InputError: none of `names` is there; it names the nearest that are.
        """
        found = self.first_of(names)
        if found is not None:
            return found
        have = [str(name) for name in self.columns.column_names]
        near = difflib.get_close_matches(names[0], have, 3, 0.5) or have[:12]
        raise InputError(
            f"{self.path}: no column for {what}: give one named {' or '.join(names[:3])}, "
            f"or say in golive.toml which it is; there are {', '.join(near) or 'no columns'}"
        )

    def numbers(self, name: str) -> Numbers:
        """A column of finite numbers.

        Raises:
            InputError: an empty cell, a word, NaN or an infinity, with its row.
        """
        column = self.columns[name]
        if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
            column = self._parsed(name, column)
        values: Numbers = column.cast(pa.float64(), safe=False).to_numpy()
        self.refuse(name, ~np.isfinite(values), "a finite number is needed")
        return values

    def words(self, name: str) -> list[str]:
        """A column as text; an empty cell is an empty text."""
        column = self.columns[name].cast(pa.string()).fill_null("").combine_chunks()
        coded = pc.dictionary_encode(column)
        known = coded.dictionary.to_pylist()  # each word once, however many rows have it
        return [known[at] for at in coded.indices.to_numpy()]

    def _parsed(self, name: str, column: pa.ChunkedArray) -> pa.ChunkedArray:
        try:
            return pc.utf8_trim_whitespace(column).cast(pa.float64())
        except pa.ArrowInvalid:
            matches = pc.match_substring_regex(
                column, r"^\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*$"
            )
            self.refuse(name, ~np.asarray(matches.fill_null(False)), "a number is needed")
            raise

    def refuse(self, name: str, bad: NDArray[Any], wanted: str) -> None:
        """Raise InputError for the first row of column `name` that is marked in `bad`."""
        if not bad.any():
            return
        row = int(bad.argmax())
        value = self.columns[name][row].as_py()
        shown = "nothing" if value in (None, "") else str(value)[:40]
        raise InputError(f"{self.path}, row {row + 1}: column {name} holds {shown}: {wanted}")


def read_table(path: Path, only: Sequence[str] = ()) -> Table:
    """A CSV (also .gz) or Parquet file.

    Args:
        only: the columns that may be of use, in any case; none reads all.

    Raises:
        InputError: no such file, a format that is not known, or content that is not of it.
    """
    import pyarrow.parquet

    if not path.is_file():
        raise InputError(f"{path}: there is no such file")
    name = path.name.lower()
    try:
        if name.endswith(".parquet"):
            have = pyarrow.parquet.read_schema(path).names
            return Table(path, pyarrow.parquet.read_table(path, columns=_wanted(have, only)))
        if name.endswith((".csv", ".csv.gz", ".tsv")):
            return Table(path, _read_csv(path, only))
    except (pa.ArrowInvalid, pa.ArrowKeyError, OSError, UnicodeDecodeError) as error:
        line = str(error).splitlines()[0]
        raise InputError(f"{path}: cannot be read: {line}") from error
    raise InputError(f"{path}: give a .csv, .csv.gz, .tsv or .parquet file")


def _read_csv(path: Path, only: Sequence[str]) -> pa.Table:
    from pyarrow import csv

    with pa.input_stream(str(path), compression="detect") as stream:
        header = stream.read(65_536).split(b"\n", 1)[0].decode("utf-8-sig")
    if not header.strip():
        raise InputError(f"{path}: the file is empty")
    mark = max(",;\t", key=header.count)
    parse = csv.ParseOptions(delimiter=mark)
    have = csv.open_csv(str(path), parse_options=parse).schema.names
    doubled = sorted({name for name in have if have.count(name) > 1})
    wanted = _wanted(have, only)
    if set(doubled) & set(wanted):
        raise InputError(f"{path}: column {doubled[0]} is there more than once")
    text = {name: pa.string() for name in wanted}
    convert = csv.ConvertOptions(
        include_columns=wanted, column_types=text, strings_can_be_null=True, null_values=[""]
    )
    return csv.read_csv(str(path), parse_options=parse, convert_options=convert)


def _wanted(have: Sequence[str], only: Sequence[str]) -> list[str]:
    names = {name.lower() for name in only}
    return [name for name in have if not only or name.strip().lower() in names]


def file_hash(path: Path) -> str:
    """SHA-256 of the file's bytes, in hex."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
