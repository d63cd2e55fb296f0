"""Nonces of one key: above all before, whoever asks."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest

from trading_tools.exchange.pacing import nonces as nonces_module
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


async def test_one_request_is_on_its_way_at_a_time_until_it_is_answered() -> None:
    nonces = Nonces("key", OwnSlots())
    first = nonces.sending(await nonces.turn())
    assert first is not None
    next_one = asyncio.ensure_future(nonces.turn())
    await asyncio.sleep(0)
    assert not next_one.done()
    nonces.over(first)
    second = await next_one
    nonces.over(first)  # told again, it ends no turn of another
    assert nonces.sending(second) is not None


async def test_a_request_that_is_never_answered_is_not_waited_for_and_one_too_late_not_sent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(nonces_module, "ARRIVED_S", 0.1)
    monkeypatch.setattr(nonces_module, "_SENT_S", 0.2)
    nonces = Nonces("key", OwnSlots())
    unanswered = nonces.sending(await nonces.turn())
    assert unanswered is not None
    late = await nonces.turn()
    await nonces.turn()
    assert nonces.sending(late) is None


async def test_an_urgent_request_goes_before_all_that_have_waited_longer() -> None:
    nonces = Nonces("key", OwnSlots())
    first = await nonces.turn()
    went: list[str] = []

    async def one(name: str, *, urgent: bool = False) -> None:
        turn = await nonces.turn(urgent=urgent)
        went.append(name)
        nonces.over(turn)

    async with asyncio.TaskGroup() as group:
        for name in "abc":
            group.create_task(one(name))
        group.create_task(one("cancel", urgent=True))
        await asyncio.sleep(0)
        nonces.over(first)
    assert went[0] == "cancel"
    assert sorted(went[1:]) == ["a", "b", "c"]
