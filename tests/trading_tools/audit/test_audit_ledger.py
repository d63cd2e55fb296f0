"""Appending, reading, keys, several writers, and what goes wrong with files."""

import multiprocessing
import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.ledgers import START, Clock
from trading_tools.audit.errors import (
    BlobMissing,
    KeyMismatch,
    LedgerError,
    NotRecordable,
    StreamConflict,
)
from trading_tools.audit.ledger import Draft, Head, Ledger
from trading_tools.audit.verify import verify


def test_what_was_appended_is_read_back(ledger: Ledger) -> None:
    first = ledger.append("run-1", "opened", {"size": Decimal("1.10"), "at": START})
    second = ledger.append("run-1", "step", {"n": 1}, v=3, durable=True)
    assert ledger.read("run-1") == [first, second]
    assert ledger.read("run-1", after=1) == [second]
    assert ledger.read("nothing") == []
    assert first.body == {"size": "1.10", "at": "2026-01-01T00:00:00.000000Z"}
    assert (first.seq, first.prev, first.alg, first.key_id) == (1, "", "sha256", "")
    assert (second.seq, second.prev, second.v) == (2, first.hash, 3)
    assert ledger.head("run-1") == Head(2, second.hash)
    assert ledger.head("nothing") is None


def test_events_recorded_together_are_all_there_or_none(path: Path) -> None:
    with Ledger.open(path, clock=Clock()) as ledger:
        drafts = [Draft("step", {"n": n}, 2) for n in range(70)]
        recorded = ledger.append_all("whole", drafts, expected_seq=0)
        assert ledger.read("whole") == recorded
        assert [(event.body["n"], event.v) for event in recorded] == [(n, 2) for n in range(70)]
        assert ledger.append("whole", "step", {}).prev == recorded[-1].hash

    moments = Clock()

    def fails_at_the_fifth(left: list[int] = [5]) -> datetime:  # noqa: B006 - counts the calls
        left[0] -= 1
        if not left[0]:
            raise RuntimeError("killed here")
        return moments()

    with Ledger.open(path, clock=fails_at_the_fifth) as ledger:
        with pytest.raises(RuntimeError, match="killed here"):
            ledger.append_all("broken", drafts, expected_seq=0)
        assert ledger.read("broken") == []
        assert [info.stream for info in ledger.streams()] == ["whole"]
        assert verify(ledger).valid


def test_the_clock_gives_the_times(ledger: Ledger) -> None:
    assert ledger.append("run-1", "opened", {}).at == "2026-01-01T00:00:03.000000Z"


def test_streams_are_listed_in_the_order_of_their_opening(ledger: Ledger) -> None:
    ledger.append("b", "run.opened", {})
    ledger.append("a", "queue.opened", {})
    last = ledger.append("b", "step", {})
    ledger.close_stream("b")
    b, a = ledger.streams()
    assert (b.stream, b.seq, b.head, b.closed, b.first_kind) == (
        "b",
        2,
        last.hash,
        True,
        "run.opened",
    )
    assert (a.stream, a.seq, a.closed, a.first_kind) == ("a", 1, False, "queue.opened")
    assert b.opened_at < a.opened_at < b.last_at


def test_the_catalogue_records_openings_heads_closings_and_reopenings(ledger: Ledger) -> None:
    for _ in range(50):
        ledger.append("run-1", "step", {})
    ledger.close_stream("run-1")
    ledger.close_stream("run-1")
    ledger.append("run-1", "step", {})
    kinds = [event.kind for event in ledger.read("catalogue")]
    assert kinds == [
        "ledger.created",
        "stream.opened",
        "stream.head",
        "stream.closed",
        "stream.reopened",
    ]
    assert not ledger.streams()[0].closed
    assert verify(ledger).valid


def test_only_a_stream_with_events_can_be_closed(ledger: Ledger) -> None:
    for stream in ("nothing", "catalogue"):
        with pytest.raises(LedgerError, match=stream):
            ledger.close_stream(stream)


@pytest.mark.parametrize(
    ("stream", "kind", "v"),
    [("catalogue", "k", 1), ("", "k", 1), ("a\nb", "k", 1), ("a", "", 1), ("a", "k", 0)],
)
def test_unfit_names_and_versions_are_refused(
    ledger: Ledger, stream: str, kind: str, v: int
) -> None:
    with pytest.raises(NotRecordable):
        ledger.append(stream, kind, {}, v=v)


