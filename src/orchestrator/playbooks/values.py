"""What a value of a request means under a slot's type: the exact text that a tool is given.

A value that no tool should see is refused here by its name; one with two readings is not guessed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Context, Decimal
from typing import Literal

from orchestrator.playbooks.tokens import COINS, CURRENCIES, Token, Value

Naming = Literal["plain", "reversed", "paired"]
_EXACT = Context(prec=60)
_RATIO = Context(prec=28)
_HUNDRED = Decimal(100)


@dataclass(frozen=True, slots=True)
class Reading:
    """A slot's value: `text` for tools, `shown` for people, `currency` of money.

    `read_as` says how it was read where that is not plain. `refused` says why it cannot be used;
    `unclear` what it could mean, so that a person is asked.
    """

    text: str
    shown: str
    currency: str = ""
    read_as: str = ""
    refused: str = ""
    unclear: str = ""

    def agrees(self, other: Reading) -> bool:
        """Whether both say the same: 10000 USDT and 10000 do, 10000 USDT and 10000 EUR do not."""
        if not (self.text and other.text):
            return self == other
        return self.text == other.text and (
            self.currency == other.currency or not (self.currency and other.currency)
        )


def read_value(kind: str, token: Token, naming: Naming = "plain") -> Reading | None:
    """The token under a slot's type; None where it is nothing of this type."""
    value = token.value
    if value is None:
        return None
    reader = _READERS.get(kind)
    if reader is None:
        return None
    if value.number is None:
        return _refused(value, f"{value.text} is not one finite number")
    return reader(value, naming)


def read_symbol(tokens: tuple[Token, ...]) -> tuple[Reading, int] | None:
    """A market at the head of `tokens` and how many of them it is; None where there is none.

    `BTC/USDT`, `btc-usdt`, `BTC/USDT:USDT`, `BTCUSDT`, or an asset alone in capitals.
    """
    if not tokens or not tokens[0].word:
        return None
    first = tokens[0]
    parts = [first]
    for token in tokens[1:3]:
        if token.word and token.joint in ("/", "-", "_", ":"):
            parts.append(token)
        else:
            break
    names = [part.raw.upper() for part in parts]
    if len(parts) > 1:
        if parts[1].joint == ":" or names[1] not in CURRENCIES or len(tokens[0].raw) > 12:
            return None
        text = f"{names[0]}/{names[1]}" + (f":{names[2]}" if len(parts) == 3 else "")
        return Reading(text, text), len(parts)
    joined = any(names[0].endswith(code) and len(names[0]) > len(code) + 1 for code in CURRENCIES)
    if joined or (first.raw.isupper() and len(first.raw) <= 6):
        return Reading(names[0], names[0]), 1
    return None


def one_minus(reading: Reading) -> Reading:
    """The probability of the other outcome."""
    text = plain(_EXACT.subtract(Decimal(1), Decimal(reading.text)))
    return Reading(text, text, read_as=f"1 − {reading.shown} = {text}")


def add_up(one: Reading, other: Reading) -> bool:
    """Whether two probabilities make 1."""
    return _EXACT.add(Decimal(one.text), Decimal(other.text)) == 1


def least_amount(currency: str) -> str:
    """The least amount of a currency that is told apart: a satoshi of a coin, else a hundredth."""
    return "0.00000001" if currency in COINS else "0.01"


def total(one: Reading, other: Reading) -> str:
    """Their sum, for telling."""
    return plain(_EXACT.add(Decimal(one.text), Decimal(other.text)))


def plain(number: Decimal) -> str:
    """A figure without an exponent and without zeros at its end."""
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _probability(value: Value, naming: Naming) -> Reading | None:
    del naming
    number = value.number or Decimal(0)
    note = ""
    if value.second is not None:
        if value.joint in (":", "to") or value.second <= 0:
            return None
        worth = _RATIO.divide(number, value.second)
        note = f"{value.text} is {plain(worth)}"
    elif value.unit == "percent":
        worth = number / _HUNDRED
    elif value.unit:
        return None
    elif _doubtful(value):
        return _unclear(value)
    elif 1 < number <= 100 and number == number.to_integral_value():
        worth = number / _HUNDRED
        note = f"{value.text} read as {value.text}%"
    else:
        worth = number
    if not 0 < worth < 1:
        return _refused(value, f"{value.text} is no probability between 0 and 1")
    return Reading(plain(worth), value.text, read_as=note)


