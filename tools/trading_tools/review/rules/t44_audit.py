"""T44: an audit log that proves nothing."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Final

from trading_tools.review.findings import Severity
from trading_tools.review.model.calls import is_client_id
from trading_tools.review.model.index import FunctionNode, last_name
from trading_tools.review.model.module import Module
from trading_tools.review.model.words import words
from trading_tools.review.rule import Hit, Rule, Topic, on_nodes

_AUDIT: Final = frozenset({"audit", "auditor"})
_CHAIN: Final = frozenset({"prev", "previous", "hash", "digest", "chain", "seq", "sequence", "hmac",
                           "mac", "sha256"})  # fmt: skip
_ANSWER: Final = frozenset({"result", "response", "reply", "fill", "execution", "ack"})
_INTENT: Final = frozenset({"intent", "before", "attempt", "request", "submit", "begin", "plan"})
_OURS: Final = frozenset({"correlation", "trace", "intent"})


def _audit(owner: ast.ClassDef, module: Module) -> Iterator[Hit]:
    if not words(owner.name) & _AUDIT:
        return
    opened = next((each for each in _opened(owner, module)), None)
    if opened is not None:
        if not any(last_name(each.func) == "fsync" for each in module.within(owner, ast.Call)):
            yield Hit(opened, "an entry is not on the disk when this returns: there is no `fsync`")
        if not _chained(owner):
            yield Hit(opened, "a line can be changed or taken out and nobody can tell")
    yield from _unserialised(owner, module)
    methods = [each for each in owner.body if isinstance(each, FunctionNode)]
    if any(words(each.name) & _INTENT for each in methods):
        return
    for method in methods:
        given = {each.arg for each in (*method.args.args, *method.args.kwonlyargs)}
        answers = [each for each in given if words(each) & _ANSWER]
        if "order" in words(method.name) and answers:
            yield Hit(
                method,
                f"`{method.name}` wants the `{answers[0]}`: nothing is written before the order is "
                "sent",
            )
            if not _names_id(method):
                yield Hit(method, f"`{method.name}` writes no id of ours to tell orders apart by")


def _opened(owner: ast.ClassDef, module: Module) -> Iterator[ast.Call]:
    """Where the class opens a file to append to it."""
    for call in module.within(owner, ast.Call):
        if last_name(call.func) == "open":
            modes = [*call.args, *(each.value for each in call.keywords if each.arg == "mode")]
            if any(isinstance(e, ast.Constant) and e.value in {"a", "ab", "at"} for e in modes):
                yield call


def _chained(owner: ast.ClassDef) -> bool:
    for each in ast.walk(owner):
        name = each.value if isinstance(each, ast.Constant) else last_name(each)
        if isinstance(name, str) and len(name) < 40 and words(name) & _CHAIN:
            return True
    return False


def _unserialised(owner: ast.ClassDef, module: Module) -> Iterator[Hit]:
    """`json.dumps` without a word on Decimal, in a file whose money is in Decimal."""
    if "Decimal" not in module.imports and "Decimal" not in module.source.text:
        return
    for call in module.within(owner, ast.Call):
        if module.dotted(call.func) in {"json.dumps", "json.dump"} and not any(
            each.arg in {"default", "cls", None} for each in call.keywords
        ):
            yield Hit(call, "an entry with a Decimal in it raises here, and is lost")


def _names_id(method: FunctionNode) -> bool:
    for each in ast.walk(method):
        name = each.value if isinstance(each, ast.Constant) else last_name(each)
        if isinstance(name, str) and (is_client_id(name) or words(name) & _OURS):
            return True
    return False


RULE = Rule(
    id="T44",
    title="an audit log that proves nothing",
    severity=Severity.WARNING,
    topic=Topic.LOGGING,
    why="What is written after the answer does not know the order that was sent when the process "
    "died; what is not on the disk is gone with the machine; and a log without a chain can be "
    "mended afterwards by anybody.",
    fix="write the intent with its client order id before sending, number and hash the entries, "
    "`fsync`, and write Decimals as text (`default=str`)",
    link="https://docs.python.org/3/library/os.html#os.fsync",
    visits=(on_nodes(_audit, ast.ClassDef),),
    bad=(
        """
import json
from decimal import Decimal

class TradeAuditLog:
    def log_order(self, order, result):  # <-
        self._append({"symbol": order.symbol, "filled": str(result.filled)})

    def _append(self, entry):
        with open(self.file, "a") as out:  # <-
            out.write(json.dumps(entry) + "\\n")  # <-
""",
    ),
    good=(
        """
import hashlib
import json
import os
from decimal import Decimal

class TradeAuditLog:
    def log_intent(self, order):
        self._append({"client_order_id": order.client_order_id, "size": str(order.size)})

    def log_order(self, order, result):
        self._append({"client_order_id": order.client_order_id, "filled": str(result.filled)})

    def _append(self, entry):
        line = json.dumps({**entry, "previous": self.digest}, default=str)
        self.digest = hashlib.sha256(line.encode()).hexdigest()
        with open(self.file, "a") as out:
            out.write(line + "\\n")
            out.flush()
            os.fsync(out.fileno())
""",
        """
import json
from decimal import Decimal

class Report:
    def log_order(self, order, result):
        print(json.dumps({"order": order, "result": result}))
""",
    ),
)
