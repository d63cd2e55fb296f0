"""What the fields of an agent file mean: names, tools, models and numbers, however they are spelt.

Takes the values of the frontmatter and gives typed ones, with a problem for every value that was
read otherwise than written. Knows nothing of files or of how the block was parsed.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from orchestrator.agents.definition import Problem
from orchestrator.agents.frontmatter import normalise_key
from orchestrator.agents.model_names import MODEL_ALIASES, looks_like_model

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from orchestrator.agents.definition import Severity

EFFORTS = ("low", "medium", "high", "xhigh", "max")
COLOURS = ("red", "blue", "green", "yellow", "purple", "orange", "pink", "cyan")

# Fields we read, by normalised key: the documented spelling.
READ_FIELDS: Mapping[str, str] = MappingProxyType(
    {
        normalise_key(name): name
        for name in (
            *("name", "description", "tools", "disallowedTools", "model", "effort", "maxTurns"),
            *("triggers", "color"),
        )
    }
)
# Fields other harnesses act on and this one does not (Claude Code, "Create custom subagents").
_FOREIGN_FIELDS = MappingProxyType(
    {
        normalise_key(name): name
        for name in (
            *("permissionMode", "skills", "mcpServers", "hooks", "memory", "background"),
            *("isolation", "initialPrompt"),
        )
    }
)
# Spellings that are often met and mean a field we read.
_MISTAKEN_FIELDS = MappingProxyType({"allowedtools": "tools", "colour": "color"})
# Tool names of earlier Claude Code versions and what took their place.
LEGACY_TOOLS: Mapping[str, str] = MappingProxyType(
    {"MultiEdit": "Edit", "LS": "Glob", "Task": "Agent", "NotebookRead": "Read"}
)
KNOWN_KEYS = frozenset({*READ_FIELDS, *_FOREIGN_FIELDS, *_MISTAKEN_FIELDS})

_TOOL = re.compile(r"[^\s,()]+(?:\([^()]*\))?")
_NAME = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


@dataclass
class FieldReader:
    """Reads the fields of one file one after the other and gathers the problems on the way."""

    path: Path
    fields: Mapping[str, Any]
    lines: Mapping[str, int]
    problems: list[Problem] = field(default_factory=list)
    _values: dict[str, tuple[str, Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for key, value in self.fields.items():
            self._take(key, value)

    def _take(self, key: str, value: Any) -> None:
        plain = normalise_key(key)
        name = READ_FIELDS.get(plain) or _MISTAKEN_FIELDS.get(plain)
        if name is None:
            if plain in _FOREIGN_FIELDS:
                self._problem(key, f"'{key}' has no effect in this harness", "none needed", "note")
            else:
                fix = f"remove it, or use one of: {', '.join(READ_FIELDS.values())}"
                self._problem(key, f"'{key}' is not a field of agent files", fix, "note")
            return
        if name in self._values:
            kept = self._values[name][0]
            self._problem(key, f"'{key}' is a second '{name}'; '{kept}' was used", "remove one")
            return
        if key != name:
            message = f"'{key}' was read as '{name}', but other loaders ignore it"
            self._problem(key, message, f"write '{name}'")
        self._values[name] = (key, value)

    def _problem(self, key: str, message: str, fix: str, severity: Severity = "warning") -> None:
        line = self.lines.get(key, 1)
        self.problems.append(Problem(self.path, line, message, fix, severity))

    def _get(self, name: str) -> tuple[str, Any]:
        return self._values.get(name, (name, None))

    def text(self, name: str) -> str:
        """A field as one text, stripped; empty where it is missing or no scalar."""
        key, value = self._get(name)
        if isinstance(value, list) and value and isinstance(value[0], str):
            message = f"'{key}' is a list of {len(value)}; the first entry was used"
            self._problem(key, message, f"write '{key}: {value[0]}'")
            value = value[0]
        if isinstance(value, list | dict | set):
            self._problem(key, f"'{key}' is not a text and was not used", "write one line of text")
            return ""
        return "" if value is None else str(value).strip()

    def name(self) -> str | None:
        """The agent's name, "" where the file gives none, None where it cannot be one."""
        name = self.text("name")
        key, _ = self._get("name")
        wrong = name_fault(name)
        if wrong:
            fix = f"write 'name: {slug(name) or 'my-agent'}'"
            self._problem(key, f"the name {name[:80]!r} {wrong}", fix, "error")
            return None
        if name and not _NAME.fullmatch(name):
            message = f"the name {name[:80]!r} is not of lower-case letters, digits and hyphens"
            fix = f"write 'name: {slug(name) or 'my-agent'}'"
            self._problem(key, message, fix, "note")
        return name

    def tools(self, name: str) -> tuple[str, ...] | None:
        """A list of tools; None where the field is missing or says all of them."""
        key, value = self._get(name)
        if name not in self._values:
            return None
        if value is None:
            fix = "remove the line for all tools, or write '[]' for none"
            self._problem(key, f"'{key}' has no value and was read as not set", fix)
            return None
        items = value if isinstance(value, list) else [value]
        found: list[str] = []
        for item in items:
            if isinstance(item, str):
                found += _split_tools(item)
            else:
                self._problem(key, f"{str(item)[:60]!r} in '{key}' is no tool name", "remove it")
        if "*" in found:
            return None if name == "tools" else ("*",)
        return tuple(dict.fromkeys(self._current(key, tool) for tool in found))

    def _current(self, key: str, tool: str) -> str:
        bare, _, rest = tool.partition("(")
        new = LEGACY_TOOLS.get(bare)
        if new is None:
            return tool
        self._problem(key, f"'{bare}' is an old name of '{new}'", f"write '{new}'", "note")
        return f"{new}({rest}" if rest else new

    def model(self) -> str | None:
        """The model as written (an alias or an id), None where the file leaves it open."""
        value = self.text("model")
        if value and not looks_like_model(value):
            key, _ = self._get("model")
            fix = f"write one of {', '.join(MODEL_ALIASES)}, or a model id"
            self._problem(key, f"{value[:80]!r} does not look like a model", fix)
        return value or None

    def effort(self) -> str | None:
        """How hard the model should think, one of `EFFORTS`; None where the file leaves it open."""
        value = self.text("effort").lower()
        if value and value not in EFFORTS:
            key, _ = self._get("effort")
            fix = f"write one of {', '.join(EFFORTS)}"
            self._problem(key, f"the effort {value[:40]!r} is unknown and was not used", fix)
            return None
        return value or None

    def max_turns(self) -> int | None:
        """The most turns the agent may take, at least 1; None where the file leaves it open."""
        value = self.text("maxTurns")
        if not value:
            return None
        if re.fullmatch(r"[0-9]{1,6}", value) and int(value) > 0:
            return int(value)
        key, _ = self._get("maxTurns")
        message = f"{value[:40]!r} in '{key}' is no count of turns and was not used"
        self._problem(key, message, "write a whole number from 1 on")
        return None

    def colour(self) -> None:
        """Only a check: colours are for the eye of other harnesses."""
        value = self.text("color")
        if value and value.lower() not in COLOURS:
            key, _ = self._get("color")
            message = f"the colour {value[:40]!r} is none that other loaders know"
            self._problem(key, message, f"write one of {', '.join(COLOURS)}", "note")

    def triggers(self) -> tuple[str, ...]:
        """Phrases of a request that call for this agent; a comma-separated text is a list too."""
        key, value = self._get("triggers")
        items = value.split(",") if isinstance(value, str) else value
        if items is None:
            return ()
        if not isinstance(items, list) or not all(isinstance(item, str) for item in items):
            self._problem(key, f"'{key}' is not a list of phrases and was not used", "write a list")
            return ()
        return tuple(dict.fromkeys(" ".join(item.split()) for item in items if item.strip()))


def name_fault(name: str) -> str:
    """Why no agent can be called `name`; empty where one can (and for the empty name)."""
    if name.startswith("-"):
        return "begins with a hyphen, like an option of a command line"
    if ":" in name:
        return "holds a colon, which other loaders keep for plugin names"
    if not name.isprintable():
        return "holds a line break or another control character"
    return ""


def slug(text: str) -> str:
    """`text` as an agent name: lower case, ASCII letters and digits, hyphens between words."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode("ascii").lower()
    return "-".join(re.findall(r"[a-z0-9]+", plain.replace("'", "")))


def _split_tools(text: str) -> list[str]:
    """Names separated by commas or spaces; a specifier in brackets belongs to its name."""
    bare = text.strip().removeprefix("[").removesuffix("]")
    return [tool for part in _TOOL.findall(bare) if (tool := part.strip("\"'"))]
