"""The tool that attacks a component of the workspace, and the request that needs no model."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from orchestrator.catalogue.components import TOOLS
from orchestrator.catalogue.tools import default_verdicts
from orchestrator.playbooks.matching import match
from orchestrator.toolbox.tool import Effect, ToolContext, ToolError
from orchestrator.workspace.paths import WorkspaceRoot
from tests.support.playbooks import library

(CHECK_COMPONENT,) = TOOLS
LIMITER = """
import time

class Limiter:
    def __init__(self, rate=10):
        self.pause_s, self.last = 1 / rate, 0.0

    def wait(self):
        time.sleep(max(0, self.last + self.pause_s - {clock}()))
        self.last = {clock}()
"""
PLAYBOOKS = library().playbooks


class Root:
    """A workspace with nothing protected."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.visible: Sequence[Path] = ()

    def refuse_write(self, path: Path, agent: str, before: str | None, after: str) -> str | None:
        del path, agent, before, after
        return None

    def read_only_paths(self, agent: str) -> Sequence[Path]:
        del agent
        return ()


def context(folder: Path) -> ToolContext:
    return ToolContext(run="r", agent="a", key="k", services={WorkspaceRoot: Root(folder)})


async def test_it_answers_with_the_verdict_and_a_report_that_is_the_same_each_time(
    tmp_path: Path,
) -> None:
    (tmp_path / "limits.py").write_text(LIMITER.format(clock="time.time"))
    given = {"kind": "limiter", "target": "limits.py", "histories": 15}

    first, second = [await CHECK_COMPONENT.call(context(tmp_path), given) for _ in range(2)]

    assert first.text == second.text
    assert first.data["verdict"] == "broken"
    assert first.data["target"] == "limits.py:Limiter"
    assert any("no step of the wall clock" in each for each in first.data["broken"])
    assert "the wall clock is set" in first.data["report"]
    assert str(tmp_path) not in first.text


async def test_what_it_cannot_check_says_what_to_give(tmp_path: Path) -> None:
    (tmp_path / "limits.py").write_text("class A: pass\n\n\nclass B: pass\n")

    with pytest.raises(ToolError, match=r"does not say what to check; .*; it has A, B"):
        await CHECK_COMPONENT.call(context(tmp_path), {"kind": "limiter", "target": "limits.py"})


def test_it_runs_code_of_agents_so_it_is_free_only_in_a_seal() -> None:
    assert CHECK_COMPONENT.effect is Effect.READ
    assert default_verdicts(sealed=True)["check_component"] == "allow"
    assert default_verdicts(sealed=False)["check_component"] == "ask"


@pytest.mark.parametrize(
    ("request_text", "kind", "target"),
    [
        ("Check the limiter in src/limits.py", "limiter", "src/limits.py"),
        ("Check the limiter lim.py:Bucket", "limiter", "lim.py:Bucket"),
        ("check the rate limiter in desk/limits.py:Bucket.", "limiter", "desk/limits.py:Bucket"),
        ("Find a counterexample to the kelly function in desk/k.py?", "kelly", "desk/k.py"),
        ('Check the order guard in "my desk/guard.py"', "order-guard", "my desk/guard.py"),
    ],
)  # fmt: skip
def test_a_request_to_check_a_component_needs_no_model(
    request_text: str, kind: str, target: str
) -> None:
    found = match(request_text, PLAYBOOKS)

    assert found is not None
    assert found.playbook.name == "check-component"
    given = {name: reading.text for name, reading in found.given.items()}
    assert (given["kind"], given["target"]) == (kind, target)


@pytest.mark.parametrize(
    "request_text",
    [
        "Check the limiter in src/limits.py and fix it",
        "Check the candles in src/limits.py",
        "Check the limiter lim.py and fix it",
        "Check the limiter implementation",
    ],
)
def test_a_request_for_more_goes_to_an_agent(request_text: str) -> None:
    assert match(request_text, PLAYBOOKS) is None
