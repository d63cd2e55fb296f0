"""What a cloned repository brings takes effect only once a person has trusted it as it stands."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from orchestrator.agents.catalogue import AgentCatalogue
from orchestrator.agents.files import agent_files
from orchestrator.config import brought
from orchestrator.config.errors import ConfigError
from orchestrator.config.trust import examine, remember

if TYPE_CHECKING:
    from tests.orchestrator.config.conftest import Bench

AGENT = "---\nname: {name}\ndescription: does things\n---\nDo things.\n"


def _write(file: Path, text: str = "x") -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return file


def _agent(folder: Path, name: str) -> Path:
    return _write(folder / f"{name}.md", AGENT.format(name=name))


def test_a_project_that_brings_nothing_needs_no_trust(bench: Bench) -> None:
    _write(bench.project / "src" / "main.py")
    _write(bench.project / "agents" / "market_maker.py")
    _write(bench.project / "CLAUDE.md")
    trust = examine(bench.project, bench.user)
    assert (trust.state, trust.files, trust.holds) == ("nothing", (), True)


def test_the_first_look_shows_everything(bench: Bench) -> None:
    bench.in_project("[limits]\nusd = 1000\n")
    trust = examine(bench.project, bench.user)
    assert trust.state == "unknown"
    assert not trust.holds
    assert "+usd = 1000" in trust.changes
    assert "--- /dev/null\n+++ now/orchestrator.toml" in trust.changes


def test_trust_holds_until_something_changes(bench: Bench) -> None:
    bench.in_project("[limits]\nusd = 1\n")
    assert remember(bench.project, bench.user) == ("orchestrator.toml",)
    assert examine(bench.project, bench.user).state == "trusted"

    bench.in_project("[limits]\nusd = 1000\n")
    trust = examine(bench.project, bench.user)
    assert trust.state == "changed"
    assert "-usd = 1\n+usd = 1000" in trust.changes

    bench.in_project("[limits]\nusd = 1\n")
    assert examine(bench.project, bench.user).holds


@pytest.mark.parametrize(
    "change",
    [
        lambda p: _write(p / ".claude/settings.json", '{"hooks": {}}'),
        lambda p: _write(p / ".claude/settings.local.json", "{}"),
        lambda p: _write(p / ".claude/hooks/deep/check.sh", "rm -rf /"),
        lambda p: _agent(p / "agents", "new"),
        lambda p: _agent(p / "agents/deep/er", "new"),
        lambda p: _agent(p / ".claude/agents", "new"),
        lambda p: _write(p / "agents/UPPER.MD", AGENT.format(name="upper")),
        lambda p: (p / "agents/first.md").unlink(),
        lambda p: _write(p / "agents/first.md", AGENT.format(name="first") + "And obey me.\n"),
        lambda p: (p / "agents/first.md").write_bytes(b"\xff\xfe\x00"),
        lambda p: os.mkfifo(p / ".claude/agents/pipe.md"),
    ],
)
def test_a_change_to_agents_hooks_or_settings_ends_trust_and_is_shown(
    bench: Bench, change: Callable[[Path], object]
) -> None:
    bench.in_project("[limits]\nusd = 1\n")
    _agent(bench.project / "agents", "first")
    (bench.project / ".claude" / "agents").mkdir(parents=True)
    remember(bench.project, bench.user)
    assert examine(bench.project, bench.user).holds

    change(bench.project)
    trust = examine(bench.project, bench.user)
    assert trust.state == "changed"
    assert trust.changes


def test_every_agent_file_that_would_be_loaded_is_covered(bench: Bench, tmp_path: Path) -> None:
    outside = tmp_path / "elsewhere"
    _agent(outside, "outside")
    for folder in ("agents", "agents/sub", "agents/.hidden", "agents/node_modules/x"):
        _agent(bench.project / folder, folder.replace("/", "-").replace(".", "").replace("_", "-"))
    (bench.project / "agents" / "linked").symlink_to(outside)
    (bench.project / "agents" / "loop").symlink_to(bench.project / "agents")
    (bench.project / ".claude").mkdir()
    (bench.project / ".claude" / "agents").symlink_to(outside)

    covered = {bench.project / name for name in examine(bench.project, bench.user).files}
    found = [*agent_files(bench.project / "agents")[0]]
    found += agent_files(bench.project / ".claude" / "agents")[0]
    assert len(found) == 4
    assert set(found) <= covered
    loaded = AgentCatalogue.discover(bench.project, None)
    assert {agent.path for agent in loaded if agent.source == "project"} <= covered


def test_a_linked_folder_of_agents_shows_where_it_leads_and_what_is_there(
    bench: Bench, tmp_path: Path
) -> None:
    outside = tmp_path / "elsewhere"
    _agent(outside, "outside")
    (bench.project / "agents").symlink_to(outside)
    trust = examine(bench.project, bench.user)
    assert trust.files == ("agents (a link)", "agents/outside.md")
    assert f"+{outside}" in trust.changes
    remember(bench.project, bench.user)

    _write(outside / "outside.md", AGENT.format(name="outside") + "New words.\n")
    assert "+New words." in examine(bench.project, bench.user).changes


def test_trust_belongs_to_one_folder_and_one_user(bench: Bench, tmp_path: Path) -> None:
    bench.in_project("[limits]\nusd = 1\n")
    remember(bench.project, bench.user)
    copy = tmp_path / "copy"
    _write(copy / "orchestrator.toml", "[limits]\nusd = 1\n")
    assert examine(copy, bench.user).state == "unknown"
    assert examine(bench.project, tmp_path / "other-user").state == "unknown"
    link = tmp_path / "link"
    link.symlink_to(bench.project)
    assert examine(link, bench.user).state == "trusted"


def test_what_changed_after_it_was_shown_is_not_trusted(bench: Bench) -> None:
    bench.in_project("[limits]\nusd = 1\n")
    shown = examine(bench.project, bench.user)
    bench.in_project("[limits]\nusd = 1000\n")
    with pytest.raises(ConfigError, match="changed while you looked"):
        remember(bench.project, bench.user, shown)
    assert not examine(bench.project, bench.user).holds


def test_large_and_binary_files_are_covered_by_their_hash(bench: Bench) -> None:
    file = bench.project / "agents" / "large.md"
    _write(file, "a" * 2_000_001)
    remember(bench.project, bench.user)
    _write(file, "a" * 2_000_000 + "b")
    trust = examine(bench.project, bench.user)
    assert trust.state == "changed"
    assert "sha256" in trust.changes
    assert len(trust.changes) < 1000


def test_more_files_than_anybody_can_look_at_are_never_trusted(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(brought, "MOST_FILES", 3)
    for number in range(5):
        _agent(bench.project / "agents", f"agent-{number}")
    trust = examine(bench.project, bench.user)
    assert trust.state == "unknown"
    assert trust.obstacle == "it brings more than 3 agent files, playbooks and hooks"
    with pytest.raises(ConfigError, match="more than 3"):
        remember(bench.project, bench.user)


@pytest.mark.parametrize("junk", ["", "[]", '{"files": 3}', '{"files": {"a": 1}}', "\x00"])
def test_a_damaged_record_is_named(bench: Bench, junk: str) -> None:
    bench.in_project("")
    remember(bench.project, bench.user)
    (file,) = (bench.user / "trust").iterdir()
    file.write_text(junk, encoding="utf-8")
    with pytest.raises(ConfigError, match="remove it and trust the project again") as caught:
        examine(bench.project, bench.user)
    assert str(file) == caught.value.where


def test_a_record_copied_from_another_project_trusts_nothing(bench: Bench, tmp_path: Path) -> None:
    bench.in_project("a")
    remember(bench.project, bench.user)
    (file,) = (bench.user / "trust").iterdir()
    entry = json.loads(file.read_text(encoding="utf-8"))
    entry["project"] = str(tmp_path / "other")
    file.write_text(json.dumps(entry), encoding="utf-8")
    assert examine(bench.project, bench.user).state == "unknown"


def test_a_folder_that_cannot_be_written_is_named(bench: Bench, tmp_path: Path) -> None:
    bench.in_project("")
    user = tmp_path / "a-file"
    user.write_text("x")
    with pytest.raises(ConfigError, match=r"cannot be written: .*set ORC_HOME"):
        remember(bench.project, user)
