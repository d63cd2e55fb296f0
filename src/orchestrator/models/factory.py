"""Which model a configuration means. What cannot work is refused here, before a run is opened."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import SplitResult, urlsplit

from orchestrator.models.anthropic import DEFAULT_BASE_URL, AnthropicModel
from orchestrator.models.port import ModelConfigError
from orchestrator.models.sdk import SdkTransport, client_options

if TYPE_CHECKING:
    from orchestrator.models.sdk import Client

OURS = "trading-orchestrator[agents]"
Provider = Literal["anthropic", "bedrock", "vertex"]
NO_KEY = "unneeded"
"""Sent to an endpoint of the user's own where no key is set: those expect one."""


def build_model(
    provider: Provider, environ: Mapping[str, str], *, timeout_s: float = 600.0, **options: Any
) -> AnthropicModel:
    """The model that `provider` and the environment's variables describe.

    Nothing is connected to and no SDK imported. `timeout_s` bounds the silence between two pieces
    of an answer; `options` are those of `AnthropicModel`.

    Raises:
        ModelConfigError: no key or endpoint, an unusable address, a missing region, project or
            package; the text names the variable or the command that mends it.
    """
    if provider == "bedrock":
        return _bedrock(environ, timeout_s, options)
    if provider == "vertex":
        return _vertex(environ, timeout_s, options)
    if provider != "anthropic":
        raise ModelConfigError(
            f"unknown model provider {provider!r}", "choose anthropic, bedrock or vertex"
        )
    key = environ.get("ANTHROPIC_API_KEY") or environ.get("ANTHROPIC_AUTH_TOKEN")
    base_url = environ.get("ANTHROPIC_BASE_URL")
    if not is_named(provider, environ):
        raise ModelConfigError(
            "no model can be reached",
            "set ANTHROPIC_API_KEY, or ANTHROPIC_BASE_URL for an endpoint of your own; "
            "`orc doctor` shows what is missing",
        )
    _need("genai_prices", OURS)
    return AnthropicModel.direct(
        api_key=_sendable("the model key", (key or NO_KEY).strip()),
        base_url=_address("ANTHROPIC_BASE_URL", base_url) or DEFAULT_BASE_URL,
        timeout_s=timeout_s,
        headers=_custom_headers(environ.get("ANTHROPIC_CUSTOM_HEADERS", "")),
        **options,
    )


def is_named(provider: Provider, environ: Mapping[str, str]) -> bool:
    """Whether somebody said which service to talk to: a cloud, a key, or an endpoint."""
    names = ("ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "ANTHROPIC_BASE_URL")
    return provider != "anthropic" or any(environ.get(name) for name in names)


def offers_context_editing(provider: Provider, base_url: str | None) -> bool:
    """Whether the service is known to leave out old tool results when asked: Anthropic's own does.

    Other endpoints that speak the Messages API may refuse the field, and the clouds take betas at
    their own pace.
    """
    own = base_url is None or urlsplit(base_url).hostname == urlsplit(DEFAULT_BASE_URL).hostname
    return provider == "anthropic" and own


def _bedrock(
    environ: Mapping[str, str], timeout_s: float, options: Mapping[str, Any]
) -> AnthropicModel:
    """By bearer token (`AWS_BEARER_TOKEN_BEDROCK`), else by whatever boto3 finds."""
    region = environ.get("AWS_REGION") or environ.get("AWS_DEFAULT_REGION")
    if not region:
        raise ModelConfigError("no region for Bedrock", "set AWS_REGION")
    token = environ.get("AWS_BEARER_TOKEN_BEDROCK")
    _need("anthropic", OURS)
    if not token:
        _need("boto3", "anthropic[bedrock]")
    name = "ANTHROPIC_BEDROCK_BASE_URL"
    base_url = _address(name, environ.get(name))

    def make() -> Client:
        from anthropic import AsyncAnthropicBedrock

        return AsyncAnthropicBedrock(
            aws_region=region,
            api_key=token,
            aws_profile=None if token else environ.get("AWS_PROFILE"),
            base_url=base_url or f"https://bedrock-runtime.{region}.amazonaws.com",
            **client_options(timeout_s),
        )

    def credential_errors() -> tuple[type[Exception], ...]:
        if token:
            return ()
        return (RuntimeError, importlib.import_module("botocore.exceptions").BotoCoreError)

    return AnthropicModel(
        SdkTransport(make, "Bedrock"), credential_errors=credential_errors, **options
    )


def _vertex(
    environ: Mapping[str, str], timeout_s: float, options: Mapping[str, Any]
) -> AnthropicModel:
    """By gcloud's own token variable (`CLOUDSDK_AUTH_ACCESS_TOKEN`), else by google-auth."""
    region = environ.get("CLOUD_ML_REGION", "")
    project = environ.get("ANTHROPIC_VERTEX_PROJECT_ID", "")
    if not region or not project:
        missing = "ANTHROPIC_VERTEX_PROJECT_ID" if region else "CLOUD_ML_REGION"
        raise ModelConfigError("no region or no project for Vertex", f"set {missing}")
    token = environ.get("CLOUDSDK_AUTH_ACCESS_TOKEN")
    _need("anthropic", OURS)
    if not token:
        _need("google.auth", "anthropic[vertex]")
    name = "ANTHROPIC_VERTEX_BASE_URL"
    base_url = _address(name, environ.get(name))

    def make() -> Client:
        from anthropic import AsyncAnthropicVertex

        return AsyncAnthropicVertex(
            region=region,
            project_id=project,
            access_token=token,
            base_url=base_url,
            **client_options(timeout_s),
        )

    def credential_errors() -> tuple[type[Exception], ...]:
        if token:
            return ()
        return (RuntimeError, importlib.import_module("google.auth.exceptions").GoogleAuthError)

    return AnthropicModel(
        SdkTransport(make, "Vertex"), credential_errors=credential_errors, **options
    )


def _need(module: str, extra: str) -> None:
    try:
        found = importlib.util.find_spec(module)
    except ModuleNotFoundError:
        found = None
    if found is None:
        raise ModelConfigError(f"the package {module} is missing", f"pip install '{extra}'")


def _custom_headers(given: str) -> dict[str, str]:
    """What a gateway wants besides, `Name: value` on each line, as the SDK reads it."""
    name = "ANTHROPIC_CUSTOM_HEADERS"
    parts = (line.partition(":") for line in given.split("\n"))
    return {
        _sendable(name, head.strip().lower()): _sendable(name, value.strip())
        for head, colon, value in parts
        if colon and head.strip()
    }


def _sendable(what: str, text: str) -> str:
    """The text, if it can stand in a header."""
    if not text.isprintable():
        raise ModelConfigError(f"{what} holds a line break or control character", "set it anew")
    return text


def _address(name: str, given: str | None) -> str | None:
    """The address, or None where there is none."""
    if not given:
        return None
    parts = urlsplit(given)
    if "@" in parts.netloc:
        raise ModelConfigError(
            f"{name} holds a user name or password", "give the key as ANTHROPIC_API_KEY"
        )
    if parts.scheme not in ("http", "https") or not parts.hostname or not _has_sound_port(parts):
        raise ModelConfigError(
            f"{name} is no web address: {given!r}", "give it as https://host, without /v1/messages"
        )
    return given


def _has_sound_port(parts: SplitResult) -> bool:
    try:
        return parts.port != 0
    except ValueError:
        return False
