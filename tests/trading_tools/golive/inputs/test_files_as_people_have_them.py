"""Trades and equity from the files that people have; one clear line where a file says nothing."""

import gzip
import json
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from trading_tools.golive.inputs.equity import read_equity, read_matrix
from trading_tools.golive.inputs.table import InputError
from trading_tools.golive.inputs.trades import read_trades

Write = Callable[..., Path]

HOUR = 3_600_000_000_000


def ns(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * 1_000_000_000


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def _write(text: str, name: str = "file.csv") -> Path:
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return _write


OURS = """\
closed_at,symbol,side,price,expected_price,profit_quote
2026-01-01T10:00:00Z,BTC/USDT,buy,100.01,100,1.5
2026-01-01T11:00:00Z,BTC/USDT,sell,99.98,100,-0.5
2026-01-02T11:00:00Z,ETH/USDT,sell,50.01,50,2
"""


def test_our_own_columns_give_profit_and_slippage_in_basis_points(write: Write) -> None:
    trades = read_trades(write(OURS))
    assert trades.closed_at.tolist() == [
        ns("2026-01-01T10:00"),
        ns("2026-01-01T11:00"),
        ns("2026-01-02T11:00"),
    ]
    assert trades.symbols == ["BTC/USDT", "BTC/USDT", "ETH/USDT"]
    assert trades.profit_quote.tolist() == [1.5, -0.5, 2]
    assert trades.slippage_bp is not None
    assert trades.slippage_bp.tolist() == pytest.approx([1, 2, -2])
    assert trades.days == 2


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("2026-01-01T10:00:00Z", "2026-01-01T11:00:00Z"),
        ("2026-01-01 12:00:00+02:00", "2026-01-01 13:00:00+02:00"),
        ("1767261600", "1767265200"),
        ("1767261600000", "1767265200000"),
        ("1767261600.000", "1767265200.000"),
    ],
)
def test_a_time_is_the_same_however_it_is_written(write: Write, first: str, second: str) -> None:
    trades = read_trades(write(f"time,pnl\n{first},1\n{second},2\n"))
    assert trades.closed_at.tolist() == [ns("2026-01-01T10:00"), ns("2026-01-01T11:00")]


def test_parquet_semicolons_and_gzip_say_the_same_as_plain_csv(
    write: Write, tmp_path: Path
) -> None:
    plain = read_trades(write(OURS))
    zipped = tmp_path / "file.csv.gz"
    zipped.write_bytes(gzip.compress(OURS.replace(",", ";").encode()))
    at = pa.array(plain.closed_at).cast(pa.timestamp("ns", "UTC"))
    stored = tmp_path / "file.parquet"
    pq.write_table(pa.table({"Exit Timestamp": at, "PnL": plain.profit_quote}), stored)
    for path in (zipped, stored):
        again = read_trades(path)
        assert again.closed_at.tolist() == plain.closed_at.tolist()
        assert again.profit_quote.tolist() == plain.profit_quote.tolist()


def test_vectorbts_readable_records_are_read_without_the_open_trades(write: Write) -> None:
    trades = read_trades(
        write(
            "Exit Trade Id,Column,Size,Entry Timestamp,Avg Entry Price,Entry Fees,Exit Timestamp,"
            "Avg Exit Price,Exit Fees,PnL,Return,Direction,Status,Position Id\n"
            "0,BTC-USD,1.0,2020-01-01,7200.17,7.2,2020-01-02,6985.47,6.98,-228.89,-0.0317,Long,Closed,0\n"
            "1,BTC-USD,1.0,2020-01-03,7344.88,7.3,2020-01-04,7410.65,7.41,51.01,0.0069,Long,Open,1\n"
        ),
        zone="UTC",
    )
    assert trades.profit_quote.tolist() == [-228.89]
    assert trades.returns is not None
    assert trades.returns.tolist() == [-0.0317]
    assert trades.closed_at.tolist() == [ns("2020-01-02")]


