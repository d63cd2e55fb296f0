"""Nonces of one key: above all before, whoever asks."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from trading_tools.exchange.pacing.nonces import Nonces
from trading_tools.exchange.pacing.slots import OwnSlots

TAKING = """
import sys
from pathlib import Path
from trading_tools.exchange.pacing.nonces import Nonces
from trading_tools.exchange.pacing.slots import SharedSlots
nonces = Nonces("key", SharedSlots(Path(sys.argv[1])), lambda: 5)
print(*(nonces.next() for _ in range(2_000)))
"""


def test_they_rise_while_the_clock_stands_or_is_set_back() -> None:
    times = iter([1_000, 1_000, 400, 2_000])
    nonces = Nonces("key", OwnSlots(), lambda: next(times))
    assert [nonces.next() for _ in range(4)] == [1_000, 1_001, 1_002, 2_000]


def test_processes_that_share_a_folder_never_get_the_same_one(tmp_path: Path) -> None:
    command = [sys.executable, "-c", TAKING, str(tmp_path / "slots")]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    taken = [[int(each) for each in one.communicate(timeout=60)[0].split()] for one in running]
    assert all(each == sorted(each) for each in taken)
    assert sorted(taken[0] + taken[1]) == list(range(5, 4_005))
