"""What became of an external call that was begun before a crash.

The tool is asked once each time the run is taken up, before anything is done about the call: what
a person allowed when the outcome was unknown is not done once the other side says that it is done.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from orchestrator.run import events as ev
from orchestrator.run.guarded import guarded
from orchestrator.run.journal import Journal
from orchestrator.run.parts import FrameState
from orchestrator.run.setting import Setting
from orchestrator.toolbox.tool import Tool, ToolContext, ToolError
from orchestrator.toolbox.verdicts import Done, NotDone, Unknown, Verdict

OUTCOME_UNKNOWN = (
    "an earlier attempt was begun and its outcome is not known: find out at the other side first, "
    "and allow it only if it certainly did not happen"
)

WORDS = {Done: "done", NotDone: "not done", Unknown: "unknown"}


class Reconciler:
    """Asks tools about attempts that no event finished."""

    def __init__(self, setting: Setting, journal: Journal) -> None:
        self._setting = setting
        self._journal = journal

    async def outcome(self, frame: FrameState, call: Mapping[str, Any], tool: Tool) -> Verdict:
        """The verdict on the last attempt at a call; one other than "no `reconcile`" is recorded.

        A `reconcile` that fails or takes longer than the tool may has found out nothing.
        """
        state, name = self._journal.state, call["id"]
        intent = state.intents[name][1]
        epoch, told = state.reconciled.get(name, (0, None))
        if told is not None and epoch == state.epoch and told.attempt == intent.attempt:
            if told.verdict == WORDS[NotDone]:
                return NotDone(told.why)
            if told.verdict == WORDS[Unknown]:
                return Unknown(told.why)
        if tool.reconcile is None:
            return Unknown("")
        verdict = await self._ask(frame, tool, intent)
        why = verdict.proof if isinstance(verdict, NotDone) else ""
        why = verdict.why if isinstance(verdict, Unknown) else why
        clean = self._setting.redactor.text(self._setting.stable(why))
        word = WORDS[type(verdict)]
        self._journal.append(
            ev.ToolReconciled(frame.frame.id, name, tool.name, intent.attempt, word, clean)
        )
        if isinstance(verdict, Done):
            return verdict
        return NotDone(clean) if isinstance(verdict, NotDone) else Unknown(clean)

    async def _ask(self, frame: FrameState, tool: Tool, intent: ev.ToolIntended) -> Verdict:
        if tool.reconcile is None:
            raise LookupError(f"{tool.name} cannot reconcile")
        context = ToolContext(
            run=self._journal.run,
            agent=frame.frame.agent,
            key=intent.key,
            begun_at=datetime.fromisoformat(self._journal.state.intended_at[intent.call]),
            services=self._setting.services,
        )
        work = tool.reconcile(context, intent.arguments)
        try:
            return await guarded(f"asking {tool.name}", work, tool.timeout_s)
        except ToolError as error:
            return Unknown(str(error))


def why_to_ask(verdict: Verdict) -> str:
    """What a person is told who has to decide about a call that is not known to be done."""
    if isinstance(verdict, NotDone):
        return f"the earlier attempt certainly had no effect ({verdict.proof})"
    if isinstance(verdict, Unknown) and verdict.why:
        return f"{OUTCOME_UNKNOWN} (the tool: {verdict.why})"
    return OUTCOME_UNKNOWN
