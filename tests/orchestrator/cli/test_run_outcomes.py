"""How runs stand and go on: offline, stopped, approved without a model, with red tests before."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from orchestrator.workspace import bubblewrap
from tests.support.command import Desk, does, endpoint, hand_off
from tests.support.sealing import path_without_bubblewrap

FIX = {
    "command": "str_replace",
    "path": "desk/indicators.py",
    "old_str": "return max(high - low,",
    "new_str": "return max(low - low, high - low,",
}


@pytest.fixture
def desk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Desk:
    monkeypatch.setenv("ORC_PERMISSIONS_ALLOW", "bash\nrun_checks")
    made = Desk(tmp_path, monkeypatch, capfd)
    made.commit()
    return made


def test_a_run_that_changed_nothing_leaves_no_branch_and_no_worktree(desk: Desk) -> None:
    with endpoint([hand_off(result="fine")]) as api:
        desk.serve(api)
        said = desk.orc("run", "Is it fine?", "--json")
    assert said.document["branch"] is None
    listed = subprocess.run(
        ["git", "-C", str(desk.project), "branch", "--list", "orc/*"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert listed.stdout == ""
    assert list((desk.project / ".orchestrator" / "worktrees").glob("*")) == []
    assert desk.orc("show", "last").code == 0


def test_a_change_that_a_question_did_not_ask_for_is_told_and_not_called_verified(
    desk: Desk,
) -> None:
    with endpoint([does(("str_replace_based_edit_tool", FIX)), hand_off(result="fine")]) as api:
        desk.serve(api)
        report = desk.orc("run", "Is it fine?", "--agent", "python-expert", "--json").document
    assert (report["kind"], report["status"]) == ("answer", "success")
    assert report["verified"] is False
    (told,) = report["unchecked"]
    assert told.startswith("change: 1 file changed though no change was asked for")
    assert "desk/indicators.py" in told


def waiting(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> str:
    """A run that waits for the approval of `make report`."""
    monkeypatch.setenv("ORC_PERMISSIONS_ASK", "bash(make:*)")
    with endpoint([does(("bash", {"command": "make report"})), hand_off()]) as api:
        desk.serve(api)
        said = desk.orc("run", "What does make report print?", "--json")
    assert said.code == 3
    assert said.document["waiting_for"]["id"] == "a1"
    return str(said.document["run"])


def test_an_offline_run_is_blocked_honestly_and_can_be_resumed(desk: Desk) -> None:
    said = desk.orc("run", "--offline", "Is", "it", "fine?", "--json")
    assert (said.code, said.document["status"]) == (1, "blocked")
    assert "--offline" in said.document["result"]
    with endpoint([hand_off(result="fine")]) as api:
        desk.serve(api)
        assert desk.orc("resume", "last", "--json").document["result"] == "fine"
        assert "Is it fine?" in str(api.requests[0].body["messages"])


def test_an_approval_without_a_model_is_recorded_and_says_how_to_go_on(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = waiting(desk, monkeypatch)
    monkeypatch.delenv("ANTHROPIC_BASE_URL")
    said = desk.orc("approve", run, "a1", "--yes", "--json")
    assert said.code == 2
    assert "approved" in said.document["error"]["what"]
    assert f"orc resume {run}" in said.document["error"]["fix"]
    with endpoint([hand_off(result="it printed the edge")]) as api:
        desk.serve(api)
        assert desk.orc("resume", run, "--json").code == 0


def test_an_approval_without_a_terminal_needs_its_yes_and_a_refusal_does_not(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = waiting(desk, monkeypatch)
    with Path(os.devnull).open() as nobody:
        monkeypatch.setattr(sys, "stdin", nobody)
        said = desk.orc("approve", run, "a1", "--wait", "--json")
        assert (said.code, "--yes" in said.document["error"]["fix"]) == (2, True)
        assert desk.orc("show", run, "--json").document["status"] == "waiting"
        assert desk.orc("approve", run, "a1", "--deny", "--wait").code == 0


def test_an_approval_at_a_terminal_needs_nothing_more(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = waiting(desk, monkeypatch)
    master, slave = os.openpty()
    with os.fdopen(master), os.fdopen(slave) as terminal:
        monkeypatch.setattr(sys, "stdin", terminal)
        assert desk.orc("approve", run, "a1", "--wait").code == 0


def test_a_stopped_run_is_not_revived_by_an_approval(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = waiting(desk, monkeypatch)
    assert desk.orc("stop", run).code == 0
    said = desk.orc("approve", run, "a1", "--yes", "--json")
    assert said.code == 2
    assert "resume" in said.document["error"]["fix"]


def test_tests_that_failed_before_are_named_with_what_became_of_them(desk: Desk) -> None:
    red = "\n\ndef test_never() -> None:\n    assert False\n"
    with (desk.project / "tests" / "test_indicators.py").open("a") as file:
        file.write(red)
    with endpoint([does(("str_replace_based_edit_tool", FIX)), hand_off()]) as api:
        desk.serve(api)
        said = desk.orc("run", "Fix the indicators", "--agent", "python-expert")
    assert said.code == 0
    assert "failed before and still fails" in " ".join(said.out.split())


def test_without_a_seal_nothing_that_agents_wrote_is_run_unasked(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", path_without_bubblewrap(tmp_path))
    bubblewrap.find_bubblewrap.cache_clear()
    monkeypatch.delenv("ORC_PERMISSIONS_ALLOW")
    planted = "from pathlib import Path\n\n\ndef test_it() -> None:\n    Path('{}').touch()\n"
    mark = tmp_path / "ran"
    new = {"command": "create", "path": "tests/test_new.py", "file_text": planted.format(mark)}
    with endpoint([does(("str_replace_based_edit_tool", new)), hand_off()]) as api:
        desk.serve(api)
        said = desk.orc("run", "Add a test", "--agent", "python-expert", "--json")
    bubblewrap.find_bubblewrap.cache_clear()
    assert not mark.exists()
    assert said.document["verified"] is False
    assert any("no seal" in text for text in said.document["unchecked"])


def test_a_commands_long_output_is_shown_in_part_and_kept_whole(desk: Desk) -> None:
    answers = [does(("bash", {"command": "seq 1 60000"})), hand_off(result="counted")]
    with endpoint(answers) as api:
        desk.serve(api)
        said = desk.orc("run", "Is it fine?", "--agent", "python-expert", "--json")
        (shown,) = api.requests[1].body["messages"][-1]["content"]
    assert said.code == 0
    text = shown["content"]
    assert len(text) < 50_000
    assert "read_receipt gives them by offset" in text
    receipt = text.partition("]")[0].removeprefix("[r")
    whole = desk.orc("show", "last", "--receipt", receipt).out
    assert "\n30000\n" in whole
    assert "\n30000\n" not in text
