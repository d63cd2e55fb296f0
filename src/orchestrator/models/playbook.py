"""A playbook in the place of a model: the next turn follows from the conversation and nothing else.

What a playbook does is `orchestrator.playbooks`; here it is put into replies, and results are taken
out of messages.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from orchestrator.models.port import Block, ModelRequest, Reply
from orchestrator.playbooks.matching import Match
from orchestrator.playbooks.script import Act, Ask, Call, Came, Progress, next_act

PREFIX = "playbook:"
"""Opens the model name of a turn that no model took."""
_CALL = "playbook_"
_QUESTION = f"{_CALL}question"
_RECEIPT = re.compile(r"\[r[0-9]{1,9}\]\n")
_ANSWERS = "The user answers: "


class PlaybookModel:
    """Takes the turns of the agent that owns the playbook; costs nothing and reaches nobody."""

    def __init__(self, match: Match, *, hand_off: str, ask_user: str) -> None:
        self._match = match
        self._hand_off = hand_off
        self._ask_user = ask_user

    async def reply(
        self,
        request: ModelRequest,
        on_text: Callable[[str], None] | None = None,
        deadline_s: float | None = None,
    ) -> Reply:
        """The next turn; no attempt at a model is counted."""
        del on_text, deadline_s
        act = next_act(self._match, _progress(request.messages))
        block = self._block(act, _turns(request.messages))
        return Reply((block,), "tool_use", model=request.model, attempts=0)

    async def aclose(self) -> None:
        """Nothing to give back."""

    def _block(self, act: Act, turn: int) -> Block:
        if isinstance(act, Ask):
            return _use(_QUESTION, self._ask_user, {"question": act.question})
        if isinstance(act, Call):
            return _use(f"{_CALL}{act.step}", act.tool, act.arguments)
        envelope: dict[str, Any] = {
            "status": act.status,
            "result": act.result,
            "next_agent": None,
            "context_forward": {},
            "confidence": act.confidence,
            "reasoning": act.reasoning,
        }
        return _use(f"{_CALL}hand_off_{turn + 1}", self._hand_off, envelope)


def _use(call: str, name: str, given: Mapping[str, Any]) -> Block:
    return {"type": "tool_use", "id": call, "name": name, "input": dict(given)}


def _turns(messages: Iterable[Block]) -> int:
    return sum(message["role"] == "assistant" for message in messages)


def _progress(messages: Iterable[Block]) -> Progress:
    """What the conversation says came back."""
    said: str | None = None
    sent_back = ""
    came: dict[str, Came] = {}
    for block in _results(messages):
        call, text = str(block["tool_use_id"]), str(block["content"])
        error = bool(block.get("is_error"))
        if call == _QUESTION:
            said = "" if error else text.removeprefix(_ANSWERS)
        elif call.startswith(f"{_CALL}hand_off_"):
            sent_back = text
        elif call.startswith(_CALL):
            came[call.removeprefix(_CALL)] = _came(text, error)
    return Progress(said, came, sent_back)


def _results(messages: Iterable[Block]) -> Iterator[Block]:
    for message in messages:
        if message["role"] == "user":
            yield from (block for block in message["content"] if block["type"] == "tool_result")


def _came(text: str, error: bool) -> Came:
    head = _RECEIPT.match(text)
    receipt = head[0].strip() if head else ""
    rest = text[head.end() :] if head else text
    if error:
        return Came(None, receipt, rest or "it failed without a word")
    try:
        data = json.loads(rest, parse_float=str)
    except (ValueError, RecursionError):
        data = rest
    return Came({**data, "text": rest} if isinstance(data, dict) else {"text": rest}, receipt)
