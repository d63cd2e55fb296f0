"""Reads playbook files: every problem with its line and the nearest right name.

The file as plain values is `plain`.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from orchestrator.playbooks.files import Source
from orchestrator.playbooks.format import Answer, Part, Playbook, Slot, Step
from orchestrator.playbooks.plain import PlainFile, read_plain, shipped_files


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


def read_playbook(path: Path, source: Source = "project") -> Loaded:
    """The playbook of a file; never raises for what stands in it."""
    return playbook_of(read_plain(path, source))


def playbook_of(file: PlainFile) -> Loaded:
    """The playbook of a file whose plain values were read."""
    path, source, lines = file.path, file.source, file.lines
    if file.wrong is not None:
        problem = Problem(path, file.wrong.line, file.wrong.message, file.wrong.fix)
        return Loaded(path, source, None, (problem,), lines)
    try:
        playbook = Playbook.model_validate(file.data)
    except ValidationError as error:
        problems = tuple(
            Problem(path, _line(found["loc"], lines), *_told(found)) for found in error.errors()
        )
        return Loaded(path, source, None, problems, lines)
    return Loaded(path, source, playbook, (), lines)


@cache
def shipped_playbooks() -> tuple[Loaded, ...]:
    """The playbooks of this distribution, which do not change while a process runs."""
    return tuple(map(playbook_of, shipped_files()))


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
