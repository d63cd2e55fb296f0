"""One count for all processes of a user: where it is, what it tells apart, when it cannot be."""

from __future__ import annotations

import fcntl
import logging
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from trading_tools.exchange.pacing.machine import host_of, machine_slots
from trading_tools.exchange.pacing.pacer import Pacer
from trading_tools.exchange.pacing.rules import Cost, Priority, Scope, Window

RULE = Window("fifty", "requests", 50, 1_000, Scope.KEY, margin_s=0)
ONE = Cost({"requests": 1})

USED = """
from tests.trading_tools.exchange.pacing.test_machine import pacer
print(pacer().used("fifty"))
"""

FROZEN = """
import sys
from tests.trading_tools.exchange.pacing.test_machine import hold
hold()
print("held", flush=True)
sys.stdin.read()
"""


def pacer(where: str = "api.binance.com") -> Pacer:
    """One as the kit makes them where it is told of no folder."""
    return Pacer("venue", [RULE], "key", machine_slots(), where=where)


@pytest.fixture
def place(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The folder that is named for the counts."""
    monkeypatch.setenv("ORC_PACING_DIR", str(tmp_path / "counts"))
    return tmp_path / "counts"


def test_a_process_that_was_told_nothing_finds_what_another_has_used(place: Path) -> None:
    pacer().try_acquire(ONE)
    told = subprocess.run([sys.executable, "-c", USED], capture_output=True, timeout=60, check=True)
    assert (told.stdout, told.stderr) == (b"1.0\n", b"")
    assert place.stat().st_mode & 0o077 == 0


def test_a_sandbox_and_a_simulator_count_apart_from_the_venue(place: Path) -> None:
    pacer("api.binance.com").try_acquire(ONE)
    assert pacer("testnet.binance.vision").used("fifty") == 0
    assert pacer("api.binance.com").used("fifty") == 1


@pytest.mark.parametrize(
    ("venue", "sandbox", "host"),
    [
        ("binance", False, "api.binance.com/api/v3"),
        ("binance", True, "testnet.binance.vision/api/v3"),
        ("binanceusdm", False, "fapi.binance.com/fapi/v1"),
        ("bybit", False, "api.bybit.com"),
        ("bybit", True, "api-testnet.bybit.com"),
        ("kraken", False, "api.kraken.com"),
        ("coinbase", False, "api.coinbase.com"),
        ("alpaca", True, "broker-api.sandbox.alpaca.markets"),
    ],
)
def test_a_client_is_known_by_the_host_of_its_orders(venue: str, sandbox: bool, host: str) -> None:
    import ccxt

    client: Any = getattr(ccxt, venue)()
    if sandbox:
        client.set_sandbox_mode(True)
    assert host_of(client) == host


def test_counts_that_are_taken_away_begin_anew_for_all(place: Path) -> None:
    one, two = pacer(), pacer()
    one.try_acquire(ONE)
    two.try_acquire(ONE)
    shutil.rmtree(place)
    two.try_acquire(ONE)
    assert (one.used("fifty"), two.used("fifty")) == (1, 1)


def test_many_clients_leave_no_files_open(place: Path) -> None:
    pacer().try_acquire(ONE)
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(20):
        pacer().try_acquire(ONE)
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def a_file(place: Path) -> None:
    place.write_text("")


def open_to_others(place: Path) -> None:
    place.mkdir()
    place.chmod(0o777)


def a_link(place: Path) -> None:
    place.symlink_to(place.parent)


@pytest.mark.parametrize("made", [a_file, open_to_others, a_link])
def test_where_there_can_be_none_a_process_counts_for_itself_and_says_so_once(
    place: Path, caplog: pytest.LogCaptureFixture, made: Any
) -> None:
    made(place)
    one, two = pacer(made.__name__), pacer(made.__name__)
    assert one.try_acquire(ONE) == 0
    assert two.used("fifty") == 1
    (said,) = caplog.records
    assert said.levelno == logging.WARNING
    assert str(place) in said.getMessage()
    assert "ORC_PACING_DIR" in said.getMessage()


def test_a_folder_that_is_lost_later_keeps_no_cancel_from_its_venue(
    place: Path, caplog: pytest.LogCaptureFixture
) -> None:
    counted = pacer("lost")
    shutil.rmtree(place)
    place.write_text("")
    assert counted.try_acquire(ONE, Priority.CANCEL) == 0
    assert counted.used("fifty") == 1
    assert len(caplog.records) == 1


def test_a_bot_that_is_frozen_while_it_counts_keeps_no_cancel_from_its_venue(
    place: Path, caplog: pytest.LogCaptureFixture
) -> None:
    pacer("frozen").try_acquire(ONE)
    with subprocess.Popen(
        [sys.executable, "-c", FROZEN], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as bot:
        assert bot.stdout is not None
        assert bot.stdout.readline() == b"held\n"
        assert pacer("frozen").try_acquire(ONE, Priority.CANCEL) == 0
        assert "stands still" in caplog.text
        bot.kill()
    assert pacer("frozen").used("fifty") == 1


def hold() -> None:
    """Hold all that is counted, as one that is stopped does."""
    place = Path(os.environ["ORC_PACING_DIR"])
    files = [os.open(each, os.O_RDWR) for each in place.iterdir()]
    for file in files:
        fcntl.flock(file, fcntl.LOCK_EX)


def test_a_folder_that_is_not_absolute_is_no_place_for_all(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("ORC_PACING_DIR", "counts")
    machine_slots()
    assert "counts is not absolute" in caplog.text
    assert not Path("counts").exists()
