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
from orchestrator.run.context import Context
from orchestrator.run.history import Answer, Conversation, Item
from orchestrator.run.limits import REPEATS

BY_HARNESS = "written by the harness"
"""Stands among the repairs of an envelope that no agent wrote."""

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
        mark = "error: " if self.is_error else ""
        return f"[r{self.seq}] {self.agent} {self.tool}: {mark}{self.first()}"

    def first(self) -> str:
        """The beginning of what it came to, on one line."""
        return " ".join(self.text[:2_000].split())[:100]


@dataclass(slots=True)
class Approval:
    """A call that waits, or waited, for a person."""

    request: ev.ApprovalRequested
    decided: ev.ApprovalDecided | None = None
    used: bool = False


@dataclass(slots=True)
class FrameState:
    """One agent's part: its conversation, and the reply that is being dealt with.

    `forecast` is the confidence of its first envelope, where that came before the first acceptance;
    `replied_at` is the seq of its last reply, `forecast_at` that of the one with the forecast.
    """

    frame: Frame
    conversation: Conversation = field(default_factory=Conversation)
    queue: list[Item] = field(default_factory=list)
    reply: ev.ModelReplied | None = None
    turns: int = 0
    rejections: int = 0
    signatures: list[str] = field(default_factory=list)
    context: Context = field(default_factory=Context)
    replied_at: int = 0
    forecast: float | None = None
    forecast_at: int = 0

    def calls(self) -> tuple[Mapping[str, Any], ...]:
        """The tool calls of the reply at hand."""
        content = self.reply.content if self.reply else ()
        return tuple(block for block in content if block.get("type") == "tool_use")

    def unanswered(self) -> tuple[Mapping[str, Any], ...]:
        """Calls of the reply at hand that have no answer yet."""
        answered = {item.call for item in self.queue if isinstance(item, Answer)}
        return tuple(call for call in self.calls() if call["id"] not in answered)

    def said(self) -> str:
        """The text of the reply at hand."""
        content = self.reply.content if self.reply else ()
        return "".join(str(block["text"]) for block in content if block.get("type") == "text")

    def sign(self, call: str) -> None:
        """Note a call and what it came to, for whoever looks for loops; older ones are dropped."""
        self.signatures.append(call)
        del self.signatures[:-REPEATS]

    def enqueue(self, item: Item) -> None:
        """Add to what the agent will hear next; the reply is dealt with once all is answered."""
        self.queue.append(item)
        if self.reply is not None and not self.unanswered():
            self.reply = None


def router_frame(turns: int = 0) -> FrameState:
    """The router's frame before it is asked; `turns` is how many it has taken in the run."""
    return FrameState(Frame(ROUTER_FRAME, ROUTER, None, None, ROUTER), turns=turns)


@dataclass(slots=True)
class ModelSpend:
    """What model calls used: replies, tries, tokens as billed, USD.

    `unpriced` says that some had no known price and are not in `cost_usd`.
    """

    usage: Usage = field(default_factory=Usage)
    cost_usd: Decimal = Decimal(0)
    unpriced: bool = False
    model_calls: int = 0
    attempts: int = 0

    def add(self, body: ev.ModelReplied | ev.ModelFailed) -> None:
        """Count a reply, or the tries that brought none."""
        # A playbook's turn asks nobody.
        self.model_calls += isinstance(body, ev.ModelReplied) and body.attempts > 0
        self.attempts += body.attempts
        self.usage = self.usage + Usage(**body.usage)
        if body.cost_usd is None:
            self.unpriced = True
        else:
            self.cost_usd += Decimal(body.cost_usd)


@dataclass(slots=True)
class ToolSpend:
    """How often a tool was called: made, made with an error as its result, not made.

    `characters` are those of its results that went into prompts, each counted when it first did.
    """

    calls: int = 0
    errors: int = 0
    refused: int = 0
    characters: int = 0


@dataclass(slots=True)
class Spend(ModelSpend):
    """What the run used so far, in all, by agent and by tool; `router`'s part is in no agent's.

    `inherited` is what of it a fork has from its parent, where it was paid.
    """

    router: ModelSpend = field(default_factory=ModelSpend)
    inherited: ModelSpend = field(default_factory=ModelSpend)
    by_agent: dict[str, ModelSpend] = field(default_factory=dict)
    by_tool: dict[str, ToolSpend] = field(default_factory=dict)

    def of_agent(self, name: str) -> ModelSpend:
        """The agent's part, begun where it has none yet."""
        return self.by_agent.setdefault(name, ModelSpend())

    def of_tool(self, name: str) -> ToolSpend:
        """The tool's part, begun where it has none yet."""
        return self.by_tool.setdefault(name, ToolSpend())


@dataclass(frozen=True, slots=True)
class Link:
    """An accepted envelope and the receipts it cites."""

    agent: str
    handoff: Handoff
    receipts: tuple[int, ...]
