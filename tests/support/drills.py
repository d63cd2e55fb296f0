"""Sealed runs for tests: small bots, written where they are used, and what they told."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from trading_tools.drill.recording import Recording
from trading_tools.drill.seal.available import find_tools
from trading_tools.drill.sealed import Progress, sealed_run
from trading_tools.drill.spec import DrillSpec

HERE = find_tools()
needs_seal = pytest.mark.skipif(isinstance(HERE, str), reason=f"no seal here: {HERE}")


def write_bot(folder: Path, source: str) -> tuple[str, str]:
    """A Python bot as `bot.py` in a folder; the command that starts it."""
    folder.mkdir(exist_ok=True)
    (folder / "bot.py").write_text(textwrap.dedent(source))
    return sys.executable, "bot.py"


def drill(
    command: Sequence[str], folder: Path, told: list[Progress] | None = None, **settings: Any
) -> Recording:
    """One sealed run against Binance, without an event loop of the test's."""
    settings = {"venues": ("binance",), "timeout_s": 60, **settings}
    spec = DrillSpec(command=tuple(command), folder=folder, **settings)
    heard = told if told is not None else []
    return asyncio.run(sealed_run(spec, heard.append))


def said(recording: Recording) -> dict[str, Any]:
    """What a bot printed as one line of JSON."""
    found: dict[str, Any] = json.loads(recording.bot.output.strip().splitlines()[-1])
    return found


def importing_tests() -> str:
    """A PYTHONPATH with which a program of its own can import `tests`."""
    places = [str(Path(__file__).parents[2]), os.environ.get("PYTHONPATH", "")]
    return os.pathsep.join(filter(None, places))


def kinds(recording: Recording, *which: str) -> list[str]:
    """Kinds of entries in Binance's ledger, in order, as far as they are among `which`."""
    return [entry.kind for entry in recording.ledgers["binance"] if entry.kind in which]


ORDERING = """
    import hashlib, hmac, os, time, urllib.request
    from urllib.parse import urlencode

    def order(price="50000"):
        query = urlencode({
            "symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "timeInForce": "GTC",
            "quantity": "0.01", "price": price, "timestamp": time.time_ns() // 1_000_000,
        })
        secret = os.environ["BINANCE_API_SECRET"].encode()
        query += "&signature=" + hmac.new(secret, query.encode(), hashlib.sha256).hexdigest()
        request = urllib.request.Request(
            "https://api.binance.com/api/v3/order?" + query, method="POST",
            headers={"X-MBX-APIKEY": os.environ["BINANCE_API_KEY"]},
        )
        return urllib.request.urlopen(request).read()
"""
"""The beginning of a bot that can place an order, with nothing but the standard library."""
