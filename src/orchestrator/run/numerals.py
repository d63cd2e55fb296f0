"""Numbers as people and programs write them: their shape, value, sign, unit and precision.

What such a number claims, and whether anything supports it, is `claims`.
"""

from __future__ import annotations

import re
from decimal import Context, Decimal
from typing import Literal

from orchestrator.run.claim_words import APPROXIMATE

Scale = Literal["plain", "percent", "bps"]

LONGEST_DIGITS = 40
"""A longer run of digits is an id or a hash, not a figure."""

EXACT = Context(prec=2200)
"""Wide enough for sums of any two numbers that `NUMERAL` can match."""

_DIGITS = r"(?:\d{1,3}(?:[,_'\u00a0\u202f]\d{3})+(?!\d)|\d+)(?:\.\d+)?|\.\d+"
_POWER = (
    r"[eE][+-]?\d{1,3}(?![\d.]\d)"
    r"|\s?[×x·*]\s?10(?:(?:\^|\*\*)\{?[-−+]?\d{1,3}\}?|[⁺⁻]?[⁰¹²³⁴⁵⁶⁷⁸⁹]{1,3})"
)
_MAGNITUDE = r"\s?(?:thousand|million|billion|trillion)\b|(?:[kKMB]|mn|mm|bn)(?!\w)"
_PERCENT = r"\s?(?:%|percent(?:age points?)?\b|per cent\b|pct\b)"
_BPS = r"\s?(?:bps?\b|basis points?\b)"
_MONEY = (
    r"\s?(?:USDT|USDC|USD|EUR|GBP|JPY|CHF|BTC|ETH|SOL|XRP|BNB|DOGE|dollars?|euros?|sats?)(?!\w)"
)
_OTHER = r"\s?(?:ms|µs|us|seconds?|secs?|s|x|times|minutes?|min|hours?|years?|days?|σ)(?!\w)"

NUMERAL = re.compile(
    rf"(?P<sign>(?<![\w.)\]%])[-−+])?(?P<currency>[$€£¥₿]\s?)?(?P<inner>(?<=[$€£¥₿])[-−+])?"
    rf"(?<![\w.])(?P<digits>{_DIGITS})(?P<power>{_POWER})?(?P<magnitude>{_MAGNITUDE})?"
    rf"(?:(?P<percent>{_PERCENT})|(?P<bps>{_BPS})|(?P<money>{_MONEY})|(?P<unit>{_OTHER}))?"
)
_MAGNITUDES = {
    "k": 3, "thousand": 3, "m": 6, "mn": 6, "mm": 6, "million": 6, "b": 9, "bn": 9, "billion": 9,
    "trillion": 12,
}  # fmt: skip
_SUPERSCRIPTS = str.maketrans("⁺⁻⁰¹²³⁴⁵⁶⁷⁸⁹−", "+-0123456789-")


def value_of(match: re.Match[str]) -> Decimal | None:
    """The number without sign and magnitude; None for what is too long to be one."""
    digits = re.sub(r"[^\d.]", "", match["digits"])
    if len(digits) > LONGEST_DIGITS:
        return None
    return Decimal(digits).scaleb(_power(match), context=EXACT)


def _power(match: re.Match[str]) -> int:
    power = match["power"]
    if not power:
        return 0
    if power[0] in "eE":
        return int(power[1:])
    after = power.partition("10")[2].translate(_SUPERSCRIPTS)
    return int(re.sub(r"[^\d-]", "", after))


def magnitude_of(match: re.Match[str]) -> int:
    """The power of ten that a suffix stands for: 3 for "10k"."""
    return _MAGNITUDES[match["magnitude"].strip().lower()] if match["magnitude"] else 0


def sign_of(match: re.Match[str]) -> Literal["", "+", "-"]:
    """The sign that is written, empty where none is."""
    sign = match["sign"] or match["inner"] or ""
    if not sign:
        return ""
    return "+" if sign == "+" else "-"


def scale_of(match: re.Match[str]) -> Scale | None:
    """In which parts the number counts, None where no unit says so."""
    if match["percent"]:
        return "percent"
    return "bps" if match["bps"] else None


def half_unit_of(match: re.Match[str], value: Decimal, before: str) -> Decimal:
    """Half a unit of the last digit that is stated; of the last that is not 0 in "about 1200"."""
    decimals = len(match["digits"].partition(".")[2])
    exponent = _power(match) - decimals
    if decimals == 0 and value and APPROXIMATE.search(before):
        written = re.sub(r"\D", "", match["digits"])
        exponent += len(written) - len(written.rstrip("0"))
    return Decimal(5).scaleb(exponent - 1)
