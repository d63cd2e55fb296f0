"""A playbook file as plain values: strict YAML, with the line of each part.

Needs no model of a playbook, so that a look at a file costs little; the model is `format`.
"""

from __future__ import annotations

import stat
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from yaml.events import Event
from yaml.nodes import Node

from orchestrator.playbooks.files import Source, files_in, shipped_dir

MAX_BYTES = 100_000
_DEEPEST = 12
_TAGS = {"tag:yaml.org,2002:int": int, "tag:yaml.org,2002:float": float}


class Unreadable(Exception):
    """A file that is no playbook's: the line, what is wrong there, and how to mend it."""

    def __init__(self, line: int, message: str, fix: str) -> None:
        super().__init__(message)
        self.line, self.message, self.fix = line, message, fix


@dataclass(frozen=True, slots=True)
class PlainFile:
    """What stands in a file, or why nothing is known of it.

    `lines` are the lines of its parts by path, such as `("steps", 0, "tool")`.
    """

    path: Path
    source: Source
    data: Any
    lines: Mapping[tuple[str | int, ...], int]
    wrong: Unreadable | None = None
    """It cannot be read, is no YAML, or could grow without end."""


def read_plain(path: Path, source: Source) -> PlainFile:
    """Read a file; never raises for what stands in it."""
    lines: dict[tuple[str | int, ...], int] = {}
    try:
        return PlainFile(path, source, _parsed(_text(path), lines), lines)
    except Unreadable as wrong:
        return PlainFile(path, source, None, lines, wrong)


@cache
def shipped_files() -> tuple[PlainFile, ...]:
    """The files of this distribution, which do not change while a process runs."""
    return tuple(read_plain(path, "shipped") for path in files_in(shipped_dir()))


def _text(path: Path) -> str:
    try:
        # Asked before opening: a pipe or device would block.
        if not stat.S_ISREG(path.stat().st_mode):
            raise Unreadable(1, "this is not a regular file", "a playbook is one YAML file")
        with path.open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise Unreadable(
            1, f"the file cannot be read: {why}", "check path and permissions"
        ) from None
    if len(raw) > MAX_BYTES:
        raise Unreadable(
            1, f"the file is larger than {MAX_BYTES:,} bytes", "keep it to one playbook"
        )
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise Unreadable(line, "this is not UTF-8 text", "save the file as UTF-8") from None


def _parsed(text: str, lines: dict[tuple[str | int, ...], int]) -> Any:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        _check_events(yaml.parse(text, Loader=loader))
        node = yaml.compose(text, Loader=loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        what = error.problem or "this is not YAML"
        fix = "quote texts that hold a colon, # or a brace, and indent with spaces"
        raise Unreadable(mark.line + 1 if mark else 1, what, fix) from None
    except (yaml.YAMLError, RecursionError) as error:
        raise Unreadable(
            1, f"this is not YAML: {' '.join(str(error).split())[:200]}", "mend the file"
        ) from None
    if node is None:
        raise Unreadable(
            1, "the file is empty", "write name, description, agent, asks, steps, answers"
        )
    return _plain(node, (), lines)


def _check_events(events: Iterable[Event]) -> None:
    """Refuse what could grow without end, before it is put together."""
    depth = 0
    for event in events:
        line = event.start_mark.line + 1 if event.start_mark else 1
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise Unreadable(line, "anchors and aliases are not read", "write it out")
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > _DEEPEST:
            raise Unreadable(line, "this is nested too deeply", "a playbook has few levels")


def _plain(node: Node, path: tuple[str | int, ...], lines: dict[tuple[str | int, ...], int]) -> Any:
    line = node.start_mark.line + 1
    lines.setdefault(path, line)
    if isinstance(node, yaml.MappingNode):
        found: dict[str, Any] = {}
        for key, value in node.value:
            name = str(key.value)
            if name in found:
                raise Unreadable(key.start_mark.line + 1, f"{name!r} stands here twice", "keep one")
            lines[(*path, name)] = key.start_mark.line + 1
            found[name] = _plain(value, (*path, name), lines)
        return found
    if isinstance(node, yaml.SequenceNode):
        return [_plain(item, (*path, at), lines) for at, item in enumerate(node.value)]
    return _scalar(node, path, line)


def _scalar(node: Node, path: tuple[str | int, ...], line: int) -> Any:
    tag, text = node.tag, str(node.value)
    if tag == "tag:yaml.org,2002:bool":
        return text.lower() in ("true", "yes", "on")
    if tag == "tag:yaml.org,2002:null":
        return None
    if tag not in _TAGS:
        return text
    if path[-1:] == ("confidence",) or (tag.endswith(":int") and "arguments" in path):
        try:
            return _TAGS[tag](text)
        except ValueError:
            raise Unreadable(
                line, f"{text} is no number here", "write it in plain digits"
            ) from None
    return text  # figures keep every digit that was typed
