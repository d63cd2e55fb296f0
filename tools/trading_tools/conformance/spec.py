"""What a check is asked for, and what it answers. Nothing is started or read here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, Literal, get_args

Kind = Literal["limiter", "breaker", "kelly", "sizing", "backoff", "order-guard"]
KINDS: tuple[str, ...] = get_args(Kind)


class CheckError(Exception):
    """A check could not be made: what is wrong, and what to do about it."""

    def __init__(self, what: str, fix: str) -> None:
        super().__init__(f"{what}; {fix}")
        self.what = what
        self.fix = fix


class Verdict(StrEnum):
    """What became of one property. `held` is no proof: no counterexample was found."""

    HELD = "held"
    BROKEN = "broken"
    NOT_APPLICABLE = "not applicable"


@dataclass(frozen=True)
class CheckSpec:
    """One component to be checked.

    `target` is `path/to/file.py:Name`, `package.module:Name` or `page.md:Name`, relative to
    `folder`; `params` say how it is built, what it promises and how its calls are named;
    `histories` is how many are tried for each property, `timeout_s` is real time for all.
    """

    kind: str
    target: str
    folder: Path
    params: Mapping[str, str] = field(default_factory=dict)
    seed: int = 1
    histories: int = 100
    timeout_s: float = 300.0

    def to_dict(self) -> dict[str, Any]:
        """JSON-able, for the sealed process."""
        return {**asdict(self), "folder": str(self.folder), "params": dict(self.params)}

    @classmethod
    def from_dict(cls, told: Mapping[str, Any]) -> CheckSpec:
        """What `to_dict` gave."""
        return cls(**{**told, "folder": Path(told["folder"])})


@dataclass(frozen=True)
class Step:
    """One line of a counterexample: virtual seconds since its start, the call, what came of it."""

    at_s: float
    call: str
    came: str = ""


@dataclass(frozen=True)
class Counterexample:
    """The shortest history found that breaks a property.

    `code` is the same history as the body of a test, its last line the assertion that fails.
    """

    steps: tuple[Step, ...]
    expected: str
    came: str
    code: tuple[str, ...]


@dataclass(frozen=True)
class Finding:
    """What became of one property; `note` marks one that a sound design may break knowingly.

    `histories` were tried before the verdict; `detail` says what they covered, or why none was.
    """

    name: str
    title: str
    verdict: Verdict
    detail: str
    note: bool = False
    histories: int = 0
    counterexample: Counterexample | None = None

    @classmethod
    def from_dict(cls, told: Mapping[str, Any]) -> Finding:
        """From the JSON that the sealed process writes."""
        found = dict(told)
        found["verdict"] = Verdict(found["verdict"])
        if (example := found["counterexample"]) is not None:
            steps = tuple(Step(**step) for step in example["steps"])
            found["counterexample"] = Counterexample(
                steps, example["expected"], example["came"], tuple(example["code"])
            )
        return cls(**found)


@dataclass(frozen=True)
class Outcome:
    """The answer to a check. `containment` says what held the user's code; `notes` are remarks."""

    kind: str
    target: str
    seed: int
    containment: str
    shape: str
    findings: tuple[Finding, ...]
    notes: tuple[str, ...]

    @property
    def broken(self) -> tuple[Finding, ...]:
        """The findings that make the verdict negative."""
        return tuple(
            each for each in self.findings if each.verdict is Verdict.BROKEN and not each.note
        )

    @property
    def verdict(self) -> Verdict:
        """`broken` where a finding makes it negative, else `held`."""
        return Verdict.BROKEN if self.broken else Verdict.HELD

    def to_dict(self) -> dict[str, Any]:
        """JSON-able; the tests' code is left out."""
        told = asdict(self)
        for finding in told["findings"]:
            if finding["counterexample"] is not None:
                del finding["counterexample"]["code"]
        return {"verdict": self.verdict.value, **told}
