"""What a Kelly function must give: p/a - q/b of the bankroll *put into the position*, and no more.

A stake gains b of itself with probability p, else loses a. Where a function gives the part of the
bankroll that is *lost when wrong* (a times as much), `--param units=risk` says so. Source: Kelly
1956; Thorp 2006, "The Kelly criterion in blackjack, sports betting and the stock market".
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from hypothesis import strategies as st

from trading_tools.conformance.inside.journal import Journal, Raised
from trading_tools.conformance.inside.loading import Loaded
from trading_tools.conformance.inside.search import Property
from trading_tools.conformance.kinds.functions import (
    NO_NUMBERS,
    RAW,
    Function,
    function_of,
    is_number,
    plain,
    refused,
)
from trading_tools.conformance.kinds.laws import Laws
from trading_tools.conformance.kinds.params import Params
from trading_tools.conformance.spec import CheckError

_ROLES = {
    "p": (
        "win_probability", "p", "prob", "win_prob", "probability", "win_rate", "p_win", "prob_win",
    ),
    "win": (
        "win_return", "b", "win", "payoff", "gain", "avg_win", "win_amount", "reward", "odds",
        "win_loss_ratio", "payoff_ratio", "profit", "average_win", "risk_reward", "reward_ratio",
    ),
    "loss": ("loss_return", "a", "loss", "avg_loss", "loss_amount", "average_loss", "risk"),
}  # fmt: skip
_TOLERANCE = Fraction(1, 10**6)
_ONE = Fraction(1)
Values = dict[str, Fraction | str | int]


def laws(loaded: Loaded, params: Params) -> Laws:
    """The properties of a Kelly function.

    Raises:
        CheckError: it is no such function, or its arguments are not known.
    """
    function = function_of(loaded, params, _ROLES)
    for role in ("p", "win"):
        if role not in function.roles:
            raise CheckError(
                f"{loaded.name} has no argument for {role}", f"name it: --param {role}_name=…"
            )
    case = _Case(function, _units(params), _sign(params, function), _scale(params), _stake(params))
    words = f"{loaded.name} by {', '.join(function.roles.values())}; answers {case.units} units"
    return Laws(words, case.properties())


def _units(params: Params) -> str:
    units = params.text("units") or "notional"
    if units not in ("notional", "risk"):
        raise CheckError(f"--param units={units} is neither notional nor risk", "give one of them")
    return units


def _scale(params: Params) -> tuple[Fraction, Fraction]:
    return (
        Fraction(str(params.number("multiplier") or 1)),
        Fraction(str(params.number("cap") or 1)),
    )


def _stake(params: Params) -> int:
    """What a win is given with on top of itself: decimal odds count the stake."""
    told = params.text("win_as")
    if told not in (None, "gain", "decimal"):
        raise CheckError(f"--param win_as={told}", "it is gain or decimal")
    return 1 if told == "decimal" else 0


def _alike(one: Fraction, other: Fraction) -> bool:
    return abs(one - other) <= _TOLERANCE * (1 + abs(other))


def _sign(params: Params, function: Function) -> int:
    """Whether losses are given above zero (1) or below (-1)."""
    told = params.text("loss_sign")
    if told not in (None, "positive", "negative"):
        raise CheckError(f"--param loss_sign={told}", "it is positive or negative")
    if told is not None:
        return 1 if told == "positive" else -1
    name = function.roles.get("loss")
    if name is None:
        return 1
    default = inspect.signature(function.call).parameters[name].default
    if default is not inspect.Parameter.empty:
        return -1 if default < 0 else 1
    return -1 if name == "loss_return" else 1


def _plain_first(
    easy: Sequence[int], most: int, parts: int, least: int = 1
) -> st.SearchStrategy[Fraction]:
    """Figures in steps of 1/`parts`; a counterexample is shortened to one that reads easily."""
    rest = [n for n in range(least, most + 1) if n not in easy]
    return st.sampled_from([Fraction(n, parts) for n in (*easy, *rest)])


class _Case:
    """One Kelly function under all its laws."""

    def __init__(
        self,
        function: Function,
        units: str,
        sign: int,
        scale: tuple[Fraction, Fraction],
        stake: int,
    ) -> None:
        self._f = function
        self.units = units
        self._sign = sign
        self._multiplier, self._cap = scale
        self._stake = stake

    def properties(self) -> tuple[Property, ...]:
        """All of them."""
        p = _plain_first((60, 55, 50, 40), 99, 100)
        wins = _plain_first((20, 10, 40, 60), 100, 20)
        whole = "" if "loss" in self._f.roles else "it takes the whole stake as lost"
        part = _plain_first((10, 16, 2), 19, 20)
        more = _plain_first((40, 30), 60, 20, least=21)
        any_loss = st.one_of(part, st.just(_ONE), more) if not whole else st.just(_ONE)
        bets = st.tuples(p, wins, any_loss)
        return (
            Property("whole-loss", "is p - q/b where a loss takes the stake",
                     st.tuples(p, wins, st.just(_ONE)), self._exact, "p by 1 %, b up to 5"),
            Property("partial-loss", "is p/a - q/b where a loss takes a part of the stake",
                     st.tuples(p, wins, part), self._exact, "losses of 5 % to 95 % of the stake",
                     why_not=whole),
            Property("larger-loss", "is p/a - q/b where a loss takes more than the stake",
                     st.tuples(p, wins, more), self._exact, "losses of 105 % to 300 % of the stake",
                     why_not=whole),
            Property("overbet", "never bets twice the optimum, where growth is gone", bets,
                     self._overbet, "the same bets"),
            Property("no-edge", "bets nothing without an edge", bets, self._no_edge,
                     "the same bets"),
            Property("monotone", "a better chance never gives a smaller bet",
                     st.tuples(p, p, wins, any_loss), self._monotone, "two chances of one bet"),
            Property("chance", "refuses what is no probability",
                     st.sampled_from(("1.01", "65", "-0.1", *NO_NUMBERS)), self._chance,
                     "65 for 65 %, below 0, NaN, infinities"),
            Property("sign", "refuses, or bets nothing on, a win that loses",
                     st.tuples(p, wins), self._sign_of_win, "negative wins"),
            Property("zero", "refuses in words a win or a loss of nothing",
                     st.tuples(st.sampled_from(("win", "loss")), p), self._zero,
                     "wins and losses of 0"),
            Property("no-number", "refuses what is no number",
                     st.tuples(st.sampled_from(("win", "loss")), st.sampled_from(NO_NUMBERS)),
                     self._no_number, "NaN and infinities in each figure"),
        )  # fmt: skip

    def _values(self, p: Fraction, win: Fraction, loss: Fraction) -> Values:
        return {"p": p, "win": win + self._stake, "loss": self._sign * loss}

    def _best(self, p: Fraction, win: Fraction, loss: Fraction) -> Fraction:
        best = p / loss - (1 - p) / win
        return best * loss if self.units == "risk" else best

    def _exact(self, bet: tuple[Fraction, Fraction, Fraction], journal: Journal) -> None:
        values, best = self._values(*bet), self._best(*bet)
        found = self._f.answer(values, journal)
        wanted = self._wanted(best)
        if is_number(found) and any(_alike(found, each) for each in wanted):
            return
        if isinstance(found, Raised) and best <= 0 and refused(found):
            return
        texts = sorted({plain(each) for each in wanted})
        journal.do(f"found = float({self._f.written(values)})")
        journal.broken(
            f"{' or '.join(texts)}{self._hint(bet, found)}",
            plain(found),
            f"assert any(abs(found - right) <= 1e-6 * (1 + abs(right)) for right in "
            f"[{', '.join(texts)}])",
        )

    def _wanted(self, best: Fraction) -> set[Fraction]:
        """The optimum as it is, or between no bet and the cap, before or after it is scaled."""
        zero, scaled = Fraction(0), self._multiplier * best
        held = self._multiplier * max(zero, min(best, self._cap))
        return {scaled, held, max(zero, min(scaled, self._cap))}

    def _hint(self, bet: tuple[Fraction, Fraction, Fraction], found: Any) -> str:
        loss, best = bet[2], self._multiplier * self._best(*bet)
        if is_number(found) and loss != 1 and _alike(found, best * loss):
            return (
                " of the bankroll put into the position (what came is the part that is lost when "
                "wrong: --param units=risk if that is what it promises)"
            )
        if is_number(found) and _alike(found, 100 * best):
            return " as a fraction (what came is in percent)"
        if not self._stake and "odds" in self._f.roles["win"].lower():
            return " (given what a stake gains; --param win_as=decimal where odds count the stake)"
        return ""

    def _overbet(self, bet: tuple[Fraction, Fraction, Fraction], journal: Journal) -> None:
        values, best = self._values(*bet), self._best(*bet)
        found = self._f.answer(values, journal)
        if best > 0 and is_number(found) and found >= 2 * best * (1 - _TOLERANCE):
            journal.broken(
                f"below {plain(2 * best)}, twice the optimum",
                plain(found),
                f"assert {self._f.written(values)} < {plain(2 * best * (1 - _TOLERANCE))}",
            )

    def _no_edge(self, bet: tuple[Fraction, Fraction, Fraction], journal: Journal) -> None:
        values, best = self._values(*bet), self._best(*bet)
        if best > 0:
            return
        found = self._f.answer(values, journal)
        if is_number(found) and found > _TOLERANCE:
            journal.broken("no bet", plain(found), f"assert {self._f.written(values)} <= 0")

    def _monotone(self, bet: tuple[Fraction, ...], journal: Journal) -> None:
        low, high = sorted(bet[:2])
        less, more = self._values(low, bet[2], bet[3]), self._values(high, bet[2], bet[3])
        first, second = self._f.answer(less, journal), self._f.answer(more, journal)
        if is_number(first) and is_number(second) and second < first - _TOLERANCE:
            journal.broken(
                f"at least {plain(first)}",
                plain(second),
                f"assert {self._f.written(more)} >= {self._f.written(less)}",
            )

    def _chance(self, typed: str, journal: Journal) -> None:
        values: Values = {**self._values(_ONE / 2, _ONE, _ONE), "p": typed}
        self._must_refuse(values, journal, nothing=False, raw=False)

    def _sign_of_win(self, drawn: tuple[Fraction, Fraction], journal: Journal) -> None:
        values = self._values(drawn[0], -drawn[1], _ONE)
        self._must_refuse(values, journal, nothing=True, raw=False)

    def _zero(self, drawn: tuple[str, Fraction], journal: Journal) -> None:
        if drawn[0] in self._f.roles:
            nothing = self._stake if drawn[0] == "win" else 0
            values: Values = {**self._values(drawn[1], _ONE, _ONE), drawn[0]: nothing}
            self._must_refuse(values, journal, nothing=True, raw=True)

    def _no_number(self, drawn: tuple[str, str], journal: Journal) -> None:
        if drawn[0] in self._f.roles:
            values: Values = {**self._values(Fraction(6, 10), _ONE, _ONE), drawn[0]: drawn[1]}
            self._must_refuse(values, journal, nothing=False, raw=False)

    def _must_refuse(
        self,
        values: Mapping[str, Fraction | str | int],
        journal: Journal,
        *,
        nothing: bool,
        raw: bool,
    ) -> None:
        """An error is a refusal; where `raw`, one that was not meant is none."""
        found = self._f.answer(values, journal)
        if refused(found, nothing=nothing) or (nothing and is_number(found) and found <= 0):
            return
        if isinstance(found, Raised) and not raw:
            return
        call = self._f.written(values)
        if isinstance(found, Raised):
            raised = ", ".join(each.__name__ for each in RAW)
            journal.do("with pytest.raises(Exception) as caught:", f"    {call}")
            journal.broken(
                "an error that says what is wrong with the figure",
                found,
                f"assert not isinstance(caught.value, ({raised}))",
            )
        if nothing:
            journal.do("try:", f"    found = {call}", "except ValueError:", "    found = 0")
            journal.broken("an error, or no bet", plain(found), "assert found <= 0")
        journal.do("with pytest.raises(Exception):")
        journal.broken("an error", plain(found), f"    {call}")
