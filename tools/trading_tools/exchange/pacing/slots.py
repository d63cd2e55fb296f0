"""Where counts are kept: in this process alone, or in files that all processes of a machine share.

A slot is held by one owner at a time, for as long as it counts and no longer; nobody waits for a
venue while holding one. What the numbers mean is `meters`.
"""

from __future__ import annotations

import fcntl
import hashlib
import mmap
import os
import stat
import weakref
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Protocol

from trading_tools.exchange.pacing.meters import SLOT, Slot

_BYTES = SLOT * 8
_HEADER = 32


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
            self._slots[name] = memoryview(bytearray(_BYTES)).cast("d")
        return self._slots[name]


class SharedSlots:
    """Slots in a folder, shared by all processes that use it; private to this user.

    The clock of the counts is the machine's monotonic one, so what an earlier boot left is void.
    A process that is stopped while it counts, which takes some microseconds, stops the others too.
    A forked child opens the files anew: a lock that it inherited would not keep it from its parent.
    Files that somebody takes away, as clean-ups of temporary folders do, are made anew.

    Raises:
        PermissionError: the folder is another user's, or others may write there.
        OSError: it cannot be made.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._boot = hashlib.sha256(_boot_id()).digest()
        self._open: dict[str, tuple[int, Slot]] = {}
        self._process = os.getpid()
        self._have_folder()
        # Whoever makes many clients leaves no files open behind them.
        weakref.finalize(self, _let_go, self._open).atexit = False

    def held(self, names: Sequence[str]) -> AbstractContextManager[list[Slot]]:
        """The slots, locked in the order of their names, so that no two owners wait in a circle."""
        return _Held(self, names)

    def lock(self, names: Sequence[str], locked: list[int]) -> list[Slot]:
        """Lock the slots of these names and put each file that is locked into `locked` at once."""
        if self._process != os.getpid():
            self.close()
            self._process = os.getpid()
        for name in sorted(set(names)):
            while True:
                file, slot = self._slot(name)
                self.take(file)
                if os.fstat(file).st_nlink:
                    break
                del self._open[name]
                slot.release()
                os.close(file)
                self._have_folder()
            locked.append(file)
        return [self._open[name][1] for name in names]

    def take(self, file: int) -> None:
        """Wait for the lock of a file."""
        fcntl.flock(file, fcntl.LOCK_EX)

    def release(self, locked: Sequence[int]) -> None:
        """Let go of what `lock` locked."""
        # A child that was forked in here has its parent's lock: to let go of it is not the child's.
        if self._process == os.getpid():
            for file in reversed(locked):
                fcntl.flock(file, fcntl.LOCK_UN)

    def close(self) -> None:
        """Let go of the files; the counts stay for the others."""
        _let_go(self._open)

    def _have_folder(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        found = self._folder.lstat()
        own = stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid()
        if not own or found.st_mode & 0o022:
            raise PermissionError(
                f"{self._folder} is another user's or open to others, who could change what is "
                "counted: give a folder of your own (chmod 700)"
            )

    def _slot(self, name: str) -> tuple[int, Slot]:
        if name not in self._open:
            path = self._folder / hashlib.sha256(name.encode()).hexdigest()[:32]
            file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                self.take(file)
                sound = os.pread(file, _HEADER, 0) == self._boot
                if not sound or os.fstat(file).st_size != _HEADER + _BYTES:
                    os.ftruncate(file, 0)
                    os.pwrite(file, self._boot + bytes(_BYTES), 0)
                whole = memoryview(mmap.mmap(file, _HEADER + _BYTES))
            except OSError:
                os.close(file)
                raise
            fcntl.flock(file, fcntl.LOCK_UN)
            self._open[name] = file, whole[_HEADER:].cast("d")
        return self._open[name]


def _let_go(files: dict[str, tuple[int, Slot]]) -> None:
    for file, slot in files.values():
        slot.release()
        os.close(file)
    files.clear()


class _Held:
    """Slots that nobody else has while the block runs. As a generator it would cost twice that."""

    __slots__ = ("_locked", "_names", "_slots")

    def __init__(self, slots: SharedSlots, names: Sequence[str]) -> None:
        self._slots = slots
        self._names = names
        self._locked: list[int] = []

    def __enter__(self) -> list[Slot]:
        try:
            return self._slots.lock(self._names, self._locked)
        except BaseException:
            self._slots.release(self._locked)
            raise

    def __exit__(self, *failed: object) -> None:
        self._slots.release(self._locked)


def _boot_id() -> bytes:
    """What changes when the machine starts anew and its monotonic clock with it."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_bytes().strip()
    except OSError:
        return b"no boot id on this system"
