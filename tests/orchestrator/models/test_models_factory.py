"""Which model a configuration means, and how one that cannot work is refused in one line."""

from __future__ import annotations

import base64
import binascii
import json
import struct
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from orchestrator.models.factory import Provider, build_model, offers_context_editing
from orchestrator.models.port import BadRequest, ModelConfigError, ModelRequest
from tests.support.messages_answers import events_of
from tests.support.messages_api import Answer, MessagesApi, Recorded, say
from tests.support.model_bench import Bench

Ask = Callable[..., ModelRequest]


@pytest.mark.parametrize(
    ("provider", "environ", "words"),
    [
        ("anthropic", {}, "ANTHROPIC_API_KEY.*ANTHROPIC_BASE_URL.*orc doctor"),
        ("anthropic", {"ANTHROPIC_API_KEY": ""}, "ANTHROPIC_API_KEY"),
        ("anthropic", {"ANTHROPIC_BASE_URL": "localhost:80"}, "no web address: 'localhost:80'"),
        ("anthropic", {"ANTHROPIC_BASE_URL": "http://host:99999"}, "no web address"),
        ("anthropic", {"ANTHROPIC_BASE_URL": "https://u:p@host"}, "holds a user name or password"),
        ("anthropic", {"ANTHROPIC_API_KEY": "sk-a\nsk-b"}, "the model key holds a line break"),
        (
            "anthropic",
            {"ANTHROPIC_API_KEY": "k", "ANTHROPIC_CUSTOM_HEADERS": "a: b\rc"},
            "ANTHROPIC_CUSTOM_HEADERS holds a line break",
        ),
        ("bedrock", {}, "set AWS_REGION"),
        ("vertex", {}, "set CLOUD_ML_REGION"),
        ("vertex", {"CLOUD_ML_REGION": "eu"}, "set ANTHROPIC_VERTEX_PROJECT_ID"),
        ("teapot", {}, "unknown model provider 'teapot'"),
    ],
)
def test_what_is_missing_is_named_before_a_run_opens(
    provider: Provider, environ: Mapping[str, str], words: str
) -> None:
    with pytest.raises(ModelConfigError, match=words) as caught:
        build_model(provider, environ)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("provider", "package", "environ"),
    [
        ("bedrock", "boto3", {"AWS_REGION": "eu-west-1"}),
        ("vertex", "google.auth", {"CLOUD_ML_REGION": "eu", "ANTHROPIC_VERTEX_PROJECT_ID": "p"}),
    ],
)
def test_a_missing_package_comes_with_its_install_line(
    provider: Provider, package: str, environ: Mapping[str, str]
) -> None:
    try:
        __import__(package)
    except ImportError:
        with pytest.raises(ModelConfigError, match=rf"pip install 'anthropic\[{provider}\]'"):
            build_model(provider, environ)
    else:
        pytest.skip(f"{package} is installed here")


@pytest.mark.parametrize(
    ("environ", "sent"),
    [
        ({"ANTHROPIC_API_KEY": "sk-a", "ANTHROPIC_AUTH_TOKEN": "t"}, "Bearer sk-a"),
        ({"ANTHROPIC_AUTH_TOKEN": "t\n"}, "Bearer t"),
        ({}, "Bearer unneeded"),
    ],
)
async def test_an_endpoint_of_the_users_own_is_called_with_the_key_there_is(
    bench: Bench, ask: Ask, environ: dict[str, str], sent: str
) -> None:
    with MessagesApi([say("hi")]) as api:
        environ = {**environ, "ANTHROPIC_BASE_URL": api.url}
        model = build_model("anthropic", environ, **bench.injected())
        assert (await model.reply(ask())).text == "hi"
        await model.aclose()
    assert api.requests[0].headers["authorization"] == sent


async def test_headers_that_a_gateway_wants_are_sent_along(bench: Bench, ask: Ask) -> None:
    with MessagesApi([say("hi")]) as api:
        environ = {
            "ANTHROPIC_BASE_URL": api.url,
            "ANTHROPIC_CUSTOM_HEADERS": "X-Team: desk\nX-Route: a:b",
        }
        model = build_model("anthropic", environ, **bench.injected())
        await model.reply(ask())
        await model.aclose()
    assert api.requests[0].headers["x-team"] == "desk"
    assert api.requests[0].headers["x-route"] == "a:b"


