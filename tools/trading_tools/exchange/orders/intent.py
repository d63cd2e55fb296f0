"""What a strategy wants of a venue: one order, with a key that stays the same on every retry."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Literal, get_args

from trading_tools.money import exact

OrderType = Literal["limit", "market"]
TimeInForce = Literal["GTC", "IOC", "FOK", "PO"]
"""`PO` is post only: the order may rest, and never takes."""

_SURROGATES: Final = re.compile("[\ud800-\udfff]")
"""Halves of characters, as names of files may have them: no ledger and no venue takes them."""


@dataclass(frozen=True)
class Intent:
    """One order that is wanted. Sizes in the base asset, prices in quote for each unit.

    `key` says which decision this is: the same key is the same order, however often it is asked
    for and in whichever process. A new decision needs a new key. Whether it keeps the venue's rules
    and the limits of its owner is not judged here. A size or a price that is given as text or an
    int is kept as a Decimal.

    One with a `stop_price_quote` is a stop: it waits at the venue until the market trades there, at
    or below it for a sell, at or above it for a buy, and only then becomes the order that the rest
    says. It protects a position, so it is `reduce_only`.

    Raises:
        MoneyError: a size or price that is not an exact finite decimal.
        ValueError: one that is not above zero, a limit order without a price, a market order with
            one or post only, an empty key or symbol, a word that is none of the above, a stop that
            may open something, does not stay, or has a price on the near side of its trigger.
    """

    key: str
    symbol: str
    side: Literal["buy", "sell"]
    size_base: Decimal
    price_quote: Decimal | None = None
    order_type: OrderType = "limit"
    time_in_force: TimeInForce = "GTC"
    reduce_only: bool = False
    stop_price_quote: Decimal | None = None

    def __post_init__(self) -> None:
        for name in ("key", "symbol"):
            text = getattr(self, name)
            if not isinstance(text, str) or not text or _SURROGATES.search(text):
                raise ValueError(f"{name} is {text!r:.40}: give a text")
        if self.side not in ("buy", "sell"):
            raise ValueError(f"side {self.side!r} is neither 'buy' nor 'sell'")
        size = exact(self.size_base, "size_base")
        object.__setattr__(self, "size_base", size)
        if size <= 0:
            raise ValueError(f"size_base {self.size_base} is not above zero: side gives direction")
        self._require_words()
        for name in ("price_quote", "stop_price_quote"):
            if getattr(self, name) is not None:
                price = exact(getattr(self, name), name)
                object.__setattr__(self, name, price)
                if price <= 0:
                    raise ValueError(f"{name} {price} is not above zero")
        if self.stop_price_quote is not None:
            self._require_protection(self.stop_price_quote)

    def _require_words(self) -> None:
        # What a type checker would have seen: a venue may pass over a word that it does not know.
        if self.order_type not in get_args(OrderType):
            raise ValueError(f"order_type {self.order_type!r} is none of {get_args(OrderType)}")
        if self.time_in_force not in get_args(TimeInForce):
            raise ValueError(
                f"time_in_force {self.time_in_force!r} is none of {get_args(TimeInForce)}"
            )
        if self.order_type == "market" and self.time_in_force == "PO":
            raise ValueError("a market order takes: it cannot be post only")
        if (self.order_type == "limit") is (self.price_quote is None):
            needs = "needs a price_quote" if self.order_type == "limit" else "takes no price_quote"
            raise ValueError(f"a {self.order_type} order {needs}: it is {self.price_quote}")

    def _require_protection(self, stop: Decimal) -> None:
        if not self.reduce_only:
            raise ValueError("a stop protects what is held: give reduce_only=True")
        if self.time_in_force != "GTC":
            raise ValueError(f"a stop waits for its price: it cannot be {self.time_in_force}")
        price = self.price_quote
        if price is not None and (price > stop if self.side == "sell" else price < stop):
            beyond = "above" if self.side == "sell" else "below"
            raise ValueError(f"price_quote {price} is {beyond} the stop of a {self.side}, {stop}")
