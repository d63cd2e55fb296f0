"""`.claude/`: its agents are those of `agents/`, its templates those that a run lays out."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from orchestrator.agents.claude_code import MARK, RenderError, main, rendered, write
from orchestrator.agents.loader import load_agent_file
from orchestrator.toolbox.permissions import Rules
from orchestrator.workspace.board import board_paths, open_board

ROOT = Path(__file__).resolve().parents[2]
CLAUDE = ROOT / ".claude"
NAMES = sorted(path.name for path in (ROOT / "agents").glob("*.md"))
CLAUDE_CODE_TOOLS = {"Bash", "Read", "Edit", "Write", "Grep", "Glob"}


def test_the_rendered_agents_are_up_to_date() -> None:
    there = {path.name: path.read_text("utf-8") for path in (CLAUDE / "agents").iterdir()}
    assert there == rendered(ROOT / "agents"), "run `make claude-agents`"


@pytest.mark.parametrize("name", NAMES)
def test_a_rendered_agent_says_what_its_source_says_in_claude_codes_names(name: str) -> None:
    source = load_agent_file(ROOT / "agents" / name, "project").definition
    path = CLAUDE / "agents" / name
    loaded = load_agent_file(path, "project")
    assert source is not None
    assert loaded.definition is not None
    assert not loaded.problems
    assert yaml.safe_load(path.read_text("utf-8").split("---\n")[1])["name"] == source.name
    assert (loaded.definition.description, loaded.definition.model) == (
        source.description,
        source.model,
    )
    assert source.prompt in loaded.definition.prompt
    tools = set(loaded.definition.tools or ())
    assert tools
    assert tools <= CLAUDE_CODE_TOOLS
    assert ("Edit" in tools) is ("str_replace_based_edit_tool" in (source.tools or ()))


def test_an_agent_without_a_list_of_tools_keeps_all_of_them(tmp_path: Path) -> None:
    (tmp_path / "free.md").write_text("---\nname: free\ndescription: d\n---\nDo it.\n")
    (text,) = rendered(tmp_path).values()
    assert "\ntools:" not in text


def test_writing_removes_what_was_rendered_before_and_nothing_else(tmp_path: Path) -> None:
    source, target = tmp_path / "agents", tmp_path / "out"
    source.mkdir()
    target.mkdir()
    (source / "one.md").write_text("---\nname: one\ndescription: d\n---\nDo it.\n")
    (target / "gone.md").write_text(f"---\nname: gone\n---\n{MARK}gone.md; change that file. -->\n")
    (target / "mine.md").write_text("---\nname: mine\n---\nBy hand.\n")
    write(source, target)
    assert sorted(path.name for path in target.iterdir()) == ["mine.md", "one.md"]


def test_two_agents_of_one_name_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for file in ("a", "b"):
        (tmp_path / f"{file}.md").write_text("---\nname: one\ndescription: d\n---\nDo it.\n")
    with pytest.raises(RenderError, match="another file is named one"):
        rendered(tmp_path)
    assert main([str(tmp_path), str(tmp_path / "out")]) == 1
    assert "rename one" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_the_templates_are_what_a_run_lays_out(tmp_path: Path) -> None:
    templates = CLAUDE / "templates"
    heading, _, request = (templates / "task.md").read_text("utf-8").partition("\n\n")
    assert heading == "# Task"
    open_board(tmp_path, "RUN", request, ["agent-name"])
    for place, name in zip(
        board_paths("RUN"), ("task.md", "work.md", "context_session.md"), strict=True
    ):
        assert (templates / name).read_text("utf-8") == (tmp_path / place).read_text("utf-8")


def test_the_settings_are_rules_that_our_own_reader_takes() -> None:
    permissions = json.loads((CLAUDE / "settings.json").read_text("utf-8"))["permissions"]
    lists = {name: permissions[name] for name in ("allow", "ask", "deny")}
    rules = Rules.parse(lists["allow"], lists["ask"], lists["deny"])
    read = [rule.written for rule in (*rules.allow, *rules.ask, *rules.deny)]
    assert read == [*lists["allow"], *lists["ask"], *lists["deny"]]
    assert {"Read(.env)", "WebFetch", "WebSearch"} <= set(lists["deny"])
