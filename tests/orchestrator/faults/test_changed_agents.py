"""What changes on disk between a crash and `resume` has no say in the run that goes on."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.command import Desk, does, endpoint, hand_off

AGENT = """---
name: night-watch
description: Watches at night.
tools: {tools}
---
Watch the {what}.
"""


@pytest.mark.parametrize("change", ["rewritten", "removed"])
def test_a_run_goes_on_under_the_agent_it_was_opened_with(
    desk: Desk, tmp_path: Path, change: str
) -> None:
    file = tmp_path / "user" / "agents" / "night-watch.md"
    file.parent.mkdir(parents=True)
    file.write_text(AGENT.format(tools="Read, Bash", what="gate"))
    asks = does(("ask_user", {"question": "Which gate?"}))
    with endpoint([asks, hand_off(result="fine")]) as api:
        desk.serve(api)
        waits = desk.orc("run", "Is it fine?", "--agent", "night-watch", "--json")
        assert waits.document["status"] == "waiting", waits
        if change == "removed":
            file.unlink()
        else:
            file.write_text(AGENT.format(tools="Read", what="river"))
        said = desk.orc("answer", "last", "the east one", "--json")
        assert (said.code, said.document["result"]) == (0, "fine"), said
        before, after = (request.body for request in api.requests)
    assert "Watch the gate." in str(before["system"])
    assert after["system"] == before["system"]
    assert after["tools"] == before["tools"]
