"""One turn over real HTTP: the request on the wire, the reply, text as it comes, cancellation."""

from __future__ import annotations

import asyncio
import gc
import shutil
import ssl
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from orchestrator.models.anthropic import RetryPolicy
from orchestrator.models.port import (
    BadRequest,
    DeadlinePassed,
    ModelConfigError,
    ModelRequest,
    ModelUnavailable,
    Usage,
)
from tests.support.messages_api import (
    Answer,
    Ending,
    MessagesApi,
    failure,
    message,
    say,
    text,
    thinking,
    tool_use,
)
from tests.support.model_bench import Bench

Ask = Callable[..., ModelRequest]
TOOL = {"name": "look", "description": "Look.", "input_schema": {"type": "object"}}


async def test_a_reply_carries_blocks_usage_model_and_request_id(bench: Bench, ask: Ask) -> None:
    whole = message(
        thinking("let me see"),
        text("I will look."),
        tool_use("look", {"path": "src/a.py", "words": "größer 😀"}),
        {"type": "novel", "deep": {"a": [1, None]}},
        usage={"input_tokens": 7, "output_tokens": 30, "cache_read_input_tokens": 5},
    )
    with MessagesApi([whole]) as api:
        reply = await bench.connect(api).reply(ask(tools=(TOOL,)))
    signature = reply.content[0]["signature"]
    assert reply.content == ({**whole["content"][0], "signature": signature}, *whole["content"][1:])
    assert reply.usage == Usage(7, 30, 5, 0)
    assert (reply.stop_reason, reply.model) == ("tool_use", "claude-opus-5-5")
    assert (reply.request_id, reply.attempts) == ("req_000001", 1)
    assert (reply.tool_errors, reply.refusal) == ({}, None)
    assert api.refused == []


async def test_the_request_is_the_current_version_with_a_bearer_key_and_no_sampling(
    bench: Bench, ask: Ask
) -> None:
    with MessagesApi([say("hi")]) as api:
        await bench.connect(api).reply(ask(effort="high", tools=(TOOL,), max_tokens=64_000))
    (request,) = api.requests
    assert request.path == "/v1/messages"
    assert request.headers["anthropic-version"] == "2026-10-21"
    assert request.headers["authorization"] == "Bearer sk-test"
    assert set(request.body) == {
        *("model", "max_tokens", "system", "tools", "messages", "output_config", "stream"),
    }


async def test_neither_environment_nor_profile_redirects_the_call(
    bench: Bench, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANTHROPIC_BASE_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-other")
    monkeypatch.setenv("ANTHROPIC_PROFILE", "other")
    with MessagesApi([say("hi")]) as api:
        await bench.connect(api).reply(ask())
    assert api.requests[0].headers["authorization"] == "Bearer sk-test"


@pytest.mark.skipif(shutil.which("openssl") is None, reason="makes a certificate with openssl")
async def test_https_is_trusted_by_the_machines_store_and_by_ssl_cert_file(
    bench: Bench, ask: Ask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    made = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=local"
    where = ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out"]
    command = ["openssl", *made.split(), *where, str(certificate)]
    subprocess.run(command, check=True, capture_output=True)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate, key)
    with MessagesApi([say("safe")], tls=tls) as api:
        with pytest.raises(ModelUnavailable, match="certificate verify failed"):
            await bench.connect(api, policy=RetryPolicy(attempts=1)).reply(ask())
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        assert (await bench.connect(api).reply(ask())).text == "safe"


@pytest.mark.parametrize("scheme", ["http://", ""])
async def test_a_proxy_of_the_environment_is_used_but_where_it_is_excepted(
    bench: Bench, ask: Ask, monkeypatch: pytest.MonkeyPatch, scheme: str
) -> None:
    with MessagesApi([say("by proxy"), say("straight")]) as api:
        monkeypatch.setenv("HTTP_PROXY", api.url.replace("http://", scheme))
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        assert (await bench.connect("http://messages.invalid").reply(ask())).text == "by proxy"
        assert (await bench.connect(api).reply(ask())).text == "straight"
    assert [request.headers["host"] for request in api.requests] == [
        "messages.invalid",
        api.url.removeprefix("http://"),
    ]


async def test_a_conversation_with_bound_thinking_is_accepted_turn_after_turn(
    bench: Bench, ask: Ask
) -> None:
    def script(body: object, headers: object, n: int) -> Answer:
        call = tool_use("look", {"n": n}, call=f"t{n}")
        return Answer(message=message(thinking(), text(" \n"), call))

    with MessagesApi(script) as api:
        model = bench.connect(api)
        history: list[object] = [{"role": "user", "content": "go"}]
        for n in range(1, 5):
            reply = await model.reply(ask(*history, tools=(TOOL,)))
            result = {"type": "tool_result", "tool_use_id": f"t{n}", "content": f"saw {n}"}
            history.append({"role": "assistant", "content": reply.content})
            history.append({"role": "user", "content": [result]})
    assert api.refused == []
    assert len(api.requests) == 4


@pytest.mark.parametrize("size", [1, 7, 64])
async def test_text_is_heard_as_it_comes_however_the_bytes_are_cut(
    bench: Bench, ask: Ask, size: int
) -> None:
    words = "grüße 😀 \u2028 and so on, for a while"
    heard: list[str] = []
    answer = Answer(message=message(thinking("hm"), text(words)), chunk_bytes=size)
    with MessagesApi([answer]) as api:
        reply = await bench.connect(api).reply(ask(), heard.append)
    assert "".join(heard) == reply.text == words
    assert len(heard) > 1


async def test_an_endpoint_that_answers_in_one_piece_is_understood(bench: Bench, ask: Ask) -> None:
    heard: list[str] = []
    whole = message(text("hi"), tool_use("look", {"a": 1}))
    with MessagesApi([Answer(message=whole, plain_json=True)]) as api:
        reply = await bench.connect(api).reply(ask(tools=(TOOL,)), heard.append)
    assert reply.content == tuple(whole["content"])
    assert (heard, reply.usage) == (["hi"], Usage(100, 20))


async def test_a_refusal_and_a_cut_reply_are_replies(bench: Bench, ask: Ask) -> None:
    refused = message(stop_reason="refusal", stop_details={"type": "refusal", "category": "cyber"})
    cut = message(tool_use("look", {"path": "a"}), stop_reason="max_tokens")
    with MessagesApi([refused, cut]) as api:
        model = bench.connect(api)
        first = await model.reply(ask(tools=(TOOL,)))
        second = await model.reply(ask(tools=(TOOL,)))
    assert (first.refusal, first.content) == ("cyber", ())
    assert second.tool_errors == {"toolu_1": "the reply was cut at max_tokens"}


async def test_the_services_own_words_come_back_for_a_bad_request(bench: Bench, ask: Ask) -> None:
    unpaired = (
        {"role": "user", "content": "go"},
        {"role": "assistant", "content": [tool_use("look", {}, "t1")]},
        {"role": "user", "content": "and?"},
    )
    with MessagesApi([]) as api:
        with pytest.raises(BadRequest, match="without `tool_result` blocks immediately after: t1"):
            await bench.connect(api).reply(ask(*unpaired))
    assert len(api.requests) == 1


async def test_text_that_is_not_unicode_is_a_bad_request(bench: Bench, ask: Ask) -> None:
    with MessagesApi([]) as api:
        with pytest.raises(BadRequest, match="not Unicode"):
            await bench.connect(api).reply(ask({"role": "user", "content": "a\udce9"}))


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (failure(401, "authentication_error", "invalid x-api-key"), "ANTHROPIC_API_KEY"),
        (failure(404, "not_found_error", "model: nope"), "model: nope"),
        (
            Answer(body=b"<html>log in</html>", headers={"content-type": "text/html"}),
            "ANTHROPIC_BASE_URL",
        ),
    ],
)
async def test_a_wrong_key_model_or_endpoint_is_one_line_and_not_tried_again(
    bench: Bench, ask: Ask, answer: Answer, words: str
) -> None:
    with MessagesApi([answer]) as api:
        with pytest.raises(ModelConfigError, match=words) as caught:
            await bench.connect(api).reply(ask())
    assert len(api.requests) == 1
    assert "\n" not in str(caught.value)


