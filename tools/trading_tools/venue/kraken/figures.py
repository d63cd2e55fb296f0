"""JSON with exact numbers: Kraken's WebSocket sends prices and volumes with all their decimals."""

from __future__ import annotations

import json
from typing import Any


class Figure(str):
    """A number as it is to be written: "0.10000000" without the quotes."""

    __slots__ = ()


def dumps(value: Any) -> str:
    """`value` as compact JSON, its figures as numbers."""
    if isinstance(value, Figure):
        return str(value)
    if isinstance(value, dict):
        inner = ",".join(f"{json.dumps(name)}:{dumps(each)}" for name, each in value.items())
        return f"{{{inner}}}"
    if isinstance(value, list):
        return f"[{','.join(dumps(each) for each in value)}]"
    return json.dumps(value)
