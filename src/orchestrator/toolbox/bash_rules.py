"""Permission rules for shell commands: what `bash(git diff:*)` covers.

A rule forbids as soon as any part of a command might fall under it, and allows only what certainly
does. Taking the command apart is `shell_parts`; the order of the rules is `permissions`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cached_property
from pathlib import PurePosixPath

from orchestrator.toolbox.shell_parts import LOOP, Part, Redirect, Script, take_apart
from orchestrator.toolbox.shell_words import BRACES, VARIABLE
from orchestrator.toolbox.shell_wrappers import Search, base_name, hides_another

OUTSIDE = "it reads or writes a file that is not certainly in the workspace"
HARMLESS_DOUBTS = frozenset({VARIABLE, BRACES, LOOP})
"""Doubts that leave the commands' names readable; their arguments are guessed for denials."""

_BLANK = " \t\n"
_SPACES = re.compile(r"[ \t\n]+")
_MARK = "\0"
"""Stands for white space within a word, so that quoted text cannot pass for several words."""
_LONGEST_PATTERN_NAME = 64
_MOVING = frozenset({"cd", "pushd", "popd"})
_CLOSED = frozenset({".git", ".orchestrator"})


def matches(pattern: str, text: str) -> bool:
    """Whether `text` is `pattern`, where each `*` stands for any text; linear in both."""
    first, *rest = pattern.split("*")
    if not rest:
        return text == pattern
    if not text.startswith(first) or not text.endswith(rest[-1]):
        return False
    at, end = len(first), len(text) - len(rest[-1])
    for piece in rest[:-1]:
        found = text.find(piece, at, max(at, end))
        if found < 0:
            return False
        at = found + len(piece)
    return at <= end


@dataclass(frozen=True)
class CommandPattern:
    """The specifier of a rule: an exact command, a prefix `npm run test:*`, or a glob.

    A `*` behind a space also stands for nothing: `git diff *` covers `git diff`.
    """

    written: str

    @cached_property
    def problem(self) -> str | None:
        """Why no single command can be meant, or None."""
        script = take_apart(self._stem)
        if script.unreadable or len(script.parts) != 1 or script.parts[0].redirects:
            return "a rule names one simple command: write one rule for each"
        return None

    @cached_property
    def _open_end(self) -> bool:
        return self.written.strip(_BLANK).endswith((":*", " *"))

    @cached_property
    def _stem(self) -> str:
        text = self.written.strip(_BLANK)
        return text[:-2].rstrip(_BLANK) if self._open_end else text

    @cached_property
    def _pattern(self) -> str:
        script = take_apart(self._stem)
        if self.problem or not script.parts:
            return _SPACES.sub(" ", self._stem)
        return _marked(script.parts[0].words)

    @cached_property
    def _head(self) -> str:
        return self._pattern.partition(" ")[0]

    def covers(self, text: str) -> bool:
        """Whether a command, given as its words joined, falls under the rule."""
        if matches(self._pattern, text):
            return True
        return self._open_end and matches(f"{self._pattern} *", text)

    def allows(self, part: Part) -> bool:
        """Whether this rule lets `part` run."""
        if part.closes_group and not part.words:
            return True
        if not part.words or self.problem:
            return False
        if self._head.startswith("*") and any(map(hides_another, part.words)):
            # `* --version` was not written with `sh -c '…' --version` in mind.
            return False
        return self.covers(_marked(part.words))

    def is_exactly(self, command: str) -> bool:
        """Whether the rule spells out the whole of `command`, without any wildcard."""
        return "*" not in self.written and self.written.strip(_BLANK) == command.strip(_BLANK)

    def touches(self, texts: Sequence[str]) -> bool:
        """Whether any of these commands might fall under the rule."""
        return any(self.covers(text) or self._may_name(text) for text in texts)

    def _may_name(self, text: str) -> bool:
        """Whether the command's name is a file pattern that may stand for the rule's command."""
        name, space, rest = text.partition(" ")
        if len(name) > _LONGEST_PATTERN_NAME or not re.search(r"[*?\[]", name):
            return False
        head = base_name(self._head)
        return "*" not in head and fnmatchcase(head, name) and self.covers(f"{head}{space}{rest}")


@dataclass(frozen=True)
class Command:
    """A command as the rules look at it."""

    text: str

    @cached_property
    def script(self) -> Script:
        """Its parts."""
        return take_apart(self.text)

    @cached_property
    def doubts(self) -> tuple[str, ...]:
        """What keeps rules for its parts from allowing it."""
        found = list(self.script.doubts)
        if self.script.unreadable:
            found.insert(0, "it cannot be read with certainty")
        moves = any(_MOVING & set(part.words[:1]) for part in self.script.parts)
        if not all(
            _stays_inside(redirect, moves)
            for part in self.script.parts
            for redirect in part.redirects
        ):
            found.append(OUTSIDE)
        return tuple(found)

    @property
    def substitutes(self) -> bool:
        """Whether what it runs is only known once it runs."""
        return self.script.unreadable or bool(set(self.script.doubts) - HARMLESS_DOUBTS)

    @cached_property
    def _search(self) -> tuple[tuple[str, ...], bool]:
        search = Search()
        found: dict[str, None] = {}
        for part in self.script.parts:
            for words in (part.words, part.guesses):
                found[_marked(words)] = None
        for run in search.runs(self.script):
            for words in (run.words, run.without_options):
                found[_marked(words)] = None
                found[_plain(words)] = None
        return tuple(found), search.too_deep

    @property
    def runs(self) -> tuple[str, ...]:
        """Each command that it may run, through wrappers and substitutions, words joined."""
        return self._search[0]

    @property
    def too_deep(self) -> bool:
        """Whether commands lie within each other deeper than is looked."""
        return self._search[1]


def _marked(words: Sequence[str]) -> str:
    return " ".join(_SPACES.sub(_MARK, word) or _MARK for word in words)


def _plain(words: Sequence[str]) -> str:
    return " ".join(filter(None, _SPACES.split(" ".join(words))))


def _stays_inside(redirect: Redirect, moves: bool) -> bool:
    target = redirect.target
    if target == "/dev/null" and redirect.plain:
        return True
    path = PurePosixPath(target)
    if not redirect.plain or not target or target.startswith("~") or ".." in path.parts:
        return False
    if any(part.casefold() in _CLOSED for part in path.parts):
        return False
    return path.is_relative_to("/workspace") if path.is_absolute() else not moves
