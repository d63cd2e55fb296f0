"""The first message of a frame, from the state of the run."""

from __future__ import annotations

from orchestrator.protocol.handoff import Handoff
from orchestrator.run.parts import FrameState
from orchestrator.run.prompts import opening
from orchestrator.run.setting import Setting
from orchestrator.run.state import State


def first_opening(setting: Setting, request: str) -> str:
    """For the run's first agent."""
    return opening(request, workspace=setting.workspace_brief)


def opening_for(
    setting: Setting, state: State, sender: str, handoff: Handoff, change: str, *, waits: bool
) -> str:
    """For an agent that `sender` hands to; `waits` says that the sender stays on the stack.

    `change` is the summary of the workspace's diff.
    """
    chain = [{"agent": link.agent, **link.handoff.model_dump()} for link in state.chain]
    chain.append({"agent": sender, **handoff.model_dump()})
    return opening(
        state.request,
        workspace=setting.workspace_brief,
        chain=[{k: v for k, v in link.items() if k != "context_forward"} for link in chain],
        forwarded=handoff.context_forward,
        asked_by=sender if waits else None,
        change=change,
        receipts=[receipt.line() for receipt in state.receipts.values()],
    )


def fresh_opening(setting: Setting, state: State, frame: FrameState, change: str, note: str) -> str:
    """For a frame that goes on in a fresh conversation, with what it knew so far."""
    chain = [{"agent": link.agent, **link.handoff.model_dump()} for link in state.chain]
    text = opening(
        state.request,
        workspace=setting.workspace_brief,
        chain=chain,
        change=change,
        receipts=[receipt.line() for receipt in state.receipts.values()],
    )
    notes = "\n\n".join(
        str(block["text"])
        for message in frame.conversation.messages
        if message["role"] == "assistant"
        for block in message["content"]
        if block.get("type") == "text"
    )
    own = f"\n\n# Your own notes so far\n\n{notes[-8000:]}" if notes else ""
    return f"{text}{own}\n\n# Note\n\n{note}"
