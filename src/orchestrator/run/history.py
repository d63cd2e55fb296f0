"""A conversation with a model: append-only, and unable to hold a tool call without its result.

Messages are in Messages-API form; earlier ones are never rewritten, because the service binds
thinking blocks and the prompt cache to the exact prefix.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Message = Mapping[str, Any]
Block = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Text:
    """Something said to the agent by the harness or the user."""

    text: str

    def record(self) -> dict[str, Any]:
        """As `turn.started` keeps it."""
        return {"type": "text", "text": self.text}


@dataclass(frozen=True, slots=True)
class Answer:
    """What a tool call came to. `receipt` is the seq of its `tool.finished`, where it was made."""

    call: str
    text: str
    is_error: bool = False
    receipt: int | None = None

    def record(self) -> dict[str, Any]:
        """As `turn.started` keeps it: a receipt is named, not copied."""
        if self.receipt is not None:
            return {"type": "receipt", "call": self.call, "seq": self.receipt}
        return {"type": "answer", "call": self.call, "text": self.text, "error": self.is_error}

    def block(self) -> Block:
        """As the service takes it, the receipt's number first."""
        shown = self.text if self.receipt is None else f"[r{self.receipt}]\n{self.text}"
        block: dict[str, Any] = {
            "type": "tool_result",
            "tool_use_id": self.call,
            "content": shown if shown.strip() else "(no output)",
        }
        if self.is_error:
            block["is_error"] = True
        return block


Item = Text | Answer


class Unpaired(ValueError):
    """A fault of ours: an answer without its call, or a message while calls are unanswered."""


@dataclass(frozen=True, slots=True)
class Conversation:
    """Messages so far, the calls of the last reply that wait for their answers, all calls' ids."""

    messages: tuple[Message, ...] = ()
    open_calls: tuple[str, ...] = ()
    call_ids: frozenset[str] = frozenset()

    def extended(self, items: tuple[Item, ...]) -> Conversation:
        """With one more user message: every open call's answer first, then texts.

        Raises:
            Unpaired: an open call has no answer, or an answer has no open call.
        """
        answers = {item.call: item for item in items if isinstance(item, Answer)}
        texts = [item for item in items if isinstance(item, Text) and item.text.strip()]
        if set(answers) != set(self.open_calls):
            missing = sorted(set(self.open_calls) - set(answers))
            foreign = sorted(set(answers) - set(self.open_calls))
            raise Unpaired(f"calls without an answer: {missing}; answers without a call: {foreign}")
        content: list[Block] = [answers[call].block() for call in self.open_calls]
        content += [{"type": "text", "text": item.text} for item in texts]
        if not content:
            raise Unpaired("a user message must say something")
        message = {"role": "user", "content": content}
        return Conversation((*self.messages, message), (), self.call_ids)

    @property
    def begun(self) -> bool:
        """Whether it holds a reply."""
        return any(message["role"] == "assistant" for message in self.messages[:2])

    def replied(self, content: tuple[Block, ...]) -> Conversation:
        """With the model's reply, verbatim but for what the service would not take back."""
        if not self.messages or self.messages[-1]["role"] != "user":
            raise Unpaired("a reply must follow a user message")
        calls = tuple(block["id"] for block in content if block.get("type") == "tool_use")
        kept = [dict(block) for block in content if not _is_empty_text(block)]
        if kept and _is_cut_thinking(kept[-1]):
            kept.pop()
        messages = (*self.messages, {"role": "assistant", "content": kept})
        return Conversation(messages, calls, self.call_ids.union(calls))


def _is_empty_text(block: Block) -> bool:
    """The service refuses empty text blocks, though it may send one."""
    return block.get("type") == "text" and not str(block.get("text", "")).strip()


def _is_cut_thinking(block: Block) -> bool:
    """Thinking that was cut before its signature came; the service refuses it unsigned."""
    return block.get("type") == "thinking" and block.get("signature") == ""
