"""Kelly on binary contracts: a YES or NO share that costs a price and pays 1 or nothing.

Prices are in units of the payout, strictly between 0 and 1 (0.55 = 55 cents on the dollar).
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from trading_tools.money import plain
from trading_tools.risk._inputs import (
    EVERY_DIGIT,
    not_negative,
    number,
    probability,
    rounded,
    working,
)
from trading_tools.risk.errors import RiskError
from trading_tools.risk.kelly import Bet

_ZERO: Final = Decimal(0)


@dataclass(frozen=True, slots=True)
class Fees:
    """What a venue takes of one contract.

    `entry_quote` is charged when the contract is bought, in units of the payout (Kalshi's taker fee
    before rounding is 0.07·price·(1 - price)); `winnings` is the part of the profit kept when it
    pays out (0.1 = a tenth, as on PredictIt).
    """

    entry_quote: Decimal = _ZERO
    winnings: Decimal = _ZERO

    def __post_init__(self) -> None:
        not_negative(self.entry_quote, "entry_quote")
        if not 0 <= number(self.winnings, "winnings") < 1:
            raise RiskError(
                f"winnings is {plain(self.winnings)}: the part of the profit taken lies in [0, 1)"
            )


_NO_FEES: Final = Fees()


@working()
def contract_bet(win_probability: Decimal, price: Decimal, fees: Fees = _NO_FEES) -> Bet:
    """Buying one share at `price` as a bet whose stake is price and entry fee, all lost on a loss.

    b = ((1 - price)·(1 - winnings) - entry)/(price + entry).

    Raises:
        RiskError: the price is not inside (0, 1), or the fees leave nothing to win.
    """
    cost, profit = _cost_and_profit(price, fees)
    return Bet(win_probability, profit / cost)


@working(EVERY_DIGIT)
def yes_fraction(yes_probability: Decimal, yes_price: Decimal, fees: Fees = _NO_FEES) -> Decimal:
    """The full Kelly fraction of the bankroll to spend on YES, fees included; negative = no edge.

    Without fees (p - c)/(1 - c). The sign is always that of the edge, as in `full_fraction`.
    """
    p = probability(yes_probability, "yes_probability")
    cost, profit = _cost_and_profit(yes_price, fees)
    return rounded((p * profit - (1 - p) * cost) / profit)


@working(EVERY_DIGIT)
def no_fraction(yes_probability: Decimal, yes_price: Decimal, fees: Fees = _NO_FEES) -> Decimal:
    """The full Kelly fraction to spend on NO, bought at 1 - `yes_price`.

    Without fees (c - p)/c. Where NO is quoted for itself, use `contract_bet` with that price.
    """
    probability(yes_probability, "yes_probability")
    probability(yes_price, "yes_price")
    return yes_fraction(1 - yes_probability, 1 - yes_price, fees)


@working()
def break_even_probability(price: Decimal, fees: Fees = _NO_FEES) -> Decimal:
    """The win probability at which buying at `price` has no edge.

    Price plus entry fee, and more where winnings are taxed.
    """
    cost, profit = _cost_and_profit(price, fees)
    return cost / (cost + profit)


def _cost_and_profit(price: Decimal, fees: Fees) -> tuple[Decimal, Decimal]:
    probability(price, "price")
    profit = (1 - price) * (1 - fees.winnings) - fees.entry_quote
    if profit <= 0:
        raise RiskError(
            f"price is {plain(price)}: after fees (entry {plain(fees.entry_quote)}, winnings "
            f"{plain(fees.winnings)}) a win pays nothing"
        )
    return price + fees.entry_quote, profit
