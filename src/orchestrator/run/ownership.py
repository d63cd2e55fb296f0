"""One owner: a run is driven by one process at a time, which holds a lock that dies with it."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class Owned(Exception):
    """Another live process drives the run; the message names it."""


@contextmanager
def owning(state_dir: Path, run: str) -> Iterator[None]:
    """Hold the run's lock.

    Raises:
        Owned: another process holds it.
    """
    file = _lock_file(state_dir, run)
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            raise Owned(f"run {run} is driven by process {lock.read().strip()}") from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield


def owner(state_dir: Path, run: str) -> int | None:
    """The process that drives the run now; None where nobody does."""
    try:
        with _lock_file(state_dir, run).open("r+") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return int(lock.read().strip() or 0) or None
    except FileNotFoundError:
        return None
    return None


def _lock_file(state_dir: Path, run: str) -> Path:
    return state_dir / "locks" / f"{run}.lock"
