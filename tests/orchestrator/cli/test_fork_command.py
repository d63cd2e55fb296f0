"""`orc fork` from the outside: a copy goes on from a point of a run, which stays as it was."""

from __future__ import annotations

import subprocess
from decimal import Decimal
from typing import Any

import pytest

from tests.support.command import Desk, Said, does, endpoint, hand_off

CODE = '"""Fresh."""\n\n\ndef answer() -> int:\n    return 42\n'
TEST = "from desk.fresh import answer\n\n\ndef test_answer() -> None:\n    assert answer() == 42\n"


def create(path: str, text: str) -> dict[str, Any]:
    given = {"command": "create", "path": path, "file_text": text}
    return does(("str_replace_based_edit_tool", given))


def implemented(desk: Desk) -> dict[str, Any]:
    """A run of two turns that write, and an ending."""
    answers = [create("desk/fresh.py", CODE), create("tests/test_fresh.py", TEST), hand_off()]
    with endpoint(answers) as api:
        desk.serve(api)
        said = desk.orc("run", "Add the answer", "--agent", "python-expert", "--json")
    assert said.code == 0, said
    return dict(said.document)


def fork(desk: Desk, run: str, answers: list[Any], *words: str) -> tuple[Said, list[Any]]:
    with endpoint(answers) as api:
        desk.serve(api)
        said = desk.orc("fork", run, *words, "--json")
        return said, [request.body for request in api.requests]


def events(desk: Desk, run: str) -> list[dict[str, Any]]:
    return list(desk.orc("show", run, "--events", "--json").document["events"])


def files(desk: Desk, branch: str) -> set[str]:
    listed = subprocess.run(
        ["git", "-C", str(desk.project), "ls-tree", "-r", "--name-only", branch],
        capture_output=True,
        text=True,
        check=True,
    )
    return set(listed.stdout.split())


def test_a_fork_goes_on_from_its_point_in_the_files_of_that_point(desk: Desk) -> None:
    parent = implemented(desk)
    before = events(desk, parent["run"])
    second = [event["seq"] for event in before if event["kind"] == "turn.started"][1]
    said, asked = fork(desk, parent["run"], [hand_off(status="blocked")], "--at", str(second - 1))
    assert said.code == 1
    forked = said.document
    assert forked["run"] != parent["run"]
    made = files(desk, forked["branch"])
    assert "desk/fresh.py" in made
    assert "tests/test_fresh.py" not in made
    assert len(asked) == 1
    assert asked[0]["messages"][1]["content"][-1]["input"]["path"] == "desk/fresh.py"
    assert events(desk, parent["run"]) == before
    copied = events(desk, forked["run"])
    source = copied[0]["body"]["forked_from"]
    assert (source["run"], source["seq"]) == (parent["run"], second - 1)
    assert source["head"] == before[second - 2]["hash"]
    assert [e["body"] for e in copied[1 : second - 1]] == [
        e["body"] for e in before[1 : second - 1]
    ]
    assert desk.orc("audit", "verify", "--json").document["valid"] is True


@pytest.mark.slow
def test_a_fork_is_possible_at_every_event_of_a_run_that_was_not_over_there(desk: Desk) -> None:
    parent = implemented(desk)
    recorded = events(desk, parent["run"])
    assert recorded[-1]["kind"] == "run.closed"
    for seq in range(1, len(recorded)):
        answers = [hand_off(call=f"toolu_again{n}", status="blocked") for n in range(3)]
        said, _ = fork(desk, parent["run"], answers, "--at", str(seq))
        assert said.code in {0, 1}, (seq, recorded[seq - 1]["kind"], said)
        assert said.document["status"] in {"blocked", "success"}, (seq, said)
        expected = {"desk/fresh.py", "tests/test_fresh.py"} if said.code == 0 else set()
        branch = said.document["branch"]
        assert expected <= (files(desk, branch) if branch else set()), (seq, said)
    said, _ = fork(desk, parent["run"], [hand_off()], "--at", str(len(recorded)))
    assert said.code == 2
    assert f"the last open point is {len(recorded) - 1}" in said.document["error"]["fix"]


def test_without_a_point_the_last_agent_is_asked_again(desk: Desk) -> None:
    parent = implemented(desk)
    said, asked = fork(desk, parent["run"], [hand_off(status="blocked", result="No.")])
    assert (said.code, said.document["result"]) == (1, "No.")
    assert len(asked) == 1
    assert {"desk/fresh.py", "tests/test_fresh.py"} <= files(desk, said.document["branch"])


def test_a_point_that_the_run_does_not_have_is_refused_with_its_range_and_makes_no_fork(
    desk: Desk,
) -> None:
    parent = answered(desk)
    for seq in ("0", "-3", "5000"):
        said, _ = fork(desk, parent, [hand_off()], "--at", seq)
        assert said.code == 2
        assert "is a fork of" not in said.err
        error = said.document["error"]
        assert "events 1 to" in error["what"] + error["fix"], error
    assert len(desk.orc("runs", "--json").document) == 1


def test_a_fork_talks_to_the_model_that_was_named(desk: Desk) -> None:
    said, asked = fork(
        desk,
        answered(desk),
        [hand_off(status="blocked")],
        "--at",
        "3",
        "--model",
        "claude-haiku-5-5",
    )
    assert said.code == 1
    assert {body["model"] for body in asked} == {"claude-haiku-5-5"}


