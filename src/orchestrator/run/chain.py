"""What envelopes do to a run's chain of command: the part of the fold that moves its stack.

Which envelope is accepted is decided in `endings`; the rest of the fold is `state`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.protocol.handoff import Handoff
from orchestrator.protocol.stack import (
    Called,
    Ended,
    Move,
    NeedsRouter,
    Passed,
    Returned,
    advance,
    with_helper,
)
from orchestrator.run import events as ev
from orchestrator.run.claims import cited_receipts
from orchestrator.run.history import Answer, Text
from orchestrator.run.parts import BY_HARNESS, ROUTER_FRAME, FrameState, Link, router_frame
from orchestrator.run.replies import send_back
from trading_tools.audit.event import Event, canonical_json

if TYPE_CHECKING:
    from orchestrator.run.state import State


def router_is_done(state: State) -> None:
    """What the router was asked for is settled; the next choice is a fresh conversation."""
    state.frames[ROUTER_FRAME] = router_frame(state.router.turns)


def rejected(state: State, body: ev.HandoffRejected, _: Event) -> None:
    """An envelope, or an answer of the router, was sent back."""
    frame = state.frames[body.frame]
    frame.rejections += 1
    state.sent_back = body
    send_back(frame, body.message, body.call)
    if body.frame != ROUTER_FRAME:
        router_is_done(state)


def checked(state: State, body: ev.AcceptanceChecked, _: Event) -> None:
    """The run would end, and it was checked whether it may."""
    _forecast(state, body.frame, Handoff.model_validate(body.handoff))
    state.acceptance.append(body)
    if body.unmet:
        state.sent_back = body
        send_back(state.frames[body.frame], body.message, body.call)


def move_of(
    state: State, handoff: Handoff, call: str | None, helper: str | None, *, asked: bool
) -> Move:
    """Where an envelope of the frame at work would move the chain.

    `asked` says that the router was asked for a helper and answered `helper` (None: nobody).
    """
    if state.stack is None:
        raise LookupError("an envelope before any frame")
    receipts = len(state.receipts)
    move = advance(state.stack, handoff, call=call, receipts=receipts)
    if isinstance(move, NeedsRouter) and asked:
        return with_helper(state.stack, handoff, helper, call=call, receipts=receipts)
    return move


def returned(state: State, body: ev.HandoffReturned, _: Event) -> None:
    """An envelope was accepted and moves the chain."""
    handoff = Handoff.model_validate(body.handoff)
    source = state.frames[body.frame]
    source.rejections, state.sent_back = 0, None
    if BY_HARNESS not in body.repairs:
        _forecast(state, body.frame, handoff)
    cited = cited_receipts(handoff.result, handoff.reasoning)
    move = move_of(state, handoff, body.call, body.helper, asked=True)
    state.chain.append(Link(source.frame.agent, handoff, cited))
    state.stack = move.stack
    router_is_done(state)
    match move:
        case Called(frame=frame) | Passed(frame=frame):
            state.frames[frame.id] = FrameState(frame, queue=[Text(body.opening or "")])
            state.handoffs.append((source.frame.agent, frame.agent, len(state.receipts)))
        case Returned(to=to, call=call, handoff=read):
            waiting = state.frames[to.id]
            text = canonical_json({"from": source.frame.agent, **read.model_dump()})
            if call is None:
                waiting.reply = None
                waiting.queue.append(Text(text))
            else:
                waiting.enqueue(Answer(call, text))
        case Ended():
            source.reply, state.ended = None, move
        case _:
            raise LookupError(f"an accepted envelope cannot make the move {move}")


def _forecast(state: State, frame: int, handoff: Handoff) -> None:
    """Note what an agent said of its part before anything was checked; `blocked` claims nothing."""
    source = state.frames[frame]
    if source.forecast is None and not state.acceptance and handoff.status != "blocked":
        source.forecast, source.forecast_at = handoff.confidence, source.replied_at
