"""`orc resume --take-over`: the old process ends, the new one goes on, nothing is done twice."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from orchestrator.run import events as ev
from orchestrator.run.ownership import Owned, Owner, lock_file, owning
from orchestrator.run.takeover import end_owner, settles_in_s
from tests.support.command import Desk, endpoint, hand_off
from tests.support.engines import TOOLS, Trial, hand, reply, use
from tests.support.messages_answers import Answer, Ending, say

ORC = Path(sys.executable).parent / "orc"


@contextmanager
def stuck(desk: Desk) -> Iterator[subprocess.Popen[str]]:
    """A live run whose model never comes back."""
    slow = Answer(message=say("I think …"), ending=Ending.HANG, after_events=4)
    with endpoint([slow]) as api:
        desk.serve(api)
        with subprocess.Popen(
            [str(ORC), "run", "Is it fine?", "--json"],
            cwd=desk.project,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        ) as process:
            try:
                assert api.hanging.wait(60)
                yield process
            finally:
                process.kill()


@pytest.mark.slow
@pytest.mark.parametrize("frozen", [False, True])
def test_a_stuck_run_is_taken_over(desk: Desk, frozen: bool) -> None:
    with stuck(desk) as old:
        if frozen:
            old.send_signal(signal.SIGSTOP)
        refused = desk.orc("resume", "last", "--json")
        assert (refused.code, str(old.pid) in refused.err) == (2, True)
        assert "since" in refused.document["error"]["what"]
        assert "--take-over" in refused.document["error"]["fix"]
        with endpoint([hand_off(result="fine")]) as api:
            desk.serve(api)
            said = desk.orc("resume", "last", "--take-over", "--json")
            assert len(api.requests) == 1
        old.send_signal(signal.SIGCONT)
        out, _ = old.communicate(timeout=60)
    assert (said.code, said.document["result"]) == (0, "fine"), said
    assert f"ended process {old.pid} " in said.err
    assert "waiting" not in said.err
    assert old.returncode == (-signal.SIGKILL if frozen else 1)
    assert frozen or json.loads(out)["run"] == said.document["run"]
    events = desk.orc("show", "last", "--events", "--json").document["events"]
    assert sum(event["kind"] == "run.taken" for event in events) == 2
    assert sum(event["kind"] == "run.closed" for event in events) == 1
    assert desk.orc("audit", "verify", "--json").document["valid"] is True


@pytest.fixture
def holder() -> Iterator[subprocess.Popen[str]]:
    """A process that is none of ours and holds no lock."""
    with subprocess.Popen(["sleep", "600"], text=True) as process:
        yield process
        process.kill()


def test_a_process_that_does_not_hold_the_lock_is_not_ended(
    tmp_path: Path, holder: subprocess.Popen[str]
) -> None:
    with owning(tmp_path, "r1"):
        named = Owner(holder.pid, socket.gethostname(), "1", "2026-03-02T00:00:00Z")
        lock_file(tmp_path, "r1").write_text(json.dumps(asdict(named)))
        with pytest.raises(Owned, match="does not hold it"):
            end_owner(tmp_path, "r1")
    assert holder.poll() is None


def test_a_process_on_another_machine_is_not_ended(
    tmp_path: Path, holder: subprocess.Popen[str]
) -> None:
    with owning(tmp_path, "r1"):
        named = Owner(holder.pid, "elsewhere", "1", "2026-03-02T00:00:00Z")
        lock_file(tmp_path, "r1").write_text(json.dumps(asdict(named)))
        with pytest.raises(Owned, match=r"on elsewhere .*end it there"):
            end_owner(tmp_path, "r1")
    assert holder.poll() is None


def test_a_run_that_nobody_drives_has_nobody_to_end(tmp_path: Path) -> None:
    with owning(tmp_path, "r1"):
        pass
    assert end_owner(tmp_path, "r1") is None


async def test_what_was_begun_outside_is_waited_out_by_its_time_limit(tmp_path: Path) -> None:
    one = Trial(
        tmp_path, [reply(use("look", "l1", what="x"), use("send", "s1", order="o1")), hand()]
    )
    await one.drive()
    state, now = one.journal.state, one.clock.utc()
    assert settles_in_s(state, TOOLS, now) == 0
    one.journal.append(intent("send", "s1", {"order": "o1"}, "external"))
    begun = datetime.fromisoformat(state.intended_at["s1"])
    limit_s = TOOLS["send"].timeout_s
    assert settles_in_s(state, TOOLS, begun + timedelta(seconds=1)) == limit_s - 1
    assert settles_in_s(state, TOOLS, begun + timedelta(seconds=limit_s)) == 0
    one.close()


def intent(tool: str, call: str, arguments: dict[str, str], effect: str) -> ev.ToolIntended:
    return ev.ToolIntended(0, call, tool, arguments, effect, 1, f"trial:{call}")


def test_the_lock_names_this_process(tmp_path: Path) -> None:
    with owning(tmp_path, "r1"), pytest.raises(Owned, match=f"process {os.getpid()} on"):
        with owning(tmp_path, "r1"):
            raise AssertionError("two owners")
