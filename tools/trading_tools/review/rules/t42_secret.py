"""T42: a secret in the code, or in the log."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from typing import Final

from trading_tools.review.findings import Finding, Severity
from trading_tools.review.model.index import last_name
from trading_tools.review.model.libraries import LIBRARIES
from trading_tools.review.model.module import Module
from trading_tools.review.rule import Hit, Rule, Topic, on_calls, on_module, where_said

_SECRET: Final = re.compile(
    r"(?:\w*_)?(?:api_?secret|secret_?key|private_?key|api_?key|passphrase|mnemonic|secret)"
    r"(?:_key)?",
    re.IGNORECASE,
)
_SPOKEN: Final = ("apikey", "secret", "privatekey", "passphrase", "mnemonic")
_VALUE: Final = re.compile(r"(?:0x)?[A-Za-z0-9+/=_-]{20,}")
_CANDIDATE: Final = re.compile(r"""["'](?:0x)?(?=[A-Za-z+/=_-]*\d)[A-Za-z0-9+/=_-]{20,}["']""")
_CLIENTS: Final = tuple(
    {name.rpartition(".")[2] for library in LIBRARIES for name in library.clients} - {"*"}
)
_PLACEHOLDER: Final = re.compile(
    r"your|example|dummy|test|fake|xxx|placeholder|change|secret|insert|sample|demo|mock|todo|key",
    re.IGNORECASE,
)
_SHOWPIECE: Final = re.compile(r"vector|example|sample|dummy|fake|mock", re.IGNORECASE)
_PATH: Final = re.compile(r"/?[a-z0-9.-]+(?:/[a-z0-9.-]+)+")
_LOGS: Final = ("print", "debug", "info", "warning", "error", "exception", "critical", "log")
_VARIETY: Final = 10


def _literals(module: Module, _: Module) -> Iterator[Hit]:
    if not _CANDIDATE.search(module.source.text):
        return
    for assign in module.nodes(ast.Assign):
        yield from _assigned(assign)
    for call in module.nodes(ast.Call):
        yield from _given(call)
    for table in module.nodes(ast.Dict):
        yield from _keyed(table)


def _assigned(node: ast.Assign) -> Iterator[Hit]:
    for target in node.targets:
        name = last_name(target)
        if isinstance(target, ast.Subscript) and isinstance(target.slice, ast.Constant):
            name = str(target.slice.value)
        yield from _literal(name, node.value)


def _given(node: ast.Call) -> Iterator[Hit]:
    for each in node.keywords:
        if each.arg is not None:
            yield from _literal(each.arg, each.value)


def _placed(node: ast.Call, module: Module) -> Iterator[Hit]:
    """A client that is given key and secret by their places."""
    kind = module.kind(node) if len(node.args) > 1 else None
    if kind is not None and kind.library is not None:
        for given in node.args[:2]:
            yield from _literal("secret", given)


def _keyed(node: ast.Dict) -> Iterator[Hit]:
    for key, value in zip(node.keys, node.values, strict=True):
        if isinstance(key, ast.Constant) and isinstance(key.value, str):
            yield from _literal(key.value, value)


def _literal(name: str, value: ast.expr) -> Iterator[Hit]:
    if not isinstance(value, ast.Constant) or not isinstance(value.value, str):
        return
    if _SECRET.fullmatch(name) and not _SHOWPIECE.search(name) and _looks_real(value.value):
        yield Hit(value, f"`{name}` stands here in the open")


def _looks_real(text: str) -> bool:
    """Long, mixed and varied, as keys are, and no word that people put in their place."""
    mixed = any(each.isdigit() for each in text) and any(each.isalpha() for each in text)
    return (
        mixed
        and bool(_VALUE.fullmatch(text))
        and len(set(text)) >= _VARIETY
        and not _PLACEHOLDER.search(text)
        and not _PATH.fullmatch(text)
    )


def secrets_quoted(findings: Iterable[Finding]) -> Iterator[str]:
    """The secrets in the lines that findings of this rule quote: no report may show them."""
    for each in findings:
        if each.rule == RULE.id:
            yield from (text.strip("\"'") for text in _CANDIDATE.findall(each.excerpt))


def _logged(call: ast.Call, module: Module) -> Iterator[Hit]:
    if isinstance(call.func, ast.Attribute) and not _is_logger(call.func.value, module):
        return
    for given in (*call.args, *(each.value for each in call.keywords)):
        name = _shown(given)
        if name:
            yield Hit(call, f"`{name}` goes to the log")


def _is_logger(node: ast.expr, module: Module) -> bool:
    name = last_name(node).lower()
    return "log" in name or module.dotted(node) in {"logging", "console"}


def _shown(node: ast.expr) -> str:
    """The secret that an argument shows, itself or in an f-string; "" for none."""
    if isinstance(node, ast.JoinedStr):
        parts = [each.value for each in node.values if isinstance(each, ast.FormattedValue)]
        return next((found for each in parts if (found := _shown(each))), "")
    if isinstance(node, ast.BinOp):
        return _shown(node.left) or _shown(node.right)
    if isinstance(node, ast.Tuple):
        return next((found for each in node.elts if (found := _shown(each))), "")
    if isinstance(node, ast.Call) and last_name(node.func) in {"str", "repr", "format"}:
        return next((found for each in node.args if (found := _shown(each))), "")
    name = last_name(node)
    return name if name and _SECRET.fullmatch(name) and not name.isupper() else ""


RULE = Rule(
    id="T42",
    title="a secret in the code, or in the log",
    severity=Severity.ERROR,
    topic=Topic.PRODUCTION,
    why="Whoever reads the repository, a backup or the log collector can trade with the account: "
    "keys on public pages are used within minutes.",
    fix="take it from the environment or a secret store, and log its name only",
    link="https://github.com/calum-mcg/gdax-tradingbot/pull/1",
    visits=(
        where_said(on_module(_literals), *_SPOKEN),
        on_calls(_placed, *_CLIENTS),
        where_said(on_calls(_logged, *_LOGS), *_SPOKEN),
    ),
    bad=(
        """
import ccxt
import logging

API_SECRET = "q7Rk2vXz81LmPw04TtBn6YcE"  # <-
exchange = ccxt.binance({
    "apiKey": "Zk39fhWq0LsnX7dT2bRv8MpC",  # <-
})
other = ccxt.kraken(dict(secret="Jv62hGq9PsnB7dT4bRw1McXe"))  # <-

def connect(api_key, api_secret, log):
    logging.info("connecting with %s", api_secret)  # <-
    log.debug(f"key {api_key}")  # <-
    print("secret: " + api_secret)  # <-
""",
        """
from binance.client import Client

client = Client("Zk39fhWq0LsnX7dT2bRv8MpC", "q7Rk2vXz81LmPw04TtBn6YcE")  # <-
""",
    ),
    good=(
        """
import ccxt
import os

API_SECRET = os.environ["API_SECRET"]
VECTOR_SECRET = "kQH5HW8p1uGOVjbgWA7FunAmGO8lsSUXNsu3eow76sz84Q18"
DELETE_API_KEY = "/v5/user/delete-sub-api"
SECRET_NAME = "BINANCE_API_SECRET_2024_MAIN"
exchange = ccxt.binance({"apiKey": os.environ["KEY"], "secret": "your-secret-here-0123456789"})

def connect(api_key, log):
    log.info("connecting with a key of %d letters", len(api_key))
    log.info("the api_key is set")
    print(api_key_name)
    exchange.set(secret=api_key)
""",
    ),
)
