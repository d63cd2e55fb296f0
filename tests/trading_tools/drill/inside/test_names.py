"""The names of a drill's network: answers to DNS questions."""

from __future__ import annotations

import asyncio
import socket
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trading_tools.drill.inside.names import Names, hosts_file

_A, _AAAA, _TXT = 1, 28, 16


def _question(name: str, kind: int = _A) -> bytes:
    labels = b"".join(bytes([len(part)]) + part.encode() for part in name.split("."))
    head = struct.pack("!HHHHHH", 77, 0x0100, 1, 0, 0, 0)
    return head + labels + b"\0" + struct.pack("!HH", kind, 1)


def _code(answer: bytes | None) -> int:
    assert answer is not None
    number, flags = struct.unpack_from("!HH", answer)
    assert number == 77
    return int(flags & 0x000F)


def test_a_venues_name_is_on_loopback_whatever_its_case() -> None:
    answer = Names({"api.binance.com"}).answer(_question("API.Binance.com"))
    assert _code(answer) == 0
    assert answer is not None
    assert answer.endswith(bytes([127, 0, 0, 1]))


@pytest.mark.parametrize("kind", [_AAAA, _TXT])
def test_a_venue_has_no_other_address(kind: int) -> None:
    answer = Names({"api.binance.com"}).answer(_question("api.binance.com", kind))
    assert _code(answer) == 0
    assert answer is not None
    assert struct.unpack_from("!H", answer, 6) == (0,)


def test_other_names_are_unknown_and_noted_once() -> None:
    names = Names({"api.binance.com"})
    for name in ("db", "api.kraken.com", "db"):
        assert _code(names.answer(_question(name))) == 3
    assert list(names.unknown) == ["db", "api.kraken.com"]


def test_names_that_are_noted_are_bounded() -> None:
    names = Names(set())
    for number in range(1_000):
        names.answer(_question(f"host{number}"))
    assert len(names.unknown) == 100


@given(st.binary(max_size=600))
def test_what_is_no_question_gets_no_answer_or_a_short_one(message: bytes) -> None:
    answer = Names({"api.binance.com"}).answer(message)
    assert answer is None or len(answer) <= len(message) + 16


async def test_answers_come_over_the_wire() -> None:
    transport = await Names({"api.binance.com"}).serve(port=0)
    try:
        asking = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        asking.setblocking(False)
        asking.connect(transport.get_extra_info("sockname"))
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(10):
            await loop.sock_sendall(asking, b"garbage")
            await loop.sock_sendall(asking, _question("api.binance.com"))
            answer = await loop.sock_recv(asking, 600)
        asking.close()
    finally:
        transport.close()
    assert _code(answer) == 0


def test_the_hosts_file_has_this_machine_and_the_venues() -> None:
    text = hosts_file({"b.example", "a.example"}, "desk")
    assert text.splitlines() == [
        "127.0.0.1 localhost desk",
        "::1 localhost ip6-localhost ip6-loopback",
        "127.0.0.1 a.example",
        "127.0.0.1 b.example",
    ]
