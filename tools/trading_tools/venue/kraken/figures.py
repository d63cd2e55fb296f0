"""JSON with exact numbers: Kraken's WebSocket has prices and volumes with all their decimals."""

from __future__ import annotations

import json
from json.encoder import encode_basestring_ascii as quoted
from typing import Any


class Figure(str):
    """A number as it is to be written: "0.10000000" without the quotes."""

    __slots__ = ()


def dumps(value: Any) -> str:
    """`value` as compact JSON, its figures as numbers."""
    if isinstance(value, Figure):
        return value
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, dict):
        inner = ",".join([f"{quoted(name)}:{dumps(each)}" for name, each in value.items()])
        return f"{{{inner}}}"
    if isinstance(value, list):
        return f"[{','.join([dumps(each) for each in value])}]"
    return json.dumps(value)


def plain(value: Any) -> Any:
    """A value that was read from JSON with its decimals as text, as the ledger can hold it."""
    return value if isinstance(value, str) else json.loads(json.dumps(value, default=str))
