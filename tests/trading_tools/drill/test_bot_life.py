"""The bot's processes: how they start, are signalled and end, and what is left of them."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.drills import ORDERING, drill, importing_tests, kinds, needs_seal, write_bot
from trading_tools.drill.sealed import Progress
from trading_tools.drill.spec import BotSignal, DrillError

pytestmark = [pytest.mark.bubblewrap, needs_seal]


def test_an_exit_code_is_told_and_stands_in_the_ledger(tmp_path: Path) -> None:
    recording = drill(["sh", "-c", "echo words; echo more >&2; exit 3"], tmp_path)
    assert (recording.bot.code, recording.bot.signal, recording.bot.timed_out) == (3, None, False)
    assert recording.bot.output == "words\nmore\n"
    assert kinds(recording, "bot.started", "bot.exited") == ["bot.started", "bot.exited"]


def test_a_bot_that_runs_on_is_asked_to_end_when_its_time_is_over(tmp_path: Path) -> None:
    command = ["bash", "-c", "trap 'echo bye; exit 0' TERM; echo up; sleep 60 & wait"]
    recording = drill(command, tmp_path, timeout_s=2)
    assert recording.bot.timed_out
    assert (recording.bot.code, recording.bot.ignored_term) == (None, False)
    assert recording.bot.output == "up\nbye\n"


def test_a_bot_that_ignores_sigterm_is_killed_after_the_grace(tmp_path: Path) -> None:
    told: list[Progress] = []
    command = ["bash", "-c", "trap '' TERM; while true; do sleep 0.1; done"]
    recording = drill(command, tmp_path, told, timeout_s=1.5, term_grace_s=0.1)
    assert recording.bot.ignored_term
    assert recording.bot.signal == "SIGKILL"
    signals = [each.body["signal"] for each in told if each.kind == "bot.signaled"]
    assert signals == ["SIGTERM", "SIGKILL"]


@pytest.mark.slow
def test_a_daemon_is_followed_to_its_end(tmp_path: Path) -> None:
    recording = drill(["sh", "-c", "setsid sh -c 'sleep 1; echo late' & exit 0"], tmp_path)
    assert recording.bot.code == 0
    assert recording.bot.output == "late\n"


@pytest.mark.slow
def test_what_a_failed_bot_leaves_behind_is_ended(tmp_path: Path) -> None:
    recording = drill(["sh", "-c", "setsid sleep 600 & exit 1"], tmp_path)
    assert recording.bot.code == 1
    assert recording.bot.seconds < 60


def test_a_signal_comes_after_so_many_orders(tmp_path: Path) -> None:
    bot = f"""{ORDERING}
    while True:
        order()
    """
    told: list[Progress] = []
    signals = (BotSignal("TERM", after_orders=2, why="the deployment"),)
    recording = drill(write_bot(tmp_path, bot), tmp_path, told, signals=signals)
    assert recording.bot.signal == "SIGTERM"
    assert not recording.bot.timed_out
    seen = kinds(recording, "order.accepted", "bot.signaled", "bot.exited")
    assert seen[:2] == ["order.accepted", "order.accepted"]
    # Orders that were on their way may still come after the signal.
    assert seen.index("bot.signaled") >= 2
    assert seen[-1] == "bot.exited"
    assert next(each for each in told if each.kind == "orders").body["accepted"] >= 1


def test_a_signal_for_an_open_order_waits_until_there_is_one(tmp_path: Path) -> None:
    bot = f"""{ORDERING}
    order(price="61000")  # above the market: it trades at once
    time.sleep(1)
    order()
    time.sleep(60)
    """
    signals = (BotSignal("TERM", after_orders=1, delay_s=0.2, while_open=True),)
    recording = drill(write_bot(tmp_path, bot), tmp_path, signals=signals)
    assert not recording.bot.timed_out
    seen = kinds(recording, "order.accepted", "bot.signaled")
    assert seen == ["order.accepted", "order.accepted", "bot.signaled"]


def test_a_restarted_bot_finds_its_folder_as_it_left_it(tmp_path: Path) -> None:
    bot = f"""{ORDERING}
    import pathlib, sys
    if pathlib.Path("state").exists():
        sys.exit(print("again"))
    pathlib.Path("state").touch()
    order()
    time.sleep(60)
    """
    signals = (BotSignal("KILL", after_orders=1, restart=True),)
    recording = drill(write_bot(tmp_path, bot), tmp_path, signals=signals)
    assert (recording.bot.code, recording.bot.output) == (0, "again\n")
    lives = kinds(recording, "bot.started", "bot.signaled", "bot.exited")
    assert lives == ["bot.started", "bot.signaled", "bot.exited", "bot.started", "bot.exited"]


def test_a_kill_switch_that_is_a_file_is_thrown_in_the_bots_folder(tmp_path: Path) -> None:
    bot = f"""{ORDERING}
    import pathlib
    order()
    while not pathlib.Path("STOP").exists():
        time.sleep(0.02)
    print("stopped")
    """
    signals = (BotSignal("RUN", after_orders=1, command=("touch", "STOP"), why="kill switch"),)
    recording = drill(write_bot(tmp_path, bot), tmp_path, signals=signals)
    assert (recording.bot.code, recording.bot.output) == (0, "stopped\n")
    thrown = next(e for e in recording.ledgers["binance"] if e.kind == "bot.signaled")
    assert thrown.body == {"signal": None, "why": "kill switch", "command": ["touch", "STOP"]}


def test_a_kill_switch_that_fails_is_noted(tmp_path: Path) -> None:
    bot = f"""{ORDERING}
    order()
    ledger = "https://api.binance.com/_ledger"
    while urllib.request.urlopen(ledger).read().count(b'"command.exited"') < 2:
        time.sleep(0.05)
    """
    signals = tuple(
        BotSignal("RUN", after_orders=1, command=(name,), why="kill switch")
        for name in ("false", "no-such-switch")
    )
    recording = drill(write_bot(tmp_path, bot), tmp_path, signals=signals)
    ended = [e.body for e in recording.ledgers["binance"] if e.kind == "command.exited"]
    assert {"command": ["false"], "code": 1, "signal": None} in ended
    assert {"command": ["no-such-switch"], "code": 127, "signal": None} in ended


def test_a_stage_interferes_and_may_end_the_bot(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", importing_tests())
    bot = f"""{ORDERING}
    import signal, sys
    signal.signal(signal.SIGTERM, lambda *_: (print("asked to end"), sys.exit()))
    try:
        order()
    except ConnectionError:
        print("no answer", flush=True)
    time.sleep(60)
    """
    stage = "tests.support.drill_stages:ends_at_order"
    recording = drill(write_bot(tmp_path, bot), tmp_path, stage=stage)
    assert "asked to end" in recording.bot.output
    signaled = next(e for e in recording.ledgers["binance"] if e.kind == "bot.signaled")
    assert signaled.body == {"signal": "SIGTERM", "why": "an order came"}


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        ({"venues": ("bitfoo",)}, "there is no venue bitfoo: use binance"),
        ({"stage": "json:no_such_stage"}, "no stage json:no_such_stage"),
    ],
)
def test_what_cannot_be_staged_is_refused(
    tmp_path: Path, settings: dict[str, Any], why: str
) -> None:
    with pytest.raises(DrillError, match=why):
        drill(["true"], tmp_path, **settings)


def test_a_client_that_does_not_trust_the_authority_is_counted(tmp_path: Path) -> None:
    bot = """
    import socket, ssl
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # trusts nobody
    try:
        context.wrap_socket(socket.create_connection(("api.binance.com", 443)),
                            server_hostname="api.binance.com")
    except ssl.SSLCertVerificationError:
        print("refused")
    """
    recording = drill(write_bot(tmp_path, bot), tmp_path)
    assert recording.bot.output == "refused\n"
    assert recording.tls_refused == 1
    assert kinds(recording, "request.received") == []


def test_a_program_that_is_not_there_is_refused_before_anything_starts(tmp_path: Path) -> None:
    with pytest.raises(DrillError, match="there is no program no-such-bot in PATH"):
        drill(["no-such-bot"], tmp_path)
    with pytest.raises(DrillError, match=rf"there is no program ./bot in {tmp_path}"):
        drill(["./bot"], tmp_path)
    with pytest.raises(DrillError, match="there is no command"):
        drill([], tmp_path)


def test_the_home_folder_is_not_copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    with pytest.raises(DrillError, match="start it in the bot's folder"):
        drill(["true"], tmp_path)


@pytest.mark.slow
def test_a_gigabyte_of_output_is_counted_and_kept_in_parts(tmp_path: Path) -> None:
    bot = """
    import os
    print("first", flush=True)
    line = b"x" * 99 + b"\\n"
    for _ in range(1000):
        os.write(1, line * 10_000)
    print("last", flush=True)
    """
    recording = drill(write_bot(tmp_path, bot), tmp_path)
    assert recording.bot.output_bytes == 1_000_000_011
    assert recording.bot.output.startswith("first\n")
    assert recording.bot.output.endswith("last\n")
    assert len(recording.bot.output) < 100_000


@pytest.mark.slow
def test_a_bot_that_forks_without_end_is_ended(tmp_path: Path) -> None:
    told: list[Progress] = []
    recording = drill(["sh", "-c", "while true; do sleep 600 & done"], tmp_path, told)
    assert recording.bot.signal == "SIGKILL"
    reason = next(each.body["why"] for each in told if each.kind == "bot.signaled")
    assert reason == "it has more than 4,096 processes"


def test_a_bot_that_holds_too_much_memory_is_ended(tmp_path: Path) -> None:
    told: list[Progress] = []
    bot = "import time; held = b'x' * 200_000_000; print(len(held), flush=True); time.sleep(60)"
    recording = drill([sys.executable, "-c", bot], tmp_path, told, memory_bytes=2**27)
    assert recording.bot.signal == "SIGKILL"
    reason = next(each.body["why"] for each in told if each.kind == "bot.signaled")
    assert reason == "it holds more than 0.12 GiB of memory; --memory lets it"


def test_what_processes_share_counts_once_and_scratch_space_ends(tmp_path: Path) -> None:
    bot = """
    import os, time
    held = b"x" * 90_000_000
    if all(os.fork() for _ in range(2)):
        try:
            with open("/tmp/much", "wb", buffering=0) as file:
                for _ in range(200):
                    file.write(held[:1_000_000])
        except OSError as error:
            print(error.strerror)
    time.sleep(1)
    """
    recording = drill(write_bot(tmp_path, bot), tmp_path, memory_bytes=2**27)
    assert (recording.bot.code, recording.bot.output) == (0, "No space left on device\n")


@pytest.mark.slow
def test_processes_that_hide_in_sessions_of_their_own_are_signalled_too(tmp_path: Path) -> None:
    bot = """
    import os, signal, sys, time
    if os.fork() == 0:
        os.setsid()
        signal.signal(signal.SIGTERM, lambda *_: (print("child ends", flush=True), sys.exit()))
    else:
        signal.signal(signal.SIGTERM, lambda *_: (os.wait(), print("parent ends"), sys.exit()))
    time.sleep(60)
    """
    recording = drill(write_bot(tmp_path, bot), tmp_path, timeout_s=4)
    assert recording.bot.output == "child ends\nparent ends\n"
