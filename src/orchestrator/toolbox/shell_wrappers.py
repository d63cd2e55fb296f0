"""What a shell command runs in the end: through `sudo`, `env`, `xargs`, `sh -c` and their like.

Used to find what a rule forbids or asks about, so it rather finds too much. Permission to run
something is never derived from it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from orchestrator.toolbox.shell_parts import Part, Script, take_apart

MAX_WRAPPERS = 16
"""Wrappers around each other that are looked through."""

SHELLS = frozenset({"sh", "bash", "dash", "zsh", "ksh", "ash", "rbash", "su", "script"})

# Options that take the next word as their value, and how many words stand before the command.
_WRAPPERS: dict[str, tuple[frozenset[str], int]] = {
    "builtin": (frozenset(), 0),
    "busybox": (frozenset(), 0),
    "chronic": (frozenset(), 0),
    "chroot": (frozenset(), 1),
    "chrt": (frozenset(), 1),
    "command": (frozenset(), 0),
    "doas": (frozenset({"-u", "-C"}), 0),
    "env": (frozenset({"-u", "--unset", "-C", "--chdir", "-S", "--split-string"}), 0),
    "exec": (frozenset({"-a"}), 0),
    "flock": (frozenset({"-w", "--timeout", "-E"}), 1),
    "ionice": (frozenset({"-c", "-n", "--class", "--classdata"}), 0),
    "nice": (frozenset({"-n", "--adjustment"}), 0),
    "nohup": (frozenset(), 0),
    "parallel": (frozenset({"-j", "--jobs", "-a", "-n", "-I"}), 0),
    "setsid": (frozenset(), 0),
    "stdbuf": (frozenset({"-i", "-o", "-e"}), 0),
    "strace": (frozenset({"-e", "-o", "-p", "-s"}), 0),
    "sudo": (frozenset({"-u", "-g", "-h", "-p", "-C", "-D", "-R", "-T", "-U", "-r", "-t"}), 0),
    "taskset": (frozenset(), 1),
    "time": (frozenset({"-f", "-o"}), 0),
    "timeout": (frozenset({"-s", "--signal", "-k", "--kill-after"}), 1),
    "unbuffer": (frozenset(), 0),
    "unshare": (frozenset(), 0),
    "watch": (frozenset({"-n", "--interval"}), 0),
    "xargs": (frozenset({"-a", "-d", "-E", "-I", "-L", "-n", "-P", "-s"}), 0),
}
_VALUED_BEFORE_SUBCOMMAND = {
    "git": frozenset({"-C", "-c", "--git-dir", "--work-tree", "--namespace", "--config-env"}),
    "docker": frozenset({"-H", "--host", "--context", "-l"}),
}
_SYNTAX = frozenset({"!", "{", "if", "while", "until"})
"""May stand behind `time`, which bash takes for syntax too: the command follows it."""
_EXECUTING = frozenset({"-exec", "-execdir", "-ok", "-okdir"})
_MAX_SCRIPTS = 8


@dataclass(frozen=True, slots=True)
class Run:
    """A command found: its words, and those without the options before its subcommand."""

    words: tuple[str, ...]
    without_options: tuple[str, ...]


@dataclass(slots=True)
class Search:
    """What is run, part by part; `too_deep` once something lay deeper than is looked."""

    too_deep: bool = False

    def runs(self, script: Script) -> Iterator[Run]:
        """Every command that `script` runs, as far as it can be told."""
        pending = [(part, 0) for part in script.parts]
        seen: set[Part] = set()
        while pending:
            part, depth = pending.pop()
            if part in seen:
                continue
            seen.add(part)
            scripts: list[str] = []
            for words in _spellings(part):
                yield from self._through(words, part, scripts)
            if scripts and depth >= _MAX_SCRIPTS:
                self.too_deep = True
                continue
            for text in dict.fromkeys(scripts):
                pending.extend((inner, depth + 1) for inner in take_apart(text).parts)

    def _through(self, words: tuple[str, ...], part: Part, scripts: list[str]) -> Iterator[Run]:
        for _ in range(MAX_WRAPPERS):
            words = _without_assignments(words)
            if not words:
                return
            head = base_name(words[0])
            words = (head, *words[1:])
            yield Run(words, _without_options(words))
            scripts.extend(_scripts(words, part))
            rest = _wrapped(words)
            if rest is None:
                return
            words = rest
        self.too_deep = True


def base_name(word: str) -> str:
    """The program's name without its folder."""
    return word.rpartition("/")[2] or word


def hides_another(word: str) -> bool:
    """Whether a program's purpose is to run what its arguments say."""
    name = base_name(word)
    return name in _WRAPPERS or name in SHELLS or name in {"eval", ".", "source", "trap", "find"}


def _spellings(part: Part) -> Iterator[tuple[str, ...]]:
    yield part.words
    if part.guesses != part.words:
        yield tuple(word for guess in part.guesses for word in guess.split())
    if part.assignments:
        yield part.words[part.assignments :]


def _without_assignments(words: tuple[str, ...]) -> tuple[str, ...]:
    start = 0
    while start < len(words) and words[start].partition("=")[0].isidentifier():
        if "=" not in words[start]:
            break
        start += 1
    return words[start:]


def _without_options(words: tuple[str, ...]) -> tuple[str, ...]:
    valued = _VALUED_BEFORE_SUBCOMMAND.get(words[0], frozenset())
    start = _behind_options(words, valued)
    return (words[0], *words[start:]) if start > 1 else words


def _behind_options(words: tuple[str, ...], valued: frozenset[str]) -> int:
    """Where the first word stands that is no option; the first word is the program."""
    at = 1
    while at < len(words) and words[at].startswith("-"):
        if words[at] == "--":
            return at + 1
        at += 2 if words[at] in valued else 1
    return at


def _wrapped(words: tuple[str, ...]) -> tuple[str, ...] | None:
    """The command that `words` runs with its arguments; None when it runs none."""
    if words[0] == "find":
        at = next((at for at, word in enumerate(words) if word in _EXECUTING), len(words))
        return words[at + 1 :] or None
    known = _WRAPPERS.get(words[0])
    if known is None:
        return None
    valued, positionals = known
    rest = words[_behind_options(words, valued) :]
    if positionals:
        rest = _without_assignments(rest)[positionals:]
    while rest and rest[0] in _SYNTAX:
        rest = rest[1:]
    return rest or None


def _scripts(words: tuple[str, ...], part: Part) -> Iterator[str]:
    """Texts among the arguments that are run as shell commands."""
    head = words[0]
    if head in SHELLS:
        if part.fed is not None:
            yield part.fed
        for at, word in enumerate(words[1:-1], start=1):
            if word.startswith("-") and not word.startswith("--") and "c" in word:
                # The text is the first word that is no option; taking all in question is simpler
                # than each shell's list of options, and finds no less.
                yield from words[at + 1 : at + 6]
                break
    elif head in {"eval", "watch", "parallel", "trap"}:
        yield " ".join(words[1:])
        if head == "trap" and len(words) > 1:
            yield words[1]
    elif head == "env":
        for at, word in enumerate(words[1:], start=1):
            if word in {"-S", "--split-string"}:
                yield " ".join(words[at + 1 :])
            elif word.startswith(("-S", "--split-string=")):
                yield " ".join((word.removeprefix("--split-string=").removeprefix("-S"),
                                *words[at + 1 :]))  # fmt: skip
            if word in {"-S", "--split-string"} or not word.startswith("-"):
                break
