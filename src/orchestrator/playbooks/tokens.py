"""A request cut into words, values and marks. One pass, no backtracking, ASCII digits only.

What a value means under a slot's type is `values`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Literal

LONGEST = 2_000
"""Characters of a request that a playbook may take; a longer one says more than a recipe knows."""
MOST_TOKENS = 240

_WORD = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,79}(?:['’](?:s|re|t|m|ll|d|ve))?(?![A-Za-z0-9_])")
_NUMBER = re.compile(r"(?:[0-9][0-9_]*(?:[.,][0-9]+)*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?(?![0-9])")
_QUOTED = re.compile(r"\"([^\"\n]{1,200})\"")
_FILE = re.compile(
    r"/?(?:[\w.-]{1,80}/){0,12}[\w-]{1,80}\.(?:py|ipynb|md)(?::[A-Za-z_]\w{0,80})?(?![\w./-]*\w)",
    re.ASCII,
)
"""A file of code, with a name in it or not: one thing however many words its path has."""
_SIGNS = "+-−–"
_MONEY = {"$": "USD", "€": "EUR", "£": "GBP"}
COINS = frozenset(("BTC", "ETH", "SOL", "DOGE", "XRP", "BNB", "ADA"))
CURRENCIES = COINS | frozenset(
    ("USDT", "USDC", "USD", "EUR", "GBP", "CHF", "JPY", "DAI", "FDUSD", "TUSD", "BUSD")
)
"""Codes that make an amount of the number before them, and a market of the word before them."""
_GROUPS = re.compile(r"[0-9]{1,3}(?:(?:,[0-9]{2,3})*,[0-9]{3}|(?:\.[0-9]{3})+)")
_UNITS = {"%": "percent", "percent": "percent", "pct": "percent", "bps": "bps", "bp": "bps"}
_GLUED = {"k": Decimal(1000), "m": Decimal(1_000_000), "mm": Decimal(1_000_000)}
_ENDLESS = frozenset({"nan", "inf", "infinity", "infinite"})
Unit = Literal["", "percent", "bps", "times", "money"]


@dataclass(frozen=True, slots=True)
class Value:
    """A number, or two as in 1.5:1, with its unit. `text` is how it was written.

    `doubt` are the two readings of a number such as 1,500. `number` is None where it is not finite.
    """

    text: str
    number: Decimal | None
    unit: Unit = ""
    currency: str = ""
    second: Decimal | None = None
    joint: str = ""
    doubt: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Token:
    """A word in lower case, a value, a quoted text, a file, or a mark. `raw` is as written.

    `joint` is what ties a word to the one before it without a space: `/`, `-`, `:` or nothing.
    """

    raw: str
    word: str = ""
    value: Value | None = None
    joint: str = ""
    spaced: bool = True


def tokens_of(text: str) -> tuple[Token, ...] | None:
    """The tokens of a request; None where it is longer than any recipe's."""
    if len(text) > LONGEST:
        return None
    found = _cut(text)
    if len(found) > MOST_TOKENS:
        return None
    return tuple(_paired(_with_units(found)))


def _cut(text: str) -> list[Token]:
    found: list[Token] = []
    at, spaced = 0, True
    while at < len(text):
        if text[at].isspace():
            at, spaced = at + 1, True
            continue
        token, at = _next(text, at, spaced, found)
        if token is not None:
            found.append(token)
        spaced = False
    return found


def _next(text: str, at: int, spaced: bool, before: list[Token]) -> tuple[Token | None, int]:
    if quoted := _QUOTED.match(text, at):
        return Token(quoted[1], spaced=spaced), quoted.end()
    if spaced and (file := _FILE.match(text, at)):
        return Token(file[0], spaced=spaced), file.end()
    joint = ""
    glued = not spaced and bool(before) and bool(before[-1].word)
    if text[at] in "/-:_" and glued and (word := _WORD.match(text, at + 1)):
        joint, at = text[at], at + 1
    if word := _WORD.match(text, at):
        raw = word[0]
        if raw.lower() in _ENDLESS:
            return Token(raw, value=Value(raw, None), spaced=spaced), word.end()
        low = raw.lower().replace("’", "'")
        return Token(raw, low, joint=joint, spaced=spaced), word.end()
    signed = text[at] in _SIGNS and (spaced or not before or before[-1].raw in "=:(,$€£~")
    number = _NUMBER.match(text, at + 1 if signed else at)
    if number is None:
        if text[at] in _SIGNS and text[at + 1 : at + 4].lower() in ("inf", "nan") and signed:
            return None, at + 1
        value = Value("∞", None) if text[at] == "∞" else None
        return Token(text[at], value=value, spaced=spaced), at + 1
    raw = text[at : number.end()]
    return Token(raw, value=_number(raw), spaced=spaced), number.end()


