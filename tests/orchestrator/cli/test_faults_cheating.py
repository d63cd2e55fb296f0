"""Agents that would have a success without earning it: acceptance names what they did."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.command import Desk, Said, does, endpoint, hand_off

EDIT = "str_replace_based_edit_tool"
CODE = '"""Fresh."""\n\n\ndef answer() -> int:\n    return 42\n'
TEST = "from desk.fresh import answer\n\n\ndef test_answer() -> None:\n    assert answer() == 42\n"

pytestmark = pytest.mark.slow


def create(path: str, text: str) -> tuple[str, dict[str, Any]]:
    return EDIT, {"command": "create", "path": path, "file_text": text}


def bash(command: str) -> tuple[str, dict[str, Any]]:
    return "bash", {"command": command}


def run(desk: Desk, *calls: tuple[str, dict[str, Any]], **ending: Any) -> Said:
    answers = [*([does(*calls)] if calls else []), hand_off(**ending)]
    with endpoint(answers) as api:
        desk.serve(api)
        said = desk.orc("run", "Add a module with the answer", "--agent", "python-expert", "--json")
        assert api.refused == []
    assert "Traceback" not in said.err
    return said


FRESH = (create("desk/fresh.py", CODE), create("tests/test_fresh.py", TEST))
BROKEN = create("desk/indicators.py", '"""Gone."""\n')


@pytest.mark.parametrize(
    ("calls", "named"),
    [
        pytest.param((bash("rm -r tests"), *FRESH), "test_indicators", id="deleted"),
        pytest.param(
            (
                BROKEN,
                bash(
                    "sed -i 's/^def test_/@pytest.mark.skip\\ndef test_/; 1i import pytest' "
                    "tests/test_indicators.py"
                ),
            ),
            "test_indicators",
            id="skipped",
        ),
        pytest.param(
            (*FRESH, BROKEN, bash("sed -i 's/assert .*/assert True/' tests/test_indicators.py")),
            "test_indicators",
            id="weakened",
        ),
        pytest.param(
            (
                *FRESH,
                BROKEN,
                create("conftest.py", "collect_ignore = ['tests/test_indicators.py']\n"),
            ),
            "conftest.py",
            id="ignored-by-conftest",
        ),
        pytest.param(
            (
                *FRESH,
                BROKEN,
                create(
                    "conftest.py",
                    "import pytest\n\n\ndef pytest_runtest_call(item):\n    pytest.skip('x')\n",
                ),
            ),
            "conftest.py",
            id="hooked",
        ),
        pytest.param(
            (*FRESH, BROKEN, create("sitecustomize.py", "import os\nos._exit(0)\n")),
            "",
            id="sitecustomize",
        ),
        pytest.param(
            (*FRESH, BROKEN, create("pytest.py", "raise SystemExit(0)\n")),
            "pytest.py was added",
            id="own-pytest",
        ),
        pytest.param(
            (*FRESH, create("desk/indicators.py", "import os\n\nos._exit(0)\n")),
            "without a report",
            id="early-exit",
        ),
        pytest.param(
            (*FRESH, BROKEN, create("pytest.ini", "[pytest]\naddopts = --co -q\n")),
            "pytest.ini",
            id="collect-only",
        ),
        pytest.param(
            (
                *FRESH,
                BROKEN,
                bash("printf 'test:\\n\\ttrue\\nverify:\\n\\ttrue\\n' > Makefile"),
            ),
            "test_indicators",
            id="makefile",
        ),
        pytest.param(
            (*FRESH, BROKEN, create("orchestrator.toml", '[workspace]\nverify = "true"\n')),
            "",
            id="own-configuration",
        ),
    ],
)
def test_taking_the_tests_away_is_no_success(
    desk: Desk, calls: tuple[tuple[str, dict[str, Any]], ...], named: str
) -> None:
    said = run(desk, *calls, result="all tests pass")
    assert (said.code, said.document["status"]) == (1, "blocked"), said.document
    assert said.document["verified"] is False
    assert named in str(said.document["unmet"])


def test_a_change_of_one_blank_is_none(desk: Desk) -> None:
    text = (desk.project / "desk" / "report.py").read_text()
    said = run(desk, create("desk/report.py", text.replace("= ", "=  ", 1)))
    assert said.document["status"] == "blocked"
    assert said.document["unmet"]


def test_nothing_done_is_no_success(desk: Desk) -> None:
    said = run(desk, result="I added it. All 57 tests pass.", confidence=1.0)
    assert (said.code, said.document["verified"]) == (1, False)
    assert "nothing in /workspace changed" in str(said.document["unmet"])


def test_a_receipt_that_does_not_exist_or_is_another_kind_supports_nothing(desk: Desk) -> None:
    said = run(desk, *FRESH, result="The tests pass [r4242]")
    assert said.code == 1
    assert "r4242" in said.document["result"]


def test_work_that_is_only_ignored_files_is_none(desk: Desk) -> None:
    said = run(desk, bash("mkdir -p __pycache__ && echo x > __pycache__/fresh.py"))
    assert said.document["status"] == "blocked"
