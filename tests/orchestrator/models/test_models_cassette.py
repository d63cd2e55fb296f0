"""A cassette stands in for the service: what was recorded plays back the same, nothing else."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from orchestrator.models.cassettes import recording, replaying
from orchestrator.models.port import ModelRequest, ModelUnavailable, Reply
from tests.support.messages_api import MessagesApi, message, text, thinking, tool_use
from tests.support.model_bench import Bench

Ask = Callable[..., ModelRequest]
TOOL = {"name": "look", "description": "Look.", "input_schema": {"type": "object"}}


async def test_a_recorded_stream_plays_back_without_a_service_and_a_new_request_fails_at_once(
    bench: Bench, ask: Ask, tmp_path: Path
) -> None:
    cassette = tmp_path / "turns.json"
    requests = [ask({"role": "user", "content": f"turn {n}"}, tools=(TOOL,)) for n in range(3)]

    async def converse(url: str, order: list[int]) -> list[Reply]:
        model = bench.connect(url)
        return [await model.reply(requests[n]) for n in order]

    def script(body: Any, headers: Any, n: int) -> dict[str, Any]:
        return message(thinking("hm"), text(f"ünö 😀 {n}"), tool_use("look", {"n": n}, f"t{n}"))

    with MessagesApi(script) as api:
        url = api.url
        with recording(cassette, {}):
            recorded = await converse(url, [0, 1, 2])
    with replaying(cassette) as tape:
        assert await converse(url, [2, 0, 1]) == [recorded[2], recorded[0], recorded[1]]
        assert tape.all_played
        with pytest.raises(ModelUnavailable, match=r"not in the cassette turns\.json") as caught:
            await bench.connect(url).reply(ask({"role": "user", "content": "something else"}))
        with pytest.raises(ModelUnavailable, match="once more than that"):
            await converse(url, [1])
    assert (caught.value.attempts, bench.pauses) == (1, [])
    assert "sk-test" not in cassette.read_text()
