"""A run of three agents that can be killed at any point, and the world outside that outlives it.

A life is one forked process that drives the run as far as it gets. What it did outside is in plain
files, so that nothing it knew has to survive: orders sent, keys used, requests to the model.
"""

from __future__ import annotations

import asyncio
import os
import signal
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from orchestrator.models.port import ModelRequest, Reply
from orchestrator.models.prices import Prices
from orchestrator.run import events as ev
from orchestrator.run.definitions import Definitions
from orchestrator.run.engine import Engine
from orchestrator.run.journal import Journal
from orchestrator.run.limits import Limits
from orchestrator.run.reconciling import OUTCOME_UNKNOWN
from orchestrator.run.setting import Setting
from orchestrator.run.state import State
from orchestrator.toolbox.permissions import Rules
from orchestrator.toolbox.tool import Effect, Tool, ToolContext, tool
from orchestrator.toolbox.verdicts import Done, NotDone, Verdict
from orchestrator.workspace.snapshot import HEAD
from orchestrator.workspace.workspace import Workspace
from tests.support.engines import MODEL, agent, defaults_of, hand, reply, use
from trading_tools.audit.event import Event
from trading_tools.audit.ledger import Ledger
from trading_tools.audit.redact import Redactor

RUN = "crashing"
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@dataclass
class Fate:
    """Counts the points that a process passes; at one of them it is killed, or loses the run."""

    kill_at: int = 0
    usurp_at: int = 0
    usurp: Callable[[], None] = lambda: None
    passed: list[str] = field(default_factory=list)

    def point(self, name: str) -> None:
        """Pass a point, or die there as `kill -9` has it."""
        self.passed.append(name)
        if len(self.passed) == self.kill_at:
            os.kill(os.getpid(), signal.SIGKILL)
        if len(self.passed) == self.usurp_at:
            self.usurp()


@dataclass(frozen=True)
class World:
    """The world outside, in files: what happened in it has happened."""

    folder: Path
    fate: Fate

    def note(self, book: str, line: str) -> None:
        """Add a line to a book."""
        with (self.folder / book).open("a") as file:
            file.write(f"{line}\n")

    def lines(self, book: str) -> list[str]:
        """All lines of a book."""
        path = self.folder / book
        return path.read_text().splitlines() if path.exists() else []


@tool(effect=Effect.READ)
def look(context: ToolContext, what: str) -> str:
    """Look something up."""
    world = context.service(World)
    world.fate.point("look: begun")
    return f"seen: {what}"


@tool(effect=Effect.WORKSPACE)
def add_lines(context: ToolContext, file: str) -> str:
    """Add two lines to a file of the workspace, one after the other."""
    world, path = context.service(World), context.service(Workspace).root / file
    world.fate.point("add_lines: before")
    for line in ("one", "two"):
        with path.open("a") as out:
            out.write(f"{line}\n")
        world.fate.point(f"add_lines: {line} written")
    return f"{file}: {path.read_text().split()}"


@tool(effect=Effect.KEYED)
def pay(context: ToolContext, amount: str) -> str:
    """Pay; a used key is answered with the first result."""
    world = context.service(World)
    world.fate.point("pay: before")
    if f"{context.key} {amount}" not in world.lines("payments"):
        world.note("payments", f"{context.key} {amount}")
    world.fate.point("pay: after")
    return f"paid {amount}"


async def _found(context: ToolContext, arguments: Mapping[str, Any]) -> Verdict:
    world, order = context.service(World), arguments["order"]
    world.fate.point("order: reconciling")
    if order in world.lines("orders"):
        return Done(f"accepted {order}", f"accepted {order}")
    return NotDone("the venue has no such order, and its window has passed")


@tool(effect=Effect.EXTERNAL, reconcile=_found)
def order(context: ToolContext, order: str) -> str:
    """Send an order that can be looked up."""
    world = context.service(World)
    world.fate.point("order: before")
    world.note("orders", order)
    world.fate.point("order: after")
    return f"accepted {order}"


