"""What a reviewer who is no rule says of a file, in the form that it is asked for.

What became of it is `panel`, what it is worth `weighing`.
"""

from __future__ import annotations

from hashlib import sha256
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

_STRICT = ConfigDict(extra="forbid", strict=True, frozen=True)
Line = Annotated[str, Field(min_length=1, max_length=600)]


class ProposedCheck(BaseModel):
    """A conformance check that would confirm a claim, as `orc check KIND TARGET` makes it."""

    model_config = _STRICT
    kind: Literal["limiter", "breaker", "kelly", "sizing", "backoff", "order-guard"]
    target: str = Field(min_length=1, max_length=300)
    params: dict[str, str] = Field(default_factory=dict, max_length=20)

    @property
    def shown(self) -> str:
        """As a person would type it."""
        given = "".join(f" --param {name}={value}" for name, value in sorted(self.params.items()))
        return f"{self.kind} {self.target}{given}"


class Claim(BaseModel):
    """A fault that a reviewer says is there, with the text that shows it.

    `line` counts from 1 and is where `quotation` begins; `rule` names the rule that found the same.
    `test` is a pytest file that passes before the change and fails after it.
    """

    model_config = _STRICT
    path: str = Field(min_length=1, max_length=400)
    line: int = Field(ge=1)
    quotation: str = Field(min_length=1, max_length=2_000)
    severity: Literal["error", "warning", "note"]
    topic: Literal[
        "edge cases",
        "performance",
        "error handling and resilience",
        "risk controls",
        "logging",
        "tests",
        "production",
    ]
    message: Line
    why: Line
    fix: Line
    rule: str | None = Field(default=None, max_length=40)
    check: ProposedCheck | None = None
    test: str | None = Field(default=None, min_length=1, max_length=4_000)

    @property
    def proofs(self) -> tuple[str, ...]:
        """What would confirm it, each by a name that is the same for the same proof."""
        names = [f"check {self.check.shown}"] if self.check is not None else []
        if self.test is not None:
            names.append(f"test {sha256(self.test.encode()).hexdigest()[:8]}")
        return tuple(names)

    @property
    def end_line(self) -> int:
        """The last line of the quotation."""
        return self.line + self.quotation.strip("\n").count("\n")


class Answer(BaseModel):
    """All that one reviewer claims."""

    model_config = _STRICT
    findings: tuple[Claim, ...] = Field(max_length=40, strict=False)
