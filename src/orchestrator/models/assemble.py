"""Stream events become one reply, each block as the service sent it. Pure.

Blocks are plain objects throughout, so that types and fields unknown here go back unharmed. The
pieces of a tool's input are joined as text and parsed once at the end: a partial parser would
complete a call that was cut in the middle.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, NoReturn

from orchestrator.models.port import Reply, Usage
from orchestrator.models.sse import MalformedStreamError

CUT = {
    "max_tokens": "the reply was cut at max_tokens",
    "model_context_window_exceeded": "the reply was cut at the end of the context window",
    "refusal": "the service declined in the middle of the reply",
}
USAGE_FIELDS = (
    "input_tokens",
    "output_tokens",
    "cache_read_input_tokens",
    "cache_creation_input_tokens",
)


class ServiceFault(Exception):
    """An `error` event or body that came after a status of 200."""

    def __init__(self, body: Mapping[str, Any]) -> None:
        super().__init__(str(body))
        self.body = body


class Assembler:
    """Takes the events of one stream in order; `reply` gives what they add up to.

    `usage` is what the service has reported so far, for attempts that break.
    """

    def __init__(self, on_text: Callable[[str], None] | None = None) -> None:
        self._on_text = on_text
        self._blocks: dict[int, _OpenBlock] = {}
        self._message: dict[str, Any] = {}
        self._ending: dict[str, Any] = {}
        self._counts: dict[str, int] = {}
        self._iterations: list[Mapping[str, Any]] = []
        self.stopped = False

    def take(self, event: Mapping[str, Any]) -> None:
        """Take the next event; kinds unknown here are passed over.

        Raises:
            ServiceFault: it is an `error` event.
            MalformedStreamError: it does not fit those before it.
        """
        try:
            said = self._take(event)
        except (KeyError, TypeError, AttributeError) as error:
            raise MalformedStreamError(f"{error!r} in event {event!r:.300}") from error
        if said and self._on_text is not None:
            # Half a character is mended in the block; a listener gets a mark for it.
            self._on_text(said.encode(errors="replace").decode())

    def take_whole(self, message: Mapping[str, Any]) -> None:
        """Take a message that came in one piece instead of a stream.

        Raises:
            ServiceFault: it is an error.
            MalformedStreamError: it is no message.
        """
        if message.get("type") == "error":
            raise ServiceFault(message)
        content = message.get("content")
        if not isinstance(content, list):
            raise MalformedStreamError(f"not a message: {message!r:.300}")
        self.take({"type": "message_start", "message": message})
        for index, block in enumerate(content):
            self.take({"type": "content_block_start", "index": index, "content_block": block})
        self.take({"type": "message_delta", "delta": message})
        self.take({"type": "message_stop"})

    @property
    def usage(self) -> Usage:
        """What was reported so far.

        The counts of `message_delta` are cumulative, but some were seen to be lower there than in
        `message_start`, so the largest of each counts. Where the service lists iterations, these
        alone add up to what is billed.
        """
        counts = self._counts
        if self._iterations:
            counts = {
                name: sum(one.get(name) or 0 for one in self._iterations) for name in USAGE_FIELDS
            }
        return Usage(*(counts.get(name, 0) for name in USAGE_FIELDS))

    def reply(self, request_id: str | None) -> Reply:
        """The reply, as one attempt knows it.

        Raises:
            MalformedStreamError: the stream ended without `message_stop`, or has no stop reason.
        """
        reason = self._ending.get("stop_reason")
        if not self.stopped:
            raise MalformedStreamError("the stream ended without message_stop")
        if not isinstance(reason, str):
            raise MalformedStreamError("the message has no stop_reason")
        finished = [block.finish() for _, block in sorted(self._blocks.items())]
        faults = {block.get("id", ""): fault for block, fault in finished if fault}
        if reason in CUT:
            calls = (block for block, _ in finished if block.get("type") == "tool_use")
            faults |= {block.get("id", ""): CUT[reason] for block in calls}
        return Reply(
            content=tuple(block for block, _ in finished),
            stop_reason=reason,
            usage=self.usage,
            model=str(self._message.get("model") or ""),
            request_id=request_id,
            tool_errors=faults,
            refusal=_refusal(self._ending.get("stop_details")) if reason == "refusal" else None,
        )

    def _take(self, event: Mapping[str, Any]) -> str | None:
        """Take the event in; the visible text that it adds."""
        kind = event.get("type")
        if kind == "content_block_delta":
            return self._blocks[event["index"]].extend(event["delta"])
        if kind == "content_block_start":
            block = event["content_block"]
            self._blocks[event["index"]] = _OpenBlock(block)
            return str(block["text"]) if block["type"] == "text" else None
        if kind == "message_start":
            self._message = dict(event["message"])
            self._count(self._message.get("usage"))
        elif kind == "message_delta":
            self._ending.update(event.get("delta") or {})
            self._count(event.get("usage"))
        elif kind == "message_stop":
            self.stopped = True
        elif kind == "error":
            raise ServiceFault(event)
        return None

    def _count(self, usage: Mapping[str, Any] | None) -> None:
        reported = dict(usage or {})
        self._iterations = reported.get("iterations") or self._iterations
        if reported.get("cache_creation_input_tokens") is None:
            split = reported.get("cache_creation") or {}
            reported["cache_creation_input_tokens"] = sum(split.values())
        for name in USAGE_FIELDS:
            self._counts[name] = max(self._counts.get(name, 0), reported.get(name) or 0)


class _OpenBlock:
    """One content block while its pieces arrive."""

    def __init__(self, start: Mapping[str, Any]) -> None:
        self._block = dict(start)
        self._pieces: dict[str, list[str]] = {}
        self._raw_input: list[str] = []

    def extend(self, delta: Mapping[str, Any]) -> str | None:
        """Add a piece; the piece itself where it is visible text.

        A field of a kind of delta that is unknown here is joined where it is text, else replaced.
        """
        kind = delta["type"]
        if kind == "input_json_delta":
            self._raw_input.append(delta["partial_json"])
        elif kind == "citations_delta":
            self._block["citations"] = [*(self._block.get("citations") or []), delta["citation"]]
        else:
            for name, value in delta.items():
                if name == "type":
                    continue
                if isinstance(value, str):
                    opening = self._block.get(name) or ""
                    self._pieces.setdefault(name, [opening]).append(value)
                else:
                    self._block[name] = value
        return str(delta["text"]) if kind == "text_delta" else None

    def finish(self) -> tuple[dict[str, Any], str | None]:
        """The block, and why its input must not be run (None where it may)."""
        for name, pieces in self._pieces.items():
            self._block[name] = _joined(pieces)
        if self._raw_input:
            raw = _joined(self._raw_input)
        elif self._block.get("type") == "tool_use":
            raw = json.dumps(self._block.get("input", {}))
        else:
            return self._block, None
        self._block["input"], fault = _parsed(raw)
        return self._block, fault


def _joined(pieces: list[str]) -> str:
    """The text of all pieces; a character that was split between two is made whole."""
    text = "".join(pieces)
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def _parsed(raw: str) -> tuple[dict[str, Any], str | None]:
    if not raw:
        return {}, None
    try:
        value = json.loads(raw, parse_constant=_refuse_constant)
        json.dumps(value, ensure_ascii=False).encode()
    except ValueError as error:
        return {}, f"the input is not valid JSON ({error}): {raw[:200]}"
    except RecursionError:
        return {}, f"the input is nested too deeply: {raw[:200]}"
    if not isinstance(value, dict):
        return {}, f"the input is not a JSON object: {raw[:200]}"
    return value, None


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _refusal(details: Mapping[str, Any] | None) -> str:
    found = details or {}
    category = found.get("category") or "no category given"
    explanation = found.get("explanation")
    return f"{category}: {explanation}" if explanation else str(category)