def freqtrade(**strategies: list[dict[str, object]]) -> str:
    return json.dumps({"strategy": {name: {"trades": rows} for name, rows in strategies.items()}})


def a_trade(at: str, profit: float, **more: object) -> dict[str, object]:
    return {
        "pair": "BTC/USDT", "profit_abs": profit, "profit_ratio": profit / 100,
        "close_date": f"{at}+00:00", "close_timestamp": ns(at) // 1_000_000, "is_open": False,
        **more,
    }  # fmt: skip


def test_freqtrades_result_is_read_plain_and_zipped(write: Write, tmp_path: Path) -> None:
    text = freqtrade(
        Mine=[
            a_trade("2026-01-02T00:00", -2.0, close_timestamp=None),
            a_trade("2026-01-01T00:00", 1.0),
            a_trade("2026-01-03T00:00", 9.0, is_open=True),
        ]
    )
    archive = tmp_path / "backtest-result.zip"
    with zipfile.ZipFile(archive, "w") as zipped:
        zipped.writestr("backtest-result_config.json", "{}")
        zipped.writestr("backtest-result.json", text)
    for path in (write(text, "result.json"), archive):
        trades = read_trades(path)
        assert trades.closed_at.tolist() == [ns("2026-01-01"), ns("2026-01-02")]
        assert trades.profit_quote.tolist() == [1.0, -2.0]


def test_backtraders_writer_gives_the_brokers_value(write: Write) -> None:
    equity = read_equity(
        write(
            "===============\n"
            "Id,data,len,datetime,open,close,Strat,len,Broker,len,cash,value,BuySell,len,buy,sell\n"
            "1,data,1,2006-01-02 00:00:00,1,1,Strat,1,Broker,1,100.0,100.0,BuySell,1,,\n"
            "2,data,2,2006-01-03 00:00:00,1,1,Strat,2,Broker,2,90.0,110.0,BuySell,2,,\n"
            "===============\nCerebro:\n  - Datas:\n"
        ),
        zone="UTC",
    )
    assert equity.equity_quote.tolist() == [100, 110]
    assert equity.returns.tolist() == pytest.approx([0.1])


def test_a_daily_series_may_rest_over_the_weekend(write: Write) -> None:
    days = ["2026-01-07", "2026-01-08", "2026-01-09", "2026-01-12", "2026-01-13", "2026-01-14"]
    rows = "".join(f"{day}T00:00:00Z,{100 + n}\n" for n, day in enumerate(days))
    assert len(read_equity(write("date,value\n" + rows)).returns) == 5


def test_a_matrix_has_a_column_for_each_strategy(write: Write) -> None:
    names, table = read_matrix(write("date,a,b\n2026-01-01,0.1,0.2\n2026-01-02,0.3,0.4\n"))
    assert names == ["a", "b"]
    assert table.tolist() == [[0.1, 0.2], [0.3, 0.4]]


