"""What the Messages API (version 2026-10-21) refuses, as far as a client can get it wrong.

`refusal(body)` gives the first broken rule in the service's words, or None. Thinking blocks are
bound to what came before them: `prefix_signature` makes the signature that the stand-in hands out,
and a block that comes back behind another prefix is refused. Serving is `messages_api`.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

Json = Mapping[str, Any]

MAX_TOKENS_CEILING = 128_000
FIELDS = frozenset(
    {
        *("model", "max_tokens", "messages", "system", "tools", "tool_choice", "thinking"),
        *("output_config", "stream", "metadata", "stop_sequences", "service_tier"),
        *("cache_control", "context_management", "container", "mcp_servers"),
        *("temperature", "top_p", "top_k"),
    }
)
EFFORTS = ("low", "medium", "high", "xhigh", "max")
NO_FORCED_CHOICE = ("claude-opus-5-5", "claude-sonnet-5-5")
STRICT_FORBIDDEN = frozenset(
    {
        *("oneOf", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
        *("minLength", "maxLength", "maxItems"),
    }
)
TOOL_NAME = re.compile(r"[a-zA-Z0-9_-]{1,128}")
OPENING = "sig:"


def refusal(body: Json) -> str | None:
    """The first broken rule, or None where the request is in order."""
    for rule in (_fields, _tools, _cache_marks, _roles, _blocks, _pairing, _thinking):
        for problem in rule(body):
            return problem
    return None


def prefix_signature(body: Json, before: Sequence[Json]) -> str:
    """The signature of a thinking block that follows `before` under this system and tools."""
    prefix = [
        _bare(_as_blocks(body.get("system", ""))),
        _bare(body.get("tools", [])),
        [(role, _bare(block)) for role, blocks in _turns(before) for block in blocks],
    ]
    return OPENING + hashlib.sha256(json.dumps(prefix, sort_keys=True).encode()).hexdigest()[:32]


def _fields(body: Json) -> Iterator[str]:
    for name in ("model", "max_tokens", "messages"):
        if name not in body:
            yield f"{name}: Field required"
    for name in body:
        if name not in FIELDS:
            yield f"{name}: Extra inputs are not permitted"
    for name in ("temperature", "top_p", "top_k"):
        if name in body:
            yield f"`{name}` is not supported for this model."
    wanted = body["max_tokens"]
    if not isinstance(wanted, int) or wanted < 0:
        yield "max_tokens: Input should be a valid integer greater than or equal to 0"
    if wanted > MAX_TOKENS_CEILING:
        yield (
            f"max_tokens: {wanted} > {MAX_TOKENS_CEILING}, which is the maximum allowed number of "
            f"output tokens for {body['model']}"
        )
    if body.get("thinking", {}).get("type") == "enabled":
        yield "thinking.type: `enabled` is not supported for this model."
    effort = body.get("output_config", {}).get("effort")
    if effort is not None and effort not in EFFORTS:
        yield f"output_config.effort: Input should be one of {', '.join(EFFORTS)}"
    choice = body.get("tool_choice", {}).get("type")
    if choice in ("any", "tool") and str(body["model"]).startswith(NO_FORCED_CHOICE):
        yield 'tool_choice: type "tool" and "any" are not supported for this model.'


def _tools(body: Json) -> Iterator[str]:
    names: set[str] = set()
    tools = body.get("tools", [])
    for position, tool in enumerate(tools):
        name = tool.get("name", "")
        if not TOOL_NAME.fullmatch(name):
            yield (
                f"tools.{position}.custom.name: String should match pattern "
                "'^[a-zA-Z0-9_-]{1,128}$'"
            )
        if name in names:
            yield "tools: Tool names must be unique."
        names.add(name)
        schema = tool.get("input_schema")
        if tool.get("type", "custom") == "custom":
            if not isinstance(schema, dict):
                yield f"tools.{position}.custom.input_schema: Field required"
            elif schema.get("type") != "object":
                yield f"tools.{position}.custom.input_schema.type: Input should be 'object'"
    strict = [tool for tool in tools if tool.get("strict")]
    if len(strict) > 20:
        yield f"Too many strict tools: {len(strict)} > 20."
    schemas = [tool["input_schema"] for tool in strict if "input_schema" in tool]
    output_format = body.get("output_config", {}).get("format")
    yield from _strict_schemas([*schemas, *([output_format["schema"]] if output_format else [])])


def _strict_schemas(schemas: Sequence[Json]) -> Iterator[str]:
    optional = unions = 0
    for node in (found for schema in schemas for found in _nodes(schema)):
        unions += "anyOf" in node or isinstance(node.get("type"), list)
        for keyword in STRICT_FORBIDDEN & node.keys():
            yield f"strict schema: `{keyword}` is not supported"
        if node.get("type") == "object":
            if node.get("additionalProperties") is not False:
                yield "strict schema: `additionalProperties` must be explicitly set to false"
            optional += len(set(node.get("properties", {})) - set(node.get("required", [])))
    if optional > 24:
        yield f"Schemas contain too many optional parameters ({optional}), limit is 24."
    if unions > 16:
        yield f"Schemas contain too many parameters with union types ({unions}), limit is 16."


def _nodes(schema: Any) -> Iterator[Json]:
    if isinstance(schema, list):
        for item in schema:
            yield from _nodes(item)
    if not isinstance(schema, dict):
        return
    yield schema
    for key in ("properties", "$defs"):
        for child in schema.get(key, {}).values():
            yield from _nodes(child)
    for key in ("items", "anyOf", "allOf"):
        yield from _nodes(schema.get(key))


def _cache_marks(body: Json) -> Iterator[str]:
    blocks = [*body.get("tools", []), *_as_blocks(body.get("system", ""))]
    for message in body["messages"]:
        for block in _as_blocks(message["content"]):
            blocks.append(block)
            if block.get("type") == "tool_result":
                blocks.extend(_as_blocks(block.get("content") or []))
    marked = [block for block in blocks if "cache_control" in block]
    count = len(marked) + ("cache_control" in body)
    if count > 4:
        yield f"A maximum of 4 blocks with cache_control may be provided. Found {count}."
    for block in marked:
        if block.get("type") in ("thinking", "redacted_thinking"):
            yield f"{block['type']}.cache_control: Extra inputs are not permitted"
        if block.get("type") == "text" and not block["text"]:
            yield "cache_control cannot be set for empty text blocks"


def _roles(body: Json) -> Iterator[str]:
    messages = body["messages"]
    if not messages:
        yield "messages: at least one message is required"
    if messages[0]["role"] != "user":
        yield "messages: first message must use the `user` role"
    for position, message in enumerate(messages):
        role = message["role"]
        if role not in ("user", "assistant", "system"):
            yield f"messages.{position}.role: Input should be 'user', 'assistant' or 'system'"
        if role == "system":
            after = messages[position + 1]["role"] if position + 1 < len(messages) else "assistant"
            if messages[position - 1]["role"] != "user" or after != "assistant":
                yield f"messages.{position}: a `system` message must follow a user turn"
    last = messages[-1]
    if last["role"] == "assistant" and not any(
        str(block.get("type", "")).endswith("_tool_use") for block in _as_blocks(last["content"])
    ):
        yield (
            "This model does not support assistant message prefill. The conversation must end "
            "with a user message."
        )


def _blocks(body: Json) -> Iterator[str]:
    for block in _as_blocks(body.get("system", "")):
        if not block["text"].strip():
            yield "system: text content blocks must be non-empty"
    for position, message in enumerate(body["messages"]):
        role, content = message["role"], message["content"]
        if not content and role == "user":
            yield f"messages.{position}: user messages must have non-empty content"
        for block in _as_blocks(content):
            yield from _block(f"messages.{position}.content", role, block)


def _block(where: str, role: str, block: Json) -> Iterator[str]:
    kind = block.get("type")
    if kind == "text":
        if not block["text"]:
            yield "messages: text content blocks must be non-empty"
        if not block["text"].strip():
            yield "messages: text content blocks must contain non-whitespace text"
        if role == "user" and block.get("citations"):
            yield f"{where}: `citations` are not permitted on user text blocks"
    if kind == "document" and role == "assistant":
        yield f"{where}: `document` blocks are not permitted in assistant messages"
    if kind == "tool_use" and (role != "assistant" or not isinstance(block.get("input"), dict)):
        yield f"{where}: `tool_use` blocks need an object input and can only be in `assistant`"
    if kind == "tool_result":
        if role != "user":
            yield f"{where}: `tool_result` blocks can only be in `user` messages"
        for inner in _as_blocks(block.get("content") or []):
            yield from _block(f"{where}.tool_result", "user", inner)


def _pairing(body: Json) -> Iterator[str]:
    turns = list(_turns(body["messages"]))
    calls: list[str] = []
    for position, (role, blocks) in enumerate(turns):
        if role == "user":
            leading: list[str] = []
            for block in blocks:
                if block.get("type") != "tool_result":
                    break
                leading.append(block["tool_use_id"])
            unanswered = [call for call in calls if call not in leading]
            if unanswered:
                yield _unpaired(position - 1, unanswered)
            given = [b["tool_use_id"] for b in blocks if b.get("type") == "tool_result"]
            for result in given:
                if result not in calls:
                    yield (
                        f"messages.{position}.content: unexpected `tool_use_id` found in "
                        f"`tool_result` blocks: {result}. Each `tool_result` block must have a "
                        "corresponding `tool_use` block in the previous message."
                    )
            if len(set(given)) != len(given):
                yield "each tool_use must have a single result. Found multiple `tool_result` blocks"
            calls = []
        elif role == "assistant":
            if calls:
                yield _unpaired(position - 1, calls)
            calls = [block["id"] for block in blocks if block.get("type") == "tool_use"]
            if len(set(calls)) != len(calls):
                yield "messages: `tool_use` ids must be unique"
    if calls:
        yield _unpaired(len(turns) - 1, calls)


def _unpaired(position: int, calls: Sequence[str]) -> str:
    return (
        f"messages.{position}: `tool_use` ids were found without `tool_result` blocks immediately "
        f"after: {', '.join(calls)}. Each `tool_use` block must have a corresponding `tool_result` "
        "block in the next message."
    )


def _thinking(body: Json) -> Iterator[str]:
    for position, message in enumerate(body["messages"]):
        for number, block in enumerate(_as_blocks(message["content"])):
            if block.get("type") != "thinking":
                continue
            where = f"messages.{position}.content.{number}"
            signature = block.get("signature")
            if message["role"] != "assistant" or not signature or "thinking" not in block:
                yield f"{where}.thinking.signature: Field required"
            bound = str(signature).startswith(OPENING)
            if bound and signature != prefix_signature(body, body["messages"][:position]):
                yield (
                    f"{where}: Invalid `signature` in `thinking` block. The block is bound to a "
                    "different conversation."
                )


def _turns(messages: Sequence[Json]) -> Iterator[tuple[str, list[Json]]]:
    """Messages as the service sees them: blocks throughout, neighbours of one role merged."""
    role = ""
    blocks: list[Json] = []
    for message in messages:
        if message["role"] != role and role:
            yield role, blocks
            blocks = []
        role = message["role"]
        blocks = [*blocks, *_as_blocks(message["content"])]
    if role:
        yield role, blocks


def _as_blocks(content: Any) -> list[Json]:
    if isinstance(content, str):
        return [{"type": "text", "text": content}] if content else []
    return list(content)


def _bare(value: Any) -> Any:
    """The value without cache marks, which may change freely."""
    if isinstance(value, dict):
        return {key: _bare(item) for key, item in value.items() if key != "cache_control"}
    if isinstance(value, list):
        return [_bare(item) for item in value]
    return value
