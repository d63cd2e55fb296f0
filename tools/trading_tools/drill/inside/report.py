"""What the inside process tells outside: one JSON document a line, on a pipe of its own.

The words are those of `Progress`, and `entries`, `end` and `failed` at the end.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterable
from typing import Any

from trading_tools.venue.core.ledger import Entry

_ENTRIES_A_LINE = 500


class Reporter:
    """Writes to a descriptor that somebody outside reads."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def tell(self, kind: str, **body: Any) -> None:
        """Tell one thing."""
        line = json.dumps({"kind": kind, **body}, default=str) + "\n"
        data = line.encode("utf-8", "replace")
        with contextlib.suppress(BrokenPipeError):  # nobody listens: the end comes by another way
            while data:
                data = data[os.write(self._descriptor, data) :]

    def entries(self, venue: str, entries: Iterable[Entry]) -> None:
        """Tell a venue's ledger, in parts."""
        rows = [[entry.seq, entry.at, entry.kind, entry.body] for entry in entries]
        for start in range(0, len(rows), _ENTRIES_A_LINE):
            self.tell("entries", venue=venue, rows=rows[start : start + _ENTRIES_A_LINE])