@tool(effect=Effect.EXTERNAL)
def wire(context: ToolContext, order: str) -> str:
    """Send something that nobody can look up."""
    world = context.service(World)
    world.fate.point("wire: before")
    world.note("wires", order)
    world.fate.point("wire: after")
    return f"sent {order}"


TOOLS: Mapping[str, Tool] = {one.name: one for one in (look, add_lines, pay, order, wire)}

SCRIPT: Mapping[str, Sequence[Callable[[], Reply]]] = {
    "alpha": (
        lambda: reply(
            use("look", "a1", what="x"),
            use("look", "a2", what="y"),
            use("add_lines", "a3", file="a.txt"),
        ),
        lambda: reply(use("hand_off", "a4", **_envelope("needs_help", "beta"))),
        lambda: reply(use("hand_off", "a5", **_envelope("success", "gamma"))),
    ),
    "beta": (
        lambda: reply(
            use("pay", "b1", amount="5"),
            use("add_lines", "b2", file="a.txt"),
            use("order", "b3", order="o1"),
        ),
        lambda: reply(use("hand_off", "b4", **_envelope("success", None))),
    ),
    "gamma": (
        lambda: reply(use("wire", "c1", order="w1"), use("add_lines", "c2", file="c.txt")),
        lambda: reply(use("hand_off", "c3", **_envelope("success", None))),
    ),
}


def _envelope(status: str, next_agent: str | None) -> dict[str, Any]:
    (block,) = hand(status, next_agent).content
    return dict(block["input"])


@dataclass(frozen=True)
class FiledModel:
    """Says what the script has for an agent's n-th turn, and books each request before."""

    world: World

    async def reply(
        self,
        request: ModelRequest,
        on_text: Callable[[str], None] | None = None,
        deadline_s: float | None = None,
    ) -> Reply:
        """The script's reply."""
        del on_text, deadline_s
        name = request.system.split(".")[0].removeprefix("You are ")
        turn = sum(message["role"] == "assistant" for message in request.messages)
        self.world.note("requests", f"{name} {turn}")
        said: Reply = SCRIPT[name][turn]()
        return said

    async def aclose(self) -> None:
        """Nothing is open."""


@dataclass(frozen=True)
class CarefulPerson:
    """Allows a first attempt; after a crash looks at the world before saying yes."""

    world: World

    async def approve(self, tool: str, arguments: Mapping[str, Any], why: str) -> bool | None:
        """Yes, unless it is done already."""
        if OUTCOME_UNKNOWN not in why:
            return True
        self.world.note("asked", tool)
        return arguments["order"] not in self.world.lines("wires")

    async def answer(self, agent: str, question: str) -> str | None:
        """Nobody asks."""
        raise AssertionError(f"{agent} asked {question}")


class FatefulJournal(Journal):
    """A journal with a point before and after each append."""

    fate: Fate

    def append(self, event: ev.RunEvent, *, durable: bool = False) -> Event:
        """As ever, if it lives."""
        self.fate.point(f"{event.KIND}: not yet")
        recorded = super().append(event, durable=durable)
        self.fate.point(f"{event.KIND}: recorded")
        return recorded


@dataclass(frozen=True)
class Outcome:
    """What a run came to, in all that a crash must not change."""

    status: str
    chain: tuple[tuple[str, str], ...]
    commits: tuple[str, ...]
    tree: str
    orders: tuple[str, ...]
    wires: tuple[str, ...]
    payments: tuple[str, ...]


def forked(act: Callable[[], None]) -> int:
    """The number of a process that does this and no more; it ends with 70 where that fails."""
    child = os.fork()
    if not child:
        code = 70
        try:
            act()
            code = 0
        finally:
            if code:
                traceback.print_exc()
            os._exit(code)  # the test that forked is not to go on twice
    return child


