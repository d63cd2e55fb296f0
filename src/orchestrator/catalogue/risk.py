"""Risk tools for agents: Kelly, position size, drawdown, and the check of a size someone claims.

Only the door: arguments, wording and refusals. The arithmetic is `trading_tools.risk`.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Context, Decimal
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field

from orchestrator.toolbox.tool import Effect, Tool, ToolError, tool
from trading_tools.money import JsonDecimal, PlainDecimal, plain
from trading_tools.risk import fractional, sizing
from trading_tools.risk.claims import validation
from trading_tools.risk.claims.claim import Claim, Finding
from trading_tools.risk.errors import RiskError
from trading_tools.risk.kelly import Bet, clipped, edge, full_fraction

_SHOWN: Final = Context(prec=28)
_BRIEF: Final = Context(prec=6)
_LEAST: Final = Decimal("1e-100")

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
Bankroll = Annotated[
    JsonDecimal, Field(description="Capital to size by, in quote currency (USDT, USD …), above 0.")
]
Multiplier = Annotated[
    JsonDecimal,
    Field(
        description="Part of full Kelly to bet, in (0, 1]: 0.25 = quarter Kelly, 1 = the fraction "
        "as it is. Estimated edges call for 0.5 or less."
    ),
]
CapFraction = Annotated[
    JsonDecimal,
    Field(
        description="Most of the bankroll that the position may be, above 0: 0.1 = a tenth, 1 = no "
        "leverage. Applied after the multiplier."
    ),
]
Price = Annotated[
    JsonDecimal, Field(description="Price of one unit of base in quote currency, above 0.")
]
StepSize = Annotated[
    JsonDecimal,
    Field(description="The venue's size step in base currency (LOT_SIZE stepSize), above 0."),
]
MinNotional = Annotated[
    JsonDecimal,
    Field(description="The venue's least order value in quote currency; 0 where it has none."),
]
MaxNotional = Annotated[
    JsonDecimal | None,
    Field(description="Your limit on the position's value in quote currency; null = no limit."),
]


class _Result(BaseModel):
    model_config = ConfigDict(frozen=True)


class KellyFraction(_Result):
    """The growth-optimal fraction of a two-outcome bet."""

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


class PositionSize(_Result):
    """An order size with what bound it."""

    size_base: PlainDecimal
    notional_quote: PlainDecimal
    fraction: PlainDecimal
    bounds: tuple[sizing.Bound, ...]
    why: str


@tool(effect=Effect.READ)
def position_size(
    bankroll_quote: Bankroll,
    fraction: Annotated[
        JsonDecimal,
        Field(
            description="Fraction of the bankroll to put into the position before the multiplier: "
            "0.2, not 20. Usually `full` of kelly_fraction; 0 or less gives no position."
        ),
    ],
    price: Price,
    step_size: StepSize,
    multiplier: Multiplier = Decimal(1),
    cap_fraction: CapFraction = Decimal(1),
    max_notional_quote: MaxNotional = None,
    min_notional: MinNotional = Decimal(0),
) -> PositionSize:
    """Compute an order size in base currency from a fraction of the bankroll, exactly.

    size = bankroll * min(fraction * multiplier, cap_fraction), at most max_notional_quote, divided
    by the price and rounded DOWN to a multiple of step_size. Below min_notional the size is 0: it
    is never raised to the minimum.
    Returns: `size_base` (what to order), `notional_quote` (its value), `fraction` (of the bankroll
    really used), `bounds` (each limit that made it smaller, with the reason), `why`.
    """
    with _refusals("position_size"):
        position = sizing.position_size(
            bankroll_quote=bankroll_quote,
            fraction=fraction,
            market=sizing.Market(price=price, step_size=step_size, min_notional=min_notional),
            multiplier=multiplier,
            cap_fraction=cap_fraction,
            max_notional_quote=max_notional_quote,
        )
    return _position(position)


@tool(effect=Effect.READ)
def stop_size(
    bankroll_quote: Bankroll,
    risk_fraction: Annotated[
        JsonDecimal,
        Field(description="Part of the bankroll to lose at the stop, in (0, 1]: 0.02 = 2%."),
    ],
    price: Price,
    stop_price: Annotated[
        JsonDecimal,
        Field(description="Price of the stop: below `price` for a long, above it for a short."),
    ],
    step_size: StepSize,
    cost_per_unit_quote: Annotated[
        JsonDecimal,
        Field(description="Fees both ways and slippage at the stop, in quote per unit of base."),
    ] = Decimal(0),
    cap_fraction: CapFraction = Decimal(1),
    max_notional_quote: MaxNotional = None,
    min_notional: MinNotional = Decimal(0),
) -> PositionSize:
    """Compute an order size in base currency so that its stop loses a set part of the bankroll.

    size = bankroll * risk_fraction / (|price - stop_price| + cost_per_unit_quote), at most
    cap_fraction of the bankroll and max_notional_quote in value, rounded DOWN to step_size; 0 below
    min_notional. A gap through the stop loses more.
    Returns the same fields as position_size.
    """
    with _refusals("stop_size"):
        position = sizing.stop_size(
            bankroll_quote=bankroll_quote,
            risk_fraction=risk_fraction,
            stop_price=stop_price,
            market=sizing.Market(price=price, step_size=step_size, min_notional=min_notional),
            cost_per_unit_quote=cost_per_unit_quote,
            cap_fraction=cap_fraction,
            max_notional_quote=max_notional_quote,
        )
    return _position(position)


class DrawdownRisk(_Result):
    """How deep a Kelly bettor falls."""

    fall_probability: PlainDecimal
    double_before_half: PlainDecimal
    growth_share: PlainDecimal
    largest_multiplier: PlainDecimal | None
    why: str


@tool(effect=Effect.READ)
def drawdown_risk(
    multiplier: Annotated[
        JsonDecimal,
        Field(description="Part of full Kelly that is bet, above 0: 0.5 = half Kelly, 1 = full."),
    ],
    drawdown: Annotated[
        JsonDecimal,
        Field(
            description="The fall from the starting bankroll to ask about, in (0, 1): 0.5 = 50%."
        ),
    ] = Decimal("0.5"),
    tolerated_probability: Annotated[
        JsonDecimal | None,
        Field(
            description="Chance of that fall which is acceptable, in (0, 1); answered with the "
            "largest multiplier that keeps to it."
        ),
    ] = None,
) -> DrawdownRisk:
    """Tell how likely a fractional-Kelly bettor ever falls by `drawdown` from the start.

    P(ever at x of the start) = x^(2/c - 1) with x = 1 - drawdown and c = multiplier; certain from
    double Kelly on. This is the limit of many small bets with the true edge known: large single
    bets, estimated edges and fat tails fall deeper, so read it as the least risk.
    Returns: `fall_probability`, `double_before_half` (chance to double before halving),
    `growth_share` (part of full Kelly's growth that is kept, 2c - c*c; below 0 = the bankroll
    shrinks), `largest_multiplier` (null unless tolerated_probability is given), `why`.
    """
    with _refusals("drawdown_risk"):
        left = fractional.level_after(drawdown)
        fall = fractional.fall_probability(left, multiplier)
        double = fractional.rise_before_fall_probability(multiplier)
        share = fractional.growth_share(multiplier)
        largest = (
            None
            if tolerated_probability is None
            else _shown(fractional.multiplier_for_fall(left, tolerated_probability))
        )
    kept = f"{_brief(share)} of full Kelly's growth is kept"
    if share <= 0:
        kept = "it does not grow: full Kelly doubled or more loses a real edge"
    return DrawdownRisk(
        fall_probability=_shown(fall),
        double_before_half=_shown(double),
        growth_share=_shown(share),
        largest_multiplier=largest,
        why=f"at {plain(multiplier)} of full Kelly the bankroll ever falls to {plain(left)} of its "
        f"start with probability {_brief(fall)}; {kept}",
    )


class SizingVerdict(_Result):
    """Whether a claimed fraction or size follows from its inputs."""

    correct: bool
    safe: bool
    full: PlainDecimal
    expected_fraction: PlainDecimal
    expected_size_base: PlainDecimal | None
    findings: tuple[Finding, ...]
    why: str


@tool(effect=Effect.READ)
def validate_sizing(
    win_probability: WinProbability,
    win_return: WinReturn,
    loss_return: LossReturn = Decimal(-1),
    claimed_fraction: Annotated[
        JsonDecimal | None,
        Field(description="The fraction of the bankroll to check, as the code or person has it."),
    ] = None,
    claimed_size_base: Annotated[
        JsonDecimal | None,
        Field(description="The order size in base currency to check; needs bankroll and market."),
    ] = None,
    multiplier: Multiplier = Decimal(1),
    cap_fraction: CapFraction = Decimal(1),
    bankroll_quote: Annotated[
        JsonDecimal | None, Field(description="Capital in quote currency; needed for a size.")
    ] = None,
    price: Annotated[
        JsonDecimal | None, Field(description="Price of one unit of base; needed for a size.")
    ] = None,
    step_size: Annotated[
        JsonDecimal | None, Field(description="The venue's size step; needed for a size.")
    ] = None,
    max_notional_quote: MaxNotional = None,
    min_notional: MinNotional = Decimal(0),
) -> SizingVerdict:
    """Check a claimed Kelly fraction or order size against the inputs it is said to follow from.

    Recomputes both exactly and names the mistake: the (p*b - q)/b formula used as a position
    where the loss is not total, percentages, a multiplier or cap left out, quote amount given as
    size, rounding up, float noise, no edge, more than full Kelly, zero growth. Give
    claimed_fraction, claimed_size_base or both, as they stand in the code, without correcting them.
    Returns: `correct` (follows from the inputs), `safe` (does not bet too much, and no venue
    refuses it), `full`, `expected_fraction`, `expected_size_base`, `findings` (code, severity,
    message), `why`.
    """
    with _refusals("validate_sizing"):
        meant, notes = validation.read_probability(win_probability)
        market = (
            None
            if price is None or step_size is None
            else sizing.Market(price=price, step_size=step_size, min_notional=min_notional)
        )
        claim = Claim(
            bet=Bet(meant, win_return, loss_return),
            fraction=claimed_fraction,
            size_base=claimed_size_base,
            multiplier=multiplier,
            cap_fraction=cap_fraction,
            bankroll_quote=bankroll_quote,
            market=market,
            max_notional_quote=max_notional_quote,
        )
        verdict = validation.validate_sizing(claim, *notes)
    return SizingVerdict(
        correct=verdict.correct,
        safe=verdict.safe,
        full=_shown(verdict.full),
        expected_fraction=_shown(verdict.expected_fraction),
        expected_size_base=verdict.expected_size_base,
        findings=verdict.findings,
        why=f"the inputs give {_sum(claim.bet)} = {_brief(verdict.full)}, times {plain(multiplier)}"
        f", between 0 and {plain(cap_fraction)}: {_brief(verdict.expected_fraction)}",
    )


def _position(position: sizing.Position) -> PositionSize:
    return PositionSize(
        size_base=position.size_base,
        notional_quote=position.notional_quote,
        fraction=_shown(position.fraction),
        bounds=position.bounds,
        why="; ".join(bound.why for bound in position.bounds) or "no limit made it smaller",
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
    # what lies nearer to 0 than any input may would be thousands of zeros
    return _SHOWN.plus(value) if abs(value) >= _LEAST else Decimal(0)


def _brief(value: Decimal) -> str:
    return plain(_BRIEF.plus(_shown(value)))


@contextmanager
def _refusals(name: str) -> Iterator[None]:
    try:
        yield
    except RiskError as error:
        raise ToolError(f"{name}: {error}") from None


TOOLS: Final[tuple[Tool, ...]] = (
    kelly_fraction,
    position_size,
    stop_size,
    drawdown_risk,
    validate_sizing,
)
