"""The playbooks that may take a request here, and what of a playbook only shows beside our tools.

The format and its reading are `orchestrator.playbooks`; those we ship lie in `playbooks` beside us.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from dataclasses import replace

from orchestrator.agents.catalogue import AgentCatalogue
from orchestrator.agents.definition import AgentDefinition
from orchestrator.playbooks.format import Playbook, Step
from orchestrator.playbooks.library import Library
from orchestrator.playbooks.matching import match
from orchestrator.playbooks.reading import Loaded, Problem
from orchestrator.run.definitions import ASK_USER
from orchestrator.toolbox.permissions import granted


def library_of(files: Iterable[Loaded], agents: AgentCatalogue) -> Library:
    """The playbooks in force, the strongest first in `files`; those left out say why."""
    sound: list[Loaded] = []
    problems: list[Problem] = []
    for loaded in files:
        found = unsuited(loaded, agents)
        problems += found
        sound.append(replace(loaded, playbook=None, problems=()) if found else loaded)
    library = Library.of(sound)
    return Library(library.shelved, (*library.problems, *problems))


def unsuited(loaded: Loaded, agents: AgentCatalogue) -> tuple[Problem, ...]:
    """Why a playbook that reads well cannot work beside these agents and our tools."""
    playbook = loaded.playbook
    if playbook is None:
        return ()
    from orchestrator.catalogue.tools import all_tools

    agent = agents.get(playbook.agent)
    if agent is None:
        near = agents.nearest(playbook.agent)
        fix = f"did you mean {near[0]!r}?" if near else "`orc agents` lists them"
        message = f"there is no agent {playbook.agent!r}"
        return (Problem(loaded.path, loaded.lines.get(("agent",), 1), message, fix),)
    allowed, _ = granted(agent.tools, agent.disallowed_tools, (*all_tools(), ASK_USER))
    problems = [
        Problem(loaded.path, _line(loaded, at, step, key), message, fix)
        for at, step in enumerate(playbook.steps)
        for key, message, fix in _wrong(step, agent, frozenset(allowed))
    ]
    problems += _cannot_ask(loaded, playbook, frozenset(allowed))
    if loaded.source != "shipped":  # those we ship are held to it by tests, not at each run
        problems += _examples_not_taken(loaded, playbook)
    return tuple(problems)


def _examples_not_taken(loaded: Loaded, playbook: Playbook) -> Iterator[Problem]:
    for at, example in enumerate(playbook.examples):
        if match(example, [playbook]) is None:
            yield Problem(
                loaded.path,
                loaded.lines.get(("examples", at), 1),
                f"it would not take its own example {example!r}",
                "add the words that it lacks, or leave the example out",
            )


def _cannot_ask(loaded: Loaded, playbook: Playbook, allowed: frozenset[str]) -> Iterable[Problem]:
    if ASK_USER not in allowed and any(slot.required for slot in playbook.slots.values()):
        message = f"{playbook.agent} may not use {ASK_USER}, which a required slot needs"
        line = loaded.lines.get(("agent",), 1)
        yield Problem(loaded.path, line, message, f"grant it {ASK_USER}, or choose another agent")


def _wrong(
    step: Step, agent: AgentDefinition, allowed: frozenset[str]
) -> Iterator[tuple[str, str, str]]:
    """The key that is wrong, what is wrong, and how to mend it."""
    from orchestrator.catalogue.tools import all_tools

    tool = all_tools().get(step.tool)
    if tool is None:
        near = difflib.get_close_matches(step.tool, all_tools(), n=1)
        fix = f"did you mean {near[0]!r}?" if near else "`orc tools` lists them"
        yield "tool", f"there is no tool {step.tool!r}", fix
        return
    if step.tool not in allowed:
        message = f"{agent.name} was not granted {step.tool}"
        yield "tool", message, "add it to the agent's `tools`, or choose another agent"
    schema = tool.wire_form()["input_schema"]
    known = list(schema.get("properties", {}))
    for name in step.arguments:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            fix = f"did you mean {near[0]!r}?" if near else f"there are: {', '.join(known)}"
            yield name, f"{step.tool} has no argument {name!r}", fix
    for name in schema.get("required", []):
        if name not in step.arguments:
            yield "tool", f"{step.tool} needs the argument {name!r}", "add it to `arguments`"


def _line(loaded: Loaded, at: int, step: Step, key: str) -> int:
    path = ("steps", at, "arguments", key) if key in step.arguments else ("steps", at, key)
    return loaded.lines.get(path, loaded.lines.get(("steps", at), 1))
