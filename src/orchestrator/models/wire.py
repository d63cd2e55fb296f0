"""A model request as the body of a Messages API call. Pure; sending it is `anthropic`.

What the service refuses and a caller cannot be expected to know is mended here (blank text blocks)
or refused before it is paid for (a conversation that ends with the assistant). Cache marks are set
here alone. Everything else goes out as given, because thinking blocks are bound to the exact
conversation before them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from orchestrator.models.port import BadRequest, Block, ModelRequest

CACHE_MARK = {"type": "ephemeral"}
CONTEXT_EDITING_BETA = "context-management-2025-06-27"
"""The beta under which the service takes `context_management`."""
KEPT_TOOL_USES = 6
"""Latest tool calls whose results the service is to leave in place."""
UNMARKABLE = frozenset({"thinking", "redacted_thinking"})


def body(request: ModelRequest) -> dict[str, Any]:
    """The body, always asking for a stream.

    Marks the prompt for the cache at the last tool, the system prompt, the end of the conversation
    and the end of the request before it: the service looks back only 20 blocks from a mark, fewer
    than one turn with many parallel calls may add (Messages API, prompt caching).

    Raises:
        BadRequest: the conversation cannot be sent: it is empty, starts or ends with the
            assistant, or holds a user message without content.
    """
    messages = [_message(message) for message in request.messages]
    _check(messages)
    for position in (len(messages) - 1, len(messages) - 3):
        if position >= 0:
            _mark_last(messages[position]["content"])
    wire: dict[str, Any] = {"model": request.model, "max_tokens": request.max_tokens}
    if request.system.strip():
        wire["system"] = [{"type": "text", "text": request.system, "cache_control": CACHE_MARK}]
    if request.tools:
        tools = [_unmarked(tool) for tool in request.tools]
        tools[-1]["cache_control"] = CACHE_MARK
        wire["tools"] = tools
    wire["messages"] = messages
    if output := _output(request):
        wire["output_config"] = output
    if request.clear_above is not None:
        wire["context_management"] = {"edits": [_clearing(request.clear_above)]}
    wire["stream"] = True
    return wire


def betas(wire: Mapping[str, Any]) -> dict[str, str]:
    """The header that names the betas of a body; Bedrock's client puts it into the body."""
    named = "context_management" in wire
    return {"anthropic-beta": CONTEXT_EDITING_BETA} if named else {}


def _output(request: ModelRequest) -> dict[str, Any]:
    output: dict[str, Any] = {}
    if request.effort is not None:
        output["effort"] = request.effort
    if request.answer_schema is not None:
        output["format"] = {"type": "json_schema", "schema": dict(request.answer_schema)}
    return output


def _clearing(above: int) -> dict[str, Any]:
    """Old tool results are left out by the service itself: thinking blocks stay valid.

    Each clearing breaks the prompt cache once, so it must be worth a fifth of what set it off.
    """
    return {
        "type": "clear_tool_uses_20250919",
        "trigger": {"type": "input_tokens", "value": above},
        "keep": {"type": "tool_uses", "value": KEPT_TOOL_USES},
        "clear_at_least": {"type": "input_tokens", "value": above // 5},
    }


def _message(message: Block) -> dict[str, Any]:
    content = message["content"]
    blocks = [{"type": "text", "text": content}] if isinstance(content, str) else content
    return {**message, "content": [_block(block) for block in blocks if not _is_blank(block)]}


def _block(block: Block) -> dict[str, Any]:
    sent = _unmarked(block)
    if sent.get("type") == "tool_result" and isinstance(sent.get("content"), Sequence):
        if not isinstance(sent["content"], str):
            sent["content"] = [part for part in sent["content"] if not _is_blank(part)]
        if not sent["content"]:
            del sent["content"]
    return sent


def _is_blank(block: Block) -> bool:
    return block.get("type") == "text" and not str(block.get("text", "")).strip()


def _unmarked(block: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in block.items() if key != "cache_control"}


def _mark_last(blocks: list[dict[str, Any]]) -> None:
    for block in reversed(blocks):
        if block.get("type") not in UNMARKABLE:
            block["cache_control"] = CACHE_MARK
            return


def _check(messages: Sequence[Block]) -> None:
    if not messages or messages[0]["role"] != "user":
        first = messages[0]["role"] if messages else "nothing"
        raise BadRequest(f"a conversation must start with the user, not {first}", attempts=0)
    for position, message in enumerate(messages):
        if message["role"] == "user" and not message["content"]:
            raise BadRequest(f"message {position} of the user holds no content", attempts=0)
    last = messages[-1]
    if last["role"] == "assistant" and not _is_paused(last["content"]):
        raise BadRequest(
            "the conversation ends with the assistant, and models take no beginning of an answer: "
            "append a user message",
            attempts=0,
        )


def _is_paused(blocks: Sequence[Block]) -> bool:
    """Whether the turn stopped at a tool of the service's own, and is resumed as it stands."""
    kinds = (str(block.get("type", "")) for block in blocks)
    return any(kind.endswith("_tool_use") for kind in kinds)
