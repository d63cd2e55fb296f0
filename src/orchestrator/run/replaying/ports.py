"""What stands in a replay where a run has its model, tools, person, workspace and checks.

Each gives what was recorded at the place where the replay is, and does nothing. Where the record
has no outcome (the process was killed, or the engine decides otherwise than it did) anything will
do: the journal stops the replay at the next event.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any

from orchestrator.models.port import (
    BadRequest,
    DeadlinePassed,
    ModelConfigError,
    ModelError,
    ModelRequest,
    ModelUnavailable,
    PromptTooLong,
    Reply,
    Usage,
)
from orchestrator.run import events as ev
from orchestrator.run.reconciling import WORDS
from orchestrator.run.replaying.recording import Recording
from orchestrator.run.setting import Case, Check, Finding
from orchestrator.run.turns import SAME_ID, SECRET
from orchestrator.toolbox.tool import Effect, Tool, ToolContext, ToolError, ToolResult
from orchestrator.toolbox.verdicts import Done, NotDone, Unknown, Verdict
from trading_tools.audit.redact import Redactor

_FOREVER_S = 1e12  # longer than any run may take

_WITHHELD = "(a reply that was not kept)"


def stand_ins(
    recording: Recording,
    tools: Mapping[str, Tool],
    jobs: Collection[str],
    approval_minutes: int,
    *,
    work: bool,
) -> dict[str, Any]:
    """All that a `Setting` has to have from the record, by the names of its fields.

    Args:
        recording: what gives it.
        tools: today's, which are not called.
        jobs: the kinds of job that have checks.
        approval_minutes: how long a request for an approval stays open.
        work: whether the run has a workspace.
    """
    passed = iter((0.0,))
    return {
        "model": RecordedModel(recording),
        "tools": recorded_tools(recording, tools),
        "checks": RecordedChecks(recording, jobs),
        "redactor": WithheldRedactor(),
        "work": RecordedWork(recording) if work else None,
        "person": RecordedPerson(recording),
        "clock": lambda: recording.clock(approval_minutes),
        # The engine looks first when it begins.
        "monotonic": lambda: next(passed, _FOREVER_S if recording.out_of_time() else 0.0),
    }


class RecordedModel:
    """Gives the recorded replies and failures; asks nobody."""

    def __init__(self, recording: Recording) -> None:
        self._recording = recording

    async def reply(
        self,
        request: ModelRequest,
        on_text: Callable[[str], None] | None = None,
        deadline_s: float | None = None,
    ) -> Reply:
        """The reply that came here, or the failure, as its error."""
        del on_text, deadline_s
        replied = self._recording.next_body(ev.ModelReplied.KIND)
        if replied is not None:
            return _reply(replied)
        failed = self._recording.next_body(ev.ModelFailed.KIND)
        if failed is not None:
            raise _error(failed, self._recording)
        return Reply((), "end_turn", model=request.model)

    async def aclose(self) -> None:
        """Nothing to give back."""


def _reply(body: Mapping[str, Any]) -> Reply:
    usage, lost = _parted(Usage(**body["usage"]), body.get("context_tokens"))
    reply = Reply(
        content=tuple(body["content"]),
        stop_reason=body["stop_reason"],
        usage=usage,
        model=body["model"],
        attempts=body["attempts"],
        tool_errors=body["tool_errors"],
        refusal=body["refusal"],
        lost_usage=lost,
    )
    if body["refusal"] not in {SECRET.refusal, SAME_ID.refusal}:
        return reply
    content: tuple[Mapping[str, Any], ...] = ({"type": "text", "text": _WITHHELD},)
    if body["refusal"] == SAME_ID.refusal:
        content = ({"type": "tool_use", "id": "same", "name": "x", "input": {}},) * 2
    return replace(reply, content=content, refusal=None)


def _parted(whole: Usage, of_reply: int | None) -> tuple[Usage, Usage]:
    """The reply's own usage and that of the tries before it; only the sum of each matters."""
    over = whole.prompt_tokens + whole.output_tokens - (of_reply or 0)
    if not of_reply or over <= 0:
        return whole, Usage()
    lost: dict[str, int] = {}
    for name in ("output_tokens", "cache_read_tokens", "cache_write_tokens", "input_tokens"):
        lost[name] = min(over, getattr(whole, name))
        over -= lost[name]
    own = {name: getattr(whole, name) - count for name, count in lost.items()}
    return Usage(**own), Usage(**lost)


def _error(body: Mapping[str, Any], recording: Recording) -> ModelError:
    """The kind of error is told by what the engine did about it."""
    why, attempts, lost = body["why"], body["attempts"], Usage(**body["usage"])
    closed = recording.ahead(ev.RunClosed.KIND)
    error: ModelError
    if body.get("too_long"):
        error = PromptTooLong(why, attempts=attempts)
    elif body.get("fix"):
        what = why.removesuffix(f": {body['fix']}")
        of_model = closed is not None and closed["result"] != why
        error = ModelConfigError(what, body["fix"], attempts=attempts, of_model=of_model)
    elif closed is not None and closed["status"] == "limited":
        error = DeadlinePassed(why, retry_after_s=0, attempts=attempts)
    elif closed is not None and closed["status"] == "failed":
        error = BadRequest(why, attempts=attempts)
    else:
        error = ModelUnavailable(why, attempts=attempts)
    error.lost_usage = lost
    return error


class WithheldRedactor(Redactor):
    """The record holds no secrets; only the stand-in of a reply that held one counts as one."""

    def text(self, text: str) -> str:
        """As it is."""
        return text

    def value(self, value: Any) -> Any:
        """As it is, but for the stand-in."""
        return None if value == [{"type": "text", "text": _WITHHELD}] else value


