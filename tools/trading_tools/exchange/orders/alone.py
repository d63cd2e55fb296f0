"""A folder of orders, its ledger and its kill switch, is one desk's at a time, or one person's."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from trading_tools.exchange.orders.manager import AnotherManager


@contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Hold a folder for one desk of this process: two would end each other's orders.

    Raises:
        AnotherManager: another desk holds it, of this process or of another one.
    """
    folder.mkdir(parents=True, exist_ok=True)
    there = folder.stat()
    place = there.st_dev, there.st_ino
    # The lock is the process's: a second one of ours would get it, and letting go of that one would
    # let go of the first.
    if place in _held:
        raise _taken(folder, "this")
    with (folder / "desk.lock").open("w") as file:
        try:
            # Unlike flock's, this lock is none of a forked child's, which may outlive us.
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise _taken(folder, "another") from error
        _held.add(place)
        try:
            yield
        finally:
            _held.remove(place)


def _taken(folder: Path, whose: str) -> AnotherManager:
    return AnotherManager(
        f"{whose} process has a desk in {folder}: end that one, or give each a folder of its own"
    )


_held: set[tuple[int, int]] = set()
"""Folders of this process's desks, by device and inode: one may have several names."""