def test_a_fork_of_a_fork_names_the_fork(desk: Desk) -> None:
    first, _ = fork(desk, answered(desk), [hand_off(status="blocked")])
    again, _ = fork(desk, first.document["run"], [hand_off(status="blocked")])
    source = events(desk, again.document["run"])[0]["body"]["forked_from"]
    assert source["run"] == first.document["run"]


def test_what_was_approved_for_the_parent_is_asked_anew_for_the_fork(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ORC_PERMISSIONS_ALLOW", "")
    monkeypatch.setenv("ORC_PERMISSIONS_ASK", "bash(touch:*)")
    with endpoint([does(("bash", {"command": "touch made"})), hand_off(status="blocked")]) as api:
        desk.serve(api)
        waiting = desk.orc("run", "Touch a file", "--agent", "python-expert", "--json")
        assert waiting.code == 3
        run = waiting.document["run"]
        desk.orc("approve", run, "a1", "--yes", "--json")
    at = next(e["seq"] for e in events(desk, run) if e["kind"] == "approval.decided")
    said, _ = fork(desk, run, [hand_off(status="blocked")], "--at", str(at))
    assert said.code == 3
    assert said.document["waiting_for"]["id"] == "a2"
    with endpoint([hand_off(status="blocked")]) as api:
        desk.serve(api)
        told = desk.orc("approve", said.document["run"], "a2", "--yes", "--json")
    assert told.code == 1
    kinds = [e["kind"] for e in events(desk, said.document["run"])]
    assert kinds.count("tool.finished") == 1


def answered(desk: Desk) -> str:
    """A run of two turns that changed nothing, and so left no workspace."""
    looks = does(("grep", {"pattern": "def "}))
    with endpoint([looks, hand_off(result="It is fine.")]) as api:
        desk.serve(api)
        ended = desk.orc("run", "Is it fine?", "--agent", "python-expert", "--json")
    assert ended.code == 0
    assert ended.document["branch"] is None
    return str(ended.document["run"])


@pytest.mark.parametrize("committed", [True, False])
def test_a_run_that_changed_nothing_is_forked_from_the_files_it_began_with(
    desk: Desk, committed: bool
) -> None:
    if not committed:
        (desk.project / "notes.txt").write_text("as they were\n")
    parent = answered(desk)
    (desk.project / "notes.txt").write_text("changed since\n")
    said, _ = fork(desk, parent, [create("desk/fresh.py", CODE), hand_off(status="blocked")])
    assert said.code == 1, said
    made = files(desk, said.document["branch"])
    assert "desk/fresh.py" in made
    assert ("notes.txt" in made) is not committed
    kept = ["git", "-C", str(desk.project), "show", f"{said.document['branch']}:notes.txt"]
    shown = subprocess.run(kept, capture_output=True, text=True, check=False)
    assert shown.stdout == ("" if committed else "as they were\n")


def test_a_run_whose_files_are_gone_cannot_be_forked(desk: Desk) -> None:
    (desk.project / "notes.txt").write_text("in no commit\n")
    parent = answered(desk)
    subprocess.run(["git", "-C", str(desk.project), "prune", "--expire=now"], check=True)
    said, _ = fork(desk, parent, [hand_off()])
    assert said.code == 2
    assert "are gone" in said.document["error"]["what"]


def test_what_a_fork_has_from_its_parent_counts_once_in_the_calibration(desk: Desk) -> None:
    parent = answered(desk)
    checked = next(e["seq"] for e in events(desk, parent) if e["kind"] == "acceptance.checked")
    for seq in (checked - 1, checked):
        assert fork(desk, parent, [], "--at", str(seq))[0].code == 0
    found = desk.orc("agents", "--calibration", "--json").document
    assert (found["runs"], found["all"]["n"]) == (3, 1)
    assert found["left_out"]["copied"] == 2


def test_what_a_fork_has_from_its_parent_counts_once_in_the_sums_of_all_runs(desk: Desk) -> None:
    assert fork(desk, answered(desk), [hand_off(result="It is fine.")])[0].code == 0
    forked, first = desk.orc("runs", "--json").document
    assert (first["model_calls"], first["inherited"]) == (2, None)
    assert (forked["model_calls"], forked["inherited"]["model_calls"]) == (2, 1)
    own = Decimal(forked["cost_usd"]) - Decimal(forked["inherited"]["cost_usd"])
    assert 0 < own < Decimal(first["cost_usd"])
    assert "3 model calls" in desk.orc("runs").out


def test_a_fork_that_the_ledger_does_not_take_leaves_nothing_behind(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ORC_AUDIT_KEY", "a key that is kept elsewhere")
    parent = answered(desk)
    monkeypatch.delenv("ORC_AUDIT_KEY")
    said, _ = fork(desk, parent, [])
    assert said.code == 2
    assert "ORC_AUDIT_KEY" in said.document["error"]["fix"]
    branches = ["git", "-C", str(desk.project), "branch", "--list", "orc/*"]
    assert subprocess.run(branches, capture_output=True, text=True, check=True).stdout == ""
    assert not list((desk.project / ".orchestrator" / "worktrees").iterdir())
