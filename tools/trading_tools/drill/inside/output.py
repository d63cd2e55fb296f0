"""What a bot prints, however much: its beginning, its end, and how many bytes it was."""

from __future__ import annotations

_HEAD = 24_000
_TAIL = 48_000


class Output:
    """Keeps head and tail of a stream of bytes."""

    def __init__(self) -> None:
        self.size_bytes = 0
        self._head = bytearray()
        self._tail = bytearray()

    def add(self, data: bytes) -> bytes:
        """Take what came; the part of it that still belongs to the head."""
        self.size_bytes += len(data)
        first = data[: _HEAD - len(self._head)]
        self._head += first
        self._tail += data[len(first) :][-_TAIL:]
        if len(self._tail) > 2 * _TAIL:
            del self._tail[:-_TAIL]
        return first

    def text(self) -> str:
        """Head and tail; a line between them says how much was left out."""
        tail = self._tail[-_TAIL:]
        left_out = self.size_bytes - len(self._head) - len(tail)
        middle = f"\n[... {left_out:,} bytes left out ...]\n".encode() if left_out else b""
        return bytes(self._head + middle + tail).decode("utf-8", "replace")
