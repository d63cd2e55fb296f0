"""The few signs and colours that every page of a run uses, and the consoles they go to.

Each sign stands beside a word that says the same, so nothing is lost without colour.
"""

from __future__ import annotations

import io
import os
import sys
from dataclasses import dataclass
from decimal import Decimal
from typing import TextIO

from rich.console import Console, RenderableType
from rich.text import Text

from orchestrator.cli.output import ReaderGone

GOOD, BAD, CARE, QUIET, NAME, CITE = "green", "red", "yellow", "dim", "bold", "cyan"
CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Marks:
    """The signs, by what they mean."""

    met: str = "✓"
    unmet: str = "✗"
    unknown: str = "–"
    asks: str = "?"
    agent: str = "▸"
    goes: str = "→"
    back: str = "↩"
    branch: str = "└"
    dot: str = "·"
    care: str = "!"
    spin: str = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"


_ASCII = Marks("+", "x", "-", "?", ">", "->", "<-", "`-", "-", "!", "|/-\\")
_UNICODE = Marks()


def marks_for(console: Console) -> Marks:
    """The signs that the console's encoding can show."""
    return _UNICODE if console.encoding.lower().startswith("utf") else _ASCII


class _Console(Console):
    """Goes quiet where nobody reads notices any more: what they are about goes on."""

    def on_broken_pipe(self) -> None:
        if self.file is not sys.stderr:
            raise ReaderGone
        self.quiet = True
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())


def console_for(stream: TextIO) -> Console:
    """A console on a standard stream. What its encoding cannot show is replaced, not refused."""
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(errors="replace")
    return _Console(file=stream, highlight=False, markup=False, emoji=False)


def print_trimmed(console: Console, content: RenderableType) -> None:
    """Without the blanks with which tables fill their lines: piped and copied text stays clean."""
    for line in console.render_lines(content, pad=False):
        text = Text.assemble(*((part.text, part.style or "") for part in line))
        text.rstrip()
        console.print(text, soft_wrap=True)


def span_text(seconds: float) -> str:
    """A length of time for people: `8.4 s`, `12 s`, `4 min 12 s`, `2 h 05 min`."""
    if seconds < 10 and seconds % 1:
        return f"{max(seconds, 0.0):.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes} min {rest:02d} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02d} min"


def usd_text(cost: str | None) -> str:
    """USD for people: cents, or more digits below a cent; `no price` where it is not known."""
    if cost is None:
        return "no price"
    value = Decimal(cost)
    return f"${value:.4f}" if 0 < value < CENT else f"${value:,.2f}"
