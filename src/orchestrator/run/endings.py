"""What happens when an agent's part ends: its envelope is read, checked and moves the chain."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict
from typing import Any

from orchestrator.protocol.handoff import HAND_OFF, Handoff
from orchestrator.protocol.parsing import HandoffError, ParsedHandoff, parse_handoff
from orchestrator.protocol.stack import (
    Called,
    Ended,
    Move,
    NeedsRouter,
    Passed,
    Refused,
    Returned,
)
from orchestrator.run import events as ev
from orchestrator.run.chain import move_of
from orchestrator.run.claims import cited_receipts
from orchestrator.run.journal import Journal
from orchestrator.run.limits import Limits, Reached, ping_pong
from orchestrator.run.openings import opening_for
from orchestrator.run.parts import BY_HARNESS, FrameState
from orchestrator.run.routing import Routes
from orchestrator.run.setting import Case, Finding, Setting
from orchestrator.run.turns import LimitBites

RETRIES = 2
"""How often an agent may mend its envelope at one ending."""


class Endings:
    """Reads envelopes and moves the chain of command."""

    def __init__(self, setting: Setting, journal: Journal, routes: Routes) -> None:
        self._setting = setting
        self._journal = journal
        self._routes = routes

    async def settle(self, frame: FrameState) -> None:
        """Deal with a reply that makes no further tool call.

        Raises:
            LimitBites: the envelope would go over a limit of hops, or the router's call over one.
            ServiceFails: the router was to pick a helper, and the service gave no reply.
        """
        calls = [call for call in frame.calls() if call["name"] == HAND_OFF]
        call = calls[0]["id"] if len(calls) == 1 else None
        problems: tuple[str, ...]
        if len(calls) > 1:
            problems = (f"{len(calls)} hand_off calls in one reply: give one envelope",)
            await self._reject(frame, problems, "\n".join(problems), None)
            return
        try:
            parsed = self._parsed(calls[0]["input"] if calls else None, frame)
        except HandoffError as error:
            await self._reject(frame, error.problems, error.for_model(), call)
            return
        handoff = parsed.handoff
        unknown = [
            number
            for number in cited_receipts(handoff.result, handoff.reasoning)
            if number not in self._journal.state.receipts
        ]
        if unknown:
            listed = ", ".join(f"r{number}" for number in unknown)
            have = ", ".join(f"r{number}" for number in self._journal.state.receipts) or "none"
            problem = f"no such receipt: {listed}; there are: {have}"
            await self._reject(frame, (problem,), problem, call)
            return
        await self._move(frame, handoff, parsed.repairs, call)

    def _parsed(self, given: Mapping[str, Any] | None, frame: FrameState) -> ParsedHandoff:
        """The envelope of a call, else of the reply's text; one that was cut may begin before it.

        Raises:
            HandoffError: it is none.
        """
        names, text = self._setting.definitions.names, frame.said()
        try:
            return parse_handoff(text if given is None else given, names)
        except HandoffError:
            if given is not None or frame.context.joined == text:
                raise
            with suppress(HandoffError):
                return parse_handoff(frame.context.joined, names)
            raise

    async def _move(
        self, frame: FrameState, handoff: Handoff, repairs: tuple[str, ...], call: str | None
    ) -> None:
        state = self._journal.state
        move: Move = move_of(state, handoff, call, None, asked=False)
        helper = None
        if isinstance(move, NeedsRouter):
            wanted = f"{handoff.result}\n{handoff.reasoning}"
            helper = await self._routes.helper(frame.frame.agent, wanted, move.excluding)
            move = move_of(state, handoff, call, helper, asked=True)
        match move:
            case Refused(reason=reason):
                await self._reject(frame, (reason,), reason, call)
            case Ended(status="blocked"):
                self._accept(frame, handoff, repairs, call, helper, None)
                self.finish()
            case Ended():
                await self._end(frame, handoff, repairs, call)
            case Called(frame=new) | Passed(frame=new):
                self._check_hops()
                waits = isinstance(move, Called)
                sender = frame.frame.agent
                work = self._setting.work
                change = work.diff_summary() if work else ""
                text = opening_for(
                    self._setting, state, sender, new.agent, handoff, change, waits=waits
                )
                if work is not None:
                    work.open_zone(new.agent)
                self._accept(frame, handoff, repairs, call, helper, text, change)
                if (reached := ping_pong(state.handoffs)) is not None:
                    raise LimitBites(reached)
            case Returned(noted=noted):
                readings = (*repairs, noted) if noted else repairs
                self._accept(frame, handoff, readings, call, helper, None)
            case NeedsRouter():
                raise LookupError("the router was asked for a helper already")

    def _check_hops(self) -> None:
        state = self._journal.state
        cap = Limits.from_body(state.limits).hops
        if len(state.handoffs) >= cap:
            passed = [sender for sender, _, _ in state.handoffs]
            path = " → ".join([*passed, state.top.frame.agent])
            raise LimitBites(Reached("hops", str(cap), f"{len(state.handoffs)}: {path}"))

    async def _end(
        self,
        frame: FrameState,
        handoff: Handoff,
        repairs: tuple[str, ...],
        call: str | None,
    ) -> None:
        """The run would end: check whether it may."""
        state = self._journal.state
        job = state.route.job if state.route else "answer"
        case = Case(state, handoff, frame.frame.agent, self._setting.services)
        findings = [await check(case) for check in self._setting.checks.get(job, ())]
        unmet = tuple(
            text for finding in findings if finding.met is False for text in _to_do(finding)
        )
        self._journal.append(
            ev.AcceptanceChecked(
                frame=frame.frame.id,
                handoff=handoff.model_dump(),
                call=call,
                checks=tuple(asdict(finding) for finding in findings),
                unmet=unmet,
                unchecked=tuple(f"{f.check}: {f.detail}" for f in findings if f.met is None),
                unverified=tuple(text for f in findings for text in f.unverified),
                message=_send_back(unmet),
            )
        )
        if not unmet:
            self._accept(frame, handoff, repairs, call, None, None)
            self.finish()
        else:
            await self.give_up(frame)

    def _no_progress(self) -> bool:
        """Whether the last two endings in a row did not shorten the list."""
        counts = [len(checked.unmet) for checked in self._journal.state.acceptance][-3:]
        return len(counts) == 3 and counts[0] <= counts[1] <= counts[2]

    async def _reject(
        self, frame: FrameState, problems: tuple[str, ...], message: str, call: str | None
    ) -> None:
        self._journal.append(ev.HandoffRejected(frame.frame.id, problems, message, call))
        await self.give_up(frame)

    def finish(self) -> None:
        """Close the run, whose chain has ended."""
        match self._journal.state.ended:
            case Ended(status="blocked", handoff=read, noted=noted):
                self._close("blocked", read.result or read.reasoning, noted)
            case Ended(status=status, handoff=read):
                self._close(status, read.result)
            case None:
                raise LookupError("the chain has not ended")

    async def give_up(self, frame: FrameState) -> bool:
        """End the frame, or the run, where what was sent back last was once too often."""
        match self._journal.state.sent_back:
            case ev.AcceptanceChecked(handoff=sent, unmet=unmet) if self._no_progress():
                listed = "; ".join(unmet)
                self._close("blocked", f"{sent['result']}\n\nNot accepted: {listed}")
            case ev.HandoffRejected(problems=problems, call=call) if frame.rejections > RETRIES:
                blocked = Handoff(
                    status="blocked",
                    result=f"{frame.frame.agent} gave no valid envelope in {RETRIES + 1} tries: "
                    + "; ".join(problems)[:2000],
                    confidence=0.0,
                    reasoning=BY_HARNESS,
                )
                await self._move(frame, blocked, (BY_HARNESS,), call)
            case _:
                return False
        return True

    def _accept(
        self,
        frame: FrameState,
        handoff: Handoff,
        repairs: tuple[str, ...],
        call: str | None,
        helper: str | None,
        opening: str | None,
        change: str = "",
    ) -> None:
        self._journal.append(
            ev.HandoffReturned(
                frame=frame.frame.id,
                handoff=handoff.model_dump(),
                repairs=repairs,
                call=call,
                helper=helper,
                opening=opening,
                change=change,
            )
        )

    def _close(self, status: str, result: str, note: str | None = None) -> None:
        self._journal.append(ev.RunClosed(status, result, resumable=False, note=note))


def _to_do(finding: Finding) -> tuple[str, ...]:
    return finding.missing or (f"{finding.check}: {finding.detail}",)


def _send_back(unmet: tuple[str, ...]) -> str:
    if not unmet:
        return ""
    listed = "\n".join(f"- {text}" for text in unmet)
    return (
        "The run cannot end yet. The harness checked and found missing:\n"
        f"{listed}\nDo it, or hand on to who can, then hand off again."
    )
