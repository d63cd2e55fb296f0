"""What large evidence costs the gate: files of many trades, and many strategies for overfitting.

    python -m benchmarks.golive TRADES DAYS

says on one line how long the paper check and the parity check take with so many trades on each
side, the most memory of each, and how long the overfitting check of 100 strategies takes.
"""

from __future__ import annotations

import json
import multiprocessing
import resource
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from trading_tools.golive.check import Case, all_checks
from trading_tools.golive.config.reading import read_project
from trading_tools.golive.verdict import Verdict
from trading_tools.stats.overfitting import overfitting

STRATEGIES = 100
_BEGIN = 1_700_000_000
_CONFIG = """
[bot]
name = "bench"
source = ["bot.py"]
[[venues]]
name = "binance"
symbols = ["BTC/USDT"]
[paper]
file = "trades.csv"
commit = "{commit}"
min_days = 1
[backtest]
file = "trades.csv"
commit = "{commit}"
time_tolerance_s = 1
max_profit_gap = 0.01
"""


def main(trades: int, days: int) -> dict[str, float]:
    """Measure everything; each check in a process of its own, so that its memory is its own."""
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder), trades)
        with multiprocessing.get_context("spawn").Pool(1, maxtasksperchild=1) as pool:
            paper_s, paper_mb = pool.apply(checked, (folder, "G14"))
            parity_s, parity_mb = pool.apply(checked, (folder, "G15"))
    returns = np.random.default_rng(1).normal(0, 0.01, (days, STRATEGIES))
    began = time.perf_counter()
    overfitting(returns)
    return {
        "paper_s": paper_s,
        "paper_mb": paper_mb,
        "parity_s": parity_s,
        "parity_mb": parity_mb,
        "overfitting_s": time.perf_counter() - began,
    }


def write(folder: Path, trades: int) -> None:
    """A project under git whose trades are a second apart."""
    (folder / "bot.py").write_text("pass\n", encoding="utf-8")
    for words in (["init", "-q"], ["add", "-A"], ["commit", "-q", "-m", "bench"]):
        who = ["-c", "user.name=bench", "-c", "user.email=bench@localhost"]
        subprocess.run(["git", *who, *words], cwd=folder, check=True)
    head = ["git", "rev-parse", "HEAD"]
    commit = subprocess.run(head, cwd=folder, capture_output=True, text=True, check=True).stdout
    (folder / "golive.toml").write_text(_CONFIG.format(commit=commit.strip()), encoding="utf-8")
    paid = 100 * (1 + np.random.default_rng(1).normal(1, 3, trades) / 10_000)
    with (folder / "trades.csv").open("w", encoding="utf-8") as file:
        file.write("closed_at,symbol,side,price,expected_price,profit_quote\n")
        file.writelines(
            f"{_BEGIN + at},BTC/USDT,buy,{price:.6f},100,0.5\n" for at, price in enumerate(paid)
        )


def checked(folder: str, name: str) -> tuple[float, float]:
    """Seconds and the most megabytes of one check, which must pass."""
    case = Case(read_project(Path(folder) / "golive.toml"), datetime.now(UTC))
    check = next(each for each in all_checks() if each.id == name)
    began = time.perf_counter()
    found = check.run(case)
    seconds = time.perf_counter() - began
    assert found.verdict is Verdict.PASS, found
    return seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(int(sys.argv[1]), int(sys.argv[2]))) + "\n")
