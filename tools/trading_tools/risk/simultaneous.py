"""Independent bets that are open at the same time, sized together.

Sizing each alone would stake more than there is: ten bets of 20% are twice the bankroll.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import product
from math import comb
from typing import Final

from trading_tools.risk._inputs import rounded, working
from trading_tools.risk._linear import solve_definite
from trading_tools.risk.errors import RiskError
from trading_tools.risk.kelly import Bet, edge, full_fraction

MAX_STATES: Final = 1024
"""Joint outcomes worked through at most: ten different bets, or some dozens of equal ones."""

_ONE: Final = Decimal(1)
_DIGITS: Final = 60
_RESULT_DIGITS: Final = 30
_DECREMENT: Final = Decimal("1e-66")
_MAX_STEPS: Final = 200


@dataclass(frozen=True, slots=True)
class _State:
    """One joint outcome: how likely, and what each group of equal bets returns per unit staked."""

    probability: Decimal
    returns: tuple[Decimal, ...]


@working(_DIGITS)
def simultaneous_fractions(bets: Sequence[Bet]) -> tuple[Decimal, ...]:
    """The fraction for each of several independent bets that maximises joint expected log growth.

    Bets without an edge get 0, none is shorted. Equal bets get equal fractions (the maximum is
    unique), so they are worked as one group: the cost grows with the different bets.

    Raises:
        RiskError: more joint outcomes than `MAX_STATES`.
    """
    groups = Counter(bet for bet in bets if edge(bet) > 0)
    states = _states(groups)
    sizes = dict(zip(groups, _maximum(groups, states), strict=True))
    return tuple(sizes.get(bet, Decimal(0)) for bet in bets)


def _states(groups: Counter[Bet]) -> list[_State]:
    number_of_states = 1
    for count in groups.values():
        number_of_states *= count + 1
    if number_of_states > MAX_STATES:
        raise RiskError(
            f"{groups.total()} bets with an edge have {number_of_states} joint outcomes, more than "
            f"{MAX_STATES}: size fewer different bets together"
        )
    per_group = [
        [
            (
                comb(count, wins)
                * bet.win_probability**wins
                * (_ONE - bet.win_probability) ** (count - wins),
                wins * bet.win_return + (count - wins) * bet.loss_return,
            )
            for wins in range(count + 1)
        ]
        for bet, count in groups.items()
    ]
    states = []
    for combination in product(*per_group):
        probability = _ONE
        for chance, _ in combination:
            probability *= chance
        states.append(_State(probability, tuple(returned for _, returned in combination)))
    return states


def _maximum(groups: Counter[Bet], states: list[_State]) -> tuple[Decimal, ...]:
    """Newton's ascent with step halving; growth is strictly concave, so it cannot miss."""
    # 1/n of each bet's own optimum can lose less than the whole bankroll, so this start is feasible
    fractions = [full_fraction(bet) / groups.total() for bet in groups]
    wealth = _wealth(states, fractions)
    for _ in range(_MAX_STEPS):
        slope, bend = _derivatives(states, wealth, len(fractions))
        step = solve_definite(bend, slope) if fractions else ()
        gain = sum((s * d for s, d in zip(slope, step, strict=True)), Decimal(0))
        if gain <= _DECREMENT:
            return tuple(rounded(f, _RESULT_DIGITS) for f in fractions)
        fractions, wealth = _ascend(states, fractions, step, wealth, gain)
    raise RiskError(f"no joint optimum found in {_MAX_STEPS} steps: too many bets, or too unlike")


def _ascend(
    states: list[_State],
    fractions: list[Decimal],
    step: Sequence[Decimal],
    wealth: list[Decimal],
    gain: Decimal,
) -> tuple[list[Decimal], list[Decimal]]:
    length = _ONE
    while True:
        trial = [f + length * d for f, d in zip(fractions, step, strict=True)]
        reached = _wealth(states, trial)
        if min(reached) > 0:
            risen = sum(
                (
                    state.probability * (after / before).ln()
                    for state, after, before in zip(states, reached, wealth, strict=True)
                ),
                Decimal(0),
            )
            # near the maximum the rise drowns in rounding, and there the full step is right
            if risen >= length * gain / 4 or gain < Decimal("1e-30"):
                return trial, reached
        length /= 2


def _wealth(states: list[_State], fractions: Sequence[Decimal]) -> list[Decimal]:
    return [
        _ONE + sum((f * r for f, r in zip(fractions, state.returns, strict=True)), Decimal(0))
        for state in states
    ]


def _derivatives(
    states: list[_State], wealth: list[Decimal], size: int
) -> tuple[list[Decimal], list[list[Decimal]]]:
    """The gradient of growth and the negative of its Hessian."""
    slope = [Decimal(0)] * size
    bend = [[Decimal(0)] * size for _ in range(size)]
    for state, w in zip(states, wealth, strict=True):
        relative = [r / w for r in state.returns]
        for i, of_i in enumerate(relative):
            weighted = state.probability * of_i
            slope[i] += weighted
            for j in range(i + 1):
                bend[i][j] += weighted * relative[j]
    for i in range(size):
        for j in range(i):
            bend[j][i] = bend[i][j]
    return slope, bend
