"""The handoff envelope: its six fields and the rules between them.

Reading an envelope out of what a model wrote, and repairing it, is `parsing`; where it moves the
chain of command is `stack`.
"""

from __future__ import annotations

import re
from math import isfinite
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, JsonValue, field_validator, model_validator
from pydantic_core import PydanticCustomError

Status = Literal["success", "needs_help", "blocked", "complete"]
STATUSES: tuple[Status, ...] = ("success", "needs_help", "blocked", "complete")

HAND_OFF = "hand_off"
"""The name of the tool by which an agent gives its envelope."""

_SAYS_SOMETHING = re.compile(r"\S")


class ProtocolError(Exception):
    """Root of what this package raises."""


class Handoff(BaseModel):
    """What an agent returns when it stops: how it went, what came out, who should go on.

    `next_agent` is null to give the work back to whoever asked (or, with `needs_help`, to have a
    helper picked). `context_forward` is free-form JSON for the receiver. `confidence` is the
    agent's own estimate, 0 to 1, that `result` stands as said.

    Raises:
        pydantic.ValidationError: a field has the wrong shape, or fields contradict each other.
    """

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        strict=True,
        # The published schema's patterns are read by Python too: one meaning of white space.
        regex_engine="python-re",
    )

    status: Status = Field(
        description=(
            "success: my part is done. needs_help: I need another agent before I can finish. "
            "blocked: I cannot go on. complete: the whole task is done, not only my part."
        )
    )
    result: str = Field(
        description="What was done or found, with its receipts cited as [r12]. Text."
    )
    next_agent: Annotated[str, Field(pattern=r"\S")] | None = Field(
        default=None,
        description=(
            "The agent that goes on: with success it takes over; with needs_help or blocked it is "
            "called and its envelope comes back. null returns to whoever asked; with needs_help "
            "and null a helper is picked. Must be null with complete."
        ),
    )
    context_forward: dict[str, JsonValue] = Field(
        default_factory=dict, description="What the next agent needs to know, as free-form JSON."
    )
    confidence: float = Field(
        ge=0, le=1, description="How sure you are that result stands as said, from 0 to 1."
    )
    reasoning: str = Field(default="", description="Why this status and this handoff. Text.")

    @field_validator("context_forward")
    @classmethod
    def _finite_numbers(cls, context: dict[str, JsonValue]) -> dict[str, JsonValue]:
        pending: list[JsonValue] = list(context.values())
        while pending:
            value = pending.pop()
            if isinstance(value, float) and not isfinite(value):
                raise PydanticCustomError("not_json", "NaN and Infinity are not JSON")
            if isinstance(value, dict):
                pending.extend(value.values())
            elif isinstance(value, list):
                pending.extend(value)
        return context

    @model_validator(mode="after")
    def _agrees_with_itself(self) -> Self:
        found = contradictions(self.status, self.result, self.next_agent, self.reasoning)
        if found:
            raise PydanticCustomError("contradiction", "{found}", {"found": "; ".join(found)})
        return self


def contradictions(
    status: Status, result: str, next_agent: str | None, reasoning: str
) -> tuple[str, ...]:
    """What in these four fields cannot stand together, one sentence each; empty when sound."""
    found = []
    if status == "complete" and next_agent is not None:
        found.append(
            "next_agent: with status complete nobody goes on, so it must be null "
            "(use success to pass the work on)"
        )
    if status in ("success", "complete") and not _SAYS_SOMETHING.search(result):
        found.append(f"result: empty, but status {status} must say what was done")
    if status in ("needs_help", "blocked") and not (
        _SAYS_SOMETHING.search(result) or _SAYS_SOMETHING.search(reasoning)
    ):
        found.append(f"reasoning: empty like result, but status {status} must say why")
    return tuple(found)
