"""Counts in files: shared by processes, void after a new boot, whole after a kill."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from trading_tools.exchange.pacing.pacer import Pacer
from trading_tools.exchange.pacing.rules import Cost, Priority, Scope, Window
from trading_tools.exchange.pacing.slots import SharedSlots

RULE = Window("fifty", "requests", 50, 1, Scope.KEY, margin_s=0)
ONE = Cost({"requests": 1})

CLIENT = """
import asyncio, json, sys, time
from pathlib import Path
from trading_tools.exchange.pacing.pacer import Pacer
from trading_tools.exchange.pacing.rules import Cost, Priority, Scope, Window
from trading_tools.exchange.pacing.slots import SharedSlots

async def main():
    rule = Window("fifty", "requests", 50, 1, Scope.KEY, margin_s=0)
    read = []

    def clock():
        read.append(time.monotonic())
        return read[-1]

    pacer = Pacer("venue", [rule], "key", SharedSlots(Path(sys.argv[1])), clock)
    counted = []
    for _ in range(30):
        await pacer.acquire(Cost({"requests": 1}), Priority.CANCEL)
        counted.append(read[-1])
    print(json.dumps(counted))

asyncio.run(main())
"""

HOLDER = """
import sys, time
from pathlib import Path
from trading_tools.exchange.pacing.slots import SharedSlots

with SharedSlots(Path(sys.argv[1])).held(["one"]) as (slot,):
    slot[0] += 7
    print(slot[0], flush=True)
    time.sleep(float(sys.argv[2]))
"""


def pacer(folder: Path, key: str = "key") -> Pacer:
    return Pacer("venue", [RULE], key, SharedSlots(folder))


def test_four_processes_together_keep_the_limit(tmp_path: Path) -> None:
    clients = [
        subprocess.Popen([sys.executable, "-c", CLIENT, str(tmp_path)], stdout=subprocess.PIPE)
        for _ in range(4)
    ]
    told = [json.loads(each.communicate(timeout=60)[0]) for each in clients]
    counted = sorted(at for each in told for at in each)
    assert len(counted) == 120
    assert all(b - a > 0.999 for a, b in zip(counted, counted[50:], strict=False))


def test_what_one_has_used_the_other_finds_used(tmp_path: Path) -> None:
    one, two = pacer(tmp_path), pacer(tmp_path)
    for _ in range(30):
        assert one.try_acquire(ONE, Priority.CANCEL) == 0
    assert two.used("fifty") == 30


def test_many_counts_are_found_whoever_made_them_first(tmp_path: Path) -> None:
    one, two = SharedSlots(tmp_path), SharedSlots(tmp_path)
    for number in range(300):
        maker, other = (one, two) if number % 2 else (two, one)
        with maker.held([f"slot {number}"]) as (slot,):
            slot[0] = number + 1
        with other.held(["slot 0", f"slot {number}"]) as (first, slot):
            assert (first[0], slot[0]) == (1, number + 1)


def test_a_file_that_is_cut_under_those_who_count_in_it_is_void(tmp_path: Path) -> None:
    slots = SharedSlots(tmp_path)
    one = Pacer("venue", [RULE], "key", slots)
    one.try_acquire(ONE)
    with slots.held(["kept"]) as kept:
        pass
    for file in tmp_path.iterdir():
        os.truncate(file, 40)
    assert kept
    assert one.used("fifty") == 0
    assert one.try_acquire(ONE) == 0
    assert pacer(tmp_path).used("fifty") == 1


def test_another_key_has_its_own_count(tmp_path: Path) -> None:
    one, two = pacer(tmp_path, "one"), pacer(tmp_path, "two")
    one.try_acquire(ONE)
    assert two.used("fifty") == 0


def test_counts_of_an_earlier_boot_and_files_that_are_cut_are_void(tmp_path: Path) -> None:
    one = pacer(tmp_path)
    one.try_acquire(ONE)
    for file in tmp_path.iterdir():
        file.write_bytes(b"another boot".ljust(32) + file.read_bytes()[32:])
    assert pacer(tmp_path).used("fifty") == 0
    for file in tmp_path.iterdir():
        file.write_bytes(file.read_bytes()[:40])
    assert pacer(tmp_path).used("fifty") == 0


def test_a_process_that_is_killed_leaves_its_count_and_no_lock(tmp_path: Path) -> None:
    command = [sys.executable, "-c", HOLDER, str(tmp_path)]
    client = subprocess.Popen([*command, "600"], stdout=subprocess.PIPE)
    try:
        assert client.stdout is not None
        assert client.stdout.readline() == b"7.0\n"
    finally:
        client.kill()
        client.communicate()
    after = subprocess.run([*command, "0"], capture_output=True, timeout=60, check=True)
    assert after.stdout == b"14.0\n"


def test_files_are_the_users_own_and_name_no_key(tmp_path: Path) -> None:
    slots = SharedSlots(tmp_path / "pacing")
    Pacer("venue", [RULE], "SECRETKEY", slots).try_acquire(ONE)
    slots.close()
    assert (tmp_path / "pacing").stat().st_mode & 0o077 == 0
    for file in (tmp_path / "pacing").iterdir():
        assert file.stat().st_mode & 0o077 == 0
        assert b"SECRETKEY" not in file.read_bytes()
        assert "SECRETKEY" not in file.name


def test_a_forked_child_does_not_count_while_its_parent_does(tmp_path: Path) -> None:
    slots = SharedSlots(tmp_path)

    def count() -> None:
        for _ in range(20_000):
            with slots.held(["one"]) as (slot,):
                slot[0] += 1

    with slots.held(["one"]):
        child = os.fork()
    if not child:
        count()
        os._exit(0)
    count()
    assert os.waitpid(child, 0)[1] == 0
    with slots.held(["one"]) as (slot,):
        assert slot[0] == 40_000


def test_a_folder_in_which_others_may_write_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o777)
    with pytest.raises(PermissionError, match="is another user's or open to others"):
        SharedSlots(tmp_path)
