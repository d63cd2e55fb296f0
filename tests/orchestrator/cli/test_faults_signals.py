"""Runs that are stopped, taken twice, or decided on twice: resumable, one document, no orphans."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.support.command import Desk, Said, does, endpoint, hand_off
from tests.support.messages_answers import Answer, Ending, say
from tests.support.messages_api import MessagesApi
from tests.support.sealing import path_without_bubblewrap

ORC = Path(sys.executable).parent / "orc"
ASKS = does(("bash", {"command": "echo allowed"}))
QUESTION = does(("ask_user", {"question": "Which venue?"}))

pytestmark = pytest.mark.slow


@contextmanager
def started(desk: Desk, *words: str) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [str(ORC), *words, "--json"],
        cwd=desk.project,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def ended(process: subprocess.Popen[str]) -> Said:
    out, err = process.communicate(timeout=60)
    return Said(process.returncode, out, err)


def alive(words: str) -> list[str]:
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                line = (entry / "cmdline").read_bytes().decode(errors="replace")
                state = (entry / "stat").read_text().rpartition(")")[2].split()[0]
            except OSError:
                continue
            if words in line and state != "Z":
                found.append(line)
    return found


def resumed(desk: Desk) -> Said:
    with endpoint([hand_off(result="fine")]) as api:
        desk.serve(api)
        said = desk.orc("resume", "last", "--json")
        assert api.refused == []
    return said


@pytest.mark.parametrize("kind", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_during_a_model_call_leaves_a_run_that_goes_on(
    desk: Desk, kind: signal.Signals
) -> None:
    slow = Answer(message=say("I think …"), ending=Ending.HANG, after_events=4)
    with endpoint([slow]) as api:
        desk.serve(api)
        with started(desk, "run", "Is it fine?") as process:
            assert api.hanging.wait(60)
            process.send_signal(kind)
            said = ended(process)
    assert said.code == 1, said
    assert said.document["status"] == "stopped"
    assert "orc resume" in said.err
    assert "Traceback" not in said.err
    again = resumed(desk)
    assert (again.code, again.document["result"]) == (0, "fine")


@pytest.mark.parametrize("seal", ["sealed", "unsealed"])
@pytest.mark.parametrize("kind", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_during_a_tool_ends_all_that_it_started(
    desk: Desk, kind: signal.Signals, seal: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if seal == "unsealed":
        monkeypatch.setenv("PATH", path_without_bubblewrap(tmp_path))
        monkeypatch.setenv("ORC_PERMISSIONS_ALLOW", "bash")
    mark = f"4{os.getpid()}{int(kind)}"
    command = f"echo begun; (env -i setsid sleep {mark} &) ; sleep {mark}"
    with endpoint([does(("bash", {"command": command}))]) as api:
        desk.serve(api)
        with started(desk, "run", "Is it fine?", "--agent", "python-expert") as process:
            wait_for(lambda: len(alive(f"sleep\0{mark}")) >= 2)
            process.send_signal(kind)
            said = ended(process)
    assert (said.code, said.document["status"]) == (1, "stopped"), said
    assert alive(f"sleep\0{mark}") == []


def wait_for(holds: Any) -> None:
    import time

    for _ in range(600):
        if holds():
            return
        time.sleep(0.05)
    raise AssertionError("it did not happen within 30 s")


def test_stop_ends_a_live_run_and_a_second_resume_is_refused(desk: Desk) -> None:
    slow = Answer(message=say("I think …"), ending=Ending.HANG, after_events=4)
    with endpoint([slow]) as api:
        desk.serve(api)
        with started(desk, "run", "Is it fine?") as process:
            assert api.hanging.wait(60)
            second = desk.orc("resume", "last", "--json")
            decided = desk.orc("approve", "last", "a1", "--yes", "--json")
            answered = desk.orc("answer", "last", "yes", "--json")
            stopped = desk.orc("stop", "last", "--json")
            said = ended(process)
    for refused in (second, decided, answered):
        assert refused.code == 2
        assert set(refused.document["error"]) == {"what", "where", "fix"}
    assert str(process.pid) in second.err
    assert (stopped.code, stopped.document["stopped"]) == (0, True)
    assert (said.code, said.document["status"]) == (1, "stopped")
    assert desk.orc("stop", "last", "--json").code == 0
    assert desk.orc("stop", "last", "--json").code == 0
    again = resumed(desk)
    assert (again.code, again.document["result"]) == (0, "fine")


@pytest.mark.usefixtures("asking")
def test_of_two_resumes_at_once_one_goes_on(desk: Desk) -> None:
    slow = Answer(message=say("I think …"), ending=Ending.HANG, after_events=4)
    with endpoint([ASKS]) as api:
        desk.serve(api)
        waits(desk, api)
    with endpoint([slow]) as api:
        desk.serve(api)
        desk.orc("approve", "last", "a1", "--yes", "--wait")
        with started(desk, "resume", "last") as one, started(desk, "resume", "last") as two:
            assert api.hanging.wait(60)
            wait_for(lambda: one.poll() is not None or two.poll() is not None)
            loser, winner = (one, two) if one.poll() is not None else (two, one)
            lost = ended(loser)
            winner.send_signal(signal.SIGTERM)
            won = ended(winner)
    assert lost.code == 2
    assert "driven by process" in lost.document["error"]["what"]
    assert won.document["status"] == "stopped"
    events = desk.orc("show", "last", "--events", "--json").document["events"]
    assert sum(event["kind"] == "run.taken" for event in events) == 2


def waits(desk: Desk, api: MessagesApi, *words: str) -> Any:
    """A run that waits for a person."""
    said = desk.orc("run", "Is it fine?", "--agent", "python-expert", *words, "--json")
    assert (said.code, said.document["status"]) == (3, "waiting"), said
    assert api.refused == []
    return said.document


@pytest.fixture
def asking(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORC_PERMISSIONS_ASK", "bash")


@pytest.mark.usefixtures("asking")
def test_an_approval_is_good_for_once(desk: Desk) -> None:
    with endpoint([ASKS, ASKS, hand_off(result="fine")]) as api:
        desk.serve(api)
        document = waits(desk, api)
        assert document["waiting_for"]["id"] == "a1"
        wrong = desk.orc("approve", "last", "a7", "--yes", "--json")
        assert (wrong.code, "a1" in wrong.err) == (2, True)
        first = desk.orc("approve", "last", "a1", "--yes", "--json")
        assert (first.code, first.document["waiting_for"]["id"]) == (3, "a2")
        twice = desk.orc("approve", "last", "a1", "--yes", "--json")
        assert (twice.code, "decided" in twice.err) == (2, True)
        denied = desk.orc("approve", "last", "a2", "--deny", "--json")
        assert (denied.code, denied.document["result"]) == (0, "fine")
        assert api.refused == []
        assert "denied" in str(api.requests[-1].body["messages"][-1])
        late = desk.orc("approve", "last", "a2", "--yes", "--json")
        assert late.code == 2
        told = desk.orc("resume", "last", "--json")
        assert (told.code, told.document["result"]) == (0, "fine")
        assert len(api.requests) == 3


@pytest.mark.usefixtures("asking")
def test_an_expired_approval_is_refused_and_the_agent_is_told(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    from datetime import UTC, datetime, timedelta

    from orchestrator.cli import control

    with endpoint([ASKS, hand_off(result="fine")]) as api:
        desk.serve(api)
        waits(desk, api)

        class Later(datetime):
            @classmethod
            def now(cls, tz: Any = None) -> Any:
                return datetime.now(tz or UTC) + timedelta(days=2)

        monkeypatch.setattr(control, "datetime", Later)
        said = desk.orc("approve", "last", "a1", "--yes", "--json")
        assert (said.code, "expired" in said.err) == (2, True)


def test_a_question_waits_and_its_answer_goes_on(desk: Desk) -> None:
    with endpoint([QUESTION, hand_off(result="fine")]) as api:
        desk.serve(api)
        document = waits(desk, api)
        assert document["waiting_for"]["text"] == "Which venue?"
        assert desk.orc("resume", "last", "--json").code == 3
        assert desk.orc("answer", "last", "  ", "--json").code == 2
        said = desk.orc("answer", "last", "Kraken, please", "--json")
        assert (said.code, said.document["result"]) == (0, "fine")
        assert "Kraken, please" in str(api.requests[-1].body["messages"][-1])
        nothing = desk.orc("answer", "last", "again", "--json")
        assert (nothing.code, "no open question" in nothing.err) == (2, True)


def test_a_blocked_run_tells_its_outcome_when_resumed(desk: Desk) -> None:
    with endpoint([hand_off(status="blocked", result="cannot be")]) as api:
        desk.serve(api)
        assert desk.orc("run", "Is it fine?", "--agent", "python-expert", "--json").code == 1
        said = desk.orc("resume", "last", "--json")
        assert (said.code, said.document["result"]) == (1, "cannot be")
        assert len(api.requests) == 1
        assert json.loads(said.out)["status"] == "blocked"
