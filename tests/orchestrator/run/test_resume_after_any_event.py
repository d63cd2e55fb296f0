"""A run that is cut after any of its events and taken up again ends as the whole one did."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from orchestrator.models.port import Reply
from orchestrator.run import events as ev
from orchestrator.run.setting import Case, Finding
from tests.support.engines import Make, hand, reply, use

BAD = {"type": "text", "text": "no envelope at all"}


async def never(case: Case) -> Finding:
    del case
    return Finding("never", False, "it is not there")


SCRIPTS: dict[str, tuple[Sequence[Reply], dict[str, Any]]] = {
    "an answer": ((reply(use("look", what="a")), hand()), {}),
    "a helper who comes back": (
        (hand("needs_help", "beta"), hand(), hand()),
        {},
    ),
    "a blocked end": ((hand("blocked", result="cannot be"),), {}),
    "three bad envelopes": ((reply(BAD), reply(BAD), reply(BAD)), {}),
    "an end that is never accepted": ((hand(), hand(), hand()), {"checks": (never,)}),
}


@pytest.mark.parametrize("name", SCRIPTS)
async def test_it_ends_as_the_whole_run_did(trial: Make, name: str) -> None:
    steps, given = SCRIPTS[name]
    whole = trial(*steps, **given)
    ended = (await whole.drive()).closed
    events = whole.ledger.read("trial")
    assert ended is not None
    for cut in range(3, len(events)):  # a trial writes the first three itself
        said = sum(event.kind == "model.replied" for event in events[:cut])
        again = trial(*steps[said:], **given)
        for event in events[3:cut]:
            again.journal.append(ev.from_body(event.kind, event.body))
        again.journal.append(ev.RunTaken(2, 2, "here"))
        state = await again.drive()
        assert state.closed == ended, f"cut after {events[cut - 1].kind}"
        again.model.assert_complete()
        again.close()
