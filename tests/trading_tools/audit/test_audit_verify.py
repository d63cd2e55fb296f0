"""Each way to tamper with a ledger file is found and named."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.support.ledgers import COLUMNS, KEY, fill, named, tamper, verdict
from trading_tools.audit.chain import Signer
from trading_tools.audit.errors import KeyMismatch
from trading_tools.audit.event import preimage
from trading_tools.audit.ledger import Ledger
from trading_tools.audit.verify import verify


@pytest.fixture(params=[None, KEY], ids=["unkeyed", "keyed"])
def key(request: pytest.FixtureRequest) -> bytes | None:
    value: bytes | None = request.param
    return value


@pytest.fixture
def path(tmp_path: Path, key: bytes | None) -> Path:
    path = tmp_path / "ledger.sqlite"
    fill(path, key)
    return path


def test_an_untouched_ledger_is_valid(path: Path, key: bytes | None) -> None:
    found = verdict(path, key)
    assert found.problems == ()
    assert (found.events, found.streams) == (13 + 12 + 4, 3)


@pytest.mark.parametrize(
    "change",
    [
        "body = replace(body, 'tick', 'tock')",
        "at = '2020-01-01T00:00:00.000000Z'",
        "kind = 'stop'",
        "v = 2",
        "hash = replace(hash, substr(hash, 1, 1), '_')",
        "prev = ''",
        "body = CAST(x'7b226e223aff7d' AS TEXT)",
        "v = 'x'",
        "body = x'00'",
    ],
)
def test_an_altered_event_is_named(path: Path, key: bytes | None, change: str) -> None:
    tamper(path, f"UPDATE audit_event SET {change} WHERE stream = 'open' AND seq = 5")
    assert named(verdict(path, key)) == {("open", 5, "altered event")}


def test_an_altered_catalogue_event_is_named(path: Path, key: bytes | None) -> None:
    tamper(path, "UPDATE audit_event SET at = '' WHERE stream = 'catalogue' AND seq = 3")
    assert ("catalogue", 3, "altered event") in named(verdict(path, key))


def test_a_deleted_event_is_named(path: Path, key: bytes | None) -> None:
    tamper(path, "DELETE FROM audit_event WHERE stream = 'open' AND seq IN (4, 5)")
    assert named(verdict(path, key)) == {("open", 4, "deleted event")}


def test_a_deleted_event_is_named_when_the_rest_was_renumbered(
    path: Path, key: bytes | None
) -> None:
    tamper(
        path,
        "DELETE FROM audit_event WHERE stream = 'open' AND seq = 4",
        "UPDATE audit_event SET seq = -seq WHERE stream = 'open' AND seq > 4",
        "UPDATE audit_event SET seq = -seq - 1 WHERE seq < 0",
    )
    assert ("open", 4, "deleted event") in named(verdict(path, key))


def test_reordered_events_are_named(path: Path, key: bytes | None) -> None:
    tamper(
        path,
        "UPDATE audit_event SET seq = -5 WHERE stream = 'open' AND seq = 3",
        "UPDATE audit_event SET seq = 3 WHERE stream = 'open' AND seq = 6",
        "UPDATE audit_event SET seq = 6 WHERE stream = 'open' AND seq = -5",
    )
    assert named(verdict(path, key)) == {
        ("open", 3, "reordered event"),
        ("open", 6, "reordered event"),
    }


@pytest.mark.parametrize("stream", ["open", "done", "catalogue"])
def test_a_shortened_stream_is_named(path: Path, key: bytes | None, stream: str) -> None:
    last = {"open": 13, "done": 12, "catalogue": 4}[stream]
    tamper(path, f"DELETE FROM audit_event WHERE stream = '{stream}' AND seq = {last}")
    assert (stream, last, "shortened stream") in named(verdict(path, key))


def test_a_shortened_stream_is_named_though_its_head_was_set_back(
    path: Path, key: bytes | None
) -> None:
    for stream in ("done", "open"):
        tamper(
            path,
            f"DELETE FROM audit_event WHERE stream = '{stream}' AND seq > 9",
            "UPDATE audit_head SET seq = 9, hash = (SELECT hash FROM audit_event AS e "
            f"WHERE e.stream = '{stream}' AND e.seq = 9) WHERE stream = '{stream}'",
        )
    found = named(verdict(path, key))
    assert ("done", 10, "shortened stream") in found
    if key:
        assert ("open", 9, "shortened or rewritten") in found


def test_the_catalogue_remembers_an_open_streams_head_every_fifty_events(
    tmp_path: Path,
) -> None:
    path = tmp_path / "ledger.sqlite"
    fill(path, events=60)
    tamper(
        path,
        "DELETE FROM audit_event WHERE stream = 'open' AND seq > 49",
        "UPDATE audit_head SET seq = 49, hash = (SELECT hash FROM audit_event AS e "
        "WHERE e.stream = 'open' AND e.seq = 49) WHERE stream = 'open'",
    )
    assert named(verdict(path)) == {("open", 50, "shortened stream")}


def test_a_head_kept_elsewhere_must_be_in_its_stream(path: Path, key: bytes | None) -> None:
    with Ledger.open(path, key=key) as ledger:
        head = ledger.head("open")
        assert head is not None
        assert verify(ledger, heads={"open": head.hash}).valid
        found = verify(ledger, heads={"open": "0" * 64, "gone": head.hash})
    assert named(found) == {
        ("open", 13, "shortened or rewritten"),
        ("gone", 0, "shortened or rewritten"),
    }


@pytest.mark.parametrize("tables", [["audit_event"], ["audit_event", "audit_head"]])
@pytest.mark.parametrize("stream", ["open", "done", "catalogue"])
def test_a_deleted_stream_is_named(
    path: Path, key: bytes | None, stream: str, tables: list[str]
) -> None:
    tamper(path, *(f"DELETE FROM {table} WHERE stream = '{stream}'" for table in tables))
    assert (stream, 0, "deleted stream") in named(verdict(path, key))


def forge(path: Path, stream: str, seq: int, alg: str = "sha256") -> None:
    """Put in an event that an outsider could make: unkeyed, well linked, with a right hash."""
    with closing(sqlite3.connect(path)) as connection:
        (prev,) = connection.execute(
            "SELECT hash FROM audit_event WHERE stream = ? AND seq = ?", (stream, seq - 1)
        ).fetchone() or ("",)
        fields = (stream, seq, "2026-01-01T00:00:00.000000Z", "step", 1, alg, "", "{}", prev)
        digest = Signer().digest(preimage(*fields))
        connection.execute(
            f"INSERT INTO audit_event ({COLUMNS}) VALUES (?,?,?,?,?,?,?,?,?,?)", (*fields, digest)
        )
        connection.commit()


@pytest.mark.parametrize("stream", ["open", "done"])
def test_an_event_inserted_at_the_end_is_named(path: Path, key: bytes | None, stream: str) -> None:
    last = {"open": 13, "done": 12}[stream]
    forge(path, stream, last + 1)
    found = named(verdict(path, key))
    assert (stream, last + 1, "inserted event") in found
    assert ((stream, last + 1, "downgrade") in found) == (key is not None)


def test_an_event_inserted_in_the_middle_is_named(path: Path, key: bytes | None) -> None:
    tamper(
        path,
        "UPDATE audit_event SET seq = -seq WHERE stream = 'open' AND seq > 4",
        "UPDATE audit_event SET seq = 1 - seq WHERE seq < 0",
    )
    forge(path, "open", 5)
    assert ("open", 6, "inserted event") in named(verdict(path, key))


@pytest.mark.parametrize("seq", ["0", "-3", "2.5"])
def test_an_event_with_an_impossible_number_is_named(
    path: Path, key: bytes | None, seq: str
) -> None:
    tamper(
        path,
        f"INSERT INTO audit_event SELECT stream, {seq}, at, kind, v, alg, key_id, body, prev, hash "
        "FROM audit_event WHERE stream = 'open' AND seq = 2",
    )
    assert "inserted event" in {what for _, _, what in named(verdict(path, key))}


def test_an_inserted_stream_is_named(path: Path, key: bytes | None) -> None:
    tamper(path)
    forge(path, "forged", 1)
    assert ("forged", 0, "inserted stream") in named(verdict(path, key))


def rewrite_without_key(path: Path, streams: str) -> None:
    """Recompute whole streams unkeyed, heads included, as somebody without the key can."""
    tamper(path)
    with closing(sqlite3.connect(path)) as connection:
        rows = connection.execute(
            f"SELECT {COLUMNS} FROM audit_event WHERE stream IN ({streams}) ORDER BY stream, seq"
        ).fetchall()
        last: dict[str, str] = {}
        for stream, seq, at, kind, v, _, _, body, *_ in rows:
            prev = last.get(stream, "")
            changed = body.replace("tick", "tock")
            fields = (stream, seq, at, kind, v, "sha256", "", changed, prev)
            last[stream] = Signer().digest(preimage(*fields))
            connection.execute(
                "UPDATE audit_event SET alg = 'sha256', key_id = '', body = ?, prev = ?, hash = ? "
                "WHERE stream = ? AND seq = ?",
                (changed, prev, last[stream], stream, seq),
            )
        for stream, digest in last.items():
            connection.execute(
                "UPDATE audit_head SET hash = ?, key_id = '', seal = '' WHERE stream = ?",
                (digest, stream),
            )
        connection.commit()


@pytest.mark.parametrize("streams", ["'open'", "'open', 'done', 'catalogue'"])
def test_a_downgrade_to_unkeyed_is_named(tmp_path: Path, streams: str) -> None:
    path = tmp_path / "ledger.sqlite"
    fill(path, KEY)
    rewrite_without_key(path, streams)
    assert "downgrade" in {what for _, _, what in named(verdict(path, KEY))}


def test_what_was_written_before_the_key_cannot_be_rewritten_after_it(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    fill(path)
    with Ledger.open(path) as ledger:
        ledger.change_key(KEY)
    assert verdict(path, KEY).valid
    rewrite_without_key(path, "'open'")
    assert ("open", 13, "rewritten") in named(verdict(path, KEY))


@pytest.mark.parametrize("given_key", [None, b"another key"])
def test_without_the_right_key_nothing_is_called_valid(
    tmp_path: Path, given_key: bytes | None
) -> None:
    path = tmp_path / "ledger.sqlite"
    fill(path, KEY)
    found = named(verdict(path, given_key))
    assert {what for _, _, what in found} == {"not checkable"}
    assert {stream for stream, _, _ in found} == {"catalogue", "open", "done"}


def test_tampering_is_named_without_the_key_as_far_as_it_shows(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    fill(path, KEY)
    tamper(path, "DELETE FROM audit_event WHERE stream = 'open' AND seq = 4")
    assert ("open", 4, "deleted event") in named(verdict(path))


def test_earlier_keys_are_needed_to_verify_what_was_written_under_them(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    fill(path, KEY)
    with Ledger.open(path, key=KEY) as ledger:
        ledger.change_key(b"second")
        ledger.append("open", "step", {})
        ledger.append("late", "step", {})
        assert named(verify(ledger)) == {
            ("catalogue", 1, "not checkable"),
            ("open", 1, "not checkable"),
            ("done", 1, "not checkable"),
        }
        assert verify(ledger, keys=[KEY]).valid
    with Ledger.open(path, key=KEY) as ledger, pytest.raises(KeyMismatch, match="right key"):
        ledger.append("open", "step", {})
