"""How every command speaks: one JSON document or plain text on stdout, all else on stderr.

Exit codes are part of the contract (design of the command line, docs/cli.md).
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from enum import IntEnum
from typing import Any, NoReturn

from trading_tools.audit.event import canonical_json


class Exit(IntEnum):
    """What a process's exit code means."""

    DONE = 0
    NEGATIVE = 1
    USAGE = 2
    WAITING = 3
    LIMITED = 4
    FAULT = 70


class CommandError(Exception):
    """A command cannot do what was asked: what is wrong, where, and what to do about it."""

    def __init__(self, what: str, where: str, fix: str, code: Exit = Exit.USAGE) -> None:
        super().__init__(f"{where}: {what}; {fix}" if where else f"{what}; {fix}")
        self.what = what
        self.where = where
        self.fix = fix
        self.code = code


class ReaderGone(Exception):
    """What reads our output has gone away; there is nobody left to tell anything."""


def say(text: str) -> None:
    """Progress and notices: one line on stderr."""
    sys.stderr.write(text.rstrip("\n") + "\n")


def emit(data: Any, as_json: bool, text: Callable[[], str]) -> None:
    """The command's result: `data` as one JSON document, or `text()` for people."""
    if as_json:
        sys.stdout.write(as_text(data))
    else:
        sys.stdout.write(text().rstrip("\n") + "\n")


def as_text(data: Any) -> str:
    """`data` as one JSON document."""
    plain = json.loads(canonical_json(data))
    return json.dumps(plain, indent=2, ensure_ascii=False) + "\n"


def leave(code: int) -> NoReturn:
    """End the process with `code`."""
    raise SystemExit(int(code))
