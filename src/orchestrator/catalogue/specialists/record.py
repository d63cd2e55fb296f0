"""What a review by specialists records in a stream of its own, and how it is read back.

`review.opened` holds what is reviewed, what the rules found and the members' runs, `review.checked`
each proof that was made, `review.closed` what came of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from orchestrator.catalogue.specialists.asking import Piece
from trading_tools.audit.ledger import Ledger
from trading_tools.review.findings import Edit, Finding, Severity
from trading_tools.review.panel import Checked

OPENED: Final = "review.opened"
CHECKED: Final = "review.checked"
CLOSED: Final = "review.closed"


class NoReview(Exception):
    """There is no review of this name."""


@dataclass(frozen=True)
class Review:
    """A review as its record says it was opened."""

    name: str
    pieces: tuple[Piece, ...]
    found: tuple[Finding, ...]
    files: int
    members: tuple[tuple[str, str], ...]
    unshown: tuple[str, ...]
    checked: Mapping[str, Checked]
    closed: bool

    @classmethod
    def read(cls, ledger: Ledger, name: str) -> Review:
        """The review of this name.

        Raises:
            NoReview: the ledger has none.
        """
        events = ledger.read(name)
        if not events or events[0].kind != OPENED:
            raise NoReview(name)
        body: Mapping[str, Any] = events[0].body
        return cls(
            name,
            tuple(Piece.from_body(each) for each in body["pieces"]),
            tuple(_finding(each) for each in body["found"]),
            body["files"],
            tuple((each["agent"], each["run"]) for each in body["members"]),
            tuple(body["unshown"]),
            {
                each.body["check"]: Checked(each.body["broken"], each.body["detail"])
                for each in events
                if each.kind == CHECKED
            },
            events[-1].kind == CLOSED,
        )


def reviews_in(ledger: Ledger) -> list[str]:
    """All reviews of a ledger, oldest first."""
    return [info.stream for info in ledger.streams() if info.first_kind == OPENED]


def _finding(body: Mapping[str, Any]) -> Finding:
    """A finding of the rules as `review.opened` keeps it."""
    kept = dict(body)
    kept["severity"] = Severity(kept["severity"])
    kept["edits"] = tuple(Edit(**each) for each in kept["edits"])
    kept["sources"], kept["also"] = tuple(kept["sources"]), tuple(kept["also"])
    return Finding(**kept)
