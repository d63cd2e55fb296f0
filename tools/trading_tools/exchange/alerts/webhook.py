"""Alerts by HTTP POST to an address that takes JSON.

The address is a secret: whoever knows it can write there. It stands in no error, log or `repr`.
"""

from __future__ import annotations

import asyncio
import ipaddress
import json
import math
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from trading_tools.exchange.alerts.alert import NotDelivered, Notice
from trading_tools.exchange.alerts.shapes import Shape, generic, slack, telegram

if TYPE_CHECKING:
    import aiohttp
    from tenacity import RetryCallState

_AGAIN: Final = frozenset({408, 425, 429, 500, 502, 503, 504})
_READ_AT_MOST: Final = 10_000


class _Later(NotDelivered):
    """It may work later; `after_s` is when the receiver says, where it does."""

    def __init__(self, why: str, after_s: float | None = None) -> None:
        super().__init__(why)
        self.after_s = after_s


class WebhookSink:
    """Posts each notice in a `shape`, and tries again what may work later.

    A try has `timeout_s`, and there are at most `tries`, with pauses that are drawn between nothing
    and a bound that doubles up to `longest_pause_s`; a `Retry-After` within that is obeyed. A
    notice whose reply was lost is sent again, so it may arrive twice.
    """

    def __init__(
        self,
        url: str,
        shape: Shape = generic,
        *,
        name: str = "webhook",
        timeout_s: float = 5,
        tries: int = 4,
        longest_pause_s: float = 30,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """Set it up; nothing is sent yet.

        Raises:
            ValueError: the address is none, or neither HTTPS nor on this machine; no time for a
                try, or none to make.
        """
        if not 0 < timeout_s < math.inf or tries < 1:
            raise ValueError(f"{tries} tries of {timeout_s} s: give at least one, above 0 s")
        self.name = name
        self._host = _host(url)
        self._url = url
        self._shape = shape
        self._timeout_s = timeout_s
        self._tries = tries
        self._longest_pause_s = longest_pause_s
        self._sleep = sleep
        self._session: aiohttp.ClientSession | None = None

    @classmethod
    def slack(cls, url: str, *, name: str = "slack") -> WebhookSink:
        """Slack's incoming webhook of this address."""
        return cls(url, slack, name=name)

    @classmethod
    def telegram(
        cls,
        token: str,
        chat_id: str,
        api: str = "https://api.telegram.org",
        *,
        name: str = "telegram",
    ) -> WebhookSink:
        """A Telegram bot that writes into one chat."""
        return cls(f"{api}/bot{token}/sendMessage", telegram(chat_id), name=name)

    def __repr__(self) -> str:
        """The host alone."""
        return f"<WebhookSink {self.name} at {self._host}>"

    async def deliver(self, notice: Notice) -> None:
        """Post one notice.

        Raises:
            NotDelivered: refused, or not taken in any of the tries.
        """
        from tenacity import AsyncRetrying, retry_if_exception_type, stop_after_attempt

        # A name of a file may hold what is no character: that must not keep the alert back.
        body = json.dumps(self._shape(notice), ensure_ascii=False).encode("utf-8", "replace")
        tries = AsyncRetrying(
            retry=retry_if_exception_type(_Later),
            stop=stop_after_attempt(self._tries),
            wait=self._pause,
            sleep=self._sleep,
            reraise=True,
        )
        await tries(self._post, body)

    async def close(self) -> None:
        """Close the connections."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def _post(self, body: bytes) -> None:
        import aiohttp

        if self._session is None:
            self._session = aiohttp.ClientSession()
        try:
            async with self._session.post(
                self._url,
                data=body,
                headers={"Content-Type": "application/json; charset=utf-8"},
                timeout=aiohttp.ClientTimeout(total=self._timeout_s),
                # A redirect would carry the alert to somebody who was not asked for.
                allow_redirects=False,
            ) as reply:
                said = await reply.content.read(_READ_AT_MOST)
                self._judge(reply.status, reply.headers.get("Retry-After", ""), said)
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            # Their own texts may hold the address.
            raise _Later(f"{self._host} was not reached ({type(error).__name__})") from None

    def _judge(self, status: int, retry_after: str, said: bytes) -> None:
        if 200 <= status < 300:
            return
        why = f"{self._host} answered HTTP {status}"
        if status in _AGAIN:
            raise _Later(why, _seconds(retry_after) or _telegrams(said))
        raise NotDelivered(why)

    def _pause(self, state: RetryCallState) -> float:
        from tenacity import wait_random_exponential

        outcome = state.outcome
        error = None if outcome is None else outcome.exception()
        if isinstance(error, _Later) and error.after_s is not None:
            return min(error.after_s, self._longest_pause_s)
        return wait_random_exponential(multiplier=0.5, max=self._longest_pause_s)(state)


def _host(url: str) -> str:
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.scheme == "https" and host:
        return host
    if parts.scheme == "http" and (host == "localhost" or _is_here(host)):
        return host
    # The rest of the address may be a secret.
    raise ValueError(f"a webhook is an https:// address; this one is {parts.scheme}:// at {host!r}")


def _is_here(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _seconds(text: str) -> float | None:
    try:
        seconds = float(text)
    except ValueError:
        return None
    return seconds if math.isfinite(seconds) and seconds >= 0 else None


def _telegrams(said: bytes) -> float | None:
    """Telegram says in its reply how long to wait, and in no header."""
    try:
        seconds = json.loads(said)["parameters"]["retry_after"]
    except (ValueError, LookupError, TypeError):
        return None
    return float(seconds) if isinstance(seconds, int) and seconds >= 0 else None
