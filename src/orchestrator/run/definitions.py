"""The agents and tool schemas that a run was opened under, kept in its first event.

A run goes on under what it started with, whatever the files say by then.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from orchestrator.agents.catalogue import AgentCatalogue
from orchestrator.agents.definition import AgentDefinition
from orchestrator.playbooks.format import Playbook
from orchestrator.protocol.handoff import HAND_OFF
from orchestrator.protocol.schema import hand_off_tool
from orchestrator.router import briefing
from orchestrator.run.prompts import RULES, system_prompt
from orchestrator.run.reading import NOT_FITTING, NotKept
from orchestrator.toolbox.permissions import granted
from orchestrator.toolbox.tool import Tool
from trading_tools.audit.event import canonical_json

ASK_USER = "ask_user"
_NAMES = ("tools", "triggers")

_ASK_USER = {
    "name": ASK_USER,
    "description": "Ask the person who made the request something that only they can know and "
    "that changes what you do. The run waits for the answer, so first look whether the request, "
    "the files or a tool answers it. One question a call.",
    "input_schema": {
        "type": "object",
        "properties": {
            "question": {"type": "string", "description": "One question, with the choices."}
        },
        "required": ["question"],
        "additionalProperties": False,
    },
}


@dataclass(frozen=True)
class Agent:
    """An agent as a run keeps it; `tools` are the names it was granted, sorted."""

    name: str
    description: str
    prompt: str
    tools: tuple[str, ...]
    model: str
    effort: str | None
    max_turns: int | None
    triggers: tuple[str, ...] = ()


@dataclass(frozen=True)
class Router:
    """Who chooses among the agents where rules are not sure: a model, and what it goes by."""

    model: str
    rules: str


@dataclass(frozen=True)
class Definitions:
    """All agents of a run, the tools' wire forms by name, and the harness's own rules.

    `router` is who chooses among the agents where rules are not sure; None: only the rules.
    `playbooks` are those that may take the request, by name.
    """

    agents: Mapping[str, Agent]
    wire: Mapping[str, Mapping[str, Any]]
    rules: str
    router: Router | None = None
    playbooks: tuple[Playbook, ...] = ()

    @classmethod
    def build(
        cls,
        agents: Iterable[AgentDefinition],
        tools: Mapping[str, Tool],
        *,
        model_of: Callable[[AgentDefinition], str],
        effort: str | None,
        router: str | None = None,
        playbooks: Iterable[Playbook] = (),
    ) -> Definitions:
        """From agent files and tools; `model_of` says which model an agent talks to.

        `router` is the router's model; None where there is none. A playbook is kept only where its
        agent is here and was granted its tools.
        """
        known = tuple(sorted(agents, key=lambda definition: definition.name))
        wire = {name: tool.wire_form() for name, tool in tools.items()}
        wire[ASK_USER] = _ASK_USER
        wire[HAND_OFF] = hand_off_tool([definition.name for definition in known])
        built = {}
        for definition in known:
            allowed, _ = granted(definition.tools, definition.disallowed_tools, tuple(wire))
            built[definition.name] = Agent(
                name=definition.name,
                description=definition.description,
                prompt=definition.prompt,
                tools=tuple(sorted(allowed)),
                model=model_of(definition),
                effort=definition.effort or effort,
                max_turns=definition.max_turns,
                triggers=definition.triggers,
            )
        asked = None if router is None else Router(router, briefing.RULES)
        kept = (one for one in playbooks if one.agent in built)
        able = tuple(one for one in kept if one.tools <= set(built[one.agent].tools))
        return cls(built, wire, RULES, asked, able)

    def system(self, name: str) -> str:
        """The system prompt of an agent; the same in every run under these definitions."""
        if name not in self._prompts:
            self._prompts[name] = system_prompt(
                name,
                self.agents[name].prompt,
                self.rules,
                {other.name: other.description for other in self.agents.values()},
            )
        return self._prompts[name]

    @cached_property
    def router_system(self) -> str:
        """The router's system prompt; the same in every run under these definitions."""
        rules = self.router.rules if self.router else ""
        return briefing.system_prompt(
            rules, {agent.name: agent.description for agent in self.agents.values()}
        )

    def tools_of(self, name: str) -> tuple[Mapping[str, Any], ...]:
        """The wire forms of an agent's tools, sorted by name."""
        return tuple(self.wire[tool] for tool in self.agents[name].tools)

    def characters(self, name: str) -> int:
        """The length of an agent's system prompt and tools, as they stand before what is said."""
        if name not in self._characters:
            fixed = {"system": self.system(name), "tools": self.tools_of(name)}
            self._characters[name] = len(canonical_json(fixed))
        return self._characters[name]

    @cached_property
    def names(self) -> tuple[str, ...]:
        """All agents' names, sorted."""
        return tuple(sorted(self.agents))

    @cached_property
    def candidates(self) -> AgentCatalogue:
        """The agents as the router looks at them."""
        return AgentCatalogue.of(
            AgentDefinition(
                name=agent.name,
                description=agent.description,
                prompt=agent.prompt,
                tools=agent.tools,
                disallowed_tools=(),
                model=agent.model,
                effort=agent.effort,
                max_turns=agent.max_turns,
                path=Path(f"{agent.name}.md"),
                source="bundled",
                triggers=agent.triggers,
            )
            for agent in self.agents.values()
        )

    @cached_property
    def _prompts(self) -> dict[str, str]:
        return {}

    @cached_property
    def _characters(self) -> dict[str, int]:
        return {}

    @cached_property
    def text(self) -> str:
        """As the ledger keeps them: one text, so that equal ones are stored once."""
        return canonical_json(
            {
                "agents": {name: asdict(agent) for name, agent in self.agents.items()},
                "wire": self.wire,
                "rules": self.rules,
                "router": asdict(self.router) if self.router else None,
                "playbooks": [one.model_dump(mode="json") for one in self.playbooks],
            }
        )

    @classmethod
    def from_text(cls, text: str) -> Definitions:
        """What `text` kept.

        Raises:
            NotKept: it is not what this version reads.
        """
        try:
            return cls._from_kept(json.loads(text))
        except NOT_FITTING as error:
            raise NotKept("agents and tools", error) from error

    @classmethod
    def _from_kept(cls, kept: Mapping[str, Any]) -> Definitions:
        agents = {
            name: Agent(**{**fields, **{k: tuple(fields.get(k, ())) for k in _NAMES}})
            for name, fields in kept["agents"].items()
        }
        router = kept.get("router")
        playbooks = tuple(Playbook.model_validate(one) for one in kept.get("playbooks", ()))
        asked = Router(**router) if router else None
        return cls(agents, kept["wire"], kept["rules"], asked, playbooks)
