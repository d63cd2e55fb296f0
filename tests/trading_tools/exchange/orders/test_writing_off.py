"""A person closes a forgotten order at the terminal: what is shown, asked, refused and written."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.support.venues import QUIET, keys, point_at, spot
from tests.trading_tools.exchange.orders.guards import guard
from tests.trading_tools.exchange.orders.test_every_venue import MADE
from tests.trading_tools.exchange.orders.wanted import resting
from trading_tools.audit.ledger import Ledger
from trading_tools.audit.trade import Decision, TradeAudit
from trading_tools.exchange.orders.alone import alone_in
from trading_tools.exchange.orders.ccxt_port import CcxtOrders
from trading_tools.exchange.orders.life import Stage
from trading_tools.exchange.orders.manager import OrderManager
from trading_tools.exchange.orders.records import Records
from trading_tools.exchange.orders.writing_off import main
from trading_tools.exchange.pacing.pacer import Pacer
from trading_tools.venue.binance.adapter import BinanceSpot
from trading_tools.venue.wire.server import VenueServer

WHY = "the venue's own page says that it expired"


class Counter:
    """A desk's folder with an order of two days ago, and a venue that has forgotten it, or not."""

    def __init__(self, folder: Path, place: Any, port: int, name: str) -> None:
        self.folder = folder
        self.name = name
        self._place = place
        self._port = port
        self.asked: list[str] = []

    def client(self, venue: str = "binance") -> Any:
        import ccxt.async_support

        return point_at(getattr(ccxt.async_support, venue)(keys(self._place)), self._port)

    async def closes(
        self, answers: Iterable[str], order: str | None = None, *, at: Sequence[str] = ("binance",)
    ) -> int:
        """The command's end, by a person who answers so."""
        left = iter(answers)

        def ask(question: str) -> str:
            self.asked.append(question)
            return next(left)

        words = [str(self.folder), *at, order or self.name]
        return await asyncio.to_thread(main, words, self.client, ask)

    def told(self) -> tuple[Records, list[Decision]]:
        with Ledger.open(self.folder / "ledger.sqlite", read_only=True) as ledger:
            trail = TradeAudit(ledger, "orders").trail()
        return Records(trail), [each for each in trail if isinstance(each, Decision)]


@pytest.fixture
async def counter(tmp_path: Path) -> AsyncIterator[Counter]:
    place = spot(rules=QUIET)
    async with VenueServer([BinanceSpot(place)]) as server:
        made = Counter(tmp_path, place, server.port, "")
        client = made.client()
        with Ledger.open(tmp_path / "ledger.sqlite") as ledger:
            port = CcxtOrders(client, Pacer("binance", ()))
            await port.load()
            manager = OrderManager(
                port,
                TradeAudit(ledger, "orders"),
                "main",
                guard(tmp_path),
                lambda: datetime.now(UTC) - timedelta(days=2),
            )
            made.name = (await manager.submit(resting())).client_order_id
        await client.close()
        yield made


async def test_what_a_person_says_closes_the_order_and_is_in_the_ledger_with_who_and_why(
    tmp_path: Path, counter: Counter, capsys: pytest.CaptureFixture[str]
) -> None:
    async with VenueServer([BinanceSpot(fresh := spot(rules=QUIET))]) as server:
        forgotten = Counter(tmp_path, fresh, server.port, counter.name)
        assert await forgotten.closes(["0.0004", WHY, "another"]) == 1
        assert "NOT closed: the client id that was typed is" in capsys.readouterr().err
        assert not forgotten.told()[1]
        assert await forgotten.closes(["0.0004", WHY, counter.name]) == 0
    said = capsys.readouterr().out
    assert said.startswith("ledger: buy 0.01 BTC/USDT at ")
    assert "binance: not among the open orders, and not found by its ids; of its fills 0" in said
    assert "in BTC [0]" in forgotten.asked[0]
    records, (decision,) = forgotten.told()
    order = records.orders[counter.name]
    assert (order.stage, order.filled_size_base) == (Stage.CANCELED, Decimal("0.0004"))
    assert (decision.decision, decision.reason) == ("order written off", WHY)
    assert decision.data["by"]


