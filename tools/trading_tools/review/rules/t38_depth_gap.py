"""T38: changes of a book are applied, whether or not one is missing."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Final

from trading_tools.review.findings import Severity
from trading_tools.review.model.index import last_name
from trading_tools.review.model.module import Module
from trading_tools.review.rule import Hit, Rule, Topic, on_nodes

_SIDES: Final = frozenset({"b", "a", "bids", "asks"})
_ORDERED: Final = frozenset(
    {"U", "u", "pu", "seq", "sequence", "prevSeqId", "seqId", "checksum", "crossSeq", "nonce",
     "lastUpdateId", "last_update_id", "final_update_id", "first_update_id", "update_id",
     "prev_seq", "sequence_num", "sequenceEnd", "sequenceStart", "change_id", "prev_change_id"}
)  # fmt: skip


def _applied(loop: ast.For, module: Module) -> Iterator[Hit]:
    if not _side(loop.iter) or not _is_change(loop, module) or _in_order(module):
        return
    function = module.function(loop)
    sides = [] if function is None else module.own(function, ast.For)
    if not any(each.lineno < loop.lineno and _side(each.iter) for each in sides):
        yield Hit(loop, "changes of the book are applied, and nobody knows when one is missing")


def _side(node: ast.expr) -> bool:
    """Whether it is `message["b"]`, `message.get("bids", [])`."""
    key: ast.expr | None = None
    if isinstance(node, ast.Subscript):
        key = node.slice
    elif isinstance(node, ast.Call) and last_name(node.func) == "get" and node.args:
        key = node.args[0]
    return isinstance(key, ast.Constant) and key.value in _SIDES


def _is_change(loop: ast.For, module: Module) -> bool:
    """Whether a level is set by its price, and taken out where its size is nothing."""
    sets = any(
        isinstance(target, ast.Subscript)
        for each in module.within(loop, ast.Assign)
        for target in each.targets
    )
    takes = any(
        isinstance(call.func, ast.Attribute) and call.func.attr == "pop"
        for call in module.within(loop, ast.Call)
    ) or any(isinstance(each, ast.Delete) for each in ast.walk(loop))
    return sets and takes


def _in_order(module: Module) -> bool:
    """Whether the file speaks of numbers of updates at all."""
    for each in ast.walk(module.tree):
        name = each.value if isinstance(each, ast.Constant) else last_name(each)
        if isinstance(name, str) and name in _ORDERED:
            return True
    return False


RULE = Rule(
    id="T38",
    title="changes of a book are applied, whether or not one is missing",
    severity=Severity.ERROR,
    topic=Topic.EDGES,
    why="One lost change leaves a level that is not there any more: the book freezes with its bid "
    "above its ask, and the bot trades against it.",
    fix="compare the first and last update ids (`U`, `u`, `pu`) or the checksum, and take a new "
    "snapshot after a gap",
    link="https://github.com/ccxt/ccxt/issues/20836",
    visits=(on_nodes(_applied, ast.For),),
    bad=(
        """
class Book:
    def on_depth(self, message):
        for price, size in message["b"]:  # <-
            if float(size) == 0:
                self.bids.pop(price, None)
            else:
                self.bids[price] = size
        for price, size in message["a"]:
            if float(size) == 0:
                self.asks.pop(price, None)
            else:
                self.asks[price] = size
""",
        """
async def handle(book, update):
    for level in update.get("bids", []):  # <-
        if level[1] == "0":
            del book[level[0]]
        else:
            book[level[0]] = level[1]
""",
    ),
    good=(
        """
class Book:
    def on_depth(self, message):
        if message["U"] != self.last + 1:
            raise Gap(self.last, message["U"])
        for price, size in message["b"]:
            if size == "0":
                self.bids.pop(price, None)
            else:
                self.bids[price] = size
        self.last = message["u"]
""",
        """
def snapshot(reply):
    bids = {}
    for price, size in reply["bids"]:
        bids[price] = size
    return bids
""",
    ),
)
