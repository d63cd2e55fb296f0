"""The state of a run: a fold over its events and nothing else.

`State.apply` is the only way a state changes; the engine decides from a state and appends events.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from orchestrator.protocol.handoff import HAND_OFF, Handoff
from orchestrator.protocol.stack import (
    Called,
    Ended,
    Move,
    NeedsRouter,
    Passed,
    Returned,
    Stack,
    advance,
    with_helper,
)
from orchestrator.run import events as ev
from orchestrator.run.claims import cited_receipts
from orchestrator.run.history import Answer, Conversation, Item, Text
from orchestrator.run.parts import (
    BY_HARNESS,
    Approval,
    FrameState,
    Link,
    Receipt,
    Spend,
    counted_tokens,
)
from trading_tools.audit.event import Event, canonical_json

CUT = frozenset({"max_tokens", "model_context_window_exceeded"})
CONTINUE = "Your reply was cut at the output limit. Go on where it stopped, in smaller pieces."


class State:
    """Everything that the events of one run say, as far as they have been applied."""

    def __init__(self) -> None:
        self.seq = 0
        self.head = ""
        self.opened: ev.RunOpened | None = None
        self.opened_at = ""
        self.last_at = ""
        self.limits: Mapping[str, Any] = {}
        self.epoch = 0
        self.context_editing = False
        self.route: ev.RouteChosen | None = None
        self.stack: Stack | None = None
        self.frames: dict[int, FrameState] = {}
        self.chain: list[Link] = []
        self.receipts: dict[int, Receipt] = {}
        self.intents: dict[str, tuple[int, ev.ToolIntended]] = {}
        self.approvals: dict[str, Approval] = {}
        self.question: ev.QuestionAsked | None = None
        self.answers: dict[str, str] = {}
        self.asked: list[tuple[str, str]] = []
        self.handoffs: list[tuple[str, str, int]] = []
        self.acceptance: list[ev.AcceptanceChecked] = []
        self.limit: ev.LimitHit | None = None
        self.closed: ev.RunClosed | None = None
        self.spend = Spend()
        self.commits: list[ev.WorkCommitted] = []

    @classmethod
    def fold(cls, recorded: Iterable[Event]) -> State:
        """The state after `recorded`."""
        state = cls()
        for event in recorded:
            state.apply(event)
        return state

    @property
    def top(self) -> FrameState:
        """The frame at work."""
        if self.stack is None:
            raise LookupError("the run has no frame yet")
        return self.frames[self.stack.top.id]

    @property
    def tool_calls(self) -> int:
        """Calls made so far."""
        return sum(tool.calls for tool in self.spend.by_tool.values())

    def approval_of(self, call: str) -> Approval | None:
        """The latest approval that was asked for a call."""
        found = [a for a in self.approvals.values() if a.request.call == call]
        return found[-1] if found else None

    def apply(self, event: Event) -> None:
        """Take in the next event; unknown kinds are passed over (a newer version wrote them)."""
        self.seq, self.head, self.last_at = event.seq, event.hash, event.at
        handler = _HANDLERS.get(event.kind)
        if handler is not None:
            handler(self, ev.from_body(event.kind, event.body), event)


def _opened(state: State, body: ev.RunOpened, event: Event) -> None:
    state.opened, state.opened_at, state.limits = body, event.at, body.limits


def _taken(state: State, body: ev.RunTaken, _: Event) -> None:
    state.epoch, state.context_editing = body.epoch, body.context_editing
    if body.limits is not None:
        state.limits = body.limits
    if state.closed is not None and state.closed.resumable:
        state.closed = state.limit = None
        for frame in state.frames.values():
            frame.context.taken_up()


def _routed(state: State, body: ev.RouteChosen, _: Event) -> None:
    state.route = body
    state.stack = Stack.opened_with(body.agent)
    first = FrameState(state.stack.top, queue=[Text(body.opening)])
    state.frames = {state.stack.top.id: first}


def _turn(state: State, body: ev.TurnStarted, _: Event) -> None:
    frame = state.frames[body.frame]
    items = tuple(_item(state, record) for record in body.new)
    if items:
        frame.conversation = frame.conversation.extended(items)
    for item in items:
        if isinstance(item, Answer) and item.receipt is not None:
            tool = state.receipts[item.receipt].tool
            state.spend.of_tool(tool).characters += len(item.text)
    size = sum(len(item.text) for item in items)
    frame.context.asked(size, body.max_tokens, edited=body.context_editing)
    frame.queue.clear()
    frame.turns = body.turn


def _replied(state: State, body: ev.ModelReplied, _: Event) -> None:
    frame = state.frames[body.frame]
    state.spend.count(body, frame.frame.agent)
    frame.context.counted = counted_tokens(body)
    if body.refusal is not None:
        return
    frame.conversation = frame.conversation.replied(body.content)
    frame.reply = body
    frame.context.full = body.stop_reason == "model_context_window_exceeded"
    frame.context.replied(frame.said(), cut=body.stop_reason in CUT)
    _answer_what_is_not_run(frame, body)


def _answer_what_is_not_run(frame: FrameState, body: ev.ModelReplied) -> None:
    calls = frame.calls()
    if body.stop_reason in {*CUT, "pause_turn"}:
        for call in calls:
            frame.enqueue(Answer(call["id"], f"not executed: {CONTINUE}", is_error=True))
        if not calls:
            frame.queue.append(Text(CONTINUE if body.stop_reason == "max_tokens" else "Go on."))
            frame.reply = None
        return
    handing = [call for call in calls if call["name"] == HAND_OFF]
    for call in calls:
        if call["id"] in body.tool_errors:
            why = body.tool_errors[call["id"]]
            frame.enqueue(Answer(call["id"], f"not executed: {why}", is_error=True))
        elif handing and call["name"] != HAND_OFF:
            why = "not executed: hand_off must be the only call of its reply"
            frame.enqueue(Answer(call["id"], why, is_error=True))


def _failed(state: State, body: ev.ModelFailed, _: Event) -> None:
    frame = state.frames[body.frame]
    state.spend.count(body, frame.frame.agent)
    frame.context.full = frame.context.full or body.too_long


def _intended(state: State, body: ev.ToolIntended, event: Event) -> None:
    state.intents[body.call] = (event.seq, body)
    if body.approval:
        state.approvals[body.approval].used = True


def _finished(state: State, body: ev.ToolFinished, event: Event) -> None:
    frame = state.frames[body.frame]
    arguments = state.intents[body.call][1].arguments
    state.receipts[event.seq] = Receipt(
        event.seq,
        body.frame,
        frame.frame.agent,
        body.tool,
        arguments,
        body.text,
        body.text if body.data == body.text else body.data,  # one copy is enough
        body.is_error,
        body.whole,
    )
    tool = state.spend.of_tool(body.tool)
    tool.calls += 1
    tool.errors += body.is_error
    frame.sign(f"{body.tool} {canonical_json(arguments)[:200]} -> {body.text[:200]}")
    frame.enqueue(Answer(body.call, body.text, body.is_error, event.seq))


def _refused(state: State, body: ev.ToolRefused, _: Event) -> None:
    frame = state.frames[body.frame]
    state.spend.of_tool(body.tool).refused += 1
    frame.sign(f"{body.tool} refused: {body.why[:200]}")
    frame.enqueue(Answer(body.call, f"refused: {body.why}", is_error=True))


def _rejected(state: State, body: ev.HandoffRejected, _: Event) -> None:
    frame = state.frames[body.frame]
    frame.rejections += 1
    _send_back(frame, body.message, body.call)


def _checked(state: State, body: ev.AcceptanceChecked, _: Event) -> None:
    _forecast(state, body.frame, Handoff.model_validate(body.handoff))
    state.acceptance.append(body)
    if body.unmet:
        _send_back(state.frames[body.frame], body.message, body.call)


def _send_back(frame: FrameState, message: str, call: str | None) -> None:
    """Say why the reply at hand did not end the frame."""
    open_calls = frame.unanswered()
    if not open_calls:
        frame.reply = None
        frame.queue.append(Text(message))
        return
    for block in open_calls:
        why = message if call in {None, block["id"]} else "not executed"
        frame.enqueue(Answer(block["id"], why, is_error=True))


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


def _returned(state: State, body: ev.HandoffReturned, _: Event) -> None:
    handoff = Handoff.model_validate(body.handoff)
    source = state.frames[body.frame]
    source.rejections = 0
    if BY_HARNESS not in body.repairs:
        _forecast(state, body.frame, handoff)
    cited = cited_receipts(handoff.result, handoff.reasoning)
    move = move_of(state, handoff, body.call, body.helper, asked=True)
    state.chain.append(Link(source.frame.agent, handoff, cited))
    state.stack = move.stack
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
            source.reply = None
        case _:
            raise LookupError(f"an accepted envelope cannot make the move {move}")


def _forecast(state: State, frame: int, handoff: Handoff) -> None:
    """Note what an agent said of its part before anything was checked; `blocked` claims nothing."""
    source = state.frames[frame]
    if source.forecast is None and not state.acceptance and handoff.status != "blocked":
        source.forecast = handoff.confidence


def _asked(state: State, body: ev.ApprovalRequested, _: Event) -> None:
    state.approvals[body.id] = Approval(body)


def _decided(state: State, body: ev.ApprovalDecided, _: Event) -> None:
    state.approvals[body.id].decided = body


def _question(state: State, body: ev.QuestionAsked, _: Event) -> None:
    state.question = body


def _answered(state: State, body: ev.QuestionAnswered, _: Event) -> None:
    state.answers[body.call] = body.text
    if state.question is not None:
        state.asked.append((state.question.text, body.text))
    state.question = None
    state.frames[body.frame].enqueue(Answer(body.call, f"The user answers: {body.text}"))


def _trimmed(state: State, body: ev.ContextTrimmed, _: Event) -> None:
    frame = state.frames[body.frame]
    frame.conversation, frame.reply = Conversation(), None
    frame.queue = [Text(body.opening)]
    frame.context.renewed(frame.turns)


def _committed(state: State, body: ev.WorkCommitted, _: Event) -> None:
    state.commits.append(body)


def _limit(state: State, body: ev.LimitHit, _: Event) -> None:
    state.limit = body


def _closed(state: State, body: ev.RunClosed, _: Event) -> None:
    state.closed = body


def _item(state: State, record: Mapping[str, Any]) -> Item:
    match record["type"]:
        case "text":
            return Text(record["text"])
        case "receipt":
            receipt = state.receipts[record["seq"]]
            return Answer(record["call"], receipt.text, receipt.is_error, receipt.seq)
        case _:
            return Answer(record["call"], record["text"], record["error"])


_HANDLERS: dict[str, Any] = {
    ev.RunOpened.KIND: _opened,
    ev.RunTaken.KIND: _taken,
    ev.RouteChosen.KIND: _routed,
    ev.TurnStarted.KIND: _turn,
    ev.ModelReplied.KIND: _replied,
    ev.ModelFailed.KIND: _failed,
    ev.ToolIntended.KIND: _intended,
    ev.ToolFinished.KIND: _finished,
    ev.ToolRefused.KIND: _refused,
    ev.HandoffRejected.KIND: _rejected,
    ev.HandoffReturned.KIND: _returned,
    ev.AcceptanceChecked.KIND: _checked,
    ev.ApprovalRequested.KIND: _asked,
    ev.ApprovalDecided.KIND: _decided,
    ev.QuestionAsked.KIND: _question,
    ev.QuestionAnswered.KIND: _answered,
    ev.ContextTrimmed.KIND: _trimmed,
    ev.WorkCommitted.KIND: _committed,
    ev.LimitHit.KIND: _limit,
    ev.RunClosed.KIND: _closed,
}
