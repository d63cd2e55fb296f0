"""What a run works with, handed in from outside: ports and collaborators, no state."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from orchestrator.models.port import Model
from orchestrator.models.prices import Prices
from orchestrator.models.windows import Windows
from orchestrator.protocol.handoff import Handoff
from orchestrator.run.definitions import Definitions
from orchestrator.run.state import State
from orchestrator.toolbox.permissions import Rules
from orchestrator.toolbox.tool import Tool
from trading_tools.audit.redact import Redactor


class Work(Protocol):
    """The workspace as the engine needs it."""

    def tree(self) -> str:
        """The hash of what stands in it now."""
        ...

    def restore(self, tree: str) -> None:
        """Put back what stood in it when `tree` was taken."""
        ...

    def commit(
        self, *, agent: str, turn: int, summary: str, run: str, head: str, at: datetime
    ) -> str | None:
        """Commit what changed; None where nothing did."""
        ...

    def open_board(self, request: str, agents: Sequence[str] = ()) -> None:
        """Open the task board with the request and a zone for each of `agents`."""
        ...

    def open_zone(self, agent: str) -> None:
        """Give an agent its zone on the task board."""
        ...

    def diff_summary(self) -> str:
        """What changed since the base, for people and agents."""
        ...


class Person(Protocol):
    """Somebody at a terminal. Both answer None where nobody is there: the run then waits."""

    async def approve(self, tool: str, arguments: Mapping[str, Any], why: str) -> bool | None:
        """Whether this one call may be made."""
        ...

    async def answer(self, agent: str, question: str) -> str | None:
        """The answer to an agent's question."""
        ...


class Absent:
    """Nobody is at the terminal."""

    async def approve(self, tool: str, arguments: Mapping[str, Any], why: str) -> bool | None:
        """Nobody decides."""
        del tool, arguments, why
        return None

    async def answer(self, agent: str, question: str) -> str | None:
        """Nobody answers."""
        del agent, question
        return None


@dataclass(frozen=True, slots=True)
class Finding:
    """What one acceptance check found. `met` is None where it could not be checked.

    `missing` says what an agent has to do about it; `unverified` are figures nobody supports.
    `available` is False for a check whose tool this version does not have: it is listed as
    unchecked and says nothing about the run. `formal` marks a check of form, not of the work.
    """

    check: str
    met: bool | None
    detail: str
    missing: tuple[str, ...] = ()
    unverified: tuple[str, ...] = ()
    available: bool = True
    formal: bool = False


@dataclass(frozen=True, slots=True)
class Case:
    """What acceptance looks at: the run so far and the envelope that would end it."""

    state: State
    handoff: Handoff
    agent: str
    services: Mapping[type, object]


Check = Callable[[Case], Awaitable[Finding]]


@dataclass(frozen=True, kw_only=True)
class Setting:
    """Everything a run needs that is not in its events."""

    model: Model
    definitions: Definitions
    tools: Mapping[str, Tool]
    rules: Rules
    checks: Mapping[str, Sequence[Check]]
    prices: Prices
    windows: Windows = field(default_factory=Windows)
    redactor: Redactor
    stable: Callable[[str], str] = lambda text: text
    work: Work | None = None
    workspace_brief: str | None = None
    services: Mapping[type, object] = field(default_factory=dict)
    person: Person = field(default_factory=Absent)
    clock: Callable[[], datetime]
    monotonic: Callable[[], float]
    approval_minutes: int = 1440
    on_text: Callable[[str], None] | None = None
