"""A reader for JSON objects as models write them: forgiving in form, never in meaning.

It accepts comments, trailing commas, single and typographic quotes, bare keys, Python's literals,
NaN and raw line breaks in strings, because each of these can be read in one way only, and it names
every such liberty. Where a reading would be a guess (an end that is missing, two values for one
key, an unescaped quote) it stops and says where. What the object means is not known here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from math import isfinite
from typing import Any

MAX_DEPTH = 64
"""Objects and arrays within each other; deeper text is refused, so that reading cannot overflow."""

_CLOSING = {'"': '"', "'": "'", "“": "”", "”": "”", "‘": "’"}
_ESCAPES = {
    '"': '"', "'": "'", "\\": "\\", "/": "/", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t",
}  # fmt: skip
_SPACE = re.compile(r"[ \t\r\n]+")
_ODD_SPACE = re.compile(r"[\s\ufeff\u200b\u2060]+")
_COMMENT = re.compile(r"//[^\n]*|#[^\n]*|/\*.*?\*/", re.DOTALL)
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?(?![\w.])")
_LOOSE_NUMBER = re.compile(
    r"[+-]?(?:(?:0|[1-9][0-9]*)(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?(?![\w.])"
)
_WORD = re.compile(r"[A-Za-z_$][\w$-]*")
_UNICODE = re.compile(r"[0-9a-fA-F]{4}")
_LITERALS: dict[str, Any] = {"true": True, "false": False, "null": None}
_PYTHON: dict[str, Any] = {"True": True, "False": False, "None": None}
_NOT_NUMBERS = frozenset({"NaN", "nan", "Infinity", "inf"})


@dataclass(frozen=True)
class Reading:
    """An object as read, where its text ended, and what had to be forgiven."""

    value: dict[str, Any]
    end: int
    repairs: tuple[str, ...]


class UnreadableError(Exception):
    """The text cannot be read as an object in exactly one way.

    `truncated`: the text ended before the object did. `partial` and `keys` are what was read of
    the outermost object until then. `only_brace_missing`: nothing but its last brace is missing.
    `repairs` are the liberties taken up to there.
    """

    def __init__(self, reason: str, position: int, *, truncated: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.position = position
        self.truncated = truncated
        self.only_brace_missing = False
        self.partial: Mapping[str, Any] = {}
        self.keys: tuple[str, ...] = ()
        self.repairs: tuple[str, ...] = ()


def read_object(text: str, start: int = 0) -> Reading:
    """Read the object whose opening brace is at `start`; what follows it is left alone.

    Raises:
        UnreadableError: it is cut off, or not readable in exactly one way.
    """
    reader = _Reader(text, start)
    try:
        value = reader.object()
    except UnreadableError as error:
        error.partial = reader.outermost
        error.keys = tuple(reader.outermost_keys)
        error.repairs = tuple(reader.repairs)
        raise
    return Reading(value, reader.position, tuple(reader.repairs))


def join_surrogates(value: str) -> str:
    """The text with surrogate pairs joined, and halves, which no encoding can hold, as U+FFFD."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return value


