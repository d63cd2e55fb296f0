"""Risk tools for agents: Kelly, position size, drawdown, and the check of a size someone claims.

Only the door: arguments, wording and refusals. The arithmetic is `trading_tools.risk`.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field

from orchestrator.toolbox.tool import Effect, Tool, ToolError, tool
from trading_tools.money import JsonDecimal, PlainDecimal, plain
from trading_tools.risk.inputs import RiskError, rounded
from trading_tools.risk.kelly import Bet, clipped, edge, full_fraction

_DIGITS: Final = 28

WinProbability = Annotated[
    JsonDecimal,
    Field(description="Probability of a win as a fraction strictly between 0 and 1: 0.65, not 65."),
]
WinReturn = Annotated[
    JsonDecimal,
    Field(
        description="Return on the position when it wins, above 0: 0.5 = +50%, 0.02 = +2%, 1.5 = a "
        "gain of one and a half stakes (odds of 1.5 to 1)."
    ),
]
LossReturn = Annotated[
    JsonDecimal,
    Field(
        description="Return on the position when it loses, with its sign, below 0: -1 = the whole "
        "stake is lost (a bet, or returns counted in multiples of the risk), -0.01 = -1%."
    ),
]


class KellyFraction(BaseModel):
    """The growth-optimal fraction of a two-outcome bet."""

    model_config = ConfigDict(frozen=True)

    full: PlainDecimal
    fraction: PlainDecimal
    edge: PlainDecimal
    why: str


@tool(effect=Effect.READ)
def kelly_fraction(
    win_probability: WinProbability,
    win_return: WinReturn,
    loss_return: LossReturn = Decimal(-1),
    cap: Annotated[
        JsonDecimal,
        Field(description="Largest fraction allowed, above 0: 1 = no leverage, 0.02 = at most 2%."),
    ] = Decimal(1),
) -> KellyFraction:
    """Compute the Kelly fraction of a bet or trade with one win and one loss outcome, exactly.

    Formula: full = p/a - q/b, with p = win_probability, q = 1 - p, b = win_return,
    a = |loss_return|. The result is the fraction of the bankroll to put INTO the position. Where
    the loss is not total, do not use (p*b - q)/b with b = win/loss: that is the fraction to put at
    risk, a times as large. If you size by a stop, give returns in multiples of the risk
    (win_return = reward/risk, loss_return = -1): then the result is the fraction of the bankroll
    to lose at the stop.
    Returns: `full` (unclipped; negative = no edge, above 1 = leverage), `fraction` = full clipped
    to 0..cap, `edge` = p*b - q*a per unit staked, `why`. Full Kelly is the most that is ever
    sensible; scale it down (usually by 1/4 to 1/2) with `position_size`.
    """
    with _refusals("kelly_fraction"):
        bet = Bet(win_probability, win_return, loss_return)
        full = full_fraction(bet)
        fraction = clipped(full, cap)
        gain = edge(bet)
    return KellyFraction(
        full=_shown(full),
        fraction=_shown(fraction),
        edge=_shown(gain),
        why=f"{_sum(bet)} = {_brief(full)}; {_limit(full, cap)}",
    )


def _sum(bet: Bet) -> str:
    p, q = plain(bet.win_probability), plain(bet.lose_probability)
    return f"p/a - q/b = {p}/{plain(bet.loss)} - {q}/{plain(bet.win_return)}"


def _limit(full: Decimal, cap: Decimal) -> str:
    if full <= 0:
        return "no edge, so no bet: fraction 0"
    if full > cap:
        return f"above the cap, so fraction = {plain(cap)}"
    return f"within the cap {plain(cap)}"


def _shown(value: Decimal) -> Decimal:
    return rounded(value, _DIGITS)


def _brief(value: Decimal) -> str:
    return plain(rounded(value, 6))


@contextmanager
def _refusals(name: str) -> Iterator[None]:
    try:
        yield
    except RiskError as error:
        raise ToolError(f"{name}: {error}") from None


TOOLS: Final[tuple[Tool, ...]] = (kelly_fraction,)
