"""What pre-commit and the GitHub Action run, as they run it."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import yaml

from tests.support.command import endpoint, hand_off
from tests.support.command_line import ORC
from tests.support.repositories import Repo

ROOT = Path(__file__).resolve().parents[3]
BAD = "import ccxt\nx = ccxt.okx()\nx.create_order('A', 'limit', 'buy', 1, 2)\n"


def act(repo: Repo, **given: str) -> subprocess.CompletedProcess[str]:
    """What the action runs, told by variables alone."""
    return subprocess.run(
        ["bash", str(ROOT / "tools/trading_tools/review/action.sh")],
        cwd=repo.path,
        env={**repo.environ, "PATH": f"{ORC.parent}:{os.environ['PATH']}", **given},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_action_annotates_reports_and_writes_sarif(tmp_path: Path) -> None:
    repo = Repo.at(tmp_path / "p", {"sound.py": "x = 1\n"})
    repo.write("bot.py", BAD)
    summary, sarif = tmp_path / "summary.md", tmp_path / "out.sarif"
    done = act(
        repo,
        BASE="HEAD",
        PATHS="bot.py sound.py",
        FAIL_ON="error",
        GITHUB_STEP_SUMMARY=str(summary),
        SARIF=str(sarif),
    )
    assert done.returncode == 1, done.stderr
    assert done.stdout.startswith("::error file=bot.py,line=3,")
    assert "| `bot.py:3` | T11 error |" in summary.read_text("utf-8")
    (run,) = json.loads(sarif.read_text("utf-8"))["runs"]
    assert [each["ruleId"] for each in run["results"]] == ["T11"]


def test_the_action_asks_specialists_once_for_all_it_writes(tmp_path: Path) -> None:
    repo = Repo.at(tmp_path / "p", {"bot.py": BAD})
    summary = tmp_path / "summary.md"
    claim = {
        "path": "bot.py", "line": 3, "quotation": "'limit', 'buy', 1, 2", "severity": "warning",
        "topic": "risk controls", "message": "The size is fixed.", "why": "It fits no account.",
        "fix": "Size it.",
    }  # fmt: skip
    answer = hand_off(result="reviewed", context_forward={"findings": [claim]})
    with endpoint([answer]) as api:
        done = act(
            repo,
            AGENTS="risk-engine-architect",
            MAX_USD="1",
            GITHUB_STEP_SUMMARY=str(summary),
            ANTHROPIC_BASE_URL=api.url,
        )
    assert done.returncode == 1, done.stderr
    assert ",title=agents-risk%3A The size is fixed::It fits no account. Do: " in done.stdout
    assert "| risk-engine-architect | success | 1 | 1 |" in summary.read_text("utf-8")


def test_a_base_that_is_nowhere_ends_the_action_with_2(tmp_path: Path) -> None:
    repo = Repo.at(tmp_path / "p", {"bot.py": BAD})
    done = act(repo, BASE="0" * 40)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.endswith("is no commit here, nor of origin; check out with fetch-depth: 0\n")


def test_the_action_says_that_specialists_need_a_key(tmp_path: Path) -> None:
    repo = Repo.at(tmp_path / "p", {"bot.py": BAD})
    done = act(repo, AGENTS="true")
    assert (done.returncode, done.stdout) == (2, "")
    assert "no model can be reached; set ANTHROPIC_API_KEY" in done.stderr


def test_the_action_hands_its_inputs_on_as_variables_alone() -> None:
    action = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))
    *_, step = action["runs"]["steps"]
    assert "${{" not in step["run"]
    handed = {
        value.removeprefix("${{ inputs.").removesuffix(" }}") for value in step["env"].values()
    }
    assert handed == set(action["inputs"])


def test_the_hook_reviews_what_is_staged(tmp_path: Path) -> None:
    (hook,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text("utf-8"))
    repo = Repo.at(tmp_path / "p", {"sound.py": "x = 1\n"})
    repo.write("bot.py", BAD)
    repo.git("add", "bot.py")
    command, *arguments = hook["entry"].split()
    assert command == "orc"
    done = subprocess.run(
        [str(ORC), *arguments],
        cwd=repo.path,
        env=repo.environ,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stdout.startswith("bot.py:3:1: T11 ")
