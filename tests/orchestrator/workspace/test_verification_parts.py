"""The pure parts of verification: reports, judgements, plans, and tests that lost something."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from orchestrator.workspace.git import Git
from orchestrator.workspace.tree_files import TreeFiles
from orchestrator.workspace.verify_judge import judge, proves
from orchestrator.workspace.verify_outcomes import Outcome, lost, read_report
from orchestrator.workspace.verify_plan import Plan, Python, VerifySettings, make_plan
from orchestrator.workspace.verify_run import Attempt
from orchestrator.workspace.verify_tests import weakened
from tests.support.repositories import Repo

PYTHON = Python(Path(sys.executable), own=False)


def tree(folder: Path, name: str, files: dict[str, str]) -> TreeFiles:
    repo = Repo.at(folder / name, files)
    git = Git(git_dir=repo.path / ".git", environ=repo.environ)
    return TreeFiles.of(git, "HEAD")


def attempt(
    exit_code: int, outcomes: Mapping[str, Outcome] | None = None, problem: str = ""
) -> Attempt:
    return Attempt(exit_code, outcomes, "", "none", problem)


REPORT = """<?xml version="1.0"?><testsuites><testsuite>
<testcase classname="tests.test_a" file="tests/test_a.py" name="test_ok"/>
<testcase classname="tests.test_a.TestX" file="tests/test_a.py" name="test_m[0x7f00aa11]">
<failure>x</failure></testcase>
<testcase classname="tests.test_a" file="tests/test_a.py" name="test_skip"><skipped/></testcase>
<testcase classname="tests.test_a" file="tests/test_a.py" name="test_twice"/>
<testcase classname="tests.test_a" file="tests/test_a.py" name="test_twice"><error/></testcase>
<testcase classname="" file="tests/test_b.py" name="tests.test_b"><error/></testcase>
<testcase classname="suite.T" name="test_old"/>
</testsuite></testsuites>"""


def test_a_report_gives_each_tests_outcome_by_pytests_name(tmp_path: Path) -> None:
    (tmp_path / "r.xml").write_text(REPORT)
    assert read_report(tmp_path / "r.xml") == {
        "tests/test_a.py::test_ok": "passed",
        "tests/test_a.py::TestX::test_m[0x]": "failed",
        "tests/test_a.py::test_skip": "skipped",
        "tests/test_a.py::test_twice": "failed",
        "tests/test_b.py": "failed",
        "suite.T::test_old": "passed",
    }


@pytest.mark.parametrize("content", ["", "<a>", '<!DOCTYPE x [<!ENTITY a "b">]><a>&a;</a>'])
def test_a_report_that_is_none_is_not_believed(tmp_path: Path, content: str) -> None:
    (tmp_path / "r.xml").write_text(content)
    assert read_report(tmp_path / "r.xml") is None


def test_a_report_that_is_a_link_or_a_pipe_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "real.xml").write_text(REPORT)
    (tmp_path / "link.xml").symlink_to("real.xml")
    os.mkfifo(tmp_path / "pipe.xml")
    for name in ("link.xml", "pipe.xml", "absent.xml", "."):
        assert read_report(tmp_path / name) is None


def test_tests_that_stopped_running_are_lost_unless_their_file_is_broken() -> None:
    base: dict[str, Outcome] = {
        "a.py::x": "passed", "a.py::y": "failed", "a.py::z": "skipped", "b.py::x": "passed",
        "c.py": "failed", "d.py::x": "passed",
    }  # fmt: skip
    head: dict[str, Outcome] = {"a.py::y": "skipped", "b.py": "failed", "d.py::x": "failed"}
    assert lost(base, head) == ("a.py::x does not run any more", "a.py::y is skipped now")


OK: dict[str, Outcome] = {"t.py::a": "passed", "t.py::b": "passed"}
ONE: dict[str, Outcome] = {"t.py::a": "passed", "t.py::b": "failed"}


@pytest.mark.parametrize(
    ("base", "head", "passed", "new"),
    [
        (attempt(0, OK), attempt(0, OK), True, ()),
        (attempt(0, OK), attempt(1, ONE), False, ("t.py::b",)),
        (attempt(1, ONE), attempt(1, ONE), True, ()),
        (attempt(1, ONE), attempt(0, OK), True, ()),
        # The command fails for another reason than its tests.
        (attempt(0, OK), attempt(1, OK), False, ("`v` exits with 1",)),
        (attempt(1, ONE), attempt(2, ONE), False, ("`v` exits with 2",)),
        (attempt(2, OK), attempt(2, OK), None, ()),
        (attempt(1, ONE), attempt(1, OK), False, ("`v` exits with 1",)),
        # Without reports only the exit code speaks.
        (attempt(0), attempt(0), True, ()),
        (attempt(0), attempt(1), False, ("`v` exits with 1",)),
        (attempt(1), attempt(0), True, ()),
        (attempt(1), attempt(1), None, ()),
        (attempt(0, OK), attempt(139), False, ("`v` exits with 139",)),
        # What could not be run to its end.
        (attempt(0, OK), attempt(124, None, "too long"), False, ("too long",)),
        (attempt(124, None, "too long"), attempt(124, None, "too long"), None, ()),
        (attempt(124, None, "too long"), attempt(0, OK), True, ()),
        (attempt(124, None, "too long"), attempt(1, ONE), False, ("t.py::b",)),
        (attempt(0, OK), attempt(5, {}), False, ("`v` finds no tests any more",)),
    ],
)
def test_only_new_failures_count_and_what_cannot_be_told_is_not_passed(
    base: Attempt, head: Attempt, passed: bool | None, new: tuple[str, ...]
) -> None:
    found = judge("v", base, head)
    assert (found.passed, found.new_failures) == (passed, new)
    assert found.passed is not None or found.reason


@pytest.mark.parametrize(
    ("red", "green", "passed"),
    [
        (attempt(1, {"t.py::a": "failed"}), attempt(0, {"t.py::a": "passed"}), True),
        (attempt(2, {"t.py": "failed"}), attempt(0, {"t.py::a": "passed"}), True),
        (attempt(0, {"t.py::a": "passed"}), attempt(0, {"t.py::a": "passed"}), False),
        (attempt(1, {"u.py::b": "failed"}), attempt(0, {"t.py::a": "passed"}), False),
        (attempt(1, {"t.py::a": "failed"}), attempt(0, {"t.py::a": "skipped"}), False),
        (attempt(1, {"t.py::a": "failed"}), attempt(1, {"t.py::a": "failed"}), False),
        (attempt(1), attempt(0), True),
        (attempt(0), attempt(0), False),
        (attempt(1), attempt(0, None, "cannot be run"), None),
    ],
)
def test_new_tests_prove_a_change_only_if_they_fail_without_it(
    red: Attempt, green: Attempt, passed: bool | None
) -> None:
    assert proves("v", red, green).passed is passed


TESTS = {"test_a.py": "def test_a():\n    assert 1 + 1\n"}
UNITTEST = {"tests/test_a.py": "import unittest\n", "Makefile": "test:\n\ttrue\n"}


@pytest.mark.parametrize(
    ("files", "settings", "source", "shown", "own"),
    [
        (TESTS, VerifySettings(), "detected", "python -m pytest -q", ()),
        (UNITTEST, VerifySettings(), "detected", "python -m pytest -q", ()),
        (
            {"Makefile": "a:\n\ntest: a\n\ttrue\n"},
            VerifySettings(), "detected", "make test", ("Makefile",),
        ),
        ({"Makefile": "test := 1\n"}, VerifySettings(), "none", "", ()),
        ({"a.py": ""}, VerifySettings(), "none", "", ()),
        (
            {**TESTS, "Makefile": "", "s/v.sh": ""},
            VerifySettings(verify="make lint && ./s/v.sh test_a.py"),
            "configured", "make lint && ./s/v.sh test_a.py", ("s/v.sh", "Makefile"),
        ),
    ],
)  # fmt: skip
def test_the_plan_is_the_projects_own_word_or_what_its_files_suggest(
    tmp_path: Path,
    files: dict[str, str],
    settings: VerifySettings,
    source: str,
    shown: str,
    own: tuple[str, ...],
) -> None:
    plan = make_plan(tree(tmp_path, "p", files), settings, PYTHON)
    assert (plan.source, plan.shown, plan.files) == (source, shown, own)


def test_a_python_never_shows_commands_the_whole_home(tmp_path: Path) -> None:
    python = Python(tmp_path / "bin" / "python", own=True)
    assert python.mounts(Path("/elsewhere")) == (tmp_path,)
    assert python.mounts(tmp_path) == ()
    assert python.mounts(tmp_path / "me") == ()


BASE = """\
import pytest


