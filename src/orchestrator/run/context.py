"""What a frame's conversation takes up of the model's window, and what is done when it fills.

Earlier messages are never rewritten: the service binds thinking blocks and the prompt cache to the
exact prefix. So a conversation that fills is either shortened by the service itself, where it
offers that, or the frame goes on in a fresh one. What the fresh one opens with is `openings`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

CHARACTERS_A_TOKEN = 3
"""A low estimate, so that what is reserved is rather too much (about 3.5 for English prose)."""

SHARE = 0.7
"""Of the window; a prompt that would be larger is shortened first."""

CLEARING_SHARE = 0.5
"""Of the window, above which the service clears old tool results once it is asked to. It lies well
below `SHARE`, which is held against an estimate that is rather too high."""

CUTS = 4
"""Replies in a row that were cut at the output limit; the next one would be too."""

SHORT_TURNS = 3
"""A conversation that is full again within so many turns was hardly worth beginning."""

SHORT_CONVERSATIONS = 2
"""So many of these in a row, and another one would only repeat them."""

NOTES_CHARACTERS = 24_000
"""What is kept of an agent's own words over all its conversations, the latest ones."""


class Next(Enum):
    """How a conversation goes on."""

    AS_IT_IS = auto()
    EDITED = auto()
    """The service is asked to leave out old tool results, from this request on."""
    FRESH = auto()
    """In a fresh conversation."""
    STUCK = auto()
    """Nothing makes it fit."""


@dataclass(slots=True)
class Context:
    """A frame's conversation as the window sees it, and what outlives it."""

    counted: int = 0
    """Prompt and reply in tokens, as the service last counted them; 0 where it counts nothing."""
    characters: int = 0
    """Of the conversation, for services that count nothing."""
    edited: bool = False
    """The service is asked to leave out old tool results."""
    seen_edited: bool = False
    """It has counted what then remains."""
    full: bool = False
    """It found the conversation too long."""
    began_at: int = 0
    """The frame's turn after which the conversation began."""
    short: int = 0
    """Conversations in a row that were full almost at once."""
    notes: str = ""
    """The agent's own words, over all conversations."""
    max_tokens: int = 0
    """Room of the last reply."""
    cuts: int = 0
    """Replies in a row that were cut."""
    cut: str = ""
    """Their text."""
    joined: str = ""
    """The last whole reply's text behind that of the cut ones before it."""

    def asked(self, characters: int, max_tokens: int, *, edited: bool) -> None:
        """A request goes out with so many new characters."""
        self.characters += characters
        self.max_tokens = max_tokens
        self.edited = self.edited or edited

    def replied(self, text: str, *, cut: bool) -> None:
        """A reply came; `text` is what it says openly."""
        self.characters += len(text)
        self.seen_edited = self.edited
        if text.strip():
            self.notes = f"{self.notes}\n\n{text.strip()}"[-NOTES_CHARACTERS:].lstrip()
        if cut:
            self.cuts += 1
            self.cut += text
            return
        self.joined = self.cut + text
        self.cuts, self.cut = 0, ""

    def renewed(self, turns: int) -> None:
        """A fresh conversation begins after the frame's turn `turns`."""
        self.short = self.short + 1 if turns - self.began_at < SHORT_TURNS else 0
        self.counted = self.characters = 0
        self.edited = self.seen_edited = self.full = False
        self.began_at = turns
        self.cuts, self.cut, self.joined = 0, "", ""

    def taken_up(self) -> None:
        """A person had the run go on: what stopped it is tried once more."""
        self.short = self.cuts = 0

    def goes_on(self, tokens: int, window: int, *, begun: bool, editing: bool) -> Next:
        """How to go on with a request of about `tokens`.

        Args:
            tokens: an estimate, rather too high.
            window: of the model, in tokens.
            begun: the conversation holds a reply; one without can only be repeated.
            editing: the service offers to leave out old tool results.
        """
        if self.edited and not editing:
            # Taken up where nothing is left out any more: what was counted says nothing here.
            return Next.FRESH
        if not self.full and tokens < window * SHARE:
            return Next.AS_IT_IS
        if not begun or self.short >= SHORT_CONVERSATIONS:
            return Next.STUCK
        if editing and not self.seen_edited and not self.full:
            return Next.EDITED
        return Next.FRESH
