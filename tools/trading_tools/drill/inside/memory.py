"""How much memory the bot's processes hold."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Final

_PAGE: Final = os.sysconf("SC_PAGE_SIZE")
_SHARE: Final = re.compile(rb"^Pss:\s+(\d+) kB", re.MULTILINE)


def more_than(bytes_: int, pids: Iterable[int]) -> bool:
    """Whether processes hold more than so many bytes. What they share counts once."""
    numbers = tuple(pids)
    # The exact sum costs the kernel a walk, and is asked for only where the quick one is over.
    return sum(map(_resident, numbers)) > bytes_ and sum(map(_own_share, numbers)) > bytes_


def _resident(pid: int) -> int:
    with contextlib.suppress(OSError, IndexError):
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE
    return 0


def _own_share(pid: int) -> int:
    with contextlib.suppress(OSError):
        found = _SHARE.search(Path(f"/proc/{pid}/smaps_rollup").read_bytes())
        return int(found[1]) * 1024 if found else 0
    return 0
