"""What an agent is once its file has been read, and what was odd about that file.

Values only: reading files is `loader`, finding them is `catalogue`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from pathlib import Path

Source = Literal["project", "user", "bundled"]
Severity = Literal["error", "warning", "note"]


@dataclass(frozen=True)
class Problem:
    """One thing to know about an agent file.

    `line` counts from 1 (1 also stands for the whole file); `fix` says what to change, in words.
    An `error` keeps the file from loading, a `warning` means that something was read otherwise
    than written or that other harnesses skip the file, a `note` is harmless.
    """

    path: Path
    line: int
    message: str
    fix: str
    severity: Severity = "warning"

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.severity}: {self.message} ({self.fix})"


@dataclass(frozen=True)
class AgentDefinition:
    """A specialist: who it is, what it may use, and the instructions it works by.

    `tools` is None where the agent may use every tool; an empty tuple means none. Tool names and
    `model` are as the file has them (`model_names.resolve_model` gives the id). `triggers` are
    phrases of a request that the agent claims for itself. `source` says whose file it is.
    """

    name: str
    description: str
    prompt: str
    tools: tuple[str, ...] | None
    disallowed_tools: tuple[str, ...]
    model: str | None
    effort: str | None
    max_turns: int | None
    path: Path
    source: Source
    triggers: tuple[str, ...] = ()


@dataclass(frozen=True)
class LoadedAgent:
    """One file after reading: the agent, None where it does not load, and every problem."""

    path: Path
    definition: AgentDefinition | None
    problems: tuple[Problem, ...]
