"""What an order guard must keep: no order out that breaks a limit, however orders come.

Money is exact and finite, what is open counts as if it filled, a limit holds also while answers
are awaited, and an order whose outcome is not known is one that may be there. Source: the safety
rules of seed 001, whose own bot keeps few of them under these histories.
"""

from __future__ import annotations

from decimal import ROUND_UP, Decimal

from hypothesis import strategies as st

from trading_tools.conformance.inside.journal import Journal, NotReached
from trading_tools.conformance.inside.loading import Loaded, told
from trading_tools.conformance.inside.search import Property
from trading_tools.conformance.inside.virtual import VirtualTime
from trading_tools.conformance.kinds.functions import RAW
from trading_tools.conformance.kinds.guard_life import Life
from trading_tools.conformance.kinds.guard_shapes import EXPOSURES, SIZES, Shape, is_order, shape_of
from trading_tools.conformance.kinds.laws import Laws, Making, making
from trading_tools.conformance.kinds.params import Params, fitting, signature

_DAILIES = (
    "max_daily_trades", "max_orders_per_day", "daily_limit", "max_trades_per_day",
    "max_daily_orders", "max_orders_a_day", "daily_trade_limit",
)  # fmt: skip
_LIMITS = {"exposure": EXPOSURES, "size": SIZES, "daily": _DAILIES}
_EXPOSURE, _SIZE, _MANY = 1000, 1000, 1000
_MARKET = "10"
_CENT = Decimal("0.01")
_DAY_H = 24


def laws(loaded: Loaded, params: Params) -> Laws:
    """The properties of an order guard.

    Raises:
        CheckError: it cannot be made, or what an order is for it is not known.
    """
    meanings = {
        "exposure": (EXPOSURES, _EXPOSURE), "size": (SIZES, _SIZE), "daily": (_DAILIES, _MANY),
    }  # fmt: skip
    nothing = Making(lambda: None, {}, "None")
    make = nothing if is_order(loaded) else making(loaded, params, meanings)
    market = params.text("market_price") or _MARKET
    with VirtualTime():
        shape = shape_of(loaded, make.maker, make(), params, market)
    case = _Case(make, shape, Decimal(market), params)
    return Laws(f"{make.expression}, {shape.words}", case.properties())


