"""What runs code again after a failure: decorators, loops, helpers, calls of itself."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from trading_tools.review.model.exceptions import canonical
from trading_tools.review.model.index import FunctionNode, last_name
from trading_tools.review.model.values import Value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from trading_tools.review.model.module import Module

DECORATORS: Final = frozenset(
    {
        "tenacity.retry", "backoff.on_exception", "backoff.on_predicate", "stamina.retry",
        "retrying.retry", "retry.retry", "retry.api.retry", "retry2.retry",
        "async_retrying.retry", "aioretry.retry",
    }
)  # fmt: skip
_TENACITY_LOOPS: Final = frozenset({"Retrying", "AsyncRetrying", "retry_context"})
_HELPER: Final = ("retry", "retries", "retrying", "with_backoff")


@dataclass(frozen=True)
class Retry:
    """One thing that repeats: the node that does it, a word for it, and what it repeats after.

    `caught` are the exceptions after which it goes on (`BaseException` where it takes any).
    """

    node: ast.AST
    what: str
    caught: tuple[str, ...]


def around(module: Module, node: ast.AST) -> Retry | None:
    """What would run a node again after it failed, from the inside out."""
    if isinstance(node, ast.Call) and repeats(last_name(node.func)):
        return Retry(node, last_name(node.func), ("Exception",))
    inner = node
    for above in module.parents(node):
        found = None
        if isinstance(above, ast.For | ast.AsyncFor | ast.While):
            found = _loop(module, above, inner, node)
        elif isinstance(above, FunctionNode):
            found = _decorated(module, above) if isinstance(inner, ast.stmt) else None
            if found is None:
                found = _recursing(module, above, node) or _passed(module, above)
            return found
        elif isinstance(above, ast.Lambda):
            found = _given_to_helper(module, above)
        if found is not None:
            return found
        inner = above
    return None


@lru_cache(maxsize=8192)
def repeats(name: str) -> bool:
    """Whether a function's name says that it runs what it is given again."""
    return any(part in name.lower() for part in _HELPER)


def _decorated(module: Module, function: FunctionNode) -> Retry | None:
    for each in function.decorator_list:
        call = each if isinstance(each, ast.Call) else None
        target = call.func if call is not None else each
        name = module.dotted(target)
        if name in DECORATORS:
            caught = _library_catches(module, call) if call is not None else ()
            return Retry(each, f"@{name}", caught or ("Exception",))
        own = _own_decorator(module, target)
        if own is not None:
            return Retry(each, f"@{last_name(target)}", own)
        if repeats(last_name(target)):
            return Retry(each, f"@{last_name(target)}", ("Exception",))
    return None


def _library_catches(module: Module, call: ast.Call) -> tuple[str, ...]:
    """Which exceptions a library's decorator repeats after; empty for all of them."""
    for each in [*call.args, *(keyword.value for keyword in call.keywords)]:
        inner = each
        if isinstance(each, ast.Call) and last_name(each.func) == "retry_if_exception_type":
            inner = each.args[0] if each.args else each
        elif each not in call.args and not isinstance(each, ast.Tuple):
            name = next(k.arg for k in call.keywords if k.value is each)
            if name not in {"on", "exceptions", "exception"}:
                continue
        names = list(_classes(module, inner))
        if names:
            return tuple(names)
    return ()


def _classes(module: Module, node: ast.expr) -> Iterator[str]:
    for value in module.values(node):
        parts = value.node.elts if isinstance(value.node, ast.Tuple) else [value.node]
        for each in parts:
            name = canonical(value.module.dotted(each))
            if name.rpartition(".")[2][:1].isupper():
                yield name


def _own_decorator(module: Module, target: ast.expr) -> tuple[str, ...] | None:
    """What a decorator of the project repeats after, where it calls what it wraps in a loop."""
    name = module.dotted(target)
    found = module.project.find(name) if name else None
    if found is None:
        local = module.functions_by_name.get(last_name(target))
        found = Value(local[0], module) if local else None
    if found is None or not isinstance(found.node, FunctionNode):
        return None
    place = found.module
    wrapped = {each.arg for each in found.node.args.args}
    for inner in place.within(found.node, ast.FunctionDef):
        wrapped |= {each.arg for each in inner.args.args}
    for call in place.within(found.node, ast.Call):
        if isinstance(call.func, ast.Name) and call.func.id in wrapped:
            for above in place.parents(call):
                if isinstance(above, ast.For | ast.While):
                    loop = _loop(place, above, None, call)
                    return None if loop is None else loop.caught
    return None


def _loop(
    module: Module, loop: ast.For | ast.AsyncFor | ast.While, inner: ast.AST | None, node: ast.AST
) -> Retry | None:
    """A loop that ends at the first success and goes round after a failure."""
    if isinstance(loop, ast.For | ast.AsyncFor) and inner is not None:
        over = loop.iter
        if isinstance(over, ast.Call) and last_name(over.func) in _TENACITY_LOOPS:
            return Retry(loop, f"a loop over {last_name(over.func)}", ("Exception",))
    for above in module.parents(node):
        if above is loop:
            return None
        if isinstance(above, ast.Try) and _below(module, above.body, node):
            caught = [
                name
                for handler in above.handlers
                if not _leaves(handler.body)
                for name in module.caught(handler)
            ]
            if caught and _ends_on_success(module, loop, above):
                return Retry(loop, "a loop that tries again", tuple(caught))
    return None


def _below(module: Module, body: list[ast.stmt], node: ast.AST) -> bool:
    return any(each is node or module.holds(each, node) for each in body)


def _leaves(body: list[ast.stmt]) -> bool:
    return any(isinstance(each, ast.Raise | ast.Return | ast.Break) for each in body)


def _ends_on_success(module: Module, loop: ast.AST, attempt: ast.Try) -> bool:
    """Whether the loop is left once the attempt has gone well."""
    after = [*attempt.body, *attempt.orelse]
    if any(isinstance(each, ast.Return | ast.Break) for each in after):
        return True
    if isinstance(loop, ast.While):  # `while order is None: try: order = …`
        asked = {each.id for each in ast.walk(loop.test) if isinstance(each, ast.Name)}
        made = {
            target.id
            for each in after
            if isinstance(each, ast.Assign)
            for target in each.targets
            if isinstance(target, ast.Name)
        }
        if asked & made:
            return True
    parent = module.parent(attempt)
    rest: list[ast.stmt] = getattr(parent, "body", [])
    if attempt in rest:
        behind = rest[rest.index(attempt) + 1 :]
        return any(isinstance(each, ast.Return | ast.Break) for each in behind)
    return False


def _recursing(module: Module, function: FunctionNode, node: ast.AST) -> Retry | None:
    """A function that calls itself from a handler around the node."""
    for attempt, handler in module.handlers_around(node):
        del attempt
        for call in module.within(handler, ast.Call):
            if last_name(call.func) == function.name:
                return Retry(call, f"{function.name} calling itself", module.caught(handler))
    return None


def _given_to_helper(module: Module, function: ast.AST) -> Retry | None:
    """A lambda or a function that is handed to something called retry."""
    above = module.parent(function)
    if isinstance(above, ast.keyword):
        above = module.parent(above)
    if isinstance(above, ast.Call) and repeats(last_name(above.func)):
        return Retry(above, last_name(above.func), ("Exception",))
    return None


def _passed(module: Module, function: FunctionNode) -> Retry | None:
    """A local function whose name is handed to something called retry."""
    for name, calls in module.index.calls().items():
        if repeats(name):
            for call in calls:
                if any(last_name(each) == function.name for each in call.args):
                    return Retry(call, name, ("Exception",))
    return None
