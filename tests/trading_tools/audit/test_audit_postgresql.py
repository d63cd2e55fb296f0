"""The ledger on a real PostgreSQL server: the same promises as in a file, for many machines."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.support.postgresql import PASSWORD, Server
from trading_tools.audit.errors import (
    KeyMismatch,
    LedgerMissing,
    LedgerUnavailable,
    StreamConflict,
    StreamHeld,
)
from trading_tools.audit.export import export_lines, import_lines, verify_lines
from trading_tools.audit.ledger import Draft, Ledger
from trading_tools.audit.verify import verify

pytestmark = pytest.mark.slow
LONG = "a long text " * 4_000


@pytest.fixture
def url(postgresql: Server) -> str:
    return postgresql.database()


@pytest.fixture
def ledger(url: str) -> Iterator[Ledger]:
    with Ledger.open(url) as opened:
        yield opened


def connected(url: str) -> Any:
    import psycopg

    return closing(psycopg.connect(url, autocommit=True))


def test_what_was_appended_is_read_back_and_verified(ledger: Ledger, url: str) -> None:
    odd = {"text": "nul \x00, half \ud800, \u00e9", "long": LONG, "none": None}
    first = ledger.append("run-1", "opened", odd, durable=True)
    more = ledger.append_all("run-1", [Draft("step", {"n": n}) for n in range(120)])
    ledger.close_stream("run-1")
    ledger.append("run-1", "again", {})
    assert ledger.read("run-1")[:-1] == [first, *more]
    assert first.body == odd
    with Ledger.open(url, read_only=True) as other:
        assert other.read("run-1", after=121)[0].kind == "again"
        assert verify(other).valid
        assert [info.stream for info in other.streams()] == ["run-1"]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_event SET body = '{}'",
        "DELETE FROM audit_event",
        "TRUNCATE audit_event",
        "UPDATE audit_blob SET content = ''",
        "DELETE FROM audit_blob",
        "TRUNCATE audit_blob",
        "UPDATE audit_head SET seq = seq - 1",
        "UPDATE audit_head SET stream = 'other'",
        "DELETE FROM audit_head",
        "TRUNCATE audit_head",
    ],
)
def test_the_server_itself_refuses_to_change_what_is_recorded(
    ledger: Ledger, url: str, statement: str
) -> None:
    import psycopg

    ledger.append("run-1", "opened", {"long": LONG})
    with connected(url) as connection, pytest.raises(psycopg.Error, match="append-only"):
        connection.execute(statement)
    assert verify(ledger).valid


def test_of_two_writers_of_a_stream_one_is_told(ledger: Ledger, url: str) -> None:
    ledger.append("run-1", "opened", {})
    with Ledger.open(url) as other:
        other.append("run-1", "step", {"by": "other"})
        with pytest.raises(StreamConflict):
            ledger.append("run-1", "step", {"by": "first"})
        ledger.append("run-1", "step", {"by": "first, again"})
    assert [event.seq for event in ledger.read("run-1")] == [1, 2, 3]


def test_many_writers_at_once_lose_nothing_and_do_not_wait_for_each_other(url: str) -> None:
    def work(number: int) -> None:
        # Each opens, closes and passes its fiftieth event; all share the catalogue and a text.
        with Ledger.open(url) as mine:
            for n in range(55):
                mine.append(f"run-{number}", "step", {"n": n, "long": LONG if n % 9 == 0 else ""})
            mine.close_stream(f"run-{number}")
            mine.put_text(LONG)

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(work, range(6)))
    with Ledger.open(url) as ledger:
        assert verify(ledger).valid
        assert {info.seq for info in ledger.streams()} == {55}


def test_rivals_for_one_stream_leave_one_unbroken_chain(url: str) -> None:
    def work(number: int) -> int:
        done = 0
        with Ledger.open(url) as mine:
            while done < 30:
                try:
                    mine.append("shared", "step", {"by": number})
                    done += 1
                except StreamConflict:
                    continue
        return done

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(work, range(4))) == 120
    with Ledger.open(url) as ledger:
        assert [event.seq for event in ledger.read("shared")] == list(range(1, 121))
        assert verify(ledger).valid


def test_a_key_binds_and_a_wrong_one_appends_nothing(ledger: Ledger, url: str) -> None:
    ledger.append("run-1", "opened", {})
    ledger.change_key(b"a key of thirty-two bytes, secret")
    ledger.append("run-1", "step", {})
    with Ledger.open(url) as other, pytest.raises(KeyMismatch):
        other.append("run-1", "step", {})
    assert verify(ledger).valid


def test_an_export_becomes_the_same_ledger_in_a_file(ledger: Ledger, tmp_path: Path) -> None:
    ledger.append("run-1", "opened", {"long": LONG})
    ledger.append("run-2", "opened", {"n": 1})
    lines = list(export_lines(ledger))
    assert verify_lines(lines).valid
    import_lines(lines, tmp_path / "copy.sqlite")
    with Ledger.open(tmp_path / "copy.sqlite") as copy:
        assert verify(copy).valid
        assert copy.read("run-1") == ledger.read("run-1")
        assert list(export_lines(copy)) == lines


def test_reading_makes_no_ledger_and_cannot_write(url: str) -> None:
    with pytest.raises(LedgerMissing):
        Ledger.open(url, read_only=True)
    Ledger.open(url).close()
    with Ledger.open(url, read_only=True) as ledger, pytest.raises(LedgerUnavailable):
        ledger.append("run-1", "opened", {})


def test_a_stream_is_held_by_one_connection_at_a_time(ledger: Ledger, url: str) -> None:
    with Ledger.open(url) as other:
        with ledger.holding("run-1"):
            with pytest.raises(StreamHeld, match=f"process {os.getpid()}"), other.holding("run-1"):
                pass
            with other.holding("run-2"):
                assert other.holder("run-1") is not None
        assert other.holder("run-1") is None
        with other.holding("run-1"):
            pass


def hold_for_ever(url: str, ready: Any) -> None:
    with Ledger.open(url) as ledger, ledger.holding("run-1"):
        ready.set()
        signal.pause()


def test_a_killed_process_holds_nothing(ledger: Ledger, url: str) -> None:
    context = multiprocessing.get_context("spawn")
    ready = context.Event()
    process = context.Process(target=hold_for_ever, args=(url, ready))
    process.start()
    assert ready.wait(60)
    assert f"process {process.pid}" in str(ledger.holder("run-1"))
    process.kill()
    process.join()
    with ledger.holding("run-1"):
        assert f"process {os.getpid()}" in str(ledger.holder("run-1"))


def test_who_is_cut_off_records_nothing_more(ledger: Ledger, url: str) -> None:
    ledger.append("run-1", "opened", {})
    with Ledger.open(url) as other, ledger.holding("run-1"):
        assert f"process {os.getpid()}" in str(other.evict("run-1"))
        with other.holding("run-1"), pytest.raises(LedgerUnavailable, match="open the ledger"):
            ledger.append("run-1", "step", {})
        assert other.evict("run-1") is None


def test_a_wrong_password_is_one_line_without_it(postgresql: Server, url: str) -> None:
    Ledger.open(postgresql.as_desk(url, PASSWORD)).close()
    with pytest.raises(LedgerUnavailable, match="check user and password") as caught:
        Ledger.open(postgresql.as_desk(url, "a-wrong-password"))
    assert "a-wrong-password" not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_user_without_rights_is_told_so(postgresql: Server, ledger: Ledger, url: str) -> None:
    with pytest.raises(LedgerUnavailable, match="let this user read and write it on the server"):
        Ledger.open(postgresql.as_desk(url, PASSWORD))
    assert verify(ledger).valid


def test_a_database_that_is_not_there_is_one_line(url: str) -> None:
    with pytest.raises(LedgerUnavailable, match="create it, or name another"):
        Ledger.open(url.replace("/ledger", "/nothing"))
