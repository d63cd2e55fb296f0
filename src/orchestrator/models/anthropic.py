"""The Messages API through the `anthropic` SDK: attempts, retries, streaming, cancellation.

The SDK gives transport, authentication and the clouds' addresses. Its own retries are off (they
sleep out any `Retry-After`), and so is its stream parser: it validates each event anew, completes
tool calls that were cut, and takes a stream without an end for a whole one. The call goes through
the client's `post` with our own body (`wire`), and the response's bytes through `sse` and
`assemble`. The SDK is imported on the first reply, because the import takes about a second.

The HTTP client is the SDK's aiohttp one: it takes half the processor time of the default, httpx2,
for a streamed reply, the SDK imports aiohttp anyway where it is installed, and vcrpy records and
replays it (streams too, tested), which is what cassettes stand on.
"""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import aclosing, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, cast

from orchestrator.models.assemble import Assembler, ServiceFault
from orchestrator.models.eventstream import EventStreamDecoder
from orchestrator.models.faults import Fault, Verdict, fault_of_event, fault_of_status
from orchestrator.models.port import (
    DeadlinePassed,
    ModelRequest,
    Reply,
    RetryAfterBeyondBudget,
    Usage,
)
from orchestrator.models.sse import MalformedStreamError, SseDecoder, json_object
from orchestrator.models.wire import CONTEXT_EDITING_BETA, body

if TYPE_CHECKING:
    import httpx2
    from anthropic import (
        AsyncAnthropic,
        AsyncAnthropicBedrock,
        AsyncAnthropicVertex,
        AsyncAPIResponse,
    )

    Client = AsyncAnthropic | AsyncAnthropicBedrock | AsyncAnthropicVertex

DEFAULT_BASE_URL = "https://api.anthropic.com"
CONNECT_TIMEOUT_S = 10.0
DRAIN_TIMEOUT_S = 0.5
RAW = {"X-Stainless-Raw-Response": "stream"}
"""The SDK's own sign that `post` is to hand over the response unread."""


def transport(timeout_s: float) -> dict[str, Any]:
    """The options of every client of the SDK, direct or a cloud's: how requests travel."""
    from anthropic import DefaultAioHttpClient, Timeout

    timeout = Timeout(timeout_s, connect=CONNECT_TIMEOUT_S)
    return {
        "timeout": timeout,
        "http_client": DefaultAioHttpClient(timeout=timeout),
        "open_telemetry": False,
    }


@dataclass(frozen=True)
class RetryPolicy:
    """How failed attempts are repeated.

    The n-th pause is `base_s` * 2^(n-1), at most `cap_s`, less up to a quarter at random, unless
    the service names one. `patience_s` is the wall time of a reply that is given no deadline.
    """

    attempts: int = 6
    base_s: float = 0.5
    cap_s: float = 16.0
    patience_s: float = 3600.0

    def pause_s(self, failed: int, rng: random.Random) -> float:
        """The pause after `failed` attempts, in seconds."""
        return min(self.base_s * 2.0 ** (failed - 1), self.cap_s) * (1 - rng.random() / 4)