CURVE = "time,equity\n2026-01-01T00:00:00Z,{}\n2026-01-01T01:00:00Z,{}\n2026-01-01T02:00:00Z,{}\n"
TRADE = "closed_at,profit_quote\n{}\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "the file is empty"),
        ("a,b\n1,2\n", "no column for when a trade closed: give one named closed_at"),
        ("closed_at,profits\n2026-01-01T00:00:00Z,2\n", "no column for a trade's profit"),
        (TRADE.format("2026-01-01,5"), "have no zone: say which in golive.toml, such as time_zone"),
        (TRADE.format("2026-01-01T00:00:00Z,nan"), "row 1: column profit_quote holds nan"),
        (TRADE.format("2026-01-01T00:00:00Z,"), "row 1: column profit_quote holds nothing"),
        (TRADE.format("2026-01-01T00:00:00Z,1\nsoon,2"), "row 2: column closed_at holds soon"),
        (
            TRADE.format("2026-01-01T00:00:00Z,1\n2026-01-01T01:00:00,2"),
            "row 2: column closed_at holds 2026-01-01T01:00:00: another time zone",
        ),
        (
            TRADE.format("2026-01-01T00:00:00+01:00,1\n2026-01-02T00:00:00+02:00,2"),
            "another time zone than the rows above (+01:00 and +02:00)",
        ),
        (
            TRADE.format("2026-01-02T00:00:00Z,1\n2026-01-01T00:00:00Z,2"),
            "row 2: column closed_at holds 2026-01-01T00:00:00Z: earlier than the row above",
        ),
        (TRADE.format("2026-13-02T00:00:00Z,1"), "column closed_at holds a time that is no date"),
        (TRADE.format("2026-01-01T00:00:00Z,12 USDT"), "holds 12 USDT: a number is needed"),
        ("closed_at,profit,profit\n2026-01-01T00:00:00Z,1,2\n", "profit is there more than once"),
        (OURS.replace("sell,99.98", "hold,99.98"), "row 2: column side holds hold: buy or sell"),
        (OURS.replace("99.98,100", "99.98,0"), "row 2: column expected_price holds 0: a positive"),
    ],
)
def test_a_file_of_trades_that_says_nothing_is_named_with_its_row(
    write: Write, text: str, said: str
) -> None:
    with pytest.raises(InputError) as caught:
        read_trades(write(text))
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("time,equity\n2026-01-01T00:00:00Z,5\n", "1 values; at least 2 are needed"),
        (CURVE.format(1, 0, 2), "row 2: column equity holds 0: a positive value is needed"),
        (CURVE.format(1, "inf", 2), "row 2: column equity holds inf: a finite number"),
        (CURVE.format(1, 2, 3).replace("02:00:00", "01:00:00"), "row 3: column time holds"),
        (
            CURVE.format(1, 2, 3) + "2026-01-01T04:00:00Z,4\n",
            "row 4: 7200 s after the row above, the others are 3600 s apart",
        ),
        ("=====\nId,len\n1,1\n", "backtrader's writer left out datetime"),
    ],
)
def test_an_equity_curve_with_a_hole_is_named_with_its_row(
    write: Write, text: str, said: str
) -> None:
    with pytest.raises(InputError) as caught:
        read_equity(write(text))
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("text", "strategy", "said"),
    [
        ("{", None, "cannot be read"),
        ("{}", None, "it has no key strategy"),
        (freqtrade(A=[], B=[]), None, "holds the strategies A, B"),
        (freqtrade(A=[]), "B", "has no strategy B; there are A"),
        (freqtrade(A=[{"pair": "X", "close_timestamp": 1}]), None, "has no profit_abs"),
        (freqtrade(A=[a_trade("2026-01-01", float("nan"))]), None, "trade 1: profit_abs is nan"),
    ],
)
def test_a_freqtrade_result_that_says_nothing_is_named(
    write: Write, text: str, strategy: str | None, said: str
) -> None:
    with pytest.raises(InputError) as caught:
        read_trades(write(text, "result.json"), strategy=strategy)
    assert said in str(caught.value)


def test_no_trade_at_all_is_an_empty_list_not_a_fault(write: Write) -> None:
    trades = read_trades(write("closed_at,profit_quote\n"))
    assert len(trades.closed_at) == trades.days == len(trades.profit_quote) == 0


@pytest.mark.slow
def test_five_million_rows_are_read_whole(tmp_path: Path) -> None:
    from pyarrow import csv

    count = 5_000_000
    at = pa.array(np.arange(count) * (HOUR // 60)).cast(pa.timestamp("ns", "UTC")).cast(pa.string())
    path = tmp_path / "many.csv"
    csv.write_csv(pa.table({"closed_at": at, "profit_quote": np.ones(count)}), path)
    assert read_trades(path).profit_quote.sum() == count
