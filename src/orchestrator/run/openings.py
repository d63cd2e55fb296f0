"""The first message of a frame or of a fresh conversation, from the state of the run.

Each part has a share of the window, so that an opening stays far below it whatever the run holds.
How a part is made to fit is `shortening`; the words are `prompts`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from orchestrator.protocol.handoff import Handoff
from orchestrator.run.context import CHARACTERS_A_TOKEN
from orchestrator.run.history import Answer, Text
from orchestrator.run.parts import FrameState, Receipt
from orchestrator.run.prompts import opening
from orchestrator.run.setting import Setting
from orchestrator.run.shortening import latest, latest_lines, newest_first, shortened
from orchestrator.run.state import State
from trading_tools.audit.event import canonical_json

_SHARE, _MOST = 0.3, 240_000
"""Of the window, and in characters, that an opening may take up."""

_ARGUMENTS = 160  # characters of a call's arguments in the index of a fresh conversation


class _Room:
    """How many characters the parts of an opening may have under a model's window."""

    def __init__(self, setting: Setting, agent: str, share: float = 1.0) -> None:
        window = setting.windows.of(setting.definitions.agents[agent].model)
        self._all = min(window * _SHARE * CHARACTERS_A_TOKEN, _MOST) * share

    def of(self, share: float) -> int:
        return int(self._all * share)


def first_opening(setting: Setting, request: str) -> str:
    """For the run's first agent."""
    return opening(request, workspace=setting.workspace_brief)


def opening_for(
    setting: Setting,
    state: State,
    sender: str,
    receiver: str,
    handoff: Handoff,
    change: str,
    *,
    waits: bool,
) -> str:
    """For `receiver`, to whom `sender` hands; `waits` says that the sender stays on the stack.

    `change` is the summary of the workspace's diff.
    """
    room = _Room(setting, receiver)
    chain = [_envelope(link.agent, link.handoff) for link in state.chain]
    chain.append(_envelope(sender, handoff))
    part = "The last envelope above passed the work on to you."
    if waits:
        part = f"{sender} called you with the last envelope above and waits for yours."
    forwarded = canonical_json(dict(handoff.context_forward)) if handoff.context_forward else ""
    return opening(
        _request(state, room.of(0.25)),
        workspace=setting.workspace_brief,
        chain=newest_first(chain, room.of(0.3)),
        forwarded=shortened(forwarded, room.of(0.15)),
        part=part,
        change=shortened(change, room.of(0.1)),
        receipts=_receipts(state, room.of(0.2)),
    )


def fresh_opening(setting: Setting, state: State, frame: FrameState, change: str, note: str) -> str:
    """For a frame that goes on in a fresh conversation, with what it knew so far."""
    room = _Room(setting, frame.frame.agent, 0.5)
    chain = [_envelope(link.agent, link.handoff, forwarded=True) for link in state.chain]
    text = opening(
        _request(state, room.of(0.2)),
        workspace=setting.workspace_brief,
        chain=newest_first(chain, room.of(0.2)),
        part=_part_begun(state),
        change=shortened(change, room.of(0.05)),
        receipts=latest_lines([_step(one) for one in state.receipts.values()], room.of(0.15)),
    )
    asked = "\n\n".join(f"{question}\nAnswer: {said}" for question, said in state.asked)
    parts = (
        ("What the user answered", latest(asked, room.of(0.05))),
        ("Your own notes so far", latest(frame.context.notes, room.of(0.1))),
        ("Where you stood", _last_step(frame, room.of(0.25))),
        ("Note", note),
    )
    return "\n\n".join([text, *(f"# {head}\n\n{part}" for head, part in parts if part)])


def editing_note(state: State) -> str:
    """What an agent is told when the service begins to leave out old tool results."""
    listed = "\n".join(_receipts(state, 20_000))
    return (
        "Your conversation is long: from here on old tool results in it are left out. All stay on "
        f"record; read one with read_receipt.\n\n{listed}"
    )


def _request(state: State, most: int) -> str:
    """The request; a very long one is whole on the task board."""
    text = state.request
    if len(text) <= most:
        return text
    return f"{shortened(text, most)}\n\n(The whole request is /workspace/.claude/task.md.)"


def _envelope(agent: str, handoff: Handoff, *, forwarded: bool = False) -> str:
    link = {"agent": agent, **handoff.model_dump()}
    if not forwarded:
        del link["context_forward"]
    return canonical_json(link)


def _receipts(state: State, most: int) -> list[str]:
    return latest_lines([receipt.line() for receipt in state.receipts.values()], most)


def _part_begun(state: State) -> str:
    """Where the frame at work stands among the others."""
    part = "You are in the middle of your part."
    if state.chain:
        part += " Envelopes above may be your own."
    if state.stack is not None and state.stack.depth > 1:
        part += f" {state.stack.frames[-2].agent} waits for yours."
    return part


def _step(receipt: Receipt) -> str:
    """A receipt's line with what the call was given: the agent no longer has its calls."""
    given = " ".join(canonical_json(receipt.arguments)[:_ARGUMENTS].split())
    mark = "error: " if receipt.is_error else ""
    return f"[r{receipt.seq}] {receipt.agent} {receipt.tool} {given}: {mark}{receipt.first()}"


def _last_step(frame: FrameState, most: int) -> str:
    """The calls of the last reply with what they came to, and what else was not yet answered."""
    messages = frame.conversation.messages
    calls = {
        block["id"]: f"{block['name']} {canonical_json(block['input'])}"
        for message in messages[-2:]
        if message["role"] == "assistant"
        for block in message["content"]
        if block.get("type") == "tool_use"
    }
    heard = list(_waiting(frame) if frame.queue else _last_heard(messages))
    if not heard:
        return ""
    each = most // len(heard)
    lines = [
        f"{shortened(calls[call], each // 3)}\n{shortened(text, each - each // 3)}"
        if call in calls
        else shortened(text, each)
        for call, text in heard
    ]
    return "\n\n".join(lines)


def _waiting(frame: FrameState) -> Iterator[tuple[str, str]]:
    """What the agent would have heard next: (call or nothing, text)."""
    for item in frame.queue:
        match item:
            case Answer():
                yield item.call, str(item.block()["content"])
            case Text():
                yield "", item.text


def _last_heard(messages: tuple[Mapping[str, Any], ...]) -> Iterator[tuple[str, str]]:
    """What it heard last without a reply: a request that was refused had it already."""
    if len(messages) > 1 and messages[-1]["role"] == "user":
        for block in messages[-1]["content"]:
            yield block.get("tool_use_id", ""), str(block.get("content") or block.get("text"))
