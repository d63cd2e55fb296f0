"""Bounded capture of what a command prints: its first and its last bytes, never the flood between.

Starting and stopping commands is `seal` and `supervise`.
"""

from __future__ import annotations


class HeadAndTail:
    """Keeps the first third and the last two thirds of `limit_bytes`; counts what falls out.

    Errors stand at the end of most outputs, so the end gets the larger part.
    """

    def __init__(self, limit_bytes: int) -> None:
        self._head_limit = limit_bytes // 3
        self._tail_limit = limit_bytes - self._head_limit
        self._head = bytearray()
        self._tail = bytearray()
        self._total = 0

    def add(self, data: bytes) -> None:
        """Take the next bytes; memory stays within twice the limit plus one chunk."""
        self._total += len(data)
        room = self._head_limit - len(self._head)
        if room > 0:
            self._head += data[:room]
            data = data[room:]
        self._tail += data
        if len(self._tail) > 2 * self._tail_limit:
            del self._tail[: -self._tail_limit]

    @property
    def dropped_bytes(self) -> int:
        """How many bytes are not in `text`."""
        return max(0, self._total - self._head_limit - self._tail_limit)

    def text(self) -> str:
        """What was kept, undecodable bytes replaced; a line in the middle says what is missing."""
        tail = bytes(self._tail[-self._tail_limit :])
        if not self.dropped_bytes:
            return (bytes(self._head) + tail).decode("utf-8", "replace")
        # A cut through a character must not leave replacement marks at the seam.
        head = bytes(self._head).decode("utf-8", "replace").rstrip("\ufffd")
        end = tail.decode("utf-8", "replace").lstrip("\ufffd")
        return f"{head}\n[... {self.dropped_bytes} bytes of output dropped ...]\n{end}"
