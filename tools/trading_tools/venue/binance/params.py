"""A request's parameters: what was sent, read strictly and refused in Binance's words.

Which parameters an endpoint takes is `endpoints`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar
from urllib.parse import parse_qsl

from trading_tools.venue.binance import errors
from trading_tools.venue.binance.errors import BinanceError
from trading_tools.venue.core.instruments import ATOMS

_DECIMAL = r"^([0-9]{1,20})(\.[0-9]{1,20})?$"
_INTEGER = r"^[0-9]{1,20}$"
CLIENT_ID = r"^[a-zA-Z0-9-_]{1,36}$"
_SYMBOLS = r"^\[(\"[A-Z0-9-_.]{1,20}\"(,\"[A-Z0-9-_.]{1,20}\"){0,}){0,1}\]$"
_MOST_PARAMETERS = 200

Choice = TypeVar("Choice", bound=StrEnum)


def parse(query: str, body: str) -> dict[str, str]:
    """The parameters of a query string and a form body; the query's value goes first.

    Raises:
        BinanceError: one is sent twice, or there are absurdly many.
    """
    found: dict[str, str] = {}
    for text in (body, query):
        try:
            pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=_MOST_PARAMETERS)
        except ValueError:
            raise BinanceError(-1101, "Too many parameters sent for this endpoint.") from None
        names = [name for name, _ in pairs]
        if len(set(names)) < len(names):
            raise BinanceError(-1101, "Duplicate values for a parameter detected.")
        found.update(pairs)
    return found


class Params:
    """Read access to the parameters of one request; an empty value counts as not sent."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = values

    def __contains__(self, name: str) -> bool:
        return bool(self._values.get(name))

    def text(self, name: str) -> str:
        """A parameter that must be there.

        Raises:
            BinanceError: it is not.
        """
        value = self._values.get(name)
        if not value:
            raise errors.missing(name)
        return value

    def text_or(self, name: str, default: str) -> str:
        """A parameter, or `default` where it was not sent."""
        return self._values.get(name) or default

    def but(self, name: str, value: str) -> Params:
        """The same parameters with another value of one."""
        return Params({**self._values, name: value})

    def matching(self, name: str, pattern: str) -> str:
        """A parameter that must be there and match.

        Raises:
            BinanceError: it does not.
        """
        value = self.text(name)
        if not re.fullmatch(pattern, value, re.ASCII):
            raise errors.illegal(name, pattern)
        return value

    def integer(self, name: str) -> int:
        """A whole number that is not negative.

        Raises:
            BinanceError: it is missing or something else.
        """
        return int(self.matching(name, _INTEGER))

    def optional_integer(self, name: str) -> int | None:
        """A whole number, or None where it was not sent."""
        return self.integer(name) if name in self else None

    def limit(self, default: int, most: int) -> int:
        """How many rows are wanted: at most `most`.

        Raises:
            BinanceError: it is 0 or no number.
        """
        wanted = self.optional_integer("limit")
        if wanted == 0:
            raise errors.illegal("limit", _INTEGER)
        return min(wanted or default, most)

    def amount(self, name: str) -> int:
        """A decimal in atoms of 1e-8.

        Raises:
            BinanceError: it is missing, no plain decimal, or finer than an atom.
        """
        whole, _, rest = self.matching(name, _DECIMAL).partition(".")
        if len(rest.rstrip("0")) > 8:
            raise BinanceError(-1111, f"Parameter '{name}' has too much precision.")
        return int(whole) * ATOMS + int(rest[:8].ljust(8, "0"))

    def choice(self, name: str, kind: type[Choice], code: int, msg: str) -> Choice:
        """One of the words of `kind`.

        Raises:
            BinanceError: missing, or `code` and `msg` for another word.
        """
        value = self.text(name)
        try:
            return kind(value)
        except ValueError:
            raise BinanceError(code, msg) from None

    def flag(self, name: str) -> bool:
        """Whether a parameter says true."""
        return self._values.get(name, "").lower() == "true"

    def symbols(self) -> list[str] | None:
        """The symbols of `symbol` or `symbols`; None where neither was sent.

        Raises:
            BinanceError: both were sent, or the list is malformed.
        """
        if "symbol" in self and "symbols" in self:
            raise BinanceError(*errors.BAD_COMBINATION)
        if "symbol" in self:
            return [self.text("symbol")]
        if "symbols" in self:
            names: list[str] = json.loads(self.matching("symbols", _SYMBOLS))
            return names
        return None