async def test_vertex_goes_to_its_own_address_and_streams(bench: Bench, ask: Ask) -> None:
    with _Cloud(Answer(message=say("from vertex"))) as api:
        environ = {
            "CLOUD_ML_REGION": "europe-west1",
            "ANTHROPIC_VERTEX_PROJECT_ID": "proj",
            "CLOUDSDK_AUTH_ACCESS_TOKEN": "ya29",
            "ANTHROPIC_VERTEX_BASE_URL": api.url,
        }
        model = build_model("vertex", environ, **bench.injected())
        reply = await model.reply(ask())
        await model.aclose()
    (request,) = api.requests
    assert reply.text == "from vertex"
    assert request.path == (
        "/projects/proj/locations/europe-west1/publishers/anthropic/models/"
        "claude-opus-5-5:streamRawPredict"
    )
    assert request.headers["authorization"] == "Bearer ya29"
    assert "model" not in request.body


async def test_bedrock_goes_to_its_own_address_and_its_stream_is_unwrapped(
    bench: Bench, ask: Ask
) -> None:
    whole = {**say("from bedrock"), "id": "msg_1", "model": "claude-opus-5-5"}
    frames = b"".join(
        _frame({":message-type": "event", ":event-type": "chunk"}, _wrapped(event))
        for event in events_of(Answer(message=whole))
    )
    headers = {"content-type": "application/vnd.amazon.eventstream"}
    with _Cloud(Answer(body=frames, headers=headers)) as api:
        environ = {
            "AWS_REGION": "eu-west-1",
            "AWS_BEARER_TOKEN_BEDROCK": "abc",
            "ANTHROPIC_BEDROCK_BASE_URL": api.url,
        }
        model = build_model("bedrock", environ, **bench.injected())
        reply = await model.reply(ask(model="global.anthropic.claude-opus-5-5", clear_above=9))
        await model.aclose()
    (request,) = api.requests
    assert request.body["anthropic_beta"] == ["context-management-2025-06-27"]
    assert "context_management" in request.body
    assert (reply.text, reply.model) == ("from bedrock", "claude-opus-5-5")
    assert request.path == ("/model/global.anthropic.claude-opus-5-5/invoke-with-response-stream")
    assert request.headers["authorization"] == "Bearer abc"
    assert "stream" not in request.body


async def test_an_exception_in_bedrocks_stream_is_an_error_like_any_other(
    bench: Bench, ask: Ask
) -> None:
    headers = {":message-type": "exception", ":exception-type": "validationException"}
    body = _frame(headers, b'{"message": "too long"}')
    kind = {"content-type": "application/vnd.amazon.eventstream"}
    with _Cloud(Answer(body=body, headers=kind)) as api:
        environ = {
            "AWS_REGION": "eu-west-1",
            "AWS_BEARER_TOKEN_BEDROCK": "abc",
            "ANTHROPIC_BEDROCK_BASE_URL": api.url,
        }
        model = build_model("bedrock", environ, **bench.injected())
        with pytest.raises(BadRequest, match=r"validationException.*too long"):
            await model.reply(ask())
        await model.aclose()


class _Cloud(MessagesApi):
    """A stand-in that takes any path, as clouds have their own."""

    def __init__(self, answer: Answer) -> None:
        super().__init__([])
        self._answer = answer

    def answer(self, request: Recorded) -> Answer:
        self.requests.append(request)
        return self._answer.for_request({**request.body, "stream": True}, 1, "")


def _wrapped(event: dict[str, Any]) -> bytes:
    inner = base64.b64encode(json.dumps(event).encode()).decode()
    return json.dumps({"bytes": inner, "p": "padding"}).encode()


def _frame(headers: Mapping[str, str], payload: bytes) -> bytes:
    packed = b"".join(
        bytes([len(name)])
        + name.encode()
        + b"\x07"
        + struct.pack(">H", len(value))
        + value.encode()
        for name, value in headers.items()
    )
    prelude = struct.pack(">II", 16 + len(packed) + len(payload), len(packed))
    framed = prelude + struct.pack(">I", binascii.crc32(prelude)) + packed + payload
    return framed + struct.pack(">I", binascii.crc32(framed))


@pytest.mark.parametrize(
    ("provider", "base_url", "offered"),
    [
        ("anthropic", None, True),
        ("anthropic", "https://api.anthropic.com", True),
        ("anthropic", "https://API.anthropic.com/", True),
        ("anthropic", "http://127.0.0.1:8000", False),
        ("anthropic", "https://api.anthropic.com.gateway.example", False),
        ("bedrock", None, False),
        ("vertex", None, False),
    ],
)
def test_context_editing_is_offered_by_anthropics_own_service(
    provider: Provider, base_url: str | None, offered: bool
) -> None:
    assert offers_context_editing(provider, base_url) is offered
