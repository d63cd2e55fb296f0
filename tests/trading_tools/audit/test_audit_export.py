"""Exports are verified as files and become ledgers again."""

import json
from pathlib import Path
from typing import Any

import pytest

from trading_tools.audit.errors import ExportInvalid, LedgerError
from trading_tools.audit.event import event_hash
from trading_tools.audit.export import export_lines, import_lines, verify_lines
from trading_tools.audit.ledger import Ledger
from trading_tools.audit.verify import verify

KEY = b"the auditor's key"


@pytest.fixture(params=[None, KEY], ids=["unkeyed", "keyed"])
def key(request: pytest.FixtureRequest) -> bytes | None:
    value: bytes | None = request.param
    return value


@pytest.fixture
def lines(tmp_path: Path, key: bytes | None) -> list[str]:
    with Ledger.open(tmp_path / "ledger.sqlite", key=key) as ledger:
        for number in range(5):
            ledger.append("a", "step", {"n": number, "x": 0.1, "text": "tick \ud800 é"})
            ledger.append("b", "step", {"long": f"{number}" * 40_000})
        ledger.put_text("by itself")
        ledger.close_stream("b")
        return list(export_lines(ledger))


def given(key: bytes | None) -> list[bytes]:
    return [] if key is None else [key]


def test_an_export_verifies_without_a_database(lines: list[str], key: bytes | None) -> None:
    found = verify_lines(lines, keys=given(key))
    assert found.problems == ()
    assert (found.events, found.streams) == (15, 3)


def test_each_line_is_one_json_object_and_events_can_be_hashed_by_anybody(
    lines: list[str], key: bytes | None
) -> None:
    documents = [json.loads(line) for line in lines]
    assert documents[0] == {"format": "trading_tools.audit/1", "streams": None}
    assert documents[-1] == {"end": {"events": 15, "streams": 3}}
    for event in (document["event"] for document in documents if "event" in document):
        digest = event.pop("hash")
        assert event_hash(**event, key=key) == digest


def test_an_import_is_the_same_ledger_and_goes_on(
    lines: list[str], key: bytes | None, tmp_path: Path
) -> None:
    path = tmp_path / "copy" / "ledger.sqlite"
    import_lines([line + "\n" for line in lines], path)
    with Ledger.open(path, key=key) as ledger:
        assert verify(ledger).valid
        assert list(export_lines(ledger)) == lines
        assert ledger.read("b")[0].body == {"long": "0" * 40_000}
        assert ledger.append("a", "step", {}, expected_seq=5).seq == 6
        assert verify(ledger).valid


def test_a_partial_export_holds_and_verifies_what_was_asked_for(
    lines: list[str], key: bytes | None, tmp_path: Path
) -> None:
    with Ledger.open(tmp_path / "ledger.sqlite", read_only=True) as ledger:
        part = list(export_lines(ledger, ["a"]))
        with pytest.raises(LedgerError, match="'gone'"):
            list(export_lines(ledger, ["gone"]))
    found = verify_lines(part, keys=given(key))
    assert (found.problems, found.streams) == ((), 2)
    assert not any("0" * 40_000 in line for line in part)
    with pytest.raises(ExportInvalid, match="partial"):
        import_lines(part, tmp_path / "other.sqlite")


def changed(lines: list[str], kind: str, number: int, **values: Any) -> list[str]:
    at = [index for index, line in enumerate(lines) if line.startswith(f'{{"{kind}"')][number]
    document = json.loads(lines[at])
    (document[kind] if isinstance(document[kind], dict) else document).update(values)
    return [*lines[:at], json.dumps(document), *lines[at + 1 :]]


def test_tampering_with_an_export_is_named(lines: list[str], key: bytes | None) -> None:
    def problems(tampered: list[str]) -> set[tuple[str, str]]:
        found = verify_lines(tampered, keys=given(key))
        return {(it.stream, it.problem.partition(":")[0]) for it in found.problems}

    events = [index for index, line in enumerate(lines) if '"stream":"a","v":1}}' in line]
    assert ("a", "altered event") in problems(
        [
            line.replace("tick", "tock") if index == events[2] else line
            for index, line in enumerate(lines)
        ]
    )
    assert ("a", "deleted event") in problems(
        [line for index, line in enumerate(lines) if index != events[2]]
    )
    assert ("a", "shortened stream") in problems(
        [line for index, line in enumerate(lines) if index != events[4]]
    )
    assert ("a", "deleted stream") in problems(
        [line for index, line in enumerate(lines) if index not in events]
    )
    assert ("b", "altered text") in problems(changed(lines, "blob", 0, text="other")) | problems(
        changed(lines, "blob", 1, text="other")
    )
    doubled = [*lines[: events[2]], lines[events[2]], *lines[events[2] :]]
    assert ("a", "inserted event") in problems(doubled)


def test_the_order_of_lines_is_no_matter(lines: list[str], key: bytes | None) -> None:
    shuffled = [lines[0], *reversed(lines[1:-1]), lines[-1]]
    assert verify_lines(shuffled, keys=given(key)).valid


@pytest.mark.parametrize(
    ("broken", "says"),
    [
        (lambda lines: lines[:-1], "without its end"),
        (lambda lines: lines[1:], "first line"),
        (lambda lines: [], "stops at line 0"),
        (lambda lines: [lines[0], "{", *lines[1:]], "line 2 .* damaged"),
        (lambda lines: [lines[0], '{"other":1}', *lines[1:]], "line 2 .* kind"),
        (lambda lines: [lines[0], '{"event":{}}', *lines[1:]], "line 2 .* damaged"),
        (lambda lines: [lines[0], "[]", *lines[1:]], "line 2"),
    ],
)
def test_a_file_that_is_no_whole_export_is_refused(
    lines: list[str], broken: Any, says: str, tmp_path: Path
) -> None:
    with pytest.raises(ExportInvalid, match=says):
        verify_lines(broken(lines))
    with pytest.raises(ExportInvalid, match=says):
        import_lines(broken(lines), tmp_path / "new.sqlite")
    assert not (tmp_path / "new.sqlite").exists()


def test_ledgers_are_not_merged(lines: list[str], tmp_path: Path) -> None:
    with pytest.raises(LedgerError, match="exists"):
        import_lines(lines, tmp_path / "ledger.sqlite")
