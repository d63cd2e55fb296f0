"""A process that lost its run to another one makes no further act."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.crashes import CrashingRun
from trading_tools.audit.errors import StreamConflict

# Between these and the next event lies an act that no event of its own announces, or a person.
POINTS = ("tool.finished: recorded", "model.replied: recorded", "approval.decided: recorded")


@pytest.fixture(scope="module")
def points(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    return CrashingRun(tmp_path_factory.mktemp("points") / "run").points()


@pytest.mark.parametrize("name", POINTS)
def test_what_is_taken_between_two_acts_is_left_as_it_is(
    points: list[str], name: str, tmp_path: Path
) -> None:
    places = [n for n, passed in enumerate(points, start=1) if passed == name]
    for at in (places[0], places[-1]):
        run = CrashingRun(tmp_path / str(at))
        # The loop runs in a process of its own in the other tests; here its error is looked at.
        with pytest.raises(StreamConflict):
            run.lose(at)
        assert run.world.lines("usurped") == [str(run.outcome())], f"{name} at {at}"
        assert run.events()[-1].body["host"] == "elsewhere"


def test_a_lost_run_makes_no_commit(points: list[str], tmp_path: Path) -> None:
    committing = points.index("work.committed: not yet")  # the point before it, counted from 1
    assert points[committing - 1] == "tool.finished: recorded"
    run = CrashingRun(tmp_path / "run")
    with pytest.raises(StreamConflict, match="took it over"):
        run.lose(committing)
    assert run.outcome().commits == ()
