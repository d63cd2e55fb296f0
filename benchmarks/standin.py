"""A local stand-in of the Messages API for benchmarks, in its own process: quick, without rules.

    python -m benchmarks.standin [--latency-ms 100] [--overloaded 0.2] [--seed 7]

It prints its address and serves until its stdin closes. A request at `/NAME/v1/messages` counts for
NAME; `GET /counts` tells requests, bytes, cache marks and refusals by name. What it says depends on
the request alone: the agent is told by the tools it is offered, its step by the calls it has made.
The stand-in that enforces the service's rules, for tests, is `tests.support.messages_api`.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import sys
from collections import defaultdict
from functools import cache
from typing import Any, ClassVar

from benchmarks.scenario import MODEL, TOOLS, next_of

SAID = (
    "I look at the market's figures first, then at what the account allows, and I name the source "
    "of each figure that I pass on to the next of us."
)
PIECE = 24
"""Characters a streamed piece: about what the service sends at once."""
USAGE = {
    "input_tokens": 120,
    "output_tokens": 90,
    "cache_read_input_tokens": 3500,
    "cache_creation_input_tokens": 240,
}
ANSWER = "A long position of 0.1557 BTC at most, by the risk budget and the market's limits."
OVERLOADED = b'{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}'


class StandIn(asyncio.Protocol):
    """One connection; requests on it come one after the other."""

    latency_s = 0.0
    overloaded = 0.0
    rng = random.Random(7)
    counts: ClassVar[defaultdict[str, defaultdict[str, int]]] = defaultdict(
        lambda: defaultdict(int)
    )

    def __init__(self) -> None:
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep where answers go."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer once a request is whole."""
        self._received += data
        head, separator, rest = self._received.partition(b"\r\n\r\n")
        length = _content_length(head)
        if not separator or len(rest) < length:
            return
        self._received = rest[length:]
        path = head.split(b" ", 2)[1].decode()
        answer = self._answer(path, rest[:length])
        if self.latency_s and path != "/counts":
            asyncio.get_running_loop().call_later(self.latency_s, self._transport.write, answer)
        else:
            self._transport.write(answer)

    def _answer(self, path: str, body: bytes) -> bytes:
        if path == "/counts":
            return _whole(200, json.dumps(self.counts).encode())
        count = self.counts[path.split("/")[1]]
        count["requests"] += 1
        count["bytes"] += len(body)
        count["marked"] += b'"cache_control"' in body
        if self.overloaded and self.rng.random() < self.overloaded:
            count["overloaded"] += 1
            return _whole(529, OVERLOADED)
        request = json.loads(body)
        kind, calls = _step(request)
        return _rendered(kind, calls, bool(request.get("stream")))


def _content_length(head: bytes) -> int:
    for line in head.split(b"\r\n"):
        if line[:15].lower() == b"content-length:":
            return int(line[15:])
    return 0


def _step(request: dict[str, Any]) -> tuple[str, tuple[str, str]]:
    """What the agent does next: the name of a tool, or '' to end, and (agent, tool of handoffs)."""
    offered = [tool["name"] for tool in request.get("tools", ())]
    made = {
        block["name"]
        for message in request["messages"]
        if message["role"] == "assistant" and not isinstance(message["content"], str)
        for block in message["content"]
        if block["type"] == "tool_use"
    }
    agent = next((name for name, (first, _) in TOOLS.items() if first.__name__ in offered), None)
    if agent is None:
        return "", ("", "hand_off")  # an agent of `orc run`: done in one reply
    for function in TOOLS[agent]:
        if function.__name__ not in made:
            return function.__name__, (agent, "")
    own = {function.__name__ for function in TOOLS[agent]}
    handing = [name for name in offered if name not in own and _hands(name)]
    return "", (agent, handing[0] if handing else "")


def _hands(name: str) -> bool:
    return name in ("hand_off", "final_result") or name.startswith("transfer_to_")


