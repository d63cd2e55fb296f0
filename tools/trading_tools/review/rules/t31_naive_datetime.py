"""T31: a time without a zone."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from trading_tools.review.findings import Edit, Severity
from trading_tools.review.model.module import Module
from trading_tools.review.rule import Hit, Rule, Topic, on_calls

_CLASS = "datetime.datetime"
_SHOWN = frozenset({"strftime", "ctime", "date"})
"""What makes a text for people of a time, or the name of a file."""


def _naive(call: ast.Call, module: Module) -> Iterator[Hit]:
    name = module.dotted(call.func)
    if name not in {
        f"{_CLASS}.{each}"
        for each in ("utcnow", "now", "utcfromtimestamp", "fromtimestamp", "today")
    }:
        return
    method = name.rpartition(".")[2]
    zone_at = {"now": 0, "fromtimestamp": 1}.get(method)
    if zone_at is not None and (
        len(call.args) > zone_at or any(each.arg in {"tz", None} for each in call.keywords)
    ):
        return
    used = module.parent(call)
    use = used.attr if isinstance(used, ast.Attribute) else ""
    if use == "timestamp" and method in {"now", "today"}:
        return  # local time is what `timestamp()` takes it for
    yield Hit(
        call,
        f"`{ast.unparse(call.func)}()` makes a time without a zone",
        Severity.WARNING if use in _SHOWN else None,
        edits=_edits(call, method, module),
    )


def _edits(call: ast.Call, method: str, module: Module) -> tuple[Edit, ...]:
    """`utcnow()` becomes `now(UTC)` where `UTC` is imported: then nothing else has to change."""
    if (
        method != "utcnow"
        or call.args
        or call.keywords
        or module.imports.of("UTC") != "datetime.UTC"
    ):
        return ()
    assert isinstance(call.func, ast.Attribute)
    return (module.replacing(call, f"{ast.unparse(call.func.value)}.now(UTC)"),)


RULE = Rule(
    id="T31",
    title="a time without a zone",
    severity=Severity.ERROR,
    topic=Topic.EDGES,
    why="A naive time is read as local time by `timestamp()` and as UTC by people: candles, "
    "expiries and audit entries are off by the machine's offset, and by an hour more in summer.",
    fix="use `datetime.now(UTC)`, and `fromtimestamp(value, UTC)`",
    link="https://github.com/freqtrade/freqtrade/commit/da57396d0",
    visits=(on_calls(_naive, "utcnow", "now", "utcfromtimestamp", "fromtimestamp", "today"),),
    bad=(
        """
from datetime import datetime

entry = {"at": datetime.utcnow().isoformat()}  # <-
opened = datetime.fromtimestamp(candle[0] / 1000)  # <-
""",
        """
from datetime import UTC, datetime

entry = {"größe": size, "at": datetime.utcnow().isoformat()}  # <-
""",
    ),
    good=(
        """
from datetime import UTC, datetime

entry = {"at": datetime.now(UTC).isoformat()}
opened = datetime.fromtimestamp(candle[0] / 1000, UTC)
elapsed = datetime.now().timestamp() - started
""",
    ),
)
