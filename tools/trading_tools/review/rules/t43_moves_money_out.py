"""T43: code that trades takes money out of the account."""

from __future__ import annotations

from collections.abc import Iterator

from trading_tools.review.findings import Severity
from trading_tools.review.model.calls import VenueCall
from trading_tools.review.model.libraries import Act
from trading_tools.review.model.module import Module
from trading_tools.review.rule import Hit, Rule, Topic, on_acts


def _moved(call: VenueCall, module: Module) -> Iterator[Hit]:
    del module
    yield Hit(call.node, f"`{call.shown}` takes money out of the account")


RULE = Rule(
    id="T43",
    title="code that trades takes money out of the account",
    severity=Severity.ERROR,
    topic=Topic.PRODUCTION,
    why="A key that may withdraw turns every fault of the bot, and every leak of its key, into "
    "the loss of the whole account.",
    fix="trade with a key that cannot withdraw, and move money by hand or in another program",
    in_tests=True,
    visits=(on_acts(_moved, Act.MOVE),),
    bad=(
        """
import ccxt

exchange = ccxt.kraken(settings)
exchange.withdraw("BTC", amount, address)  # <-
""",
    ),
    good=(
        """
import ccxt

exchange = ccxt.kraken(settings)
free = exchange.fetch_balance()["BTC"]["free"]
account.withdraw(free)
""",
    ),
)
