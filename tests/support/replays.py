"""Every run that tests drive is decided again from its record, and must come out the same."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace

from orchestrator.run.replaying import ports
from orchestrator.run.replaying.recording import Recording
from orchestrator.run.replaying.replay import Replayed, replay
from orchestrator.run.setting import Setting
from orchestrator.run.state import State
from trading_tools.audit.ledger import Ledger


async def replayed(ledger: Ledger, run: str, setting: Setting, given: Collection[int]) -> Replayed:
    """The run decided again under `setting`; `given` are the test's own events."""
    recording = Recording(ledger.read(run), ledger.get_text, given)
    return await replay(run, recording, recorded_setting(recording, setting))


def recorded_setting(recording: Recording, setting: Setting) -> Callable[[State], Setting]:
    """The setting with ports that give what was recorded."""

    def made(_: State) -> Setting:
        passed = iter((0.0,))
        return replace(
            setting,
            model=ports.RecordedModel(recording),
            tools=ports.recorded_tools(recording, setting.tools),
            checks=ports.RecordedChecks(recording, setting.checks),
            redactor=ports.WithheldRedactor(),
            work=None if setting.work is None else ports.RecordedWork(recording),
            person=ports.RecordedPerson(recording),
            clock=lambda: recording.clock(setting.approval_minutes),
            monotonic=lambda: next(passed, ports.FOREVER_S if recording.out_of_time() else 0.0),
        )

    return made
