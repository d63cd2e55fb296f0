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
_IN_UTC = frozenset({"utcnow", "utcfromtimestamp"})


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
    if use in {"timestamp", "astimezone"} and method in {"now", "today", "fromtimestamp"}:
        return  # local time is what these take it for
    if _says_utc(used, method, module):
        return
    misread = _misread(call, method, module)
    what = f"`{ast.unparse(call.func)}()` makes a time without a zone"
    severity = Severity.NOTE if use in _SHOWN else None
    if misread:
        what, severity = f"{what}, and `{misread}()` takes it for another", Severity.ERROR
    used_up = use in _SHOWN | {"timestamp"}
    yield Hit(call, what, severity, edits=_edits(call, method, module) if used_up else ())


def _says_utc(used: ast.AST | None, method: str, module: Module) -> bool:
    """`utcnow().isoformat() + "Z"` and `utcnow().replace(tzinfo=UTC)` are right all the same."""
    if method not in _IN_UTC or not isinstance(used, ast.Attribute):
        return False
    call = module.parent(used)
    if used.attr == "replace" and isinstance(call, ast.Call):
        return any(each.arg == "tzinfo" for each in call.keywords)
    above = module.parent(call) if call is not None else None
    return isinstance(above, ast.BinOp) and ast.unparse(above.right).startswith(("'Z", "'+00"))


def _misread(call: ast.Call, method: str, module: Module) -> str:
    """What takes this very time for one of another zone than it was made in; "" for nothing seen.

    `timestamp()` takes UTC for local time, `replace(tzinfo=…)` local time for that of a zone.
    """
    wrong = "timestamp" if method in _IN_UTC else "replace"
    for attribute in _attributes(call, module):
        read = module.parent(attribute)
        zoned = isinstance(read, ast.Call) and any(
            each.arg == "tzinfo" and "local" not in ast.unparse(each.value)
            for each in read.keywords
        )
        if attribute.attr == wrong and (wrong == "timestamp" or zoned):
            return wrong
    return ""


def _attributes(call: ast.Call, module: Module) -> list[ast.Attribute]:
    """What is asked of the time, at once or by the local name that it is given."""
    used = module.parent(call)
    if isinstance(used, ast.Attribute):
        return [used]
    function = module.function(call)
    if function is None or not isinstance(used, ast.Assign | ast.AnnAssign):
        return []
    target = used.targets[0] if isinstance(used, ast.Assign) else used.target
    if not isinstance(target, ast.Name) or module.scope(function).only(target.id) != [call]:
        return []
    return [
        each
        for each in module.within(function, ast.Attribute)
        if isinstance(each.value, ast.Name) and each.value.id == target.id
    ]


def _edits(call: ast.Call, method: str, module: Module) -> tuple[Edit, ...]:
    """`utcnow()` becomes `now(UTC)` where `UTC` is imported and the time is used up on the spot.

    A time with a zone that is kept would meet those without one: to compare them is a TypeError.
    """
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
    severity=Severity.WARNING,
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
        """
from datetime import datetime, timedelta, timezone

since = int((datetime.utcnow()).timestamp() * 1000)  # <-

def opened(candle):
    at = datetime.fromtimestamp(candle[0] / 1000)  # <-
    return at.replace(tzinfo=timezone.utc)
""",
    ),
    good=(
        """
from datetime import UTC, datetime

entry = {"at": datetime.now(UTC).isoformat()}
opened = datetime.fromtimestamp(candle[0] / 1000, UTC)
elapsed = datetime.now().timestamp() - started
shown = datetime.now().astimezone().isoformat()
start_time = datetime.utcnow().isoformat() + "Z"
epoch = datetime.utcfromtimestamp(0).replace(tzinfo=UTC)
""",
    ),
)
