"""Where agents are looked for, who wins a name, and what is said about it."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import orchestrator
from orchestrator.agents.catalogue import AgentCatalogue, bundled_agents_dir


def write(folder: Path, name: str, description: str = "Does it.") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.md"
    path.write_text(f"---\nname: {name}\ndescription: {description}\n---\nYou.\n", encoding="utf-8")
    return path


@pytest.fixture
def bundled(tmp_path: Path) -> Path:
    write(tmp_path / "bundled", "risk-engine-architect", "bundled")
    write(tmp_path / "bundled", "python-expert", "bundled")
    return tmp_path / "bundled"


def test_the_project_wins_over_the_user_and_the_user_over_the_bundle(
    tmp_path: Path, bundled: Path
) -> None:
    project, user = tmp_path / "project", tmp_path / "user"
    write(project / "agents", "one", "project")
    write(project / ".claude" / "agents", "one", "claude")
    write(project / ".claude" / "agents", "two", "claude")
    write(user / "agents", "two", "user")
    write(user / "agents", "python-expert", "user")
    found = AgentCatalogue.discover(project, user, bundled)
    assert {agent.name: (agent.description, agent.source) for agent in found} == {
        "one": ("project", "project"),
        "two": ("claude", "project"),
        "python-expert": ("user", "user"),
        "risk-engine-architect": ("bundled", "bundled"),
    }
    assert found.names == ("one", "python-expert", "risk-engine-architect", "two")


def test_each_clash_is_reported_at_the_file_that_loses(tmp_path: Path, bundled: Path) -> None:
    winner = write(tmp_path / "project" / "agents", "python-expert")
    loser = write(tmp_path / "project" / ".claude" / "agents", "python-expert")
    found = AgentCatalogue.discover(tmp_path / "project", None, bundled)
    assert [(p.path, p.severity) for p in found.problems] == [
        (loser, "warning"),
        (bundled / "python-expert.md", "note"),
    ]
    assert str(winner) in found.problems[0].message


def test_files_in_sub_folders_are_found_and_link_loops_end(tmp_path: Path, bundled: Path) -> None:
    folder = tmp_path / "project" / ".claude" / "agents"
    write(folder / "desk" / "equities", "one")
    (folder / "desk" / "again").symlink_to(folder, target_is_directory=True)
    (folder / "self.md").symlink_to("self.md")
    (folder / "folder.md").mkdir()
    found = AgentCatalogue.discover(tmp_path / "project", None, bundled)
    assert "one" in found
    assert {problem.path.name for problem in found.problems} == {"self.md", "folder.md"}


def test_problems_of_the_files_are_the_catalogues_problems(tmp_path: Path, bundled: Path) -> None:
    folder = tmp_path / "user" / "agents"
    folder.mkdir(parents=True)
    (folder / "broken.md").write_bytes(b"\0")
    found = AgentCatalogue.discover(None, tmp_path / "user", bundled)
    assert [problem.path.name for problem in found.problems] == ["broken.md"]
    assert len(found) == 2


def test_a_missing_bundle_is_a_problem_and_not_a_trace(tmp_path: Path) -> None:
    found = AgentCatalogue.discover(tmp_path, tmp_path, tmp_path / "nothing")
    assert len(found) == 0
    assert [problem.severity for problem in found.problems] == ["error"]


def test_the_bundled_folder_is_read_once_even_where_it_is_the_projects_own() -> None:
    folder = bundled_agents_dir()
    if folder.name != "agents" or not folder.is_dir():
        pytest.skip(f"no bundled agents at {folder}")
    found = AgentCatalogue.discover(folder.parent, None)
    assert all(agent.source == "bundled" for agent in found if agent.path.parent == folder)
    assert not [problem for problem in found.problems if "is taken by" in problem.message]


def test_an_installed_package_brings_its_agents_along(tmp_path: Path) -> None:
    """As the wheel has it: the files lie in the package, and no checkout is around it."""
    package = tmp_path / "orchestrator"
    source = Path(orchestrator.__file__).parent
    package.mkdir()
    shutil.copy(source / "__init__.py", package)
    shutil.copytree(source / "agents", package / "agents")
    write(package / "bundled" / "agents", "shipped")
    code = (
        "from orchestrator.agents.catalogue import AgentCatalogue as C, bundled_agents_dir as d;"
        "c = C.discover(None, None); print(d(), c.names, c.problems)"
    )
    shown = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert shown == f"{package.resolve() / 'bundled' / 'agents'} ('shipped',) ()\n"


def test_plain_agent_files_load_without_a_yaml_library(tmp_path: Path, bundled: Path) -> None:
    code = (
        "import sys; from pathlib import Path;"
        "from orchestrator.agents.catalogue import AgentCatalogue as C;"
        f"c = C.discover(None, None, Path({str(bundled)!r})); print(len(c), 'yaml' in sys.modules)"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout == "2 False\n"


def test_every_bundled_agent_loads_without_a_warning() -> None:
    found = AgentCatalogue.discover(None, None)
    if not len(found):
        pytest.skip("no bundled agents here")
    assert [str(problem) for problem in found.problems] == []


def test_an_unknown_name_gets_the_nearest_ones(bundled: Path) -> None:
    found = AgentCatalogue.discover(None, None, bundled)
    assert found.get("python-exprt") is None
    assert found.nearest("Python-Exprt") == ("python-expert",)
    assert found.nearest("risk-engine")[0] == "risk-engine-architect"
    assert found.nearest("zzz") == ()
