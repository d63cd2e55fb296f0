"""Runs driven by the real engine over a real ledger, with a scripted model and small tools."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from orchestrator.agents.definition import AgentDefinition
from orchestrator.models.port import Reply, Usage
from orchestrator.models.prices import Prices
from orchestrator.models.scripted import Scripted, ScriptedModel
from orchestrator.models.windows import Windows
from orchestrator.playbooks.format import Playbook
from orchestrator.run import events as ev
from orchestrator.run.definitions import Definitions
from orchestrator.run.engine import Engine
from orchestrator.run.journal import Journal
from orchestrator.run.limits import Limits
from orchestrator.run.setting import Absent, Check, Person, Setting
from orchestrator.run.state import State
from orchestrator.toolbox.permissions import Rules, Verdict
from orchestrator.toolbox.tool import Effect, Tool, ToolError, tool
from tests.support.replays import replayed
from trading_tools.audit.ledger import Ledger
from trading_tools.audit.redact import Redactor

MODEL = "claude-opus-5-5"
CALLS = itertools.count(1)


@tool(effect=Effect.READ)
def look(what: str) -> str:
    """Look something up."""
    return f"seen: {what}"


@tool(effect=Effect.READ)
def stumble() -> str:
    """Raise what nobody expects."""
    raise ZeroDivisionError("a tool's own fault")


@tool(effect=Effect.READ, timeout_s=0.05)
async def hang() -> str:
    """Never come back."""
    import asyncio

    await asyncio.Event().wait()
    return "never"


@tool(effect=Effect.READ)
def flood() -> str:
    """Return far too much."""
    return "0123456789" * 500_000


@tool(effect=Effect.EXTERNAL)
def send(order: str) -> str:
    """Send an order."""
    if order == "bad":
        raise ToolError("the venue rejected it: -2010")
    return f"accepted {order}"


TOOLS: Mapping[str, Tool] = {t.name: t for t in (look, stumble, hang, flood, send)}


def defaults_of(tools: Mapping[str, Tool]) -> dict[str, Verdict]:
    """Where no rule matches, only what reaches outside is asked for."""
    return {n: "ask" if t.effect is Effect.EXTERNAL else "allow" for n, t in tools.items()}


def use(name: str, call: str | None = None, **given: Any) -> dict[str, Any]:
    """A tool_use block."""
    call = call or f"toolu_{next(CALLS)}"
    return {"type": "tool_use", "id": call, "name": name, "input": given}


def reply(*blocks: Mapping[str, Any], stop: str | None = None, **fields: Any) -> Reply:
    """A model's reply of these blocks."""
    calls = any(block["type"] == "tool_use" for block in blocks)
    return Reply(
        tuple(blocks),
        stop or ("tool_use" if calls else "end_turn"),
        usage=Usage(input_tokens=100, output_tokens=20),
        **fields,
    )


def envelope(
    status: str = "success", next_agent: str | None = None, **given: Any
) -> dict[str, Any]:
    """A handoff's fields."""
    return {
        "status": status,
        "result": f"{status} it is",
        "next_agent": next_agent,
        "context_forward": {},
        "confidence": 0.8,
        "reasoning": "because",
        **given,
    }


def hand(status: str = "success", next_agent: str | None = None, **given: Any) -> Reply:
    """A reply that hands off."""
    return reply(use("hand_off", **envelope(status, next_agent, **given)))


def agent(name: str, tools: Sequence[str] | None = None, **given: Any) -> AgentDefinition:
    """An agent by name."""
    return AgentDefinition(
        name=name,
        description=f"{name} does its thing",
        prompt=f"Be {name}.",
        tools=None if tools is None else tuple(tools),
        disallowed_tools=(),
        model=None,
        effort=None,
        max_turns=given.pop("max_turns", None),
        path=Path(f"{name}.md"),
        source="bundled",
        **given,
    )


class Clock:
    """Time that moves only when told to."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def utc(self) -> datetime:
        return datetime(2026, 3, 2, tzinfo=UTC) + timedelta(seconds=self.now_s)

    def monotonic(self) -> float:
        return self.now_s


class Trial:
    """One run, ready to be driven as often as a test likes.

    Without `asks` the first agent has the request already; `asks` is one that is still to be
    routed, by the model `router` where it is given, or to the agent that a person `names`.
    """

    def __init__(
        self,
        folder: Path,
        steps: Iterable[Scripted],
        *,
        job: str = "answer",
        agents: Sequence[AgentDefinition] = (agent("alpha"), agent("beta"), agent("gamma")),
        checks: Sequence[Check] = (),
        rules: Rules | None = None,
        limits: Limits | None = None,
        person: Person | None = None,
        router: str | None = None,
        asks: str | None = None,
        names: str | None = None,
        redactor: Redactor | None = None,
        tools: Mapping[str, Tool] = TOOLS,
        playbooks: Sequence[Playbook] = (),
        given_model: str | None = None,
        window: int | None = None,
        editing: bool = False,
        run: str = "trial",
    ) -> None:
        self.clock = Clock()
        self.model = ScriptedModel(steps)
        self.ledger = Ledger.open(folder / "ledger.sqlite", clock=self.clock.utc)
        self.definitions = Definitions.build(
            agents,
            tools,
            model_of=lambda definition: definition.model or MODEL,
            effort=None,
            router=router,
            playbooks=playbooks,
        )
        self.setting = Setting(
            model=self.model,
            definitions=self.definitions,
            tools=tools,
            rules=rules or Rules.parse(defaults=defaults_of(tools)),
            checks={job: tuple(checks)},
            prices=Prices({}),
            windows=Windows(window),
            redactor=redactor or Redactor.from_environment({}),
            person=person or Absent(),
            clock=self.clock.utc,
            monotonic=self.clock.monotonic,
        )
        self._own: set[int] = set()
        self._driven = 0
        self.journal = Journal(self.ledger, run)
        if self.journal.state.opened is not None:
            self.journal.append(ev.RunTaken(self.journal.state.epoch + 1, 1, "here"))
            return
        self.journal.append(
            ev.RunOpened(
                request=asks or "do the thing",
                agent=names,
                kind=job,
                model=given_model,
                settings={},
                limits=(limits or Limits()).body(),
                workspace=None,
                definitions=self.definitions.text,
                version="test",
            )
        )
        self.journal.append(ev.RunTaken(1, 1, "here", context_editing=editing))
        if asks is None:
            first = agents[0].name
            self.journal.append(ev.RouteChosen(first, job, True, "told to", "do the thing"))

    async def drive(self) -> State:
        """Let the engine go on; what it records must be what a replay of it decides."""
        self._own.update(range(self._driven + 1, self.journal.state.seq + 1))
        try:
            await Engine(self.setting, self.journal).drive()
        finally:
            head = self.ledger.head(self.journal.run)
            self._driven = head.seq if head else 0
            outcome = await replayed(self.ledger, self.journal.run, self.setting, self._own)
            assert outcome.same, outcome.difference
        return self.journal.state

    def kinds(self) -> list[str]:
        """The kinds of all events."""
        return [event.kind for event in self.ledger.read("trial")]

    def close(self) -> None:
        self.ledger.close()


Make = Callable[..., Trial]
