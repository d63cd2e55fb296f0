"""G10, G11 and G29: by its own record, the bot kept to its limits, and its guard was seen to bite.

What the record cannot show is no evidence: a price without the quote of its time, a throttle or a
collar that never had to refuse anything.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable
from datetime import UTC, timedelta
from decimal import Decimal, localcontext
from typing import Final

from trading_tools.audit.trade import Decision, OrderIntent
from trading_tools.golive.check import Case, Check
from trading_tools.golive.config.model import Limits
from trading_tools.golive.exposure import too_much
from trading_tools.golive.inputs.table import InputError
from trading_tools.golive.inputs.trail import Trail, read_trail
from trading_tools.golive.verdict import Evidence, Finding, failed, no_evidence, passed
from trading_tools.money import plain

MID: Final = "mid_quote"
"""Where a decision's data holds the mid of the market that is named under `symbol`."""

_MINUTE: Final = timedelta(seconds=60)
_BOUNDS: Final = ("max_order_quote", "max_position_quote", "max_exposure_quote")
_BY_GUARD: Final = "let the guard refuse one on paper"


def _of_record(look: Callable[[Limits, Trail, Case], Finding]) -> Callable[[Case], Finding]:
    def run(case: Case) -> Finding:
        try:
            trail = read_trail(case)
            with localcontext(prec=50):
                return look(case.project.config.limits, trail, case)
        except InputError as error:
            return no_evidence(str(error), "keep the kit's trade audit, name it under [record]")

    return run


def _collar(limits: Limits, trail: Trail, case: Case) -> Finding:
    del case
    if limits.price_collar is None:
        return no_evidence("no price_collar is declared", "declare it under [limits]", trail.here)
    mids, orders = _mids(trail), trail.intents
    for order, mid in zip(orders, mids, strict=True):
        if mid is None or order.price_quote is None:
            continue
        if abs(order.price_quote - mid) > limits.price_collar * mid:
            return failed(
                f"{order.client_order_id} went out at {plain(order.price_quote)} with the mid at "
                f"{plain(mid)}: further than {plain(limits.price_collar)}",
                "put the guard before every order",
                trail.here,
            )
    beyond = _slipped(limits, trail, mids)
    if isinstance(beyond, Finding):
        return beyond
    unseen = sum(mid is None for mid in mids)
    if unseen:
        return no_evidence(
            f"the record does not hold the quote for {unseen} of {len(orders)} orders",
            f"record {MID} with each order's intent, as the kit does",
            trail.here,
        )
    refused = trail.refusals("price-collar", "slippage")
    if not refused:
        return no_evidence(
            f"all {len(orders)} orders were within the collar, and nothing shows that it bites",
            _BY_GUARD,
            trail.here,
        )
    bites = Evidence("orders refused for their price", None, {"refused": refused})
    return passed(
        f"all {len(orders)} orders were within {plain(limits.price_collar)} of the mid, "
        f"{refused} were refused",
        trail.here,
        bites,
    )


def _mids(trail: Trail) -> list[Decimal | None]:
    """For each order the mid of its intent, else the one recorded since the market's last order.

    For a stop its trigger: when it goes to the book, the market is there.
    """
    newest: dict[str, Decimal] = {}
    found: list[Decimal | None] = []
    for entry in trail.entries:
        if isinstance(entry, Decision):
            symbol, mid = entry.data.get("symbol"), entry.data.get(MID)
            if isinstance(symbol, str) and isinstance(mid, Decimal) and mid > 0:
                newest[symbol] = mid
        elif isinstance(entry, OrderIntent):
            before = newest.pop(entry.symbol, None)
            found.append(entry.stop_price_quote or entry.mid_quote or before)
    return found


