"""Verification of texts, heads, damaged files and single cells."""

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.ledgers import COLUMNS, KEY, fill, named, tamper, verdict
from trading_tools.audit.ledger import Ledger


@pytest.fixture(params=[None, KEY], ids=["unkeyed", "keyed"])
def key(request: pytest.FixtureRequest) -> bytes | None:
    value: bytes | None = request.param
    return value


@pytest.fixture
def path(tmp_path: Path, key: bytes | None) -> Path:
    path = tmp_path / "ledger.sqlite"
    fill(path, key)
    return path


def test_an_altered_text_is_named_with_the_event_that_names_it(
    path: Path, key: bytes | None
) -> None:
    tamper(path, "UPDATE audit_blob SET content = x'00'")
    found = named(verdict(path, key))
    assert found == {("open", 13, "altered text"), ("", 0, "altered text")}


def test_a_missing_text_is_named(path: Path, key: bytes | None) -> None:
    with Ledger.open(path, key=key) as ledger:
        ledger.put_text("kept by itself")
    tamper(path, "DELETE FROM audit_blob")
    assert named(verdict(path, key)) == {
        ("open", 13, "missing text"),
        ("catalogue", 5, "missing text"),
    }


def test_a_missing_or_false_head_record_is_named(path: Path, key: bytes | None) -> None:
    tamper(
        path,
        "DELETE FROM audit_head WHERE stream = 'open'",
        "UPDATE audit_head SET closed = 0 WHERE stream = 'done'",
    )
    assert named(verdict(path, key)) == {("open", 13, "altered"), ("done", 12, "altered")}


def test_a_damaged_file_is_a_problem_not_a_crash(path: Path, key: bytes | None) -> None:
    content = bytearray(path.read_bytes())
    content[8192:] = b"\xff" * (len(content) - 8192)
    path.write_bytes(content)
    found = verdict(path, key)
    assert not found.valid


TARGETS: tuple[Callable[[int], str], ...] = (
    lambda seq: f"DELETE FROM audit_event WHERE stream = 'open' AND seq = {seq}",
    lambda seq: f"DELETE FROM audit_event WHERE stream = 'open' AND seq >= {seq}",
    lambda seq: f"UPDATE audit_event SET body = '{{}}' WHERE stream = 'open' AND seq = {seq}",
    lambda seq: f"UPDATE audit_event SET seq = 99 WHERE stream = 'open' AND seq = {seq}",
)


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sound ledger, of which each example changes a copy."""
    path = tmp_path_factory.mktemp("filled") / "ledger.sqlite"
    fill(path)
    return path


@settings(max_examples=25, deadline=None, derandomize=True)
@given(target=st.sampled_from(TARGETS), seq=st.integers(1, 13))
def test_no_single_change_to_a_stream_passes(
    tmp_path_factory: pytest.TempPathFactory,
    filled: Path,
    target: Callable[[int], str],
    seq: int,
) -> None:
    path = Path(shutil.copy(filled, tmp_path_factory.mktemp("any")))
    tamper(path, target(seq))
    found = verdict(path)
    assert not found.valid
    assert "open" in {it.stream for it in found.problems}


CELLS = [("audit_event", column) for column in COLUMNS.split(", ")]
CELLS += [("audit_head", column) for column in ("stream", "seq", "hash", "key_id", "closed")]
CELLS += [("audit_blob", column) for column in ("name", "content")]
TEXTS = ["", "x", "{", "[]", "3", '{"heads":3}', '{"heads":{"open":4}}', "\ud7ff\u2028"]
TEXTS += ['{"stream":[],"seq":"a"}', '{"$blob":3}', '{"seq":1e9,"stream":"open","hash":""}']
WEIRD = st.sampled_from(TEXTS) | st.sampled_from([0, -1, 7, 2**62, 0.5, b"", b"\xff\x00"])


@pytest.fixture(scope="module")
def short(tmp_path_factory: pytest.TempPathFactory) -> dict[bool, Path]:
    """A short sound ledger without a key, and one whose key came between."""
    folder = tmp_path_factory.mktemp("short")
    paths = {keyed: folder / f"{keyed}.sqlite" for keyed in (False, True)}
    for keyed, path in paths.items():
        with Ledger.open(path) as ledger:
            ledger.append("open", "step", {"text": "x" * 40_000})
            if keyed:
                ledger.change_key(KEY)
            ledger.append("open", "step", {})
            ledger.put_text("text")
            ledger.close_stream("open")
    return paths


@settings(max_examples=150, deadline=None, derandomize=True)
@given(cell=st.sampled_from(CELLS), row=st.integers(0, 40), value=WEIRD, keyed=st.booleans())
def test_whatever_stands_in_a_cell_is_found_without_a_crash(
    tmp_path_factory: pytest.TempPathFactory,
    short: dict[bool, Path],
    cell: tuple[str, str],
    row: int,
    value: str | float | bytes,
    keyed: bool,
) -> None:
    path = Path(shutil.copy(short[keyed], tmp_path_factory.mktemp("cell")))
    key = KEY if keyed else None
    tamper(path)
    table, column = cell
    order = {"audit_event": "stream, seq", "audit_head": "stream", "audit_blob": "name"}[table]
    with closing(sqlite3.connect(path)) as connection:
        keys = connection.execute(f"SELECT {order}, {column} FROM {table} ORDER BY {order}")
        *which, old = (rows := keys.fetchall())[row % len(rows)]
        where = " AND ".join(f"{name} = ?" for name in order.split(", "))
        try:
            connection.execute(f"UPDATE {table} SET {column} = ? WHERE {where}", (value, *which))
        except sqlite3.IntegrityError:
            return  # the value would make two rows one
        connection.commit()
        new = [
            it[-1]
            for it in connection.execute(f"SELECT {order}, {column} FROM {table} ORDER BY {order}")
        ]
    if sorted(map(repr, new)) == sorted(repr(it[-1]) for it in rows):
        return  # the value was there already
    assert old is not None
    assert not verdict(path, key).valid