async def test_a_cancelled_turn_hangs_up_and_leaks_nothing(bench: Bench, ask: Ask) -> None:
    answer = Answer(message=say("never to be read"), ending=Ending.HANG, after_events=4)
    with MessagesApi([answer, say("again")]) as api:
        model = bench.connect(api)
        task = asyncio.create_task(model.reply(ask()))
        assert await asyncio.to_thread(api.hanging.wait, 10)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await asyncio.to_thread(api.disconnected.wait, 10)
        assert (await model.reply(ask())).text == "again"
    gc.collect()


async def test_a_turn_ends_at_its_deadline(bench: Bench, ask: Ask) -> None:
    answer = Answer(message=say("slow"), ending=Ending.HANG, after_events=4)
    with MessagesApi([say("the client is imported by now"), answer]) as api:
        model = bench.connect(api)
        await model.reply(ask())
        with pytest.raises(DeadlinePassed) as caught:
            await model.reply(ask(), deadline_s=1.0)
        assert await asyncio.to_thread(api.disconnected.wait, 10)
    assert caught.value.attempts == 1
    assert caught.value.lost_usage == Usage(100, 1)


async def test_a_body_that_never_ends_after_a_whole_message_does_not_hold_the_reply(
    bench: Bench, ask: Ask
) -> None:
    with MessagesApi([Answer(message=say("done"), ending=Ending.HANG_AFTER_STOP)]) as api:
        assert (await bench.connect(api).reply(ask())).text == "done"


async def test_replies_may_be_asked_for_side_by_side(bench: Bench, ask: Ask) -> None:
    with MessagesApi(
        lambda body, headers, n: say(body["messages"][0]["content"][0]["text"])
    ) as api:
        model = bench.connect(api)
        asked = [ask({"role": "user", "content": f"word {n}"}) for n in range(8)]
        replies = await asyncio.gather(*(model.reply(one) for one in asked))
    assert [reply.text for reply in replies] == [f"word {n}" for n in range(8)]


def test_the_client_is_imported_by_the_first_reply_and_not_before() -> None:
    code = (
        "import sys; from orchestrator.models import anthropic, factory, prices, scripted;"
        "factory.build_model('anthropic', {'ANTHROPIC_API_KEY': 'k'});"
        "heavy = {'anthropic', 'httpx2', 'genai_prices', 'aiohttp'} & set(sys.modules);"
        "print(*heavy, sep=', ')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "\n", "")


async def test_the_beta_of_context_editing_is_named_only_where_it_is_used(
    bench: Bench, ask: Ask
) -> None:
    with MessagesApi([say("one"), say("two")]) as api:
        model = bench.connect(api)
        await model.reply(ask())
        await model.reply(ask(clear_above=700_000))
    plain, edited = api.requests
    assert "anthropic-beta" not in plain.headers
    assert edited.headers["anthropic-beta"] == "context-management-2025-06-27"
    assert "context_management" in edited.body
    assert api.refused == []
