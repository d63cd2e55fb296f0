"""Counting the TLS handshakes that a client breaks off because it does not trust the authority.

Some clients send an alert, others just go; either way a handshake was begun and not done.
"""

from __future__ import annotations

import ssl
from dataclasses import dataclass


@dataclass
class Handshakes:
    """How many handshakes clients have begun, and how many were brought to their end."""

    begun: int = 0
    done: int = 0

    @property
    def refused(self) -> int:
        """Handshakes that were not brought to their end."""
        return self.begun - self.done

    def watch(self, context: ssl.SSLContext) -> ssl.SSLContext:
        """Let the context's connections be counted."""
        counts = self

        class Counted(ssl.SSLObject):
            # asyncio tries before the client has said anything, then as often as something came.
            tries = 0

            def do_handshake(self) -> None:
                self.tries += 1
                counts.begun += self.tries == 2
                super().do_handshake()
                counts.done += 1

        context.sslobject_class = Counted
        return context
