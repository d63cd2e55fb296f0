"""What a playbook is: the parts of its file, and the JSON Schema of it.

Reading a file is `reading`; whether a request is one for it `matching`; what it does `script`.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

NAME = r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*"
WORD = r"[a-z][a-z0-9_]*"
_STEP_DOWN = r"\.(?:[A-Za-z_][A-Za-z0-9_]*|[0-9]+|\*)"
PLACE = re.compile(rf"\{{({WORD}(?:{_STEP_DOWN})*)(?::([a-z]+))?\}}")
"""Where a value stands in a template: `{slot}`, `{step.field}`, `{step.field:percent}`."""
FORMATS = ("short", "percent", "lines")

Name = Annotated[str, StringConstraints(pattern=f"^{NAME}$", max_length=60)]
Word = Annotated[str, StringConstraints(pattern=f"^{WORD}$", max_length=40)]
Phrase = Annotated[str, StringConstraints(min_length=1, max_length=120)]
Line = Annotated[str, StringConstraints(min_length=1, max_length=600)]
Condition = Annotated[str, StringConstraints(min_length=1, max_length=120)]
When = Annotated[
    Mapping[str, Condition],
    Field(
        description="All must hold. Key: a slot, a step or `step.field`. Value: `given`, "
        "`missing`, `done`, `failed`, or `=`, `!=`, `<`, `<=`, `>`, `>=` with a value or {place}, "
        "or `says` with words that the text holds."
    ),
]
Type = Literal[
    "probability",
    "ratio",
    "fraction",
    "money",
    "amount",
    "number",
    "integer",
    "symbol",
    "choice",
    "text",
]
Kind = Literal["validate", "answer", "review", "golive", "act"]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Slot(_Part):
    """Something that a request gives, and by which words people name it."""

    type: Type
    named: tuple[Phrase, ...] = Field(
        (),
        description="Phrases that name it: before or after the value, or where # stands for the "
        "value. `win|success rate` are two phrases, `the?` may be left out.",
    )
    reversed: tuple[Phrase, ...] = Field(
        (), description="For a ratio: names under which 1:2 means 2, as in risk/reward."
    )
    paired: tuple[Phrase, ...] = Field(
        (), description="For a ratio: names that are clear only with both numbers, as in odds."
    )
    words: Mapping[Phrase, str] = Field(
        {}, description="Words that are a value by themselves, as `half kelly` is 0.5."
    )
    alone: bool = Field(False, description="A value of this type that nothing names is this one.")
    not_beside: Phrase | None = Field(
        None,
        description="Words that make something else of the unnamed value next to them, as in "
        "`max 500 USDT` and `500 USDT per trade`.",
    )
    required: bool = False
    default: str | None = None
    complements: Word | None = Field(
        None, description="For a probability: the slot with which it adds up to 1."
    )
    instead: tuple[Word, ...] = Field(
        (), description="Slots of which any one does as well, and that must not be given beside it."
    )
    needs: tuple[Word, ...] = Field((), description="Slots that must be given where this one is.")
    ask: Line | None = Field(None, description="What it is called when it has to be asked for.")


class Step(_Part):
    """One tool call. An argument that rests on a slot which is not given is left out.

    Where an argument is a list, its first entry that is given counts.
    """

    id: Word
    tool: Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$", max_length=80)]
    arguments: Mapping[str, Any] = {}
    when: When = {}
    may_fail: bool = Field(
        False, description="Whether the playbook goes on after an error; `failed` then holds."
    )


class Part(_Part):
    """A line of an answer that only stands there under a condition."""

    when: When
    say: Line


class Answer(_Part):
    """What to say. A line that names something which is not there is left out."""

    when: When = {}
    status: Literal["success", "blocked"] = "success"
    say: tuple[Line | Part, ...] = Field(min_length=1)
    confidence: float = Field(0.98, ge=0, le=1)


class Playbook(_Part):
    """A recipe: which requests it takes, what it needs of them, which tools it asks, what it says.

    It takes a request only if it understands every word of it: `asks`, `words`, the slots with
    their names, and words that carry no meaning of their own.
    """

    name: Name
    description: Line
    agent: Name = Field(description="The specialist in whose name and with whose tools it works.")
    kind: Kind = "answer"
    examples: tuple[Line, ...] = Field(min_length=1)
    asks: tuple[Phrase, ...] = Field(
        min_length=1, description="Phrases of which the request must hold one."
    )
    words: tuple[Phrase, ...] = Field(
        (), description="Other words that may stand in the request and change nothing."
    )
    slots: Mapping[Word, Slot] = {}
    steps: tuple[Step, ...] = Field(min_length=1)
    answers: tuple[Answer, ...] = Field(min_length=1)

    @property
    def tools(self) -> frozenset[str]:
        """The tools that its steps call."""
        return frozenset(step.tool for step in self.steps)

    @model_validator(mode="after")
    def _refers_to_what_is_there(self) -> Playbook:
        ids = [step.id for step in self.steps]
        twice = sorted({one for one in ids if ids.count(one) > 1 or one in self.slots})
        if twice:
            raise ValueError(f"the name {twice[0]!r} stands for two things")
        known = {*ids, *self.slots, "given", "read_as"}
        for template in self._templates():
            _check_template(template, known)
        for when in self._conditions():
            for key in when:
                if key.split(".")[0] not in known:
                    raise ValueError(f"the condition on {key!r} names no slot and no step")
        for name, slot in self.slots.items():
            for other in (*slot.instead, *slot.needs, *filter(None, [slot.complements])):
                if other not in self.slots:
                    raise ValueError(f"slot {name!r} refers to {other!r}, which is no slot")
        return self

    def _conditions(self) -> Iterator[Mapping[str, str]]:
        yield from (step.when for step in self.steps)
        yield from (answer.when for answer in self.answers)
        for answer in self.answers:
            yield from (line.when for line in answer.say if isinstance(line, Part))

    def _templates(self) -> Iterator[str]:
        for answer in self.answers:
            yield from (line.say if isinstance(line, Part) else line for line in answer.say)
        for step in self.steps:
            for value in step.arguments.values():
                yield from (
                    one
                    for one in (value if isinstance(value, list) else [value])
                    if isinstance(one, str)
                )
        for when in self._conditions():
            yield from when.values()


def _check_template(template: str, known: Collection[str]) -> None:
    for place in PLACE.finditer(template):
        if place[1].split(".")[0] not in known:
            raise ValueError(f"{place[0]} names no slot and no step")
        if place[2] and place[2] not in FORMATS:
            raise ValueError(f"{place[0]}: the formats are {', '.join(FORMATS)}")
    if "{" in PLACE.sub("", template).replace("{{", ""):
        raise ValueError(f"{template!r} holds a brace that is no place; write {{{{ for it")


def playbook_schema() -> dict[str, Any]:
    """The JSON Schema of a playbook file."""
    schema = Playbook.model_json_schema()
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:trading-orchestrator:schema:playbook:1",
        "title": "Playbook",
        **{key: value for key, value in schema.items() if key != "title"},
    }
