"""What a reviewer who is no rule says, and what became of it: claims, and a panel of reviewers.

Who the reviewers are and how they are asked is no matter of this package; what a claim is worth is
`weighing`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from trading_tools.review.rule import Topic

PREFIX: Final = "agents-"
TOPICS: Final[Mapping[str, Topic]] = {f"{PREFIX}{topic.value.split()[0]}": topic for topic in Topic}
"""What stands in the place of a rule's id in a finding that no rule made, and its topic."""

RULES: Final[Mapping[str, str]] = {topic.value: rule for rule, topic in TOPICS.items()}
"""The same the other way round."""

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


@dataclass(frozen=True, slots=True)
class Voice:
    """A claim and who makes it."""

    agent: str
    claim: Claim


@dataclass(frozen=True, slots=True)
class Rejected:
    """A claim that the reviewed text does not bear out, and why."""

    agent: str
    claim: Claim
    reason: str


@dataclass(frozen=True, slots=True)
class Checked:
    """What came of a proposed proof: `broken` is None where it could not be made."""

    broken: bool | None
    detail: str


@dataclass(frozen=True, slots=True)
class Member:
    """One reviewer: the run it worked in, how that ended, what it cost (None: price unknown)."""

    agent: str
    run: str
    status: str
    detail: str
    claims: int
    model_calls: int
    cost_usd: str | None

    @property
    def done(self) -> bool:
        """Whether it gave its answer."""
        return self.status in {"success", "complete"}


@dataclass(frozen=True, slots=True)
class Panel:
    """Who was asked in a review, whose claims were rejected, and what nobody was shown."""

    review: str
    members: tuple[Member, ...]
    rejected: tuple[Rejected, ...] = ()
    unshown: tuple[str, ...] = field(default=())
