"""A file of slots by name, which all processes of a machine may map; private to this user.

Who may read and write it at a time is for `slots` to say. Nothing here waits.
"""

from __future__ import annotations

import hashlib
import mmap
import os
import weakref
from pathlib import Path
from typing import Final

from trading_tools.exchange.pacing.meters import SLOT, Slot

_NAME: Final = 32
_RECORD: Final = _NAME + SLOT * 8
_MORE: Final = 64
"""Records by which a file grows."""


class Table:
    """A file that is open: `boot`, then records of a name's hash and a slot; the unused are zero.

    Raises:
        OSError: it cannot be opened, or made.
    """

    def __init__(self, path: Path, boot: bytes) -> None:
        self._path = path
        self._boot = boot
        self._slots: dict[str, Slot] = {}
        self._whole = memoryview(b"")
        self.file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        # Whoever makes many clients leaves no files open behind them.
        self._closing = weakref.finalize(self, os.close, self.file)
        self._closing.atexit = False

    def close(self) -> None:
        """Let go of the file; what is counted stays for the others."""
        self._closing()

    def stands(self) -> bool:
        """Whether its place still has this file, whole and of this boot. To be asked when locked.

        One of an earlier boot is taken away, not changed: others may still have it.
        """
        found = os.fstat(self.file)
        if not found.st_nlink:
            return False
        if self._whole:
            return found.st_size >= len(self._whole)
        if not found.st_size:
            os.pwrite(self.file, self._boot, 0)
        elif os.pread(self.file, _NAME, 0) != self._boot:
            self._path.unlink()
            return False
        self._map()
        return True

    def slot(self, name: str) -> Slot:
        """The slot of a name, made where there is none. To be asked when locked and `stands`."""
        if name not in self._slots:
            self._slots[name] = self._record(hashlib.sha256(name.encode()).digest())
        return self._slots[name]

    def _record(self, name: bytes) -> Slot:
        at = _NAME
        while True:
            if at == len(self._whole):
                self._grow()
            found = self._whole[at : at + _RECORD]
            if found[:_NAME] == bytes(_NAME):
                found[:_NAME] = name
            if found[:_NAME] == name:
                return found[_NAME:].cast("d")
            at += _RECORD

    def _grow(self) -> None:
        """Map what others have added, or add some; written, so that a full disk says so at once."""
        known = len(self._whole)
        self._map()
        if len(self._whole) == known:
            os.pwrite(self.file, bytes(_MORE * _RECORD), known)
            self._map()

    def _map(self) -> None:
        """Map all whole records. Slots of an earlier mapping are the same memory."""
        whole = memoryview(mmap.mmap(self.file, 0))
        self._whole = whole[: len(whole) - (len(whole) - _NAME) % _RECORD]
