"""Every run that tests drive is decided again from its record, and must come out the same."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from orchestrator.run.replaying.ports import stand_ins
from orchestrator.run.replaying.recording import Recording
from orchestrator.run.replaying.replay import Replayed, replay
from orchestrator.run.setting import Setting
from orchestrator.run.state import State
from trading_tools.audit.ledger import Ledger


async def replayed(ledger: Ledger, run: str, setting: Setting, given: Collection[int]) -> Replayed:
    """The run decided again under `setting`; `given` are the test's own events."""
    recording = Recording(ledger.read(run), ledger.get_text, given)

    def made(_: State) -> Setting:
        has_work = setting.work is not None
        minutes = setting.approval_minutes
        ports = stand_ins(recording, setting.tools, setting.checks, minutes, work=has_work)
        return replace(setting, **ports)

    return await replay(run, recording, made)
