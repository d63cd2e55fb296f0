"""Kraken's identifiers: "OQCLML-BW3P3-BUCMWZ" for an order, "T…" for a trade, "L…" for an entry.

They follow from the seed and from what they name, so the same acts have the same ids.
"""

from __future__ import annotations

import base64
import hashlib


class Ids:
    """Ids that were made, and what each of them names."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._made: dict[tuple[str, str], str] = {}
        self._named: dict[str, str] = {}

    def of(self, letter: str, what: str | int) -> str:
        """The id of `what`; the first letter says of which kind."""
        known = self._made.get((letter, str(what)))
        if known is not None:
            return known
        digest = hashlib.sha256(f"{letter} {what}, seed {self._seed}".encode()).digest()
        text = letter + base64.b32encode(digest).decode()[:16]
        made = f"{text[:6]}-{text[6:11]}-{text[11:]}"
        self._made[letter, str(what)] = made
        self._named[made] = str(what)
        return made

    def named(self, made: str) -> str | None:
        """What an id names, or None for one that was never made."""
        return self._named.get(made)
