"""Reading `golive.toml`: every fault at once, each with its line and what to do."""

from __future__ import annotations

import difflib
import hashlib
import os
import re
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from trading_tools.exchange.facts.book import ended
from trading_tools.golive.config.model import GoLive

MOST_BYTES = 1_000_000

_HEADER = re.compile(r"\s*(\[\[?)\s*([A-Za-z0-9_.\"'-]+)\s*\]\]?\s*(?:#.*)?$")


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong."""

    line: int
    what: str
    fix: str


class ConfigFault(Exception):
    """A configuration that cannot be used, with all that is wrong in it."""

    def __init__(self, path: Path, faults: Sequence[Fault]) -> None:
        self.path = path
        self.faults = tuple(faults)
        super().__init__(
            "\n".join(f"{path}:{each.line}: {each.what}; {each.fix}" for each in faults)
        )


@dataclass(frozen=True)
class Project:
    """A configuration, where it lies, and the hash of its text."""

    config: GoLive
    file: Path
    sha256: str

    @property
    def folder(self) -> Path:
        """The folder that the named files are relative to."""
        return self.file.parent

    def path(self, name: str) -> Path:
        """A file that the configuration names."""
        return self.folder / name


def read_project(file: Path) -> Project:
    """The configuration in `file`.

    Raises:
        ConfigFault: it cannot be read, is no TOML, or says what cannot be.
    """
    try:
        raw = file.read_bytes()
        if len(raw) > MOST_BYTES:
            raise ConfigFault(
                file, [Fault(1, f"is larger than {MOST_BYTES:,} bytes", "shorten it")]
            )
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise ConfigFault(file, [Fault(line, "is not UTF-8", "save it as UTF-8")]) from None
    except OSError as error:
        why = error.strerror or str(error)
        raise ConfigFault(file, [Fault(1, f"cannot be read: {why}", "name another file")]) from None
    try:
        content = tomllib.loads(text, parse_float=Decimal)
    except (tomllib.TOMLDecodeError, ArithmeticError, RecursionError) as error:
        found = re.search(r"line (\d+)", str(error))
        fault = Fault(
            int(found[1]) if found else 1, f"is no TOML: {_plain(error)}", "mend that line"
        )
        raise ConfigFault(file, [fault]) from None
    try:
        config = GoLive.model_validate(content)
    except ValidationError as error:
        faults = [_fault(text, each) for each in error.errors()]
        raise ConfigFault(file, sorted(faults, key=lambda each: each.line)) from None
    project = Project(config, file.resolve(), hashlib.sha256(raw).hexdigest())
    if faults := [*_gone(text, config), *_outside(text, project)]:
        raise ConfigFault(file, faults)
    return project


def _gone(text: str, config: GoLive) -> Iterator[Fault]:
    """Venues at which nobody trades any more."""
    for at, venue in enumerate(config.venues):
        what = ended(venue.name)
        if what is not None:
            said = f"venues.name = {venue.name!r}: {what}"
            yield Fault(line_of(text, ("venues", at, "name")), said, "name the one it trades on")


def _outside(text: str, project: Project) -> Iterator[Fault]:
    """Files that a link leads to somewhere else."""
    for what, name in project.config.files():
        if not Path(os.path.realpath(project.path(name))).is_relative_to(project.folder):
            line = line_of(text, tuple(what.split(".")))
            said = f"{what} = {name!r} leads out of {project.folder}"
            yield Fault(line, said, "put the file itself there")


def _plain(error: Exception) -> str:
    """Why, without the place, which is told before it."""
    return re.sub(r" \(at (?:line \d+, column \d+|end of document)\)$", "", str(error))


def _fault(text: str, error: Any) -> Fault:
    loc = tuple(error["loc"])
    dotted = ".".join(str(part) for part in loc if not isinstance(part, int))
    line = line_of(text, loc)
    if error["type"] == "extra_forbidden":
        known = _known(loc[:-1])
        near = difflib.get_close_matches(str(loc[-1]), known, 1, 0.5)
        fix = f"did you mean {near[0]}?" if near else f"there are {', '.join(sorted(known))}"
        return Fault(line, f"unknown key {dotted}", fix)
    if error["type"] == "missing":
        if len(loc) == 1:
            return Fault(line, f"{dotted} is missing", f"add a table {dotted}; it has to be there")
        return Fault(line, f"{dotted} is missing", "add it, or take its table out")
    said = error["msg"].removeprefix("Value error, ").removeprefix("Input should be ")
    if not dotted:  # of the whole; the text begins with the key
        what, _, fix = said.partition("; ")
        key = re.match(r"[a-z_.]*", what)
        return Fault(line_of(text, tuple(key[0].split(".")) if key else ()), what, fix)
    shown = "" if isinstance(error["input"], dict | list) else f" = {str(error['input'])[:60]!r}"
    return Fault(line, f"{dotted}{shown} cannot be", said)


def _known(loc: Sequence[str | int]) -> list[str]:
    model: type[BaseModel] = GoLive
    for part in loc:
        if isinstance(part, str) and part in model.model_fields:
            kinds = [
                model.model_fields[part].annotation,
                *get_args(model.model_fields[part].annotation),
            ]
            model = next(
                (kind for kind in kinds if isinstance(kind, type) and issubclass(kind, BaseModel)),
                model,
            )
    return [field.alias or name for name, field in model.model_fields.items()]


def line_of(text: str, loc: Sequence[str | int]) -> int:
    """The line of a key, else of the table it is in, else 1."""
    names = [part for part in loc if isinstance(part, str)]
    wanted = next((part for part in loc if isinstance(part, int)), 0)
    best, seen, inside, depth = 1, -1, False, 0
    for number, line in enumerate(text.splitlines(), start=1):
        header = _HEADER.match(line)
        if header:
            table = [part.strip("\"'") for part in header[2].split(".")]
            inside = bool(names) and table == names[: len(table)]
            if inside and header[1] == "[[":
                seen += 1
                inside = seen == wanted
            depth = len(table)
            best = number if inside else best
        elif (inside or not depth) and "=" in line and depth < len(names):
            key = line.split("=", 1)[0].strip().strip("\"'")
            if key == names[depth] or key == ".".join(names[depth:]):
                return number
    return best
