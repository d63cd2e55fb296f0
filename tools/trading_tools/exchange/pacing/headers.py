"""What a venue says of its limits in replies: how much is used, how long to wait, bans.

A reply is never trusted to free anything: it can only raise what is used, or make everybody wait.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from trading_tools.exchange.pacing.pacer import Pacer
from trading_tools.exchange.pacing.rules import Scope

_USED: Final[Mapping[str, Mapping[str, str]]] = {
    "binance": {
        "x-mbx-used-weight-1m": "weight-1m",
        "x-mbx-order-count-10s": "orders-10s",
        "x-mbx-order-count-1d": "orders-1d",
    },
    "binanceusdm": {
        "x-mbx-used-weight-1m": "weight-1m",
        "x-mbx-order-count-10s": "orders-10s",
        "x-mbx-order-count-1m": "orders-1m",
    },
}
"""The header that says how much of a rule is used, by venue."""

_WAITS: Final[Mapping[str, Mapping[int, float]]] = {
    "binance": {418: 120, 429: 60, 403: 300},
    "binanceusdm": {418: 120, 429: 60, 403: 300},
    "bybit": {403: 600, 429: 10},
    "kraken": {429: 30},
    "coinbase": {429: 1},
}
"""Statuses that mean "slow down", by venue, and the seconds to wait where the reply names none."""

_WORDS: Final[Mapping[str, Mapping[str, float]]] = {
    "bybit": {'"retCode":10006,': 1, '"retCode":10018,': 600},
    "kraken": {'"EGeneral:Temporary lockout': 900},
}
"""What means "slow down" in a reply whose status is good, by venue, and the seconds to wait."""

_FULL: Final[Mapping[str, Mapping[str, str]]] = {
    "kraken": {'"EAPI:Rate limit exceeded': "calls", '"EOrder:Rate limit exceeded': "engine"}
}
"""What means that one rule is used up, by venue: what counts for other rules still goes."""

_LOOKED_AT: Final = 2_000

_PAGE_WAIT_S: Final = 5.0
"""After a page of a firewall in front of a venue, which does not say what it is about."""

_USUAL_WAITS: Final[Mapping[int, float]] = {418: 120, 429: 10}
_LONGEST_WAIT_S = 4 * 86_400.0


def observe(
    pacer: Pacer, status: int, headers: Mapping[str, str], lane: str = "", body: str = ""
) -> float:
    """Take in a reply; the seconds for which nothing goes now, 0 for no such wait.

    `lane` is that of the request. Kraken and Bybit refuse by words in the `body` alone. Numbers
    that are none, and rules that the pacer does not keep, are passed over.
    """
    low = {name.lower(): value for name, value in headers.items()}
    for header, rule in _USED.get(pacer.venue, {}).items():
        units = _number(low.get(header))
        if units is not None and rule in pacer.rules:
            pacer.told(rule, units)
    limit, left = _number(low.get("x-bapi-limit")), _number(low.get("x-bapi-limit-status"))
    orders = pacer.rules.get("orders-1s")
    if pacer.venue == "bybit" and orders is not None and limit and left is not None:
        pacer.told("orders-1s", orders.most * (limit - left) / limit, lane)
    said = body[:_LOOKED_AT].replace('": ', '":')
    for words, name in _FULL.get(pacer.venue, {}).items():
        if words in said and name in pacer.rules:
            pacer.told(name, pacer.rules[name].most, lane)
    usual = _WAITS.get(pacer.venue, _USUAL_WAITS).get(status)
    if status == 403 and said.lstrip()[:1] == "<":
        usual = _PAGE_WAIT_S
    if usual is None:
        waits = _WORDS.get(pacer.venue, {}).items()
        usual = next((seconds for words, seconds in waits if words in said), None)
    if usual is None:
        return 0.0
    seconds = _number(low.get("retry-after"))
    if seconds is None:
        seconds = max(usual, _until_reset_s(low, said))
    seconds = min(seconds, _LONGEST_WAIT_S)
    pacer.pause(seconds, Scope.ADDRESS)
    return seconds


def _until_reset_s(headers: Mapping[str, str], said: str) -> float:
    """Bybit names the moment of its own clock at which a limit is free; the reply has its time."""
    reset = re.fullmatch(r"\d{13}", headers.get("x-bapi-limit-reset-timestamp", ""))
    now = re.search(r'"time":(\d{13})\b', said)
    return 0.0 if reset is None or now is None else (int(reset[0]) - int(now[1])) / 1_000


def _number(text: str | None) -> float | None:
    if text is None or not text.strip().isascii():
        return None
    try:
        value = float(text)
    except ValueError:
        return None
    return value if 0 <= value < 1e12 else None
