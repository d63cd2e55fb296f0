"""Where counts are kept: in this process alone, or in a file that all processes of a machine share.

A slot is held by one owner at a time, for as long as it counts and no longer; nobody waits for a
venue while holding one. What the numbers mean is `meters`.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import stat
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Final, Protocol

from trading_tools.exchange.pacing.meters import SLOT, Slot
from trading_tools.exchange.pacing.table import Table

_TABLE: Final = "counts"


class Slots(Protocol):
    """Slots by name."""

    def held(self, names: Sequence[str]) -> AbstractContextManager[list[Slot]]:
        """The slots of these names, in their order, while the block runs; nobody else has them."""


class OwnSlots:
    """Slots of this process alone."""

    def __init__(self) -> None:
        self._slots: dict[str, Slot] = {}

    def held(self, names: Sequence[str]) -> AbstractContextManager[list[Slot]]:
        """The slots; nothing else of an event loop runs while the block does."""
        return nullcontext([self._slot(name) for name in names])

    def _slot(self, name: str) -> Slot:
        if name not in self._slots:
            self._slots[name] = memoryview(bytearray(SLOT * 8)).cast("d")
        return self._slots[name]


class SharedSlots:
    """Slots in a folder, shared by all processes that use it; private to this user.

    The clock of the counts is the machine's monotonic one, so what an earlier boot left is void.
    One lock is for all of a folder: taking one for each slot costs several times that. A process
    that is stopped while it counts, which takes some microseconds, stops the others too. A forked
    child opens the file anew: a lock that it inherited would not keep it from its parent. A file
    that somebody takes away, as clean-ups of temporary folders do, is made anew.

    Raises:
        PermissionError: the folder is another user's, or others may write there.
        OSError: it cannot be made.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._boot = hashlib.sha256(_boot_id()).digest()
        self._table: Table | None = None
        self._process = os.getpid()
        self._have_folder()

    def held(self, names: Sequence[str]) -> AbstractContextManager[list[Slot]]:
        """The slots, locked with all others of the folder."""
        return _Held(self, names)

    def lock(self, names: Sequence[str]) -> list[Slot]:
        """Lock the folder's slots; those of these names."""
        if self._process != os.getpid():
            self.close()
            self._process = os.getpid()
        while True:
            table = self._table = self._table or Table(self._folder / _TABLE, self._boot)
            self.take(table.file)
            if table.stands():
                return [table.slot(name) for name in names]
            self.release()  # a slot that somebody still has keeps the file, and its lock
            self.close()
            self._have_folder()

    def take(self, file: int) -> None:
        """Wait for the lock of a file."""
        fcntl.flock(file, fcntl.LOCK_EX)

    def release(self) -> None:
        """Let go of what `lock` locked, if it did."""
        # A child that was forked in here has its parent's lock: to let go of it is not the child's.
        if self._table is not None and self._process == os.getpid():
            fcntl.flock(self._table.file, fcntl.LOCK_UN)

    def close(self) -> None:
        """Let go of the file; the counts stay for the others."""
        table, self._table = self._table, None
        if table is not None:
            table.close()

    def _have_folder(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        found = self._folder.lstat()
        own = stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid()
        if not own or found.st_mode & 0o022:
            raise PermissionError(
                f"{self._folder} is another user's or open to others, who could change what is "
                "counted: give a folder of your own (chmod 700)"
            )


class _Held:
    """Slots that nobody else has while the block runs. As a generator it would cost twice that."""

    __slots__ = ("_names", "_slots")

    def __init__(self, slots: SharedSlots, names: Sequence[str]) -> None:
        self._slots = slots
        self._names = names

    def __enter__(self) -> list[Slot]:
        try:
            return self._slots.lock(self._names)
        except BaseException:
            self._slots.release()
            raise

    def __exit__(self, *failed: object) -> None:
        self._slots.release()


def _boot_id() -> bytes:
    """What changes when the machine starts anew and its monotonic clock with it."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_bytes().strip()
    except OSError:
        return b"no boot id on this system"
