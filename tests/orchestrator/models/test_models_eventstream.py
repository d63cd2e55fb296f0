"""Frames of the AWS event stream that are cut or damaged."""

from __future__ import annotations

import base64
import binascii
import json
import struct

import pytest

from orchestrator.models.eventstream import EventStreamDecoder
from orchestrator.models.sse import MalformedStreamError


def frame(event: dict[str, object]) -> bytes:
    payload = json.dumps({"bytes": base64.b64encode(json.dumps(event).encode()).decode()}).encode()
    header = b"\x0d:message-type\x07\x00\x05event"
    prelude = struct.pack(">II", 16 + len(header) + len(payload), len(header))
    framed = prelude + struct.pack(">I", binascii.crc32(prelude)) + header + payload
    return framed + struct.pack(">I", binascii.crc32(framed))


@pytest.mark.parametrize("size", [1, 5, 1000])
def test_frames_survive_any_chunking(size: int) -> None:
    events: list[dict[str, object]] = [{"type": "a"}, {"type": "b", "x": [1]}]
    data = b"".join(map(frame, events))
    decoder = EventStreamDecoder()
    pieces = [data[start : start + size] for start in range(0, len(data), size)]
    assert [event for piece in pieces for event in decoder.feed(piece)] == events
    assert list(decoder.end()) == []


@pytest.mark.parametrize("position", [2, 40])
def test_a_damaged_frame_is_malformed(position: int) -> None:
    data = bytearray(frame({"type": "a"}))
    data[position] ^= 1
    with pytest.raises(MalformedStreamError, match="checksum"):
        list(EventStreamDecoder().feed(bytes(data)))
