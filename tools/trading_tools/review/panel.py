"""Reviewers who are no rules: who they are, what they claimed, and what was rejected of it.

How they are asked is no matter of this package.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from trading_tools.review.rule import Topic

if TYPE_CHECKING:
    from trading_tools.review.claims import Claim

TOPICS: Final[Mapping[str, Topic]] = {
    "agents-edges": Topic.EDGES,
    "agents-performance": Topic.PERFORMANCE,
    "agents-resilience": Topic.ERRORS,
    "agents-risk": Topic.RISK,
    "agents-logging": Topic.LOGGING,
    "agents-tests": Topic.TESTS,
    "agents-production": Topic.PRODUCTION,
}
"""What stands in the place of a rule's id in a finding that no rule made, and its topic."""

RULES: Final[Mapping[str, str]] = {topic.value: rule for rule, topic in TOPICS.items()}
"""The same the other way round."""


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
    unshown: tuple[str, ...] = ()
