"""The Messages API by the `anthropic` SDK's clients for the clouds: their addresses and signatures.

Bedrock and Vertex put the model into the address, take betas in the body and sign requests; the SDK
does all that. Only its `post` is used. It is imported by the first call, because the import takes
about a second. Which cloud is meant is `factory`.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator, Mapping
from contextlib import aclosing, asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, Any, cast

from orchestrator.models.transport import CONNECT_TIMEOUT_S, NoAnswer
from orchestrator.models.wire import betas

if TYPE_CHECKING:
    import httpx2
    from anthropic import AsyncAnthropicBedrock, AsyncAnthropicVertex, AsyncAPIResponse

    Client = AsyncAnthropicBedrock | AsyncAnthropicVertex

RAW = {"X-Stainless-Raw-Response": "stream"}
"""The SDK's own sign that `post` is to hand over the response unread."""


def client_options(timeout_s: float) -> dict[str, Any]:
    """What every client of the SDK is made with; `timeout_s` bounds the silence in an answer."""
    from anthropic import DefaultAioHttpClient, Timeout

    timeout = Timeout(timeout_s, connect=CONNECT_TIMEOUT_S)
    return {
        "timeout": timeout,
        "http_client": DefaultAioHttpClient(timeout=timeout),
        "open_telemetry": False,
        "max_retries": 0,
    }


class SdkTransport:
    """Posts through a client of the SDK, made by `make_client` when the first reply is asked for.

    `where` names the cloud in messages.
    """

    def __init__(self, make_client: Callable[[], Client], where: str) -> None:
        self.where = where
        self._make_client = make_client
        self._client: Client | None = None

    @asynccontextmanager
    async def post(self, wire: dict[str, Any]) -> AsyncIterator[_SdkAnswer]:
        """See `Transport.post`."""
        from anthropic import APIStatusError, AsyncStream

        if self._client is None:
            self._client = self._make_client()
        try:
            with _failures(self.where):
                posted = await self._client.post(
                    "/v1/messages",
                    cast_to=object,
                    body=wire,
                    options={"headers": RAW | betas(wire)},
                    stream=True,
                    stream_cls=AsyncStream[object],
                )
        except APIStatusError as error:
            yield _SdkAnswer(error.response)
            return
        answer = cast("AsyncAPIResponse[object]", posted)
        try:
            yield _SdkAnswer(answer.http_response)
        finally:
            await answer.close()

    async def aclose(self) -> None:
        """See `Transport.aclose`."""
        client, self._client = self._client, None
        if client is not None:
            await client.close()


class _SdkAnswer:
    def __init__(self, response: httpx2.Response) -> None:
        self._response = response
        self.status = response.status_code

    @property
    def headers(self) -> Mapping[str, str]:
        return self._response.headers

    async def chunks(self) -> AsyncGenerator[bytes, None]:
        with _failures(str(self._response.url)):
            async with aclosing(self._response.aiter_bytes()) as chunks:
                async for chunk in chunks:
                    yield chunk


@contextmanager
def _failures(where: str) -> Iterator[None]:
    import httpx2
    from aiohttp import ClientError
    from anthropic import APIConnectionError

    known = (httpx2.HTTPError, ClientError, OSError)
    try:
        yield
    except APIConnectionError as error:
        cause = error.__cause__
        retry = cause is None or isinstance(cause, known)
        why = f"{type(cause or error).__name__}: {cause or error} ({where})"
        raise NoAnswer(why, retry=retry) from error
    except known as error:
        raise NoAnswer(f"{type(error).__name__}: {error} ({where})") from error
