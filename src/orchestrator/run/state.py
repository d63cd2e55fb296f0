"""The state of a run: a fold over its events and nothing else.

`State.apply` is the only way a state changes; the engine decides from a state and appends events.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from orchestrator.protocol.stack import Ended, Stack
from orchestrator.run import events as ev
from orchestrator.run.chain import checked, rejected, returned, router_is_done
from orchestrator.run.history import Answer, Conversation, Item, Text
from orchestrator.run.parts import (
    ROUTER_FRAME,
    Approval,
    FrameState,
    Link,
    Receipt,
    Spend,
    router_frame,
)
from orchestrator.run.reading import NOT_FITTING, Unreadable, check_shape
from orchestrator.run.replies import CUT, answer_what_is_not_run, counted, send_back
from orchestrator.toolbox.tool import Effect
from trading_tools.audit.event import Event, canonical_json


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
        self.seal: str | None = None
        self.offline = False
        self.context_editing = False
        self.orders: Mapping[str, Any] = {}
        """Where the user of the last owner lets orders go."""
        self.route: ev.RouteChosen | None = None
        self.stack: Stack | None = None
        self.frames: dict[int, FrameState] = {ROUTER_FRAME: router_frame()}
        self.chain: list[Link] = []
        self.receipts: dict[int, Receipt] = {}
        self.intents: dict[str, tuple[int, ev.ToolIntended]] = {}
        self.intended_at: dict[str, str] = {}
        self.reconciled: dict[str, tuple[int, ev.ToolReconciled]] = {}
        """The last verdict on a call, and the epoch in which it was given."""
        self.approvals: dict[str, Approval] = {}
        self.question: ev.QuestionAsked | None = None
        self.answers: dict[str, str] = {}
        self.clarified = ""
        self.asked: list[tuple[str, str]] = []
        self.handoffs: list[tuple[str, str, int]] = []
        self.acceptance: list[ev.AcceptanceChecked] = []
        self.sent_back: ev.AcceptanceChecked | ev.HandoffRejected | None = None
        """Why the last envelope was not taken, until the next turn or envelope."""
        self.ended: Ended | None = None
        """The move that ended the chain; only closing is left."""
        self.limit: ev.LimitHit | None = None
        self.closed: ev.RunClosed | None = None
        self.spend = Spend()
        self.commits: list[ev.WorkCommitted] = []
        self.touched_at = 0
        """The seq of this turn's last intent to change the workspace since its last commit."""

    @classmethod
    def fold(cls, recorded: Iterable[Event]) -> State:
        """The state after `recorded`.

        Raises:
            Unreadable: an event does not have the shape of its kind, or does not fit those before.
        """
        state = cls()
        for event in recorded:
            check_shape(event, first=state.opened is None)
            try:
                state.apply(event)
            except NOT_FITTING as error:
                why = f"{type(error).__name__} {error}"
                raise Unreadable(event, f"it does not follow from those before ({why})") from error
        return state

    @property
    def top(self) -> FrameState:
        """The frame at work."""
        if self.stack is None:
            raise LookupError("the run has no frame yet")
        return self.frames[self.stack.top.id]

    @property
    def router(self) -> FrameState:
        """The router's frame: empty, but while a choice is open that the router was asked for."""
        return self.frames[ROUTER_FRAME]

    @property
    def request(self) -> str:
        """The request, with what the user answered before anybody took it."""
        request = self.opened.request if self.opened else ""
        return f"{request}\n\n{self.clarified}" if self.clarified else request

    @property
    def copied(self) -> int:
        """How many events a fork has from its parent; 0 for a run of its own."""
        source = self.opened.forked_from if self.opened else None
        return int(str(source["seq"])) if source else 0

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
    state.epoch, state.seal, state.offline = body.epoch, body.seal, body.offline
    state.context_editing = body.context_editing
    state.orders = body.orders or {}
    if body.limits is not None:
        state.limits = body.limits
    if state.closed is None or state.closed.resumable:
        state.closed = state.limit = None
        for frame in state.frames.values():
            frame.context.taken_up()


def _routed(state: State, body: ev.RouteChosen, _: Event) -> None:
    state.route = body
    state.stack = Stack.opened_with(body.agent)
    first = FrameState(state.stack.top, queue=[Text(body.opening)])
    state.frames[state.stack.top.id] = first
    router_is_done(state)


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
    state.touched_at, state.sent_back = 0, None


