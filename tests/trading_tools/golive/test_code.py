"""What git does not look at is not taken for unchanged."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.golive import GateProject
from trading_tools.golive.config.reading import ConfigFault
from trading_tools.golive.verdict import Verdict

OTHER = "print('never on paper')\n"


@pytest.fixture
def project(tmp_path: Path) -> GateProject:
    return GateProject(tmp_path / "bot")


def not_looked_at(project: GateProject) -> None:
    project.git("update-index", "--assume-unchanged", "bot.py")


def left_out(project: GateProject) -> None:
    project.git("update-index", "--skip-worktree", "bot.py")


@pytest.mark.parametrize("hide", [not_looked_at, left_out])
@pytest.mark.parametrize("name", ["G14", "G31"])
def test_a_changed_file_that_git_was_told_to_pass_over_is_no_clean_commit(
    project: GateProject, hide: Callable[[GateProject], None], name: str
) -> None:
    assert project.ask(name).verdict is Verdict.PASS
    hide(project)
    project.write("bot.py", OTHER)
    found = project.ask_as_it_is(name)
    assert found.verdict is not Verdict.PASS
    assert "bot.py" in found.detail


@pytest.mark.parametrize("name", ["G14", "G31"])
def test_where_git_cannot_say_what_changed_nothing_is_known(
    project: GateProject, name: str
) -> None:
    assert project.ask(name).verdict is Verdict.PASS
    (project.folder / ".git" / "index").write_bytes(b"no index")
    assert project.ask_as_it_is(name).verdict is Verdict.NO_EVIDENCE


@pytest.mark.parametrize("source", ["gone.py", "hidden.py", ":!bot.py", "*.md"])
def test_a_source_that_is_not_in_git_proves_no_code(project: GateProject, source: str) -> None:
    project.write(".gitignore", "hidden.py\n")
    project.write("hidden.py", OTHER)
    project.write("README.md", "about\n")
    found = project.ask("G14", bot={"source": [source]})
    assert found.verdict is Verdict.NO_EVIDENCE
    assert f"{source} is not in git" in found.detail


@pytest.mark.parametrize("name", ["G14", "G31"])
@pytest.mark.parametrize(
    ("source", "hidden"),
    [(["bot.py"], "helper.py"), (["lib"], "lib/fast.so"), (["lib"], "lib/own/mine.py")],
)
def test_code_of_the_bot_that_git_ignores_goes_live_in_no_commit(
    project: GateProject, name: str, source: list[str], hidden: str
) -> None:
    project.write("bot.py", "import helper\n")
    project.write(".gitignore", "helper.py\n*.so\n/lib/own/\n/lib/venv/\n__pycache__/\n*.log\n")
    for each in ("lib/venv/lib", "lib/own", "lib/__pycache__"):
        (project.folder / each).mkdir(parents=True)
    harmless = ("venv/pyvenv.cfg", "venv/lib/a.py", "__pycache__/a.pyc", "a.log", "own/a.md")
    for each in (*harmless, "a.py"):
        project.write(f"lib/{each}", OTHER)
    project.commit = project.commit_all()
    assert project.ask(name, bot={"source": source}).verdict is Verdict.PASS
    project.write(hidden, OTHER)
    found = project.ask(name, bot={"source": source})
    assert (found.verdict, hidden in found.detail) == (Verdict.FAIL, True), found.detail


@pytest.mark.parametrize("name", ["requirements.lock", "approvers.keys"])
def test_what_a_go_rests_on_is_in_the_commit(project: GateProject, name: str) -> None:
    project.write(".gitignore", f"{name}\n")
    project.write("approvers.keys", "ada ssh-ed25519 AAAA\n")
    project.git("rm", "-q", "--cached", "--ignore-unmatch", name)
    found = project.ask("G31", deployment={"signers": "approvers.keys"})
    assert found.verdict is Verdict.NO_EVIDENCE
    assert f"{name} is not in git" in found.detail


def test_a_link_that_leads_out_of_the_project_is_no_code_of_the_commit(
    project: GateProject,
) -> None:
    (project.folder.parent / "other.py").write_text(OTHER)
    (project.folder / "linked.py").symlink_to(Path("..") / "other.py")
    found = project.ask("G31")
    assert found.verdict is Verdict.NO_EVIDENCE
    assert "linked.py leads out of the project" in found.detail


def test_a_file_of_the_configuration_is_none_outside_by_a_link(project: GateProject) -> None:
    outside = project.folder.parent / "paper.csv"
    (project.folder / "paper.csv").rename(outside)
    (project.folder / "paper.csv").symlink_to(outside)
    with pytest.raises(ConfigFault, match="leads out of"):
        project.ask("G14")
