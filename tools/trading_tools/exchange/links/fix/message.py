"""FIX messages and the bytes they travel as: framing, BodyLength and CheckSum are proved here.

simplefix splits and joins fields. It proves neither length nor checksum, so a garbled frame is
found here, and left out as the FIX session protocol says: the gap that it leaves in the sequence
numbers brings it back. What messages mean is `session` (administrative) and `words` (orders).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

SOH: Final = b"\x01"
BEGIN: Final = "FIX.4.4"
# Engines that write the length last pad it with zeros to a fixed width (jspurefix: seven digits).
_HEAD: Final = re.compile(rb"8=([^\x01]{1,20})\x019=0{0,10}(\d{1,6})\x01")
_TAIL: Final = len(b"10=000\x01")
_LONGEST_HEAD: Final = 44


@dataclass(frozen=True)
class Message:
    """One message: its MsgType and the fields after it, in their order, without length and sum."""

    type: str
    fields: tuple[tuple[int, str], ...]

    def get(self, tag: int) -> str | None:
        """The first value of a tag, or None."""
        return next((value for each, value in self.fields if each == tag), None)

    def __getitem__(self, tag: int) -> str:
        """The first value of a tag.

        Raises:
            KeyError: it is not there.
        """
        if (value := self.get(tag)) is None:
            raise KeyError(tag)
        return value

    def number(self, tag: int) -> int | None:
        """A whole number; None where it is missing or none."""
        value = self.get(tag)
        return int(value) if value is not None and re.fullmatch(r"\d{1,18}", value) else None

    def flag(self, tag: int) -> bool:
        """Whether a Boolean field is there and `Y`."""
        return self.get(tag) == "Y"


def encoded(message: Message) -> bytes:
    """The bytes of a message, with BeginString, BodyLength and CheckSum.

    Raises:
        ValueError: a value is empty or holds the separator, which would make fields of its own.
    """
    from simplefix import FixMessage

    wire = FixMessage()
    wire.append_pair(8, BEGIN)
    wire.append_pair(35, message.type)
    for tag, value in message.fields:
        if not value or "\x01" in value:
            raise ValueError(f"FIX field {tag} cannot be {value!r}")
        wire.append_pair(tag, value.encode("latin-1"))
    return bytes(wire.encode())


class Frames:
    """Cuts a byte stream into messages; `garbled` counts what was left out."""

    def __init__(self) -> None:
        self._left = b""
        self.garbled = 0

    def feed(self, data: bytes) -> Iterator[Message]:
        """The messages that these bytes complete."""
        self._left += data
        while True:
            head = _HEAD.search(self._left)
            if head is None:
                # A head may lie across two reads.
                self._left = self._left[-_LONGEST_HEAD:]
                return
            end = head.end() + int(head[2]) + _TAIL
            if len(self._left) < end:
                # A wrong length must not swallow the messages behind it for ever.
                later = _HEAD.search(self._left, head.end())
                if later is None:
                    return
                self.garbled += 1
                self._left = self._left[later.start() :]
                continue
            frame = self._left[head.start() : end]
            message = _parsed(frame) if _sound(frame) else None
            if message is None:
                self.garbled += 1
                self._left = self._left[head.end() :]
                continue
            self._left = self._left[end:]
            yield message


def _sound(frame: bytes) -> bool:
    """Whether the frame ends with the sum of what is before it."""
    body, tail = frame[:-_TAIL], frame[-_TAIL:]
    return tail == b"10=%03d\x01" % (sum(body) % 256) and body.endswith(SOH)


def _parsed(frame: bytes) -> Message | None:
    """The message of a frame; None where its fields are no fields."""
    from simplefix import FixParser
    from simplefix.errors import ParsingError

    parser = FixParser(allow_empty_values=True)
    parser.append_buffer(frame)
    try:
        wire = parser.get_message()
    except ParsingError:
        return None
    if wire is None:
        return None
    pairs = [(int(tag), bytes(value).decode("latin-1")) for tag, value in wire.pairs]
    kind = next((value for tag, value in pairs if tag == 35), "")
    return Message(kind, tuple(pair for pair in pairs if pair[0] not in (9, 10, 35)))


def stamp(at: datetime) -> str:
    """A UTCTimestamp with milliseconds."""
    return f"{at.astimezone(UTC):%Y%m%d-%H:%M:%S}.{at.microsecond // 1000:03d}"


def moment(text: str | None) -> datetime | None:
    """The time of a UTCTimestamp, with or without fractions; None where it is none."""
    if text is None:
        return None
    whole, _, fraction = text.partition(".")
    try:
        at = datetime.strptime(whole, "%Y%m%d-%H:%M:%S").replace(tzinfo=UTC)
        return at.replace(microsecond=int(fraction[:6].ljust(6, "0")) if fraction else 0)
    except ValueError:
        return None
