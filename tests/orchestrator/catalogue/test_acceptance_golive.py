"""Whether the answer about going live says what the gate said of this very commit."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from orchestrator.catalogue.acceptance.golive import gate_passed
from orchestrator.workspace.workspace import Workspace
from tests.support.cases import ending
from tests.support.repositories import AT, Repo

NO_GO = {"verdict": "no-go", "failed": ["G09 Limits: 5 is above 4", "G12 Size: too large"]}
GO: dict[str, Any] = {"verdict": "go", "failed": []}


@pytest.fixture
def space(tmp_path: Path) -> Workspace:
    repo = Repo.at(tmp_path / "p", {"golive.toml": "[bot]\n"})
    return Workspace.create(
        repo.path, "r1", state_dir=repo.state_dir, clean=False, at=AT, environ=repo.environ
    )


async def judged(
    tmp_path: Path, space: Workspace, data: Mapping[str, Any] | None, told: str, commit: str = ""
) -> tuple[bool | None, str, tuple[str, ...]]:
    with ending(tmp_path, "is it ready?", "golive") as run:
        run.services[Workspace] = space
        if data is not None:
            here = space.record.parent or space.base
            run.call("go_live_gate", {}, "text", {**data, "commit": commit or here})
        found = await gate_passed(run.case(told))
    return found.met, found.detail, found.missing


@pytest.mark.parametrize(
    "told", ["NO-GO: G09 and G12 failed.", "It is not ready: G09, then G12.", "G12, G09: no go"]
)
async def test_a_no_go_that_names_all_that_failed_is_accepted(
    tmp_path: Path, space: Workspace, told: str
) -> None:
    met, detail, _ = await judged(tmp_path, space, NO_GO, told)
    assert met is True
    assert detail.startswith("the gate says no-go [r")


async def test_a_go_of_the_gate_is_accepted(tmp_path: Path, space: Workspace) -> None:
    assert (await judged(tmp_path, space, GO, "GO."))[0] is True


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ("It is ready; G09 and G12 are minor.", "the gate says NO-GO"),
        ("NO-GO because of G12.", "G09 Limits: 5 is above 4"),
    ],
)
async def test_an_answer_that_hides_what_the_gate_said_is_sent_back(
    tmp_path: Path, space: Workspace, told: str, said: str
) -> None:
    met, _, missing = await judged(tmp_path, space, NO_GO, told)
    assert met is False
    assert len(missing) == 1
    assert missing[0].startswith(said)


async def test_without_the_gate_or_on_another_commit_nothing_is_accepted(
    tmp_path: Path, space: Workspace
) -> None:
    met, detail, _ = await judged(tmp_path, space, None, "GO.")
    assert (met, "was not asked" in detail) == (False, True)


async def test_the_gate_of_another_commit_says_nothing(tmp_path: Path, space: Workspace) -> None:
    met, detail, _ = await judged(tmp_path, space, GO, "GO.", commit="0123abcd")
    assert (met, "asked about commit 0123abcd" in detail) == (False, True)
