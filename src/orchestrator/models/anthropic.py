"""The Messages API: attempts, retries, streaming, cancellation.

A call goes out by a `transport` with our own body (`wire`), and the answer's bytes go through `sse`
(Bedrock's through `eventstream`) and `assemble`. Of the SDK's ways none is used: its retries sleep
out any `Retry-After`, and its stream parser validates each event anew, completes tool calls that
were cut, and takes a stream without an end for a whole one.
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
from typing import Any

from orchestrator.models.assemble import Assembler, ServiceFault
from orchestrator.models.direct import DirectTransport
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
from orchestrator.models.transport import Answer, NoAnswer, Transport
from orchestrator.models.wire import body

DEFAULT_BASE_URL = "https://api.anthropic.com"
DRAIN_TIMEOUT_S = 0.5


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

    `credential_errors` are what a cloud's library raises where it finds no credentials. `clock` is
    monotonic seconds, `now` UTC (for `Retry-After` dates).
    """

    def __init__(
        self,
        transport: Transport,
        *,
        credential_errors: Callable[[], tuple[type[Exception], ...]] = tuple,
        policy: RetryPolicy = RetryPolicy(),
        rng: random.Random | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._transport = transport
        self._credential_errors = credential_errors
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
        headers: Mapping[str, str] | None = None,
        **options: Any,
    ) -> AnthropicModel:
        """A model at `base_url`; key and address never come from the environment or a profile.

        `timeout_s` bounds the silence between two pieces of an answer; `headers` are sent with each
        call. `options` are those of the constructor.
        """
        transport = DirectTransport(
            api_key=api_key, base_url=base_url, timeout_s=timeout_s, headers=headers or {}
        )
        return cls(transport, **options)

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
        await self._transport.aclose()

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
        try:
            async with self._transport.post(wire) as answer:
                if answer.status >= 300:
                    body = _said(await _whole(answer))
                    return fault_of_status(answer.status, answer.headers, body, self._now())
                return await _take(answer, assembler, self._transport.where)
        except NoAnswer as error:
            return Fault(str(error), retry=error.retry)
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


async def _take(answer: Answer, assembler: Assembler, where: str) -> Fault | Reply:
    content_type = answer.headers.get("content-type", "")
    request_id = answer.headers.get("request-id")
    if "html" in content_type:
        return Fault(
            f"{where} answered with a web page",
            retry=False,
            verdict=Verdict.CONFIG,
            fix="set ANTHROPIC_BASE_URL to an endpoint that speaks the Messages API",
        )
    if "json" in content_type:
        assembler.take_whole(json_object(await _whole(answer)))
        return assembler.reply(request_id)
    decoder = EventStreamDecoder() if "amazon.eventstream" in content_type else SseDecoder()
    async with aclosing(answer.chunks()) as chunks:
        async for chunk in chunks:
            for event in decoder.feed(chunk):
                assembler.take(event)
            if assembler.stopped:
                await _drain(chunks)
                return assembler.reply(request_id)
    for event in decoder.end():
        assembler.take(event)
    return assembler.reply(request_id)


async def _whole(answer: Answer) -> bytes:
    return b"".join([chunk async for chunk in answer.chunks()])


def _said(body: bytes) -> Any:
    """What an answer that is no reply says: JSON where it is that, else its text."""
    try:
        return json.loads(body)
    except ValueError:
        return body.decode(errors="replace")


async def _drain(chunks: AsyncIterator[bytes]) -> None:
    """Read on to the end of the body, so that the connection can serve the next call.

    The message is whole by now: whatever goes wrong here costs a new connection and no more.
    """
    with suppress(TimeoutError, NoAnswer):
        async with asyncio.timeout(DRAIN_TIMEOUT_S):
            async for _ in chunks:
                pass