def _blocks(tool: str, agent: str, handing: str) -> list[dict[str, Any]]:
    if tool:
        given: dict[str, Any] = {"symbol": "BTC/USDT"}
        return [_text(SAID), _call(tool, given)]
    if not handing:
        return [_text(ANSWER)]
    if handing.startswith("transfer_to_"):
        return [_text(SAID), _call(handing, {})]
    envelope = {
        "status": "success",
        "result": ANSWER if agent else SAID,
        "next_agent": next_of(agent) if agent else None,
        "context_forward": {"symbol": "BTC/USDT", "size_base": "0.1557", "risk": "0.02"},
        "confidence": 0.85,
        "reasoning": "Both figures come from the tools and agree with each other.",
    }
    return [_text(SAID), _call(handing, envelope, agent)]


def _text(text: str) -> dict[str, Any]:
    return {"type": "text", "text": text}


def _call(name: str, given: dict[str, Any], by: str = "") -> dict[str, Any]:
    return {"type": "tool_use", "id": f"toolu_{name}{by}", "name": name, "input": given}


@cache
def _rendered(tool: str, who: tuple[str, str], stream: bool) -> bytes:
    """The whole answer, bytes ready: there are few of them."""
    blocks = _blocks(tool, *who)
    ends = "tool_use" if blocks[-1]["type"] == "tool_use" else "end_turn"
    message = {
        "id": "msg_bench",
        "type": "message",
        "role": "assistant",
        "model": MODEL,
        "content": blocks,
        "stop_reason": ends,
        "stop_sequence": None,
        "usage": USAGE,
    }
    if not stream:
        return _whole(200, json.dumps(message).encode())
    start = {**message, "content": [], "stop_reason": None}
    events: list[dict[str, Any]] = [{"type": "message_start", "message": start}]
    for index, block in enumerate(blocks):
        events += _streamed(index, block)
    ending = {"stop_reason": ends, "stop_sequence": None}
    events.append({"type": "message_delta", "delta": ending, "usage": USAGE})
    events.append({"type": "message_stop"})
    head = (
        b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\n"
        b"request-id: req_bench\r\ntransfer-encoding: chunked\r\n\r\n"
    )
    return head + b"".join(map(_chunk, events)) + b"0\r\n\r\n"


def _streamed(index: int, block: dict[str, Any]) -> list[dict[str, Any]]:
    called = block["type"] == "tool_use"
    whole = json.dumps(block["input"]) if called else block["text"]
    kind, field = ("input_json_delta", "partial_json") if called else ("text_delta", "text")
    opened = {**block, "input": {}} if called else {"type": "text", "text": ""}
    pieces = [whole[at : at + PIECE] for at in range(0, len(whole), PIECE)]
    deltas = [
        {"type": "content_block_delta", "index": index, "delta": {"type": kind, field: piece}}
        for piece in pieces
    ]
    return [
        {"type": "content_block_start", "index": index, "content_block": opened},
        *deltas,
        {"type": "content_block_stop", "index": index},
    ]


def _chunk(event: dict[str, Any]) -> bytes:
    data = f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode()
    return f"{len(data):x}\r\n".encode() + data + b"\r\n"


def _whole(status: int, body: bytes) -> bytes:
    head = (
        f"HTTP/1.1 {status} -\r\ncontent-type: application/json\r\nrequest-id: req_bench\r\n"
        f"content-length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


async def serve(latency_s: float, overloaded: float, seed: int) -> None:
    """Serve on a free port until stdin closes."""
    StandIn.latency_s, StandIn.overloaded = latency_s, overloaded
    StandIn.rng = random.Random(seed)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(StandIn, "127.0.0.1", 0, backlog=512)
    sys.stdout.write(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await loop.run_in_executor(None, sys.stdin.read)
    server.close()


def main() -> None:
    """Read the options and serve."""
    options = argparse.ArgumentParser(description="a local stand-in of the Messages API")
    options.add_argument("--latency-ms", type=float, default=0.0)
    options.add_argument("--overloaded", type=float, default=0.0)
    options.add_argument("--seed", type=int, default=7)
    given = options.parse_args()
    asyncio.run(serve(given.latency_ms / 1000, given.overloaded, given.seed))


if __name__ == "__main__":
    main()