@dataclass(frozen=True, kw_only=True)
class RecordedTool(Tool):
    """Gives what its calls came to."""

    recording: Recording

    async def call(self, context: ToolContext, arguments: Mapping[str, Any]) -> ToolResult:
        """What came out of the call whose key `context` has."""
        del arguments
        intended = [
            event.body["call"]
            for event in self.recording.events[: self.recording.position]
            if event.kind == ev.ToolIntended.KIND and event.body["key"] == context.key
        ]
        finished = self.recording.ahead(ev.ToolFinished.KIND, call=intended[-1])
        if finished is None:
            return ToolResult("")
        text = finished["text"]
        if finished["whole"]:
            text = self.recording.text_of(finished["whole"])
        return ToolResult(text, finished["data"], finished["is_error"])

    async def shown(self, context: ToolContext, arguments: Mapping[str, Any]) -> str:
        """What a person was shown of the call, or the error that refused it."""
        del context, arguments
        asked = self.recording.next_body(ev.ApprovalRequested.KIND)
        if asked is not None:
            return str(asked.get("shows", ""))
        refused = self.recording.next_body(ev.ToolRefused.KIND)
        raise ToolError(refused["why"] if refused is not None else "")

    async def verdict(self, context: ToolContext, arguments: Mapping[str, Any]) -> Verdict:
        """What was found out about an earlier attempt."""
        del context, arguments
        found = self.recording.next_body(ev.ToolReconciled.KIND) or {"verdict": "", "why": ""}
        if found["verdict"] == WORDS[Done]:
            finished = self.recording.ahead(ev.ToolFinished.KIND, call=found["call"])
            if finished is None:
                return Done("")
            return Done(finished["text"], finished["data"], finished["is_error"])
        unknown = found["verdict"] != WORDS[NotDone]
        return Unknown(found["why"]) if unknown else NotDone(found["why"])


def recorded_tools(recording: Recording, today: Mapping[str, Tool]) -> dict[str, Tool]:
    """Every tool of today that makes no call any more, with the effects that were recorded."""
    effects = {
        event.body["tool"]: Effect(event.body["effect"])
        for event in recording.events
        if event.kind == ev.ToolIntended.KIND
    }
    asked = {e.body["tool"] for e in recording.events if e.kind == ev.ToolReconciled.KIND}
    made: dict[str, Tool] = {}
    for name, tool in today.items():
        given = {item.name: getattr(tool, item.name) for item in fields(tool)}
        given["effect"] = effects.get(name, tool.effect)
        one = RecordedTool(**given, recording=recording)
        reconcile = one.verdict if name in asked else None
        preview = one.shown if tool.preview is not None else None
        made[name] = replace(one, reconcile=reconcile, preview=preview)
    return made


class RecordedPerson:
    """Decides and answers as a person at the terminal did."""

    def __init__(self, recording: Recording) -> None:
        self._recording = recording

    async def approve(self, tool: str, arguments: Mapping[str, Any], why: str) -> bool | None:
        """The decision that was given at the terminal; None where it came otherwise."""
        del tool, arguments, why
        decided = self._recording.next_body(ev.ApprovalDecided.KIND)
        if decided is None or self._recording.from_outside():
            return None
        return bool(decided["approved"])

    async def answer(self, agent: str, question: str) -> str | None:
        """The answer that was given here."""
        del agent, question
        answered = self._recording.next_body(ev.QuestionAnswered.KIND)
        return None if answered is None else str(answered["text"])


class RecordedWork:
    """The workspace as the events tell of it."""

    def __init__(self, recording: Recording) -> None:
        self._recording = recording

    def tree(self) -> str:
        """The tree that the next event names."""
        event = self._recording.next
        tree = event.body.get("tree") if event is not None else None
        return str(tree or "")

    def restore(self, tree: str) -> None:
        """Nothing stands anywhere."""

    def commit(
        self, *, agent: str, turn: int, summary: str, run: str, head: str, at: datetime
    ) -> str | None:
        """A commit where one was recorded."""
        del agent, turn, summary, run, head, at
        return "recorded" if self._recording.next_body(ev.WorkCommitted.KIND) else None

    def open_board(self, request: str, agents: Sequence[str] = ()) -> None:
        """Nothing stands anywhere."""

    def open_zone(self, agent: str) -> None:
        """Nothing stands anywhere."""

    def diff_summary(self) -> str:
        """The summary that the next event tells."""
        event = self._recording.next
        return str(event.body.get("change", "")) if event is not None else ""


class RecordedChecks(Mapping[str, Sequence[Check]]):
    """For every kind of job the findings that were recorded here, as checks that find them."""

    def __init__(self, recording: Recording, jobs: Collection[str]) -> None:
        self._recording = recording
        self._jobs = tuple(jobs)

    def __getitem__(self, job: str) -> Sequence[Check]:
        checked = self._recording.next_body(ev.AcceptanceChecked.KIND)
        return [_finds(found) for found in checked["checks"]] if checked else []

    def __iter__(self) -> Iterator[str]:
        return iter(self._jobs)

    def __len__(self) -> int:
        return len(self._jobs)


def _finds(found: Mapping[str, Any]) -> Check:
    lists = {name: tuple(found.get(name, ())) for name in ("missing", "unverified")}
    finding = Finding(**{**found, **lists})

    async def check(case: Case) -> Finding:
        del case
        return finding

    return check