def _slipped(limits: Limits, trail: Trail, mids: list[Decimal | None]) -> Finding | None:
    """What is wrong with the fills of market orders."""
    at = {
        order.client_order_id: mid
        for order, mid in zip(trail.intents, mids, strict=True)
        if order.price_quote is None
    }
    if at and limits.max_slippage is None:
        return no_evidence(
            "it sends market orders, and no max_slippage is declared",
            "declare it under [limits]",
            trail.here,
        )
    most = limits.max_slippage or Decimal(0)
    for fill in trail.fills():
        mid = at.get(fill.order.client_order_id)
        if mid is None:
            continue
        worse = fill.price_quote - mid if fill.order.side == "buy" else mid - fill.price_quote
        if worse > most * mid:
            return failed(
                f"{fill.order.client_order_id} was filled at {plain(fill.price_quote)} with the "
                f"mid at {plain(mid)}: further than {plain(most)}",
                "bound market orders by the book's depth",
                trail.here,
            )
    return None


def _throttle(limits: Limits, trail: Trail, case: Case) -> Finding:
    del case
    minute, day, repeats = (
        limits.max_orders_a_minute,
        limits.max_orders_a_day,
        limits.max_repeats,
    )
    if minute is None or day is None or repeats is None:
        return no_evidence(
            "max_orders_a_minute, max_orders_a_day and max_repeats are not all declared",
            "declare them under [limits]",
            trail.here,
        )
    most = {
        "in a minute": (_most_within(trail.intents), minute),
        "on a day": (_most_a_day(trail.intents), day),
        "alike in a minute": (_most_alike(trail.intents), repeats),
    }
    figures = {what: count for what, (count, _) in most.items()}
    counted = Evidence("most orders", None, figures)
    for what, (count, limit) in most.items():
        if count > limit:
            return failed(
                f"{count} orders {what}, {limit} at most",
                "put the guard before every order",
                trail.here,
                counted,
            )
    refused = trail.refusals("repeats", "daily-orders")
    text = ", ".join(f"{count} {what}" for what, count in figures.items())
    if not refused:
        return no_evidence(
            f"at most {text}, within the limits, and nothing shows that they bite",
            _BY_GUARD,
            trail.here,
            counted,
        )
    return passed(f"at most {text}; {refused} orders were refused", trail.here, counted)


def _most_within(orders: list[OrderIntent]) -> int:
    """The most orders in any minute, wherever it begins."""
    window: deque[OrderIntent] = deque()
    most = 0
    for order in sorted(orders, key=lambda each: each.at):
        window.append(order)
        while order.at - window[0].at >= _MINUTE:
            window.popleft()
        most = max(most, len(window))
    return most


def _most_a_day(orders: list[OrderIntent]) -> int:
    return max(Counter(order.at.astimezone(UTC).date() for order in orders).values())


def _most_alike(orders: list[OrderIntent]) -> int:
    """As the kit's guard counts: alike in market, side and size."""
    kinds: dict[tuple[str, str, Decimal], list[OrderIntent]] = {}
    for order in orders:
        kinds.setdefault((order.symbol, order.side, order.size_base), []).append(order)
    return max(_most_within(alike) for alike in kinds.values())


def _no_fat_finger(limits: Limits, trail: Trail, case: Case) -> Finding:
    allowed = {symbol for venue in case.project.config.venues for symbol in venue.symbols}
    strange = sorted({order.symbol for order in trail.intents} - allowed)
    if strange:
        return failed(
            f"it sent orders in {', '.join(strange[:5])}, which golive.toml does not list",
            "restrict it to the symbols that are listed",
            trail.here,
        )
    missing = [name for name in _BOUNDS if getattr(limits, name) is None]
    if missing:
        said = f"not declared: {', '.join(missing)}"
        return no_evidence(said, "declare them under [limits]", trail.here)
    for look in (_too_large, _too_much, _with_itself):
        found = look(limits, trail)
        if found is not None:
            return found
    return passed(
        f"none of {len(trail.intents)} orders was too large, in a symbol that is not listed, or "
        "against one of its own; positions stayed within their limits, with all that was open",
        trail.here,
    )


