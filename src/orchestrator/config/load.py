"""Settings from their four sources: flag over environment over project over user.

A single value of a higher source replaces the lower one's; permission rules and prices of all
sources add up, because a project must not be able to drop what its user denies. A project's file
counts only once it is trusted (`trust`), and may never set what `settings.USER_ONLY` names.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from orchestrator.config.environment import ENDPOINT, from_environment, variable_of
from orchestrator.config.errors import ConfigError
from orchestrator.config.files import ConfigFile, nearest, read_config
from orchestrator.config.places import PROJECT_FILE, USER_FILE, user_dir
from orchestrator.config.settings import LISTS, TABLES, USER_ONLY, ModelPrice, Settings


@dataclass(frozen=True, slots=True)
class Loaded:
    """Settings in force, where each key that is not a default came from, and what was set aside.

    A source is a file's path, `environment` or `flag`: the highest one that sets the key.
    """

    settings: Settings
    sources: Mapping[str, str]
    notices: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Layer:
    source: str
    values: Mapping[str, Any]
    where: Callable[..., str]


def load(
    project: Path | None,
    environ: Mapping[str, str],
    flags: Mapping[str, Any] | None = None,
    *,
    trusted: bool,
) -> Loaded:
    """The settings in force for a project (None: no project).

    `flags` maps dotted keys to values from the command line; None values are not set. The file of
    a project that is not trusted is not even read.

    Raises:
        ConfigError: a file cannot be read, a key is unknown or a value does not fit, even where a
            higher source overrides it.
    """
    notices: list[str] = []
    layers: list[_Layer] = []
    user_file = user_dir(environ) / USER_FILE
    if (found := read_config(user_file)) is not None:
        layers.append(_file_layer(found, found.values))
    if project is not None:
        file = project / PROJECT_FILE
        if trusted and (found := read_config(file)) is not None:
            for key in sorted(USER_ONLY & found.values.keys()):
                notices.append(
                    f"{found.where(*key.split('.'))}: {key} is ignored in a project; "
                    f"set it in {user_file} or the environment"
                )
            allowed = {key: v for key, v in found.values.items() if key not in USER_ONLY}
            layers.append(_file_layer(found, allowed))
        elif not trusted and os.path.lexists(file):
            notices.append(f"{file} is not in force: look at it, then run `orc trust`")
    values, odd = from_environment(environ)
    notices += odd
    layers.append(_Layer("environment", values, _variable))
    given = {key: value for key, value in (flags or {}).items() if value is not None}
    layers.append(_Layer("flag", given, lambda *_: "command line"))

    merged: dict[str, Any] = {}
    sources: dict[str, str] = {}
    for layer in layers:
        _validated(layer.values, layer.where)
        for key, value in layer.values.items():
            merged[key] = _joined(key, merged.get(key), value)
            sources[key] = layer.source
    return Loaded(_validated(merged, lambda *_: "settings"), sources, tuple(notices))


def _file_layer(file: ConfigFile, values: Mapping[str, Any]) -> _Layer:
    return _Layer(str(file.path), values, file.where)


def _variable(*parts: str) -> str:
    key = ".".join(parts[:2])
    return f"{variable_of(key)} or {ENDPOINT}" if key == "model.base_url" else variable_of(key)


def _joined(key: str, lower: Any, higher: Any) -> Any:
    """A key's value where two sources set it; both have been validated."""
    if lower is None:
        return higher
    if key in LISTS:
        return [*lower, *(entry for entry in higher if entry not in lower)]
    if key in TABLES:
        return {**lower, **higher}
    return higher


def _validated(values: Mapping[str, Any], where: Callable[..., str]) -> Settings:
    tables: dict[str, dict[str, Any]] = {}
    for dotted, value in values.items():
        table, _, key = dotted.partition(".")
        tables.setdefault(table, {})[key] = value
    try:
        return Settings.model_validate(tables)
    except ValidationError as error:
        first = error.errors()[0]
    parts = [str(part) for part in first["loc"] if part != "[key]"]
    dotted = ".".join(parts)
    if first["type"] == "extra_forbidden":
        fix = nearest(parts[-1], list(ModelPrice.model_fields))
        raise ConfigError(f"unknown key `{dotted}`", where(*parts), fix)
    if first["type"] == "missing":
        raise ConfigError(f"`{dotted}` is missing", where(*parts), "set it beside the others")
    # An address may carry a password.
    shown = "" if dotted == "model.base_url" else f" = {_shown(first['input'])}"
    said = first["msg"].removeprefix("Value error, ")
    fix = "`orc schema config` says what fits"
    raise ConfigError(f"{dotted}{shown}: {said}", where(*parts), fix)


def _shown(value: object) -> str:
    """A value as a configuration file has it."""
    if isinstance(value, bool):
        return str(value).lower()
    text = f'"{value}"' if isinstance(value, str) else str(value)
    if not isinstance(value, str | Decimal | int) and isinstance(value, list | dict):
        text = f"a {'list' if isinstance(value, list) else 'table'}"
    return text if len(text) <= 80 else f"{text[:80]}…"
