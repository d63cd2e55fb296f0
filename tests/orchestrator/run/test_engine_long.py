"""A conversation of hundreds of turns: nothing earlier is rewritten, memory stays flat."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from orchestrator.models.port import Block, ModelRequest, Reply, Usage
from orchestrator.run.limits import Limits
from orchestrator.toolbox.tool import Effect, tool
from tests.support.engines import Trial, hand, reply, use

TURNS = 420
WINDOW = 60_000
PAGE = 3_000
LIMITS = Limits(turns=1_000, tool_calls=1_000, usd=Decimal(1_000))


@tool(effect=Effect.READ)
def page(number: int) -> str:
    """Read a page."""
    return f"{number} ".ljust(PAGE, "x")


class Reader:
    """Reads page after page. Holds each request against the one before, and keeps only that."""

    def __init__(self, prompt_tokens: Callable[[ModelRequest], int]) -> None:
        self._prompt_tokens = prompt_tokens
        self._before: tuple[Block, ...] = ()
        self.turns = self.conversations = self.most_tokens = 0
        self.peaks: list[int] = []

    async def reply(
        self, request: ModelRequest, on_text: object = None, deadline_s: float | None = None
    ) -> Reply:
        del on_text, deadline_s
        messages = request.messages
        if self._before and messages[: len(self._before)] == self._before:
            assert len(messages) == len(self._before) + 2
        else:
            assert len(messages) == 1
            self.conversations += 1
        self._before = messages
        self.turns += 1
        tokens = self._prompt_tokens(request)
        self.most_tokens = max(self.most_tokens, tokens)
        if self.turns % 60 == 0:
            self.peaks.append(tracemalloc.get_traced_memory()[1])
            tracemalloc.reset_peak()
        if self.turns == TURNS:
            return hand()
        thought = {"type": "thinking", "thinking": "", "signature": f"signed {self.turns}"}
        said = {"type": "text", "text": f"Page {self.turns} says nothing new."}
        made = reply(thought, said, use("page", number=self.turns))
        return replace(made, usage=Usage(10, 60, tokens - 10))

    async def aclose(self) -> None:
        """Nothing is held."""


def characters(request: ModelRequest) -> int:
    """Tokens as a service might count them."""
    return sum(len(str(message["content"])) for message in request.messages) // 4


def cleared(request: ModelRequest) -> int:
    """The same where the service leaves out old results once it is asked to."""
    whole = characters(request)
    if request.clear_above is None or whole < request.clear_above:
        return whole
    kept = sum(len(str(message["content"])) for message in request.messages[-12:]) // 4
    return kept + 25 * len(request.messages)


async def read_on(folder: Path, reader: Reader, *, editing: bool) -> Trial:
    one = Trial(folder, [], tools={"page": page}, window=WINDOW, editing=editing, limits=LIMITS)
    one.setting = replace(one.setting, model=reader)
    tracemalloc.start()
    try:
        state = await one.drive()
    finally:
        tracemalloc.stop()
        one.close()
    assert state.closed is not None
    assert state.closed.status == "success"
    assert state.spend.model_calls == reader.turns == TURNS
    return one


@pytest.mark.slow
async def test_a_service_without_context_editing_is_given_fresh_conversations(
    tmp_path: Path,
) -> None:
    reader = Reader(characters)
    await read_on(tmp_path, reader, editing=False)
    assert reader.conversations > 5
    assert reader.most_tokens < WINDOW * 0.7
    # The record holds each result; beyond that nothing grows with the turns.
    warm, last = reader.peaks[1], reader.peaks[-1]
    turns = 60 * (len(reader.peaks) - 2)
    assert last - warm < turns * (PAGE + 2_500)


@pytest.mark.slow
async def test_a_service_with_context_editing_goes_on_in_one_conversation(tmp_path: Path) -> None:
    reader = Reader(cleared)
    await read_on(tmp_path, reader, editing=True)
    assert reader.conversations == 1
    assert reader.most_tokens < WINDOW * 0.7
