"""The network's names: the venues' are here, every other is unknown, and noted.

A DNS server for programs that do not read the hosts file, and for what nobody else would tell:
which host a bot wanted.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Collection
from typing import cast

from trading_tools.venue.wire.server import LOOPBACK

DNS_PORT = 53
_MOST_UNKNOWN = 100
_A, _AAAA, _IN = 1, 28, 1
_ANSWER, _UNKNOWN = 0x8480, 0x8483  # RFC 1035, 4.1.1: authoritative, recursion available


def hosts_file(hosts: Collection[str], own_name: str) -> str:
    """The text of /etc/hosts."""
    own = f" {own_name}" if own_name else ""
    lines = [f"{LOOPBACK} localhost{own}", "::1 localhost ip6-localhost ip6-loopback"]
    return "\n".join([*lines, *(f"{LOOPBACK} {host}" for host in sorted(hosts))]) + "\n"


class Names(asyncio.DatagramProtocol):
    """Answers questions for addresses. `unknown` are the names that it could not give one for."""

    def __init__(self, hosts: Collection[str]) -> None:
        self._hosts = frozenset(hosts)
        self._transport: asyncio.DatagramTransport | None = None
        self.unknown: dict[str, None] = {}

    async def serve(self, port: int = DNS_PORT) -> asyncio.DatagramTransport:
        """Answer on loopback until the transport that is returned is closed."""
        loop = asyncio.get_running_loop()
        transport, _ = await loop.create_datagram_endpoint(
            lambda: self, local_addr=(LOOPBACK, port)
        )
        return transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport that answers go out by."""
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """Answer one question; what is none is left unanswered."""
        answer = self.answer(data)
        if answer is not None and self._transport is not None:
            self._transport.sendto(answer, addr)

    def answer(self, question: bytes) -> bytes | None:
        """The reply to a DNS message, or None where it is no question."""
        try:
            number, flags, questions = struct.unpack_from("!HHH", question)
            name, end = _name(question, 12)
            kind, _class = struct.unpack_from("!HH", question, end)
        except (struct.error, IndexError, UnicodeDecodeError):
            return None
        if flags & 0x8000 or questions != 1:
            return None
        asked = question[12 : end + 4]
        known = name in self._hosts or name == "localhost"
        if not known:
            self.miss(name)
        code = _ANSWER if known else _UNKNOWN
        address = b""
        if known and kind == _A:
            address = struct.pack("!HHHIH", 0xC00C, _A, _IN, 60, 4) + socket.inet_aton(LOOPBACK)
        head = struct.pack("!HHHHHH", number, code | flags & 0x0100, 1, bool(address), 0, 0)
        return head + asked + address

    def miss(self, name: str) -> None:
        """Note a name that is unknown here."""
        if len(self.unknown) < _MOST_UNKNOWN:
            self.unknown[name] = None


def _name(message: bytes, at: int) -> tuple[str, int]:
    """The name that starts there, in lower case, and where it ends. No compression in questions."""
    labels = []
    while (length := message[at]) != 0:
        if length > 63:
            raise IndexError(at)
        labels.append(message[at + 1 : at + 1 + length].decode("ascii"))
        at += 1 + length
    return ".".join(labels).lower(), at + 1
