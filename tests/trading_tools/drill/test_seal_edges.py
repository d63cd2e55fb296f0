"""What crosses the seal's edge: forwarded services, several drills at once, a killed drill."""

from __future__ import annotations

import asyncio
import os
import select
import signal
import socketserver
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.drills import HERE, drill, importing_tests, needs_seal, write_bot
from tests.support.sealing import alive
from trading_tools.drill.seal.available import Tools
from trading_tools.drill.sealed import sealed_run
from trading_tools.drill.spec import DrillError, DrillSpec, Forward

pytestmark = [pytest.mark.bubblewrap, needs_seal]


class _Upper(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        for line in self.rfile:
            self.wfile.write(line.upper())


@pytest.fixture
def service() -> Iterator[int]:
    """A service on loopback that gives lines back in upper case."""
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Upper) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_address[1]
        server.shutdown()


def test_a_forwarded_service_is_reached_and_no_other(tmp_path: Path, service: int) -> None:
    bot = f"""
    import socket
    with socket.create_connection(("localhost", {service}), 5) as s:
        s.sendall(b"select 1\\n")
        print(s.makefile().readline().strip())
    """
    command = write_bot(tmp_path, bot)
    forwards = (Forward.parse(f"localhost:{service}"),)
    assert drill(command, tmp_path, forwards=forwards).bot.output == "SELECT 1\n"
    assert "ConnectionRefusedError" in drill(command, tmp_path).bot.output


@pytest.mark.slow
def test_a_forwarded_service_that_is_not_there_is_a_connection_that_ends(tmp_path: Path) -> None:
    bot = """
    import socket
    with socket.create_connection(("127.0.0.1", 5999), 5) as s:
        print(s.recv(10))
    """
    recording = drill(write_bot(tmp_path, bot), tmp_path, forwards=(Forward("127.0.0.1", 5999),))
    assert recording.bot.output == "b''\n"


@pytest.mark.parametrize(
    ("named", "why"),
    [
        ("db.example.com:5432", "only a service on this machine"),
        ("5432", "only a service on this machine"),
        ("localhost:x", "only a service on this machine"),
        ("localhost:443", "443 is no port, or one of the venues'; name another"),
        ("localhost:70000", "70000 is no port"),
    ],
)
def test_only_services_of_this_machine_are_forwarded(named: str, why: str) -> None:
    with pytest.raises(DrillError, match=why):
        Forward.parse(named)


def test_a_temporary_folder_with_too_long_a_name_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deep = tmp_path / ("x" * 100)
    deep.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(deep))
    with pytest.raises(DrillError, match="let TMPDIR name a shorter path"):
        drill(["true"], tmp_path, forwards=(Forward("localhost", 5999),))
    assert list(deep.iterdir()) == []


async def test_two_drills_at_once_do_not_meet(tmp_path: Path) -> None:
    specs = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        specs.append(
            DrillSpec(
                command=("sh", "-c", f"echo {name} > mine; sleep 0.5; cat mine"),
                folder=tmp_path / name,
                venues=("binance",),
                seed=len(name),
            )
        )
    first, second = await asyncio.gather(*map(sealed_run, specs))
    assert (first.bot.output, second.bot.output) == ("one\n", "two\n")


async def test_a_cancelled_drill_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(scratch))
    (tmp_path / "bot").mkdir()
    started = asyncio.Event()
    spec = DrillSpec(command=("sleep", "7651"), folder=tmp_path / "bot", venues=("binance",))

    def told(progress: object) -> None:
        if "bot.started" in str(progress):
            started.set()

    running = asyncio.create_task(sealed_run(spec, told))
    async with asyncio.timeout(30):
        await started.wait()
    assert list(scratch.iterdir())
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert list(scratch.iterdir()) == []
    assert not alive("sleep 7651")


async def test_a_run_that_is_cancelled_while_it_starts_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert isinstance(HERE, Tools)
    # The real program, not tied to its parent yet: its parent's death is not its own.
    loose, started = tmp_path / "unshare", tmp_path / "started"
    loose.write_text(
        f'#!/bin/sh\nexec 3<&0\n{HERE.unshare} "$@" <&3 3<&- &\ntouch {started}\nwait\n'
    )
    loose.chmod(0o755)
    tools = replace(HERE, unshare=str(loose))
    monkeypatch.setattr("trading_tools.drill.sealed.find_tools", lambda: tools)
    spec = DrillSpec(command=("true",), folder=tmp_path, venues=("binance",))
    running = asyncio.create_task(sealed_run(spec))
    await asyncio.sleep(0)
    await asyncio.sleep(0)  # the process is being started
    waits_until = time.monotonic() + 30
    while not started.exists() and time.monotonic() < waits_until:
        time.sleep(0.001)  # the loop hears nothing of it meanwhile
    running.cancel()
    done, _ = await asyncio.wait({running}, timeout=30)
    running.cancel()
    assert done


@pytest.mark.parametrize("weaker", [False, True], ids=["sealed", "weaker"])
def test_a_killed_drill_leaves_nothing(tmp_path: Path, weaker: bool) -> None:
    scratch, folder = tmp_path / "scratch", tmp_path / "bot"
    scratch.mkdir()
    command = write_bot(folder, "import time; time.sleep(7652)")
    settings = '{"weaker": true}' if weaker else "{}"
    environ = {**os.environ, "TMPDIR": str(scratch), "PYTHONPATH": importing_tests()}
    outside = subprocess.Popen(
        [sys.executable, "-m", "tests.support.drill_once", settings, *command],
        cwd=folder,
        env=environ,
        stdout=subprocess.PIPE,
    )
    assert outside.stdout is not None
    assert outside.stdout.readline() == b"started\n"
    left = [os.pidfd_open(pid) for pid in _pids_with(str(scratch))]
    assert left
    outside.send_signal(signal.SIGKILL)
    outside.communicate()
    for descriptor in left:
        ended, _, _ = select.select([descriptor], [], [], 30)
        assert ended, "a process of the drill lives on"
        os.close(descriptor)
    assert list(scratch.iterdir()) == []


def _pids_with(words: str) -> list[int]:
    """The processes whose command lines have these words, but for the one that runs the drill."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                line = (entry / "cmdline").read_text()
            except OSError:
                continue
            if words in line and "drill_once" not in line:
                found.append(int(entry.name))
    return found


@pytest.mark.parametrize(
    "after_ms",
    [0, 3, 8, 30, *(pytest.param(ms, marks=pytest.mark.slow) for ms in (1, 2, 4, 5, 6, 10, 15))],
)
async def test_a_run_that_is_cancelled_while_it_starts_ends_and_leaves_no_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, after_ms: int
) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(scratch))
    bot = tmp_path / "bot"
    bot.mkdir()
    spec = DrillSpec(command=("true",), folder=bot, venues=("binance",))
    run = asyncio.create_task(sealed_run(spec))
    await asyncio.sleep(after_ms / 1_000)  # a moment of its start, whichever that is
    run.cancel()
    async with asyncio.timeout(30):
        with pytest.raises(asyncio.CancelledError):
            await run
    assert list(scratch.iterdir()) == []
