"""Settings from their four sources: flag over environment over project over user.

The environment's names are `ORC_<TABLE>_<KEY>`, for example `ORC_LIMITS_USD`; the endpoint is
`ANTHROPIC_BASE_URL`. A project's file counts only once it is trusted (`trust`), and may never set
what `settings.USER_ONLY` names.
"""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from orchestrator.config.settings import USER_ONLY, Settings

PROJECT_FILE = "orchestrator.toml"


class ConfigError(Exception):
    """Something a person must mend: `what` is wrong, `where`, and the `fix`."""

    def __init__(self, what: str, where: str, fix: str) -> None:
        super().__init__(f"{where}: {what}; {fix}")
        self.what = what
        self.where = where
        self.fix = fix


@dataclass(frozen=True, slots=True)
class Loaded:
    """Settings in force, where each key that is not a default came from, and what was set aside."""

    settings: Settings
    sources: Mapping[str, str]
    notices: tuple[str, ...]


def user_dir(environ: Mapping[str, str]) -> Path:
    """The user's own folder: `ORC_HOME`, else `orchestrator` below the XDG configuration folder."""
    if own := environ.get("ORC_HOME"):
        return Path(own)
    base = environ.get("XDG_CONFIG_HOME")
    return (Path(base) if base else Path.home() / ".config") / "orchestrator"


def load(
    project: Path | None,
    environ: Mapping[str, str],
    flags: Mapping[str, Any] | None = None,
    *,
    trusted: bool,
) -> Loaded:
    """The settings in force for a project (None: no project).

    `flags` maps dotted keys to values from the command line; None values are not set.

    Raises:
        ConfigError: a file cannot be read, a key is unknown or a value does not fit.
    """
    values: dict[str, Any] = {}
    sources: dict[str, str] = {}
    notices: list[str] = []
    user_file = user_dir(environ) / "config.toml"
    layers: list[tuple[str, Mapping[str, Any]]] = [(str(user_file), _read(user_file))]
    if project is not None:
        file = project / PROJECT_FILE
        found = _read(file)
        if found and not trusted:
            notices.append(f"{file} is not in force: look at it, then run `orc trust`")
            found = {}
        for key in sorted(USER_ONLY & found.keys()):
            notices.append(
                f"{file}: {key} is ignored in a project; set it in {user_file} or the environment"
            )
        layers.append((str(file), {k: v for k, v in found.items() if k not in USER_ONLY}))
    layers.append(("environment", _from_environment(environ)))
    layers.append(("flag", {k: v for k, v in (flags or {}).items() if v is not None}))
    for source, layer in layers:
        for key, value in layer.items():
            values[key] = value
            sources[key] = source
    return Loaded(_validate(values, sources), sources, tuple(notices))


def keys(model: type[BaseModel] = Settings, prefix: str = "") -> Iterator[str]:
    """The dotted names of all keys."""
    for name, info in model.model_fields.items():
        kind = info.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from keys(kind, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}"


def _read(file: Path) -> dict[str, Any]:
    try:
        text = file.read_text(encoding="utf-8")
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"cannot be read ({error})", str(file), "mend or remove it") from None
    try:
        tables = tomllib.loads(text, parse_float=Decimal)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"is not valid TOML: {error}", str(file), "mend that line") from None
    known = set(keys())
    flat: dict[str, Any] = {}
    for table, content in tables.items():
        if not isinstance(content, dict):
            raise _unknown(file, text, table, known)
        for key, value in content.items():
            dotted = f"{table}.{key}"
            if dotted not in known:
                raise _unknown(file, text, dotted, known)
            flat[dotted] = value
    return flat


def _unknown(file: Path, text: str, dotted: str, known: set[str]) -> ConfigError:
    near = difflib.get_close_matches(dotted, sorted(known), n=1, cutoff=0.4)
    fix = f"did you mean `{near[0]}`?" if near else "`orc schema config` lists the keys"
    return ConfigError(f"unknown key `{dotted}`", f"{file}:{_line(text, dotted)}", fix)


def _line(text: str, dotted: str) -> int:
    """The line a dotted key stands on; 1 where it cannot be told."""
    table, _, key = dotted.rpartition(".")
    current = ""
    for number, line in enumerate(text.splitlines(), start=1):
        if header := re.match(r"\s*\[+\s*([^\]]+?)\s*\]+", line):
            current = header[1].strip()
            if current == dotted:
                return number
        elif assigned := re.match(r"\s*[\"']?([A-Za-z0-9_.-]+)[\"']?\s*=", line):
            name = assigned[1] if not current else f"{current}.{assigned[1]}"
            if name == dotted or (not table and assigned[1] == key):
                return number
    return 1


def _from_environment(environ: Mapping[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key in keys():
        value = environ.get("ORC_" + key.upper().replace(".", "_"))
        if value:
            listed = key.split(".")[0] == "permissions" and not key.endswith("minutes")
            found[key] = value.split("\n") if listed else value
    if url := environ.get("ANTHROPIC_BASE_URL"):
        found["model.base_url"] = url
    return found


def _validate(values: Mapping[str, Any], sources: Mapping[str, str]) -> Settings:
    tables: dict[str, dict[str, Any]] = {}
    for dotted, value in values.items():
        table, _, key = dotted.partition(".")
        tables.setdefault(table, {})[key] = value
    try:
        return Settings.model_validate(tables)
    except ValidationError as error:
        first = error.errors()[0]
        dotted = ".".join(str(part) for part in first["loc"][:2])
        source = sources.get(dotted, "settings")
        where = source
        if source not in {"flag", "environment", "settings"}:
            where = f"{source}:{_line(Path(source).read_text(encoding='utf-8'), dotted)}"
        raise ConfigError(
            f"{dotted} = {first['input']!r}: {first['msg']}",
            where,
            "`orc schema config` says what fits",
        ) from None
