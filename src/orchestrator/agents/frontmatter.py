"""From the text of an agent file to its fields: strict YAML first, then what a person would read.

Many agent files are not valid YAML (mostly an unquoted `: ` in a description), so three readings
are tried in order: the block as it is, each entry by itself with bad values taken as quoted text,
and last the lines of the keys we know. What the fields mean is `fields`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from orchestrator.agents.plain_yaml import parse_plain

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    from orchestrator.agents.definition import Severity

# Above this a block goes to the line reading alone: YAML's cost and recursion grow with it.
_YAML_LIMIT = 32 * 1024

# Escapes that PyYAML turns into text which cannot be encoded again.
_HALF_CHARACTER = re.compile(r"\\(u|U0000)[dD][89a-fA-F]")

_FENCE = re.compile(r"---[ \t]*")
_ENTRY = re.compile(r"""(["']?)([A-Za-z][\w-]*)\1[ \t]*:(?:[ \t]+(.*)|)""")
_LOOSE_ENTRY = re.compile(r"""[ \t]*(["']?)([A-Za-z][\w-]*)\1[ \t]*:(.*)""")
_BLOCK_MARK = re.compile(r"[|>][+-]?[0-9]?")


@dataclass(frozen=True)
class Remark:
    """Something odd about the text: `line` counts from 1 within the file."""

    line: int
    message: str
    fix: str
    severity: Severity = "warning"


@dataclass(frozen=True)
class Frontmatter:
    """The fields as written (keys in their own spelling), the line each stands on, and the body.

    `fields` is None where the file has no frontmatter; the body is then the whole text.
    """

    fields: Mapping[str, Any] | None
    lines: Mapping[str, int]
    body: str
    remarks: tuple[Remark, ...] = ()


@dataclass(frozen=True)
class _Chunk:
    """One entry of a block: what stands beside its key and below it, and its line."""

    key: str
    beside: str
    below: tuple[str, ...]
    line: int

    @property
    def text(self) -> str:
        return "\n".join([f"{self.key}: {self.beside}", *self.below])

    @property
    def more(self) -> list[str]:
        return [line.strip() for line in self.below if line.strip()]


@dataclass(frozen=True)
class _Reading:
    fields: dict[str, Any]
    remarks: tuple[Remark, ...] = ()


def normalise_key(key: str) -> str:
    """The one spelling of a key: `maxTurns`, `max_turns` and `max-turns` are the same."""
    return key.replace("-", "").replace("_", "").lower()


def read_frontmatter(text: str, known: Collection[str]) -> Frontmatter:
    """The frontmatter and body of `text` (line ends already `\\n`); never raises.

    `known` are the normalised keys: the line reading looks for them, and a block without any of
    them (a page that opens with a ruler) is no frontmatter.
    """
    lines = text.split("\n")
    start = next((i for i, line in enumerate(lines) if line.strip()), 0)
    if not _FENCE.fullmatch(lines[start]):
        return Frontmatter(None, {}, text)
    first = start + 1
    closed = next((i for i in range(first, len(lines)) if _FENCE.fullmatch(lines[i])), None)
    end = _end_of_leading_fields(lines, first) if closed is None else closed
    block = lines[first:end]
    read = _strict(block) or _by_entry(block, first + 1, known) or _by_line(block, first + 1, known)
    if read is None or not any(normalise_key(key) in known for key in read.fields):
        return Frontmatter(None, {}, text)
    remarks = read.remarks
    if closed is None:
        message = "the frontmatter is opened by '---' but never closed: other loaders skip the file"
        unclosed = Remark(start + 1, message, f"put a line '---' after line {end}")
        remarks = (unclosed, *remarks)
    body = "\n".join(lines[end if closed is None else end + 1 :])
    return Frontmatter(read.fields, _lines_of(block, first + 1), body, remarks)


def _strict(block: Sequence[str]) -> _Reading | None:
    value = _load_yaml("\n".join(block))
    return _Reading(value) if value is not None else None


def _by_entry(block: Sequence[str], line: int, known: Collection[str]) -> _Reading | None:
    """Each top-level entry by itself; one that is not YAML counts as if its value were quoted."""
    chunks = _chunks(block, line, _ENTRY.fullmatch)
    if not chunks or any(_stray(text) for text in block[: chunks[0].line - line]):
        return None
    fields: dict[str, Any] = {}
    bad: list[_Chunk] = []
    for chunk in chunks:
        if any(_stray(text) for text in chunk.below):
            return None
        value = _load_yaml(chunk.text) or {}
        if list(value) == [chunk.key]:
            fields.setdefault(chunk.key, value[chunk.key])
        elif chunk.more or normalise_key(chunk.key) not in known:
            # More than a bad value: perhaps prose that only looks like an entry ("user: …").
            return None
        else:
            bad.append(chunk)
            fields.setdefault(chunk.key, _unquoted(chunk.beside))
    return _Reading(fields, tuple(map(_not_yaml, bad)))


def _is_yaml(chunk: _Chunk) -> bool:
    return list(_load_yaml(chunk.text) or ()) == [chunk.key]


def _depth(line: str) -> int:
    return len(line) - len(line.lstrip())


def _stray(line: str) -> bool:
    """Whether a line that begins no entry cannot belong to one either."""
    return line[:1] not in ("", " ", "\t", "#", "-")


def _by_line(block: Sequence[str], line: int, known: Collection[str]) -> _Reading | None:
    """Only the first line of each known key begins an entry; all else continues the one before."""
    seen: set[str] = set()
    depth = next((_depth(text) for text in block if _LOOSE_ENTRY.fullmatch(text)), 0)

    def entry(text: str) -> re.Match[str] | None:
        found = _LOOSE_ENTRY.fullmatch(text)
        if not found or _depth(text) != depth or not found[2][0].islower():
            return None
        key = normalise_key(found[2])
        if key not in known or key in seen:
            return None
        seen.add(key)
        return found

    chunks = _chunks(block, line, entry)
    if not chunks:
        return None
    remarks = [_not_yaml(next((chunk for chunk in chunks if not _is_yaml(chunk)), chunks[0]))]
    lost = block[: chunks[0].line - line]
    if any(text.strip() for text in lost):
        remarks.append(_unread(line, lost))
    fields: dict[str, Any] = {}
    for chunk in chunks:
        fields[chunk.key], lost = _salvaged(chunk)
        if any(text.strip() for text in lost):
            remarks.append(_unread(chunk.line + 1, lost))
    return _Reading(fields, tuple(remarks))


def _salvaged(chunk: _Chunk) -> tuple[Any, Sequence[str]]:
    """The value of an entry that YAML does not read, and the lines below it that are not in it."""
    if not chunk.beside and chunk.more and all(item.startswith("- ") for item in chunk.more):
        return [_unquoted(item[2:].strip()) for item in chunk.more], ()
    if normalise_key(chunk.key) != "description":
        alone = _load_yaml(f"value: {chunk.beside}")
        return (alone["value"] if alone else _unquoted(chunk.beside)), chunk.below
    beside = "" if _BLOCK_MARK.fullmatch(chunk.beside) else chunk.beside
    return _unquoted("\n".join([beside, *map(str.rstrip, chunk.below)]).strip()), ()


def _chunks(
    block: Sequence[str], line: int, entry: Callable[[str], re.Match[str] | None]
) -> list[_Chunk]:
    cuts = [(i, found) for i, text in enumerate(block) if (found := entry(text))]
    ends = [*(i for i, _ in cuts), len(block)][1:]
    return [
        _Chunk(found[2], (found[3] or "").strip(), tuple(block[i + 1 : end]), line + i)
        for (i, found), end in zip(cuts, ends, strict=True)
    ]


def _not_yaml(chunk: _Chunk) -> Remark:
    return Remark(
        chunk.line,
        f"the frontmatter is not valid YAML from '{chunk.key}' on: it was read as it was meant, "
        "but stricter loaders skip this file",
        "put values that hold ': ', or begin with '*', '[' or '{', in quotes; write a long "
        "description as 'description: |' with its text indented below",
    )


def _unread(line: int, lost: Sequence[str]) -> Remark:
    text = next(text.strip() for text in lost if text.strip())
    message = (
        f"{len(lost)} line(s) of the frontmatter were not understood, the first: {text[:60]!r}"
    )
    return Remark(
        line, message, "move them below the closing '---', or indent them under their key"
    )


def _unquoted(text: str) -> str:
    if len(text) >= 2 and text[0] == text[-1] and text[0] in "\"'":
        return text[1:-1]
    return text


def _end_of_leading_fields(lines: Sequence[str], first: int) -> int:
    """Where the fields of an unclosed block end: at the first blank line or heading."""
    stop = (i for i in range(first, len(lines)) if not lines[i].strip() or lines[i][0] == "#")
    return next(stop, len(lines))


def _lines_of(block: Iterable[str], line: int) -> dict[str, int]:
    found: dict[str, int] = {}
    for i, text in enumerate(block):
        if match := _LOOSE_ENTRY.fullmatch(text):
            found.setdefault(match[2], line + i)
    return found


def _load_yaml(text: str) -> dict[str, Any] | None:
    """The mapping (of text keys) that `text` is in YAML; None for anything else."""
    plain = parse_plain(text)
    if plain is not None:
        return dict(plain)
    if len(text) > _YAML_LIMIT or _HALF_CHARACTER.search(text):
        return None
    # Imported late: 16 ms that files in plain form do not need. It comes with an extra; without
    # it the readings by entry and by line still find what they can.
    try:
        import yaml
    except ImportError:
        return None
    try:
        # The pure-Python loader, because libyaml's crashes the process on deep nesting.
        value = yaml.load(text, Loader=yaml.SafeLoader)
    except (yaml.YAMLError, AttributeError, LookupError, RecursionError, TypeError, ValueError):
        # Its constructors raise all of these, on hostile tags and impossible dates.
        return None
    mapping = isinstance(value, dict) and value and all(isinstance(key, str) for key in value)
    return value if mapping else None
