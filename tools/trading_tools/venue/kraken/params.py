"""A request's parameters: what was sent, read as Kraken does and refused in its words.

What an endpoint makes of them is its own. Unknown parameters are ignored, as there.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl

from trading_tools.venue.core.instruments import ATOMS
from trading_tools.venue.kraken.errors import ARGUMENTS, KrakenError, invalid

_DECIMAL = re.compile(r"([0-9]{1,15})(?:\.([0-9]{0,20}))?|\.([0-9]{1,20})")
_INTEGER = re.compile(r"[+-]?[0-9]{1,19}")
_MOST_PARAMETERS = 500


def parse(query: str, body: bytes, content_type: str) -> dict[str, Any]:
    """The parameters of a query and of a body, which is a form or JSON.

    Raises:
        KrakenError: the body is not what it says.
    """
    text = body.decode("utf-8", "replace")
    found = dict(_form(query))
    if content_type.partition(";")[0].strip().lower() == "application/json" and text:
        found.update(read_object(text))
    else:
        found.update(_form(text))
    return found


def read_object(text: str) -> dict[str, Any]:
    """A JSON object with exact numbers.

    Raises:
        KrakenError: it is no JSON object.
    """

    def refuse(constant: str) -> None:
        raise ValueError(f"{constant} is no number")

    try:
        found = json.loads(text, parse_float=Decimal, parse_constant=refuse)
    except (ValueError, RecursionError):
        raise KrakenError(ARGUMENTS) from None
    if not isinstance(found, dict):
        raise KrakenError(ARGUMENTS)
    return found


def _form(text: str) -> dict[str, str]:
    try:
        return dict(parse_qsl(text, keep_blank_values=True, max_num_fields=_MOST_PARAMETERS))
    except ValueError:
        raise KrakenError(ARGUMENTS) from None


class Params:
    """Read access to the parameters of one request; an empty value counts as not sent."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._values = values

    def __contains__(self, name: str) -> bool:
        return self.optional(name) is not None

    def raw(self, name: str) -> Any:
        """A value as it came, or None."""
        return self._values.get(name)

    def optional(self, name: str) -> str | None:
        """A parameter as text, or None where it was not sent."""
        value = self._values.get(name)
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, Decimal):
            return format(value, "f")
        return str(value) if isinstance(value, str | int) and value != "" else None

    def text(self, name: str) -> str:
        """A parameter that must be there.

        Raises:
            KrakenError: it is not.
        """
        value = self.optional(name)
        if value is None:
            raise invalid(name)
        return value

    def choice(self, name: str, choices: frozenset[str]) -> str:
        """One of some words, in lower case.

        Raises:
            KrakenError: it is missing or another one.
        """
        value = self.text(name).lower()
        if value not in choices:
            raise invalid(name)
        return value

    def flag(self, name: str) -> bool:
        """Whether a parameter says true."""
        return (self.optional(name) or "").lower() in {"true", "1"}

    def integer(self, name: str) -> int | None:
        """A whole number, or None where it was not sent.

        Raises:
            KrakenError: it is something else.
        """
        value = self.optional(name)
        if value is None:
            return None
        if not _INTEGER.fullmatch(value):
            raise invalid(name)
        return int(value)

    def count(self, name: str, default: int, most: int) -> int:
        """How many rows are wanted: from 1 to `most`.

        Raises:
            KrakenError: it is something else.
        """
        wanted = self.integer(name)
        if wanted is None:
            return default
        if not 1 <= wanted <= most:
            raise invalid(name)
        return wanted

    def amount(self, name: str) -> int:
        """A decimal in atoms of 1e-8; what is finer is cut off.

        Raises:
            KrakenError: it is missing or no plain decimal.
        """
        return read_amount(self.text(name), name)

    def seconds(self, name: str) -> int | None:
        """A time in milliseconds, sent as seconds; None where it was not sent.

        Raises:
            KrakenError: it is no time.
        """
        value = self.optional(name)
        return None if value is None else read_amount(value, name) * 1_000 // ATOMS

    def names(self, name: str) -> list[str]:
        """A list, separated by commas; empty where it was not sent."""
        return [word.strip() for word in (self.optional(name) or "").split(",") if word.strip()]


def read_amount(text: str, name: str) -> int:
    """A decimal's atoms.

    Raises:
        KrakenError: it is no plain decimal; `name` says which parameter.
    """
    if not (found := _DECIMAL.fullmatch(text)):
        raise invalid(name)
    whole, rest, only_rest = found.groups()
    return int(whole or 0) * ATOMS + int((rest or only_rest or "")[:8].ljust(8, "0"))
