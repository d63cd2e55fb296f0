"""A shell command taken apart into the simple commands that it runs, as bash would read it.

Written for permission rules: where a reading is not certain it is said (`doubts`, `unreadable`),
never guessed. What wrappers such as `sudo` or `sh -c` run in turn is `shell_wrappers`; words,
quotes and expansions are read by `shell_words`. Time is linear in the length of the command.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from orchestrator.toolbox.shell_words import MAX_DEPTH, Notes, Word, WordReader

LOOP = "it has a loop or a condition"

_GAP = re.compile(r"(?:[ \t]|\\\n)+")
_ASSIGNMENT = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)(?:\[[^\]\n]*\])?\+?=")
_STREAM = re.compile(r"[0-9]+|\{[A-Za-z_][A-Za-z0-9_]*\}")
"""What right before a `<` or `>` says which stream is meant."""
_REDIRECT = re.compile(r"&>>|&>|<<<|<<-|<<|<>|<&|<|>>|>&|>\||>")
_SKIPPED = frozenset({"if", "then", "elif", "else", "while", "until", "do"})
_CLOSING = frozenset({"fi", "done", "}"})
_NOT_TRACED = frozenset({"case", "select", "function", "coproc", "[[", "esac"})
_RAW_SKIPPED = _SKIPPED | {"!", "in", "coproc"}
_RAW_VARIABLE = re.compile(r"\$[A-Za-z0-9_]*")
_RAW_SPLIT = re.compile(r"[;&|\n(){}`]|(?<=[ \t\]])(?:then|do|elif|else)(?=[ \t])")
_RAW_REDIRECT = re.compile(r"[<>]+&?[ \t]*[^ \t]+")


@dataclass(frozen=True, slots=True)
class Redirect:
    """A file that a command reads or writes; `plain` when its name is as it stands."""

    operator: str
    target: str
    plain: bool


@dataclass(frozen=True, slots=True)
class Part:
    """A simple command: its words with quotes removed, `assignments` of them `NAME=value` in front.

    `guesses` are the words with their expansions filled in as far as they can be told from the
    command alone. `fed` is the text of its here-document or here-string. `closes_group`: only the
    redirections behind a `)` or `}`.
    """

    words: tuple[str, ...]
    guesses: tuple[str, ...]
    assignments: int = 0
    redirects: tuple[Redirect, ...] = ()
    fed: str | None = None
    closes_group: bool = False


@dataclass(frozen=True, slots=True)
class Script:
    """All simple commands of a text, those in substitutions too.

    `doubts` say what keeps the words from being all that is run. `unreadable`: the text is not
    shell, or in a form not followed here; `parts` then holds every piece that might be a command.
    """

    parts: tuple[Part, ...]
    doubts: tuple[str, ...]
    unreadable: bool


@dataclass(slots=True)
class _Draft:
    words: list[Word] = field(default_factory=list)
    assignments: int = 0
    redirects: list[Redirect] = field(default_factory=list)
    fed: str | None = None
    closes_group: bool = False
    loop_head: bool = False

    def part(self) -> Part:
        return Part(
            words=tuple(word.text for word in self.words),
            guesses=tuple(word.guess for word in self.words),
            assignments=self.assignments,
            redirects=tuple(self.redirects),
            fed=self.fed,
            closes_group=self.closes_group,
        )


@dataclass(frozen=True, slots=True)
class _Pending:
    """A here-document whose text comes after the line's end."""

    delimiter: str
    strip_tabs: bool
    quoted: bool
    draft: _Draft
    position: int


def take_apart(command: str) -> Script:
    """The parts of `command`; never raises."""
    notes = Notes()
    drafts: list[_Draft] = []
    if "\0" in command:
        notes.unreadable = True
    _Reader(command, 0, notes, drafts).whole()
    parts = [draft.part() for draft in drafts]
    if notes.unreadable:
        parts.extend(_raw_pieces(command))
    return Script(tuple(parts), tuple(notes.doubts), notes.unreadable)


def _raw_pieces(command: str) -> Iterator[Part]:
    """Every stretch of the text that could be a command if quotes and structure are not trusted."""
    for piece in _RAW_SPLIT.split(command.replace("\\\n", "")):
        unquoted = _RAW_REDIRECT.sub(" ", re.sub(r"['\"\\]", "", piece))
        # Once with variables as words, once with them as nothing.
        for bare in dict.fromkeys((unquoted.replace("$", ""), _RAW_VARIABLE.sub("", unquoted))):
            yield from _raw_piece(bare)


def _raw_piece(bare: str) -> Iterator[Part]:
    words = [word for word in re.split(r"[ \t]+", bare) if word]
    start = 0
    while start < len(words) and words[start] in _RAW_SKIPPED:
        start += 1
    words = words[start:]
    assignments = 0
    while assignments < len(words) and _ASSIGNMENT.match(words[assignments]):
        assignments += 1
    if words:
        yield Part(tuple(words), tuple(words), assignments)


