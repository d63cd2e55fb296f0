"""T54: a Kelly fraction in the wrong units."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Final

from trading_tools.review.findings import Severity
from trading_tools.review.model.index import FunctionNode, last_name
from trading_tools.review.model.module import Module
from trading_tools.review.model.words import words
from trading_tools.review.rule import Hit, Rule, Topic, on_functions, where_said

_LOSS: Final = frozenset({"loss", "losses", "lose", "losing", "lost", "risk", "down", "downside"})
_WIN: Final = frozenset({"win", "wins", "gain", "gains", "profit", "reward", "up", "upside"})
_FUNDS: Final = frozenset({"bankroll", "equity", "capital", "balance", "cash"})
_CHANCE: Final = frozenset({"prob", "probability", "rate", "p", "q", "chance", "count", "streak"})


def _kelly(function: FunctionNode, module: Module) -> Iterator[Hit]:
    if "kelly" not in words(function.name):
        return
    for ratio in module.own(function, ast.BinOp):
        if not isinstance(ratio.op, ast.Div) or not (_names(ratio.left, _WIN)):
            continue
        if not _names(ratio.right, _LOSS):
            continue
        loss = ast.unparse(ratio.right)
        formula = _formula(ratio, function, module)
        if formula is not None:
            yield Hit(
                formula,
                f"a share of the money that may be lost, not a size: divide it by `{loss}`",
            )
        if _hides_sign(ratio, module) and not _refused(function, module):
            yield Hit(ratio, "`abs` hides the sign: a win that is a loss gets a size too")
        if not _refused(function, module) and not _compared(ratio.right, function, module):
            yield Hit(ratio, f"`{loss}` of 0 raises in the middle of sizing", Severity.WARNING)


def _sized(function: FunctionNode, module: Module) -> Iterator[Hit]:
    """A size of a Kelly fraction that is taken as it comes."""
    given = module.scope(function).parameters
    kellys = [each for each in given if "kelly" in words(each)]
    if not kellys or _refused(function, module) or module.own(function, ast.Compare):
        return
    funds = next((each for each in given if words(each) & _FUNDS), None)
    for product in module.own(function, ast.BinOp):
        if isinstance(product.op, ast.Mult) and funds in {
            last_name(product.left), last_name(product.right)
        }:  # fmt: skip
            yield Hit(
                product,
                f"`{funds}` below 0 and `{kellys[0]}` above 1 are taken as they come",
                Severity.WARNING,
            )
            return


def _names(node: ast.expr, wanted: frozenset[str]) -> bool:
    """Whether an expression is one quantity of this kind, with `abs` or a sign around it."""
    inner = node
    while isinstance(inner, ast.Call | ast.UnaryOp):
        if isinstance(inner, ast.UnaryOp):
            inner = inner.operand
        elif len(inner.args) == 1 and last_name(inner.func) in {"abs", "float", "Decimal"}:
            inner = inner.args[0]
        else:
            return False
    own = words(last_name(inner))
    return bool(own & wanted) and not own & _CHANCE


def _formula(ratio: ast.BinOp, function: FunctionNode, module: Module) -> ast.BinOp | None:
    """`(p*b - q) / b` or `p - q/b` with b the ratio, and no division by the loss behind it."""
    names = _names_of(ratio, module)
    if not names:
        return None
    found = next(
        (
            each
            for each in module.own(function, ast.BinOp)
            if each.lineno > ratio.lineno and _is_kelly(each, names)
        ),
        None,
    )
    if found is None:
        return None
    later = [
        each
        for each in module.own(function, ast.BinOp)
        if isinstance(each.op, ast.Div)
        and each is not ratio
        and (each.lineno >= found.lineno)
        and _names(each.right, _LOSS)
    ]
    return None if later else found


def _names_of(ratio: ast.BinOp, module: Module) -> set[str]:
    statement = module.statement(ratio)
    if not isinstance(statement, ast.Assign):
        return set()
    return {each.id for each in statement.targets if isinstance(each, ast.Name)}


def _is_kelly(node: ast.BinOp, ratio: set[str]) -> bool:
    if isinstance(node.op, ast.Div):
        above = node.left
        return (
            last_name(node.right) in ratio
            and isinstance(above, ast.BinOp)
            and isinstance(above.op, ast.Sub)
            and any(last_name(each) in ratio for each in ast.walk(above.left))
        )
    if not isinstance(node.op, ast.Sub):
        return False
    right = node.right
    return (
        isinstance(right, ast.BinOp)
        and isinstance(right.op, ast.Div)
        and last_name(right.right) in ratio
    )


def _hides_sign(ratio: ast.BinOp, module: Module) -> bool:
    above = module.parent(ratio)
    return isinstance(above, ast.Call) and last_name(above.func) == "abs"


def _refused(function: FunctionNode, module: Module) -> bool:
    return bool(module.own(function, ast.Raise))


def _compared(node: ast.expr, function: FunctionNode, module: Module) -> bool:
    """Whether the loss is compared with anything, or tested at all."""
    name = next((last_name(each) for each in ast.walk(node) if _names_loss(each)), "")
    tests: list[ast.expr] = [*module.own(function, ast.Compare)]
    tests += [each.test for each in module.own(function, ast.If)]
    tests += [each.test for each in module.own(function, ast.IfExp)]
    return any(last_name(part) == name for test in tests for part in ast.walk(test))


def _names_loss(node: ast.AST) -> bool:
    return isinstance(node, ast.Name | ast.Attribute) and bool(words(last_name(node)) & _LOSS)


RULE = Rule(
    id="T54",
    title="a Kelly fraction in the wrong units",
    severity=Severity.ERROR,
    topic=Topic.RISK,
    why="`(p*b - q)/b` with b = win/loss is the share of the bankroll that may be *lost*. Taken "
    "for a size, a bet that can lose 200 % is twice too large (0.167 instead of 0.083 at p 0.5, "
    "+300 %/-200 %), one that loses half is half as large as it should be.",
    fix="use `p/a - q/b` with the loss a and the win b per unit, refuse p outside (0, 1), a win or "
    "a loss that is not above 0, and cap the result",
    link="https://en.wikipedia.org/wiki/Kelly_criterion#Investment_formula",
    visits=(
        where_said(on_functions(_kelly), "kelly"),
        where_said(on_functions(_sized), "kelly"),
    ),
    bad=(
        """
