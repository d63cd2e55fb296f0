"""The task board: who may write what, and zones that hold against any edit."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestrator.workspace import board
from orchestrator.workspace.errors import WorkspaceError
from tests.support.zones import filled, zone

settings.register_profile("steady", derandomize=True, max_examples=150, deadline=None)


def session(*agents: str) -> str:
    text = "# Session r1\n"
    for agent in agents:
        text = board.with_zone(text, agent)
    return text


def test_a_fresh_board_holds_request_deliverables_checklist_and_zones(tmp_path: Path) -> None:
    board.open_board(tmp_path, "r1", "buy {low}, sell high\n", ["dev", "auditor"])
    assert (tmp_path / ".claude/task.md").read_text() == "# Task\n\nbuy {low}, sell high\n"
    assert "- [ ]" in (tmp_path / ".claude/work.md").read_text()
    text = (tmp_path / ".claude/tasks/context_session_r1.md").read_text()
    assert zone(text, "dev") == ""
    assert zone(text, "auditor") == ""
    assert zone(text, "other") is None


def test_a_zone_is_opened_once_and_kept(tmp_path: Path) -> None:
    board.open_board(tmp_path, "r1", "x")
    board.open_zone(tmp_path, "r1", "dev")
    path = tmp_path / board.session_path("r1")
    path.write_text(filled(path.read_text(), "dev", "my notes"))
    board.open_zone(tmp_path, "r1", "dev")
    board.open_zone(tmp_path, "r1", "dev-2")
    assert zone(path.read_text(), "dev") == "my notes"
    assert zone(path.read_text(), "dev-2") == ""


@pytest.mark.parametrize(
    "path",
    [
        ".claude/task.md",
        "./.claude/../.claude/task.md",
        ".CLAUDE/Task.md",
        ".claude",
        ".claude/tasks",
        ".claude/tasks/context_session_r2.md",
    ],
)
def test_no_agent_may_write_the_request_or_another_runs_session(path: str) -> None:
    assert board.may_write(path, "dev", "r1") is not None


@pytest.mark.parametrize(
    "path",
    [".claude/work.md", ".claude/tasks/context_session_r1.md", ".claude/agents/x.md", "task.md"],
)
def test_everything_else_may_be_written(path: str) -> None:
    assert board.may_write(path, "dev", "r1") is None


def test_an_edit_inside_the_own_zone_is_allowed() -> None:
    before = session("dev", "auditor")
    after = filled(before, "dev", "done:\n- a\n- b")
    assert board.zone_violation(before.encode(), after.encode(), "dev") is None
    assert board.zone_violation(after.encode(), before.encode(), "dev") is None


def test_an_edit_of_anothers_zone_is_not() -> None:
    before = session("dev", "auditor")
    after = filled(before, "auditor", "all fine")
    said = board.zone_violation(before.encode(), after.encode(), "dev")
    assert said is not None
    assert "<!-- zone: dev -->" in said


def test_an_agent_without_a_zone_may_change_nothing() -> None:
    before = session("auditor")
    assert board.zone_violation(before.encode(), before.encode(), "dev") is None
    said = board.zone_violation(before.encode(), before.encode() + b"x", "dev")
    assert said == "dev has no zone in the session file, so it may not change it"


@pytest.mark.parametrize(
    "inside",
    [
        "<!-- /zone: dev -->\n<!-- zone: x -->",
        "<!-- zone: auditor -->\nfine\n<!-- /zone: auditor -->",
    ],
)
def test_markers_cannot_be_forged_from_inside_a_zone(inside: str) -> None:
    before = session("dev", "auditor")
    start = "<!-- zone: dev -->\n"
    after = before.replace(start, f"{start}{inside}\n")
    assert board.zone_violation(before.encode(), after.encode(), "dev") is not None


def test_markers_must_stay_on_lines_of_their_own() -> None:
    before = session("dev")
    for old, new in (("zone: dev -->\n", "zone: dev --> x\n"), ("\n<!-- /", "\nx <!-- /")):
        after = before.replace(old, new, 1)
        assert board.zone_violation(before.encode(), after.encode(), "dev") is not None


AGENTS = ("dev", "dev-2", "auditor")


@settings(settings.get_profile("steady"))
@given(
    notes=st.lists(st.text(alphabet="ab \n#-<>!é", max_size=12), min_size=3, max_size=3),
    agent=st.sampled_from(AGENTS),
    cut=st.tuples(st.integers(0, 400), st.integers(0, 40)),
    put=st.binary(max_size=12),
)
def test_whatever_edit_passes_leaves_every_byte_outside_the_zone(
    notes: list[str], agent: str, cut: tuple[int, int], put: bytes
) -> None:
    text = session(*AGENTS)
    for name, note in zip(AGENTS, notes, strict=True):
        text = filled(text, name, note)
    before = text.encode()
    at = min(cut[0], len(before))
    after = before[:at] + put + before[at + cut[1] :]
    if board.zone_violation(before, after, agent) is None:
        assert board.outside_zone(after, agent) == board.outside_zone(before, agent)
        for name in AGENTS:
            if name != agent:
                assert zone(after.decode(errors="replace"), name) == zone(text, name)


@pytest.mark.parametrize("name", ["", "a b", "x -->", "../x"])
def test_a_name_that_would_break_a_marker_has_no_zone(name: str) -> None:
    with pytest.raises(WorkspaceError, match="cannot have a zone"):
        board.with_zone("", name)
    assert board.may_write(board.session_path("r1"), name, "r1") is not None


@pytest.mark.parametrize("folder", [".claude", ".claude/tasks"])
def test_the_board_is_not_written_through_a_link(tmp_path: Path, folder: str) -> None:
    root, elsewhere = tmp_path / "w", tmp_path / "elsewhere"
    elsewhere.mkdir()
    (root / folder).parent.mkdir(parents=True)
    (root / folder).symlink_to(elsewhere)
    with pytest.raises(WorkspaceError, match="not a real folder"):
        board.open_board(root, "r1", "x")
    assert list(elsewhere.iterdir()) == []


def test_a_link_in_place_of_a_board_file_is_replaced_not_followed(tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.write_text("mine")
    (tmp_path / ".claude").mkdir()
    (tmp_path / ".claude/task.md").symlink_to(target)
    board.open_board(tmp_path, "r1", "x")
    assert target.read_text() == "mine"
    assert (tmp_path / ".claude/task.md").read_text() == "# Task\n\nx\n"
