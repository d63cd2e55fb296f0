"""Reads that are asked again, and which are worth it. What changes something never comes here.

A submit that is sent twice is two orders, and a cancel's end is learnt by a query: only questions
are repeated, and only those whose failure may pass. Waits grow and are drawn at random, so that
bots that failed together do not come back together.
"""

from __future__ import annotations

import asyncio
import math
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from trading_tools.audit.trade import Outcome
from trading_tools.exchange.faults import Answer
from trading_tools.exchange.orders.judging import judge
from trading_tools.exchange.orders.port import Unanswered

R = TypeVar("R")


@dataclass(frozen=True)
class RetryRules:
    """How often a read is asked and for how long.

    At most `tries` times, and not again once `within_s` have passed. The wait before a try is drawn
    between nothing and `first_s`, doubled with every try up to `longest_s`.

    Raises:
        ValueError: a figure that nothing could be tried with.
    """

    tries: int = 3
    first_s: float = 0.25
    longest_s: float = 2.0
    within_s: float = 10.0

    def __post_init__(self) -> None:
        times = (self.first_s, self.longest_s, self.within_s)
        if not (1 <= self.tries < math.inf and all(0 < each < math.inf for each in times)):
            raise ValueError(f"these are no rules for retries: {self}")


class Retries:
    """Asks again by its rules. The limits of the venue and its breaker are each try's own."""

    def __init__(
        self,
        rules: RetryRules = RetryRules(),
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        clock: Callable[[], float] = time.monotonic,
        draw: random.Random | None = None,
    ) -> None:
        self._rules = rules
        self._sleep = sleep
        self._clock = clock
        self._draw = draw or random.Random()  # noqa: S311 - jitter is no secret

    async def read(self, ask: Callable[[], Awaitable[R]]) -> R:
        """What `ask` returns in the end.

        Raises:
            Unanswered: the last try's, or the first that will not pass.
        """
        import tenacity

        rules, began = self._rules, self._clock()

        def spent(state: tenacity.RetryCallState) -> bool:
            tried, passed = state.attempt_number, self._clock() - began
            return tried >= rules.tries or passed >= rules.within_s

        def wait(state: tenacity.RetryCallState) -> float:
            most = min(rules.longest_s, rules.first_s * 2.0 ** (state.attempt_number - 1))
            return self._draw.random() * most

        def passing(error: BaseException) -> bool:
            return isinstance(error, Unanswered) and error.passing

        async def tried() -> R:
            return await ask()

        retrying = tenacity.AsyncRetrying(
            stop=spent,
            wait=wait,
            retry=tenacity.retry_if_exception(passing),
            sleep=self._sleep,
            reraise=True,
        )
        return await retrying(tried)


def may_pass(venue: str, sent: bool, answer: Answer | None) -> bool:
    """Whether a question that failed so may be answered when it is asked again soon.

    No reply, a 5xx and a reply that cannot be read may pass. What the venue refuses by a known code
    (keys, the clock, its limits) does not, and what was not sent has its own waits.
    """
    if not sent:
        return False
    if answer is None or answer.status >= 500:
        return True
    limited = answer.status in (403, 418, 429)
    return not limited and judge(venue, answer).outcome is Outcome.UNKNOWN
