"""`kill -9` at every event boundary and inside every tool; resumed, the same run comes out."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path

import pytest

from orchestrator.run.reconciling import OUTCOME_UNKNOWN
from tests.support.crashes import CrashingRun, Outcome
from trading_tools.audit.ledger import Ledger
from trading_tools.audit.verify import verify

Undisturbed = tuple[list[str], Outcome]
DOUBLE_KILLS = 12
_EVENT_SIDES = (": not yet", ": recorded")


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Undisturbed:
    run = CrashingRun(tmp_path_factory.mktemp("undisturbed") / "run")
    return run.points(), run.outcome()


def once_each(points: Sequence[str]) -> list[int]:
    """The first point of each name, counted from 1; of two sides of an event only one in turn."""
    first = sorted(points.index(name) + 1 for name in set(points))
    return [at for n, at in enumerate(first) if n % 2 or not points[at - 1].endswith(_EVENT_SIDES)]


def killed_and_resumed(folder: Path, *kills: int) -> tuple[CrashingRun, bool]:
    """A run that died at these points, then was left alone; whether it ever waited in doubt."""
    run = CrashingRun(folder)
    doubt = False
    for kill_at in (*kills, 0):
        replied = sum(event.kind == "model.replied" for event in run.events())
        asked = len(run.world.lines("requests"))
        doubt = doubt or in_doubt(run)
        lived = run.live(kill_at)
        again = len(run.world.lines("requests")) - asked
        recorded = sum(event.kind == "model.replied" for event in run.events()) - replied
        assert again - recorded in ({0} if lived else {0, 1}), "a recorded reply was asked again"
        if lived:
            break
    return run, doubt


def in_doubt(run: CrashingRun) -> bool:
    """Whether the one call that nobody can look up was begun and not finished."""
    kinds = {event.kind for event in run.events() if event.body.get("call") == "c1"}
    return "tool.intended" in kinds and "tool.finished" not in kinds


def check(run: CrashingRun, doubt: bool, undisturbed: Outcome, where: str) -> None:
    found = run.outcome()
    assert found == undisturbed, where
    asked = any(
        event.kind == "approval.requested" and OUTCOME_UNKNOWN in event.body["why"]
        for event in run.events()
    )
    assert asked == doubt, where
    with Ledger.open(run.folder / "ledger.sqlite") as ledger:
        assert verify(ledger).valid, where


def test_the_points_cover_every_event_and_both_sides_of_every_effect(
    undisturbed: Undisturbed,
) -> None:
    points, outcome = undisturbed
    names = set(points)
    assert outcome.status == "success"
    assert len(outcome.commits) == 3
    for tool in ("pay", "order", "wire"):
        assert {f"{tool}: before", f"{tool}: after"} <= names
    for kind in ("tool.intended", "tool.finished", "work.committed", "approval.decided"):
        assert {f"{kind}: not yet", f"{kind}: recorded"} <= names


def test_a_run_killed_at_each_kind_of_point_ends_as_if_it_had_not_been(
    undisturbed: Undisturbed, tmp_path: Path
) -> None:
    points, outcome = undisturbed
    for at in once_each(points):
        run, doubt = killed_and_resumed(tmp_path / str(at), at)
        check(run, doubt, outcome, f"killed at point {at}, {points[at - 1]}")


@pytest.mark.slow
def test_a_run_killed_at_any_point_ends_as_if_it_had_not_been(
    undisturbed: Undisturbed, tmp_path: Path
) -> None:
    points, outcome = undisturbed
    for at in sorted(set(range(1, len(points) + 1)) - set(once_each(points))):
        run, doubt = killed_and_resumed(tmp_path / str(at), at)
        check(run, doubt, outcome, f"killed at point {at}, {points[at - 1]}")


@pytest.mark.slow
def test_a_run_killed_again_while_it_recovers_ends_as_if_it_had_not_been(
    undisturbed: Undisturbed, tmp_path: Path
) -> None:
    points, outcome = undisturbed
    chance = random.Random(11)
    for n in range(DOUBLE_KILLS):
        kills = (chance.randint(3, len(points)), chance.randint(2, 8))
        run, doubt = killed_and_resumed(tmp_path / str(n), *kills)
        check(run, doubt, outcome, f"killed at {kills}")
