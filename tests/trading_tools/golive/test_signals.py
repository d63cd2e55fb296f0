"""G16 and G17: functions that know the future or hang on their past are found by asking them."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.support.golive import GateProject
from trading_tools.golive.verdict import Finding, Verdict

MEAN = """
def signals(candles):
    closes = [row[4] for row in candles]
    return [
        None if at < 20 else closes[at] > sum(closes[at - 19 : at + 1]) / 20
        for at in range(len(closes))
    ]
"""
ARRAYS = """
import numpy as np

def signals(candles):
    close = candles["close"]
    mean = np.convolve(close, np.ones(20) / 20)[: len(close)]
    mean[:19] = np.nan
    return {"mean": mean, "above": np.where(close > mean, 1, -1)}
"""
NEXT = """
def signals(candles):
    closes = [row[4] for row in candles]
    return [after - before for before, after in zip(closes, [*closes[1:], closes[-1]])]
"""
SCALED = """
import numpy as np

def signals(candles):
    close = candles["close"]
    return (close - close.mean()) / close.std()
"""
SLOW_MEMORY = """
def signals(candles):
    value, said = candles[0][4], []
    for row in candles:
        value += 0.002 * (row[4] - value)
        said.append(value)
    return said
"""


@pytest.fixture(scope="module")
def candles() -> str:
    chance = np.random.default_rng(3)
    close = 100 * np.exp(np.cumsum(chance.normal(0, 0.003, 2200)))
    rows = [f"{1_700_000_000_000 + at * 60_000},{c},{c},{c},{c},1" for at, c in enumerate(close)]
    return "time,open,high,low,close,volume\n" + "\n".join(rows) + "\n"


def asked(tmp_path: Path, candles: str, name: str, code: str, **signals: Any) -> Finding:
    project = GateProject(tmp_path / "bot")
    project.write("candles.csv", candles)
    project.write("strategy.py", code)
    declared = {"target": "strategy.py:signals", "candles": "candles.csv", **signals}
    if 'candles["' in code:
        declared["shape"] = "columns"
    return project.ask(name, signals=declared)


@pytest.mark.parametrize("name", ["G16", "G17"])
@pytest.mark.parametrize("code", [MEAN, ARRAYS])
def test_a_function_of_the_near_past_passes_both_tests(
    tmp_path: Path, candles: str, name: str, code: str
) -> None:
    found = asked(tmp_path, candles, name, code)
    assert found.verdict is Verdict.PASS, found
    assert found.evidence[0].figures["candles"] == 2200


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (NEXT, "(candle 199) is 0 while 199 candles are known"),
        (SCALED, "(candle 1) is"),
    ],
)
def test_a_function_that_knows_the_future_fails_with_the_smallest_example(
    tmp_path: Path, candles: str, code: str, said: str
) -> None:
    found = asked(tmp_path, candles, "G16", code)
    assert found.verdict is Verdict.FAIL, found
    assert "it knows the future" in found.detail
    assert said in found.detail


def test_a_value_that_hangs_on_old_candles_fails_until_enough_are_given_live(
    tmp_path: Path, candles: str
) -> None:
    found = asked(tmp_path, candles, "G17", SLOW_MEMORY)
    assert found.verdict is Verdict.FAIL, found
    assert "after 199" in found.detail


def test_what_is_given_live_bounds_what_is_tried(tmp_path: Path, candles: str) -> None:
    loose = asked(tmp_path, candles, "G17", SLOW_MEMORY, warm_up=1500, tolerance="0.02")
    assert loose.verdict is Verdict.PASS, loose


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("def other(c): return 1\n", "has no signals"),
        ("import nothing_such\n", "strategy.py cannot be imported: ModuleNotFoundError"),
        ("def signals(c):\n    return [1] * len(c)\n", "it says the same of all candles"),
        ("def signals(c):\n    return [1, 2]\n", "returns 2 values for 199 candles"),
        ("def signals(c):\n    return ['up'] * len(c)\n", "else than numbers"),
        ("def signals(c):\n    return [None][len(c)]\n", "list index out of range (line 2"),
        ("import os\ndef signals(c):\n    os._exit(3)\n", "ended its process (exit code 3)"),
        ("import random\ndef signals(c):\n    return [random.random() for _ in c]\n", "differ"),
        ("import socket\ndef signals(c):\n    socket.create_connection(('::1', 9))\n", "netw"),
        ("def signals(c):\n    return bytearray(5 << 30)\n", "MemoryError"),
        ("def signals(c):\n    while True: pass\n", "did not answer within 3 s"),
    ],
)  # fmt: skip
def test_a_function_that_cannot_be_judged_is_no_evidence_on_one_line(
    tmp_path: Path, candles: str, code: str, said: str
) -> None:
    timeout = {"timeout_s": 3} if "while" in code else {}
    found = asked(tmp_path, candles, "G16", code, **timeout)
    assert found.verdict is Verdict.NO_EVIDENCE, found
    assert said in found.detail
    assert "\n" not in found.detail


def test_too_few_candles_are_no_evidence(tmp_path: Path, candles: str) -> None:
    few = "\n".join(candles.splitlines()[:1500])
    found = asked(tmp_path, few, "G17", MEAN)
    assert (found.verdict, "1499 candles are too few" in found.detail) == (
        Verdict.NO_EVIDENCE,
        True,
    )
