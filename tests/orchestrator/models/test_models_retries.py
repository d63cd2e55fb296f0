"""Attempts, pauses, broken streams: what is tried again, after how long, and until when."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Any

import pytest

from orchestrator.models.anthropic import RetryPolicy
from orchestrator.models.port import (
    ModelConfigError,
    ModelRequest,
    ModelUnavailable,
    RetryAfterBeyondBudget,
    Usage,
)
from tests.support.messages_api import Answer, Ending, MessagesApi, calls, failure, say
from tests.support.model_bench import Bench

Ask = Callable[..., ModelRequest]
TOOL = {"name": "look", "description": "Look.", "input_schema": {"type": "object"}}
OVERLOADED = failure(529, "overloaded_error", "Overloaded")


def limited(headers: dict[str, str], code: str | None = None) -> Answer:
    return failure(429, "rate_limit_error", "slow down", headers, code)


async def test_a_passing_trouble_is_tried_again_and_counted(bench: Bench, ask: Ask) -> None:
    busy = failure(500, "api_error", "oops")
    answers: list[Answer | dict[str, Any]] = [OVERLOADED, busy, say("at last")]
    with MessagesApi(answers) as api:
        reply = await bench.connect(api).reply(ask())
    assert (reply.text, reply.attempts) == ("at last", 3)
    assert len(bench.pauses) == 2
    assert [request.raw for request in api.requests] == [api.requests[0].raw] * 3


async def test_pauses_double_up_to_a_cap_less_up_to_a_quarter(bench: Bench, ask: Ask) -> None:
    policy = RetryPolicy(attempts=6, base_s=1.0, cap_s=4.0)
    with MessagesApi(lambda body, headers, n: OVERLOADED) as api:
        with pytest.raises(ModelUnavailable, match="after 6 attempts: Overloaded") as caught:
            await bench.connect(api, policy=policy).reply(ask())
    assert caught.value.attempts == len(api.requests) == 6
    for pause, full in zip(bench.pauses, [1, 2, 4, 4, 4], strict=True):
        assert 0.75 * full <= pause <= full
    assert len(set(bench.pauses)) == 5


async def test_the_pause_that_the_service_asks_for_is_kept(bench: Bench, ask: Ask) -> None:
    answers: list[Answer | dict[str, Any]]
    answers = [limited({"retry-after": "7"}), limited({"retry-after-ms": "250"}), say("ok")]
    with MessagesApi(answers) as api:
        await bench.connect(api).reply(ask(), deadline_s=60)
    assert bench.pauses == [7.0, 0.25]


async def test_a_pause_longer_than_the_time_left_is_not_begun(bench: Bench, ask: Ask) -> None:
    answers = [limited({"retry-after": "20"}), limited({"retry-after": "3600"})]
    with MessagesApi(answers) as api:
        with pytest.raises(RetryAfterBeyondBudget, match=r"3600\.0 s and 40\.0 s") as caught:
            await bench.connect(api).reply(ask(), deadline_s=60)
    assert (caught.value.retry_after_s, caught.value.attempts) == (3600.0, 2)
    assert bench.pauses == [20.0]


async def test_our_own_pause_keeps_to_the_time_left_too(bench: Bench, ask: Ask) -> None:
    policy = RetryPolicy(base_s=100.0, cap_s=100.0)
    with MessagesApi([OVERLOADED]) as api:
        with pytest.raises(RetryAfterBeyondBudget, match="we would wait"):
            await bench.connect(api, policy=policy).reply(ask(), deadline_s=60)
    assert bench.pauses == []


async def test_a_spend_limit_is_never_tried_again(bench: Bench, ask: Ask) -> None:
    with MessagesApi([limited({}, "enforced_spend_limit_reached")]) as api:
        with pytest.raises(ModelConfigError, match="add credit or raise the limit"):
            await bench.connect(api).reply(ask())
    assert (len(api.requests), bench.pauses) == (1, [])


async def test_the_services_wish_not_to_be_asked_again_is_respected(bench: Bench, ask: Ask) -> None:
    answer = failure(529, "overloaded_error", "Overloaded", {"x-should-retry": "false"})
    with MessagesApi([answer]) as api:
        with pytest.raises(ModelUnavailable, match="after 1 attempt: Overloaded"):
            await bench.connect(api).reply(ask())
    assert len(api.requests) == 1


@pytest.mark.parametrize(
    "broken",
    [
        Answer(message=calls("look", {"path": "a/long/path"}), ending=Ending.CUT, after_events=5),
        Answer(message=calls("look", {"path": "a/long/path"}), ending=Ending.RESET, after_events=5),
        Answer(message=say("some words"), ending=Ending.NO_STOP),
        Answer(message=say("some words"), ending=Ending.NO_STOP, after_events=4),
        Answer(message=say("some words"), ending=Ending.ERROR_EVENT, after_events=4),
        Answer(message=say("x"), ending=Ending.ERROR_EVENT, error=("api_error", "x")),
    ],
    ids=["cut", "reset", "no stop", "no end of block", "overloaded", "api error"],
)
async def test_a_broken_stream_is_tried_again_and_its_cost_is_kept(
    bench: Bench, ask: Ask, broken: Answer
) -> None:
    with MessagesApi([broken, say("whole")]) as api:
        reply = await bench.connect(api).reply(ask(tools=(TOOL,)))
    assert (reply.text, reply.attempts) == ("whole", 2)
    assert reply.usage == Usage(100, 20)
    assert reply.lost_usage.input_tokens == 100


async def test_a_connection_lost_before_any_answer_is_tried_again(bench: Bench, ask: Ask) -> None:
    with MessagesApi([Answer(ending=Ending.REFUSE), say("ok")]) as api:
        reply = await bench.connect(api).reply(ask())
    assert (reply.attempts, reply.lost_usage) == (2, Usage())


async def test_silence_in_a_stream_is_tried_again(bench: Bench, ask: Ask) -> None:
    silent = Answer(message=say("words"), ending=Ending.HANG, after_events=4)
    with MessagesApi([silent, say("ok")]) as api:
        reply = await bench.connect(api, timeout_s=1.0).reply(ask())
    assert (reply.text, reply.attempts) == ("ok", 2)


async def test_an_error_event_that_no_repetition_mends_is_not_repeated(
    bench: Bench, ask: Ask
) -> None:
    answer = Answer(
        message=say("x"), ending=Ending.ERROR_EVENT, error=("billing_error", "no credit")
    )
    with MessagesApi([answer]) as api:
        with pytest.raises(ModelConfigError, match="no credit"):
            await bench.connect(api).reply(ask())
    assert len(api.requests) == 1


@pytest.mark.parametrize(
    "answer",
    [
        Answer(body=b"<h1>Bad Gateway</h1>", status=502, headers={"content-type": "text/html"}),
        Answer(body=b"{not json", status=200),
        Answer(body=b'{"ok": true}', status=200),
        Answer(events=({"type": "message_start"},)),
    ],
    ids=["html", "broken json", "no message", "broken event"],
)
async def test_nonsense_from_a_gateway_is_tried_again(
    bench: Bench, ask: Ask, answer: Answer
) -> None:
    with MessagesApi([answer, say("ok")]) as api:
        assert (await bench.connect(api).reply(ask())).attempts == 2


async def test_an_error_in_one_piece_with_status_200_is_an_error(bench: Bench, ask: Ask) -> None:
    body = b'{"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}'
    with MessagesApi([Answer(body=body), say("ok")]) as api:
        assert (await bench.connect(api).reply(ask())).attempts == 2


async def test_no_network_says_which_address_was_tried(bench: Bench, ask: Ask) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{unused.getsockname()[1]}"
        with pytest.raises(ModelUnavailable, match=f"Cannot connect.*{address}") as caught:
            await bench.connect(address).reply(ask())
    assert caught.value.attempts == RetryPolicy().attempts


async def test_text_of_a_failed_attempt_is_heard_again(bench: Bench, ask: Ask) -> None:
    heard: list[str] = []
    broken = Answer(message=say("one"), ending=Ending.NO_STOP)
    with MessagesApi([broken, say("one")]) as api:
        await bench.connect(api).reply(ask(), heard.append)
    assert heard == ["one", "one"]


async def test_costs_of_all_failed_attempts_are_in_the_error(bench: Bench, ask: Ask) -> None:
    def script(body: Any, headers: Any, n: int) -> Answer:
        return Answer(message=say("x"), ending=Ending.NO_STOP)

    with MessagesApi(script) as api:
        with pytest.raises(ModelUnavailable, match="without message_stop") as caught:
            await bench.connect(api, policy=RetryPolicy(attempts=3)).reply(ask())
    assert caught.value.lost_usage == Usage(300, 60)
