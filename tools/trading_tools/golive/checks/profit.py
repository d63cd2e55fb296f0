"""G30: the profit that is claimed is what the fills come to, fees and funding included, exactly.

Fills are those of the bot's record; their fees are in the venue's own list of trades, payments of
funding in its history. A position that is still open, or a fee in a third asset, has no exact
worth and is no evidence.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, localcontext
from pathlib import Path
from typing import Any

import pyarrow as pa

from trading_tools.golive.check import Case, Check
from trading_tools.golive.config.model import Paper
from trading_tools.golive.inputs.instants import instants
from trading_tools.golive.inputs.table import InputError, file_hash, read_table
from trading_tools.golive.inputs.trades import columns_of
from trading_tools.golive.inputs.trail import Filled, read_trail
from trading_tools.golive.verdict import Finding, failed, no_evidence, of_file, passed
from trading_tools.money import MoneyError, exact, plain


@dataclass
class _Sum:
    """What a market's fills come to so far, in quote and in base."""

    quote: Decimal = Decimal(0)
    base: Decimal = Decimal(0)


def _profit(case: Case) -> Finding:
    record, paper = case.project.config.record, case.project.config.paper
    if paper is None or record is None or record.venue_fills is None:
        return no_evidence(
            "[paper], [record] and its venue_fills are not all declared",
            "keep ccxt's fetch_my_trades of that time as JSON, name it under [record] venue_fills",
        )
    try:
        trail = read_trail(case)
        trail.need_prices()
        begin = paper.begin
        with localcontext(prec=100):
            path = case.project.path(record.venue_fills)
            fees = {_text(row, "id", path): row for row in _rows(path)}
            reckoned = _reckoned(trail.fills(), fees, path, begin)
            files = [path]
            contracts = sorted(symbol for symbol in reckoned if ":" in symbol)
            if record.funding is not None:
                files.append(case.project.path(record.funding))
                _add_funding(reckoned, files[-1], begin)
            elif contracts:
                raise InputError(f"[record] funding is missing, and {contracts[0]} pays it")
            claimed_in = case.project.path(paper.file)
            claimed = _claimed(claimed_in, paper)
            files.append(claimed_in)
            wrong = _wrong(reckoned, claimed)
    except InputError as error:
        return no_evidence(str(error), "mend the files of [record] and [paper]")
    here = [of_file(each, case.project.folder, file_hash(each)) for each in files]
    if wrong:
        return failed(wrong, "take fees and funding into the profit", trail.here, *here)
    total = plain(sum(claimed.values(), Decimal(0)))
    return passed(
        f"the fills come to the {total} that is claimed, fees and funding included",
        trail.here,
        *here,
    )


def _reckoned(
    fills: Iterable[Filled], fees: Mapping[str, Mapping[str, Any]], path: Path, begin: datetime
) -> dict[str, _Sum]:
    """What the fills since `begin` come to; there must have been no position then."""
    earlier: dict[str, _Sum] = {}
    sums: dict[str, _Sum] = {}
    left = dict(fees)
    for fill in fills:
        symbol = fill.order.symbol
        row = left.pop(fill.trade_id or "", None)
        if row is None:
            raise InputError(
                f"{path.name} has no trade {fill.trade_id} of {fill.order.client_order_id}"
            )
        if _number(row, "price", path) != fill.price_quote:
            raise InputError(f"{path.name}: trade {fill.trade_id} has another price in the record")
        # ccxt gives the amount of a contract in contracts, the record in base.
        if ":" not in symbol and _number(row, "amount", path) != fill.size_base:
            raise InputError(f"{path.name}: trade {fill.trade_id} has another size in the record")
        sign = 1 if fill.order.side == "buy" else -1
        found = (earlier if fill.at < begin else sums).setdefault(symbol, _Sum())
        found.base += sign * fill.size_base
        found.quote -= sign * fill.size_base * fill.price_quote
        _take_fees(found, symbol, row, path)
    strange = [name for name, row in left.items() if not _before(row, begin)]
    if strange:
        raise InputError(f"{path.name} has trade {strange[0]}, which is in no record")
    for symbol, before in earlier.items():
        if before.base:
            raise InputError(
                f"{symbol}: {plain(before.base)} was held when [paper] from begins: begin it flat"
            )
    return sums


