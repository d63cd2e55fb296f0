"""T62: a size or a price of a request is spelled as venues refuse it, or not as it was meant."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from trading_tools.review.findings import Severity
from trading_tools.review.model.index import last_name
from trading_tools.review.model.module import Module
from trading_tools.review.model.numbers import Number, number
from trading_tools.review.model.payloads import MONEY_FIELDS, is_sent, order_fields, plain
from trading_tools.review.rule import Hit, Rule, Topic, on_nodes


def _request(node: ast.Dict, module: Module) -> Iterator[Hit]:
    """Sizes and prices of an order, in the dict and in what is put into it afterwards."""
    fields = order_fields(node)
    if fields is None or not is_sent(module, node):
        return
    for name, value in fields.items():
        if name in MONEY_FIELDS:
            yield from _spelled(name, value, module)
    for key, value in _put_in(node, module):
        if plain(key) in MONEY_FIELDS:
            yield from _spelled(key, value, module)


def _put_in(node: ast.Dict, module: Module) -> Iterator[tuple[str, ast.expr]]:
    statement = module.statement(node)
    function = module.function(node)
    targets = statement.targets if isinstance(statement, ast.Assign) else []
    names = {each.id for each in targets if isinstance(each, ast.Name)}
    if not names or function is None:
        return
    for assign in module.own(function, ast.Assign):
        for target in assign.targets:
            if not isinstance(target, ast.Subscript) or last_name(target.value) not in names:
                continue
            if isinstance(target.slice, ast.Constant) and isinstance(target.slice.value, str):
                yield target.slice.value, assign.value


def _spelled(name: str, value: ast.expr, module: Module) -> Iterator[Hit]:
    if not isinstance(value, ast.Call) or len(value.args) != 1:
        return
    given = value.args[0]
    made = last_name(value.func)
    if made == "float" and isinstance(value.func, ast.Name):
        if number(module, given) is not Number.FLOAT:
            yield Hit(value, f"`{name}` of the order is turned into a float", Severity.WARNING)
    elif made == "str" and _is_normalized(given, module):
        yield Hit(value, f"`{name}` of 100 is sent as 1E+2: it is normalised")
    elif made == "str" and number(module, given) is Number.DECIMAL:
        yield Hit(value, f"`{name}` below 0.000001 is sent as 1E-7", Severity.NOTE)
    elif made == "str" and number(module, given) is Number.FLOAT:
        yield Hit(value, f"`{name}` below 0.0001 is sent as 1e-05", Severity.WARNING)


def _is_normalized(node: ast.expr, module: Module) -> bool:
    return any(
        isinstance(each.node, ast.Call)
        and last_name(each.node.func) == "normalize"
        and not each.node.args
        for each in module.values(node)
    )


RULE = Rule(
    id="T62",
    title="a number of an order is spelled as venues refuse it",
    severity=Severity.ERROR,
    topic=Topic.EDGES,
    why="`str(Decimal('0.0000005'))` is 5E-7 and `str(Decimal('100').normalize())` is 1E+2: many "
    "venues refuse exponents, so cheap coins cannot be sold; a float brings its error with it.",
    fix='write `format(amount, "f")` of a Decimal',
    link="https://github.com/gateio/gateapi-python/issues/51",
    visits=(on_nodes(_request, ast.Dict),),
    bad=(
        """
from decimal import Decimal

class Connector:
    async def place(self, pair, side, amount: Decimal, price):
        data = {"symbol": pair, "side": side, "qty": str(amount.normalize())}  # <-
        if price is not None:
            data["price"] = float(price)  # <-
        await self._post("/order", data)
        again = {"instId": pair, "side": side, "sz": str(amount)}  # <-
        await self._post("/order", again)

    def place_at_once(self, pair, side, size: float):
        self._post("/order", {"symbol": pair, "side": side, "size": str(size)})  # <-
""",
    ),
    good=(
        """
from decimal import Decimal

class Connector:
    async def place(self, pair, side, amount: Decimal, price):
        data = {"symbol": pair, "side": side, "qty": format(amount, "f")}
        if price is not None:
            data["price"] = f"{price:f}"
        await self._post("/order", data)

    def row(self, order):
        return {"symbol": order.pair, "price": float(order.price)}
""",
    ),
)
