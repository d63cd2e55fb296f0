"""What positions came to by the record, and what they could have come to by orders that were open.

A position is worth its size at its market's last fill, an open order its rest at its own price. Of
an order whose end is not in the record nobody knows how long it was open: by those a limit is only
perhaps passed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from trading_tools.audit.account_entries import PositionChange
from trading_tools.audit.trade import Entry, OrderIntent
from trading_tools.golive.config.model import Limits
from trading_tools.golive.inputs.table import InputError
from trading_tools.golive.inputs.trail import Filled, Trail
from trading_tools.money import plain

_NONE = Decimal(0)


@dataclass(frozen=True)
class Passed:
    """A limit that was passed, in words; not `sure` where it hangs on an order without an end."""

    words: str
    sure: bool


@dataclass
class _Open:
    """An order that may still be filled."""

    order: OrderIntent
    left_base: Decimal
    end_known: bool


@dataclass
class _Market:
    """One market as far as the record has been read."""

    held_base: Decimal = _NONE
    price_quote: Decimal = _NONE
    """That of the last fill."""
    orders: dict[str, _Open] = field(default_factory=dict)

    def take(self, fill: Filled) -> bool:
        """Whether the position grew by it."""
        before = abs(self.held_base)
        bought = fill.size_base if fill.order.side == "buy" else -fill.size_base
        self.held_base += bought - fill.fee_base
        self.price_quote = fill.price_quote
        known = self.orders.get(fill.order.client_order_id)
        if known is not None:
            known.left_base -= min(fill.size_base, known.left_base)
        return abs(self.held_base) > before

    def worth(self, newest: str, *, sure: bool) -> Decimal:
        """The most that the position is worth once one side of what is open is filled."""
        counted = [
            each
            for name, each in self.orders.items()
            if each.end_known or name == newest or not sure
        ]
        return max(
            self._one_way(self.held_base, [each for each in counted if each.order.side == "buy"]),
            self._one_way(-self.held_base, [each for each in counted if each.order.side == "sell"]),
        )

    def _one_way(self, held: Decimal, orders: list[_Open]) -> Decimal:
        left = sum((each.left_base for each in orders), _NONE)
        cost = sum(
            (each.left_base * (each.order.price_quote or self.price_quote) for each in orders),
            _NONE,
        )
        if held >= 0:
            return held * self.price_quote + cost
        return (held + left) * cost / left if held + left > 0 else _NONE


def too_much(limits: Limits, trail: Trail) -> Iterator[Passed]:
    """Each place of the record where a position, or all together, grew past a limit.

    Raises:
        InputError: what `Trail.fills` raises; a position without a price.
    """
    markets: dict[str, _Market] = {}
    fills = {fill.place: fill for fill in trail.fills()}
    ends = trail.ends()
    ended: dict[int, list[str]] = {}
    for name, place in ends.items():
        ended.setdefault(place, []).append(name)
    for place, entry in enumerate(trail.entries):
        fill = fills.get(place)
        symbol = fill.order.symbol if fill is not None else _symbol(entry)
        if symbol:
            yield from _step(limits, markets, symbol, entry, fill, ends)
        for name in ended.get(place, ()):
            for market in markets.values():
                market.orders.pop(name, None)


def _symbol(entry: Entry) -> str:
    return entry.symbol if isinstance(entry, OrderIntent | PositionChange) else ""


def _step(
    limits: Limits,
    markets: dict[str, _Market],
    symbol: str,
    entry: Entry,
    fill: Filled | None,
    ends: Mapping[str, int],
) -> Iterator[Passed]:
    market = markets.setdefault(symbol, _Market())
    if isinstance(entry, PositionChange):
        if not market.price_quote:
            raise InputError(
                f"the position in {symbol} changed ({entry.reason}) before any fill gave it a price"
            )
        market.held_base += entry.change_base
    elif fill is not None:
        if market.take(fill):
            yield from _passed(limits, markets, symbol, f"after {fill.order.client_order_id}", "")
    elif isinstance(entry, OrderIntent):
        name = entry.client_order_id
        before = market.worth("", sure=False)
        market.orders[name] = _Open(entry, entry.size_base, name in ends)
        if market.worth(name, sure=False) > before:
            yield from _passed(limits, markets, symbol, f"with {name}", name)


def _passed(
    limits: Limits, markets: Mapping[str, _Market], symbol: str, when: str, newest: str
) -> Iterator[Passed]:
    most = limits.per_symbol_quote.get(symbol, limits.max_position_quote or _NONE)
    whole = limits.max_exposure_quote or _NONE
    said = "could come to" if newest else "was worth"
    for sure in (True, False):
        worth = {name: each.worth(newest, sure=sure) for name, each in markets.items()}
        for what, found, limit in (
            (f"the position in {symbol}", worth[symbol], most),
            ("all positions together", sum(worth.values(), _NONE), whole),
        ):
            if found > limit:
                words = f"{when} {what} {said} {plain(found)}, {plain(limit)} at most"
                yield Passed(words, sure)
                return
