"""What each request of a ccxt client counts for at its venue.

ccxt knows the weights of endpoints, in units of its own; here they become the units of `venues`.
Orders and cancels are ours: ccxt 4.5.90 counts no orders and none of Kraken's engine costs.
Sources: as for `venues`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from trading_tools.exchange.pacing.rules import Cost


@dataclass(frozen=True)
class Asked:
    """One request as ccxt sends it. `weight` is ccxt's own cost, `pair` the market, if it has one.

    `api` are ccxt's names of the endpoint's family, the last of them says whether it is signed.
    """

    api: Sequence[str]
    method: str
    path: str
    params: Mapping[str, Any]
    weight: float
    pair: str = ""

    @property
    def signed(self) -> bool:
        """Whether it is of an account."""
        return not self.api[-1].lower().endswith("public")


@dataclass(frozen=True)
class Toll:
    """What a request waits for, and what is counted without waiting, by rule of the pacer.

    `order` is set for the one request that makes a new order.
    """

    cost: Cost
    counted: Mapping[str, float] = field(default_factory=dict)
    order: bool = False


def toll(venue: str, asked: Asked) -> Toll:
    """What a request costs; one request of the address where nothing is known of the venue."""
    told = _TOLLS.get(venue)
    return Toll(Cost()) if told is None else told(asked)


_SPOT_WEIGHT: Final = 5
"""A weight of Binance spot in ccxt's units of 50 ms."""
_HEAVIER: Final = {"positionRisk": 5, "account": 5, "balance": 5}
"""Endpoints of Binance USD-M that ccxt takes for lighter than its documentation does."""


def _binance(asked: Asked) -> Toll:
    if asked.api[-1] not in ("public", "private"):
        # sapi and the contracts' hosts have limits of their own, which loading markets never meets.
        return Toll(Cost({"requests": 1}))
    units = {"requests": 1, "weight": max(1, asked.weight * _SPOT_WEIGHT)}
    order = asked.method == "POST" and asked.path in ("order", "order/cancelReplace")
    return Toll(Cost({**units, "orders": 1} if order else units), order=order)


def _binanceusdm(asked: Asked) -> Toll:
    if not asked.api[-1].startswith("fapi"):
        return Toll(Cost({}))
    # An algo order is taken to count like any other.
    if asked.method in ("POST", "PUT") and asked.path in ("order", "algoOrder"):
        return Toll(Cost({"orders": 1, "weight": 1}), order=asked.method == "POST")
    return Toll(Cost({"weight": max(1, asked.weight, _HEAVIER.get(asked.path, 0))}))


_BYBIT_SLOWER: Final = {"v5/user/query-api": 1.0, "v5/account/fee-rate": 2.0}


def _bybit(asked: Asked) -> Toll:
    if not asked.signed:
        return Toll(Cost({"requests": 1}))
    lane = f"{asked.path} {asked.params.get('category', '')}"
    changes = asked.method == "POST" and asked.path.startswith("v5/order/")
    # What asks is mostly allowed 50 times a second where what changes is 10 times.
    units = {"requests": 1, "orders": 1 if changes else _BYBIT_SLOWER.get(asked.path, 0.2)}
    return Toll(Cost(units, lane), order=asked.path == "v5/order/create")


_KRAKEN_CALL: Final = 3
"""One of Kraken's counter in ccxt's units of a second."""
_KRAKEN_ENGINE: Final = {"AddOrder": 1.0, "AmendOrder": 4.0}
_KRAKEN_CANCEL: Final = 8.0


def _kraken(asked: Asked) -> Toll:
    if not asked.signed:
        return Toll(Cost({"public": 1}))
    if asked.path in _KRAKEN_ENGINE:
        units = {"engine": _KRAKEN_ENGINE[asked.path]}
        return Toll(Cost(units, asked.pair), order=asked.path == "AddOrder")
    if asked.path == "CancelOrder":
        # Kraken refuses no cancel for its count, so none waits for it: the next orders do. It
        # costs less for an older order; whoever counts the most is never over.
        return Toll(Cost({}, asked.pair), {"engine": _KRAKEN_CANCEL})
    return Toll(Cost({"calls": max(1, asked.weight / _KRAKEN_CALL)}))


def _coinbase(asked: Asked) -> Toll:
    order = asked.method == "POST" and asked.path == "brokerage/orders"
    return Toll(Cost({"private" if asked.signed else "public": 1}), order=order)


_TOLLS: Final[Mapping[str, Callable[[Asked], Toll]]] = {
    "binance": _binance,
    "binanceusdm": _binanceusdm,
    "bybit": _bybit,
    "kraken": _kraken,
    "coinbase": _coinbase,
}


_NEW_ORDERS: Final[Mapping[str, tuple[str, str]]] = {
    "binance": ("private", "order"),
    "binanceusdm": ("fapiPrivate", "order"),
    "bybit": ("private", "v5/order/create"),
    "kraken": ("private", "AddOrder"),
    "coinbase": ("private", "brokerage/orders"),
}


def knows_orders_of(venue: str) -> bool:
    """Whether the request that makes a new order is told from all others."""
    return venue in _NEW_ORDERS


def order_toll(venue: str, pair: str) -> Toll:
    """What the request costs that makes a new order of a market, as ccxt names it."""
    if not knows_orders_of(venue):
        return toll(venue, Asked((), "POST", "", {}, 0, pair))
    family, path = _NEW_ORDERS[venue]
    category = "linear" if ":" in pair else "spot"
    return toll(venue, Asked((family,), "POST", path, {"category": category}, 0, pair))
