"""G06 and G08: the venues' rules fit what the bot wants, its way out included."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal, localcontext

from trading_tools.golive.check import Case, Check
from trading_tools.golive.config.model import Limits, Venue
from trading_tools.golive.venues.rules import Rule, read_rules
from trading_tools.golive.venues.together import each_venue
from trading_tools.golive.verdict import Evidence, Finding, failed, joined, no_evidence, passed
from trading_tools.money import plain, quantise

Look = Callable[[Case, Venue, str, Rule, Evidence], Finding]


def by_symbol(look: Look) -> Callable[[Case], Finding]:
    """A check that looks at the rules of each configured symbol."""

    def run(case: Case) -> Finding:
        def at(venue: Venue) -> Finding:
            book = read_rules(case, venue)
            found = []
            for symbol in venue.symbols:
                rule = book.rule(symbol)
                found.append(
                    failed(f"{venue.name} lists no {symbol}", "name it as ccxt does", book.here)
                    if rule is None
                    else look(case, venue, symbol, rule, book.here)
                )
            return joined(found)

        return each_venue(case, at)

    return run


def _open(case: Case, venue: Venue, symbol: str, rule: Rule, here: Evidence) -> Finding:
    del case
    name = f"{venue.name} {symbol}"
    if rule.limits.status == "not trading":
        return failed(f"{name} is not trading", "take it out of [[venues]] symbols", here)
    if rule.limits.status is None:
        return no_evidence(f"{name}: the venue does not say that it is open", "ask the venue", here)
    if rule.order_types is None:
        return no_evidence(f"{name}: its order types are not known here", "ask the venue", here)
    refused = [each for each in venue.order_types if each not in rule.order_types]
    if refused:
        return failed(f"{name} takes no {', '.join(refused)} orders", "send other types", here)
    return passed(f"{name} is open to {', '.join(venue.order_types)} orders", here)


def _exitable(case: Case, venue: Venue, symbol: str, rule: Rule, here: Evidence) -> Finding:
    """Whether the smallest entry, partly filled and after fees, can still be sold at the stop."""
    name, limits = f"{venue.name} {symbol}", case.project.config.limits
    known = _known(venue, symbol, rule, limits)
    if isinstance(known, str):
        return no_evidence(f"{name}: {known}", "declare it in golive.toml", here)
    price, entry_quote, stop, fee = known
    step, size = rule.limits.step_size or Decimal(0), rule.limits.contract_size or Decimal(1)
    with localcontext(prec=50):
        bought = quantise(entry_quote / (price * size), step, "down")
        filled = quantise(bought * limits.min_fill, step, "down")
        # A spot buyer's fee is taken out of what was bought; contracts pay it in quote.
        kept = quantise(filled * (1 - fee), step, "down") if ":" not in symbol else filled
        low = price * (1 - stop)
        worths = {"entry": (bought, bought * size * price), "exit": (kept, kept * size * low)}
        table = {
            "price": plain(price),
            "stop_price": plain(low),
            "taker_fee": plain(fee),
            "entry_amount": plain(bought),
            "exit_amount": plain(kept),
            "entry_quote": plain(worths["entry"][1]),
            "exit_quote": plain(worths["exit"][1]),
            "min_notional": plain(rule.limits.min_notional or Decimal(0)),
            "min_amount": plain(rule.limits.min_amount or Decimal(0)),
        }
    there = Evidence(f"smallest orders in {name}", None, table)
    for what, (amount, worth) in worths.items():
        too_small = _too_small(rule, amount, worth)
        if too_small:
            return failed(
                f"{name}: the smallest {what} {too_small}", "raise min_order_quote", here, there
            )
    return passed(
        f"{name}: an entry of {table['entry_quote']} leaves an exit of {table['exit_quote']}",
        here,
        there,
    )


def _known(
    venue: Venue, symbol: str, rule: Rule, limits: Limits
) -> tuple[Decimal, Decimal, Decimal, Decimal] | str:
    """Price, smallest entry, distance of the stop and fee; or which of them is not known."""
    price, least, stop = venue.prices.get(symbol), limits.min_order_quote, limits.stop_distance
    if rule.inverse:
        return "it is settled in its base asset, which is not reckoned here"
    if price is None:
        return "[[venues]] prices has none for it"
    if least is None:
        return "[limits] min_order_quote is missing"
    if stop is None:
        return "[limits] stop_distance is missing"
    if rule.taker_fee is None:
        return "the venue's rules do not have its fee"
    unsaid = [
        each
        for each in ("step_size", "min_notional", "min_amount")
        if getattr(rule.limits, each) is None
    ]
    # One of the two minima is enough: some venues have only one.
    if "step_size" in unsaid or len(unsaid) == 2:
        return f"the venue's rules do not have its {' and '.join(unsaid)}"
    return price, least, stop, rule.taker_fee


def _too_small(rule: Rule, amount: Decimal, worth: Decimal) -> str:
    limits = rule.limits
    if limits.min_amount is not None and amount < limits.min_amount:
        return f"is {plain(amount)} {limits.amount_unit}, below {plain(limits.min_amount)}"
    if limits.min_notional is not None and worth < limits.min_notional:
        return f"is worth {plain(worth)}, below {plain(limits.min_notional)}"
    return "is nothing" if amount <= 0 else ""


CHECKS = (
    Check(
        "G06",
        "Markets are open and allow the order types",
        "venues' market rules",
        by_symbol(_open),
    ),
    Check(
        "G08",
        "Smallest entry and exit are above the minimum",
        "freqtrade issue 8229",
        by_symbol(_exitable),
    ),
)