async def test_it_is_refused_while_the_venue_has_the_order_or_a_desk_holds_the_folder(
    counter: Counter, capsys: pytest.CaptureFixture[str]
) -> None:
    assert await counter.closes([]) == 1
    assert f"NOT closed: {counter.name} is not forgotten: it is open" in (capsys.readouterr().err)
    with alone_in(counter.folder):
        assert await counter.closes([]) == 1
    assert f"a desk works in {counter.folder}: end it first" in capsys.readouterr().err
    assert await counter.closes([], "17x") == 1
    assert f"the ledger has no order '17x'; not ended there: {counter.name}" in (
        capsys.readouterr().err
    )
    assert (counter.asked, counter.told()[1]) == ([], [])


@pytest.mark.parametrize("at", [["bybit"], ["binance", "--account", "other"]])
async def test_an_order_of_another_venue_or_account_is_not_closed(
    tmp_path: Path, counter: Counter, at: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    adapter = MADE[at[0]](market=False)
    async with VenueServer([adapter]) as server:
        elsewhere = Counter(tmp_path, adapter, server.port, counter.name)
        assert await elsewhere.closes(["", WHY, counter.name], at=at) == 1
    account = at[-1] if "--account" in at else "main"
    told = f"NOT closed: {counter.name} is no order of account {account!r} at {at[0]}: name the"
    assert told in capsys.readouterr().err
    assert not counter.told()[1]


@pytest.mark.parametrize(
    ("older", "symbol", "there", "elsewhere"),
    [
        ("o-" + "7" * 30, "BTC/USDT", "binance", "kraken"),
        ("6e1bb4ac-0c5c-4d0e-9a4b-1f3f6a5b7c8d", "BTC/USD", "coinbase", "binance"),
    ],
)
async def test_of_an_order_without_a_key_it_is_said_that_its_venue_is_not_checked(
    tmp_path: Path,
    older: str,
    symbol: str,
    there: str,
    elsewhere: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with Ledger.open(tmp_path / "ledger.sqlite") as ledger:
        TradeAudit(ledger, "orders").order_intent(
            client_order_id=older,
            symbol=symbol,
            side="buy",
            order_type="limit",
            size_base=Decimal("0.01"),
            at=datetime.now(UTC),
        )
    adapter = MADE[there](market=False)
    async with VenueServer([adapter]) as server:
        desk = Counter(tmp_path, adapter, server.port, older)
        assert await desk.closes([], at=[elsewhere]) == 1
        assert f"is no order of account 'main' at {elsewhere}" in capsys.readouterr().err
        assert await desk.closes([], at=[there]) == 1
    told = capsys.readouterr()
    assert f"was sent to {there} by account 'main' is NOT checked" in told.out
    assert "its venue may show it yet" in told.err


async def test_a_stop_is_shown_with_its_trigger(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with Ledger.open(tmp_path / "ledger.sqlite") as ledger:
        TradeAudit(ledger, "orders").order_intent(
            client_order_id="o-1",
            symbol="BTC/USDT",
            side="sell",
            order_type="market",
            size_base=Decimal("0.01"),
            at=datetime.now(UTC),
            key="another's",
            reduce_only=True,
            stop_price_quote=Decimal(55_000),
        )
    assert await Counter(tmp_path, spot(rules=QUIET), 1, "o-1").closes([]) == 1
    said = capsys.readouterr()
    assert "sell 0.01 BTC/USDT at the market's price, a stop at 55000, sent " in said.out
    assert "o-1 is no order of account 'main' at binance" in said.err


def test_it_wants_a_terminal_and_a_ledger(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("yes\n" * 9))
    assert main([str(tmp_path), "binance", "17"]) == 2
    assert "its input is no terminal" in capsys.readouterr().err
    assert main([str(tmp_path), "binance", "17"], ask=input) == 2
    assert "ledger.sqlite is not there: name the folder of the desk" in capsys.readouterr().err
