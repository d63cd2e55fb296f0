"""What happens in one history, for people and as the lines of a test; and how a law is broken."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import NoReturn

from trading_tools.conformance.inside.loading import told
from trading_tools.conformance.inside.virtual import Stuck
from trading_tools.conformance.spec import Counterexample, Step


class Broken(Exception):
    """A history breaks a property."""

    def __init__(self, expected: str, came: str) -> None:
        super().__init__(f"expected {expected}, came {came}")
        self.expected = expected
        self.came = came


class Skipped(Exception):
    """A property says nothing of this component, and why."""


class NotReached(Exception):
    """A history did not come to where the property is asked, and why: it shows nothing of it."""


class Hung(BaseException):
    """The code computes and does not come back. No Exception, so that nothing keeps it."""

    happened = False


OURS = Stuck | Broken | Skipped | NotReached | Hung
"""What ends a history and is no answer of the user's code."""


@dataclass(frozen=True)
class Raised:
    """A call of the user's code that ended in an exception."""

    error: BaseException

    def __str__(self) -> str:
        return told(self.error)


@dataclass
class Journal:
    """The steps of one history as they happen."""

    steps: list[Step] = field(default_factory=list)
    code: list[str] = field(default_factory=list)

    def step(self, at_s: float, call: str, came: object = "") -> None:
        """Note a call and what came of it."""
        self.steps.append(Step(round(at_s, 3), call, str(came)))

    def do(self, *lines: str) -> None:
        """Note what a test does to repeat it."""
        self.code.extend(lines)

    def broken(self, expected: str, came: object, test: str) -> NoReturn:
        """End this history: it breaks the property, and `test` is the assertion that fails.

        Raises:
            Broken: always.
        """
        self.do(test)
        raise Broken(expected, str(came))

    def counterexample(self, broken: Broken) -> Counterexample:
        """What is told of it."""
        return Counterexample(tuple(self.steps), broken.expected, broken.came, tuple(self.code))


class Failing(Exception):
    """The user's code raised where it should have answered."""

    def __init__(self, error: BaseException) -> None:
        super().__init__(told(error))
        self.error = error


@contextmanager
def code_of_others() -> Iterator[None]:
    """The boundary to the user's code while a history is lived; what is ours goes on as it is.

    Raises:
        Failing: whatever the code raised.
    """
    try:
        yield
    except BaseException as error:
        if isinstance(error, OURS):
            raise
        raise Failing(error) from None
