"""Text from models, tools and requests, made safe to show on a terminal.

Whoever writes into a run must not be able to move the cursor, recolour, hide or reorder what a
person reads, least of all where they are asked to approve. Pure; nothing is printed here.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping
from typing import Any

from trading_tools.audit.event import canonical_json

_SEQUENCES = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|\x9b[0-?]*[ -/]*[@-~]")
"""Colours and cursor moves (ECMA-48 control sequences); they carry nothing to read."""

_BREAKS = re.compile(r"\r\n?|[\n\x0b\x0c\x85\u2028\u2029]")
_JOINERS = frozenset("\u200c\u200d")
_NAME_CHARACTERS = 80
_TELLING = ("path", "file_path", "command", "pattern", "query", "url", "symbol", "name", "seq")


def plain(text: str) -> str:
    """The text without control sequences; other controls become visible, tabs become spaces.

    Line breaks stay, as line feeds. Controls show as their pictures (`␛`), formatting characters
    that reorder or hide text, and halves of characters, as `\ufffd`.
    """
    text = _BREAKS.sub("\n", _SEQUENCES.sub("", text)).expandtabs(4)
    if text.isascii() and text.replace("\n", "").isprintable():
        return text
    return "".join(map(_visible, text))


def one_line(text: str, limit: int) -> str:
    """The text on one line of at most `limit` characters; `…` says that it was cut."""
    read = text[: limit * 8]
    joined = " ".join(plain(read).split())
    if len(joined) <= limit and len(read) == len(text):
        return joined
    return joined[: max(limit - 1, 0)].rstrip() + "…"


def label(name: str) -> str:
    """A name within a line: models can make up names of tools and arguments, line breaks too."""
    return one_line(name, _NAME_CHARACTERS)


def first_line(text: str, limit: int) -> str:
    """The first line that says something, at most `limit` characters."""
    for line in plain(text[:4000]).splitlines():
        if line.strip():
            return one_line(line, limit)
    return ""


def counted(number: int, what: str) -> str:
    """A number of things: `1 stream`, `2 streams`."""
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"


def value_text(value: Any) -> str:
    """A JSON value as people read it: text without quotes, everything else as JSON."""
    return plain(value if isinstance(value, str) else _json(value))


def short_arguments(arguments: Mapping[str, Any], limit: int) -> str:
    """The argument that tells most about a call, on one line."""
    for name in _TELLING:
        if isinstance(arguments.get(name), str | int):
            return one_line(str(arguments[name]), limit)
    return all_arguments(arguments, limit)


def all_arguments(arguments: Mapping[str, Any], limit: int) -> str:
    """Every argument of a call, on one line."""
    listed = ", ".join(
        f"{label(name)}={value_text(value)[:limit]}" for name, value in arguments.items()
    )
    return one_line(listed, limit)


def _json(value: Any) -> str:
    return json.dumps(json.loads(canonical_json(value)), ensure_ascii=False)


def _visible(char: str) -> str:
    code = ord(char)
    if char == "\n" or char in _JOINERS:
        return char
    if code < 0x20:
        return chr(0x2400 + code)
    if code == 0x7F:
        return "␡"
    if unicodedata.category(char) in {"Cc", "Cf", "Cs"}:
        return "\ufffd"
    return char


def unicode_of(argument: str) -> str:
    """A word of the command line with a mark for each byte that is no text."""
    return argument.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