class _Case:
    """One guard under all its laws."""

    def __init__(self, make: Making, shape: Shape, market: Decimal, params: Params) -> None:
        self._make = make
        self._shape = shape
        self._market = market
        parameters = signature(make.maker)
        self._names = {
            word: next((name for name in parameters if name.lower() in names), None)
            for word, names in _LIMITS.items()
        }
        self._parameters = parameters
        told_exposure = params.number("exposure") if self._names["exposure"] is None else None
        self._exposure = Decimal(str(told_exposure)) if told_exposure else Decimal(_EXPOSURE)
        self._knows = {
            "exposure": self._names["exposure"] is not None or told_exposure is not None,
            "size": self._names["size"] is not None,
            "daily": self._names["daily"] is not None,
        }

    def properties(self) -> tuple[Property, ...]:
        """All of them."""
        shape = self._shape
        no_exposure = "" if self._knows["exposure"] else "it has no limit of exposure"
        no_day = "" if self._knows["daily"] else "it has no daily limit"
        judges = "" if shape.sends else "it only judges: its caller sends and records"
        keeps = "" if shape.sends or shape.records else "it only judges and keeps no record"
        no_price = "" if shape.fields["price"] else "its orders have no price"
        half = self._exposure / self._market / 2
        sizes = st.integers(1, 10).map(lambda n: (half * (10 + n) / 10).quantize(_CENT, ROUND_UP))
        crowd = st.tuples(st.integers(2, 6), sizes)
        return (
            Property("usable", "lets an order out that is within all limits",
                     st.just("buy"), self._usable, "one small order"),
            Property("limits", "refuses what is over a limit, or nothing at all",
                     st.sampled_from(("size", "zero", "negative", "price")), self._limits_hold,
                     "orders over each limit, of no size and at no price"),
            Property("no-number", "refuses a size or a price that is no number",
                     st.tuples(st.sampled_from(("size", "price")),
                               st.sampled_from(("Infinity", "NaN", "-Infinity"))),
                     self._no_number, "NaN and infinities", why_not=no_price),
            Property("no-number-words", "says in words that a size is no number",
                     st.sampled_from(("NaN", "Infinity")), self._words, "the same", note=True),
            Property("floats", "refuses binary floats for money", st.sampled_from((1.1, 0.1, 2.5)),
                     self._floats, "sizes as floats"),
            Property("frozen", "an order that was validated cannot be changed into another",
                     st.integers(1, 50).map(lambda n: Decimal(-n)), self._frozen,
                     "a size that is set after the order was made",
                     why_not="" if shape.mutable else "its orders are plain arguments"),
            Property("market-order", "judges a market order by what it may cost",
                     self._market_sizes(), self._market_order,
                     f"market orders where the market is at {self._market}",
                     why_not=no_exposure),
            Property("race", "keeps the exposure while answers are awaited", crowd, self._race,
                     "2 to 6 orders at the same time", why_not=no_exposure or judges),
            Property("daily-race", "keeps the daily limit while answers are awaited",
                     st.integers(2, 6), self._daily_race, "2 to 6 orders at the same time",
                     why_not=no_day or judges),
            Property("open-orders", "counts open orders as if they filled", crowd, self._open,
                     "orders that rest, one after another", why_not=no_exposure or keeps),
            Property("unknown-outcome", "counts an order that timed out as one that may be there",
                     crowd, self._unknown, "orders without an answer",
                     why_not=no_exposure or judges),
            Property("closing", "a sell that closes a position gives its room back", sizes,
                     self._closing, "a buy, the sell that closes it, and a buy again",
                     why_not=no_exposure or judges),
            Property("daily-reset", "counts a day by UTC", st.integers(1, 47), self._reset,
                     "orders up to two days apart", why_not=no_day or keeps),
        )  # fmt: skip

    def _market_sizes(self) -> st.SearchStrategy[Decimal]:
        """More than the limit at the market's price, and little at a price of 1."""
        least = int(self._exposure / self._market) + 1
        return st.integers(least, max(least + 1, int(self._exposure / 2))).map(Decimal)

    def _life(self, journal: Journal, **limits: int | Decimal) -> Life:
        named = {}
        usual = {"exposure": self._exposure, "size": _SIZE, "daily": _MANY}
        for word, value in {**usual, **limits}.items():
            name = self._names[word]
            if name is not None:
                named[name] = fitting(value, self._parameters[name])
        return Life(self._make, self._shape, journal, **named)

    def _usable(self, side: str, journal: Journal) -> None:
        async def play(life: Life) -> None:
            if not await life.submit(side, Decimal(1), self._market):
                life.broken("let out", "refused", "assert out")

        self._life(journal).run(play)

    def _limits_hold(self, which: str, journal: Journal) -> None:
        orders = {
            "zero": (Decimal(0), self._market), "negative": (Decimal(-1), self._market),
            "price": (Decimal(1), Decimal(-1)), "size": (Decimal(11), Decimal(1)),
        }  # fmt: skip
        if which == "size" and not self._knows["size"]:
            return

        async def play(life: Life) -> None:
            if await life.submit("buy", *orders[which]):
                life.broken("refused", "it gets out", "assert not out")

        self._life(journal, size=10).run(play)

    def _no_number(self, drawn: tuple[str, str], journal: Journal) -> None:
        figure = Decimal(drawn[1])
        order = (figure, self._market) if drawn[0] == "size" else (Decimal(1), figure)

        async def play(life: Life) -> None:
            if await life.submit("buy", *order):
                life.broken("refused", "it gets out", "assert not out")

        self._life(journal).run(play)

    def _words(self, figure: str, journal: Journal) -> None:
        async def play(life: Life) -> None:
            passed = await life.submit("buy", Decimal(figure), self._market)
            refusal = life.desk.refusal
            if not passed and isinstance(refusal, RAW):
                names = ", ".join(each.__name__ for each in RAW)
                life.broken("an error that says what is wrong", told(refusal),
                            f"assert not isinstance(desk.refusal, ({names}))")  # fmt: skip

        self._life(journal).run(play)

    def _floats(self, size: float, journal: Journal) -> None:
        async def play(life: Life) -> None:
            if await life.submit("buy", size, 0.1):
                life.broken("refused: a float is not exact", "it gets out", "assert not out")

        self._life(journal).run(play)

    def _frozen(self, size: Decimal, journal: Journal) -> None:
        name = self._shape.fields["size"]

        async def play(life: Life) -> None:
            if await life.submit("buy", Decimal(1), self._market, (name, size)):
                life.broken("refused, or no change to it", "it gets out", "assert not out")

        self._life(journal).run(play)

    def _market_order(self, size: Decimal, journal: Journal) -> None:
        async def play(life: Life) -> None:
            if await life.submit("buy", size, None):
                most, worth = self._exposure, size * self._market
                life.broken(f"refused: {most} are the most, and it is not known to cost less",
                            f"it gets out, worth {worth} at a market of {self._market}",
                            "assert not out")  # fmt: skip

        self._life(journal).run(play)

    def _over(self, life: Life) -> None:
        if life.worth() > self._exposure:
            life.broken(f"at most {self._exposure} out", f"{life.worth()}",
                        "assert sum(size * price for _, size, price in desk.sent) "
                        f"<= {self._exposure}")  # fmt: skip

    def _race(self, crowd: tuple[int, Decimal], journal: Journal) -> None:
        async def play(life: Life) -> None:
            await life.together(crowd[0], "buy", crowd[1], self._market)
            self._over(life)

        self._life(journal).run(play)

    def _daily_race(self, count: int, journal: Journal) -> None:
        async def play(life: Life) -> None:
            await life.together(count, "buy", Decimal(1), self._market)
            if len(life.desk.sent) > 1:
                life.broken("1 order a day", f"{len(life.desk.sent)}", "assert len(desk.sent) <= 1")

        self._life(journal, daily=1).run(play)

    async def _one_by_one(self, life: Life, crowd: tuple[int, Decimal]) -> None:
        for _ in range(crowd[0]):
            await life.submit("buy", crowd[1], self._market)
        self._over(life)

    def _open(self, crowd: tuple[int, Decimal], journal: Journal) -> None:
        async def play(life: Life) -> None:
            life.answers("rests", "the venue takes orders, and fills none")
            await self._one_by_one(life, crowd)

        self._life(journal).run(play)

    def _unknown(self, crowd: tuple[int, Decimal], journal: Journal) -> None:
        async def play(life: Life) -> None:
            life.answers("times out", "the venue takes orders, and its answers are lost")
            await self._one_by_one(life, crowd)

        self._life(journal).run(play)

    def _closing(self, size: Decimal, journal: Journal) -> None:
        async def play(life: Life) -> None:
            if not await life.submit("buy", size, self._market):
                raise NotReached("it refuses the first order")
            for side, why in (("sell", "it closes the position"), ("buy", "the book is flat")):
                if not await life.submit(side, size, self._market):
                    life.broken(f"let out: {why}", "refused", "assert out")

        self._life(journal).run(play)

    def _reset(self, hours: int, journal: Journal) -> None:
        async def play(life: Life) -> None:
            if not await life.submit("buy", Decimal(1), self._market):
                raise NotReached("it refuses the first order")
            await life.wait(hours)
            passed = await life.submit("buy", Decimal(1), self._market)
            if passed and hours < _DAY_H:
                life.broken("refused: one a day", "it gets out", "assert not out")
            if not passed and hours >= _DAY_H:
                life.broken("let out: it is another day in UTC", "refused", "assert out")

        self._life(journal, daily=1).run(play)
