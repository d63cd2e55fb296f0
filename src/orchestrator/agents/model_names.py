"""The `model` field of agent files: its aliases and the ids they stand for, in one place.

Which model a run uses in the end (flags, configuration) is decided by callers.
"""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

OPUS = "claude-opus-5-5"
SONNET = "claude-sonnet-5-5"
HAIKU = "claude-haiku-5-5"
FABLE = "claude-fable-5-2"

MODEL_ALIASES: Mapping[str, str | None] = MappingProxyType(
    {
        "opus": OPUS,
        "opusplan": OPUS,
        "sonnet": SONNET,
        "haiku": HAIKU,
        "fable": FABLE,
        "inherit": None,
        "default": None,
    }
)

# Context-window suffix of Claude Code's aliases ("sonnet[1m]"); it names no other model.
_WINDOW_SUFFIX = re.compile(r"\[\w+\]$")
_ID = re.compile(r"[A-Za-z0-9](?=[^\s]*[-0-9])[A-Za-z0-9._:/@-]*")


def resolve_model(value: str | None) -> str | None:
    """The model id that `value` means; None where the caller's default applies.

    Aliases are read in any case; what is no alias is returned as it is, stripped.
    """
    if value is None or not (text := value.strip()):
        return None
    alias = _WINDOW_SUFFIX.sub("", text).lower()
    return MODEL_ALIASES.get(alias, text)


def looks_like_model(value: str) -> bool:
    """Whether `value` is an alias or has the shape of a model id (no spaces, a digit or hyphen)."""
    alias = _WINDOW_SUFFIX.sub("", value.strip()).lower()
    return alias in MODEL_ALIASES or _ID.fullmatch(value.strip()) is not None
