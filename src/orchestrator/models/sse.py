"""Bytes of a `text/event-stream` become JSON objects. Pure.

Lines end at CR, LF or CRLF only (WHATWG HTML, server-sent events): text decoders that also split at
U+2028 and the like would tear the JSON of an answer that holds such a character.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

_BLANK = frozenset({b"\n", b"\r\n", b"\r"})


class MalformedStreamError(ValueError):
    """The stream is not what the Messages API sends."""


class SseDecoder:
    """Feed it chunks as they come; it yields the object of each finished event.

    Event names and comments are skipped: the objects carry their own `type`.
    """

    def __init__(self) -> None:
        self._rest = b""
        self._data: list[bytes] = []

    def feed(self, chunk: bytes) -> Iterator[dict[str, Any]]:
        """The events that this chunk completes.

        Raises:
            MalformedStreamError: an event's data is not a JSON object.
        """
        lines = (self._rest + chunk).splitlines(keepends=True)
        self._rest = b""
        # A CR at the very end may be the first half of a CRLF.
        if lines and not lines[-1].endswith(b"\n"):
            self._rest = lines.pop()
        for line in lines:
            if line.startswith(b"data:"):
                self._take(line.rstrip(b"\r\n"))
            elif self._data and line in _BLANK:
                yield self._event()

    def end(self) -> Iterator[dict[str, Any]]:
        """The event that the end of the body completes, where its blank line is missing."""
        rest, self._rest = self._rest.rstrip(b"\r"), b""
        if rest.startswith(b"data:"):
            self._take(rest)
        if self._data:
            yield self._event()

    def _take(self, line: bytes) -> None:
        self._data.append(line[5:].removeprefix(b" "))

    def _event(self) -> dict[str, Any]:
        data, self._data = b"\n".join(self._data), []
        return json_object(data)


def json_object(data: bytes) -> dict[str, Any]:
    """Decode one JSON object.

    Raises:
        MalformedStreamError: it is not one.
    """
    try:
        value = json.loads(data.decode("utf-8", "surrogatepass"))
    except ValueError as error:
        raise MalformedStreamError(f"not JSON ({error}): {data[:200]!r}") from None
    if not isinstance(value, dict):
        raise MalformedStreamError(f"not a JSON object: {data[:200]!r}")
    return value
