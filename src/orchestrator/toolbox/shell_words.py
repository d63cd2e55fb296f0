"""One word of a shell command: quotes, escapes and expansions, read as bash reads them.

What follows on what (operators, groups, redirections) is `shell_parts`, which also reads the
commands inside substitutions.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

T = TypeVar("T")

MAX_DEPTH = 24
"""Substitutions and groups within each other; deeper text counts as unreadable."""

SUBSTITUTION = "it substitutes the output of a command"
VARIABLE = "it expands variables"
BRACES = "it expands braces"
ESCAPES = "it spells words in escape codes"

_ORDINARY = re.compile(r"[^ \t\n;&|<>()'\"\\$`]+")
_IN_DOUBLE = re.compile(r"[^\"\\$`]+")
_IN_BRACES = re.compile(r"[^}'\"\\$`]+")
_IN_ARITHMETIC = re.compile(r"[^()'\"\\$`]+")
_IN_TEXT = re.compile(r"[^\\$`]+")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*|[0-9@*#?$!-]")
_PATTERN = re.compile(r"[*?\[]")
_BRACED = re.compile(r"\{[^{}]*(?:,|\.\.)|,[^{}]*\}")
_PARAMETER = re.compile(r"[!#]?([A-Za-z_][A-Za-z0-9_]*|[0-9@*#?$!-])?(:?[-=+])?(.*)", re.DOTALL)
_ANSI = re.compile(
    r"\\(?:x([0-9a-fA-F]{1,2})|u([0-9a-fA-F]{1,4})|U([0-9a-fA-F]{1,8})|([0-7]{1,3})|c(.)|(.))",
    re.DOTALL,
)
_ANSI_NAMED = {"a": "\a", "b": "\b", "e": "\x1b", "E": "\x1b", "f": "\f", "n": "\n", "r": "\r",
               "t": "\t", "v": "\v"}  # fmt: skip
_LONGEST_VALUE = 64
_GUESS_BUDGET = 65_536


@dataclass(frozen=True, slots=True)
class Word:
    """A word without its quotes; an expansion stands in `text` as written.

    `guess` has expansions filled in as far as the command tells. `plain`: nothing is expanded
    but file-name patterns, which `pattern` tells of.
    """

    text: str
    guess: str
    plain: bool
    quoted: bool
    pattern: bool


@dataclass(slots=True)
class Notes:
    """What was noticed on the way, for the whole command."""

    # A dict keeps the order and drops the second mention.
    doubts: dict[str, None] = field(default_factory=dict)
    unreadable: bool = False
    known: dict[str, str] = field(default_factory=dict)
    budget: int = _GUESS_BUDGET

    def learn(self, name: str, value: str) -> None:
        """Keep what a variable was set to."""
        if len(value) <= _LONGEST_VALUE:
            self.known[name] = value

    def value(self, name: str) -> str:
        """What a variable may hold, as far as the command tells; else nothing."""
        value = " " if name == "IFS" else self.known.get(name, "")
        self.budget -= len(value)
        return value if self.budget > 0 else ""


class WordReader(ABC):
    """Reads words of `text` from `position` on."""

    def __init__(self, text: str, depth: int, notes: Notes) -> None:
        self.text = text
        self.position = 0
        self.depth = depth
        self.notes = notes

    @abstractmethod
    def nested(self, text: str) -> WordReader:
        """A reader of another text that is run within this one."""

    @abstractmethod
    def whole(self) -> None:
        """Read all of the text as commands."""

    @abstractmethod
    def commands(self, closer: str) -> None:
        """Read commands up to `closer` (consumed)."""

    def peek(self) -> str:
        """The next character; empty at the end."""
        return self.text[self.position : self.position + 1]

    def word(self) -> Word:
        """The word at `position`; of no length where there is none."""
        text: list[str] = []
        guess: list[str] = []
        plain, quoted, pattern = True, False, False
        bare: list[str] = []
        while True:
            if match := _ORDINARY.match(self.text, self.position):
                self.position = match.end()
                text.append(match[0])
                guess.append(match[0])
                bare.append(match[0])
                pattern = pattern or _PATTERN.search(match[0]) is not None
                continue
            char = self.peek()
            if not char or char in " \t\n;&|()":
                break
            if char in "<>" and self.text[self.position + 1 : self.position + 2] != "(":
                break
            piece, filled, static = self._piece(char)
            quoted = quoted or char in "'\"\\"
            plain = plain and static
            text.append(piece)
            guess.append(filled)
            bare.append("_")
        filled = "".join(guess)
        if _BRACED.search("".join(bare)):
            self.notes.doubts[BRACES] = None
            plain = False
            filled = re.sub(r"[{}]", "", filled).replace(",", " ")
        return Word("".join(text), filled, plain, quoted, pattern)

    def expansions(self) -> None:
        """Read all of the text as one in double quotes whose end is the text's end."""
        self._double(_IN_TEXT, closer="")

    def arithmetic(self) -> None:
        """Read on from behind `((` to behind its `))`."""
        depth = 2
        while depth:
            if match := _IN_ARITHMETIC.match(self.text, self.position):
                self.position = match.end()
                continue
            char = self.peek()
            if not char:
                self.notes.unreadable = True
                return
            if char in "$`":
                self._piece(char)
                continue
            self.position += 1
            if char in "'\"\\":
                self.notes.unreadable = True
            elif char == "(":
                depth += 1
            elif char == ")":
                depth -= 1
                if depth == 1 and self.peek() != ")":
                    # Nested groups that only look like arithmetic.
                    self.notes.unreadable = True

    def _piece(self, char: str) -> tuple[str, str, bool]:
        """What stands at a special character: as written, as guessed, and whether they agree."""
        start = self.position
        if char == "'":
            end = self._find("'", start + 1)
            piece = self.text[start + 1 : end]
            self.position = end + 1
            return piece, piece, True
        if char == '"':
            self.position += 1
            return self._double(_IN_DOUBLE, closer='"')
        if char == "\\":
            self.position += 2
            escaped = self.text[start + 1 : start + 2]
            piece = "" if escaped == "\n" else escaped or "\\"
            return piece, piece, True
        if char == "`":
            return self._backticks(in_double=False)
        if char == "$":
            return self._dollar(in_double=False)
        self._substitution(2)
        return self.text[start : self.position], "", False

    def _find(self, what: str, start: int) -> int:
        end = self.text.find(what, start)
        if end < 0:
            self.notes.unreadable = True
            return len(self.text)
        return end

    def _double(self, ordinary: re.Pattern[str], closer: str) -> tuple[str, str, bool]:
        text: list[str] = []
        guess: list[str] = []
        static = True
        while True:
            if match := ordinary.match(self.text, self.position):
                self.position = match.end()
                piece = filled = match[0]
            else:
                char = self.peek()
                if not char:
                    self.notes.unreadable |= bool(closer)
                    break
                if char == closer:
                    self.position += 1
                    break
                if char == "\\":
                    escaped = self.text[self.position + 1 : self.position + 2]
                    self.position += 2
                    kept = "" if escaped and escaped in '$`"\\\n' else "\\"
                    piece = filled = kept + ("" if escaped == "\n" else escaped)
                else:
                    read = self._backticks if char == "`" else self._dollar
                    piece, filled, certain = read(in_double=True)
                    static = static and certain
            text.append(piece)
            guess.append(filled)
        return "".join(text), "".join(guess), static

    def _dollar(self, *, in_double: bool) -> tuple[str, str, bool]:
        start = self.position
        following = self.text[start + 1 : start + 2]
        filled = ""
        if self.text.startswith("$((", start):
            self.notes.doubts[VARIABLE] = None
            self.position += 3
            self._deeper(self.arithmetic)
        elif following == "(":
            self._substitution(2)
        elif following == "{":
            self.notes.doubts[VARIABLE] = None
            self.position += 2
            filled = self._deeper(self._parameter) or ""
        elif following == "'" and not in_double:
            return self._ansi()
        elif following == '"' and not in_double:
            self.notes.doubts[ESCAPES] = None
            self.position += 1
            return "", "", False
        elif match := _NAME.match(self.text, start + 1):
            self.notes.doubts[VARIABLE] = None
            self.position = match.end()
            if self.text.startswith("\\\n", self.position):
                # The name may go on in the next line.
                self.notes.unreadable = True
            filled = self.notes.value(match[0])
        else:
            self.position += 1
            if following == "[" or self.text.startswith("\\\n", start + 1):
                self.notes.unreadable = True
            return "$", "$", True
        return self.text[start : self.position], filled, False

    def _deeper(self, read: Callable[[], T]) -> T | None:
        if self.depth >= MAX_DEPTH:
            self.notes.unreadable = True
            return None
        self.depth += 1
        found = read()
        self.depth -= 1
        return found

    def _substitution(self, opening: int) -> None:
        self.notes.doubts[SUBSTITUTION] = None
        self.position += opening
        self._deeper(lambda: self.commands(closer=")"))

    def _parameter(self) -> str:
        start = self.position
        if self.peek() and self.peek() in " \t\n|":
            # Newer shells run commands here.
            self.notes.unreadable = True
        while True:
            if match := _IN_BRACES.match(self.text, self.position):
                self.position = match.end()
                continue
            char = self.peek()
            if not char:
                self.notes.unreadable = True
                break
            if char in "$`":
                self._piece(char)
                continue
            self.position += 1
            if char == "}":
                break
            # Quotes in here mean different things inside and outside of double quotes.
            self.notes.unreadable = True
        return self._parameter_value(self.text[start : self.position - 1])

    def _parameter_value(self, content: str) -> str:
        match = _PARAMETER.match(content[: 2 * _LONGEST_VALUE])
        if match is None or not match[1]:
            return ""
        value = self.notes.value(match[1])
        if match[2] and (not value or "+" in match[2]) and not re.search(r"[$`]", match[3]):
            return match[3]
        return value

    def _backticks(self, *, in_double: bool) -> tuple[str, str, bool]:
        self.notes.doubts[SUBSTITUTION] = None
        start = self.position
        end = start + 1
        while True:
            end = self._find("`", end)
            before = end
            while before > start + 1 and self.text[before - 1] == "\\":
                before -= 1
            if (end - before) % 2 == 0 or end >= len(self.text):
                break
            end += 1
        self.position = min(end + 1, len(self.text))
        escaped = r'\\([$`\\"])' if in_double else r"\\([$`\\])"
        inner = re.sub(escaped, r"\1", self.text[start + 1 : end])
        if self.depth >= MAX_DEPTH:
            self.notes.unreadable = True
        else:
            self.nested(inner).whole()
        return self.text[start : self.position], "", False

    def _ansi(self) -> tuple[str, str, bool]:
        self.notes.doubts[ESCAPES] = None
        start = self.position + 2
        end = start
        while (end := self._find("'", end)) < len(self.text):
            before = end
            while before > start and self.text[before - 1] == "\\":
                before -= 1
            if (end - before) % 2 == 0:
                break
            end += 1
        self.position = min(end + 1, len(self.text))
        decoded = _ANSI.sub(_decode, self.text[start:end]).partition("\0")[0]
        return decoded, decoded, False


def _decode(match: re.Match[str]) -> str:
    for group, base in ((1, 16), (2, 16), (3, 16), (4, 8)):
        if match[group]:
            code = int(match[group], base)
            return chr(code) if code < 0x110000 else "\ufffd"
    if match[5]:
        return chr(ord(match[5]) & 0x1F)
    return _ANSI_NAMED.get(match[6], match[6])
