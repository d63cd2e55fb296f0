"""Known figures of the Kelly literature and of independent double-precision computations.

Each figure names its source. Those worked numerically elsewhere (a joint optimum found by search)
are good to fewer digits than ours, so each carries its own tolerance.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Final

import pytest

from trading_tools.risk.beta import Posterior
from trading_tools.risk.fractional import (
    estimation_shrink,
    fall_probability,
    growth_share,
    rise_before_fall_probability,
)
from trading_tools.risk.kelly import (
    Bet,
    bets_to_multiply,
    full_fraction,
    growth,
    zero_growth_fraction,
)
from trading_tools.risk.outcomes import (
    Outcome,
    continuous_fraction,
    continuous_growth,
    discrete_fraction,
    portfolio_fractions,
)
from trading_tools.risk.prediction import Fees, contract_bet, yes_fraction
from trading_tools.risk.ruin import brownian_ruin_probability, reach_probability, ruin_probability
from trading_tools.risk.simultaneous import simultaneous_fractions

D = Decimal
DOUBLE: Final = Decimal("1e-12")
SEARCHED: Final = Decimal("1e-7")
SHARED: Final = Path(__file__).resolve().parents[3] / ".." / "shared" / "vectors"

THORP = 'Thorp 2006, "The Kelly criterion in blackjack, sports betting and the stock market"'
BALANCE = "first-order condition of E log(1 + f r), p/a - q/b (Thorp 1984)"
FIVE = "Ziemba & Hausch 1986, five bets with an edge of 14%"
SHRINK = "Baker & McHale 2013, Decision Analysis 10(3)"
BAYES = "Browne & Whitt 1996, posterior mean of Beta(61, 41)"
FEES = "binary Kelly with the fee in the cost (Kalshi 0.07 p (1-p)) or off the profit (PredictIt)"
MZB = "closed form for geometric Brownian motion (MacLean, Ziemba & Blazenko 1992)"
FELLER = "Feller, vol. 1, ch. XIV"
JOINT = "numerical joint optimum"


@dataclass(frozen=True)
class Vector:
    id: str
    value: str
    source: str
    compute: Callable[[], Decimal]
    tolerance: Decimal = DOUBLE


def bet(p: str, b: str = "1", a: str = "1") -> Bet:
    return Bet(D(p), D(b), -D(a))


def full(p: str, b: str = "1", a: str = "1") -> Callable[[], Decimal]:
    return lambda: full_fraction(bet(p, b, a))


def together(p: str, n: int) -> Callable[[], Decimal]:
    return lambda: simultaneous_fractions([bet(p)] * n)[0]


def partial(p: str, win: str, loss: str, value: str) -> Vector:
    return Vector(f"KP p={p} win={win} loss={loss}", value, BALANCE, full(p, win, loss))


def share(c: str, value: str) -> Vector:
    return Vector(f"F{c}", value, f"{THORP}, 7.3", lambda: growth_share(D(c)))


def fall(label: str, value: str, x: Decimal, c: Decimal) -> Vector:
    return Vector(f"D {label}", value, f"{THORP}, 3.2", lambda: fall_probability(x, c))


def double(c: str, value: str) -> Vector:
    return Vector(f"MZ{c}", value, MZB, lambda: rise_before_fall_probability(D(c)))


def fees(label: str, value: str, p: str, price: str, taken: Fees) -> Vector:
    return Vector(f"PMF {label}", value, FEES, lambda: yes_fraction(D(p), D(price), taken))


def shrink(mu: str, s: str, n: int, value: str) -> Vector:
    name = f"E mu={mu} s={s} n={n}"
    return Vector(name, value, SHRINK, lambda: estimation_shrink(D(mu), D(s), n))


def five(odds: int, p: str, value: str) -> Vector:
    return Vector(f"Z odds {odds}-1 p={p}", value, FIVE, full(p, str(odds)))


def portfolio() -> tuple[Decimal, ...]:
    # volatilities 0.2 and 0.3, correlation 0.3
    covariance = [[D("0.04"), D("0.018")], [D("0.018"), D("0.09")]]
    return portfolio_fractions(covariance, [D("0.05"), D("0.08")])


def three_outcomes() -> Decimal:
    pairs = (("0.5", "0.3"), ("0.3", "-0.1"), ("0.2", "-0.4"))
    return discrete_fraction([Outcome(D(p), D(r)) for p, r in pairs])


SIXTY = Posterior(wins=D(60), losses=D(40))
KALSHI_HALF = Fees(entry_quote=D("0.0175"))

VECTORS: Final = (
    Vector("K1", "0.06", f"{THORP}, 2", full("0.53")),
    Vector("K2", "0.0018010815582060503", THORP, lambda: growth(bet("0.53"), D("0.06"))),
    # often quoted as .11973; the root of g is .119712, and it is the root that counts
    Vector("K3", "0.11971213833531842", "root of g", lambda: zero_growth_fraction(bet("0.53"))),
    Vector("K4", "0.00020001333546712519", THORP, lambda: growth(bet("0.51"), D("0.02"))),
    Vector("K5", "0.25", "Kelly 1956", full("0.5", "2")),
    Vector("K6", "0.2", "Haghani & Dewey 2016, biased coin", full("0.6")),
    Vector("K6b", "0.02013551355068882", "Kelly 1956", lambda: growth(bet("0.6"), D("0.2"))),
    partial("0.6", "0.5", "0.5", "0.4"),
    partial("0.55", "0.02", "0.01", "32.5"),
    partial("0.5", "3", "2", "0.08333333333333333"),
    partial("0.6", "1", "1", "0.2"),
    partial("0.65", "1.5", "1", "0.4166666666666667"),
    partial("0.7", "0.2", "0.4", "0.25"),
    partial("0.52", "0.1", "0.08", "1.7"),
    partial("0.4", "1", "1", "-0.2"),
    share("0.25", "0.4375"),
    share("0.5", "0.75"),
    share("0.75", "0.9375"),
    share("1", "1"),
    share("1.5", "0.75"),
    share("2", "0"),
    fall("x=0.500 c=1.000", "0.5", D("0.5"), D(1)),
    fall("x=0.500 c=0.500", "0.125", D("0.5"), D("0.5")),
    fall("x=0.500 c=0.667", "0.25", D("0.5"), D(2) / 3),
    fall("x=0.250 c=1.000", "0.25", D("0.25"), D(1)),
    fall("x=0.333 c=1.000", "0.3333333333333333", D(1) / 3, D(1)),
    fall("x=0.200 c=1.000", "0.2", D("0.2"), D(1)),
    fall("x=0.100 c=1.000", "0.1", D("0.1"), D(1)),
    fall("x=0.800 c=0.500", "0.512", D("0.8"), D("0.5")),
    fall("x=0.900 c=1.000", "0.9", D("0.9"), D(1)),
    fall("x=0.500 c=0.250", "0.0078125", D("0.5"), D("0.25")),
    double("0.5", "0.8888888888888888"),
    double("1", "0.6666666666666666"),
    double("1.5", "0.5575066659755578"),
    double("2", "0.5"),
    Vector(
        "C1",
        "2.2222222222222223",
        f"{THORP}, 7.1",
        lambda: continuous_fraction(D("0.11"), D("0.15"), D("0.06")),
    ),
    Vector(
        "C2",
        "0.11555555555555556",
        THORP,
        lambda: continuous_growth(D(20) / 9, D("0.11"), D("0.15"), D("0.06")),
    ),
    Vector(
        "C3",
        "0.33333333333333337",
        THORP,
        lambda: continuous_fraction(D("0.11"), D("0.15"), D("0.06")) * D("0.15"),
    ),
    Vector(
        "C4",
        "0.09875",
        THORP,
        lambda: continuous_growth(D(1), D("0.11"), D("0.15"), D("0.06")),
    ),
    Vector("M1", "0.4868693286101807", "first-order condition", three_outcomes),
    Vector("S2 p=0.53", "0.0597847748106816", "m/(1 + m²)", together("0.53", 2), SEARCHED),
    Vector("S2 p=0.6", "0.19230769230769226", "m/(1 + m²)", together("0.6", 2), SEARCHED),
    Vector("Sn1", "0.20000000329618142", JOINT, together("0.6", 1), SEARCHED),
    Vector("Sn2", "0.19230769284636817", JOINT, together("0.6", 2), SEARCHED),
    Vector("Sn5", "0.16538045864486786", JOINT, together("0.6", 5), SEARCHED),
    Vector("Sn10", "0.09988510649303643", JOINT, together("0.6", 10), SEARCHED),
    Vector("P1", "0.9340659340659342", f"{THORP}, 8.4", lambda: portfolio()[0]),
    Vector("P1b", "0.7020757020757021", f"{THORP}, 8.4", lambda: portfolio()[1]),
    Vector("PM1", "0.2", "b = (1-c)/c", lambda: yes_fraction(D("0.6"), D("0.5"))),
    Vector("PM2", "0.1111111111111111", "b = (1-c)/c", lambda: yes_fraction(D("0.6"), D("0.55"))),
    fees(
        "p=0.6 c=0.5 win_fee=0.1 entry=0.00000",
        "0.15555555555555545",
        "0.6",
        "0.5",
        Fees(winnings=D("0.1")),
    ),
    fees("p=0.6 c=0.5 win_fee=0 entry=0.01750", "0.17098445595854922", "0.6", "0.5", KALSHI_HALF),
    fees(
        "p=0.6 c=0.55 win_fee=0 entry=0.01733",
        "0.07551857629860725",
        "0.6",
        "0.55",
        Fees(entry_quote=D("0.017325")),
    ),
    fees(
        "p=0.52 c=0.5 win_fee=0.0 entry=0.01750",
        "0.005181347150259197",
        "0.52",
        "0.5",
        KALSHI_HALF,
    ),
    shrink("0.05", "0.15", 10, "0.5263157894736842"),
    shrink("0.05", "0.15", 30, "0.7692307692307693"),
    shrink("0.1", "0.2", 5, "0.5555555555555556"),
    Vector(
        "B1", "0.196078431372549", BAYES, lambda: full_fraction(contract_bet(SIXTY.mean, D("0.5")))
    ),
    Vector("B2", "0.5355206508384291", BAYES, lambda: SIXTY.lower_quantile(D("0.1"))),
    Vector(
        "B3",
        "0.07104130167685829",
        BAYES,
        lambda: yes_fraction(SIXTY.lower_quantile(D("0.1")), D("0.5")),
    ),
    Vector("R1", "0.018305870808599904", FELLER, lambda: ruin_probability(D("0.51"), 100)),
    Vector("R2", "0.13443063274931186", FELLER, lambda: ruin_probability(D("0.55"), 10)),
    Vector("R3", "0.3712629441241375", FELLER, lambda: reach_probability(D(18) / 38, 5, 10)),
    Vector(
        "R4",
        "0.10836802322189586",
        "first passage of Brownian motion",
        lambda: brownian_ruin_probability(D("0.05"), D("0.15"), D("0.5")),
    ),
    Vector("TD", "384.8505235100779", THORP, lambda: bets_to_multiply(bet("0.53"), D("0.06"))),
    five(1, "0.57", "0.14"),
    five(2, "0.38", "0.07"),
    five(3, "0.285", "0.04666666666666667"),
    five(4, "0.228", "0.035"),
    five(5, "0.19", "0.028"),
)


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector.id)
def test_a_known_figure_is_reproduced(vector: Vector) -> None:
    miss = abs(vector.compute() - D(vector.value))
    assert miss <= vector.tolerance * max(D(1), abs(D(vector.value)))


def test_the_whole_shared_table_is_reproduced() -> None:
    path = SHARED / "kelly_vectors.json"
    if not path.is_file():
        pytest.skip("the shared table of vectors is not beside this checkout")
    ours = {vector.id: vector for vector in VECTORS}
    rows = json.loads(path.read_text())
    assert sorted(row["id"] for row in rows) == sorted(ours)
    for row in rows:
        vector = ours[row["id"]]
        miss = abs(vector.compute() - D(repr(row["value"])))
        assert miss <= vector.tolerance * max(D(1), abs(D(repr(row["value"])))), row["id"]
