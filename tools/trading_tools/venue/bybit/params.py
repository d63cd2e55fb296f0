"""A request's parameters: what was sent, read strictly and refused in Bybit's words.

A query has texts only. A body is JSON with its types: sizes and prices must be texts, as the real
gateway has it; whole numbers and flags may be either. Unknown parameters are let be.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

from trading_tools.venue.bybit import errors
from trading_tools.venue.bybit.errors import BybitError
from trading_tools.venue.core.instruments import ATOMS

_DECIMAL = re.compile(r"([0-9]{1,20})(?:\.([0-9]{1,30}))?", re.ASCII)
_INTEGER = re.compile(r"[0-9]{1,19}", re.ASCII)
_MOST_PARAMETERS = 200


def of_query(query: str) -> dict[str, Any]:
    """The parameters of a query; of one that is sent twice the last.

    Raises:
        BybitError: there are absurdly many.
    """
    try:
        return dict(parse_qsl(query, keep_blank_values=True, max_num_fields=_MOST_PARAMETERS))
    except ValueError:
        raise BybitError(*errors.BAD_JSON) from None


def of_body(body: bytes) -> dict[str, Any]:
    """The parameters of a JSON object; nothing is an empty one.

    Raises:
        BybitError: it is something else.
    """
    found = object_of(body) if body else {}
    if found is None:
        raise BybitError(*errors.BAD_JSON)
    return found


def object_of(text: bytes | str) -> dict[str, Any] | None:
    """A JSON object with finite numbers, or None for anything else."""
    try:
        found = json.loads(text, parse_float=_finite, parse_constant=_finite)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text} is not finite")
    return number


class Amount(NamedTuple):
    """A decimal in whole atoms; `exact` is False where a finer rest was cut off."""

    atoms: int
    exact: bool


def amount_of(text: str) -> Amount | None:
    """A plain decimal without a sign; None for anything else."""
    found = _DECIMAL.fullmatch(text)
    if found is None:
        return None
    whole, rest = found[1], (found[2] or "").rstrip("0")
    return Amount(int(whole) * ATOMS + int(rest[:8].ljust(8, "0")), len(rest) <= 8)


class Params:
    """Read access to the parameters of one request; an empty text counts as not sent."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._values = values

    def __contains__(self, name: str) -> bool:
        return self._values.get(name) not in (None, "")

    def optional(self, name: str, default: str = "") -> str:
        """A text, or `default` where it was not sent.

        Raises:
            BybitError: it is no text.
        """
        value = self._values.get(name)
        if value in (None, ""):
            return default
        if not isinstance(value, str):
            raise BybitError(*errors.BAD_JSON)
        return value

    def text(self, name: str) -> str:
        """A text that must be there.

        Raises:
            BybitError: it is not.
        """
        if name not in self:
            raise errors.missing(name)
        return self.optional(name)

    def integer(self, name: str, default: int = 0) -> int:
        """A whole number that is not negative.

        Raises:
            BybitError: it is something else.
        """
        value = self._values.get(name)
        if value in (None, ""):
            return default
        if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 10**19:
            return value
        if isinstance(value, str) and _INTEGER.fullmatch(value):
            return int(value)
        raise errors.unreadable(name)

    def limit(self, default: int, most: int) -> int:
        """How many rows are wanted, at most `most`.

        Raises:
            BybitError: it is 0 or no number.
        """
        wanted = self.integer("limit", default)
        if not wanted:
            raise errors.unreadable("limit")
        return min(wanted, most)

    def flag(self, name: str) -> bool:
        """Whether a parameter says true.

        Raises:
            BybitError: it says neither.
        """
        value = self._values.get(name, False)
        if isinstance(value, str):
            value = {"true": True, "false": False, "": False}.get(value.lower())
        if not isinstance(value, bool):
            raise errors.unreadable(name)
        return value

    def items(self, name: str) -> list[Params]:
        """The objects of a list.

        Raises:
            BybitError: it is missing, empty, or something else.
        """
        found = self._values.get(name)
        if not isinstance(found, list) or not found:
            raise errors.missing(name)
        if not all(isinstance(each, dict) for each in found):
            raise BybitError(*errors.BAD_JSON)
        return [Params(each) for each in found]

    def merged(self, more: Mapping[str, Any]) -> Params:
        """These with others that go first."""
        return Params({**self._values, **more})
