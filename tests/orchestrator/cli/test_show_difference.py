"""`orc show A --diff B` from the outside: where two runs part, and what each came to."""

from __future__ import annotations

import subprocess
from typing import Any

import pytest

from tests.support.command import Desk, does, endpoint, hand_off


def writes(text: str) -> dict[str, Any]:
    given = {"command": "create", "path": "desk/fresh.py", "file_text": text}
    return does(("str_replace_based_edit_tool", given))


def ran(desk: Desk, answers: list[Any], *words: str) -> str:
    with endpoint(answers) as api:
        desk.serve(api)
        return str(desk.orc(*words, "--json").document["run"])


def two_runs(desk: Desk) -> tuple[str, str]:
    """The same request twice; the second model writes one line more."""
    asked = ("run", "Add the answer", "--agent", "python-expert", "--json")
    stops = hand_off(status="blocked")
    with endpoint([writes("A = 1\n"), stops, writes("A = 1\nB = 2\n"), stops]) as api:
        desk.serve(api)
        first, second = (str(desk.orc(*asked).document["run"]) for _ in range(2))
    return first, second


def test_two_runs_part_at_the_first_reply_that_says_something_else(desk: Desk) -> None:
    first, second = two_runs(desk)
    found = desk.orc("show", first, "--diff", second, "--json").document
    events = desk.orc("show", first, "--events", "--json").document["events"]
    reply = next(event["seq"] for event in events if event["kind"] == "model.replied")
    parting = found["parting"]
    assert (parting["common"], parting["seq"]) == (reply - 1, reply)
    assert parting["path"] == "content[1].input.file_text"
    assert [event["value"] for event in parting["events"]] == ['"A = 1\\n"', '"A = 1\\nB = 2\\n"']
    assert [run["run"] for run in found["runs"]] == [first, second]


def test_the_files_of_two_runs_are_compared_and_the_command_named_shows_them(desk: Desk) -> None:
    first, second = two_runs(desk)
    files = desk.orc("show", first, "--diff", second, "--json").document["files"]
    assert files["changes"] == [
        {"path": "desk/fresh.py", "status": "modified", "added": 1, "removed": 0}
    ]
    shown = subprocess.run(
        files["command"].split(), cwd=desk.project, capture_output=True, text=True, check=True
    )
    assert "+B = 2" in shown.stdout


def test_a_run_and_itself_part_nowhere(desk: Desk) -> None:
    first, _ = two_runs(desk)
    found = desk.orc("show", first, "--diff", first, "--json").document
    assert found["parting"]["seq"] is None
    assert found["files"] == {"changes": [], "command": None}
    assert all(row["calls"] == [row["same"]] * 2 for row in found["tools"])


def test_a_fork_has_the_events_before_its_point_in_common_with_its_parent(desk: Desk) -> None:
    parent, _ = two_runs(desk)
    events = desk.orc("show", parent, "--events", "--json").document["events"]
    second = [event["seq"] for event in events if event["kind"] == "turn.started"][1]
    at = str(second - 1)
    fork = ran(desk, [hand_off(status="blocked")], "fork", parent, "--at", at)
    found = desk.orc("show", parent, "--diff", fork, "--json").document
    assert found["parting"]["common"] == second - 1
    assert found["runs"][1]["forked_from"]["run"] == parent


def test_a_fork_under_another_model_parts_at_the_agents_model(desk: Desk) -> None:
    first, _ = two_runs(desk)
    forked = ran(desk, [hand_off(status="blocked")], "fork", first, "--model", "claude-haiku-5-5")
    parting = desk.orc("show", first, "--diff", forked, "--json").document["parting"]
    assert parting["path"].startswith("definitions.agents.")
    assert parting["path"].endswith(".model")
    assert parting["events"][1]["value"] == '"claude-haiku-5-5"'


def test_the_page_names_both_runs_and_fits_the_window(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    first, second = two_runs(desk)
    said = desk.orc("show", first, "--diff", second)
    assert said.code == 0
    lines = said.out.splitlines()
    assert first in lines[0]
    assert second in lines[0]
    command = [line for line in lines if "git --git-dir=" in line]
    assert all(len(line) <= 80 for line in lines if line not in command), said.out


def test_only_one_view_of_a_run_is_shown_at_a_time(desk: Desk) -> None:
    said = desk.orc("show", "last", "--diff", "last", "--events", "--json")
    assert said.code == 2
    assert "exclude each other" in said.document["error"]["what"]


def test_an_unknown_other_run_is_named(desk: Desk) -> None:
    first, _ = two_runs(desk)
    said = desk.orc("show", first, "--diff", "nosuch", "--json")
    assert said.code == 2
    assert "nosuch" in said.document["error"]["what"]


def test_files_that_are_gone_are_not_compared_and_that_is_said(desk: Desk) -> None:
    asked = ("run", "Is it fine?", "--agent", "python-expert", "--json")
    with endpoint([hand_off(result="It is fine."), hand_off(result="It is fine.")]) as api:
        desk.serve(api)
        first, second = (str(desk.orc(*asked).document["run"]) for _ in range(2))
    assert desk.orc("show", first, "--diff", second, "--json").document["files"] is None
    assert "not compared" in desk.orc("show", first, "--diff", second).out
