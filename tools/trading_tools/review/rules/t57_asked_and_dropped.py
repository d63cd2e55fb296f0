"""T57: what was asked of an order is not sent."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Final

from trading_tools.review.findings import Severity
from trading_tools.review.model.index import FunctionNode, last_name
from trading_tools.review.model.module import Module
from trading_tools.review.model.payloads import order_fields, plain, sends
from trading_tools.review.model.words import words
from trading_tools.review.rule import Hit, Rule, Topic, on_functions

_ASKED: Final = frozenset(
    {
        "order_type", "ordertype", "side", "amount", "quantity", "qty", "price", "limit_price",
        "stop_price", "trigger_price", "reduce_only", "reduceonly", "post_only", "time_in_force",
        "tif", "leverage", "position_action", "position_side", "client_order_id", "stop_loss",
        "take_profit", "new_price", "slippage",
    }
)  # fmt: skip
_PLACES: Final = frozenset({"place", "submit", "create", "send", "post", "open"})
_CHANGES: Final = frozenset({"amend", "adjust", "modify", "replace", "edit", "update"})
_ALSO_CALLED: Final = {
    "ordertype": ("type", "ordtype"),
    "timeinforce": ("tif",),
    "positionaction": ("reduceonly", "closeposition"),
}
_LOGS: Final = frozenset(
    {"debug", "info", "warning", "warn", "error", "exception", "critical", "log", "print"}
)
_TRIES: Final = frozenset(
    {"dry", "paper", "simulated", "mock", "fake", "virtual", "id", "book", "on", "status"}
)
_PRICES: Final = frozenset({"price", "limit_price", "slippage"})


def _dropped(function: FunctionNode, module: Module) -> Iterator[Hit]:
    own = words(function.name)
    if "order" not in own or own.isdisjoint(_PLACES | _CHANGES) or own & _TRIES:
        return
    scope = module.scope(function)
    asked = _ASKED & scope.parameters.keys()
    if own & _CHANGES:
        asked -= {"side"}  # which no venue changes
    if not asked or function.decorator_list or not _sends(function, module):
        return
    market = "market" in own or _is_market(function, module)
    looked_at = _looked_at(function, module)
    if "locals" in looked_at:
        return
    for name, parameter in scope.parameters.items():
        if name in asked - looked_at and not (market and name in _PRICES):
            at = _in_its_place(name, function, module) or parameter
            yield Hit(at, f"`{function.name}` takes `{name}` and sends the order without it")


def _in_its_place(name: str, function: FunctionNode, module: Module) -> ast.expr | None:
    """The constant that is sent for it."""
    called = {plain(name), *_ALSO_CALLED.get(plain(name), ())}
    for each in module.own(function, ast.Dict):
        for field, value in (order_fields(each) or {}).items():
            if field in called and isinstance(value, ast.Constant):
                return value
    return None


def _sends(function: FunctionNode, module: Module) -> bool:
    """Whether an order leaves this function: by a request, or in a dict that it makes."""
    if any(sends(last_name(each.func)) for each in module.own(function, ast.Call)):
        return True
    return any(order_fields(each) for each in module.own(function, ast.Dict))


def _is_market(function: FunctionNode, module: Module) -> bool:
    """Whether its orders are at market, as a literal says: these have no price."""
    said = (
        value.value
        for each in module.own(function, ast.Dict)
        for value in (order_fields(each) or {}).values()
        if isinstance(value, ast.Constant)
    )
    return any(isinstance(each, str) and "market" in words(each) for each in said)


def _looked_at(function: FunctionNode, module: Module) -> set[str]:
    """The names that the function reads other than to log them."""
    logged = {
        id(name)
        for call in module.within(function, ast.Call)
        if last_name(call.func) in _LOGS
        for name in ast.walk(call)
    }
    return {
        each.id
        for statement in function.body
        for each in ast.walk(statement)
        if isinstance(each, ast.Name) and id(each) not in logged
    }


RULE = Rule(
    id="T57",
    title="what was asked of an order is not sent",
    severity=Severity.WARNING,
    topic=Topic.RISK,
    why="The caller asks for a market order, a new price or `reduce_only`, and the function sends "
    "what it always sends: an exit rests as a limit order, a stop stays where it was, a close "
    "opens a position.",
    fix="pass it on, or refuse what the venue cannot do",
    link="https://github.com/Drakkar-Software/OctoBot-Tentacles/pull/894",
    visits=(on_functions(_dropped),),
    bad=(
        '''
class Connector:
    async def _place_order(self, order_id, pair, amount, side, order_type, price):
        """Sends an order."""
        data = {"clOrdId": order_id, "side": side, "instId": pair, "ordType": "limit",  # <-
                "sz": str(amount), "px": str(price)}
        return await self._api_post("/trade/order", data=data)

    def adjust_order(self, order, price):  # <-
        self.log.debug("moves %s to %s", order, price)
        return self.account.replace_order(order.id, NewOrder(price=order.price))
''',
    ),
    good=(
        '''
class Connector:
    async def _place_order(self, order_id, pair, amount, side, order_type, price):
        data = {"clOrdId": order_id, "ordType": order_type, "side": side, "instId": pair,
                "sz": str(amount), "px": str(price)}
        return await self._api_post("/trade/order", data=data)

    def adjust_order(self, order, price):
        return self.account.replace_order(order.id, NewOrder(price=price))

    def edit_order(self, order_id, side, amount):
        return self._request("PUT", {"id": order_id, "qty": amount})

    def create_market_order(self, pair, side, amount, price=None):
        return self._request("POST", {"symbol": pair, "side": side, "qty": amount})

    def place_order(self, pair, side, amount, price):
        raise NotImplementedError

    def place_limit_order(self, side, amount, price):
        return self._api_post("/order", {**locals(), "self": None})

    def update_order_status(self, order, price):
        self.listeners.call(order)

    def create_order_id(self, side, price):
        """Not what is sent."""
        return self.ids.next()
''',
    ),
)