class CrashingRun:
    """One run in a folder, lived as often as it takes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "project").mkdir(parents=True, exist_ok=True)
        (folder / "project" / "readme.txt").write_text("hello\n")
        self.world = World(folder, Fate())

    def live(self, kill_at: int = 0) -> bool:
        """Drive the run in a process of its own; False where that was killed at its point."""
        child = forked(lambda: self.drive(Fate(kill_at)))
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        assert status in {0, -signal.SIGKILL}, f"a life ended with {status}"
        return status == 0

    def lose(self, usurp_at: int) -> None:
        """Drive the run here until another owner takes it at a point.

        Raises:
            StreamConflict: as it must.
        """
        self.drive(Fate(usurp_at=usurp_at, usurp=self._usurp))

    def _usurp(self) -> None:
        with Ledger.open(self.folder / "ledger.sqlite") as ledger:
            Journal(ledger, RUN).append(ev.RunTaken(2, 0, "elsewhere"))
        self.world.note("usurped", str(self.outcome()))

    def points(self) -> list[str]:
        """The points of an undisturbed life, which is lived here."""
        assert self.live()
        return self.world.lines("points")

    def state(self) -> State:
        """The run so far."""
        with Ledger.open(self.folder / "ledger.sqlite") as ledger:
            return State.fold(ledger.read(RUN))

    def events(self) -> list[Event]:
        """All events so far; none where not even the ledger was made."""
        with Ledger.open(self.folder / "ledger.sqlite") as ledger:
            return ledger.read(RUN)

    def outcome(self) -> Outcome:
        """What came of it."""
        state, space = self.state(), self._workspace()
        log = space.store.git().run("log", "--reverse", "--format=%T %s", f"{space.base}..{HEAD}")
        return Outcome(
            status=state.closed.status if state.closed else "open",
            chain=tuple((link.agent, link.handoff.status) for link in state.chain),
            commits=tuple(log.decode().splitlines()),
            tree=space.tree(),
            orders=tuple(self.world.lines("orders")),
            wires=tuple(self.world.lines("wires")),
            payments=tuple(self.world.lines("payments")),
        )

    def drive(self, fate: Fate) -> None:
        """Drive the run in this process."""
        world = World(self.folder, fate)
        space = self._workspace()
        with Ledger.open(self.folder / "ledger.sqlite") as ledger:
            journal = FatefulJournal(ledger, RUN)
            journal.fate = fate
            setting = _setting(world, space)
            if journal.state.opened is None:
                journal.append(_opening(setting))
            journal.append(ev.RunTaken(journal.state.epoch + 1, os.getpid(), "here"))
            if journal.state.route is None:
                journal.append(ev.RouteChosen("alpha", "answer", True, "told to", "do it"))
            asyncio.run(Engine(setting, journal).drive())
        for name in fate.passed:
            world.note("points", name)

    def _workspace(self) -> Workspace:
        project, state = self.folder / "project", self.folder / "state"
        if (self.folder / "made").exists():
            return Workspace.reopen(project, RUN, state)
        made = Workspace.create(project, RUN, state_dir=state, clean=False, at=NOON)
        (self.folder / "made").touch()
        return made


def _setting(world: World, space: Workspace) -> Setting:
    agents = [agent(name) for name in SCRIPT]
    return Setting(
        model=FiledModel(world),
        definitions=Definitions.build(agents, TOOLS, model_of=lambda _: MODEL, effort=None),
        tools=TOOLS,
        rules=Rules.parse(defaults=defaults_of(TOOLS)),
        checks={},
        prices=Prices({}),
        redactor=Redactor.from_environment({}),
        work=space,
        services={World: world, Workspace: space},
        person=CarefulPerson(world),
        clock=lambda: NOON,
        monotonic=lambda: 0.0,
    )


def _opening(setting: Setting) -> ev.RunOpened:
    return ev.RunOpened(
        request="do it",
        agent="alpha",
        kind="answer",
        model=None,
        settings={},
        limits=Limits().body(),
        workspace=None,
        definitions=setting.definitions.text,
        version="test",
    )
