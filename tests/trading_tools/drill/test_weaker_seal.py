"""The weaker seal: Python bots where no namespaces can be made."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.drills import drill, importing_tests, said, write_bot
from tests.support.sealing import path_without_bubblewrap
from trading_tools.drill.recording import SealKind
from trading_tools.drill.sealed import Progress
from trading_tools.drill.spec import DrillError

_LOOK = """
    import asyncio, json, os, pathlib, socket, subprocess, sys, urllib.request

    import aiohttp, requests

    def tried(act):
        try:
            return act()
        except Exception as error:
            return type(error).__name__

    def send():
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            return s.sendto(b"x", ("8.8.8.8", 53))

    def beneath():
        import _socket
        s = _socket.socket()
        s.connect(("1.1.1.1", 443))

    async def asynchronous():
        import certifi, ssl
        context = ssl.create_default_context(cafile=certifi.where())
        async with aiohttp.ClientSession() as session:
            async with session.get(url, ssl=context) as reply:
                return reply.status

    def imported(name):
        return __import__(name).__name__

    url = "https://api.binance.com/api/v3/time"
    call = f"import urllib.request; print(urllib.request.urlopen('{url}').status)"
    child = [sys.executable, "-c", call]
    print(json.dumps({
        "urllib": tried(lambda: urllib.request.urlopen(url).status),
        "requests": tried(lambda: requests.get(url).status_code),
        "aiohttp": tried(lambda: asyncio.run(asynchronous())),
        "child": subprocess.run(child, capture_output=True, text=True).stdout,
        "unknown": tried(lambda: socket.getaddrinfo("api.elsewhere.example", 443)),
        "unknown too": tried(lambda: socket.gethostbyname("api.elsewhere.example")),
        "address": tried(lambda: socket.create_connection(("1.1.1.1", 443), 2)),
        "address6": tried(lambda: socket.create_connection(("2606:4700::1111", 443), 2)),
        "udp": tried(send),
        "beneath": tried(beneath),
        "uvloop": tried(lambda: imported("uvloop")),
        "counts": os.environ["ORC_PACING_DIR"],
        "env": pathlib.Path(".env").read_text(),
        "module": tried(lambda: pathlib.Path("node_modules/x.js").read_text()),
    }))
"""


def test_a_python_bot_reaches_the_venue_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("BINANCE_KEY=mine\n")
    (tmp_path / "node_modules").mkdir()
    (tmp_path / "node_modules" / "x.js").write_text("x")
    told: list[Progress] = []
    recording = drill(write_bot(tmp_path, _LOOK), tmp_path, told, weaker=True)
    saw = said(recording)
    assert (saw["urllib"], saw["requests"], saw["aiohttp"], saw["child"]) == (
        200,
        200,
        200,
        "200\n",
    )
    refused = {name: saw[name] for name in ("address", "address6", "udp", "beneath")}
    assert set(refused.values()) == {"OSError"}
    assert saw["unknown"] == saw["unknown too"] == "gaierror"
    assert saw["uvloop"] == "ModuleNotFoundError"
    assert saw["env"].startswith("BINANCE_KEY=")
    assert "mine" not in saw["env"]
    # What a drilled bot asks of a venue is no request of this machine.
    assert saw["counts"] != os.environ["ORC_PACING_DIR"]
    assert saw["module"] == "x"
    assert recording.seal is SealKind.SHIM
    wanted = ("api.elsewhere.example", "1.1.1.1", "2606:4700::1111", "8.8.8.8")
    assert recording.unknown_hosts == wanted
    assert (told[0].kind, told[0].body["seal"]) == ("sealed", "shim")


def test_a_bot_in_another_language_is_not_started(tmp_path: Path) -> None:
    with pytest.raises(DrillError, match="holds Python bots alone, and sh is none"):
        drill(["sh", "-c", "true"], tmp_path, weaker=True)


def test_a_python_that_would_not_load_the_seal_is_not_started(tmp_path: Path) -> None:
    with pytest.raises(DrillError, match="cannot hold Python with -I: leave it out"):
        drill([sys.executable, "-I", "-c", "pass"], tmp_path, weaker=True)


def test_a_run_in_which_the_seal_was_not_loaded_says_nothing(tmp_path: Path) -> None:
    (tmp_path / "python3").write_text("#!/bin/sh\ntrue\n")
    (tmp_path / "python3").chmod(0o755)
    with pytest.raises(DrillError, match="did not load the weaker seal"):
        drill(["./python3", "bot.py"], tmp_path, weaker=True)


@pytest.mark.slow
def test_what_the_bot_starts_ends_with_it(tmp_path: Path) -> None:
    bot = """
    import subprocess, sys
    subprocess.Popen(["sleep", "600"])
    sys.exit(4)
    """
    recording = drill(write_bot(tmp_path, bot), tmp_path, weaker=True)
    assert recording.bot.code == 4
    assert recording.bot.seconds < 60


def test_without_bubblewrap_the_weaker_seal_is_taken_and_says_how_to_get_the_other(
    tmp_path: Path,
) -> None:
    (tmp_path / "bot").mkdir()
    ran = subprocess.run(
        [sys.executable, "-m", "tests.support.drill_once", "{}", sys.executable, "-c", "print(1)"],
        cwd=tmp_path / "bot",
        env={
            **os.environ,
            "PATH": path_without_bubblewrap(tmp_path),
            "PYTHONPATH": importing_tests(),
        },
        capture_output=True,
        text=True,
        timeout=60,
    )
    told = json.loads(ran.stdout.splitlines()[-1])
    assert (told["seal"], told["output"]) == ("shim", "1\n")
    assert "bubblewrap (bwrap) is not installed" in told["why"]
    assert "apt install bubblewrap" in told["why"]
