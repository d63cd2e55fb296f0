"""`orc audit`: what is sound, what is broken, and why something cannot be opened."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest

from tests.support.command_line import CommandLine
from trading_tools.audit.ledger import Ledger
from trading_tools.audit.verify import verify

KEY = "0f" * 32


def _file(orc: CommandLine) -> Path:
    return orc.project / ".orchestrator" / "ledger.sqlite"


def _fill(orc: CommandLine, key: str | None = None) -> dict[str, str]:
    """Two streams, six events; the heads of both."""
    opened = Ledger.open(_file(orc), key=bytes.fromhex(key) if key else None)
    with opened as ledger:
        for number in range(3):
            ledger.append("run-1", "test.step", {"number": number})
            ledger.append("run-2", "test.step", {"number": number, "text": "\x1b[31mred"})
        return {info.stream: info.head for info in ledger.streams()}


def _tamper(orc: CommandLine, statement: str) -> None:
    connection = sqlite3.connect(_file(orc))
    try:
        for (name,) in connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        ).fetchall():
            connection.execute(f"DROP TRIGGER {name}")
        connection.execute(statement)
        connection.commit()
    finally:
        connection.close()


def _events_table(orc: CommandLine) -> str:
    connection = sqlite3.connect(_file(orc))
    try:
        rows = connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND sql LIKE '%kind%prev%'"
        ).fetchall()
    finally:
        connection.close()
    return str(rows[0][0])


@pytest.mark.parametrize(
    "arguments",
    [("verify", "--json"), ("tail", "--json"), ("verify",), ("export",)],
    ids=lambda a: a[0],
)
def test_without_a_ledger_one_line_says_so(orc: CommandLine, arguments: tuple[str, ...]) -> None:
    failed = orc("audit", *arguments)
    assert failed.code == 2
    assert (
        failed.err
        == f'orc: {orc.project}: no ledger yet; the first `orc run "…"` here starts one\n'
    )
    assert list(orc.project.iterdir()) == []


def test_a_sound_ledger_verifies(orc: CommandLine) -> None:
    _fill(orc)
    verified = orc("audit", "verify", "--json")
    assert verified.code == 0
    assert verified.json == {"valid": True, "events": 9, "streams": 3, "problems": []}
    assert orc("audit", "verify").out == f"{_file(orc)}: valid, 9 events in 3 streams\n"


def test_a_bots_own_ledger_is_verified_shown_and_handed_over(orc: CommandLine) -> None:
    with Ledger.open(orc.project / "bot.sqlite") as ledger:
        ledger.append("orders", "trade.decision", {"decision": "wait"})
        named = ("--ledger", "bot.sqlite")
        assert orc("audit", "verify", *named).out == "bot.sqlite: valid, 3 events in 2 streams\n"
        (event,) = orc("audit", "tail", *named, "--json").json["events"]
        assert event["body"] == {"decision": "wait"}
        orc("audit", "export", *named, "--out", "bot.jsonl")
    assert orc("audit", "import", "bot.jsonl").out == "bot.jsonl: valid, 3 events in 2 streams\n"


def test_what_is_no_ledger_of_a_bot_is_said_in_one_line(orc: CommandLine) -> None:
    missing = orc("audit", "verify", "--ledger", "bot.sqlite")
    assert (missing.code, missing.err.count("\n")) == (2, 1)
    assert missing.err.startswith("orc: bot.sqlite: no ledger")
    folder = orc("audit", "verify", "--ledger", ".")
    assert folder.code == 2
    assert "is a directory" in folder.err


def test_an_altered_event_is_a_negative_verdict(orc: CommandLine) -> None:
    _fill(orc)
    table = _events_table(orc)
    _tamper(orc, f"UPDATE {table} SET body = '{{\"number\":7}}' WHERE stream='run-1' AND seq=2")
    verified = orc("audit", "verify", "--json")
    assert verified.code == 1
    assert verified.json["valid"] is False
    assert verified.json["problems"][0]["stream"] == "run-1"
    assert verified.json["problems"][0]["seq"] == 2
    text = orc("audit", "verify")
    assert text.code == 1
    assert text.out.startswith("run-1:2: altered")
    assert text.out.splitlines()[-1].endswith("NOT VALID, 9 events in 3 streams")


def test_a_head_kept_elsewhere_must_be_in_the_stream(orc: CommandLine) -> None:
    heads = _fill(orc)
    good = orc("audit", "verify", "--head", f"run-1={heads['run-1'].upper()}", "--json")
    assert good.code == 0
    bad = orc("audit", "verify", "--head", f"run-2={heads['run-1']}", "--json")
    assert bad.code == 1
    assert bad.json["problems"][0]["stream"] == "run-2"
    assert orc("audit", "verify", "--head", "run-1", "--json").error["where"] == "--head"


@pytest.mark.parametrize(
    "spelt", [KEY, KEY.upper(), "Dw8PDw8PDw8PDw8PDw8PDw8PDw8PDw8PDw8PDw8PDw8="]
)
def test_a_keyed_ledger_verifies_under_its_key_however_it_is_spelt(
    orc: CommandLine, spelt: str
) -> None:
    _fill(orc, KEY)
    orc.monkeypatch.setenv("ORC_AUDIT_KEY", spelt)
    assert orc("audit", "verify", "--json").json["valid"] is True


def test_a_keyed_ledger_without_its_key_is_told_and_still_read(orc: CommandLine) -> None:
    _fill(orc, KEY)
    failed = orc("audit", "verify", "--json")
    assert failed.code == 2
    assert "set ORC_AUDIT_KEY" in failed.error["fix"]
    assert orc("audit", "tail", "-n", "1", "--json").code == 0


def test_a_wrong_key_never_verifies_and_is_never_shown(orc: CommandLine) -> None:
    _fill(orc, KEY)
    orc.monkeypatch.setenv("ORC_AUDIT_KEY", "f0" * 32)
    failed = orc("audit", "verify")
    assert failed.code == 1
    assert "the key given is another one" in failed.out
    assert "which was not given" not in failed.out
    assert "f0f0" not in failed.out + failed.err


def test_a_key_given_for_an_unkeyed_ledger_is_a_downgrade(orc: CommandLine) -> None:
    _fill(orc)
    orc.monkeypatch.setenv("ORC_AUDIT_KEY", KEY)
    failed = orc("audit", "verify", "--json")
    assert failed.code == 1
    assert "downgrade" in failed.json["problems"][0]["problem"]


def test_writing_under_another_key_is_one_line(orc: CommandLine) -> None:
    _fill(orc, KEY)
    arguments = '{"decision": "a", "reason": "b"}'
    failed = orc("tools", "call", "record_decision", arguments, "--json")
    assert failed.code == 2
    assert "opened with no key" in failed.error["what"]
    assert failed.error["fix"] == "set ORC_AUDIT_KEY to the key it was written with"


def test_an_export_under_a_key_is_not_judged_without_it(orc: CommandLine, tmp_path: Path) -> None:
    _fill(orc, KEY)
    out = tmp_path / "export.jsonl"
    assert orc("audit", "export", "--out", str(out)).code == 0
    failed = orc("audit", "import", str(out), "--json")
    assert failed.code == 2
    assert failed.error["what"] == "is under a key"
    assert "set ORC_AUDIT_KEY" in failed.error["fix"]
    orc.monkeypatch.setenv("ORC_AUDIT_KEY", "f0" * 32)
    wrong = orc("audit", "import", str(out))
    assert wrong.code == 1
    assert "the key given is another one" in wrong.out


def test_the_ledger_of_another_folder_is_verified_from_afar(
    orc: CommandLine, tmp_path: Path
) -> None:
    _fill(orc)
    orc.monkeypatch.chdir(tmp_path)
    where = ("--workspace", str(orc.project))
    assert orc("audit", "verify", *where, "--json").json["valid"] is True
    assert orc("audit", "tail", *where, "-n", "1", "--json").code == 0
    assert len(orc("audit", "export", *where).out.splitlines()) > 9


def test_one_stream_is_no_streams(orc: CommandLine) -> None:
    with Ledger.open(_file(orc)):
        pass
    assert orc("audit", "verify").out.endswith("valid, 1 event in 1 stream\n")


def test_a_reader_of_an_export_that_goes_away_is_no_fault(orc: CommandLine) -> None:
    with Ledger.open(_file(orc)) as ledger:
        for number in range(1000):
            ledger.append("run-1", "test.step", {"number": number})
    assert orc.into_closed_pipe("audit", "export") == (0, "")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"not a database at all, " * 50, "file is not a database"),
        (b"", "holds no ledger yet"),
    ],
)
def test_a_file_that_is_no_ledger_is_one_line(orc: CommandLine, content: bytes, said: str) -> None:
    _file(orc).parent.mkdir()
    _file(orc).write_bytes(content)
    for command in ("verify", "tail", "export"):
        failed = orc("audit", command)
        assert failed.code == 2, failed
        assert len(failed.err.splitlines()) == 1
        assert said in failed.err


def test_a_damaged_file_is_one_line_or_a_negative_verdict(orc: CommandLine) -> None:
    _fill(orc)
    raw = bytearray(_file(orc).read_bytes())
    raw[4096:] = b"\xff" * (len(raw) - 4096)
    _file(orc).write_bytes(bytes(raw))
    failed = orc("audit", "verify")
    assert failed.code in {1, 2}
    assert len((failed.err or failed.out).splitlines()) <= 2
    assert "malformed" in failed.err + failed.out


def test_a_folder_that_cannot_be_written_can_still_be_verified(orc: CommandLine) -> None:
    _fill(orc)
    folder = _file(orc).parent
    for name in ("ledger.sqlite-wal", "ledger.sqlite-shm"):
        (folder / name).unlink(missing_ok=True)
    folder.chmod(0o500)
    try:
        assert orc("audit", "verify", "--json").json["valid"] is True
    finally:
        folder.chmod(0o700)


def test_tail_shows_the_last_events_of_all_streams_in_order(orc: CommandLine) -> None:
    _fill(orc)
    shown = orc("audit", "tail", "-n", "3", "--json")
    assert shown.code == 0
    events = shown.json["events"]
    assert [(event["stream"], event["seq"]) for event in events] == [
        ("run-2", 2),
        ("run-1", 3),
        ("run-2", 3),
    ]
    assert set(events[0]) == {
        *("stream", "seq", "at", "kind", "v", "alg", "key_id", "body", "prev", "hash")
    }
    one = orc("audit", "tail", "--stream", "run-1", "-n", "2", "--json").json["events"]
    assert [event["seq"] for event in one] == [2, 3]
    text = orc("audit", "tail")
    assert len(text.out.splitlines()) == 6
    assert "\x1b" not in text.out


def test_tail_of_an_unknown_stream_names_those_near_it(orc: CommandLine) -> None:
    _fill(orc)
    assert orc("audit", "tail", "--stream", "catalogue", "-n", "1", "--json").code == 0
    failed = orc("audit", "tail", "--stream", "rnu-1", "--json")
    assert failed.code == 2
    assert failed.error["fix"] == "near it: run-1, run-2"
    assert orc("audit", "tail", "-n", "0", "--json").code == 2


def test_an_export_is_verified_and_becomes_a_ledger_again(orc: CommandLine, tmp_path: Path) -> None:
    _fill(orc, KEY)
    orc.monkeypatch.setenv("ORC_AUDIT_KEY", KEY)
    out, copy = tmp_path / "export.jsonl", tmp_path / "copy.sqlite"
    exported = orc("audit", "export", "--out", str(out))
    assert (exported.code, exported.out) == (0, "")
    assert orc("audit", "export").out == out.read_text(encoding="utf-8")

    checked = orc("audit", "import", str(out), "--into", str(copy), "--json")
    assert checked.code == 0
    assert checked.json == {"valid": True, "events": 9, "streams": 3, "problems": []}
    with Ledger.open(copy, key=bytes.fromhex(KEY), read_only=True) as ledger:
        assert verify(ledger).valid

    assert (
        orc("audit", "import", str(out), "--into", str(copy), "--json")
        .error["what"]
        .endswith("exists")
    )
    assert orc("audit", "export", "--out", str(out)).code == 2


def test_a_changed_export_builds_nothing(orc: CommandLine, tmp_path: Path) -> None:
    _fill(orc)
    out, copy = tmp_path / "export.jsonl", tmp_path / "copy.sqlite"
    text = orc("audit", "export", "--stream", "run-1").out
    assert '"stream":"run-2","v"' not in text
    out.write_text(text.replace('"number":1', '"number":9'), encoding="utf-8")
    checked = orc("audit", "import", str(out), "--into", str(copy))
    assert checked.code == 1
    assert checked.out.startswith("run-1:2: altered")
    assert not copy.exists()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "stops at line 0"),
        (b'{"format":"something/1"}\n', "no ledger export"),
        (b"{not json\n", "line 1 of the export is damaged"),
        (b"caf\xe9\n", "is not UTF-8"),
        (None, "No such file"),
    ],
)
def test_what_is_no_export_is_one_line(
    orc: CommandLine, tmp_path: Path, content: bytes | None, said: str
) -> None:
    file = tmp_path / "export.jsonl"
    if content is not None:
        file.write_bytes(content)
    failed = orc("audit", "import", str(file), "--json")
    assert failed.code == 2
    assert said in failed.error["what"]
    assert failed.error["where"] == str(file)


def test_an_export_of_an_unknown_stream_writes_no_file(orc: CommandLine, tmp_path: Path) -> None:
    _fill(orc)
    out = tmp_path / "export.jsonl"
    assert orc("audit", "export", "--stream", "run-9", "--out", str(out)).code == 2
    assert {path.name for path in tmp_path.iterdir()} == {"project", "home"}


def test_the_ledger_is_verified_from_a_folder_below(orc: CommandLine) -> None:
    _fill(orc)
    below = orc.project / "src" / "deep"
    below.mkdir(parents=True)
    orc.monkeypatch.chdir(below)
    verified = orc.process("audit", "verify", "--json")
    assert (verified.code, verified.err) == (0, "")
    assert json.loads(verified.out)["events"] == 9
