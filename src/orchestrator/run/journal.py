"""The run's own stream: every event is appended to the ledger and folded in the same step.

Whoever holds a journal is the run's one owner in this process; the ledger's (stream, seq) key
stops a second writer.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from orchestrator.run.events import RunEvent, to_body
from orchestrator.run.state import State
from trading_tools.audit.errors import StreamConflict
from trading_tools.audit.event import Event
from trading_tools.audit.ledger import Ledger

Listener = Callable[[Event, State], None]


class Texts(Protocol):
    """Where texts are kept that are too long for an event."""

    def put_text(self, text: str) -> str:
        """Keep a text and return its name."""
        ...

    def get_text(self, name: str) -> str:
        """The text of this name."""
        ...


class Journal:
    """Appends events of one run and keeps its state. `texts` keeps what is too long for them."""

    texts: Texts

    def __init__(self, ledger: Ledger, run: str, listener: Listener | None = None) -> None:
        self.texts = ledger
        self._ledger = ledger
        self.run = run
        self._listener = listener
        self.state = State.fold(ledger.read(run))

    def require_ours(self) -> None:
        """Refuse an act that no event announces (a commit, files put back) in a run that was taken.

        Raises:
            StreamConflict: another process wrote to this run.
        """
        head = self._ledger.head(self.run)
        at = head.seq if head else 0
        if at != self.state.seq:
            raise StreamConflict(
                f"run {self.run} is at event {at}, not at {self.state.seq}: "
                "another process took it over"
            )

    def append(self, event: RunEvent, *, durable: bool = False) -> Event:
        """Record `event` and take it into the state. `durable` waits for the disk.

        Raises:
            StreamConflict: another process writes this run.
        """
        recorded = self._ledger.append(
            self.run,
            event.KIND,
            to_body(event),
            expected_seq=self.state.seq,
            durable=durable,
        )
        self.state.apply(recorded)
        if self._listener is not None:
            self._listener(recorded, self.state)
        return recorded
