"""The scripted model follows its script and says so when it cannot."""

from __future__ import annotations

import pytest

from orchestrator.models.port import ModelRequest, ModelUnavailable, Reply
from orchestrator.models.scripted import ScriptedModel, ScriptError

ASK = ModelRequest("m", "", (), ({"role": "user", "content": "hi"},), 100)


def said(text: str) -> Reply:
    return Reply(({"type": "text", "text": text},), "end_turn")


async def test_replies_come_in_order_and_requests_are_kept() -> None:
    heard: list[str] = []
    with ScriptedModel([said("a"), lambda request: said(request.model)]) as model:
        assert (await model.reply(ASK, heard.append)).text == "a"
        assert (await model.reply(ASK, heard.append)).text == "m"
    assert heard == ["a", "m"]
    assert model.requests == [ASK, ASK]


async def test_a_scripted_reply_names_the_model_asked_for() -> None:
    model = ScriptedModel([said("a")])
    assert (await model.reply(ASK)).model == "m"


async def test_an_error_in_the_script_is_raised() -> None:
    model = ScriptedModel([ModelUnavailable("gone", attempts=3)])
    with pytest.raises(ModelUnavailable, match="gone"):
        await model.reply(ASK)


async def test_a_turn_beyond_the_script_fails_with_the_last_message() -> None:
    model = ScriptedModel([])
    with pytest.raises(ScriptError, match=r"turn 1 .* has 0.*hi"):
        await model.reply(ASK)


async def test_steps_left_over_fail_at_the_end_but_never_hide_another_error() -> None:
    with pytest.raises(ScriptError, match="0 turns were asked for, the script has 1"):
        with ScriptedModel([said("a")]):
            pass
    with pytest.raises(KeyError):
        with ScriptedModel([said("a")]):
            raise KeyError


async def test_closing_is_remembered() -> None:
    model = ScriptedModel([])
    await model.aclose()
    assert model.closed
