"""The person at the terminal: decides on calls and answers questions, where one is there."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import Any

from orchestrator.cli.output import say
from orchestrator.cli.text import label, plain
from trading_tools.audit.event import canonical_json


class AtTerminal:
    """Asks on the terminal; answers None where stdin or stderr is none.

    `pausing` gives the terminal over for the time of a question.
    """

    def __init__(self, pausing: Callable[[], AbstractContextManager[None]]) -> None:
        self._pausing = pausing

    async def approve(self, tool: str, arguments: Mapping[str, Any], why: str) -> bool | None:
        """Whether this one call may be made."""
        if not _present():
            return None
        shown = plain(canonical_json(dict(arguments)))
        said = await self._ask(
            f"\nThe agent wants to call {label(tool)} with\n  {shown}\n{plain(why)}\n"
            "Allow this one call? [y/N] "
        )
        return said.strip().lower() in {"y", "yes"}

    async def answer(self, agent: str, question: str) -> str | None:
        """The answer to an agent's question; an empty one leaves the question open."""
        if not _present():
            return None
        said = await self._ask(f"\n{label(agent)} asks: {plain(question)}\n> ")
        return said.strip() or None

    async def _ask(self, prompt: str) -> str:
        with self._pausing():
            sys.stderr.write(prompt)
            sys.stderr.flush()
            line = await _line(sys.stdin.fileno())
        if not line:
            say("")
        return line


async def _line(terminal: int) -> str:
    """The next line, empty at the end of the input.

    Not read in a thread: that could not be ended, and the process would not end before it.
    """
    loop = asyncio.get_running_loop()
    ready = asyncio.Event()
    typed = b""
    loop.add_reader(terminal, ready.set)
    try:
        while not typed.endswith(b"\n"):
            await ready.wait()
            piece = os.read(terminal, 65_536)
            ready.clear()
            if not piece:
                break
            typed += piece
    except OSError:  # the terminal is gone
        return ""
    finally:
        loop.remove_reader(terminal)
    return typed.decode("utf-8", "replace")


def _present() -> bool:
    return sys.stdin.isatty() and sys.stderr.isatty()
