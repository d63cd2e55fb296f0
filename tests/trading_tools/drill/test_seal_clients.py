"""Unmodified clients in the seal, as root and as an ordinary user."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.drills import drill, needs_seal, said, write_bot
from tests.support.users import as_ordinary_user, give

pytestmark = [pytest.mark.bubblewrap, needs_seal]

_CCXT = """
    import asyncio, json, os
    import ccxt, ccxt.async_support, ccxt.pro

    keys = {"apiKey": os.environ["BINANCE_KEY"], "secret": os.environ["BINANCE_SECRET"]}

    def sync():
        client = ccxt.binance(keys)
        placed = client.create_order("BTC/USDT", "limit", "buy", 0.01, 50000)
        return client.cancel_order(placed["id"], "BTC/USDT")["status"]

    async def asynchronous():
        client = ccxt.async_support.binance(keys)
        try:
            return (await client.fetch_balance())["USDT"]["total"]
        finally:
            await client.close()

    async def streams():
        client = ccxt.pro.binance(keys)
        book = await client.watch_order_book("BTC/USDT")
        return bool(book["bids"])

    told = {"sync": sync(), "async": asyncio.run(asynchronous()), "pro": asyncio.run(streams())}
    print(json.dumps(told), flush=True)
    os._exit(0)
"""
_URL = "https://api.binance.com/api/v3/time"
_NODE = f"""
const reply = await fetch("{_URL}");
const socket = globalThis.WebSocket && new WebSocket("wss://stream.binance.com:9443/ws/btcusdt@trade");
const first = socket ? await new Promise((done, failed) => {{
  socket.onmessage = (message) => done(JSON.parse(message.data).e);
  socket.onerror = (error) => failed(error);
}}) : null;
console.log(JSON.stringify([reply.status, first]));
process.exit(0);
"""
_JAVA = f"""
import java.net.URI;
import java.net.http.*;

public class Bot {{
    public static void main(String[] args) throws Exception {{
        HttpRequest request = HttpRequest.newBuilder(URI.create("{_URL}")).build();
        HttpClient client = HttpClient.newHttpClient();
        System.out.println(client.send(request, HttpResponse.BodyHandlers.ofString()).statusCode());
    }}
}}
"""


def _needs(program: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(shutil.which(program) is None, reason=f"no {program} here")


@pytest.mark.slow
def test_ccxt_sync_async_and_pro_trade_and_watch(tmp_path: Path) -> None:
    recording = drill(write_bot(tmp_path, _CCXT), tmp_path)
    assert said(recording) == {"sync": "canceled", "async": 100_000.0, "pro": True}
    assert recording.tls_refused == 0


@pytest.mark.slow
def test_ccxt_works_as_an_ordinary_user(tmp_path: Path) -> None:
    told = _as_ordinary_user(tmp_path, _CCXT)
    assert json.loads(told["output"].splitlines()[-1])["sync"] == "canceled"
    assert "order.accepted" in told["kinds"]


def test_the_seal_holds_for_an_ordinary_user(tmp_path: Path) -> None:
    bot = f"""
    import os, socket, urllib.request
    print(os.getuid(), urllib.request.urlopen("{_URL}").status)
    try:
        socket.create_connection(("1.1.1.1", 443), 2)
    except OSError as error:
        print(error.errno)
    """
    told = _as_ordinary_user(tmp_path, bot)
    assert told["seal"] == "namespace"
    assert told["output"] == "1000 200\n101\n"


@_needs("curl")
def test_curl_trusts_the_venue(tmp_path: Path) -> None:
    recording = drill(["curl", "--silent", "--show-error", "--fail", _URL], tmp_path)
    assert recording.bot.code == 0
    assert "serverTime" in recording.bot.output


@pytest.mark.slow
@_needs("curl")
def test_a_program_without_environment_trusts_the_systems_bundle(tmp_path: Path) -> None:
    recording = drill(["env", "-i", shutil.which("curl") or "", "-sS", _URL], tmp_path)
    assert "serverTime" in recording.bot.output


@_needs("node")
def test_nodes_own_fetch_and_sockets_reach_the_venue(tmp_path: Path) -> None:
    (tmp_path / "bot.mjs").write_text(_NODE)
    recording = drill(["node", "bot.mjs"], tmp_path)
    status, first = json.loads(recording.bot.output.splitlines()[-1])
    assert status == 200
    assert first in {"trade", None}  # older ones have no WebSocket


@pytest.mark.slow
@_needs("java")
def test_java_trusts_the_venue(tmp_path: Path) -> None:
    (tmp_path / "Bot.java").write_text(_JAVA)
    recording = drill(["java", "Bot.java"], tmp_path)
    assert recording.bot.output.splitlines()[-1] == "200"


@pytest.mark.slow
def test_an_environment_that_only_a_script_names_trusts_the_venue(tmp_path: Path) -> None:
    call = f"import requests; print(requests.get('{_URL}').status_code)"
    (tmp_path / "start.sh").write_text(f'unset PATH\n{sys.executable} -c "{call}"\n')
    recording = drill(["sh", "start.sh"], tmp_path)
    assert recording.bot.output == "200\n"


def _as_ordinary_user(folder: Path, bot: str) -> dict[str, Any]:
    argv, variables = as_ordinary_user("-m", "tests.support.drill_once", "{}")
    write_bot(folder, bot)
    (folder / "home").mkdir()
    give(folder)
    python = argv[argv.index("-m") - 1]
    environ = {**os.environ, **variables, "HOME": str(folder / "home")}
    environ |= {"PATH": os.defpath, "PYTHONDONTWRITEBYTECODE": "1"}
    ran = subprocess.run(
        [*argv, python, "bot.py"],
        cwd=folder,
        env=environ,
        capture_output=True,
        text=True,
        timeout=90,
    )
    assert ran.returncode == 0, ran.stderr
    told: dict[str, Any] = json.loads(ran.stdout.splitlines()[-1])
    return told