from decimal import Decimal

def calculate_kelly_fraction(p, win_return, loss_return=Decimal(-1)):
    if p <= 0 or p >= 1:
        return Decimal(0)
    q = 1 - p
    b = abs(win_return / loss_return)  # <-
    kelly = (p * b - q) / b  # <-
    return max(Decimal(0), min(kelly, Decimal(1)))
""",
        """
class Sizer:
    def kelly(self, win_rate):
        r = self.avg_win / abs(self.avg_loss)  # <-
        return win_rate - (1 - win_rate) / r  # <-
""",
        """
def position(bankroll, price, kelly_fraction, kelly_multiplier):
    fraction = kelly_fraction * kelly_multiplier
    return bankroll * fraction / price  # <-
""",
    ),
    good=(
        """
def kelly_fraction(p, win, loss):
    if not 0 < p < 1 or win <= 0 or loss <= 0:
        raise ValueError(f"p {p}, win {win}, loss {loss}: no bet has these")
    return min(max(p / loss - (1 - p) / win, 0), CAP)

def kelly_of_ratio(p, win, loss):
    if loss <= 0 or win <= 0:
        raise ValueError("a bet can be won and lost")
    b = win / loss
    return (p * b - (1 - p)) / b / loss

def kelly_of_odds(p, odds):
    return (p * odds - (1 - p)) / odds

def position(bankroll, price, kelly_fraction):
    if bankroll < 0 or not 0 <= kelly_fraction <= 1:
        raise ValueError(f"{bankroll} and {kelly_fraction}")
    return bankroll * kelly_fraction / price

def profit_factor(profit, loss):
    return profit / loss
""",
    ),
)
