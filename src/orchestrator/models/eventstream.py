"""The AWS event stream, in which Bedrock wraps the events of the Messages API. Pure.

A frame is: total length, header length, CRC of these two, headers, payload, CRC of all before; all
numbers big-endian (AWS, "Amazon event stream encoding"). Decoded here because the SDK's decoder
loads botocore and its service models to read one field.
"""

from __future__ import annotations

import base64
import binascii
import struct
from collections.abc import Iterator
from typing import Any

from orchestrator.models.sse import MalformedStreamError, json_object

PRELUDE = struct.Struct(">III")
CRC = struct.Struct(">I")
STRING = 7
TYPES = {
    "throttlingException": "rate_limit_error",
    "validationException": "invalid_request_error",
    "modelTimeoutException": "timeout_error",
    "serviceUnavailableException": "overloaded_error",
}


class EventStreamDecoder:
    """Feed it chunks as they come; it yields the object of each finished event."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, chunk: bytes) -> Iterator[dict[str, Any]]:
        """The events that this chunk completes.

        An exception frame becomes an `error` event of the Messages API.

        Raises:
            MalformedStreamError: a checksum is wrong, or a payload is not what Bedrock sends.
        """
        self._rest += chunk
        while len(self._rest) >= PRELUDE.size:
            total, header_length, crc = PRELUDE.unpack_from(self._rest)
            if binascii.crc32(self._rest[:8]) != crc:
                raise MalformedStreamError("wrong checksum of a frame's prelude")
            if len(self._rest) < total:
                return
            frame, self._rest = self._rest[:total], self._rest[total:]
            if binascii.crc32(frame[:-4]) != CRC.unpack(frame[-4:])[0]:
                raise MalformedStreamError("wrong checksum of a frame")
            split = PRELUDE.size + header_length
            yield from _event(_headers(frame[PRELUDE.size : split]), frame[split:-4])

    def end(self) -> Iterator[dict[str, Any]]:
        """Nothing: a frame is whole or it is not."""
        return iter(())


def _headers(data: bytes) -> dict[str, str]:
    found = {}
    while data:
        name_end = 1 + data[0]
        if data[name_end] != STRING:
            raise MalformedStreamError(f"a header of type {data[name_end]}, not text")
        (length,) = struct.unpack_from(">H", data, name_end + 1)
        value_end = name_end + 3 + length
        found[data[1:name_end].decode()] = data[name_end + 3 : value_end].decode()
        data = data[value_end:]
    return found


def _event(headers: dict[str, str], payload: bytes) -> Iterator[dict[str, Any]]:
    if headers.get(":message-type") != "event":
        kind = headers.get(":exception-type") or headers.get(":error-code") or "error"
        message = headers.get(":error-message") or payload.decode(errors="replace")
        error = {"type": TYPES.get(kind, "api_error"), "message": f"{kind}: {message}"}
        yield {"type": "error", "error": error}
        return
    wrapped = json_object(payload).get("bytes")
    if isinstance(wrapped, str):
        yield json_object(base64.b64decode(wrapped))