def _number(raw: str) -> Value:
    """Exactly as typed; a comma is decimal where it cannot part thousands."""
    sign = "-" if raw[0] in "-−–" else ""
    digits = raw.lstrip(_SIGNS).replace("_", "")
    mantissa, exponent, power = digits.lower().partition("e")
    doubt: tuple[str, ...] = ()
    commas = mantissa.count(",")
    if "," in mantissa and "." in mantissa:
        decimal = max(mantissa.rfind(","), mantissa.rfind("."))
        whole, rest = mantissa[:decimal], mantissa[decimal + 1 :]
        if not _GROUPS.fullmatch(whole):
            return Value(raw, None)
        mantissa = f"{whole.replace(',', '').replace('.', '')}.{rest}"
    elif mantissa.count(".") > 1 or commas > 1:
        if not _GROUPS.fullmatch(mantissa):
            return Value(raw, None)
        mantissa = mantissa.replace(".", "").replace(",", "")
    elif commas == 1 and _grouped(mantissa, ","):
        doubt = (mantissa.replace(",", ""), mantissa.replace(",", "."))
        mantissa = doubt[0]
    elif commas == 1:
        mantissa = mantissa.replace(",", ".")
    elif _grouped(mantissa, "."):
        doubt = (mantissa.replace(".", ""), mantissa)
    return Value(raw, Decimal(sign + mantissa + exponent + power), doubt=doubt)


def _grouped(digits: str, mark: str) -> bool:
    """Whether the mark may part thousands: 1,500 but neither 0,650 nor 1,5."""
    head, _, tail = digits.partition(mark)
    return len(tail) == 3 and 1 <= len(head) <= 3 and not head.startswith("0")


def _with_units(found: list[Token]) -> list[Token]:
    """Numbers joined with the sign or word that says what they count."""
    out: list[Token] = []
    for place, token in enumerate(found):
        last = out[-1] if out else None
        value = last.value if last else None
        if last is None or (place + 1 < len(found) and token.word and found[place + 1].joint):
            out.append(token)
        elif token.value is not None and last.raw in _MONEY and not token.spaced:
            money = replace(token.value, unit="money", currency=_MONEY[last.raw])
            out[-1] = _joined(last, token, money)
        elif value is not None and (unit := _unit(value, token)) is not None:
            out[-1] = _joined(last, token, unit)
        else:
            out.append(token)
    return out


def _joined(last: Token, token: Token, value: Value) -> Token:
    raw = f"{last.raw}{' ' if token.spaced else ''}{token.raw}"
    return Token(raw, value=replace(value, text=raw), spaced=last.spaced)


def _unit(value: Value, token: Token) -> Value | None:
    """The value with the unit that the token is, or None where it is none."""
    name = token.word or token.raw
    if name in _UNITS and not value.unit:
        unit: Unit = "percent" if _UNITS[name] == "percent" else "bps"
        return replace(value, unit=unit)
    counted = value.unit in ("", "money") and value.number is not None
    if not token.spaced and name in _GLUED and counted:
        return replace(value, number=(value.number or 0) * _GLUED[name])
    if not token.spaced and name in ("x", "r") and not value.unit:
        return replace(value, unit="times")
    if token.raw.upper() in CURRENCIES and not token.joint and value.unit in ("", "money"):
        if value.unit == "money" and value.currency not in ("USD", token.raw.upper()):
            return None
        return replace(value, unit="money", currency=token.raw.upper())
    return None


def _paired(found: list[Token]) -> list[Token]:
    """Two plain numbers with `:`, `/`, `to`, `of`, `out of` or `in` between them are one value."""
    out: list[Token] = []
    at = 0
    while at < len(found):
        made = _pair(found, at)
        if made is None:
            out.append(found[at])
            at += 1
        else:
            token, at = made
            out.append(token)
    return out


def _pair(found: list[Token], at: int) -> tuple[Token, int] | None:
    first = found[at].value
    if first is None or first.unit or first.number is None:
        return None
    for joint in (":", "/", "-to-", "to", "of", "out of", "in"):
        parts = ("-", "to", "-") if joint == "-to-" else tuple(joint.split())
        end = at + 1 + len(parts)
        between = found[at + 1 : end]
        if end >= len(found) or tuple(t.word or t.raw for t in between) != parts:
            continue
        second = found[end].value
        if second is None or second.unit or second.number is None:
            continue
        raw = "".join(f"{' ' if t.spaced else ''}{t.raw}" for t in found[at : end + 1]).strip()
        kind = joint.strip("-")
        doubt = first.doubt or second.doubt
        value = Value(raw, first.number, second=second.number, joint=kind, doubt=doubt)
        return Token(raw, value=value, spaced=found[at].spaced), end + 1
    return None
