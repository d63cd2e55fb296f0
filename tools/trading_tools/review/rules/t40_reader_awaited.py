"""T40: what stands behind an endless reader never runs."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from trading_tools.review.findings import Severity
from trading_tools.review.model.index import FunctionNode
from trading_tools.review.model.loops import never_returns
from trading_tools.review.model.module import Module
from trading_tools.review.rule import Hit, Rule, Topic, on_nodes


def _awaited(node: ast.Await, module: Module) -> Iterator[Hit]:
    call = node.value
    if not isinstance(call, ast.Call) or not isinstance(module.parent(node), ast.stmt):
        return
    behind = _behind(node, module)
    if behind is None:
        return
    target = module.called(call)
    if target is None or not isinstance(target.node, ast.AsyncFunctionDef):
        return
    if never_returns(target.module, target.node):
        yield Hit(
            call,
            f"`{ast.unparse(call.func)}` never returns, so line {behind.lineno} is never reached",
        )


def _behind(node: ast.AST, module: Module) -> ast.stmt | None:
    """The statement that would run next once this one is over."""
    inner: ast.AST = module.statement(node)
    for above in module.parents(inner):
        if isinstance(above, ast.Try) and (above.handlers or above.finalbody):
            return None  # what ends the reader leads on
        for part in ("body", "orelse", "finalbody"):
            block: list[ast.stmt] = getattr(above, part, None) or []
            if isinstance(block, list) and inner in block:
                rest = block[block.index(inner) + 1 :]
                if rest:
                    return rest[0]
        if isinstance(above, FunctionNode):
            return None
        inner = above
    return None


RULE = Rule(
    id="T40",
    title="what stands behind an endless reader never runs",
    severity=Severity.ERROR,
    topic=Topic.ERRORS,
    why="A subscribe that awaits its own `while True` blocks whoever calls it: the watchdog behind "
    "it is never started, the second symbol never subscribed, and the first stall is for good.",
    fix="start the reader as a task (`asyncio.TaskGroup`), keep it, and go on",
    link="https://github.com/nardew/cryptoxlib-aio/issues/52",
    visits=(on_nodes(_awaited, ast.Await),),
    bad=(
        """
import asyncio

class Streams:
    async def subscribe(self, key, callback):
        if key not in self.open:
            await self._read(key, callback)  # <-
        self.watchdog = asyncio.create_task(self._watch(key))

    async def _read(self, key, callback):
        while True:
            try:
                while True:
                    message = await self.socket.recv()
                    if not message:
                        break
                    await callback(message)
            except OSError:
                await asyncio.sleep(1)
""",
        """
async def prices(queue):
    while True:
        print(await queue.get())

async def forever(queue):
    await prices(queue)

async def main(queue, bot):
    await forever(queue)  # <-
    await bot.reconcile()
""",
    ),
    good=(
        """
import asyncio

async def read(socket):
    while True:
        await socket.recv()

async def until_closed(socket):
    while True:
        if await socket.recv() is None:
            return

async def first(socket):
    while True:
        message = await socket.recv()
        if message:
            break
    return message

async def main(socket):
    await until_closed(socket)
    await first(socket)
    reader = asyncio.create_task(read(socket))
    await asyncio.wait_for(read(socket), 5)
    try:
        await read(socket)
    except OSError:
        await socket.close()
    await reader

async def last(socket):
    await main(socket)
    await read(socket)
""",
    ),
)
