"""`orc replay`: a run is decided again from its record; what was changed in the record shows."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from orchestrator.catalogue.replays import replay_run
from orchestrator.run.reading import Unreadable
from orchestrator.run.replaying.replay import Replayed
from tests.support.command import Desk, does, endpoint, hand_off
from trading_tools.audit.errors import BlobMissing
from trading_tools.audit.ledger import Ledger

Change = Callable[[dict[str, Any]], Mapping[str, Any] | None]


def ran(desk: Desk) -> str:
    """A run with a reading call, a writing call and an ending."""
    write = {"command": "create", "path": "desk/fresh.py", "file_text": "A = 1\n"}
    answers = [
        does(("grep", {"pattern": "def"}), ("str_replace_based_edit_tool", write)),
        hand_off(result="It is there.", status="blocked"),
    ]
    with endpoint(answers) as api:
        desk.serve(api)
        said = desk.orc("run", "Add A", "--agent", "python-expert", "--json")
    assert said.code == 1, said
    return str(said.document["run"])


def ledger_of(desk: Desk) -> Path:
    return desk.project / ".orchestrator" / "ledger.sqlite"


def replay_of(desk: Desk, run: str, folder: Path, kind: str, change: Change) -> Replayed:
    """Replay a copy of the run in which events of `kind` are changed, or left out."""
    with (
        Ledger.open(ledger_of(desk), read_only=True) as source,
        Ledger.open(folder / "copy.sqlite") as copy,
    ):
        for event in source.read(run):
            body = change(dict(event.body)) if event.kind == kind else event.body
            if body is not None:
                copy.append(run, event.kind, body)
        return asyncio.run(replay_run(copy, run))


def test_a_run_is_decided_the_same_and_nothing_is_written(desk: Desk) -> None:
    run = ran(desk)
    with Ledger.open(ledger_of(desk), read_only=True) as ledger:
        before = ledger.streams()
    said = desk.orc("replay", run, "--json")
    assert said.code == 0
    assert said.document["same"] is True
    assert said.document["difference"] is None
    assert said.document["events"] == said.document["of"] > 8
    with Ledger.open(ledger_of(desk), read_only=True) as ledger:
        assert ledger.streams() == before
    told = desk.orc("replay", "last").out
    assert told == f"run {run}: all {said.document['of']} events were decided the same again\n"


def test_a_reply_that_was_changed_shows_where_the_decisions_part(
    desk: Desk, tmp_path: Path
) -> None:
    run = ran(desk)

    def changed(body: dict[str, Any]) -> dict[str, Any]:
        content = [dict(block) for block in body["content"]]
        for block in content:
            if block.get("name") == "str_replace_based_edit_tool":
                block["input"] = {**block["input"], "file_text": "A = 2\n"}
        return {**body, "content": content}

    found = replay_of(desk, run, tmp_path, "model.replied", changed).difference
    assert found is not None
    assert (found.kind, found.path) == ("tool.intended", "arguments.file_text")
    assert (found.recorded, found.decided) == ('"A = 1\\n"', '"A = 2\\n"')


def test_an_ending_that_was_changed_shows(desk: Desk, tmp_path: Path) -> None:
    run = ran(desk)

    def better(body: dict[str, Any]) -> dict[str, Any]:
        return {**body, "status": "success"}

    outcome = replay_of(desk, run, tmp_path, "run.closed", better)
    assert outcome.difference is not None
    assert outcome.difference.path == "status"
    assert outcome.events == outcome.of - 1


def test_an_event_that_is_missing_shows(desk: Desk, tmp_path: Path) -> None:
    outcome = replay_of(desk, ran(desk), tmp_path, "handoff.returned", lambda _: None)
    assert not outcome.same


@pytest.mark.parametrize("kind", ["tool.intended", "tool.finished"])
def test_an_event_without_the_one_that_it_follows_from_is_told(
    desk: Desk, tmp_path: Path, kind: str
) -> None:
    run = ran(desk)
    with pytest.raises(Unreadable, match="does not follow from those before"):
        replay_of(desk, run, tmp_path, kind, lambda _: None)


def test_an_event_of_a_kind_that_nobody_decides_shows(desk: Desk, tmp_path: Path) -> None:
    run = ran(desk)
    with (
        Ledger.open(ledger_of(desk), read_only=True) as source,
        Ledger.open(tmp_path / "copy.sqlite") as copy,
    ):
        for event in source.read(run):
            if event.kind == "run.closed":
                copy.append(run, "oracle.asked", {"answer": 42})
            copy.append(run, event.kind, event.body)
        found = asyncio.run(replay_run(copy, run)).difference
    assert found is not None
    assert (found.kind, found.recorded) == ("oracle.asked", '{"answer":42}')


def test_a_run_that_stands_is_replayed_as_far_as_it_got(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ORC_PERMISSIONS_ALLOW", "")
    monkeypatch.setenv("ORC_PERMISSIONS_ASK", "bash(touch:*)")
    with endpoint([does(("bash", {"command": "touch made"}))]) as api:
        desk.serve(api)
        assert desk.orc("run", "Touch", "--agent", "python-expert", "--json").code == 3
    assert desk.orc("replay", "last", "--json").document["same"] is True


def test_a_long_text_that_is_lost_is_said(desk: Desk, tmp_path: Path) -> None:
    run = ran(desk)

    def lost(body: dict[str, Any]) -> dict[str, Any]:
        return {**body, "whole": f"sha256:{'0' * 64}"}

    with pytest.raises(BlobMissing):
        replay_of(desk, run, tmp_path, "tool.finished", lost)


def test_a_run_that_is_not_there_is_one_line(desk: Desk) -> None:
    ran(desk)
    said = desk.orc("replay", "nobody", "--json")
    assert said.code == 2
    assert "no run" in said.document["error"]["what"]