class _Reader(WordReader):
    """Reads lists of commands; see `WordReader` for what is inside a word."""

    def __init__(self, text: str, depth: int, notes: Notes, drafts: list[_Draft]) -> None:
        super().__init__(text, depth, notes)
        self._drafts = drafts
        self._draft = _Draft()
        self._pending: list[_Pending] = []

    def nested(self, text: str) -> _Reader:
        """A reader of another text that is run within this one."""
        return _Reader(text, self.depth + 1, self.notes, self._drafts)

    def whole(self) -> None:
        """Read the text to its end."""
        self.commands(closer="")

    def commands(self, closer: str) -> None:
        """Read commands up to `closer` (consumed) or, where it is empty, the text's end."""
        outer_draft, outer_pending = self._draft, self._pending
        self._draft, self._pending = _Draft(), []
        self._list(closer)
        self._finish()
        if self._pending:
            self.notes.unreadable = True
        self._draft, self._pending = outer_draft, outer_pending

    def _list(self, closer: str) -> None:
        while True:
            self._gap()
            char = self.peek()
            if not char:
                self.notes.unreadable |= bool(closer)
                return
            if char == ")":
                self.position += 1
                if closer:
                    return
                self.notes.unreadable = True
                self._finish()
            elif char == "\n":
                self._finish()
                self.position += 1
                self._here_documents()
            elif char == "(":
                self._parenthesis()
            elif char in ";&|" and not self.text.startswith("&>", self.position):
                self._finish()
                self.position += 1
            elif char in "<>&" and self.text[self.position + 1 : self.position + 2] != "(":
                self._redirect()
            else:
                self._word()

    def _gap(self) -> None:
        if match := _GAP.match(self.text, self.position):
            self.position = match.end()
        if self.peek() == "#":
            end = self.text.find("\n", self.position)
            self.position = len(self.text) if end < 0 else end

    def _finish(self) -> None:
        draft = self._draft
        if (draft.words or draft.redirects) and not draft.loop_head:
            self._drafts.append(draft)
        self._draft = _Draft()

    def _parenthesis(self) -> None:
        arithmetic = self.text.startswith("((", self.position)
        draft = self._draft
        if draft.closes_group or (draft.words and not (draft.loop_head and arithmetic)):
            # A function, an array, a pattern of extglob: not followed here.
            self.notes.unreadable = True
        if arithmetic:
            self.notes.doubts[LOOP] = None
            self.position += 2
            self.arithmetic()
            return
        self._finish()
        self.position += 1
        if self.depth >= MAX_DEPTH:
            self.notes.unreadable = True
            return
        self.depth += 1
        self.commands(closer=")")
        self.depth -= 1
        self._draft.closes_group = True

    def _word(self) -> None:
        start = self.position
        word = self.word()
        raw = self.text[start : self.position].replace("\\\n", "")
        if self.peek() in ("<", ">") and _STREAM.fullmatch(raw):
            self._redirect()
            return
        draft = self._draft
        if not draft.words and self._keyword(raw):
            return
        if draft.closes_group:
            self.notes.unreadable = True
        assigned = _ASSIGNMENT.match(self.text, start, self.position)
        if assigned:
            self.notes.learn(assigned[1], word.guess.partition("=")[2])
        if assigned and draft.assignments == len(draft.words):
            draft.assignments += 1
        elif draft.assignments == len(draft.words):
            self._note_command_name(word)
        draft.words.append(word)

    def _note_command_name(self, word: Word) -> None:
        if word.pattern:
            self.notes.doubts["its command's name is a pattern"] = None
        if word.text == "eval":
            self.notes.doubts["it uses eval"] = None

    def _keyword(self, raw: str) -> bool:
        """Whether an unquoted first word is syntax, no command; what follows is read on."""
        if raw in _CLOSING:
            self._draft.closes_group = True
        if raw in _SKIPPED or raw in _CLOSING - {"}"}:
            self.notes.doubts[LOOP] = None
            return True
        if raw == "for":
            self.notes.doubts[LOOP] = None
            self._draft.loop_head = True
            return False
        if raw in _NOT_TRACED:
            self.notes.unreadable = True
        if raw == "!" and self.peek() == "(":
            self.notes.unreadable = True
        return raw in {"{", "}", "!", "coproc", "function"}

    def _redirect(self) -> None:
        match = _REDIRECT.match(self.text, self.position)
        if match is None:
            self.notes.unreadable = True
            self.position += 1
            return
        operator, start = match[0], self.position
        self.position = match.end()
        if gap := _GAP.match(self.text, self.position):
            self.position = gap.end()
        before = self.position
        if self.peek() == "#":
            self.notes.unreadable = True
        word = self.word()
        if self.position == before:
            self.notes.unreadable = True
            return
        if operator in {"<<", "<<-"}:
            self.notes.unreadable |= not word.plain
            strip = operator == "<<-"
            self._pending.append(_Pending(word.text, strip, word.quoted, self._draft, start))
        elif operator == "<<<":
            self._draft.fed = word.text
        elif operator in {">&", "<&"} and re.fullmatch(r"[0-9]*-?", word.text):
            return
        else:
            plain = word.plain and not word.pattern
            self._draft.redirects.append(Redirect(operator, word.text, plain))

    def _here_documents(self) -> None:
        newline = self.position - 1
        for pending in self._pending:
            # A line end within quotes or a substitution: shells differ in where the text begins.
            if self.text.find("\n", pending.position, newline) >= 0:
                self.notes.unreadable = True
            pending.draft.fed = self._here_document(pending)
        self._pending.clear()

    def _here_document(self, pending: _Pending) -> str:
        start = self.position
        while self.position < len(self.text):
            end = self.text.find("\n", self.position)
            end = len(self.text) if end < 0 else end
            line = self.text[self.position : end]
            line_start = self.position
            self.position = min(end + 1, len(self.text))
            if (line.lstrip("\t") if pending.strip_tabs else line) == pending.delimiter:
                body = self.text[start:line_start]
                if not pending.quoted:
                    self.notes.unreadable |= "\\\n" in body
                    self.nested(body).expansions()
                return body
        self.notes.unreadable = True
        return self.text[start:]