def test_a_refused_body_leaves_no_trace(ledger: Ledger) -> None:
    with pytest.raises(NotRecordable):
        ledger.append("run-1", "step", {"x": float("nan")})
    with pytest.raises(NotRecordable):
        ledger.append("run-1", "step", [])  # type: ignore[arg-type]  # no object
    assert ledger.streams() == []


def test_long_texts_go_to_blobs_and_come_back(ledger: Ledger, path: Path) -> None:
    body = {"long": "é" * 16_385, "short": "é" * 16_384, "deep": [{"again": "x" * 32_769}]}
    written = ledger.append("run-1", "output", body)
    assert written.body == body
    assert ledger.read("run-1") == [written]
    with closing(sqlite3.connect(path)) as connection:
        (stored,) = connection.execute(
            "SELECT body FROM audit_event WHERE stream = 'run-1'"
        ).fetchone()
        (count,) = connection.execute("SELECT count(*) FROM audit_blob").fetchone()
    assert stored.count('{"$blob":"sha256:') == count == 2


TEXT = st.text(alphabet=st.characters(exclude_categories=()), max_size=20)
LEAF = TEXT | st.integers() | st.just("long " * 7000)
NESTED = st.recursive(
    LEAF,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(TEXT | st.sampled_from(["$blob", "$$blob", "$$$blob"]), inner, max_size=2)
    ),
    max_leaves=6,
)


@settings(derandomize=True, deadline=None, max_examples=60)
@given(st.dictionaries(st.sampled_from(["$blob", "$$blob", "a", "b"]), NESTED, max_size=3))
def test_any_body_comes_back_and_verifies(
    tmp_path_factory: pytest.TempPathFactory, body: dict[str, Any]
) -> None:
    with Ledger.open(tmp_path_factory.mktemp("law") / "ledger.sqlite") as ledger:
        written = ledger.append("run-1", "any", body)
        assert ledger.read("run-1") == [written]
        assert _joined(written.body) == _joined(body)
        assert verify(ledger).valid


def _joined(value: Any) -> Any:
    """Surrogate halves side by side are one character in JSON."""
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")
    if isinstance(value, list):
        return [_joined(inner) for inner in value]
    if isinstance(value, dict):
        return {_joined(key): _joined(inner) for key, inner in value.items()}
    return value


def test_texts_are_kept_once_under_the_hash_of_their_content(ledger: Ledger) -> None:
    name = ledger.put_text("a note \ud800")
    assert ledger.put_text("a note \ud800") == name
    assert name.startswith("sha256:")
    assert ledger.get_text(name) == "a note \ud800"
    with pytest.raises(BlobMissing, match="sha256:00"):
        ledger.get_text("sha256:00")


def test_old_versions_are_upcast_on_reading_only(path: Path) -> None:
    upcasters = {
        ("order", 1): lambda body: {**body, "side": "buy"},
        ("order", 2): lambda body: {**body, "size_base": body["size"]},
    }
    with Ledger.open(path, upcasters=upcasters) as ledger:
        written = ledger.append("run-1", "order", {"size": "1"})
        (read,) = ledger.read("run-1")
        assert (read.v, read.body) == (3, {"size": "1", "side": "buy", "size_base": "1"})
        assert (written.v, written.body, read.hash) == (1, {"size": "1"}, written.hash)
        assert verify(ledger).valid


def test_an_unexpected_seq_is_a_conflict(ledger: Ledger) -> None:
    ledger.append("run-1", "step", {}, expected_seq=0)
    ledger.append("run-1", "step", {}, expected_seq=1)
    for expected in (0, 1, 3):
        with pytest.raises(StreamConflict, match="run-1 is at event 2"):
            ledger.append("run-1", "step", {}, expected_seq=expected)


