"""The Messages API by plain HTTP, over aiohttp: for the service itself and what speaks its wire.

The service needs a path, three headers and JSON, so the SDK is left out here: importing it takes a
second and 75 MB, and half of a reply's processor time went through its layers. Which version of the
API we speak stands here; vcrpy records and replays this client, streams too.
"""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from orchestrator.models.cassettes import CassetteMismatch
from orchestrator.models.transport import CONNECT_TIMEOUT_S, NoAnswer
from orchestrator.models.wire import betas

if TYPE_CHECKING:
    import ssl

    from aiohttp import ClientResponse, ClientSession

API_VERSION = "2026-10-21"
"""The form of requests and answers that `wire` and `assemble` know (Messages API, versions)."""


class DirectTransport:
    """Posts to `base_url`/v1/messages with `api_key` as bearer.

    `timeout_s` bounds the silence between two pieces of an answer; `headers` go out with each call.
    Proxies are those of the environment (`HTTPS_PROXY`, `NO_PROXY`). aiohttp is imported by the
    first call.
    """

    def __init__(
        self, *, api_key: str, base_url: str, timeout_s: float, headers: Mapping[str, str]
    ) -> None:
        self.where = base_url
        self._url = f"{base_url.rstrip('/')}/v1/messages"
        self._timeout_s = timeout_s
        self._headers = {
            "authorization": f"Bearer {api_key}",
            "accept": "application/json",
            "content-type": "application/json",
            "anthropic-version": API_VERSION,
            "user-agent": "trading-orchestrator",
            **headers,
        }
        self._session: ClientSession | None = None

    @asynccontextmanager
    async def post(self, wire: dict[str, Any]) -> AsyncIterator[_DirectAnswer]:
        """See `Transport.post`."""
        text = json.dumps(wire, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        data, headers = text.encode(), self._headers | betas(wire)
        if self._session is None:
            self._session = self._connect()
        with _failures(self.where):
            response = await self._session.post(self._url, data=data, headers=headers)
        try:
            yield _DirectAnswer(response)
        finally:
            # A body that was not read to its end closes the connection instead.
            response.release()

    async def aclose(self) -> None:
        """See `Transport.aclose`."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    def _connect(self) -> ClientSession:
        from aiohttp import ClientSession, ClientTimeout, DummyCookieJar, TCPConnector

        return ClientSession(
            # How many calls are under way is decided by who makes them.
            connector=TCPConnector(limit=0, ssl=_tls(self._url)),
            cookie_jar=DummyCookieJar(),
            proxy=_proxy_for(self._url),
            timeout=ClientTimeout(sock_connect=CONNECT_TIMEOUT_S, sock_read=self._timeout_s),
        )


class _DirectAnswer:
    def __init__(self, response: ClientResponse) -> None:
        self._response = response
        self.status = response.status

    @property
    def headers(self) -> Mapping[str, str]:
        return self._response.headers

    async def chunks(self) -> AsyncGenerator[bytes, None]:
        with _failures(str(self._response.url)):
            async for chunk in self._response.content.iter_any():
                yield chunk


@contextmanager
def _failures(where: str) -> Iterator[None]:
    from aiohttp import ClientError

    try:
        yield
    except CassetteMismatch as error:
        raise NoAnswer(str(error), retry=False) from error
    except (ClientError, OSError) as error:
        raise NoAnswer(f"{type(error).__name__}: {error} ({where})") from error


def _tls(url: str) -> ssl.SSLContext | bool:
    """The machine's own trust store, which not every Python finds by itself."""
    if not url.startswith("https:"):
        return True
    from httpx2 import create_ssl_context

    return create_ssl_context()


def _proxy_for(url: str) -> str | None:
    import urllib.request

    parts = urlsplit(url)
    if urllib.request.proxy_bypass(parts.netloc):
        return None
    proxy = urllib.request.getproxies().get(parts.scheme)
    return proxy if proxy is None or "://" in proxy else f"http://{proxy}"
