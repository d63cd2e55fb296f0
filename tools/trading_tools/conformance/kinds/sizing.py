"""What a sizing function must keep: never more than the bankroll, the fraction or a cap allows.

Every limit makes an order smaller; sizes are rounded down. Whether an answer is an amount of quote
currency or a size in base is found by whether the function knows a price; `--param units=quote` or
`units=base` says it.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from hypothesis import strategies as st

from trading_tools.conformance.inside.journal import Journal, Raised
from trading_tools.conformance.inside.loading import Loaded
from trading_tools.conformance.inside.search import Property
from trading_tools.conformance.kinds.functions import (
    NO_NUMBERS,
    Function,
    function_of,
    is_number,
    plain,
)
from trading_tools.conformance.kinds.laws import Laws
from trading_tools.conformance.kinds.params import Params
from trading_tools.conformance.spec import CheckError

_ROLES = {
    "bankroll": (
        "bankroll", "capital", "equity", "balance", "account_balance", "bankroll_quote", "account",
        "portfolio_value", "account_size", "account_equity", "portfolio", "cash",
    ),
    "fraction": (
        "kelly_fraction", "fraction", "risk_fraction", "f", "risk_pct", "risk_per_trade", "risk",
        "kelly", "weight", "target_weight",
    ),
    "multiplier": ("kelly_multiplier", "multiplier", "scale", "kelly_scale"),
    "cap": (
        "max_position", "max_size", "max_notional", "cap", "max_position_size", "limit",
        "max_notional_quote", "max_order", "max_position_quote",
    ),
    "price": ("price", "entry_price", "price_quote", "last_price", "entry", "mark_price"),
    "stop": ("stop", "stop_price", "stop_loss", "stop_loss_price", "sl"),
    "step": ("step", "step_size", "lot_size", "quantum", "lot"),
}  # fmt: skip
_SIZES = ("size", "qty", "quantity", "contracts", "lots")
_AMOUNTS = ("quote", "notional", "usd", "value", "cash", "amount")
_DIGITS = 1 + Fraction(1, 10**12)
Values = dict[str, Fraction | str | int]


def laws(loaded: Loaded, params: Params) -> Laws:
    """The properties of a sizing function.

    Raises:
        CheckError: it is no such function, or its arguments are not known.
    """
    function = function_of(loaded, params, _ROLES)
    for role in ("bankroll", "fraction"):
        if role not in function.roles:
            raise CheckError(
                f"{loaded.name} has no argument for {role}", f"name it: --param {role}_name=…"
            )
    units = params.text("units")
    if units not in (None, "quote", "base"):
        raise CheckError(f"--param units={units} is neither quote nor base", "give one of them")
    case = _Case(function, units)
    words = f"{loaded.name} by {', '.join(function.roles.values())}; answers in {case.units}"
    return Laws(words, case.properties())


def _plain_first(
    easy: Sequence[int | Fraction], rest: st.SearchStrategy[int], parts: int
) -> st.SearchStrategy[Fraction]:
    """Figures, of which a counterexample is shortened to one that reads easily."""
    plain_ones = st.sampled_from([Fraction(each) for each in easy])
    return st.one_of(plain_ones, rest.map(lambda n: Fraction(n, parts)))


class _Case:
    """One sizing function under all its laws."""

    def __init__(self, function: Function, units: str | None) -> None:
        self._f = function
        self._told = units is not None
        self.units = units or ("base" if "price" in function.roles else "quote")

    def properties(self) -> tuple[Property, ...]:
        """All of them."""
        roles = self._f.roles
        bankrolls = _plain_first((1000, 100), st.integers(1, 10**6), 10)
        parts = _plain_first((1, Fraction(1, 2)), st.integers(1, 100), 100)
        prices = _plain_first((100, 60000), st.integers(1, 10**6), 100)
        orders = st.tuples(bankrolls, parts, parts, st.integers(1, 10**5).map(Fraction), prices)
        no_multiplier = "" if "multiplier" in roles else "it has no multiplier"
        no_cap = "" if "cap" in roles else "it has no cap"
        no_price = "" if "price" in roles else "it knows no price"
        low = st.sampled_from((Fraction(0), Fraction(-1), Fraction(-1000)))
        return (
            Property("bound", "never more than the fraction of the bankroll, rounded down", orders,
                     self._bound, "bankrolls up to 100000, fractions and multipliers up to 1"),
            Property("cap", "never more than the cap", orders, self._capped, "the same with caps",
                     why_not=no_cap),
            Property("bankroll", "never more than the bankroll, whatever the fraction",
                     st.tuples(bankrolls, st.integers(2, 50).map(Fraction)), self._whole,
                     "fractions above 1"),
            Property("multiplier", "a multiplier above 1 is refused or takes no more than the "
                     "bankroll", st.tuples(bankrolls, st.integers(2, 50).map(Fraction)),
                     self._multiplied, "multipliers up to 50", why_not=no_multiplier),
            Property("no-money", "no position without a bankroll", low, self._no_money,
                     "bankrolls of 0 and below"),
            Property("negative", "no position, and no negative one, for a negative fraction", parts,
                     self._negative, "fractions down to -1"),
            Property("monotone", "a larger bankroll never gives a smaller size",
                     st.tuples(orders, bankrolls), self._monotone, "pairs of bankrolls"),
            Property("price", "a price of 0 or below is refused", low, self._priceless,
                     "prices of 0 and below", why_not=no_price),
            Property("units", "a size in base is worth what was allowed, at its price", orders,
                     self._worth, "prices up to 10000"),
            Property("no-number", "refuses what is no number",
                     st.tuples(st.sampled_from(sorted(roles)), st.sampled_from(NO_NUMBERS)),
                     self._no_number, "NaN and infinities in each figure"),
        )  # fmt: skip

    def _values(self, order: tuple[Fraction, ...]) -> Values:
        """With a cap that never binds."""
        bankroll, fraction, multiplier, _cap, price = order
        return {"bankroll": bankroll, "fraction": fraction, "multiplier": multiplier,
                "cap": Fraction(10**9), "price": price, "stop": price * Fraction(9, 10),
                "step": Fraction(1, 1000)}  # fmt: skip

    def _usual(self) -> Values:
        return self._values((Fraction(1000), Fraction(1, 2), Fraction(1), Fraction(1), Fraction(2)))

    def _most(self, values: Values) -> Fraction:
        """The most that the answer may be, in its units."""
        most = Fraction(values["bankroll"]) * Fraction(values["fraction"])
        if "multiplier" in self._f.roles:
            most *= Fraction(values["multiplier"])
        return self._in_units(most, values)

    def _in_units(self, quote: Fraction, values: Values) -> Fraction:
        """An amount of quote currency in the units of the answer; with a stop it is the risk."""
        if self.units == "quote" or "price" not in self._f.roles:
            return quote
        each = Fraction(values["price"])
        if "stop" in self._f.roles:
            each = abs(each - Fraction(values["stop"]))
        return quote / each

    def _at_most(self, values: Values, most: Fraction, what: str, journal: Journal) -> None:
        found = self._f.answer(values, journal)
        if isinstance(found, Raised) or (is_number(found) and found <= most * _DIGITS):
            return
        journal.broken(
            f"at most {plain(most)}, {what}",
            plain(found),
            f"assert {self._f.written(values)} <= {plain(most)}",
        )

    def _bound(self, order: tuple[Fraction, ...], journal: Journal) -> None:
        values = self._values(order)
        self._at_most(values, self._most(values), "what the fraction allows", journal)

    def _capped(self, order: tuple[Fraction, ...], journal: Journal) -> None:
        values = {**self._values(order), "cap": order[3]}
        by_size = "size" in self._f.roles["cap"]
        cap = order[3] if by_size else self._in_units(order[3], values)
        self._at_most(values, cap, "the cap", journal)

    def _whole(self, drawn: tuple[Fraction, Fraction], journal: Journal) -> None:
        values: Values = {**self._usual(), "bankroll": drawn[0], "fraction": drawn[1]}
        self._at_most(values, self._in_units(drawn[0], values), "the bankroll", journal)

    def _multiplied(self, drawn: tuple[Fraction, Fraction], journal: Journal) -> None:
        values: Values = {**self._usual(), "bankroll": drawn[0], "fraction": 1,
                          "multiplier": drawn[1]}  # fmt: skip
        self._at_most(values, self._in_units(drawn[0], values), "the bankroll", journal)

    def _nothing(self, values: Values, journal: Journal) -> None:
        found = self._f.answer(values, journal)
        if isinstance(found, Raised) or (is_number(found) and found == 0):
            return
        journal.do(
            "try:", f"    found = {self._f.written(values)}", "except Exception:", "    found = 0"
        )
        journal.broken("an error, or 0", plain(found), "assert found == 0")

    def _no_money(self, bankroll: Fraction, journal: Journal) -> None:
        self._nothing({**self._usual(), "bankroll": bankroll}, journal)

    def _negative(self, part: Fraction, journal: Journal) -> None:
        self._nothing({**self._usual(), "fraction": -part}, journal)

    def _priceless(self, price: Fraction, journal: Journal) -> None:
        self._nothing({**self._usual(), "price": price}, journal)

    def _monotone(self, drawn: tuple[Any, Fraction], journal: Journal) -> None:
        order, other = drawn
        low, high = sorted((order[0], other))
        less, more = self._values((low, *order[1:])), self._values((high, *order[1:]))
        first, second = self._f.answer(less, journal), self._f.answer(more, journal)
        if is_number(first) and is_number(second) and second < first:
            journal.broken(
                f"at least {plain(first)}",
                plain(second),
                f"assert {self._f.written(more)} >= {self._f.written(less)}",
            )

    def _worth(self, order: tuple[Fraction, ...], journal: Journal) -> None:
        """Half of what is allowed is a size that rounding alone does not explain."""
        values = self._values(order)
        if self.units == "quote" and not self._told and self._seems_base():
            self._without_price(self._usual(), journal)
        most = self._most(values)
        found = self._f.answer(values, journal)
        if is_number(found) and most >= 1 and found < most / 2:
            journal.broken(
                f"about {plain(most)}",
                plain(found),
                f"assert {self._f.written(values)} >= {plain(most / 2)}",
            )

    def _seems_base(self) -> bool:
        name = self._f.name.lower()
        return any(w in name for w in _SIZES) and not any(w in name for w in _AMOUNTS)

    def _without_price(self, values: Values, journal: Journal) -> None:
        found = self._f.answer(values, journal)
        journal.broken(
            "a size in base, which depends on the price (an amount of quote currency is no size: "
            "--param units=quote if that is what it promises)",
            f"{plain(found)}, whatever the price",
            f"assert 'price' in inspect.signature({self._f.name}).parameters",
        )

    def _no_number(self, drawn: tuple[str, str], journal: Journal) -> None:
        values: Values = {**self._usual(), drawn[0]: drawn[1]}
        found = self._f.answer(values, journal)
        if isinstance(found, Raised):
            return
        journal.do("with pytest.raises(Exception):")
        journal.broken("an error", plain(found), f"    {self._f.written(values)}")