def test_the_writer_that_comes_second_gets_a_conflict_and_may_try_again(path: Path) -> None:
    with Ledger.open(path) as first, Ledger.open(path) as second:
        first.append("run-1", "step", {"by": 1})
        second.append("run-1", "step", {"by": 2})
        with pytest.raises(StreamConflict, match="run-1"):
            first.append("run-1", "step", {"by": 1})
        first.append("run-1", "step", {"by": 1})
        with pytest.raises(StreamConflict):
            second.append("run-1", "step", {"by": 2})
        first.append("other", "step", {})
        with pytest.raises(StreamConflict):
            second.append("run-1", "step", {}, expected_seq=2)
        assert [event.body["by"] for event in first.read("run-1")] == [1, 2, 1]
        assert verify(second).valid


def test_two_that_open_the_same_stream_conflict(path: Path) -> None:
    with Ledger.open(path) as first, Ledger.open(path) as second:
        clash = threading.Barrier(2)

        def open_stream(ledger: Ledger) -> bool:
            clash.wait()
            try:
                ledger.append("run-1", "opened", {}, expected_seq=0)
            except StreamConflict:
                return False
            return True

        with ThreadPoolExecutor(2) as pool:
            assert sorted(pool.map(open_stream, (first, second))) == [False, True]
        assert verify(first).valid


def test_threads_share_a_ledger(ledger: Ledger) -> None:
    def work(number: int) -> None:
        for n in range(20):
            ledger.append(f"own-{number}", "step", {"n": n})
            ledger.append("shared", "step", {"n": n})

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(work, range(6)))
    assert [event.seq for event in ledger.read("shared")] == list(range(1, 121))
    assert verify(ledger).valid


def _write_from_process(path: Path, number: int) -> None:
    with Ledger.open(path) as ledger:
        for n in range(30):
            ledger.append(f"process-{number}", "step", {"n": n})


def test_processes_share_a_ledger_from_its_creation_on(path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    processes = [
        context.Process(target=_write_from_process, args=(path, number)) for number in range(3)
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0, 0, 0]
    with Ledger.open(path, read_only=True) as ledger:
        assert [info.seq for info in ledger.streams()] == [30, 30, 30]
        assert verify(ledger).valid


@pytest.mark.parametrize("given_key", [None, b"wrong"])
def test_a_keyed_ledger_is_read_but_not_written_without_its_key(
    path: Path, given_key: bytes | None
) -> None:
    with Ledger.open(path, key=b"right") as ledger:
        written = ledger.append("run-1", "step", {})
        assert written.alg == "hmac-sha256"
        assert len(written.key_id) == 16
    with Ledger.open(path, key=given_key) as ledger:
        assert ledger.read("run-1") == [written]
        for stream in ("run-1", "new"):
            with pytest.raises(KeyMismatch, match=written.key_id):
                ledger.append(stream, "step", {})
        with pytest.raises(KeyMismatch):
            ledger.put_text("text")
        with pytest.raises(KeyMismatch):
            ledger.close_stream("run-1")
        with pytest.raises(KeyMismatch):
            ledger.change_key(b"mine")
    with Ledger.open(path, key=b"right") as ledger:
        assert verify(ledger).valid
        assert ledger.append("run-1", "step", {}).seq == 2


def test_a_key_is_added_by_an_event_under_the_old_one(path: Path) -> None:
    with Ledger.open(path) as ledger, Ledger.open(path) as other:
        ledger.append("run-1", "step", {})
        other.append("theirs", "step", {})
        ledger.change_key(b"first")
        ledger.append("run-1", "step", {})
        changed, taken = ledger.read("catalogue")[-2:]
        assert (changed.kind, changed.alg) == ("key.changed", "sha256")
        assert (taken.kind, taken.alg) == ("key.taken", "hmac-sha256")
        with pytest.raises(KeyMismatch):
            other.append("theirs", "step", {})
        with pytest.raises(KeyMismatch, match="already"):
            ledger.change_key(b"first")
        assert verify(ledger).valid


def test_an_unkeyed_ledger_does_not_take_a_key_by_the_way(path: Path) -> None:
    with Ledger.open(path):
        pass
    with Ledger.open(path, key=b"new") as ledger, pytest.raises(KeyMismatch, match="change_key"):
        ledger.append("run-1", "step", {})


def test_an_empty_key_is_refused(path: Path) -> None:
    with pytest.raises(KeyMismatch, match="empty"):
        Ledger.open(path, key=b"")
