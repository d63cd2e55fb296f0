"""`orc drill`: its options, and whole drills of small bots in the real seal."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from tests.support.command_line import ORC, CommandLine
from tests.support.sealing import needs_seal
from trading_tools.drill.seal.clock import faster_clock
from trading_tools.drill.spec import DrillError

BOT = """
import hashlib, hmac, http.client, json, os, ssl, sys, time, urllib.parse, urllib.request

KEY, SECRET = os.environ["MY_KEY"], os.environ["MY_SECRET"].encode()

def call(method, path, **params):
    query = urllib.parse.urlencode({**params, "timestamp": int(time.time() * 1000)})
    query += "&signature=" + hmac.new(SECRET, query.encode(), hashlib.sha256).hexdigest()
    url = "https://api.binance.com" + path + "?" + query
    asked = urllib.request.Request(url, method=method, headers={"X-MBX-APIKEY": KEY})
    with urllib.request.urlopen(asked, timeout=30) as reply:
        return json.load(reply)

def buy(number):
    order = {"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "timeInForce": "GTC"}
    name = f"{sys.argv[1]}-{number}-{time.time_ns()}"
    size = {"quantity": "0.001", "price": str(50000 + number), "newClientOrderId": name}
    try:
        call("POST", "/api/v3/order", **order, **size)
    except (OSError, http.client.HTTPException):
        if sys.argv[1] == "naive":
            time.sleep(0.2)
            buy(number)
        else:
            call("GET", "/api/v3/order", symbol="BTCUSDT", origClientOrderId=name)

for number in range(6):
    buy(number)
    time.sleep(0.7)
call("DELETE", "/api/v3/openOrders", symbol="BTCUSDT")
"""
KEYS = ("--env", "MY_KEY=@key", "--env", "MY_SECRET=@secret")


@pytest.fixture
def bot(tmp_path: Path) -> Path:
    """A folder with a bot that needs the standard library alone."""
    (tmp_path / "bot").mkdir()
    (tmp_path / "bot" / "bot.py").write_text(BOT)
    return tmp_path / "bot"


def drill(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [ORC, "drill", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_the_list_tells_what_happens_and_where(orc: CommandLine) -> None:
    outcome = orc("drill", "--list", "--json")
    names = [each["name"] for each in outcome.json]
    assert names[0] == "calm"
    assert "d01-lost-ack" in names
    assert all(each["title"] and each["invariants"] for each in outcome.json)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["drill"], "there is no command"),
        (["drill", "--", "nosuchcmd"], "there is no program nosuchcmd in PATH"),
        (["drill", "--venue", "binnance", "--", "true"], "use binance"),
        (["drill", "--scenario", "d99", "--", "true"], "no scenario is called 'd99'"),
        (["drill", "--scenario", "d15", "--", "true"], "cannot happen on binance"),
        (["drill", "--env", "NAME", "--", "true"], "'NAME' is no variable"),
        (["drill", "--forward", "db.example:5432", "--", "true"], "only a service on this machine"),
        (["drill", "--max-position", "much", "--", "true"], "'much' is no size"),
        (["drill", "--kill", "", "--", "true"], "there is no command"),
        (["drill", "--kill", "SIGFOO", "--", "true"], "there is no program 'SIGFOO'"),
        (["drill", "--format", "pdf", "--", "true"], "no format 'pdf'"),
        (["drill", "--format", "text", "--format", "html", "--", "true"], "several reports"),
        (["drill", "--format", "html=no/a.html", "--", "true"], "no/a.html: No such file"),
    ],
)
def test_what_cannot_be_asked_is_told_in_one_line(
    orc: CommandLine, arguments: list[str], words: str
) -> None:
    outcome = orc(*arguments)
    assert outcome.code == 2
    assert words in outcome.err
    assert len(outcome.err.splitlines()) == 1


def test_a_service_that_does_not_answer_is_told_before_anything_runs(orc: CommandLine) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    outcome = orc("drill", "--forward", f"localhost:{port}", "--", "true")
    assert outcome.code == 2
    assert f"--forward localhost:{port}: nothing answers there" in outcome.err


def test_a_bad_file_of_candles_is_told_before_anything_runs(
    orc: CommandLine, tmp_path: Path
) -> None:
    (tmp_path / "c.csv").write_text("time,open,high,low,close\n1,2,3,x,2\n")
    outcome = orc("drill", "--market", str(tmp_path / "c.csv"), "--", "true")
    assert outcome.code == 2
    assert "c.csv line 2: low is 'x'" in outcome.err


@needs_seal
@pytest.mark.bubblewrap
def test_a_bot_that_cannot_start_is_run_once_and_its_last_words_are_told(bot: Path) -> None:
    done = drill(bot, "--json", "--", sys.executable, "-c", "import no_such_module")
    assert done.returncode == 1
    told = json.loads(done.stdout)["scenarios"]
    assert {each["verdict"] for each in told} == {"no-evidence"}
    assert "not run, because in the calm run the bot died" in told[1]["why"]
    assert done.stderr.count("begins") == 1
    assert "it said last: ModuleNotFoundError: No module named 'no_such_module'" in done.stderr


@needs_seal
@pytest.mark.bubblewrap
def test_a_bot_that_prints_without_end_is_told_of(bot: Path) -> None:
    many = "import os\nfor _ in range(20_000): os.write(1, b'x' * 1_000)"
    done = drill(bot, "--scenario", "d01", "--", sys.executable, "-c", many)
    assert "the bot printed 20 MB in calm" in done.stdout
    assert "1 scenario on binance" in done.stdout


@needs_seal
@pytest.mark.bubblewrap
@pytest.mark.slow
def test_a_lost_answer_parts_the_naive_bot_from_the_careful_one(bot: Path) -> None:
    asked = ["--scenario", "d01", "--scenario", "d02", "--timeout", "8", "--json", *KEYS]
    for kind, code in (("naive", 1), ("careful", 0)):
        done = drill(bot, *asked, "--", sys.executable, "bot.py", kind)
        assert done.returncode == code, done.stdout + done.stderr
        for scenario in json.loads(done.stdout)["scenarios"]:
            held = {each["name"]: each["held"] for each in scenario["invariants"]}
            assert held["one-order-per-intent"] is (kind == "careful")


@needs_seal
@pytest.mark.bubblewrap
@pytest.mark.slow
def test_by_a_faster_clock_the_verdict_is_the_same_and_the_report_says_so(bot: Path) -> None:
    try:
        faster_clock(2)
    except DrillError as error:
        pytest.skip(str(error))
    asked = ["--scenario", "d01", "--timeout", "30", "--clock-rate", "3", "--json", *KEYS]
    done = drill(bot, *asked, "--", sys.executable, "bot.py", "naive")
    told = json.loads(done.stdout)
    (scenario,) = told["scenarios"]
    assert scenario["why"].startswith("one-order-per-intent")
    assert any("3 times as fast" in note for note in told["notes"])


@needs_seal
@pytest.mark.bubblewrap
@pytest.mark.slow
def test_reports_go_where_they_are_asked_to(bot: Path) -> None:
    files = ["--format", "html=a.html", "--format", "junit=a.xml", "--format", "text"]
    calm = ["--scenario", "calm", "--timeout", "8", *KEYS]
    done = drill(bot, *calm, *files, "--", sys.executable, "bot.py", "careful")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 pass, 0 fail" in done.stdout
    assert "<title>" in (bot / "a.html").read_text()
    assert ET.fromstring((bot / "a.xml").read_text()).get("tests") == "1"


@needs_seal
@pytest.mark.bubblewrap
@pytest.mark.slow
def test_an_interrupted_drill_prints_what_it_has_and_leaves_nothing(bot: Path) -> None:
    (bot / "stays.py").write_text("import time\nprint('here', flush=True)\ntime.sleep(600)\n")
    process = subprocess.Popen(
        [ORC, "drill", "--scenario", "calm", "--timeout", "300", "--", sys.executable, "stays.py"],
        cwd=bot,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "TMPDIR": str(bot.parent)},
    )
    assert process.stderr is not None
    assert "begins" in process.stderr.readline()
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "interrupted" in out
    assert not list(bot.parent.glob("orc-drill-*"))
