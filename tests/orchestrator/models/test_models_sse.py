"""The event stream decoder: any cut into chunks, any line end, nothing torn."""

from __future__ import annotations

import itertools
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestrator.models.sse import MalformedStreamError, SseDecoder

EVENTS = [{"type": "a", "text": "one\u2028two\x85three"}, {"type": "b", "n": [1, {"x": None}]}]


def decode(data: bytes, cuts: list[int]) -> list[dict[str, object]]:
    decoder = SseDecoder()
    edges = [0, *sorted(cut % (len(data) + 1) for cut in cuts), len(data)]
    pieces = [data[a:b] for a, b in itertools.pairwise(edges)]
    found = [event for piece in pieces for event in decoder.feed(piece)]
    return [*found, *decoder.end()]


@settings(derandomize=True, max_examples=100)
@given(
    st.lists(st.integers(0, 10_000), max_size=20),
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.booleans(),
)
def test_events_survive_any_chunking_and_line_end(cuts: list[int], end: str, closed: bool) -> None:
    text = ": a comment" + end + end
    for event in EVENTS:
        text += f"event: x{end}data: {json.dumps(event, ensure_ascii=False)}{end}{end}"
    data = text.encode()
    assert decode(data if closed else data.rstrip(), cuts) == EVENTS


def test_data_over_several_lines_is_one_event() -> None:
    assert decode(b'data: {"a":\ndata:1}\n\n', []) == [{"a": 1}]


@pytest.mark.parametrize("data", [b"data: {\n\n", b"data: [1]\n\n", b"data: \xff\n\n"])
def test_data_that_is_no_object_is_malformed(data: bytes) -> None:
    with pytest.raises(MalformedStreamError):
        decode(data, [])