def _replied(state: State, body: ev.ModelReplied, event: Event) -> None:
    frame = state.frames[body.frame]
    _spent(state, body, event, frame.frame.agent)
    frame.context.counted = counted(body)
    if body.frame == ROUTER_FRAME:
        # Whatever it says, the router is not asked to go on: its answer counts, or is rejected.
        frame.reply = body
        if body.refusal is None:
            frame.conversation = frame.conversation.replied(body.content)
        return
    if body.refusal is not None:
        return
    frame.conversation = frame.conversation.replied(body.content)
    frame.reply, frame.replied_at = body, event.seq
    frame.context.full = body.stop_reason == "model_context_window_exceeded"
    frame.context.replied(frame.said(), cut=body.stop_reason in CUT)
    answer_what_is_not_run(frame, body)


def _spent(state: State, body: ev.ModelReplied | ev.ModelFailed, event: Event, agent: str) -> None:
    spend = state.spend
    spend.add(body)
    if event.seq <= state.copied:
        spend.inherited.add(body)
    (spend.router if body.frame == ROUTER_FRAME else spend.of_agent(agent)).add(body)


def _failed(state: State, body: ev.ModelFailed, event: Event) -> None:
    frame = state.frames[body.frame]
    _spent(state, body, event, frame.frame.agent)
    frame.context.full = frame.context.full or body.too_long


def _intended(state: State, body: ev.ToolIntended, event: Event) -> None:
    state.intents[body.call] = (event.seq, body)
    state.intended_at[body.call] = event.at
    if Effect(body.effect) is Effect.WORKSPACE:
        state.touched_at = event.seq
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


def _reconciled(state: State, body: ev.ToolReconciled, _: Event) -> None:
    state.reconciled[body.call] = (state.epoch, body)


def _refused(state: State, body: ev.ToolRefused, _: Event) -> None:
    frame = state.frames[body.frame]
    state.spend.of_tool(body.tool).refused += 1
    frame.sign(f"{body.tool} refused: {body.why[:200]}")
    frame.enqueue(Answer(body.call, f"refused: {body.why}", is_error=True))


def _asked(state: State, body: ev.ApprovalRequested, _: Event) -> None:
    state.approvals[body.id] = Approval(body)


def _decided(state: State, body: ev.ApprovalDecided, _: Event) -> None:
    state.approvals[body.id].decided = body


def _question(state: State, body: ev.QuestionAsked, _: Event) -> None:
    state.question = body


def _answered(state: State, body: ev.QuestionAnswered, _: Event) -> None:
    state.answers[body.call] = body.text
    asked, state.question = state.question, None
    if asked is not None:
        state.asked.append((asked.text, body.text))
    said = f"The user answers: {body.text}"
    if body.frame == ROUTER_FRAME:
        state.clarified = f"Asked back: {asked.text if asked else ''}\n{said}"
        send_back(state.router, said, None)
        return
    state.frames[body.frame].enqueue(Answer(body.call, said))


def _trimmed(state: State, body: ev.ContextTrimmed, _: Event) -> None:
    frame = state.frames[body.frame]
    frame.conversation, frame.reply = Conversation(), None
    frame.queue = [Text(body.opening)]
    frame.context.renewed(frame.turns)


def _committed(state: State, body: ev.WorkCommitted, _: Event) -> None:
    state.commits.append(body)
    state.touched_at = 0


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
    ev.ToolReconciled.KIND: _reconciled,
    ev.ToolRefused.KIND: _refused,
    ev.HandoffRejected.KIND: rejected,
    ev.HandoffReturned.KIND: returned,
    ev.AcceptanceChecked.KIND: checked,
    ev.ApprovalRequested.KIND: _asked,
    ev.ApprovalDecided.KIND: _decided,
    ev.QuestionAsked.KIND: _question,
    ev.QuestionAnswered.KIND: _answered,
    ev.ContextTrimmed.KIND: _trimmed,
    ev.WorkCommitted.KIND: _committed,
    ev.LimitHit.KIND: _limit,
    ev.RunClosed.KIND: _closed,
}