class AnthropicModel:
    """A model behind the Messages API or something that speaks it.

    `make_client` constructs the SDK's client when the first reply is asked for; see `direct` and
    `factory`. `credential_errors` are what a cloud's library raises where it finds no credentials.
    `clock` is monotonic seconds, `now` UTC (for `Retry-After` dates). `rewritten` says that the
    client rewrites bodies, as the clouds' do; else they go out as bytes, which it need not copy.
    """

    def __init__(
        self,
        make_client: Callable[[], Client],
        *,
        credential_errors: Callable[[], tuple[type[Exception], ...]] = tuple,
        rewritten: bool = True,
        policy: RetryPolicy = RetryPolicy(),
        rng: random.Random | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._make_client = make_client
        self._client: Client | None = None
        self._credential_errors = credential_errors
        self._rewritten = rewritten
        self._policy = policy
        self._rng = rng or random.Random()  # noqa: S311 - spreads retries, guards nothing
        self._sleep = sleep
        self._clock = clock
        self._now = now

    @classmethod
    def direct(
        cls,
        *,
        api_key: str,
        base_url: str = DEFAULT_BASE_URL,
        timeout_s: float = 600.0,
        **options: Any,
    ) -> AnthropicModel:
        """A model at `base_url`; key and address never come from the environment or a profile.

        `timeout_s` bounds the silence between two pieces of an answer. `options` are those of the
        constructor.
        """

        def make() -> Client:
            from anthropic import AsyncAnthropic

            return AsyncAnthropic(
                api_key=api_key, base_url=base_url, max_retries=0, **transport(timeout_s)
            )

        return cls(make, rewritten=False, **options)

    async def reply(
        self,
        request: ModelRequest,
        on_text: Callable[[str], None] | None = None,
        deadline_s: float | None = None,
    ) -> Reply:
        """Take one turn; see `port.Model`.

        Raises:
            ModelConfigError: key, credit, model or endpoint are wrong; never retried.
            BadRequest: the service (or `wire`) refused the form of the request.
            ModelUnavailable: every attempt failed.
            RetryAfterBeyondBudget: the pause to be made is longer than the time left.
            DeadlinePassed: the time ran out during an attempt.
        """
        wire = body(request)
        end = self._clock() + (self._policy.patience_s if deadline_s is None else deadline_s)
        lost = Usage()
        for attempt in range(1, self._policy.attempts + 1):
            assembler = Assembler(on_text)
            try:
                async with asyncio.timeout(max(0.0, end - self._clock())):
                    outcome = await self._attempt(wire, assembler)
            except TimeoutError:
                raise DeadlinePassed(
                    f"the wall time left ran out during attempt {attempt}",
                    retry_after_s=0.0,
                    attempts=attempt,
                    lost_usage=lost + assembler.usage,
                ) from None
            if isinstance(outcome, Reply):
                return replace(
                    outcome,
                    model=outcome.model or request.model,
                    attempts=attempt,
                    lost_usage=lost,
                )
            lost += assembler.usage
            if not outcome.retry or attempt == self._policy.attempts:
                raise outcome.error(attempt, lost)
            await self._pause(outcome, attempt, end, lost)
        raise AssertionError("a policy has at least one attempt")

    async def aclose(self) -> None:
        """Close the connections."""
        client, self._client = self._client, None
        if client is not None:
            await client.close()

    async def _pause(self, fault: Fault, attempt: int, end: float, lost: Usage) -> None:
        asked = fault.retry_after_s
        pause = self._policy.pause_s(attempt, self._rng) if asked is None else asked
        left = end - self._clock()
        if pause > left:
            who = "we would wait" if asked is None else "the service asks to wait"
            raise RetryAfterBeyondBudget(
                f"{who} {pause:.1f} s and {max(0.0, left):.1f} s of wall time are left: "
                f"{fault.message}",
                retry_after_s=pause,
                attempts=attempt,
                lost_usage=lost,
            )
        await self._sleep(pause)

    async def _attempt(self, wire: dict[str, Any], assembler: Assembler) -> Fault | Reply:
        import aiohttp
        import httpx2
        from anthropic import APIConnectionError, APIStatusError, AsyncStream

        if self._client is None:
            self._client = self._make_client()
        client = self._client
        try:
            posted = await client.post(
                "/v1/messages",
                cast_to=object,
                **({"body": wire} if self._rewritten else {"content": _encoded(wire)}),
                options={"headers": _headers(wire)},
                stream=True,
                stream_cls=AsyncStream[object],
            )
            answer = cast("AsyncAPIResponse[object]", posted)
            try:
                return await _take(answer.http_response, assembler)
            finally:
                await answer.close()
        except APIStatusError as error:
            return fault_of_status(
                error.status_code, error.response.headers, error.body, self._now()
            )
        except APIConnectionError as error:
            cause = error.__cause__
            known = cause is None or isinstance(
                cause, httpx2.HTTPError | aiohttp.ClientError | OSError
            )
            where = f"{type(cause or error).__name__}: {cause or error}"
            return Fault(f"{where} ({client.base_url})", retry=known)
        except (httpx2.HTTPError, aiohttp.ClientError) as error:
            return Fault(f"the answer broke off ({type(error).__name__}: {error})", retry=True)
        except MalformedStreamError as error:
            return Fault(f"the answer broke off ({error})", retry=True)
        except ServiceFault as error:
            return fault_of_event(error.body, self._now())
        except UnicodeEncodeError as error:
            fault = f"the request holds text that is not Unicode: {error}"
            return Fault(fault, retry=False, verdict=Verdict.BAD_REQUEST)
        except self._credential_errors() as error:
            fix = "set up the cloud's credentials, as its own tools do"
            return Fault(f"no credentials: {error}", retry=False, verdict=Verdict.CONFIG, fix=fix)


def _headers(wire: Mapping[str, Any]) -> dict[str, str]:
    """Bedrock takes the beta in the body, where the SDK puts it from this header."""
    return {**RAW, "anthropic-beta": CONTEXT_EDITING_BETA} if "context_management" in wire else RAW


def _encoded(wire: dict[str, Any]) -> bytes:
    """The body as the SDK would send it, byte for byte."""
    return json.dumps(wire, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()


async def _take(response: httpx2.Response, assembler: Assembler) -> Fault | Reply:
    content_type = response.headers.get("content-type", "")
    request_id = response.headers.get("request-id")
    if "html" in content_type:
        return Fault(
            f"{response.url} answered with a web page",
            retry=False,
            verdict=Verdict.CONFIG,
            fix="set ANTHROPIC_BASE_URL to an endpoint that speaks the Messages API",
        )
    if "json" in content_type:
        assembler.take_whole(json_object(await response.aread()))
        return assembler.reply(request_id)
    decoder = EventStreamDecoder() if "amazon.eventstream" in content_type else SseDecoder()
    async with aclosing(response.aiter_bytes()) as chunks:
        async for chunk in chunks:
            for event in decoder.feed(chunk):
                assembler.take(event)
            if assembler.stopped:
                await _drain(chunks)
                return assembler.reply(request_id)
    for event in decoder.end():
        assembler.take(event)
    return assembler.reply(request_id)


async def _drain(chunks: AsyncIterator[bytes]) -> None:
    """Read on to the end of the body, so that the connection can serve the next call.

    The message is whole by now: whatever goes wrong here costs a new connection and no more.
    """
    import aiohttp
    import httpx2

    with suppress(TimeoutError, httpx2.HTTPError, aiohttp.ClientError):
        async with asyncio.timeout(DRAIN_TIMEOUT_S):
            async for _ in chunks:
                pass
