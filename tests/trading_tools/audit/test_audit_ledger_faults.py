"""Ledgers that cannot be opened, written or changed, and old ones."""

import shutil
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import event, make_url
from sqlalchemy.engine import Engine

from trading_tools.audit import tables
from trading_tools.audit.errors import (
    LedgerCorrupt,
    LedgerMissing,
    LedgerUnavailable,
    LedgerVersion,
)
from trading_tools.audit.ledger import Ledger
from trading_tools.audit.verify import verify

FIXTURE = Path(__file__).parent / "fixtures" / "ledger_v1.sqlite"


@pytest.mark.parametrize("table", ["audit_event", "audit_blob", "audit_head"])
@pytest.mark.parametrize("how", ["UPDATE {} SET {}", "DELETE FROM {}", "REPLACE INTO {} {}"])
def test_the_database_itself_refuses_to_change_the_past(
    ledger: Ledger, path: Path, table: str, how: str
) -> None:
    ledger.append("run-1", "step", {"text": "x" * 40_000})
    ledger.append("run-1", "step", {})
    change = {"audit_event": "v = 9", "audit_blob": "content = x'00'", "audit_head": "seq = 0"}
    same = how.startswith("REPLACE")
    statement = how.format(table, f"SELECT * FROM {table}" if same else change[table])
    with closing(sqlite3.connect(path)) as connection:
        before = connection.execute(f"SELECT * FROM {table}").fetchall()
        if same and table == "audit_blob":
            connection.execute(statement)  # quietly without effect, as the text is the same
        else:
            with pytest.raises(sqlite3.IntegrityError, match="append-only"):
                connection.execute(statement)
        assert connection.execute(f"SELECT * FROM {table}").fetchall() == before


def test_the_same_layout_is_written_for_postgresql() -> None:
    statements = tables.creation(make_url("postgresql+psycopg://").get_dialect()())
    text = "\n".join(statements)
    assert text.count("CREATE TABLE") == 4
    assert "BEFORE UPDATE OR DELETE ON audit_event" in text
    assert "BEFORE TRUNCATE ON audit_event" in text


@pytest.mark.parametrize(
    ("address", "says"),
    [
        ("mysql://user:hidden@host/db", "postgresql:// URL"),
        ("postgresql://user:hidden@127.0.0.1:1/db", "start the server, or check host and port"),
        ("postgresql://127.0.0.1:1/db?user=user&password=hidden", "start the server"),
        ("postgresql://user:hidden@127.0.0.1:port/db", "no valid database URL"),
        ("postgresql://user:hidden@/hidden@127.0.0.1:1/db", "start the server"),
    ],
)
def test_an_address_that_leads_nowhere_says_so_without_the_password(
    address: str, says: str
) -> None:
    with pytest.raises(LedgerUnavailable, match=says) as caught:
        Ledger.open(address)
    assert "hidden" not in str(caught.value)


def test_without_the_driver_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(LedgerUnavailable, match=r"trading-orchestrator\[postgres\]") as caught:
        Ledger.open("postgresql://user:hidden@127.0.0.1:1/db")
    assert "hidden" not in str(caught.value)


def test_the_folder_is_created_and_kept_out_of_git(ledger: Ledger, path: Path) -> None:
    assert (path.parent / ".gitignore").read_text() == "*\n"
    assert ledger.place == str(path)


def test_a_folder_of_the_users_gets_no_gitignore(tmp_path: Path) -> None:
    with Ledger.open(str(tmp_path / "ledger.sqlite")):
        assert not (tmp_path / ".gitignore").exists()


def test_a_missing_ledger_is_not_created_by_reading(path: Path) -> None:
    with pytest.raises(LedgerMissing, match="no ledger at"):
        Ledger.open(path, read_only=True)
    assert not path.exists()


def test_reading_only_refuses_to_write(path: Path) -> None:
    with Ledger.open(path) as ledger:
        ledger.append("run-1", "step", {})
    with Ledger.open(path, read_only=True) as ledger:
        assert len(ledger.read("run-1")) == 1
        with pytest.raises(LedgerUnavailable, match="read-only"):
            ledger.append("run-1", "step", {})


def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    path.write_text("this is a note, long enough to be taken for a header, not a database" * 20)
    for read_only in (False, True):
        with pytest.raises(LedgerCorrupt, match=r"ledger\.sqlite: file is not a database; "):
            Ledger.open(path, read_only=read_only)


def test_the_database_of_something_else_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "app.sqlite"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE mine (x)")
    before = path.read_bytes()
    with pytest.raises(LedgerVersion, match="something else"):
        Ledger.open(path)
    assert path.read_bytes() == before


def test_a_newer_layout_is_refused_clearly(path: Path) -> None:
    with Ledger.open(path):
        pass
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 2")
    for read_only in (False, True):
        with pytest.raises(LedgerVersion, match="version 2, this program knows up to 1: upgrade"):
            Ledger.open(path, read_only=read_only)


def test_a_place_that_cannot_hold_a_file_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for place in (tmp_path / "file" / "ledger.sqlite", tmp_path):
        with pytest.raises(LedgerUnavailable, match=str(place.name)) as caught:
            Ledger.open(place)
        assert "\n" not in str(caught.value)


def test_a_full_disk_is_one_clear_line_and_nothing_is_half_written(path: Path) -> None:
    def fill(ledger: Ledger) -> None:
        for number in range(100):
            ledger.append("run-1", "step", {"text": f"{number:05}" * 8_000})

    def limit(connection: sqlite3.Connection, _: object) -> None:
        connection.execute("PRAGMA max_page_count = 40")

    event.listen(Engine, "connect", limit)
    try:
        with Ledger.open(path) as ledger:
            with pytest.raises(LedgerUnavailable, match=r"full; .* free disk space") as caught:
                fill(ledger)
            assert "\n" not in str(caught.value)
            assert verify(ledger).valid
            assert ledger.append("run-1", "small", {}).seq == len(ledger.read("run-1"))
    finally:
        event.remove(Engine, "connect", limit)


def test_a_ledger_that_cannot_be_written_is_one_clear_line(path: Path) -> None:
    def forbid(connection: sqlite3.Connection, _: object) -> None:
        connection.execute("PRAGMA query_only = 1")

    with Ledger.open(path):
        pass
    event.listen(Engine, "connect", forbid)
    try:
        with Ledger.open(path) as ledger, pytest.raises(LedgerUnavailable) as caught:
            ledger.append("run-1", "step", {})
    finally:
        event.remove(Engine, "connect", forbid)
    assert "readonly database; make the file and its folder writable" in str(caught.value)
    assert str(path) in str(caught.value)


def test_a_closed_ledger_says_so(path: Path) -> None:
    ledger = Ledger.open(path)
    ledger.close()
    ledger.close()
    with pytest.raises(LedgerUnavailable, match="was closed"):
        ledger.append("run-1", "step", {})


def test_a_ledger_of_version_1_opens_verifies_and_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    shutil.copyfile(FIXTURE, path)
    with Ledger.open(path, key=b"the key of the fixture") as ledger:
        assert verify(ledger).valid
        first, second = ledger.read("run-1")
        assert first.body == {"request": "Grüße", "size_base": "0.10"}
        assert second.body["text"] == "long " * 8000
        assert first.hash == "f66375834069a76b8517957ce9ad25189a031cd52dffa88c26333ef8a070a050"
        assert ledger.append("run-1", "step", {}).seq == 3
        assert verify(ledger).valid
