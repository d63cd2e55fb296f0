"""Making the tool calls of a reply: permission, intent, act, record.

Reads that stand together run at the same time, everything else one after the other; all are
recorded in the order in which the model asked. Whatever a tool raises becomes its result.
"""

from __future__ import annotations

import asyncio
import difflib
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from orchestrator.protocol.handoff import HAND_OFF
from orchestrator.run import events as ev
from orchestrator.run.definitions import ASK_USER
from orchestrator.run.guarded import guarded
from orchestrator.run.journal import Journal
from orchestrator.run.parts import Approval, FrameState
from orchestrator.run.reconciling import Reconciler, why_to_ask
from orchestrator.run.setting import Setting
from orchestrator.toolbox.permissions import decide
from orchestrator.toolbox.tool import Effect, Tool, ToolContext, ToolError, ToolResult
from orchestrator.toolbox.verdicts import Done, Unknown, Verdict
from trading_tools.audit.event import canonical_json
from trading_tools.audit.redact import has_mark

SHOWN_CHARACTERS, SHOWN_SHARE = 40_000, 0.3
"""What of a result a model sees at once, at most: characters, and characters for each token of its
window. The whole is kept and read with `read_receipt`."""

FORKED = "this run is a fork, and what reaches the world outside is not done again by itself"

MARKED = "its arguments held a secret that was not recorded; make the call again"

AT_TERMINAL = "person at the terminal"
"""Who decided, where the run's own process asked."""


class Waiting(Exception):
    """Control flow: the run waits for a person and goes no further now."""


@dataclass(frozen=True, slots=True)
class _Ready:
    """A call that may be made."""

    call: Mapping[str, Any]
    tool: Tool
    approval: str | None


