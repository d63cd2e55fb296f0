"""G15: the trades of the backtest against those on paper, one by one."""

from pathlib import Path
from typing import Any

import pytest

from tests.support.golive import GateProject, paper_csv
from trading_tools.golive.verdict import Verdict

DECLARED: dict[str, Any] = {
    "file": "backtest.csv",
    "commit": "COMMIT",
    "time_tolerance_s": 60,
    "max_profit_gap": "0.1",
}


@pytest.fixture
def project(tmp_path: Path) -> GateProject:
    return GateProject(tmp_path / "bot")


def lines() -> list[str]:
    return paper_csv().splitlines()


def changed(at: int, old: str, new: str) -> str:
    found = lines()
    assert old in found[at]
    found[at] = found[at].replace(old, new)
    return "\n".join(found) + "\n"


SAME = paper_csv(slippage_bp=0)
WITHOUT_ONE = "\n".join([*lines()[:7], *lines()[8:]]) + "\n"
RICHER = "\n".join(each.replace(",0.5", ",0.56") for each in lines()) + "\n"
LATER = SAME.replace(":00+00:00", ":59+00:00")


@pytest.mark.parametrize("text", [SAME, LATER])
def test_the_same_trades_within_what_is_declared_pass(project: GateProject, text: str) -> None:
    project.write("backtest.csv", text)
    found = project.ask("G15", backtest=DECLARED)
    assert found.verdict is Verdict.PASS, found
    assert "200 trades are the same within 60 s; profit 100.00 on paper, 100.00" in found.detail


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (WITHOUT_ONE, "200 trades on paper, 199 in the backtest; trade 7 of BTC/USDT is long"),
        (
            SAME + "2026-11-20T00:00:00+00:00,BTC/USDT,buy,1,1,1\n",
            "trade 201 of BTC/USDT is not th",
        ),
        (changed(3, ",buy,", ",sell,"), "in the backtest"),
        (changed(9, "BTC", "ETH"), "trade 9 of BTC/USDT"),
        (
            LATER.replace(":59+", ":61+")
            .replace(":61+", ":59.9+", 0)
            .replace(":61+00:00", ":00+00:02"),
            "trade 1 of BTC",
        ),
        (RICHER, "a gap of 10.7%, allowed is 10.0%"),
    ],
)
def test_a_trade_or_a_profit_that_differs_fails_and_the_first_is_named(
    project: GateProject, text: str, said: str
) -> None:
    project.write("backtest.csv", text)
    found = project.ask("G15", backtest=DECLARED)
    assert found.verdict is Verdict.FAIL, found
    assert said in found.detail


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"time_tolerance_s": None}, "does not say how far both may differ"),
        ({"commit": None}, "does not say which commit was backtested"),
        ({"file": "none.csv"}, "there is no such file"),
    ],
)
def test_what_is_not_declared_is_no_evidence(
    project: GateProject, change: dict[str, Any], said: str
) -> None:
    project.write("backtest.csv", SAME)
    declared = {name: each for name, each in {**DECLARED, **change}.items() if each is not None}
    found = project.ask("G15", backtest=declared)
    assert (found.verdict, said in found.detail) == (Verdict.NO_EVIDENCE, True), found.detail


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("closed_at,symbol,side,profit\n", "[backtest] holds no closed trade"),
        ("closed_at,symbol,profit\n2026-11-01T00:00Z,BTC/USDT,1\n", "[backtest] does not say on"),
        ("closed_at,side,profit\n2026-11-01T00:00Z,buy,1\n", "does not say which symbol"),
        ("closed_at,symbol,side,profit\n2026-11-01T00:00Z,A,up,1\n", "buy or sell is needed"),
    ],
)
def test_a_file_that_says_too_little_is_no_evidence(
    project: GateProject, text: str, said: str
) -> None:
    project.write("backtest.csv", text)
    found = project.ask("G15", backtest=DECLARED)
    assert (found.verdict, said in found.detail) == (Verdict.NO_EVIDENCE, True), found.detail


def test_a_code_that_changed_since_the_backtest_fails(project: GateProject) -> None:
    project.write("backtest.csv", SAME)
    project.write("bot.py", "print('changed')\n")
    found = project.ask("G15", backtest=DECLARED)
    assert (found.verdict, "bot.py changed since" in found.detail) == (Verdict.FAIL, True)
