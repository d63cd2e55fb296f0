"""The kill switch: once it is thrown no order goes out, until a person takes the file away.

It is a file, so that whoever can write there can throw it while the strategy hangs: another
process, a person (`echo why > FILE`), a watchdog. Cancels are not stopped: they take risk away.

`python -m trading_tools.exchange.orders.kill_switch FILE REASON` throws it too; what else that
command does is `stopping`.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path


class KillSwitch:
    """A latch in a file. One that cannot be looked at, or has no folder, counts as thrown."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._unwritten: str | None = None

    @property
    def thrown(self) -> str | None:
        """Why it was thrown, or None while it is not."""
        if self._unwritten is not None:
            return self._unwritten
        try:
            return self._written() or "no reason was given"
        except FileNotFoundError:
            if self._path.is_symlink():
                return "it is a link to nothing"  # somebody threw it there, or cannot any more
            # Where its folder is missing, as a disk that is not mounted, nobody could throw it.
            there = self._path.parent.is_dir()
            return None if there else f"its folder {self._path.parent} is not there"
        except OSError as error:
            return f"{self._path} cannot be read: {error.strerror}"

    def _written(self) -> str:
        # Without waiting, as opening a pipe would for whoever writes to it.
        file = os.open(self._path, os.O_RDONLY | os.O_NONBLOCK)
        try:
            return os.read(file, 1_000).decode("utf-8", "replace").strip()[:200]
        finally:
            os.close(file)

    def throw(self, reason: str) -> None:
        """Stop all orders; on the disk when this returns. The first reason stays.

        Raises:
            OSError: the file cannot be written; it is thrown as long as this process lives.
        """
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            file = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            return
        except OSError as error:
            where = f"in this process alone, {self._path} cannot be written: {error.strerror}"
            self._unwritten = f"{reason} ({where})"
            raise
        try:
            os.write(file, reason.encode("utf-8", "replace"))
            os.fsync(file)
        finally:
            os.close(file)


if __name__ == "__main__":
    from trading_tools.exchange.orders.stopping import main

    sys.exit(main(sys.argv[1:]))
