"""The router model's answer: the schema it is asked to keep, and reading what really came.

A service may leave the schema out of account, and even one that keeps it does not promise the
letter case of names; so every answer is read leniently and validated here.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from orchestrator.protocol.lenient_json import UnreadableError, read_object
from orchestrator.router.cues import KINDS, Kind

NOBODY = "none of ours"
"""What stands for no agent in an answer."""

_SURE = 0.7
_LONGEST = 1_000
_BRACES_TRIED = 20
_FIELDS = ("why", "agent", "kind", "confidence", "question")


@dataclass(frozen=True, slots=True)
class Choice:
    """What the router model chose; `agent` is None for none of ours.

    `confidence` is its own probability that this is the best agent. `question` is what it wants to
    ask the user first, or empty; `agent` is then its best guess.
    """

    agent: str | None
    kind: Kind
    confidence: float
    why: str
    question: str = ""

    @property
    def sure(self) -> bool:
        """Whether the router trusts it enough that nobody need look again."""
        return self.confidence >= _SURE


class BadChoice(Exception):
    """The answer cannot be used; `problems` says why, one sentence each."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems

    def for_model(self) -> str:
        """What the model is told."""
        told = "\n".join(f"- {problem:.250}" for problem in self.problems)
        return f"Your answer cannot be used:\n{told}\nAnswer again, whole, as one JSON object."


def choice_schema(agents: Collection[str]) -> dict[str, Any]:
    """The JSON Schema of an answer, within what the service takes for structured output.

    The reason comes first, so that it is written before the choice and not to suit it.
    """
    properties = {
        "why": {"type": "string"},
        "agent": {"type": "string", "enum": [*sorted(agents), NOBODY]},
        "kind": {"type": "string", "enum": list(KINDS)},
        "confidence": {"type": "number"},
        "question": {"type": "string"},
    }
    return {
        "type": "object",
        "properties": properties,
        "required": list(_FIELDS),
        "additionalProperties": False,
    }


def read_choice(
    text: str, agents: Collection[str], excluding: Collection[str] = frozenset()
) -> Choice:
    """Read the answer `text` of a router that may choose from `agents` but not `excluding`.

    Raises:
        BadChoice: no answer, or one that names nobody we have; says everything that is wrong.
    """
    fields = _fields(text)
    problems: list[str] = []
    agent = _agent(fields.get("agent"), agents, excluding, problems)
    kind = _kind(fields.get("kind"), problems)
    confidence = _confidence(fields.get("confidence"), problems)
    if problems or kind is None:
        raise BadChoice(tuple(problems))
    why, question = (_line(fields.get(name)) for name in ("why", "question"))
    return Choice(agent, kind, confidence, why, question)


def _fields(text: str) -> dict[str, Any]:
    """The object in `text`; prose and fences round it are passed over."""
    why = f"no JSON object in it: {text.strip()[:80]!r}"
    for brace in list(re.finditer(r"\{", text))[:_BRACES_TRIED]:
        try:
            found = read_object(text, brace.start()).value
        except UnreadableError as error:
            why = f"it is no JSON object: {error.reason}"
            continue
        if "agent" in found:
            return found
    raise BadChoice((why,))


def _agent(
    given: object, agents: Collection[str], excluding: Collection[str], problems: list[str]
) -> str | None:
    name = given.strip().casefold() if isinstance(given, str) else ""
    if name == NOBODY:
        return None
    found = next((agent for agent in agents if agent.casefold() == name), None)
    if found is None:
        problems.append(f"agent: {given!r} is nobody of the list, nor {NOBODY!r}")
    elif found in excluding:
        problems.append(f"agent: {found} is not to be had")
    return found


def _kind(given: object, problems: list[str]) -> Kind | None:
    name = given.strip().casefold() if isinstance(given, str) else ""
    found = next((kind for kind in KINDS if kind == name), None)
    if found is None:
        problems.append(f"kind: {given!r} is none of {', '.join(KINDS)}")
    return found


def _confidence(given: object, problems: list[str]) -> float:
    number = given if isinstance(given, int | float | str) and given is not True else ""
    try:
        found = float(number)
    except ValueError:
        found = -1.0
    if 0 <= found <= 1:
        return found
    problems.append(f"confidence: {given!r} is no number from 0 to 1")
    return 0.0


def _line(given: object) -> str:
    return " ".join(given.split())[:_LONGEST] if isinstance(given, str) else ""
