"""Laws of the oracle, for any bot that buys in its own rhythm."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.recordings import Stage, played
from trading_tools.drill.oracle.facts import Facts, read
from trading_tools.drill.oracle.intents import one_order_per_intent
from trading_tools.venue.faults.acts import Act
from trading_tools.venue.faults.fault import Fault
from trading_tools.venue.faults.replies import Ending, Spoilt
from trading_tools.venue.wire.messages import Trouble


class Habit(NamedTuple):
    """How a bot trades: bursts of orders with pauses between; it looks before each burst."""

    pauses_s: Sequence[float]
    burst: int
    sizes: Sequence[str]
    looks: bool


habits = st.builds(
    Habit,
    st.lists(st.floats(1, 6), min_size=3, max_size=6),
    st.integers(1, 3),
    st.lists(st.sampled_from(["0.001", "0.0015", "0.004"]), min_size=1, max_size=3),
    st.booleans(),
)
answers = st.sampled_from([Ending.RESET, Ending.HALF, Ending.EMPTY, Trouble.OVERLOADED])


async def trade(stage: Stage, habit: Habit, resend_after_s: float | None, asks: bool) -> None:
    number = 0
    for pause in habit.pauses_s:
        if habit.looks:
            await stage.look()
        lost = []
        for _ in range(habit.burst):
            terms = {
                "quantity": habit.sizes[number % len(habit.sizes)],
                "price": f"{59_000 + number}",
                "newClientOrderId": f"order-{number}",
            }
            faults = len(stage.facts.faults[0].deliveries) if stage.facts.faults else 0
            await stage.order(**terms)
            if stage.facts.faults and len(stage.facts.faults[0].deliveries) > faults:
                lost.append(terms)
            number += 1
        for terms in lost:
            if asks:
                await stage.find(terms["newClientOrderId"])
            if resend_after_s is not None:
                stage.wait(resend_after_s)
                await stage.order(**{**terms, "newClientOrderId": "again"})
        stage.wait(pause)


def run(
    habit: Habit, *faults: Fault, resend_after_s: float | None = None, asks: bool = False
) -> Facts:
    async def script(stage: Stage) -> None:
        await trade(stage, habit, resend_after_s, asks)

    return asyncio.run(played(script, *faults)).facts


def lost(nth: int, answer: Ending | Trouble) -> Spoilt:
    return Spoilt("lost", Act(nth=nth), answer)


@settings(max_examples=15)
@given(habits)
def test_calm_against_itself_holds(habit: Habit) -> None:
    facts = run(habit)
    assert one_order_per_intent(facts, facts).held is True


@settings(max_examples=15)
@given(habits, st.integers(1, 6), answers, st.booleans())
def test_who_sends_nothing_again_is_never_blamed(
    habit: Habit, nth: int, answer: Ending | Trouble, asks: bool
) -> None:
    facts = run(habit, lost(nth, answer), asks=asks)
    assert one_order_per_intent(facts, run(habit)).held is True


@settings(max_examples=15)
@given(habits, st.integers(1, 3), answers, st.floats(0, 0.5))
def test_a_resend_at_once_is_always_one_too_many(
    habit: Habit, nth: int, answer: Ending | Trouble, after_s: float
) -> None:
    facts = run(habit, lost(nth, answer), resend_after_s=after_s)
    assert one_order_per_intent(facts, run(habit)).held is False


@settings(max_examples=15)
@given(habits, st.integers(1, 3), st.integers(-(10**9), 10**9))
def test_another_time_of_day_changes_nothing(habit: Habit, nth: int, moved_ms: int) -> None:
    facts = run(habit, lost(nth, Ending.RESET), resend_after_s=0.3)
    moved = read([replace(entry, at=entry.at + moved_ms) for entry in facts.entries])
    calm = run(habit)
    assert one_order_per_intent(moved, calm) == one_order_per_intent(facts, calm)
