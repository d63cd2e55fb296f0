"""Deciding a recorded run again, and the first place where the decisions differ.

The engine is the real one. Every event it would append is held against the recorded one; all but
`at`, `prev` and `hash` must be equal. Where the record was written by somebody else at that place
(the run was killed and taken up, a person decided from outside) that is taken over as it stands
and the engine goes on from there, as it did.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from orchestrator.models.port import ModelError
from orchestrator.run.engine import Engine
from orchestrator.run.events import RunEvent, from_body, to_body
from orchestrator.run.journal import Journal
from orchestrator.run.replaying.recording import Recording
from orchestrator.run.setting import Setting
from orchestrator.run.state import State
from trading_tools.audit.blobs import blob_name, text_bytes
from trading_tools.audit.errors import NotRecordable
from trading_tools.audit.event import Event, canonical_json


@dataclass(frozen=True, slots=True)
class Difference:
    """Where a replay parts from the record.

    `path` leads into the event's body (empty: the whole event). `recorded` and `decided` are what
    stands there, as JSON; None where nothing does.
    """

    seq: int
    kind: str
    path: str
    recorded: str | None
    decided: str | None


@dataclass(frozen=True, slots=True)
class Replayed:
    """What came of a replay: how many of the recorded events were decided the same."""

    events: int
    of: int
    difference: Difference | None

    @property
    def same(self) -> bool:
        """Whether all of the record was decided the same."""
        return self.difference is None


class _Interrupted(Exception):
    """Control flow: at this place of the record the process ended or somebody else wrote."""


class _RecordEnds(Exception):
    """Control flow: the run got no further than this."""


class _Differs(Exception):
    """Control flow: the engine decides otherwise than it did."""

    def __init__(self, difference: Difference) -> None:
        super().__init__(difference.path)
        self.difference = difference


class _Texts:
    """Long texts of the record; nothing is kept."""

    def __init__(self, recording: Recording) -> None:
        self._recording = recording

    def put_text(self, text: str) -> str:
        return blob_name(text_bytes(text))

    def get_text(self, name: str) -> str:
        return self._recording.text_of(name)


class _Comparing(Journal):
    """A journal that appends nothing: it holds each event against the record."""

    def __init__(self, run: str, recording: Recording) -> None:
        self.run = run
        self.texts = _Texts(recording)
        self.state = State()
        self._recording = recording

    def append(self, event: RunEvent, *, durable: bool = False) -> Event:
        del durable
        recorded = self._recording.next
        if recorded is None:
            raise _RecordEnds
        decided = json.loads(canonical_json(to_body(event)))
        if recorded.kind != event.KIND:
            if self._recording.from_outside():
                raise _Interrupted
            shown = _shown(recorded.body)
            raise _Differs(Difference(recorded.seq, recorded.kind, "", shown, event.KIND))
        # Fields that came later than the record have their defaults there.
        known = to_body(from_body(recorded.kind, recorded.body))
        found = first_difference(json.loads(canonical_json(known)), decided)
        if found is not None:
            raise _Differs(Difference(recorded.seq, recorded.kind, *found))
        return self.take(recorded)

    def require_ours(self) -> None:
        """Nobody else writes here."""

    def take(self, recorded: Event) -> Event:
        """Take the next recorded event over."""
        self.state.apply(recorded)
        self._recording.position += 1
        return recorded


async def replay(
    run: str, recording: Recording, setting_of: Callable[[State], Setting]
) -> Replayed:
    """Decide the run again.

    Args:
        run: its name; keys and approvals hang on it.
        recording: its events; moved to the end, or to where the replay ended.
        setting_of: the setting for the engine from here on, with ports that give what is recorded.
    """
    journal = _Comparing(run, recording)
    difference = None
    try:
        while recording.next is not None:
            while recording.next is not None and recording.from_outside():
                journal.take(recording.next)
            await _drive(Engine(setting_of(journal.state), journal))
            if recording.next is not None and not recording.from_outside():
                event = recording.next
                raise _Differs(Difference(event.seq, event.kind, "", _shown(event.body), None))
    except _RecordEnds:
        pass
    except _Differs as found:
        difference = found.difference
    return Replayed(recording.position, len(recording.events), difference)


async def _drive(engine: Engine) -> None:
    try:
        await engine.drive()
    except (_Interrupted, ModelError, NotRecordable):
        return  # the run closed with the error, or was left here


def first_difference(
    recorded: Any, decided: Any, path: str = ""
) -> tuple[str, str | None, str | None] | None:
    """The first place where two JSON values differ: its path, and both as JSON."""
    if isinstance(recorded, dict) and isinstance(decided, dict):
        for key in sorted({*recorded, *decided}):
            below = f"{path}.{key}" if path else key
            if key not in recorded or key not in decided:
                return (
                    below,
                    _shown(recorded[key]) if key in recorded else None,
                    _shown(decided[key]) if key in decided else None,
                )
            if found := first_difference(recorded[key], decided[key], below):
                return found
        return None
    if isinstance(recorded, list) and isinstance(decided, list) and len(recorded) == len(decided):
        for place, (one, other) in enumerate(zip(recorded, decided, strict=True)):
            if found := first_difference(one, other, f"{path}[{place}]"):
                return found
        return None
    return None if recorded == decided else (path, _shown(recorded), _shown(decided))


def _shown(value: Any) -> str:
    return canonical_json(value)
