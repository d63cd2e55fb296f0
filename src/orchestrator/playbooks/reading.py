"""Reads playbook files: strict YAML, and every problem with its line and the nearest right name."""

from __future__ import annotations

import difflib
import stat
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ValidationError

from orchestrator.playbooks.format import Answer, Part, Playbook, Slot, Step

if TYPE_CHECKING:
    from yaml.events import Event
    from yaml.nodes import Node

MAX_BYTES = 100_000
Source = Literal["project", "user", "shipped"]
_DEEPEST = 12
_TAGS = {"tag:yaml.org,2002:int": int, "tag:yaml.org,2002:float": float}


@dataclass(frozen=True, slots=True)
class Problem:
    """Something to mend in a file: where, what, and how."""

    path: Path
    line: int
    message: str
    fix: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.message}; {self.fix}"

    def as_json(self) -> dict[str, Any]:
        """As `orc playbooks lint --json` shows it."""
        return {"line": self.line, "message": self.message, "fix": self.fix}


@dataclass(frozen=True, slots=True)
class Loaded:
    """A file that was read: the playbook, where it is sound, and what there is to mend.

    `lines` are the lines of its parts by path, such as `("steps", 0, "tool")`.
    """

    path: Path
    source: Source
    playbook: Playbook | None
    problems: tuple[Problem, ...]
    lines: Mapping[tuple[str | int, ...], int]


class _Bad(Exception):
    def __init__(self, line: int, message: str, fix: str) -> None:
        super().__init__(message)
        self.line, self.message, self.fix = line, message, fix


def read_playbook(path: Path, source: Source = "project") -> Loaded:
    """The playbook of a file; never raises for what stands in it."""
    lines: dict[tuple[str | int, ...], int] = {}
    try:
        data = _parsed(_text(path), lines)
        playbook = Playbook.model_validate(data)
    except _Bad as bad:
        problem = Problem(path, bad.line, bad.message, bad.fix)
        return Loaded(path, source, None, (problem,), lines)
    except ValidationError as error:
        problems = tuple(
            Problem(path, _line(found["loc"], lines), *_told(found)) for found in error.errors()
        )
        return Loaded(path, source, None, problems, lines)
    return Loaded(path, source, playbook, (), lines)


def _text(path: Path) -> str:
    try:
        # Asked before opening: a pipe or device would block.
        if not stat.S_ISREG(path.stat().st_mode):
            raise _Bad(1, "this is not a regular file", "a playbook is one YAML file")
        with path.open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise _Bad(1, f"the file cannot be read: {why}", "check path and permissions") from None
    if len(raw) > MAX_BYTES:
        raise _Bad(1, f"the file is larger than {MAX_BYTES:,} bytes", "keep it to one playbook")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise _Bad(line, "this is not UTF-8 text", "save the file as UTF-8") from None


def _parsed(text: str, lines: dict[tuple[str | int, ...], int]) -> Any:
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        _check_events(yaml.parse(text, Loader=loader))
        node = yaml.compose(text, Loader=loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        what = error.problem or "this is not YAML"
        fix = "quote texts that hold a colon, # or a brace, and indent with spaces"
        raise _Bad(mark.line + 1 if mark else 1, what, fix) from None
    except (yaml.YAMLError, RecursionError) as error:
        raise _Bad(
            1, f"this is not YAML: {' '.join(str(error).split())[:200]}", "mend the file"
        ) from None
    if node is None:
        raise _Bad(1, "the file is empty", "write name, description, agent, asks, steps, answers")
    return _plain(node, (), lines)


def _check_events(events: Iterable[Event]) -> None:
    """Refuse what could grow without end, before it is put together."""
    import yaml

    depth = 0
    for event in events:
        line = event.start_mark.line + 1 if event.start_mark else 1
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise _Bad(line, "anchors and aliases are not read", "write it out")
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > _DEEPEST:
            raise _Bad(line, "this is nested too deeply", "a playbook has few levels")


def _plain(node: Node, path: tuple[str | int, ...], lines: dict[tuple[str | int, ...], int]) -> Any:
    import yaml

    line = node.start_mark.line + 1
    lines.setdefault(path, line)
    if isinstance(node, yaml.MappingNode):
        found: dict[str, Any] = {}
        for key, value in node.value:
            name = str(key.value)
            if name in found:
                raise _Bad(key.start_mark.line + 1, f"{name!r} stands here twice", "keep one")
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
            raise _Bad(line, f"{text} is no number here", "write it in plain digits") from None
    return text  # figures keep every digit that was typed


def _told(found: Any) -> tuple[str, str]:
    """What is wrong and how to mend it, in words."""
    loc, kind = found["loc"], found["type"]
    name = ".".join(str(part) for part in loc if not _is_tag(part))
    if kind == "extra_forbidden":
        key = str(loc[-1])
        known = _keys_at(loc[:-1])
        near = difflib.get_close_matches(key, known, n=1, cutoff=0.5)
        fix = f"did you mean {near[0]!r}?" if near else f"there are: {', '.join(known)}"
        return f"unknown key {key!r}", fix
    if kind == "missing":
        return f"{name} is missing", f"add {loc[-1]!r}"
    if kind == "literal_error":
        given, choices = str(found["input"]), _choices(found)
        near = difflib.get_close_matches(given, choices, n=1, cutoff=0.5)
        fix = f"did you mean {near[0]!r}?" if near else f"choose {', '.join(choices)}"
        return f"{name} is {given!r}", fix
    message = str(found["msg"]).removeprefix("Value error, ")
    return (f"{name}: {message}" if name else message), "mend it; docs/playbooks.md shows the form"


def _choices(found: Any) -> list[str]:
    expected = str(found.get("ctx", {}).get("expected", ""))
    return [part.strip(" '") for part in expected.replace(" or ", ", ").split(",") if part]


def _is_tag(part: Any) -> bool:
    """Whether a part of an error's place names a type and no key."""
    return isinstance(part, str) and (
        part == "Part" or part.startswith(("constrained", "function"))
    )


def _keys_at(loc: Sequence[Any]) -> list[str]:
    model: type[BaseModel] = Playbook
    if "say" in loc:
        model = Part
    elif loc[:1]:
        parts: dict[str, type[BaseModel]] = {"slots": Slot, "steps": Step, "answers": Answer}
        model = parts.get(str(loc[0]), Playbook)
    return list(model.model_fields)


def _line(loc: Sequence[Any], lines: Mapping[tuple[str | int, ...], int]) -> int:
    """The line of the innermost part that stands in the file."""
    path = tuple(part for part in loc if not _is_tag(part))
    while path and path not in lines:
        path = path[:-1]
    return lines.get(path, 1)
