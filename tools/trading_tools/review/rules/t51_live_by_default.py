"""T51: real money unless somebody says otherwise."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from trading_tools.review.findings import Severity
from trading_tools.review.model.index import FunctionNode
from trading_tools.review.model.module import Module
from trading_tools.review.rule import Hit, Rule, Topic, in_trading, on_calls, on_functions, on_nodes

_SAFE = frozenset(
    {
        "sandbox", "testnet", "paper", "paper_trading", "dry_run", "dryrun", "simulate",
        "simulation", "use_testnet", "is_testnet", "use_sandbox", "test_mode", "demo",
        "paper_mode",
    }
)  # fmt: skip
_REAL = frozenset({"live", "live_trading", "is_live", "real_money", "live_mode", "trade_live"})
_FALSE = frozenset({"false", "0", "no", "off", ""})


def _in_signature(function: FunctionNode, module: Module) -> Iterator[Hit]:
    if not (function.args.defaults or function.args.kw_defaults):
        return
    if function.name != "__init__" and not module.venue_calls and not module.submits:
        return  # it chooses a file, a list or a screen
    scope = module.scope(function)
    for name, default in scope.defaults.items():
        yield from _default(name, default, scope.parameters[name])


def _in_class(node: ast.AnnAssign, module: Module) -> Iterator[Hit]:
    field = isinstance(module.parent(node), ast.ClassDef) and isinstance(node.target, ast.Name)
    if field and node.value is not None:
        assert isinstance(node.target, ast.Name)
        yield from _default(node.target.id, node.value, node)


def _in_environment(call: ast.Call, module: Module) -> Iterator[Hit]:
    """`os.getenv("TESTNET", "false")`."""
    del module
    if len(call.args) != 2 or not all(isinstance(each, ast.Constant) for each in call.args):
        return
    name, default = (each.value for each in call.args if isinstance(each, ast.Constant))
    if not isinstance(name, str) or not isinstance(default, str):
        return
    low = name.lower()
    safe = low in _SAFE or low.endswith(tuple(f"_{each}" for each in _SAFE))
    real = low in _REAL or low.endswith(tuple(f"_{each}" for each in _REAL))
    if (safe and default.lower() in _FALSE) or (real and default.lower() not in _FALSE):
        severity = None if default else Severity.WARNING  # "" may only ask whether it is set
        yield Hit(call, f"without `{name}` in the environment, orders are real", severity)


def _default(name: str, default: ast.expr, node: ast.AST) -> Iterator[Hit]:
    if not isinstance(default, ast.Constant) or not isinstance(default.value, bool):
        return
    if (name in _SAFE and not default.value) or (name in _REAL and default.value):
        what = f"`{name}={default.value}` is the default: who says nothing trades for real"
        yield Hit(node, what, Severity.WARNING)


RULE = Rule(
    id="T51",
    title="real money unless somebody says otherwise",
    severity=Severity.ERROR,
    topic=Topic.PRODUCTION,
    why="A forgotten flag, a new test or a copy of the start script sends real orders.",
    fix="make the simulator the default, and trade for real only on an explicit word",
    visits=(
        in_trading(on_functions(_in_signature)),
        in_trading(on_nodes(_in_class, ast.AnnAssign)),
        on_calls(_in_environment, "getenv", "get"),
    ),
    bad=(
        """
import os
import ccxt

class Desk:
    def __init__(self, key, secret, sandbox: bool = False):  # <-
        self.testnet = os.getenv("BINANCE_TESTNET", "false") == "true"  # <-

def trade(symbol, *, live=True):  # <-
    ccxt.okx().create_order(symbol, "market", "buy", 1)
""",
    ),
    good=(
        """
import os
import ccxt

class Desk:
    def __init__(self, key, secret, sandbox: bool = True):
        self.testnet = os.getenv("BINANCE_TESTNET", "true") == "true"

def trade(symbol, *, live=False):
    ...
""",
        """
def install(package, dry_run=False):
    ...
""",
        """
from broker import exchange

def script_of(order, live=True):
    return exchange.live_script if live else exchange.past_script
""",
    ),
)
