"""Ending the process that drives a run, so that another can go on with it.

Only the process that holds this run's lock on this machine is ended. What it began at the other
side of a network goes on without it: `settles_in_s` says for how long.
"""

from __future__ import annotations

import os
import select
import signal
import socket
import time
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

from orchestrator.run.ownership import Owned, Owner, lock_file, owner, started
from orchestrator.run.state import State
from orchestrator.toolbox.tool import Effect, Tool
from orchestrator.workspace.watch import descendants

PATIENCE_S = 5.0
"""How long the old process has to end by itself, before it is killed."""

_LOOK_EVERY_S = 0.05
_MOST_DESCENDANTS = 10_000


def end_owner(state_dir: Path, run: str, *, patience_s: float = PATIENCE_S) -> Owner | None:
    """End the process that drives the run, and what it started; None where there is none.

    It is told to stop, and killed with its descendants if it does not within `patience_s`.

    Raises:
        Owned: it is on another machine, cannot be told from another process, or lives on.
    """
    held = owner(state_dir, run)
    if held is None:
        return None
    if held.host != socket.gethostname():
        raise Owned(f"run {run} is driven by {held}; end it there")
    if not _holds(held, lock_file(state_dir, run)):
        raise Owned(
            f"the lock of run {run} names {held}, which does not hold it; end what does "
            f"(`fuser {lock_file(state_dir, run)}`)"
        )
    started_by_it = descendants(held.pid, _MOST_DESCENDANTS)
    _signal(held, signal.SIGTERM)
    if not _gone(state_dir, run, held, patience_s):
        for pid in (held.pid, *started_by_it, *descendants(held.pid, _MOST_DESCENDANTS)):
            with suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        if not _gone(state_dir, run, held, PATIENCE_S):
            raise Owned(f"{held} drives run {run} and cannot be ended; end it as its user")
    return held


def settles_in_s(state: State, tools: Mapping[str, Tool], now: datetime) -> float:
    """Seconds until nothing that the old process began can still take effect; 0 for nothing.

    Reads change nothing, and in a seal what works in the workspace ended with the process; the
    rest may go on until the tool's time limit, counted from its intent.
    """
    if state.stack is None:
        return 0.0
    left = [0.0]
    for call in state.top.unanswered():
        intent, tool = state.intents.get(call["id"]), tools.get(call["name"])
        if intent is None or tool is None or intent[1].effect == Effect.READ:
            continue
        if intent[1].effect == Effect.WORKSPACE and state.seal == "bubblewrap":
            continue
        begun = datetime.fromisoformat(state.intended_at[call["id"]])
        left.append((begun + timedelta(seconds=tool.timeout_s) - now).total_seconds())
    return max(left)


def _holds(held: Owner, file: Path) -> bool:
    """Whether the process is the one that wrote the lock file, and has it open."""
    if not Path("/proc/self").exists():
        return True  # the lock is held, and its holder wrote its number
    if started(held.pid) != held.started:
        return False
    place = os.path.realpath(file)
    try:
        return any(
            os.path.realpath(entry) == place for entry in Path(f"/proc/{held.pid}/fd").iterdir()
        )
    except OSError:
        return False


def _signal(held: Owner, kind: signal.Signals) -> None:
    """To its process group where it leads one (a script that started it is not its own)."""
    with suppress(ProcessLookupError, PermissionError):
        if os.getpgid(held.pid) == held.pid:
            os.killpg(held.pid, kind)
        else:
            os.kill(held.pid, kind)


def _gone(state_dir: Path, run: str, held: Owner, within_s: float) -> bool:
    """Whether the process let go of the lock in time."""
    until = time.monotonic() + within_s
    while (left := until - time.monotonic()) > 0:
        if owner(state_dir, run) != held:
            return True
        select.select([], [], [], min(_LOOK_EVERY_S, left))
    return False