def _too_large(limits: Limits, trail: Trail) -> Finding | None:
    most = limits.max_order_quote or Decimal(0)
    paid = {fill.order.client_order_id: fill.price_quote for fill in trail.fills()}
    unpriced = 0
    for order in trail.intents:
        price = order.price_quote or paid.get(order.client_order_id) or order.mid_quote
        if price is None:
            unpriced += 1
        elif order.size_base * price > most:
            worth = plain(order.size_base * price)
            return failed(
                f"{order.client_order_id} was worth {worth}, {plain(most)} at most",
                "put the guard before every order",
                trail.here,
            )
    if unpriced:
        return no_evidence(
            f"the worth of {unpriced} orders without a price is not in the record",
            "send them as limit orders, or record their fills",
            trail.here,
        )
    return None


def _too_much(limits: Limits, trail: Trail) -> Finding | None:
    """A limit that was passed, else one that perhaps was."""
    found = list(too_much(limits, trail))
    sure = next((each for each in found if each.sure), None)
    if sure is not None:
        return failed(sure.words, "put the guard before every order", trail.here)
    if found:
        return no_evidence(
            f"{found[0].words}, if orders without an end in the record were open",
            "record how each order ended",
            trail.here,
        )
    return None


def _with_itself(limits: Limits, trail: Trail) -> Finding | None:
    """An order that could meet one of its own, or two of its own that did."""
    del limits
    sides: dict[tuple[str, str], str] = {}
    for fill in trail.fills():
        if fill.trade_id is None:
            continue
        side = sides.setdefault((fill.order.symbol, fill.trade_id), fill.order.side)
        if side != fill.order.side:
            return failed(
                f"trade {fill.trade_id} in {fill.order.symbol} was with itself",
                "cancel the other side first",
                trail.here,
            )
    ends, unsure = trail.ends(), ""
    resting: dict[str, OrderIntent] = {}
    for place, entry in enumerate(trail.entries):
        if not isinstance(entry, OrderIntent):
            continue
        resting = {name: other for name, other in resting.items() if ends.get(name, place) >= place}
        for name, other in resting.items():
            if not _meet(entry, other):
                continue
            if name in ends:
                return failed(
                    f"{entry.client_order_id} could meet {name}, its own, which was still open",
                    "cancel the other side first",
                    trail.here,
                )
            unsure = unsure or f"{entry.client_order_id} could have met {name}"
        resting[entry.client_order_id] = entry
    if unsure:
        return no_evidence(
            f"{unsure}, whose end is not in the record", "record how each order ended", trail.here
        )
    return None


def _in_book(order: OrderIntent, price: Decimal | None) -> bool:
    """Whether it can be in the book beside one of that price: a stop only from its trigger on."""
    stop = order.stop_price_quote
    if stop is None:
        return True
    return price is not None and (price <= stop if order.side == "sell" else price >= stop)


def _meet(one: OrderIntent, other: OrderIntent) -> bool:
    if one.symbol != other.symbol or one.side == other.side:
        return False
    buy, sell = (one, other) if one.side == "buy" else (other, one)
    if not (_in_book(buy, sell.price_quote) and _in_book(sell, buy.price_quote)):
        return False
    if buy.price_quote is None or sell.price_quote is None:
        return True
    return buy.price_quote >= sell.price_quote


CHECKS = (
    Check(
        "G10",
        "Price collars and slippage bounds",
        "RTS 6 art. 15(1)(a)",
        _of_record(_collar),
    ),
    Check(
        "G11",
        "Message and repeated-execution throttles",
        "RTS 6 art. 15(1)(d) and 15(3)",
        _of_record(_throttle),
    ),
    Check(
        "G29",
        "No self-trades, fat fingers, restricted symbols",
        "RTS 6 art. 13",
        _of_record(_no_fat_finger),
    ),
)
