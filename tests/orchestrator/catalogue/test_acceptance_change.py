"""Whether something was built, and whether the project's checks hold, in real repositories."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from orchestrator.catalogue.acceptance.change import changed
from orchestrator.catalogue.acceptance.ports import Verifier
from orchestrator.catalogue.acceptance.tests import verified
from orchestrator.catalogue.kinds import CHECKS
from orchestrator.router.cues import KINDS
from orchestrator.workspace.verify_plan import VerifySettings
from orchestrator.workspace.workspace import Workspace
from tests.support.cases import ProjectOf, Verified, ending, verification
from tests.support.repositories import AT, Repo

FILES = {"a.py": "def a():\n    return 1\n", "notes.txt": "one\n"}


def workspace(folder: Path, files: dict[str, str] = FILES) -> tuple[Repo, Workspace]:
    repo = Repo.at(folder / "p", files)
    space = Workspace.create(
        repo.path, "r1", state_dir=repo.state_dir, clean=False, at=AT, environ=repo.environ
    )
    return repo, space


async def test_a_run_without_a_change_is_sent_back(tmp_path: Path) -> None:
    with ending(tmp_path, "build it", "implement") as run:
        run.services[Workspace] = workspace(tmp_path)[1]
        found = await changed(run.case("Done."))
    assert found.met is False
    assert "nothing" in found.missing[0]


async def test_white_space_is_no_change_and_code_is_one(tmp_path: Path) -> None:
    _, space = workspace(tmp_path)
    with ending(tmp_path, "build it", "implement") as run:
        run.services[Workspace] = space
        (space.root / "a.py").write_text("def a():\n\n    return 1\n\n\n")
        found = await changed(run.case("Done."))
        assert found.met is False
        assert "white space" in found.missing[0]
        (space.root / "b.py").write_text("B = 1\n")
        found = await changed(run.case("Done."))
        assert found.met is True
        assert found.detail == "1 file changed: b.py"


async def test_without_a_workspace_a_change_is_unchecked(tmp_path: Path) -> None:
    with ending(tmp_path, "build it", "implement") as run:
        found = await changed(run.case("Done."))
    assert found.met is None
    assert "no workspace" in found.detail


async def outcome(folder: Path, space: Workspace | None = None, **more: Any) -> Any:
    with ending(folder, "build it", "implement") as run:
        run.services[Verifier] = Verified(verification(**more))
        if space is not None:
            run.services[Workspace] = space
        return await verified(run.case("Done."))


async def test_passing_checks_are_met_and_old_failures_said(tmp_path: Path) -> None:
    found = await outcome(tmp_path, base_failures=("t::old",))
    assert found.met is True
    assert "failed before and still fails: t::old" in found.detail


async def test_each_new_failure_is_named(tmp_path: Path) -> None:
    found = await outcome(tmp_path, passed=False, new_failures=("t::a", "t::b"))
    assert found.met is False
    assert [line.rpartition(" ")[2] for line in found.missing] == ["t::a", "t::b"]


async def test_a_failure_without_names_gives_its_reason(tmp_path: Path) -> None:
    found = await outcome(tmp_path, passed=False, reason="the change brings no tests")
    assert found.met is False
    assert found.missing == ("verification: the change brings no tests",)


@pytest.mark.parametrize("passed", [True, None])
async def test_weakened_tests_need_a_person_whatever_else_came_out(
    tmp_path: Path, passed: bool | None
) -> None:
    found = await outcome(tmp_path, passed=passed, needs_person=("t::a was removed",))
    assert found.met is False
    assert found.missing[0].startswith("needs a person: t::a was removed")
    assert "needs a person: t::a was removed" in found.detail


async def test_what_could_not_be_run_is_unchecked_with_its_reason(tmp_path: Path) -> None:
    found = await outcome(tmp_path, passed=None, reason="there is no interpreter")
    assert (found.met, found.detail) == (None, "there is no interpreter")


async def test_without_a_verifier_the_checks_are_unchecked(tmp_path: Path) -> None:
    with ending(tmp_path, "build it", "implement") as run:
        assert (await verified(run.case("Done."))).met is None


async def test_what_steers_the_harness_is_said_to_the_merger_and_does_not_block(
    tmp_path: Path,
) -> None:
    _, space = workspace(tmp_path)
    (space.root / "CLAUDE.md").write_text("hello\n")
    found = await outcome(tmp_path, space, needs_person=space.for_the_merger())
    assert found.met is True
    assert "for whoever merges: CLAUDE.md was added" in found.detail


async def test_a_real_project_is_verified_with_its_own_tests(tmp_path: Path) -> None:
    test = "from a import a\n\n\ndef test_a():\n    assert a() == 1\n"
    repo, space = workspace(tmp_path, {**FILES, "test_a.py": test})
    command = f"PYTEST_DISABLE_PLUGIN_AUTOLOAD=1 {sys.executable} -m pytest -q -p no:cacheprovider"
    with ending(tmp_path, "build it", "implement") as run:
        run.services[Workspace] = space
        run.services[Verifier] = ProjectOf(space, VerifySettings(verify=command), repo)
        (space.root / "a.py").write_text("def a():\n    return 2\n")
        found = await verified(run.case("Done."))
        assert found.met is False
        assert "test_a.py::test_a" in found.missing[0]
        (space.root / "a.py").write_text("def a():\n    return 2 - 1\n")
        assert (await verified(run.case("Done."))).met is True
        (space.root / "test_a.py").write_text("def test_a():\n    pass\n")
        found = await verified(run.case("Done."))
        assert found.met is False
        assert found.missing[0].startswith("needs a person: test_a.py::test_a")


def test_every_kind_of_job_has_checks_and_starts_with_its_receipts() -> None:
    # What a specialist claims of a change is asked for by `orc review`, and by no request.
    assert set(CHECKS) == {*KINDS, "claims"}
    assert len({checks[0] for checks in CHECKS.values()}) == 1
