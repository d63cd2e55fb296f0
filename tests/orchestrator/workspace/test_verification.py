"""Verifying real projects with real test runs, without the seal unless the test says so."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest

from orchestrator.workspace.seal import Completed, Seal, run_sealed
from orchestrator.workspace.verification import Verification, guarded, plan_of, verify
from orchestrator.workspace.verify_plan import VerifySettings
from orchestrator.workspace.workspace import Workspace
from tests.support.repositories import AT, Repo

CODE = "def double(x):\n    return x + x\n"
TEST = "from bot.code import double\n\n\ndef test_double():\n    assert double(2) == 4\n"
RED = "from bot.code import double\n\n\ndef test_three():\n    assert double(3) == 7\n"
PROJECT = {"bot/__init__.py": "", "bot/code.py": CODE, "tests/test_code.py": TEST}


class InTheOpen:
    """Runs commands without the seal, and notes which."""

    def __init__(self) -> None:
        self.commands: list[str] = []

    async def __call__(
        self,
        command: str,
        *,
        workspace_root: Path,
        cwd: Path,
        extra_ro: Sequence[Path],
        also_at: Sequence[Path],
        timeout_s: float,
        environ: Mapping[str, str],
        variables: Mapping[str, str],
    ) -> Completed:
        self.commands.append(command.partition("\n")[2])
        return await run_sealed(
            command,
            workspace_root=workspace_root,
            cwd=cwd,
            extra_ro=extra_ro,
            also_at=also_at,
            timeout_s=timeout_s,
            environ=environ,
            # What else is installed beside us costs each run of its tests most of a second.
            variables={**variables, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
            seal=Seal("none", "a test without it"),
        )


def start(folder: Path, files: dict[str, str]) -> tuple[Repo, Workspace]:
    repo = Repo.at(folder / "p", files)
    space = Workspace.create(
        repo.path, "r1", state_dir=repo.state_dir, clean=False, at=AT, environ=repo.environ
    )
    return repo, space


async def check(
    repo: Repo,
    space: Workspace,
    settings: VerifySettings | None = None,
    *,
    run: InTheOpen | None = None,
    timeout_s: float = 60,
    fallback: Path | None = None,
) -> Verification:
    ticks = count()
    return await verify(
        space,
        settings or VerifySettings(),
        environ=repo.environ,
        run=run or InTheOpen(),
        timeout_s=timeout_s,
        clock=lambda: float(next(ticks)),
        fallback=fallback or python_script(repo.home, "PYTEST_DISABLE_PLUGIN_AUTOLOAD=1 exec", ""),
    )


def python_script(folder: Path, start: str, options: str) -> Path:
    """A Python that is this one, started in another way."""
    script = folder / "bin" / "python"
    script.parent.mkdir(parents=True, exist_ok=True)
    script.write_text(f'#!/bin/sh\n{start} "{sys.executable}" {options} "$@"\n')
    script.chmod(0o755)
    return script


async def test_a_change_that_keeps_the_tests_passes_and_the_base_runs_once(tmp_path: Path) -> None:
    repo, space = start(tmp_path, PROJECT)
    (space.root / "bot/code.py").write_text("def double(x):\n    return 2 * x\n")
    run = InTheOpen()
    found = await check(repo, space, run=run)
    assert found == Verification(
        passed=True,
        command="python -m pytest -q",
        base_failures=(),
        new_failures=(),
        fixed=(),
        needs_person=(),
        seal="none",
        output_tail=found.output_tail,
        seconds=1.0,
    )
    assert "1 passed" in found.output_tail
    assert len(run.commands) == 2
    (space.root / "bot/code.py").write_text("def double(x):\n    return 3 * x\n")
    again = await check(repo, space, run=run)
    assert len(run.commands) == 3
    assert again.passed is False
    assert again.new_failures == ("tests/test_code.py::test_double",)
    assert list((repo.state_dir / "verify").iterdir()) == []
    assert not (space.root / ".orc-verify.xml").exists()


async def test_tests_that_are_red_on_the_base_do_not_count_and_mended_ones_are_named(
    tmp_path: Path,
) -> None:
    files = {**PROJECT, "tests/test_red.py": RED, "tests/test_broken.py": "import no_such_thing\n"}
    repo, space = start(tmp_path, files)
    (space.root / "bot/new.py").write_text("n = 1\n")
    found = await check(repo, space)
    assert found.passed is True
    assert found.base_failures == ("tests/test_broken.py", "tests/test_red.py::test_three")
    (space.root / "tests/test_broken.py").write_text("def test_x():\n    assert 1 + 1 == 2\n")
    (space.root / "tests/test_red.py").write_text(RED.replace("7", "6"))
    mended = await check(repo, space)
    assert mended.passed is True
    assert mended.fixed == ("tests/test_red.py::test_three",)
    assert mended.needs_person == ()


async def test_uncommitted_work_of_the_user_is_part_of_the_base(tmp_path: Path) -> None:
    repo = Repo.at(tmp_path / "p", PROJECT)
    repo.write("tests/test_red.py", RED)
    space = Workspace.create(
        repo.path, "r1", state_dir=repo.state_dir, clean=False, at=AT, environ=repo.environ
    )
    run = InTheOpen()
    found = await check(repo, space, run=run)
    assert found.passed is True
    assert found.base_failures == ("tests/test_red.py::test_three",)
    assert len(run.commands) == 1


async def test_a_skipped_and_a_deleted_test_need_a_person(tmp_path: Path) -> None:
    mark = "@pytest.mark.parametrize('n', [1, 2])"
    extra = f"import pytest\n\n\n{mark}\ndef test_n(n):\n    assert n\n"
    repo, space = start(tmp_path, {**PROJECT, "tests/test_n.py": extra})
    (space.root / "tests/test_code.py").write_text(
        "import pytest\n" + TEST.replace("def test", "@pytest.mark.skip\ndef test")
    )
    (space.root / "tests/test_n.py").write_text(extra.replace("[1, 2]", "[1]"))
    found = await check(repo, space)
    assert found.passed is True
    assert found.needs_person == (
        "tests/test_code.py::test_double is skipped or expected to fail now",
        "tests/test_n.py::test_n[2] does not run any more",
    )


async def test_removing_all_tests_does_not_pass(tmp_path: Path) -> None:
    repo, space = start(tmp_path, PROJECT)
    shutil.rmtree(space.root / "tests")
    found = await check(repo, space)
    assert found.passed is False
    assert found.new_failures == ("`python -m pytest -q` finds no tests any more",)
    assert found.needs_person == ("tests/test_code.py was deleted, with 1 tests",)


@pytest.mark.parametrize("dirty", [False, True])
async def test_without_tests_the_change_must_bring_one_that_fails_on_the_base(
    tmp_path: Path, dirty: bool
) -> None:
    repo, space = start(tmp_path, {"bot/__init__.py": "", "bot/code.py": CODE})
    (space.root / "bot/code.py").write_text(CODE + "\n\ndef triple(x):\n    return 3 * x\n")
    none = await check(repo, space)
    assert none.passed is False
    assert "brings no tests" in none.reason
    name = "triple" if not dirty else "double"
    (space.root / "tests").mkdir()
    (space.root / "tests/test_new.py").write_text(
        f"from bot.code import {name}\n\n\ndef test_new():\n    assert {name}(0) == 0\n"
    )
    found = await check(repo, space)
    assert found.command == "python -m pytest -q tests/test_new.py"
    assert found.passed is (not dirty)
    if dirty:
        assert found.reason == (
            "the new tests pass without the change too, so they show nothing about it"
        )
    else:
        assert found.fixed == ("tests/test_new.py::test_new",)


async def test_the_projects_own_environment_is_used_and_imports_the_runs_files(
    tmp_path: Path,
) -> None:
    files = {"src/bot/__init__.py": "", "src/bot/code.py": CODE, "tests/test_code.py": TEST}
    repo, space = start(tmp_path, {**files, ".gitignore": ".venv/\n"})
    packages = repo.path / ".venv" / "lib" / "python3.11" / "site-packages"
    packages.mkdir(parents=True)
    (repo.path / ".venv/bin").mkdir()
    (repo.path / ".venv/bin/python").symlink_to(sys.executable)
    (repo.path / ".venv/pyvenv.cfg").write_text(
        f"home = {Path(sys.executable).parent}\ninclude-system-site-packages = false\n"
    )
    (packages / "editable.pth").write_text(f"{repo.path}/src\n{Path(pytest.__file__).parents[1]}\n")
    (space.root / "src/bot/code.py").write_text("def double(x):\n    return 5\n")
    found = await check(repo, space)
    assert found.new_failures == ("tests/test_code.py::test_double",)
    assert not (space.root / ".venv").exists()
    plan = plan_of(space, VerifySettings())
    assert plan.python.own
    assert guarded(space, plan, repo.home).visible[0] == repo.path / ".venv"


async def test_an_environment_without_pytest_leaves_it_unchecked(tmp_path: Path) -> None:
    repo, space = start(tmp_path, PROJECT)
    found = await check(repo, space, fallback=python_script(tmp_path, "exec", "-I -S"))
    assert found.passed is None
    assert found.reason.startswith("pytest is not installed in the Python that was found")


async def test_unittest_is_used_where_the_tests_need_no_more(tmp_path: Path) -> None:
    test = (
        "import unittest\nfrom bot.code import double\n\n\nclass T(unittest.TestCase):\n"
        "    def test_double(self):\n        self.assertEqual(double(2), 4)\n"
    )
    repo, space = start(tmp_path, {**PROJECT, "tests/test_code.py": test, "tests/__init__.py": ""})
    (space.root / "bot/code.py").write_text("def double(x):\n    return 5\n")
    found = await check(repo, space)
    assert found.command == "python -m unittest discover -s tests -t ."
    assert found.new_failures == ("`python -m unittest discover -s tests -t .` exits with 1",)


async def test_a_command_that_only_has_an_exit_code_is_compared_by_it(tmp_path: Path) -> None:
    repo, space = start(tmp_path, {"limit": "5\n", "Makefile": "test:\n\tgrep -q 5 limit\n"})
    (space.root / "x").write_text("x")
    assert (await check(repo, space)).passed is True
    (space.root / "limit").write_text("6\n")
    found = await check(repo, space)
    assert found.passed is False
    assert found.command == "make test"
    assert found.new_failures == ("`make test` exits with 2",)


async def test_a_command_that_fails_on_the_base_without_saying_where_is_unchecked(
    tmp_path: Path,
) -> None:
    repo, space = start(tmp_path, {"a": "a"})
    (space.root / "a").write_text("b")
    found = await check(repo, space, VerifySettings(verify="false"))
    assert found.passed is None
    assert "fails on the base already" in found.reason
    assert found.base_failures == ("`false` exits with 1",)


async def test_the_commands_own_files_are_those_of_the_base(tmp_path: Path) -> None:
    repo, space = start(tmp_path, {"check.sh": "grep -q 5 limit\n", "limit": "5\n"})
    (space.root / "limit").write_text("6\n")
    (space.root / "check.sh").write_text("true\n")
    settings = VerifySettings(verify="bash ./check.sh")
    found = await check(repo, space, settings)
    assert found.passed is False
    assert found.needs_person == ("check.sh was changed: it belongs to the verify command",)
    assert plan_of(space, settings).files == ("check.sh",)
    assert guarded(space, plan_of(space, settings), repo.home).may_write("check.sh", "dev")


async def test_a_configured_pytest_command_is_judged_test_by_test(tmp_path: Path) -> None:
    files = {**PROJECT, "tests/test_red.py": RED, "run.sh": "set -e; python -m pytest -q\n"}
    repo, space = start(tmp_path, files)
    (space.root / "tests/test_more.py").write_text("def test_more():\n    assert not 1\n")
    found = await check(repo, space, VerifySettings(verify="sh run.sh"))
    assert found.passed is False
    assert found.base_failures == ("tests/test_red.py::test_three",)
    assert found.new_failures == ("tests/test_more.py::test_more",)


async def test_setup_runs_first_and_its_failure_is_said(tmp_path: Path) -> None:
    repo, space = start(tmp_path, {"a": "a"})
    (space.root / "a").write_text("b")
    works = VerifySettings(verify="test -f made", setup="touch made")
    assert (await check(repo, space, works)).passed is True
    fails = await check(repo, space, replace(works, setup="exit 3"))
    assert fails.passed is None
    assert fails.reason == "setup `exit 3` exits with 3"


async def test_a_command_that_does_not_end_is_a_failure_of_the_change_alone(tmp_path: Path) -> None:
    repo, space = start(tmp_path, {"wait": "0\n"})
    settings = VerifySettings(verify="sleep $(cat wait)")
    (space.root / "wait").write_text("60\n")
    found = await check(repo, space, settings, timeout_s=2)
    assert found.passed is False
    assert found.new_failures == ("`sleep $(cat wait)` did not end within 2 s",)


async def test_a_python_that_is_not_there_is_said(tmp_path: Path) -> None:
    repo, space = start(tmp_path, PROJECT)
    found = await check(repo, space, VerifySettings(python="env/bin/python"))
    assert found.passed is None
    assert "env/bin/python" in found.reason


async def test_part_of_a_repository_is_verified_in_its_place(tmp_path: Path) -> None:
    files = {f"bots/{name}": text for name, text in PROJECT.items()} | {"shared.txt": "4"}
    reads = TEST.replace("== 4", "== int(open('../shared.txt').read())")
    repo = Repo.at(tmp_path / "p", {**files, "bots/tests/test_code.py": reads})
    project = repo.path / "bots"
    space = Workspace.create(
        project, "r1", state_dir=project / ".orchestrator", clean=False, at=AT,
        environ=repo.environ,
    )  # fmt: skip
    (space.root / "bot/code.py").write_text("def double(x):\n    return 5\n")
    found = await check(repo, space)
    assert found.new_failures == ("tests/test_code.py::test_double",)


@pytest.mark.bubblewrap
@pytest.mark.skipif(shutil.which("bwrap") is None, reason="bubblewrap is not installed")
async def test_in_the_seal_an_editable_environment_imports_the_runs_files(tmp_path: Path) -> None:
    repo, space = start(tmp_path, {**PROJECT, ".gitignore": ".venv/\n"})
    packages = repo.path / ".venv" / "lib" / "python3.11" / "site-packages"
    packages.mkdir(parents=True)
    (repo.path / ".venv/bin").mkdir()
    (repo.path / ".venv/bin/python").symlink_to(sys.executable)
    (repo.path / ".venv/pyvenv.cfg").write_text(f"home = {Path(sys.executable).parent}\n")
    (packages / "editable.pth").write_text(f"{repo.path}\n{Path(pytest.__file__).parents[1]}\n")
    (space.root / "bot/code.py").write_text("def double(x):\n    return 5\n")
    found = await verify(space, VerifySettings(), environ=repo.environ, timeout_s=60)
    assert found.seal == "bubblewrap"
    assert found.new_failures == ("tests/test_code.py::test_double",), found.output_tail


async def test_a_command_that_stops_at_a_failure_of_the_base_needs_a_person(tmp_path: Path) -> None:
    repo, space = start(tmp_path, {**PROJECT, "tests/test_a.py": RED})
    (space.root / "bot/code.py").write_text("def double(x):\n    return 5\n")
    settings = VerifySettings(verify="python -m pytest -x")
    found = await check(repo, space, settings)
    assert found.needs_person == ("the verify command stops at a failure, and the base has some",)
    project = {**PROJECT, "tests/test_a.py": RED, "pytest.ini": "[pytest]\naddopts = -x\n"}
    repo, space = start(tmp_path / "ini", project)
    (space.root / "bot/code.py").write_text("def double(x):\n    return 5\n")
    found = await check(repo, space)
    assert found.new_failures == ("tests/test_code.py::test_double",)