@dataclass
class _Reader:
    text: str
    position: int
    depth: int = 0
    # A dict keeps the order and drops the second mention of the same liberty.
    repairs: dict[str, None] = field(default_factory=dict)
    outermost: dict[str, Any] = field(default_factory=dict)
    outermost_keys: list[str] = field(default_factory=list)

    def object(self) -> dict[str, Any]:
        self.enter()
        found = self.outermost if self.depth == 1 else {}
        self.gap()
        while not self.take("}"):
            key = self.key()
            if self.depth == 1:
                self.outermost_keys.append(key)
            self.gap()
            self.need(":", f"after the key {key!r:.40}")
            self.gap()
            value = self.value()
            if key in found and found[key] != value:
                raise self.stop(f"the key {key!r:.40} has two different values")
            if key in found:
                self.note("key given twice")
            found[key] = value
            self.separator("}")
        self.depth -= 1
        return found

    def array(self) -> list[Any]:
        self.enter()
        found: list[Any] = []
        self.gap()
        while not self.take("]"):
            found.append(self.value())
            self.separator("]")
        self.depth -= 1
        return found

    def value(self) -> Any:
        here = self.peek()
        if here == "{":
            return self.object()
        if here == "[":
            return self.array()
        if here in _CLOSING:
            return self.string()
        if here in "+-.0123456789":
            return self.number()
        return self.literal()

    def key(self) -> str:
        if self.peek() in _CLOSING:
            return self.string()
        bare = _WORD.match(self.text, self.position)
        if bare is None:
            raise self.stop(f"a key was expected, not {self.peek()!r}")
        self.position = bare.end()
        self.note("key without quotes")
        return bare.group()

    def string(self) -> str:
        opening = self.text[self.position]
        closing = _CLOSING[opening]
        if opening == "'":
            self.note("single quotes")
        elif opening != '"':
            self.note("typographic quotes")
        self.position += 1
        plain = re.compile(f"[^{closing}\\\\\\x00-\\x1f]+")
        pieces: list[str] = []
        while True:
            if run := plain.match(self.text, self.position):
                pieces.append(run.group())
                self.position = run.end()
            here = self.peek()
            self.position += 1
            if here == closing:
                return self.whole_characters("".join(pieces))
            if here == "\\":
                pieces.append(self.escape())
            else:
                kind = "line break" if here in "\r\n" else "control character"
                self.note(f"unescaped {kind}")
                pieces.append(here)

    def escape(self) -> str:
        here = self.peek()
        self.position += 1
        if here == "u":
            digits = _UNICODE.match(self.text, self.position)
            if digits is None:
                raise self.stop("a \\u escape needs four hexadecimal digits", back=2)
            self.position = digits.end()
            return chr(int(digits.group(), 16))
        if here == "x":
            raise self.stop("a \\x escape is not JSON", back=2)
        if here in _ESCAPES:
            if here == "'":
                self.note("escaped single quote")
            return _ESCAPES[here]
        # The usual case is a regular expression or a path: both characters were meant.
        self.note("backslash that was not escaped")
        return "\\" + here

    def whole_characters(self, value: str) -> str:
        whole = join_surrogates(value)
        if whole.count("\ufffd") > value.count("\ufffd"):
            self.note("half of a surrogate pair")
        return whole

    def number(self) -> int | float | None:
        found = _NUMBER.match(self.text, self.position)
        if found is None:
            found = _LOOSE_NUMBER.match(self.text, self.position)
            if found is None:
                self.signed_literal()
                return None
            self.note("number in a loose form")
        self.position = found.end()
        digits = found.group()
        if self.position == len(self.text):
            raise self.stop("the text ends in the middle of the envelope", truncated=True)
        if digits.lstrip("+-").isdigit():
            if len(digits) > 400:
                raise self.stop(f"a number of {len(digits)} digits")
            return int(digits)
        value = float(digits)
        if isfinite(value):
            return value
        self.note("number beyond range read as null")
        return None

    def signed_literal(self) -> None:
        start = self.position
        if self.text[start] not in "+-":
            raise self.stop(f"a value was expected, not {self.text[start : start + 12]!r}")
        self.position += 1
        word = _WORD.match(self.text, self.position)
        if word is None or word.group() not in _NOT_NUMBERS:
            raise self.stop(f"a value was expected, not {self.text[start : start + 12]!r}", back=1)
        self.position = word.end()
        self.note("NaN or Infinity read as null")

    def literal(self) -> Any:
        word = _WORD.match(self.text, self.position)
        if word is None:
            raise self.stop(f"a value was expected, not {self.peek()!r}")
        name = word.group()
        if word.end() == len(self.text):
            self.position = word.end()
            raise self.stop("the text ends in the middle of the envelope", truncated=True)
        if name in _LITERALS:
            value = _LITERALS[name]
        elif name in _PYTHON:
            self.note("Python literal")
            value = _PYTHON[name]
        elif name in _NOT_NUMBERS:
            self.note("NaN or Infinity read as null")
            value = None
        else:
            raise self.stop(f"a value was expected, not {name[:20]!r}")
        self.position = word.end()
        return value

    def separator(self, closing: str) -> None:
        delimited = self.text[self.position - 1] in "\"”’'}]"
        try:
            self.gap()
            here = self.peek()
        except UnreadableError as error:
            error.only_brace_missing = self.depth == 1 and delimited
            raise
        if here == closing:
            return
        self.need(",", "between two members")
        self.gap()
        if self.peek() == closing:
            self.note("trailing comma")

    def gap(self) -> None:
        """Skip white space and comments."""
        while True:
            if space := _SPACE.match(self.text, self.position):
                self.position = space.end()
            if odd := _ODD_SPACE.match(self.text, self.position):
                self.note("unusual white space")
                self.position = odd.end()
            comment = _COMMENT.match(self.text, self.position)
            if comment is None:
                break
            self.note("comment")
            self.position = comment.end()

    def enter(self) -> None:
        self.position += 1
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise self.stop(f"nested more than {MAX_DEPTH} deep")

    def peek(self) -> str:
        if self.position >= len(self.text):
            raise self.stop("the text ends in the middle of the envelope", truncated=True)
        return self.text[self.position]

    def take(self, char: str) -> bool:
        if self.peek() != char:
            return False
        self.position += 1
        return True

    def need(self, char: str, where: str) -> None:
        if not self.take(char):
            raise self.stop(f"{char!r} was expected {where}, not {self.peek()!r}")

    def note(self, liberty: str) -> None:
        self.repairs[liberty] = None

    def stop(self, reason: str, *, back: int = 0, truncated: bool = False) -> UnreadableError:
        return UnreadableError(reason, self.position - back, truncated=truncated)