def _ratio(value: Value, naming: Naming) -> Reading | None:
    number = value.number or Decimal(0)
    note = ""
    if _doubtful(value):
        return _unclear(value)
    if value.second is not None:
        return _odds(value, number, value.second, naming)
    if value.unit in ("bps", "money"):
        return None
    if value.unit == "percent":
        number = number / _HUNDRED
        note = f"{value.text} is {plain(number)}"
    elif not value.unit and naming == "reversed":
        return _unclear(value, f"a ratio of {value.text} can be meant either way round")
    elif not value.unit and naming == "paired":
        return _unclear(value, f"{value.text} can be decimal odds or odds to 1")
    if number <= 0:
        return _refused(value, f"{value.text} is no ratio above 0")
    return Reading(plain(number), value.text, read_as=note)


def _odds(value: Value, first: Decimal, second: Decimal, naming: Naming) -> Reading | None:
    if value.joint not in (":", "/", "to"):
        return None
    if first <= 0 or second <= 0:
        return _refused(value, f"{value.text} is no ratio above 0")
    top, bottom = (second, first) if naming == "reversed" else (first, second)
    worth = _RATIO.divide(top, bottom)
    if worth < 1:
        other = _RATIO.divide(bottom, top)
        means = f"{value.text} can mean {_short(worth)} or {_short(other)}"
        return _unclear(value, means)
    return Reading(plain(worth), value.text, read_as=f"{value.text} is {plain(worth)}")


def _fraction(value: Value, naming: Naming) -> Reading | None:
    del naming
    number = value.number or Decimal(0)
    if _doubtful(value):
        return _unclear(value)
    if value.second is not None:
        if value.joint != "/" or value.second <= 0:
            return None
        worth = _RATIO.divide(number, value.second)
        return Reading(plain(worth), value.text, read_as=f"{value.text} is {plain(worth)}")
    if value.unit == "percent":
        worth = number / _HUNDRED
    elif value.unit == "bps":
        worth = number / _HUNDRED / _HUNDRED
    elif value.unit == "money":
        return None
    elif not value.unit and number >= 1:
        return _unclear(value, f"{value.text} can mean {value.text}% or {value.text} times")
    else:
        worth = number
    if worth <= 0:
        return _refused(value, f"{value.text} is not above 0")
    note = f"{value.text} is {plain(worth)}" if value.unit == "bps" else ""
    return Reading(plain(worth), value.text, read_as=note)


def _money(value: Value, naming: Naming) -> Reading | None:
    del naming
    number = value.number or Decimal(0)
    if value.second is not None or value.unit in ("percent", "bps", "times"):
        return None
    if not value.unit and number < 1:
        return None
    if value.doubt and not (value.unit == "money" and "," in value.text):
        # 10.500 USDT is ten thousand and more where people part thousands by a point.
        return _unclear(value)
    if number <= 0:
        return _refused(value, f"{value.text} is no amount above 0")
    shown = f"{plain(number)} {value.currency}".strip()
    return Reading(plain(number), shown, currency=value.currency)


def _amount(value: Value, naming: Naming) -> Reading | None:
    return _money(value, naming) if value.unit == "money" else None


def _number(value: Value, naming: Naming) -> Reading | None:
    del naming
    if value.second is not None or value.unit not in ("", "money"):
        return None
    if _doubtful(value):
        return _unclear(value)
    return Reading(plain(value.number or Decimal(0)), value.text, currency=value.currency)


def _integer(value: Value, naming: Naming) -> Reading | None:
    number = value.number or Decimal(0)
    if value.unit or number != number.to_integral_value() or number < 0:
        return None
    return _number(value, naming)


def _doubtful(value: Value) -> bool:
    """Whether a mark may part thousands: hardly in 1.250 that is no amount, but in 1.000 it may."""
    return bool(value.doubt) and ("," in value.text or value.doubt[0].endswith("000"))


def _unclear(value: Value, why: str = "") -> Reading:
    readings = " or ".join(dict.fromkeys(value.doubt))
    return Reading("", value.text, unclear=why or f"{value.text} can be read as {readings}")


def _refused(value: Value, why: str) -> Reading:
    return Reading("", value.text, refused=why)


def _short(number: Decimal) -> str:
    return plain(Context(prec=4).plus(number))


_READERS: Mapping[str, Callable[[Value, Naming], Reading | None]] = {
    "probability": _probability,
    "ratio": _ratio,
    "fraction": _fraction,
    "money": _money,
    "amount": _amount,
    "number": _number,
    "integer": _integer,
}
