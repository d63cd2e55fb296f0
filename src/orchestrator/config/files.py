"""One configuration file: read with care, its keys flattened, and the line each stands on.

Whether values fit is `load`; which files there are, too.
"""

from __future__ import annotations

import difflib
import re
import stat
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from orchestrator.config.errors import ConfigError
from orchestrator.config.settings import Settings

MOST_BYTES = 1_000_000

_PART = re.compile(r"""\s*(?:"((?:[^"\\]|\\.)*)"|'([^']*)'|([A-Za-z0-9_-]+))\s*""")
_PLACE = re.compile(r"\s*\(at (?:line (\d+), column \d+|end of document)\)$")


@dataclass(frozen=True, slots=True)
class ConfigFile:
    """A file's values by dotted key, as TOML has them, numbers with a point as `Decimal`."""

    path: Path
    text: str
    values: Mapping[str, Any]

    def where(self, *parts: str) -> str:
        """`file:line` of a key, or of the nearest thing around it."""
        return f"{self.path}:{line_of(self.text, parts)}"


def keys(model: type[BaseModel] = Settings, prefix: str = "") -> Iterator[str]:
    """The dotted names of all keys."""
    for name, info in model.model_fields.items():
        kind = info.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from keys(kind, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}"


def nearest(name: str, known: Sequence[str]) -> str:
    """What to do about an unknown key."""
    near = difflib.get_close_matches(name[:200], known, n=1, cutoff=0.5)
    return f"did you mean `{near[0]}`?" if near else "`orc schema config` lists the keys"


def read_config(path: Path) -> ConfigFile | None:
    """The file at `path`; None where there is none.

    Raises:
        ConfigError: it cannot be read, is no TOML, or holds a key we do not know.
    """
    text = _text(path)
    if text is None:
        return None
    return ConfigFile(path, text, _flat(path, text, _tables(path, text)))


def line_of(text: str, wanted: Sequence[str]) -> int:
    """The line of the key `wanted` (its parts), else of the table or key around it, else 1."""
    current: tuple[str, ...] = ()
    best, found = 0, 1
    quotes = ""
    for number, line in enumerate(text.splitlines(), start=1):
        if quotes:
            quotes = "" if quotes in line else quotes
            continue
        header = re.match(r"\s*\[\[?(.+?)\]\]?\s*(?:#.*)?$", line)
        if header and (table := _split(header[1])):
            current = path = table
        else:
            path = (*current, *_split(line.partition("=")[0])) if "=" in line else ()
            quotes = next((q for q in ('"""', "'''") if line.count(q) % 2), "")
        common = 0
        for one, other in zip(path, wanted, strict=False):
            if one != other:
                break
            common += 1
        inside = common == min(len(path), len(wanted))
        if inside and common > best:
            best, found = common, number
    return found


def _split(dotted: str) -> tuple[str, ...]:
    """The parts of a dotted key; none where it is not one."""
    parts: list[str] = []
    at = 0
    while part := _PART.match(dotted, at):
        parts.append(next(group for group in part.groups() if group is not None))
        at = part.end()
        if at == len(dotted):
            return tuple(parts)
        if dotted[at] != ".":
            break
        at += 1
    return ()


def _text(path: Path) -> str | None:
    try:
        # Asked before opening: a pipe would block, a device may never end.
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise ConfigError("is not a regular file", str(path), "put a TOML file there")
        with path.open("rb") as file:
            raw = file.read(MOST_BYTES + 1)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        why = error.strerror or str(error)
        raise ConfigError(
            f"cannot be read: {why}", str(path), "check the path and rights"
        ) from None
    if len(raw) > MOST_BYTES:
        raise ConfigError(f"is larger than {MOST_BYTES:,} bytes", str(path), "keep only settings")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise ConfigError(
            f"byte {raw[error.start]:#04x} is not UTF-8", f"{path}:{line}", "save it as UTF-8"
        ) from None


def _tables(path: Path, text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text, parse_float=Decimal)
    except (ValueError, ArithmeticError, RecursionError) as error:
        said = str(error) or type(error).__name__
        place = _PLACE.search(said)
        line = place[1] if place and place[1] else ""
        if place and not line:
            line = str(max(len(text.splitlines()), 1))
        what = said[: place.start()] if place else f"{type(error).__name__}: {said}"[:200]
        where = f"{path}:{line}" if line else str(path)
        raise ConfigError(f"is not valid TOML: {what}", where, "mend that line") from None


def _flat(path: Path, text: str, tables: Mapping[str, Any]) -> dict[str, Any]:
    known = list(keys())
    names = {key.partition(".")[0] for key in known}
    flat: dict[str, Any] = {}
    for table, content in tables.items():
        if table in names and not isinstance(content, dict):
            where = f"{path}:{line_of(text, [table])}"
            raise ConfigError(f"`{table}` is a table, not a value", where, f"write `[{table}]`")
        if not isinstance(content, dict) or (table not in names and not content):
            raise _unknown(path, text, [table], [*known, *sorted(names)])
        for key, value in content.items():
            if f"{table}.{key}" not in known:
                raise _unknown(path, text, [table, key], known)
            flat[f"{table}.{key}"] = value
    return flat


def _unknown(path: Path, text: str, parts: Sequence[str], known: Sequence[str]) -> ConfigError:
    dotted = ".".join(parts)
    # A key that was put at the top or in the wrong table is meant by its last part.
    same = [key for key in known if key.rpartition(".")[2] == parts[-1]]
    fix = f"did you mean `{same[0]}`?" if len(same) == 1 else nearest(dotted, known)
    return ConfigError(f"unknown key `{dotted[:200]}`", f"{path}:{line_of(text, parts)}", fix)
