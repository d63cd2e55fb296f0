"""Candles from a file, as a market."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from pathlib import Path

import pytest

from tests.support.venues import Clock, spot
from trading_tools.venue.core.orders import Trade
from trading_tools.venue.market.candle_files import CandleFileError, read_candles

CSV = """time,open,high,low,close,volume
2026-01-05T00:00:00Z,30000,30010,29990,30005,2
2026-01-05T00:00:01Z,30005,30020,30000,30002,2
2026-01-05T00:00:02Z,30100,30500,30100,30400,2
"""


def played(file: Path, seconds: int = 5) -> list[Trade]:
    clock = Clock()
    venue = spot(clock=clock)
    trades: list[Trade] = []
    venue.exchange.on_trade.append(trades.append)
    venue.replay(read_candles(file))
    for _ in range(4 * seconds):
        clock.now += 250
        venue.advance()
    return [trade for trade in trades if trade.symbol == "BTCUSDT"]


def test_trades_give_the_candles_of_the_file_again(tmp_path: Path) -> None:
    (tmp_path / "candles.csv").write_text(CSV)
    by_second: dict[int, list[Decimal]] = defaultdict(list)
    for trade in played(tmp_path / "candles.csv"):
        by_second[(trade.at - 250) // 1000].append(Decimal(trade.price) / 100)
    seconds = [by_second[key] for key in sorted(by_second)]
    shapes = [(prices[0], max(prices), min(prices), prices[-1]) for prices in seconds]
    assert shapes[:3] == [
        tuple(map(Decimal, shape))
        for shape in (
            (30000, 30010, 29990, 30005),
            (30005, 30020, 30000, 30002),
            (30100, 30500, 30100, 30400),
        )
    ]
    assert all(set(shape) == {Decimal(30400)} for shape in shapes[3:])


def test_the_same_file_gives_the_same_trades(tmp_path: Path) -> None:
    (tmp_path / "candles.csv").write_text(CSV)
    assert played(tmp_path / "candles.csv") == played(tmp_path / "candles.csv")


def test_a_header_is_not_needed_and_times_may_be_numbers(tmp_path: Path) -> None:
    file = tmp_path / "candles.csv"
    file.write_text("1700000000,1,2,1,2,0\n1700000060000,2,2,2,2\n")
    (bars,) = read_candles(file).values()
    assert [bar.opened_ms for bar in bars] == [1_700_000_000_000, 1_700_000_060_000]


def test_what_the_candles_tool_prints_can_be_replayed(tmp_path: Path) -> None:
    file = tmp_path / "candles.json"
    file.write_text(
        '{"symbol": "ETH/USDT", "columns": ["time", "open", "high", "low", "close", "volume"], '
        '"rows": [["2026-01-05T00:00:00Z", "1", "2", "1", "2", "5"], '
        '["2026-01-05T00:01:00Z", "2", "3", "2", "3", "5"]]}'
    )
    assert [bar.close for bar in read_candles(file)["ETHUSDT"]] == [2, 3]


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("2026-01-05T00:00:03Z,1,2,x,1,1", "line 5: low is 'x'; write a number"),
        ("2026-01-05T00:00:03Z,1,2,1.5,1,1", "line 5: low 1.5 and high 2 do not hold open 1"),
        ("2026-01-05T00:00:03Z,0,2,0,1,1", "line 5: a price is 0; prices are above 0"),
        ("2026-01-05T00:00:03Z,1,2,1,1,-4", "line 5: volume is -4; it is 0 or more"),
        ("2026-01-05T00:00:03Z,1,2,1,nan,1", "line 5: close is 'nan'; write a number"),
        ("yesterday,1,2,1,1,1", "line 5: time is 'yesterday'; write ISO 8601"),
        ("2026-01-05T00:00:02Z,1,2,1,1,1", "line 5: time 2026-01-05T00:00:02Z is not a second"),
        ("2026-01-05T00:00:03Z,1", "line 5: high is ''; write a number"),
    ],
)
def test_a_bad_row_is_told_with_its_line_and_value(tmp_path: Path, row: str, words: str) -> None:
    file = tmp_path / "candles.csv"
    file.write_text(CSV + row + "\n")
    with pytest.raises(CandleFileError) as told:
        read_candles(file)
    assert words in str(told.value)


@pytest.mark.parametrize("text", ["", "time,open\n", "time,open,close\n1,2,3\n", "{}"])
def test_a_file_without_candles_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / ("candles.json" if text == "{}" else "candles.csv")
    file.write_text(text)
    with pytest.raises(CandleFileError):
        read_candles(file)


def test_a_symbol_that_is_not_listed_is_named(tmp_path: Path) -> None:
    file = tmp_path / "candles.csv"
    file.write_text(
        "time,open,high,low,close,volume,symbol\n1,1,1,1,1,1,ABC/DEF\n2,1,1,1,1,1,ABC/DEF"
    )
    with pytest.raises(CandleFileError, match="no instrument is called ABCDEF"):
        played(file)
