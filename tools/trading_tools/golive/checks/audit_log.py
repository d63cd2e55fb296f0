"""G21: its own record is whole, says each order before it was sent, and agrees with the venue's."""

from __future__ import annotations

import json
from pathlib import Path

from trading_tools.audit.errors import LedgerError
from trading_tools.audit.ledger import Ledger
from trading_tools.audit.links import NOT_CHECKABLE
from trading_tools.audit.trade import OrderIntent, TradeAudit
from trading_tools.audit.verify import verify
from trading_tools.golive.check import Case, Check
from trading_tools.golive.inputs.table import file_hash
from trading_tools.golive.verdict import Evidence, Finding, failed, no_evidence, of_file, passed


def _audit(case: Case) -> Finding:
    record = case.project.config.record
    if record is None:
        return no_evidence(
            "no record of orders is declared", "keep the kit's trade audit, name it under [record]"
        )
    path = case.project.path(record.file)
    if not path.is_file():
        return no_evidence(
            f"{record.file} is not there", "name the bot's ledger under [record] file"
        )
    try:
        with Ledger.open(path, key=case.audit_key, read_only=True, at_rest=True) as ledger:
            checked = verify(ledger)
            head = ledger.head(record.stream)
            if not checked.valid:
                altered = [each for each in checked.problems if NOT_CHECKABLE not in each.problem]
                if not altered:
                    return no_evidence(
                        f"{record.file} is under a key that was not given",
                        "set ORC_AUDIT_KEY to the key of the bot's ledger",
                    )
                first = altered[0]
                return failed(
                    f"the chain is broken: {first.stream} {first.seq}: {first.problem}",
                    "find out who changed the ledger; `orc audit verify` lists all problems",
                    Evidence(record.file, None, {"events": checked.events}),
                )
            if head is None:
                return no_evidence(
                    f"the ledger has no stream {record.stream}", "name it under [record] stream"
                )
            ours = _intents(ledger, record.stream)
    except LedgerError as error:
        return no_evidence(str(error), "name the bot's ledger under [record] file")
    here = Evidence(
        f"{record.file}, stream {record.stream}",
        head.hash,
        {"events": checked.events, "orders": len(ours)},
    )
    if record.venue_history is None:
        return no_evidence(
            f"the chain of {checked.events} events holds; the venue's own list is missing",
            "keep ccxt's fetch_orders of that time as JSON, name it under [record] venue_history",
            here,
        )
    return _compare(case, case.project.path(record.venue_history), ours, here)


def _intents(ledger: Ledger, stream: str) -> set[str]:
    trail = TradeAudit(ledger, stream).trail()
    return {entry.client_order_id for entry in trail if isinstance(entry, OrderIntent)}


def _compare(case: Case, path: Path, ours: set[str], here: Evidence) -> Finding:
    try:
        orders = json.loads(path.read_text(encoding="utf-8"))
        theirs = {str(order["clientOrderId"]) for order in orders if order.get("clientOrderId")}
        nameless = sum(not order.get("clientOrderId") for order in orders)
    except (OSError, ValueError, TypeError, AttributeError) as error:
        return no_evidence(
            f"{path.name}: cannot be read: {error}", "mend [record] venue_history", here
        )
    there = of_file(path, case.project.folder, file_hash(path), orders=len(orders))
    if nameless:
        return failed(
            f"{nameless} of the venue's orders have no client order id that ties them to a record",
            "send each order with a client order id of its own",
            here,
            there,
        )
    strange = sorted(theirs - ours)
    if strange:
        return failed(
            f"{len(strange)} orders at the venue are in no record, the first is {strange[0]}",
            "write each order down before it is sent",
            here,
            there,
        )
    if not ours:
        return no_evidence("there is no order on either side", "trade on paper first", here, there)
    if not theirs:
        return no_evidence(
            f"the venue's list has none of the {len(ours)} orders on record",
            "keep fetch_orders of the time and the markets that the record is of",
            here,
            there,
        )
    return passed(
        f"the chain holds; all {len(theirs)} orders of the venue were written down before",
        here,
        there,
    )


CHECKS = (
    Check(
        "G21",
        "Audit record is whole and agrees with the venue",
        "RTS 6 art. 28 records; SEC rule 15c3-5(e)",
        _audit,
    ),
)
