"""The venue's own record of all that happened: the oracle by which a bot is judged.

Who asked what and when, what was decided, what each client was told. Same acts, same bytes.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happened. `at` is the venue's clock in milliseconds.

    Kinds: `request.received`, `request.answered`, `order.accepted`, `order.rejected`,
    `order.amended`, `order.triggered`, `order.traded`, `order.canceled`, `order.expired`,
    `position.liquidated`, `position.deleveraged` (whose `order` is the venue's own, and is never
    accepted), `funding.paid`, `stream.opened`, `stream.asked`, `stream.began`, `stream.told`,
    `stream.closed`, `limit.hit`, `endpoint.missing`.
    """

    seq: int
    at: int
    kind: str
    body: Mapping[str, Any]

    def as_json(self) -> dict[str, Any]:
        """The entry as one JSON object."""
        return {"seq": self.seq, "at": self.at, "kind": self.kind, **self.body}


@dataclass(eq=False)
class VenueLedger:
    """An append-only list of entries."""

    entries: list[Entry] = field(default_factory=list)

    def record(self, at: int, kind: str, **body: Any) -> Entry:
        """Append what happened at `at`."""
        entry = Entry(len(self.entries) + 1, at, kind, body)
        self.entries.append(entry)
        return entry

    def of(self, *kinds: str) -> list[Entry]:
        """Entries of some kinds, in order."""
        return [entry for entry in self.entries if entry.kind in kinds]

    def lines(self, after: int = 0) -> Iterator[str]:
        """One line of JSON for each entry after number `after`."""
        for entry in self.entries[max(after, 0) :]:
            yield json.dumps(entry.as_json(), separators=(",", ":"), sort_keys=True) + "\n"
