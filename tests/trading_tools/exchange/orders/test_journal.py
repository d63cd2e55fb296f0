"""What becomes of entries while another program holds the ledger in a write."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from tests.trading_tools.exchange.orders.guards import NOW
from trading_tools.audit.errors import LedgerBusy, NotRecordable
from trading_tools.audit.ledger import Ledger
from trading_tools.audit.trade import OrderFill, OrderIntent, OrderStage, TradeAudit
from trading_tools.exchange.orders.journal import Journal
from trading_tools.exchange.orders.life import Stage
from trading_tools.exchange.orders.records import Records

ONE = Decimal(1)
INTENT = OrderIntent("a", "BTC/USDT", "buy", "limit", ONE, ONE, NOW)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "ledger.sqlite"


@pytest.fixture
def audit(file: Path) -> Iterator[TradeAudit]:
    with Ledger.open(file, patience_s=0) as ledger:
        yield TradeAudit(ledger, "orders")


@contextmanager
def held(file: Path) -> Iterator[None]:
    """Another connection is in the middle of a write."""
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


def test_an_order_that_took_long_to_write_down_is_rejected_and_not_to_be_sent(
    audit: TradeAudit,
) -> None:
    times = iter([0.0, 3.0, 3.0, 3.0])  # before and after the intent, then of its end
    journal = Journal(audit, lambda: NOW, lambda: next(times))
    with pytest.raises(LedgerBusy, match=r"the ledger took 3\.0 s .* so it was not sent"):
        journal.write(INTENT)
    assert journal.records.orders["a"].stage is Stage.REJECTED
    assert "the ledger took 3.0 s" in (journal.records.orders["a"].reason or "")
    assert journal.records.not_ended() == []
    assert Records(audit.trail()).orders == journal.records.orders


def test_news_that_cannot_be_written_counts_and_is_written_later_in_its_order(
    audit: TradeAudit, file: Path
) -> None:
    journal = Journal(audit, lambda: NOW)
    journal.write(INTENT)
    with held(file):
        journal.write(OrderStage("a", Stage.OPEN, NOW, Decimal(0), "query", "1"))
        journal.write(OrderFill("a", "t", NOW, ONE, ONE))
        journal.decided("left", "nothing to do", {})
        assert journal.records.position_base("BTC/USDT") == 1
        assert journal.catch_up(at_once=True) == 3
    assert journal.catch_up(at_once=True) == 0
    assert [type(entry).__name__ for entry in audit.trail()] == [
        "OrderIntent",
        "OrderStage",
        "OrderFill",
        "Decision",
    ]
    assert Journal(audit, lambda: NOW).records.orders == journal.records.orders
    assert journal.alone


def test_an_intent_that_cannot_be_written_is_not_known_and_what_waited_goes_before_the_next(
    audit: TradeAudit, file: Path
) -> None:
    now = [NOW]
    journal = Journal(audit, lambda: now[0])
    with held(file):
        journal.decided("left", "nothing to do", {})
        with pytest.raises(LedgerBusy, match="another program holds it"):
            journal.write(INTENT)
        assert not journal.records.orders
    now[0] += timedelta(seconds=1)
    journal.write(INTENT)
    assert [type(entry).__name__ for entry in audit.trail()] == ["Decision", "OrderIntent"]


def test_a_ledger_that_could_not_be_written_is_left_alone_for_a_second(
    audit: TradeAudit, file: Path
) -> None:
    now = [NOW]
    journal = Journal(audit, lambda: now[0])
    with held(file):
        journal.decided("left", "nothing to do", {})
    now[0] += timedelta(seconds=0.9)
    journal.decided("left", "nothing to do again", {})
    with pytest.raises(LedgerBusy, match="another program holds it"):
        journal.write(INTENT)
    assert audit.trail() == []
    now[0] += timedelta(seconds=0.1)
    assert journal.catch_up() == 0
    assert len(audit.trail()) == 2


def test_what_cannot_be_recorded_at_all_keeps_nothing_else_from_it(audit: TradeAudit) -> None:
    journal = Journal(audit, lambda: NOW)
    journal.write(INTENT)
    with pytest.raises(NotRecordable, match="not above zero"):
        journal.write(OrderFill("a", "none", NOW, Decimal(0), ONE))
    journal.write(OrderFill("a", "t", NOW, ONE, ONE))
    assert journal.records.orders["a"].fills.keys() == {"t"}
    assert len(audit.trail()) == 2
