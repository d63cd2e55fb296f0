"""A run as it was recorded, and where a replay of it stands.

What happened is looked up from the place at which the replay is; nothing is decided here.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

from orchestrator.run import events as ev
from orchestrator.run.calls import AT_TERMINAL
from orchestrator.run.report import STOPPED_BY_PERSON
from trading_tools.audit.event import Event


class Recording:
    """The events of a run in order. `position` is how many of them the replay has reached.

    The events whose seqs are in `given` are taken as they stand: a fork has them from its parent.
    """

    def __init__(
        self,
        events: Sequence[Event],
        get_text: Callable[[str], str],
        given: Collection[int] = (),
    ) -> None:
        self.events = tuple(events)
        self.position = 0
        # Now, because in the middle of a call a lost text would pass for the call's failure.
        names = {event.body["whole"] for event in events if event.body.get("whole")}
        self._texts = {name: get_text(name) for name in names}
        self.given = given

    @property
    def next(self) -> Event | None:
        """The event that comes next in the record; None at its end."""
        return self.events[self.position] if self.position < len(self.events) else None

    def next_body(self, kind: str) -> dict[str, Any] | None:
        """The body of the next event, if it is of this kind."""
        event = self.next
        return dict(event.body) if event is not None and event.kind == kind else None

    def text_of(self, name: str) -> str:
        """The long text of this name."""
        return self._texts[name]

    def from_outside(self) -> bool:
        """Whether the next event was not the engine's: a person or another process wrote it."""
        event = self.next
        if event is None:
            return False
        if event.seq in self.given or event.kind in {ev.RunOpened.KIND, ev.RunTaken.KIND}:
            return True
        if event.kind == ev.ApprovalDecided.KIND:
            return bool(event.body["by"] != AT_TERMINAL)
        return event.kind == ev.RunClosed.KIND and event.body["result"] == STOPPED_BY_PERSON

    def ahead(self, kind: str, **fields: Any) -> dict[str, Any] | None:
        """The next event of this kind with these fields, before the run is taken anew."""
        for event in self.events[self.position :]:
            if event.kind == ev.RunTaken.KIND:
                return None
            if event.kind == kind and all(event.body.get(k) == v for k, v in fields.items()):
                return dict(event.body)
        return None

    def clock(self, approval_minutes: int) -> datetime:
        """A time at which the engine decides as it did."""
        event = self.next or self.events[-1]
        if event.kind == ev.ApprovalRequested.KIND:
            expires = datetime.fromisoformat(event.body["expires_at"])
            return expires - timedelta(minutes=approval_minutes)
        return datetime.fromisoformat(event.at)

    def out_of_time(self) -> bool:
        """Whether the wall time was up here."""
        hit = self.next_body(ev.LimitHit.KIND)
        return hit is not None and hit["limit"] == "wall time"
