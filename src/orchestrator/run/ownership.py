"""One owner: a run is driven by one process at a time, which holds a lock that dies with it.

The lock file says who holds it on this machine; where the ledger is on a server, that has a lock
for all machines. Ending the process is `takeover`.
"""

from __future__ import annotations

import fcntl
import json
import os
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING

from trading_tools.audit.errors import StreamHeld

if TYPE_CHECKING:
    from trading_tools.audit.ledger import Ledger

_TRIES, _BETWEEN_TRIES_S = 5, 0.01


class Owned(Exception):
    """Another live process drives the run; the message names it and what to do."""


@dataclass(frozen=True, slots=True)
class Owner:
    """The process that drives a run.

    `started` is the kernel's mark of when it began (empty where there is no /proc): a later
    process of the same number has another. `since` is when it took the run, UTC.
    """

    pid: int
    host: str
    started: str
    since: str

    def __str__(self) -> str:
        return f"process {self.pid} on {self.host} since {self.since}"


@contextmanager
def owning_everywhere(state_dir: Path, run: str, ledger: Ledger) -> Iterator[None]:
    """Hold the run's locks: that of this machine, and that of the ledger's server if it has one.

    Raises:
        Owned: another process holds one.
    """
    with owning(state_dir, run), ExitStack() as held:
        try:
            held.enter_context(ledger.holding(run))
        except StreamHeld as error:
            raise Owned(
                f"run {run} is driven elsewhere: {error.holder}; wait for it, end it there, or cut "
                f"it off and go on with `orc resume {run} --take-over`"
            ) from None
        yield


@contextmanager
def owning(state_dir: Path, run: str) -> Iterator[None]:
    """Hold the run's lock on this machine.

    Raises:
        Owned: another process holds it.
    """
    file = lock_file(state_dir, run)
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("a+") as lock:
        if not _locked(lock):
            by = _read(lock.name) or "another process"
            raise Owned(
                f"run {run} is driven by {by}; wait for it, `orc stop {run}`, or end it and go on "
                f"with `orc resume {run} --take-over`"
            )
        lock.truncate(0)
        since = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
        mine = Owner(os.getpid(), socket.gethostname(), started(os.getpid()), since)
        lock.write(json.dumps(asdict(mine)))
        lock.flush()
        yield


def owner(state_dir: Path, run: str) -> Owner | None:
    """The process that drives the run now; None where nobody does."""
    try:
        with lock_file(state_dir, run).open("r+") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return _read(lock.name)
    except FileNotFoundError:
        return None
    return None


def started(pid: int) -> str:
    """The kernel's mark of when a process began; empty where it cannot be known."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return ""
    return stat.rpartition(")")[2].split()[19]  # proc_pid_stat(5): field 22, starttime


def lock_file(state_dir: Path, run: str) -> Path:
    """Where the run's lock lies."""
    return state_dir / "locks" / f"{run}.lock"


def _locked(lock: IO[str]) -> bool:
    """Whether the lock could be had; who only looks at it (`owner`) holds it for a moment."""
    for _ in range(_TRIES):
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(_BETWEEN_TRIES_S)
        else:
            return True
    return False


def _read(name: str) -> Owner | None:
    """Who the lock file names; None while the new owner has not written it yet."""
    try:
        return Owner(**json.loads(Path(name).read_text()))
    except (ValueError, TypeError):
        return None
