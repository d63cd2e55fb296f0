"""Answers of the stand-in: builders of messages, their events, and the ways a stream can end."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum, auto
from typing import Any

Json = dict[str, Any]
ISSUED_BY_THE_SERVICE = "<issued by the service>"
PIECE = 12


class Ending(Enum):
    """How a streamed answer ends, after `Answer.after_events` events."""

    WHOLE = auto()
    """As it should."""
    NO_STOP = auto()
    """The body ends cleanly, without `message_stop`."""
    CUT = auto()
    """The connection closes in the middle of the body."""
    RESET = auto()
    """The connection is reset in the middle of the body."""
    REFUSE = auto()
    """The connection is reset before any answer."""
    HANG = auto()
    """Nothing more comes until the stand-in is released."""
    HANG_AFTER_STOP = auto()
    """The message is whole, but the body never ends."""
    ERROR_EVENT = auto()
    """An `error` event, then a clean end."""


@dataclass(frozen=True)
class Answer:
    """One answer: a message (as SSE or JSON, as asked), raw bytes, or a list of raw events.

    `after_events` (default: all but `message_stop`) says how many events precede an early ending.
    `chunk_bytes` splits the stream into chunks of that size, `drip_s` pauses after each.
    """

    message: Mapping[str, Any] | None = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    events: tuple[Json, ...] | None = None
    ending: Ending = Ending.WHOLE
    after_events: int | None = None
    error: tuple[str, str] = ("overloaded_error", "Overloaded")
    plain_json: bool = False
    chunk_bytes: int | None = None
    drip_s: float = 0.0
    request_id: str = ""

    def for_request(self, request: Json, turn: int, signature: str) -> Answer:
        """This answer as it goes out: with ids, the model's name and signatures."""
        identity = self.request_id or f"req_{turn:06d}"
        if self.message is None:
            return replace(self, request_id=identity)
        filled: Json = {"id": f"msg_{turn:06d}", **self.message}
        filled["model"] = self.message.get("model") or request.get("model")
        filled["content"] = [
            {**block, "signature": signature}
            if block.get("signature") == ISSUED_BY_THE_SERVICE
            else block
            for block in filled["content"]
        ]
        body = None
        if self.plain_json or not request.get("stream"):
            body = json.dumps(filled, ensure_ascii=False).encode()
        return replace(self, message=filled, body=body, request_id=identity)


def text(words: str) -> Json:
    """A text block."""
    return {"type": "text", "text": words}


def thinking(words: str = "", signature: str = ISSUED_BY_THE_SERVICE) -> Json:
    """A thinking block; unless given, the signature binds it to the conversation so far."""
    return {"type": "thinking", "thinking": words, "signature": signature}


def tool_use(name: str, given: Mapping[str, Any] | None = None, call: str = "toolu_1") -> Json:
    """A tool call with the id `call`."""
    return {"type": "tool_use", "id": call, "name": name, "input": dict(given or {})}


def message(*blocks: Json, stop_reason: str | None = None, **fields: Any) -> Json:
    """A whole message; `stop_reason` is `tool_use` where a block calls a tool, else `end_turn`."""
    called = any(block["type"] == "tool_use" for block in blocks)
    usage = {
        "input_tokens": 100,
        "output_tokens": 20,
        "cache_read_input_tokens": 0,
        "cache_creation_input_tokens": 0,
    }
    return {
        "type": "message",
        "role": "assistant",
        "content": list(blocks),
        "stop_reason": stop_reason or ("tool_use" if called else "end_turn"),
        "stop_sequence": None,
        "usage": usage,
        **fields,
    }


def say(words: str, **fields: Any) -> Json:
    """A message of one text."""
    return message(text(words), **fields)


def calls(name: str, given: Mapping[str, Any] | None = None, call: str = "toolu_1") -> Json:
    """A message of one tool call."""
    return message(tool_use(name, given, call))


def failure(
    status: int,
    kind: str,
    words: str,
    headers: Mapping[str, str] | None = None,
    error_code: str | None = None,
) -> Answer:
    """An error answer in the service's form."""
    error: Json = {"type": kind, "message": words}
    if error_code is not None:
        error["details"] = {"error_code": error_code}
    body = {"type": "error", "error": error, "request_id": "req_failed"}
    return Answer(
        status=status,
        headers=headers or {},
        body=json.dumps(body).encode(),
        request_id="req_failed",
    )


def events_of(answer: Answer) -> Iterator[Json]:
    """The events that are sent for this answer, in order."""
    events = list(answer.events if answer.events is not None else _events(answer.message or {}))
    if answer.ending in (Ending.WHOLE, Ending.HANG_AFTER_STOP):
        yield from events
        return
    yield from events[: len(events) - 1 if answer.after_events is None else answer.after_events]
    if answer.ending is Ending.ERROR_EVENT:
        kind, words = answer.error
        yield {"type": "error", "error": {"type": kind, "message": words}}


def _events(whole: Mapping[str, Any]) -> Iterator[Json]:
    usage = dict(whole["usage"])
    opening = {**whole, "content": [], "stop_reason": None, "stop_sequence": None}
    opening.pop("stop_details", None)
    opening["usage"] = {**usage, "output_tokens": 1}
    yield {"type": "message_start", "message": opening}
    yield {"type": "ping"}
    for index, block in enumerate(whole["content"]):
        shell, deltas = _deltas(block)
        yield {"type": "content_block_start", "index": index, "content_block": shell}
        for delta in deltas:
            yield {"type": "content_block_delta", "index": index, "delta": delta}
        yield {"type": "content_block_stop", "index": index}
    ended = {key: whole.get(key) for key in ("stop_reason", "stop_sequence", "stop_details")}
    yield {"type": "message_delta", "delta": ended, "usage": usage}
    yield {"type": "message_stop"}


def _deltas(block: Json) -> tuple[Json, list[Json]]:
    kind = block["type"]
    if kind == "text":
        return {**block, "text": ""}, [
            {"type": "text_delta", "text": piece} for piece in _pieces(block["text"])
        ]
    if kind == "thinking":
        words = [{"type": "thinking_delta", "thinking": p} for p in _pieces(block["thinking"])]
        signed = {"type": "signature_delta", "signature": block["signature"]}
        return {**block, "thinking": "", "signature": ""}, [*words, signed]
    if kind == "tool_use":
        written = json.dumps(block["input"], ensure_ascii=False) if block["input"] else ""
        parts = ["", *_pieces(written)]
        return {**block, "input": {}}, [
            {"type": "input_json_delta", "partial_json": part} for part in parts
        ]
    return block, []


def _pieces(words: str) -> list[str]:
    return [words[start : start + PIECE] for start in range(0, len(words), PIECE)]
