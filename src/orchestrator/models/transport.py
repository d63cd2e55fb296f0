"""What a Messages API adapter needs of HTTP: post a body, read the answer as it comes.

Over the service's own wire that is `direct`; over the clouds', which sign and rewrite requests,
`sdk`. What an answer means is `anthropic`; nothing here judges it.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol

CONNECT_TIMEOUT_S = 10.0


class NoAnswer(Exception):
    """No answer came, or it broke off; `retry` says whether the same call may go better."""

    def __init__(self, why: str, *, retry: bool = True) -> None:
        super().__init__(why)
        self.retry = retry


class Answer(Protocol):
    """An HTTP answer whose head is there; its header names are found in any case."""

    @property
    def status(self) -> int:
        """The HTTP status."""
        ...

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers."""
        ...

    def chunks(self) -> AsyncGenerator[bytes, None]:
        """The body as it comes.

        Raises:
            NoAnswer: it broke off.
        """
        ...


class Transport(Protocol):
    """A way to the service. `where` is its address, for messages."""

    where: str

    def post(self, wire: dict[str, Any]) -> AbstractAsyncContextManager[Answer]:
        """Send the body `wire` makes; leaving the context lets the connection go.

        Raises:
            NoAnswer: there is none.
            UnicodeEncodeError: the body holds text that is not Unicode.
        """
        ...

    async def aclose(self) -> None:
        """Close the connections; a later `post` opens new ones."""
        ...