def _before(row: Mapping[str, Any], begin: datetime) -> bool:
    """Whether the venue says of a row that it is from before."""
    at = row.get("timestamp")
    return isinstance(at, int) and at < begin.timestamp() * 1_000


def _take_fees(found: _Sum, symbol: str, row: Mapping[str, Any], path: Path) -> None:
    base, _, quote = symbol.split(":")[0].partition("/")
    several, one = row.get("fees"), row.get("fee")
    fees = several if isinstance(several, list) and several else [one]
    for fee in fees:
        if not isinstance(fee, Mapping) or fee.get("currency") is None:
            raise InputError(f"{path.name}: trade {row.get('id')} does not say its fee")
        cost = _number(fee, "cost", path)
        if fee["currency"] == quote:
            found.quote -= cost
        elif fee["currency"] == base:
            found.base -= cost
        elif cost:
            raise InputError(
                f"{path.name}: trade {row.get('id')} paid its fee in {fee['currency']}, "
                "whose worth is not in the record"
            )


def _add_funding(sums: dict[str, _Sum], path: Path, begin: datetime) -> None:
    for row in _rows(path):
        if _before(row, begin):
            continue
        symbol = _text(row, "symbol", path)
        settled = symbol.partition(":")[2].partition("-")[0]
        if symbol not in sums or row.get("code") != settled:
            raise InputError(f"{path.name}: {row.get('code')} paid for {symbol} fits no trade")
        sums[symbol].quote += _number(row, "amount", path)


def _claimed(path: Path, paper: Paper) -> dict[str, Decimal]:
    """The profit that the file claims for each market since its window begins, as it is written."""
    called = columns_of(paper.columns)
    keys = ("profit", "symbol", "closed_at")
    table = read_table(path, [name for key in keys for name in called[key]])
    profit = table.need(called["profit"], "a trade's profit")
    symbol = table.need(called["symbol"], "a trade's symbol")
    if pa.types.is_floating(table.columns[profit].type):
        raise InputError(f"{path.name}: profits are binary floats, which are not exact: write text")
    words = list(zip(table.words(symbol), table.words(profit), strict=True))
    if paper.from_date is not None:
        closed = table.need(called["closed_at"], "when a trade closed")
        at = instants(table, closed, paper.time_zone, rising=True, once=False)
        words = words[int((at < paper.begin.timestamp() * 1e9).sum()) :]
    sums: dict[str, Decimal] = {}
    for row, (name, text) in enumerate(words, start=1):
        try:
            sums[name] = sums.get(name, Decimal(0)) + exact(text.strip(), f"row {row}")
        except MoneyError as error:
            raise InputError(f"{path.name}: {error}") from None
    return sums


def _wrong(reckoned: Mapping[str, _Sum], claimed: Mapping[str, Decimal]) -> str:
    for symbol, found in reckoned.items():
        if found.base:
            raise InputError(
                f"{symbol}: {plain(found.base)} is left of the position, whose worth is not exact"
            )
    for symbol in sorted({*reckoned, *claimed}):
        truly = reckoned.get(symbol, _Sum()).quote
        said = claimed.get(symbol, Decimal(0))
        if truly != said:
            return f"{symbol}: the fills come to {plain(truly)}, the file claims {plain(said)}"
    return ""


def _rows(path: Path) -> list[dict[str, Any]]:
    try:
        rows = json.loads(path.read_text(encoding="utf-8"), parse_float=Decimal)
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(f"{path.name} cannot be read: {error}") from None
    if not isinstance(rows, list) or not all(isinstance(each, dict) for each in rows):
        raise InputError(f"{path.name} is no list of objects")
    return rows


def _number(row: Mapping[str, Any], name: str, path: Path) -> Decimal:
    try:
        return exact(row.get(name), name)
    except MoneyError as error:
        raise InputError(f"{path.name}: {error}") from None


def _text(row: Mapping[str, Any], name: str, path: Path) -> str:
    value = row.get(name)
    if not isinstance(value, str) or not value:
        raise InputError(f"{path.name}: a row has no {name}")
    return value


CHECKS = (
    Check(
        "G30",
        "Fees and funding are in the profit",
        "requirement document 001",
        _profit,
    ),
)
