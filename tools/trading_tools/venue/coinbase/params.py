"""What a request says: the query with its repeated names, and a JSON body.

Names that an endpoint does not know are passed over, as the real gateway does. Each getter raises
`CoinbaseError` 400 INVALID_ARGUMENT for what it cannot read.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import parse_qs

from trading_tools.venue.coinbase.errors import invalid

_LARGEST = Decimal(10) ** 18


class Params:
    """The values of one request: lists of text from a query, anything from a body."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self.values = values

    def __contains__(self, name: str) -> bool:
        return self.values.get(name) not in (None, "", [])

    def raw(self, name: str) -> Any:
        """A value as it came, or None."""
        return self.values.get(name)

    def text(self, name: str, default: str | None = None) -> str:
        """A text; the last one where a query repeats it."""
        value = self.values.get(name)
        if isinstance(value, list) and value:
            value = value[-1]
        if value in (None, "", []):
            if default is None:
                raise invalid(f"{name} is required")
            return default
        if not isinstance(value, str):
            raise invalid(f"{name} must be a string")
        return value

    def texts(self, *names: str) -> list[str]:
        """Every value of some names, each of which may be repeated."""
        lists = [self.values[name] for name in names if self.values.get(name) is not None]
        if not all(isinstance(each, list) for each in lists):
            raise invalid(f"{names[0]} must be a list")
        found = [value for each in lists for value in each]
        if not all(isinstance(value, str) for value in found):
            raise invalid(f"{names[0]} must be strings")
        return [value for value in found if value]

    def flag(self, name: str) -> bool:
        """True or false; false where it is missing."""
        value = self.values.get(name)
        if value is not None and not isinstance(value, bool):
            raise invalid(f"{name} must be true or false")
        return bool(value)

    def limit(self, default: int, most: int, name: str = "limit") -> int:
        """How many rows, from 1 to `most`; 0 is none given."""
        value = self.raw(name)
        text = str(value) if isinstance(value, int) else self.text(name, str(default))
        if not (text.isascii() and text.isdigit() and len(text) < 10):
            raise invalid(f"{name} must be a whole number")
        return min(int(text) or default, most)

    def seconds(self, name: str) -> int:
        """A time in whole seconds since 1970."""
        text = self.text(name)
        if not (text.isascii() and text.isdigit() and len(text) < 12):
            raise invalid(f"{name} must be seconds since 1970")
        return int(text)

    def moment(self, name: str) -> int | None:
        """An RFC 3339 time in milliseconds, or None where none is given."""
        if name not in self:
            return None
        text = self.text(name)
        try:
            found = datetime.fromisoformat(text)
            aware = found if found.tzinfo is not None else found.replace(tzinfo=UTC)
            return int(aware.timestamp() * 1000)
        except (ValueError, OverflowError):
            raise invalid(f"{name} must be a time as 2026-11-20T16:00:00Z") from None

    def decimal(self, name: str) -> Decimal:
        """A finite number."""
        value = self.values.get(name)
        text = str(value) if type(value) is int else self.text(name)
        try:
            found = Decimal(text)
        except InvalidOperation:
            found = Decimal("NaN")
        if not found.is_finite() or abs(found) > _LARGEST:
            raise invalid(f"{name} must be a number")
        return found


def of_query(query: str) -> Params:
    """The values of a query."""
    return Params(parse_qs(query))


def of_body(body: bytes) -> Params:
    """The values of a JSON body; an empty one has none.

    Raises:
        CoinbaseError: it is not a JSON object.
    """
    try:
        # Fractions stay the text that was sent: a binary float would change them.
        found = json.loads(body or b"{}", parse_float=str, parse_constant=str)
    except (ValueError, RecursionError):
        raise invalid("invalid character: the body is not JSON") from None
    if not isinstance(found, dict):
        raise invalid("the body must be an object")
    return Params(found)
