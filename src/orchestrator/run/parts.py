"""What the state of a run is made of: frames, receipts, approvals, spend, links of the chain."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from orchestrator.models.port import Usage
from orchestrator.protocol.handoff import Handoff
from orchestrator.protocol.stack import Frame
from orchestrator.router.briefing import ROUTER
from orchestrator.run import events as ev
from orchestrator.run.history import Answer, Conversation, Item

ROUTER_FRAME = -1
"""The frame of the router's calls; it is on no stack, and agents' frames count from 0."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """A tool call that was made and came back; `seq` is its number."""

    seq: int
    frame: int
    agent: str
    tool: str
    arguments: Mapping[str, Any]
    text: str
    data: Any
    is_error: bool
    whole: str | None

    def line(self) -> str:
        """One line for an index."""
        first = " ".join(self.text.split())[:100]
        mark = "error: " if self.is_error else ""
        return f"[r{self.seq}] {self.agent} {self.tool}: {mark}{first}"


@dataclass(slots=True)
class Approval:
    """A call that waits, or waited, for a person."""

    request: ev.ApprovalRequested
    decided: ev.ApprovalDecided | None = None
    used: bool = False


@dataclass(slots=True)
class FrameState:
    """One agent's part: its conversation, and the reply that is being dealt with."""

    frame: Frame
    conversation: Conversation = field(default_factory=Conversation)
    queue: list[Item] = field(default_factory=list)
    reply: ev.ModelReplied | None = None
    turns: int = 0
    rejections: int = 0
    signatures: list[str] = field(default_factory=list)
    prompt_tokens: int = 0

    def calls(self) -> tuple[Mapping[str, Any], ...]:
        """The tool calls of the reply at hand."""
        content = self.reply.content if self.reply else ()
        return tuple(block for block in content if block.get("type") == "tool_use")

    def unanswered(self) -> tuple[Mapping[str, Any], ...]:
        """Calls of the reply at hand that have no answer yet."""
        answered = {item.call for item in self.queue if isinstance(item, Answer)}
        return tuple(call for call in self.calls() if call["id"] not in answered)

    def enqueue(self, item: Item) -> None:
        """Add to what the agent will hear next; the reply is dealt with once all is answered."""
        self.queue.append(item)
        if self.reply is not None and not self.unanswered():
            self.reply = None


def router_frame(turns: int = 0) -> FrameState:
    """The router's frame before it is asked; `turns` is how many it has taken in the run."""
    return FrameState(Frame(ROUTER_FRAME, ROUTER, None, None, ROUTER), turns=turns)


@dataclass(slots=True)
class Share:
    """What a part of the model calls came to (USD)."""

    usage: Usage = field(default_factory=Usage)
    cost_usd: Decimal = Decimal(0)
    unpriced: bool = False
    model_calls: int = 0
    attempts: int = 0


@dataclass(slots=True)
class Spend:
    """What the model cost so far, in all and by agent (USD); tools by calls.

    `router` is the part of it that went into choosing agents.
    """

    usage: Usage = field(default_factory=Usage)
    cost_usd: Decimal = Decimal(0)
    unpriced: bool = False
    model_calls: int = 0
    attempts: int = 0
    by_agent: dict[str, Decimal] = field(default_factory=dict)
    by_tool: dict[str, int] = field(default_factory=dict)
    router: Share = field(default_factory=Share)


@dataclass(frozen=True, slots=True)
class Link:
    """An accepted envelope and the receipts it cites."""

    agent: str
    handoff: Handoff
    receipts: tuple[int, ...]
