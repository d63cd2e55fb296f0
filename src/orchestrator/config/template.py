"""The commented `orchestrator.toml` that `orc init` writes, made from the settings' own fields."""

from __future__ import annotations

import json
import textwrap
from decimal import Decimal

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from orchestrator.config.settings import USER_ONLY, Settings

_WIDTH = 96

_HEAD = """\
# Settings of this project for `orc`. Every key is here with its default; take away the `#` of what
# you change. Order of precedence: flag, environment (ORC_<TABLE>_<KEY>), this file, your own
# config.toml. After a change run `orc trust`; `orc schema config` prints the JSON Schema.
"""


def template() -> str:
    """A whole file with every key that a project may set, commented out; loads as it is."""
    parts = [_HEAD]
    for table, info in Settings.model_fields.items():
        kind = info.annotation
        if not (isinstance(kind, type) and issubclass(kind, BaseModel)):
            continue
        lines = [
            line
            for name, key in kind.model_fields.items()
            if f"{table}.{name}" not in USER_ONLY
            for line in _key(f"{table}.{name}", name, key)
        ]
        if lines:
            about = (kind.__doc__ or "").strip().splitlines()[0]
            parts.append("\n".join([f"[{table}]", *_comment(about), "", *lines]))
    return "\n".join(parts)


def _key(dotted: str, name: str, info: FieldInfo) -> list[str]:
    lines = _comment(info.description or "")
    default = info.get_default()
    if dotted == "model.prices":
        lines += _comment("USD for a million tokens.")
        return [*lines, '# prices."some-model" = { input = 3, output = 15 }', ""]
    if default is None:
        return [
            *lines,
            f"# {name} = {_value((info.examples or [''])[0])}  # not set by default",
            "",
        ]
    return [*lines, f"# {name} = {_value(default)}", ""]


def _comment(text: str) -> list[str]:
    return textwrap.wrap(
        " ".join(text.split()), _WIDTH, initial_indent="# ", subsequent_indent="# "
    )


def _value(default: object) -> str:
    """A default as TOML."""
    if isinstance(default, Decimal | int):
        return str(default)
    if isinstance(default, tuple):
        return json.dumps(list(default))
    return json.dumps(default)
