"""Frames of FIX out of a byte stream, whole or not."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trading_tools.exchange.links.fix.message import Frames, Message, encoded, moment, stamp

ONE = Message("8", ((49, "VENUE"), (56, "US"), (34, "7"), (58, "a text = with signs")))


def read(*parts: bytes) -> list[Message]:
    frames = Frames()
    return [message for part in parts for message in frames.feed(part)]


def test_a_message_is_what_was_encoded() -> None:
    (message,) = read(encoded(ONE))
    assert message == Message("8", ((8, "FIX.4.4"), *ONE.fields))


@given(st.lists(st.integers(0, len(encoded(ONE)) * 3), max_size=6))
def test_however_the_bytes_are_cut_the_messages_are_the_same(cuts: list[int]) -> None:
    data = encoded(ONE) * 3
    at = sorted({0, *cuts, len(data)})
    parts = [data[a:b] for a, b in pairwise(at)]
    assert len(read(*parts)) == 3


@given(st.binary(max_size=300))
def test_whatever_comes_before_a_message_is_passed_over(junk: bytes) -> None:
    found = read(junk + encoded(ONE), encoded(ONE), encoded(ONE))
    assert found[-1].get(34) == "7"


@pytest.mark.parametrize(
    ("old", "new"), [(b"34=7", b"34=8"), (b"\x0110=", b"\x0111="), (b"9=", b"9=9")]
)
def test_a_garbled_message_is_left_out_and_counted(old: bytes, new: bytes) -> None:
    frames = Frames()
    data = encoded(ONE).replace(old, new, 1) + encoded(ONE)
    assert [message.get(34) for message in frames.feed(data)] == ["7"]
    assert frames.garbled == 1


@pytest.mark.parametrize("cut", [0, 3, 14, 19, 80])
def test_a_length_that_is_padded_with_zeros_is_read(cut: int) -> None:
    """As jspurefix 5.11.4 answered a logon."""
    frame = (
        b"8=FIX.4.4|9=0000080|35=A|49=VENUE|56=US|34=1|52=20261127-07:49:18.001|98=0|108=30|"
        b"141=N|553=v|554=v|10=225|"
    ).replace(b"|", b"\x01")
    (message,) = read(frame[:cut], frame[cut:])
    assert (message.type, message.get(108)) == ("A", "30")


@pytest.mark.parametrize("value", ["", "a\x01b"])
def test_a_value_that_would_make_fields_of_its_own_is_not_sent(value: str) -> None:
    with pytest.raises(ValueError, match="FIX field 58 cannot be"):
        encoded(Message("8", ((58, value),)))


def test_a_time_is_read_as_it_was_written() -> None:
    at = datetime(2026, 11, 26, 12, 30, 1, 250_000, UTC)
    assert moment(stamp(at)) == at
    assert moment("20261126-12:30:01") == at.replace(microsecond=0)
    assert moment("yesterday") is None