def helper():
    assert True


def test_one():
    assert helper() == 1
    assert helper() != 2


class TestGroup:
    def test_two(self):
        with pytest.raises(ValueError):
            helper()

    def test_three(self, mocker):
        mocker.assert_called_once()
"""
PLAN = Plan("detected", "pytest", "", "", None, PYTHON, ("check.sh",))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("    assert helper() != 2\n", "", "t/test_x.py::test_one checks less: 1 checks, 2"),
        ("assert helper() != 2", "assert True", "t/test_x.py::test_one checks less: 1"),
        ("def test_one", "@pytest.mark.xfail\ndef test_one", "t/test_x.py::test_one is skipped or"),
        ("class Test", "@pytest.mark.skip\nclass Test", "t/test_x.py::TestGroup::test_two is sk"),
        ("def helper", "pytestmark = pytest.mark.skip\ndef helper", "t/test_x.py is skipped or"),
        ("            helper()", "            pytest.skip()", "t/test_x.py::TestGroup::test"),
        ("def test_one", "def tset_one", "t/test_x.py::test_one was removed"),
        ("import pytest", "import pytest(", "t/test_x.py is not Python any more"),
        ("mocker.assert_called_once()", "pass", "t/test_x.py::TestGroup::test_three checks"),
    ],
)  # fmt: skip
def test_what_was_taken_from_a_test_is_named(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert old in BASE
    base = tree(tmp_path, "base", {"t/test_x.py": BASE})
    head = tree(tmp_path, "head", {"t/test_x.py": BASE.replace(old, new, 1)})
    assert weakened(base, head, PLAN)[0].startswith(said)


def test_more_tests_checks_and_moved_tests_need_nobody(tmp_path: Path) -> None:
    base = tree(tmp_path, "base", {"test_x.py": BASE, "test_y.py": "def test_y():\n    assert 1\n"})
    more = BASE.replace("!= 2\n", "!= 2\n    assert helper()\n") + "\n\ndef test_new():\n    pass\n"
    head = tree(
        tmp_path, "head", {"tests/test_x.py": more, "test_y.py": "def test_y():\n    f()\n"}
    )
    assert weakened(base, head, PLAN) == ()


def test_what_steers_the_tests_is_named_when_it_changed(tmp_path: Path) -> None:
    files = {
        "check.sh": "a",
        "conftest.py": "a = 1\n",
        "pyproject.toml": "[project]\nname = 'a'\n[tool.pytest.ini_options]\naddopts = '-q'\n",
        "setup.cfg": "[tool:pytest]\naddopts = -q\n[x]\ny = 1\n",
        "tox.ini": "[tox]\n",
    }
    base = tree(tmp_path, "base", files)
    changed = {
        "check.sh": "b",
        "tests/conftest.py": "a = 1\n",
        "pyproject.toml": files["pyproject.toml"].replace("-q", "-x"),
        "setup.cfg": files["setup.cfg"].replace("y = 1", "y = 2"),
        "tox.ini": "[tox]\n[pytest]\naddopts = -x\n",
        "sitecustomize.py": "",
    }
    assert weakened(base, tree(tmp_path, "head", changed), PLAN) == (
        "check.sh was changed: it belongs to the verify command",
        "conftest.py was deleted: it steers how tests run",
        "sitecustomize.py was added: it steers how tests run",
        "tests/conftest.py was added: it steers how tests run",
        "pyproject.toml was changed in what it says to pytest",
        "tox.ini was changed in what it says to pytest",
    )
