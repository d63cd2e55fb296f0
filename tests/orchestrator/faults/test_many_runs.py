"""Forty runs at once in one ledger, in processes and tasks, some killed, some waiting."""

from __future__ import annotations

import asyncio
import os
import signal
from functools import partial
from pathlib import Path

import pytest

from orchestrator.models.port import Reply
from orchestrator.run import events as ev
from orchestrator.run.report import open_approval
from orchestrator.run.state import State
from orchestrator.toolbox.tool import Effect, tool
from tests.support.crashes import forked
from tests.support.engines import TOOLS, Trial, hand, reply, use
from trading_tools.audit.ledger import Ledger
from trading_tools.audit.verify import verify

PROCESSES, TASKS = 4, 10
KILLED = {0, 1}
"""Processes that are killed in the middle of their runs."""


@tool(effect=Effect.READ)
def fall(flag: str) -> str:
    """Kill this process the first time."""
    if not Path(flag).exists():
        Path(flag).touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return "stood"


def script(folder: Path, process: int, task: int) -> list[Reply]:
    falls = process in KILLED and task == 6
    middle = use("fall", "m", flag=str(folder / f"fell-{process}")) if falls else None
    last = use("send", "s", order="o1") if task % 5 == 0 else use("look", "s", what="s")
    return [
        reply(use("look", "a", what="a"), use("look", "b", what="b")),
        reply(middle or use("look", "m", what="m"), use("look", "n", what="n")),
        reply(last),
        hand(),
    ]


def taken_up(folder: Path, process: int, task: int) -> Trial:
    """The run, new or from where it stands, with what its model has not said yet."""
    name = f"run-{process}-{task}"
    with Ledger.open(folder / "ledger.sqlite") as ledger:
        said = State.fold(ledger.read(name)).spend.model_calls
    steps = script(folder, process, task)[said:]
    return Trial(folder, steps, run=name, tools={**TOOLS, "fall": fall})


def drive_all(folder: Path, process: int) -> None:
    async def drive() -> None:
        runs = [taken_up(folder, process, task) for task in range(TASKS)]
        await asyncio.gather(*(run.drive() for run in runs))

    asyncio.run(drive())


@pytest.mark.slow
def test_forty_runs_share_a_ledger_and_all_of_them_end(tmp_path: Path) -> None:
    children = [forked(partial(drive_all, tmp_path, process)) for process in range(PROCESSES)]
    ended = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
    assert ended == [-signal.SIGKILL if n in KILLED else 0 for n in range(PROCESSES)]
    open_runs = 0
    for process in range(PROCESSES):
        for task in range(TASKS):
            open_runs += asyncio.run(finished(tmp_path, process, task))
    assert open_runs >= PROCESSES * 2 + 1, "nothing waited and nothing was killed"
    with Ledger.open(tmp_path / "ledger.sqlite") as ledger:
        assert verify(ledger).valid
        streams = ledger.streams()
        assert len(streams) == PROCESSES * TASKS
        for info in streams:
            assert [event.seq for event in ledger.read(info.stream)] == list(range(1, info.seq + 1))


async def finished(folder: Path, process: int, task: int) -> bool:
    """Let a run that stands go on to its end; whether it stood."""
    with Ledger.open(folder / "ledger.sqlite") as ledger:
        if State.fold(ledger.read(f"run-{process}-{task}")).closed is not None:
            return False
    one = taken_up(folder, process, task)
    state = await one.drive()
    if (asked := open_approval(state)) is not None:
        request = asked.request
        one.journal.append(ev.ApprovalDecided(request.id, True, "me", request.digest))
        state = await one.drive()
    assert state.closed is not None
    assert state.closed.status == "success"
    assert len(state.receipts) == 5
    assert {intent.attempt for _, intent in state.intents.values()} <= {1, 2}
    one.close()
    return True