class Caller:
    """Makes the calls of the frame at work."""

    def __init__(self, setting: Setting, journal: Journal) -> None:
        self._setting = setting
        self._journal = journal
        self._reconciler = Reconciler(setting, journal)

    async def answer_all(self, frame: FrameState) -> None:
        """Answer every call of the reply at hand that is not a handoff.

        Raises:
            Waiting: a call waits for a person; what stands before it is done.
        """
        for group in self._groups(frame):
            ready = [made for call in group if (made := await self._ready(frame, call))]
            await self._make(frame, ready)

    def _groups(self, frame: FrameState) -> list[list[Mapping[str, Any]]]:
        """Reads that stand together in one group, everything else alone."""
        groups: list[list[Mapping[str, Any]]] = []
        last_reads = False
        for call in frame.unanswered():
            if call["name"] == HAND_OFF:
                continue
            tool = self._setting.tools.get(call["name"])
            reads = tool is not None and tool.effect is Effect.READ
            if reads and last_reads:
                groups[-1].append(call)
            else:
                groups.append([call])
            last_reads = reads
        return groups

    async def _ready(self, frame: FrameState, call: Mapping[str, Any]) -> _Ready | None:
        """The call if it may be made; else it is answered here with why not."""
        name, arguments = call["name"], call["input"]
        agent = self._setting.definitions.agents[frame.frame.agent]
        if name not in agent.tools:
            near = difflib.get_close_matches(name, agent.tools, n=3)
            hint = f"; near it: {', '.join(near)}" if near else ""
            self._refuse(frame, call, f"{agent.name} has no tool {name!r}{hint}")
            return None
        if name == ASK_USER:
            await self._ask(frame, call)
            return None
        tool = self._setting.tools.get(name)
        begun = self._journal.state.intents.get(call["id"])
        changed = self._no_longer(name, tool, arguments)
        if tool is None or changed:
            self._refuse(frame, call, _and_begun(changed, self._begun_outside(call, tool)))
            return None
        if begun is not None and has_mark(arguments):
            self._refuse(frame, call, _and_begun(MARKED, self._begun_outside(call, tool)))
            return None
        asked = self._asked(call)
        earlier: Verdict | None = None
        if begun is not None and Effect.EXTERNAL in {tool.effect, begun[1].effect}:
            earlier = await self._reconciler.outcome(frame, call, tool)
            if isinstance(earlier, Done):
                self._record(
                    frame, call, tool, ToolResult(earlier.text, earlier.data, earlier.is_error)
                )
                return None
        if earlier is not None and asked is not None and asked.used:
            asked = None  # it was for the attempt before; nothing undoes or joins the two
        if asked is None and isinstance(earlier, Unknown):
            asked = self._request(frame, call, why_to_ask(earlier), self._showed(call))
        if asked is None:
            return await self._by_rules(frame, call, tool, earlier)
        return await self._approved(frame, call, tool, asked)

    async def _by_rules(
        self, frame: FrameState, call: Mapping[str, Any], tool: Tool, earlier: Verdict | None
    ) -> _Ready | None:
        """As the rules have it: made, refused, or put to a person who sees what it would do."""
        arguments = call["input"]
        decision = decide(self._setting.rules, tool.name, arguments, tool.subject(arguments))
        if decision.verdict == "deny":
            self._refuse(frame, call, decision.why)
            return None
        forked = tool.effect is Effect.EXTERNAL and self._journal.state.copied > 0
        if decision.verdict == "allow" and not forked:
            return _Ready(call, tool, None)
        whys = [decision.why] if decision.verdict == "ask" else []
        whys += [FORKED] if forked else []
        whys += [why_to_ask(earlier)] if earlier else []
        try:
            shows = await self._preview(frame, call, tool)
        except ToolError as error:
            self._refuse(frame, call, str(error))
            return None
        asked = self._request(frame, call, "; ".join(whys), shows)
        return await self._approved(frame, call, tool, asked)

    def _begun_outside(self, call: Mapping[str, Any], tool: Tool | None) -> bool:
        """Whether an attempt was begun that may have reached the world outside."""
        begun = self._journal.state.intents.get(call["id"])
        if begun is None:
            return False
        effects = {begun[1].effect, tool.effect if tool else begun[1].effect}
        return not effects.isdisjoint({Effect.KEYED, Effect.EXTERNAL})

    def _no_longer(self, name: str, tool: Tool | None, arguments: Mapping[str, Any]) -> str:
        """Why a call cannot be made by this version as by the one that opened the run."""
        if tool is None:
            return f"{name} is not part of this installation"
        if tool.wire_form() == self._setting.definitions.wire.get(name):
            return ""
        try:
            tool.check(arguments)
        except ToolError as error:
            return f"{name} has changed since this run was opened and does not take this: {error}"
        return ""

    def _asked(self, call: Mapping[str, Any]) -> Approval | None:
        """What a person was asked about the call; in a fork that does not count of its parent."""
        asked = self._journal.state.approval_of(call["id"])
        return asked if asked is not None and asked.request.digest == self._digest(call) else None

    async def _preview(self, frame: FrameState, call: Mapping[str, Any], tool: Tool) -> str:
        """What the call would really do, for the person who is asked.

        Raises:
            ToolError: it could not be done at all.
        """
        if tool.preview is None:
            return ""
        context = ToolContext(
            run=self._journal.run,
            agent=frame.frame.agent,
            key=self._key(call),
            services=self._setting.services,
        )
        work = tool.preview(context, call["input"])
        try:
            shows = await guarded(f"looking into {tool.name}", work, tool.timeout_s)
        except ToolError as error:
            raise ToolError(self._clean(str(error))) from error
        return str(self._clean(shows))

    def _showed(self, call: Mapping[str, Any]) -> str:
        """What the person saw who was asked about the call before."""
        before = self._journal.state.approval_of(call["id"])
        return before.request.shows if before is not None else ""

    def _request(
        self, frame: FrameState, call: Mapping[str, Any], why: str, shows: str
    ) -> Approval:
        now = self._setting.clock()
        expires = now + timedelta(minutes=self._setting.approval_minutes)
        state = self._journal.state
        request = ev.ApprovalRequested(
            id=f"a{len(state.approvals) + 1}",
            frame=frame.frame.id,
            call=call["id"],
            tool=call["name"],
            arguments=call["input"],
            digest=self._digest(call),
            why=why,
            expires_at=expires.isoformat(),
            shows=shows,
        )
        self._journal.append(request)
        return state.approvals[request.id]

    async def _approved(
        self, frame: FrameState, call: Mapping[str, Any], tool: Tool, approval: Approval
    ) -> _Ready | None:
        request = approval.request
        if approval.decided is None:
            if datetime.fromisoformat(request.expires_at) <= self._setting.clock():
                why = f"nobody approved it by {request.expires_at}"
                self._refuse(frame, call, _and_begun(why, self._begun_outside(call, tool)))
                return None
            why = f"{request.shows}\n{request.why}" if request.shows else request.why
            said = await self._setting.person.approve(tool.name, request.arguments, why)
            if said is None:
                raise Waiting
            self._journal.append(ev.ApprovalDecided(request.id, said, AT_TERMINAL, request.digest))
        decided = approval.decided
        if decided is None or not decided.approved:
            why = _and_begun("a person denied this call", self._begun_outside(call, tool))
            self._refuse(frame, call, why)
            return None
        if decided.digest != self._digest(call):
            self._refuse(frame, call, "the approval was given for another call")
            return None
        return _Ready(call, tool, request.id)

    async def _ask(self, frame: FrameState, call: Mapping[str, Any]) -> None:
        question = str(call["input"].get("question", "")).strip()
        if not question:
            self._refuse(frame, call, "ask_user needs a question")
            return
        if self._journal.state.question is None:
            self._journal.append(ev.QuestionAsked(frame.frame.id, call["id"], question))
        said = await self._setting.person.answer(frame.frame.agent, question)
        if said is None:
            raise Waiting
        answer = self._setting.redactor.text(said)
        self._journal.append(ev.QuestionAnswered(frame.frame.id, call["id"], answer))

    def _digest(self, call: Mapping[str, Any]) -> str:
        return approval_digest(self._journal.run, call["name"], call["input"])

    def _refuse(self, frame: FrameState, call: Mapping[str, Any], why: str) -> None:
        self._journal.append(ev.ToolRefused(frame.frame.id, call["id"], call["name"], why))

    async def _make(self, frame: FrameState, ready: list[_Ready]) -> None:
        """Record the intents, act, record what came out, in the order asked."""
        for one in ready:
            self._intend(frame, one)
        if len(ready) == 1:
            results = [await self._run(frame, ready[0])]
        else:
            results = await asyncio.gather(*(self._run(frame, one) for one in ready))
        for one, result in zip(ready, results, strict=True):
            self._record(frame, one.call, one.tool, result)

    def _intend(self, frame: FrameState, one: _Ready) -> None:
        before = self._journal.state.intents.get(one.call["id"])
        self._journal.append(
            ev.ToolIntended(
                frame=frame.frame.id,
                call=one.call["id"],
                tool=one.tool.name,
                arguments=one.call["input"],
                effect=one.tool.effect.value,
                attempt=before[1].attempt + 1 if before else 1,
                key=self._key(one.call),
                tree=self._tree(one, before[1] if before else None),
                approval=one.approval,
            ),
            durable=one.tool.effect in {Effect.KEYED, Effect.EXTERNAL},
        )

    def _key(self, call: Mapping[str, Any]) -> str:
        """The same for every attempt at a call."""
        before = self._journal.state.intents.get(call["id"])
        return before[1].key if before else f"{self._journal.run}:{call['id']}"

    def _tree(self, one: _Ready, before: ev.ToolIntended | None) -> str | None:
        """The workspace before the call; an earlier attempt's is put back first."""
        work = self._setting.work
        if one.tool.effect is not Effect.WORKSPACE or work is None:
            return None
        if before is not None and before.tree is not None:
            self._journal.require_ours()
            work.restore(before.tree)
            return before.tree
        return work.tree()

    async def _run(self, frame: FrameState, one: _Ready) -> ToolResult:
        context = ToolContext(
            run=self._journal.run,
            agent=frame.frame.agent,
            key=self._journal.state.intents[one.call["id"]][1].key,
            services=self._setting.services,
        )
        work = one.tool.call(context, one.call["input"])
        try:
            return await guarded(one.tool.name, work, one.tool.timeout_s)
        except ToolError as error:
            return ToolResult(str(error), None, is_error=True)

    def _record(
        self, frame: FrameState, call: Mapping[str, Any], tool: Tool, result: ToolResult
    ) -> None:
        clean = self._setting.redactor.text(self._setting.stable(result.text))
        shown, whole = clean, None
        model = self._setting.definitions.agents[frame.frame.agent].model
        most = min(SHOWN_CHARACTERS, int(self._setting.windows.of(model) * SHOWN_SHARE))
        if len(clean) > most:
            whole = self._journal.texts.put_text(clean)
            shown = _shortened(clean, most)
            data = None
        else:
            data = clean if result.data is result.text else self._clean(result.data)
        self._journal.append(
            ev.ToolFinished(
                frame=frame.frame.id,
                call=call["id"],
                tool=tool.name,
                text=shown,
                data=data,
                is_error=result.is_error,
                whole=whole,
            )
        )

    def _clean(self, value: Any) -> Any:
        """Data without secrets, and the same on every machine."""
        if isinstance(value, str):
            return self._setting.redactor.text(self._setting.stable(value))
        if isinstance(value, Mapping):
            return self._setting.redactor.value({k: self._clean(v) for k, v in value.items()})
        if isinstance(value, list | tuple):
            return [self._clean(item) for item in value]
        return value


def approval_digest(run: str, tool: str, arguments: Mapping[str, Any]) -> str:
    """What an approval is bound to: this run, this tool, these very arguments."""
    return hashlib.sha256(canonical_json([run, tool, dict(arguments)]).encode()).hexdigest()


def _and_begun(why: str, begun: bool) -> str:
    if not begun:
        return why
    return (
        f"{why}; an attempt at it was begun before a crash and may have taken effect: find out at "
        "the other side before you do it another way"
    )


def _shortened(text: str, most: int) -> str:
    head, tail = most * 3 // 4, most // 5
    left_out = len(text) - head - tail
    return (
        f"{text[:head]}\n[… {left_out} of {len(text)} characters left out here; read_receipt "
        f"gives them by offset …]\n{text[-tail:]}"
    )
