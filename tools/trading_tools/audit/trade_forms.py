"""The forms of the trade audit's values in a ledger: numbers as text, and back again.

What the entries are and who writes them is ``trade``.
"""

from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from trading_tools.audit.errors import NotRecordable
from trading_tools.audit.event import decimal_text

_MARK: Final = "$decimal"
_DECIMALS: Final = {
    "size_base",
    "price_quote",
    "stop_price_quote",
    "mid_quote",
    "bid_quote",
    "ask_quote",
    "filled_size_base",
    "average_price_quote",
    "fee_base",
    "change_base",
}


def number(name: str, value: object, *, positive: bool = False) -> str:
    """The text of a number; ``name`` says which in the error.

    Raises ``NotRecordable`` for anything but a finite ``Decimal``, above zero where it must be.
    """
    if not isinstance(value, Decimal):
        raise NotRecordable(
            f"{name} is a {type(value).__name__} ({value!r:.40}): money and sizes are Decimal"
        )
    text = decimal_text(value)
    if positive and value <= 0:
        raise NotRecordable(f"{name} {text} is not above zero: side gives direction")
    return text


def optional(name: str, value: object) -> str | None:
    """The text of a number, or None where there is none."""
    return None if value is None else number(name, value)


def count(name: str, value: object) -> int | None:
    """A count of something, or None where there is none."""
    if value is None or (type(value) is int and value >= 0):
        return value
    raise NotRecordable(f"{name} {value!r:.40} is no count")


def require_text(**values: object) -> None:
    """Raise ``NotRecordable`` where one is no text with something in it."""
    for name, value in values.items():
        if not isinstance(value, str) or not value:
            raise NotRecordable(f"{name} {value!r:.40} is not a text with something in it")


def pack(value: Any) -> Any:
    """Decision data as JSON from which the Decimals come back as such."""
    if isinstance(value, float):
        raise NotRecordable(f"data holds the float {value!r}: give a Decimal")
    if isinstance(value, Decimal):
        return {_MARK: decimal_text(value)}
    if isinstance(value, Mapping):
        if _MARK in value:
            raise NotRecordable(f"data has a key {_MARK!r}, which marks numbers: rename it")
        return {key: pack(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [pack(inner) for inner in value]
    return value


def unpack(value: Any) -> Any:
    """What ``pack`` made, as it was."""
    if isinstance(value, dict):
        if _MARK in value:
            return Decimal(value[_MARK])
        return {key: unpack(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [unpack(inner) for inner in value]
    return value


def values_of(kind: type[Any], body: Mapping[str, Any]) -> dict[str, Any]:
    """The values of an entry of that kind as they went in; what an older version left out is out.

    ``outcome`` is left as its text: its type is the caller's.
    """
    values = {part.name: body[part.name] for part in fields(kind) if part.name in body}
    for name in _DECIMALS & values.keys():
        if values[name] is not None:
            values[name] = Decimal(values[name])
    if "at" in values:
        values["at"] = datetime.fromisoformat(values["at"])
    if "data" in values:
        values["data"] = unpack(values["data"])
    return values
