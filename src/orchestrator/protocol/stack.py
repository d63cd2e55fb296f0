"""The chain of command as a call stack: where an accepted handoff moves a run.

Pure: the same stack and handoff always give the same move, so a replay walks the same chain. Who
helps where nobody was named is the router's choice, and whether the end of a run holds is
acceptance's; neither is known here.

| status     | next_agent null                                | next_agent set                   |
|------------|------------------------------------------------|----------------------------------|
| success    | return to who asked, or end the run            | pass on; nobody waits for me     |
| needs_help | a helper must be picked                        | call it, and wait for its answer |
| blocked    | goes up to who asked; at the top the run ends  | call who can unblock me          |
| complete   | the run ends; below the top read as `success`  | refused                          |
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from orchestrator.protocol.handoff import Handoff, ProtocolError

MAX_DEPTH = 8
"""Frames on the stack at once, the waiting ones included."""

EndStatus = Literal["success", "complete", "blocked"]


class ChainEndedError(ProtocolError):
    """A handoff was given to a chain that has no agent left to give one."""


@dataclass(frozen=True, slots=True)
class Setback:
    """A helper came back blocked while the run had `receipts` receipts."""

    agent: str
    receipts: int


@dataclass(frozen=True, slots=True)
class Frame:
    """One agent at work, or waiting for the frame above it.

    `id` is never used twice in a run. `caller` is the frame that waits for this one's answer, None
    for nobody. `pending_call` is the tool_use id of the caller's `hand_off` that this answer
    resolves; None when nobody waits or the caller handed off by text. `asked_for` is the agent the
    caller named, which differs from `agent` once the work was passed on. `setbacks` are the
    helpers of this frame that came back blocked.
    """

    id: int
    agent: str
    caller: int | None
    pending_call: str | None
    asked_for: str
    setbacks: tuple[Setback, ...] = ()

    def spent_helpers(self, receipts: int) -> frozenset[str]:
        """Helpers that came back blocked, with no receipt won or lost since."""
        return frozenset(past.agent for past in self.setbacks if past.receipts == receipts)


@dataclass(frozen=True, slots=True)
class Stack:
    """The frames of a run, the first asked at the bottom, the one at work last."""

    frames: tuple[Frame, ...]
    next_id: int

    @classmethod
    def opened_with(cls, agent: str) -> Stack:
        """The chain of a run whose first agent is `agent`."""
        return cls((Frame(0, agent, None, None, agent),), 1)

    @property
    def top(self) -> Frame:
        """The frame at work.

        Raises:
            ChainEndedError: the chain is at its end.
        """
        if not self.frames:
            raise ChainEndedError("the chain of command has ended: no agent is at work")
        return self.frames[-1]

    @property
    def depth(self) -> int:
        """Frames on the stack, 0 once the chain has ended."""
        return len(self.frames)

    @property
    def agents(self) -> tuple[str, ...]:
        """The agents on the stack from the bottom up; one may occur more than once."""
        return tuple(frame.agent for frame in self.frames)


@dataclass(frozen=True, slots=True)
class Returned:
    """The handoff answers `to`, which goes on; `call` is its `hand_off` to answer, None by text.

    `handoff` is as it is read by the receiver; `noted` says where that differs from what was sent.
    """

    stack: Stack
    to: Frame
    call: str | None
    handoff: Handoff
    noted: str | None


@dataclass(frozen=True, slots=True)
class Ended:
    """The chain would end with `status`; whether that holds is for acceptance to say."""

    stack: Stack
    status: EndStatus
    handoff: Handoff
    noted: str | None


@dataclass(frozen=True, slots=True)
class Called:
    """`frame` starts, and the frame below it waits for its answer."""

    stack: Stack
    frame: Frame
    handoff: Handoff


@dataclass(frozen=True, slots=True)
class Passed:
    """`frame` takes the place of the frame that passed the work on, and answers whom it owed."""

    stack: Stack
    frame: Frame
    handoff: Handoff


@dataclass(frozen=True, slots=True)
class NeedsRouter:
    """A helper must be picked, none of `excluding`; then call `with_helper`."""

    stack: Stack
    excluding: frozenset[str]
    handoff: Handoff


@dataclass(frozen=True, slots=True)
class Refused:
    """The chain stays as it is; `reason` is for the agent that handed off."""

    stack: Stack
    reason: str


Move = Returned | Ended | Called | Passed | NeedsRouter | Refused


def advance(stack: Stack, handoff: Handoff, *, call: str | None, receipts: int) -> Move:
    """Where `handoff`, given by the frame at work, moves the chain.

    `call` is the id of the `hand_off` tool use that carried it, None when it came as text.
    `receipts` counts the run's receipts; it only has to change whenever they do.

    Raises:
        ChainEndedError: no frame is at work.
    """
    top = stack.top
    if handoff.next_agent is None:
        if handoff.status == "needs_help":
            excluding = frozenset(stack.agents) | top.spent_helpers(receipts)
            if stack.depth >= MAX_DEPTH:
                return Refused(stack, _too_deep("a helper"))
            return NeedsRouter(stack, excluding, handoff)
        return _give_back(stack, handoff, handoff.status, receipts)
    if handoff.status == "complete":
        return Refused(stack, "with status complete nobody goes on: next_agent must be null")
    if handoff.status == "success":
        frame = replace(top, id=stack.next_id, agent=handoff.next_agent, setbacks=())
        return Passed(Stack((*stack.frames[:-1], frame), stack.next_id + 1), frame, handoff)
    return _call(stack, handoff, handoff.next_agent, call, receipts)


def with_helper(
    stack: Stack, handoff: Handoff, helper: str | None, *, call: str | None, receipts: int
) -> Move:
    """Go on from `NeedsRouter`: call `helper`, or with None (nobody is left) be blocked."""
    if helper is not None:
        return _call(stack, handoff, helper, call, receipts)
    return _give_back(stack, handoff, "blocked", receipts)


def _call(stack: Stack, handoff: Handoff, agent: str, call: str | None, receipts: int) -> Move:
    if stack.depth >= MAX_DEPTH:
        return Refused(stack, _too_deep(agent))
    if agent in stack.top.spent_helpers(receipts):
        return Refused(
            stack,
            f"{agent} came back blocked and nothing was won since: call another agent, "
            "gather what it lacked first, or return blocked",
        )
    frame = Frame(stack.next_id, agent, stack.top.id, call, agent)
    return Called(Stack((*stack.frames, frame), stack.next_id + 1), frame, handoff)


def _give_back(stack: Stack, handoff: Handoff, status: EndStatus, receipts: int) -> Move:
    """End the frame at work with its handoff read as `status`."""
    frame = stack.top
    noted = None
    if status != handoff.status:
        noted = f"no helper is left for {frame.agent}: {handoff.status} is read as {status}"
    if stack.depth == 1:
        handoff = handoff.model_copy(update={"status": status})
        return Ended(Stack((), stack.next_id), status, handoff, noted)
    caller = stack.frames[-2]
    if status == "complete":
        status = "success"
        noted = f"{frame.agent} said complete while {caller.agent} waits: read as success"
    handoff = handoff.model_copy(update={"status": status})
    if status == "blocked":
        # Who answered and who was asked for: calling either again would meet the same wall.
        fresh = dict.fromkeys((frame.asked_for, frame.agent))
        kept = tuple(past for past in caller.setbacks if past.agent not in fresh)
        caller = replace(caller, setbacks=kept + tuple(Setback(name, receipts) for name in fresh))
    below = Stack((*stack.frames[:-2], caller), stack.next_id)
    return Returned(below, caller, frame.pending_call, handoff, noted)


def _too_deep(whom: str) -> str:
    return (
        f"{MAX_DEPTH} agents are already waiting on each other, so {whom} cannot be called: "
        "finish your part, pass it on with success, or return blocked"
    )
