"""The small part of YAML that most frontmatter consists of, read without importing a YAML library.

It accepts a text only if `yaml.safe_load` would give the very same mapping, and refuses everything
else (returns None), so that the caller can ask the real parser. It never guesses.
"""

from __future__ import annotations

import re

Plain = str | int | list[str]

_KEY = re.compile(r"([A-Za-z][A-Za-z0-9_-]{0,63}):(?: +(.*))?")
_ITEM = re.compile(r"( *)- +(.*)")
# Characters that YAML neither treats as line breaks nor refuses; no tab, no byte-order mark.
_TAME = re.compile(
    "[ -~\u00a0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]*"
)
_WORDS_OF_OTHER_TYPES = frozenset({"yes", "no", "on", "off", "true", "false", "null"})
_INT = re.compile(r"[1-9][0-9]{0,8}")
_FLOW_TOKEN = re.compile(r'[A-Za-z][A-Za-z0-9_-]*|"[^"\\]*"')


def parse_plain(text: str) -> dict[str, Plain] | None:
    """The mapping that `text` holds, or None where the text is beyond this subset.

    Accepted: `key: value` lines from column 0 with one-line plain or quoted strings, whole
    numbers, one-line lists of simple words, and lists of `- item` lines; blank lines between.
    """
    fields: dict[str, Plain] = {}
    lines = text.split("\n")
    at = 0
    while at < len(lines):
        line = lines[at]
        at += 1
        if not line:
            continue
        found = _KEY.fullmatch(line)
        if not found or not _TAME.fullmatch(line):
            return None
        key, rest = found[1], (found[2] or "").rstrip(" ")
        if key in fields or key.lower() in _WORDS_OF_OTHER_TYPES:
            return None
        if rest:
            value = _value(rest)
        else:
            value, at = _items(lines, at)
        if value is None:
            return None
        fields[key] = value
    return fields or None


def _items(lines: list[str], at: int) -> tuple[list[str] | None, int]:
    """The `- item` lines from `at` on, all at one depth, and where they end."""
    items: list[str] = []
    depth: str | None = None
    while at < len(lines) and (found := _ITEM.fullmatch(lines[at])):
        item = _string(found[2].rstrip(" ")) if _TAME.fullmatch(lines[at]) else None
        if item is None or depth not in (None, found[1]):
            return None, at
        depth = found[1]
        items.append(item)
        at += 1
    return items or None, at


def _value(text: str) -> Plain | None:
    if _INT.fullmatch(text):
        return int(text)
    if text.startswith("["):
        return _flow(text)
    return _string(text)


def _flow(text: str) -> list[str] | None:
    if not text.endswith("]"):
        return None
    items: list[str] = []
    for token in text[1:-1].split(","):
        bare = token.strip(" ")
        item = _string(bare) if _FLOW_TOKEN.fullmatch(bare) else None
        if item is None:
            return None
        items.append(item)
    return items


def _string(text: str) -> str | None:
    if text[:1] in ('"', "'"):
        inner = text[1:-1]
        whole = len(text) >= 2 and text[-1] == text[0]
        return inner if whole and text[0] not in inner and "\\" not in inner else None
    plain = (
        text[:1].isalpha()
        and text[0].isascii()
        and ": " not in text
        and " #" not in text
        and not text.endswith(":")
        and text.lower() not in _WORDS_OF_OTHER_TYPES
    )
    return text if plain else None
