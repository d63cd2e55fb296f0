"""`orc venue serve`: what it prints, whom it lets in, and how it ends."""

from __future__ import annotations

import json
import re
import signal
import socket
import ssl
import subprocess
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.support.command_line import ORC

WAIT_S = 60


@contextmanager
def serving(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], dict[str, Any]]]:
    """The command in a process of its own, and what it printed."""
    command = [str(ORC), "venue", "serve", "--json", *arguments]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        document = ""
        for line in process.stdout:
            document += line
            if line == "}\n":
                break
        yield process, json.loads(document)
    finally:
        process.kill()
        process.communicate(timeout=WAIT_S)


def fetch(url: str) -> Any:
    with urllib.request.urlopen(url, timeout=WAIT_S) as reply:
        return reply.read().decode()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_prints_where_it_is_serves_and_ends_cleanly(number: signal.Signals) -> None:
    with serving("--seed", "7") as (process, told):
        assert set(told) == {"seed", "base_url", "tls_url", "ca_file", "venues"}
        (venue,) = told["venues"]
        assert set(venue) == {
            "venue",
            "streams_url",
            "api_socket_url",
            "ledger_url",
            "api_key",
            "api_secret",
            "symbols",
        }
        assert told["base_url"].startswith("http://127.0.0.1:")
        assert "BTCUSDT" in venue["symbols"]
        assert "serverTime" in fetch(f"{told['base_url']}/api/v3/time")
        lines = [json.loads(line) for line in fetch(venue["ledger_url"]).splitlines()]
        assert [line["kind"] for line in lines] == ["request.received", "request.answered"]
        process.send_signal(number)
        _, said = process.communicate(timeout=WAIT_S)
        assert process.returncode == 0
        assert said.endswith("binance ended; 2 ledger entries, 0 orders accepted\n")


def test_kraken_is_served_by_its_name() -> None:
    with serving("--venue", "kraken") as (_, told):
        (venue,) = told["venues"]
        assert venue["streams_url"].endswith("/ws.kraken.com/v2")
        assert venue["api_socket_url"].endswith("/ws-auth.kraken.com/v2")
        assert "BTC/USD" in venue["symbols"]
        assert "unixtime" in fetch(f"{told['base_url']}/api.kraken.com/0/public/Time")


def test_a_port_that_is_taken_is_one_clear_error() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = subprocess.run(
            [str(ORC), "venue", "serve", "--json", "--port", str(port)],
            capture_output=True,
            text=True,
            timeout=WAIT_S,
            check=False,
        )
    assert done.returncode == 2
    assert json.loads(done.stdout)["error"] == {
        "what": "cannot listen: Address already in use",
        "where": f"127.0.0.1:{port}",
        "fix": "choose another --port",
    }


def test_the_credentials_follow_from_the_seed() -> None:
    with serving("--seed", "7") as (_, one), serving("--seed", "7") as (_, same):
        with serving("--seed", "8") as (_, other):
            keys = [told["venues"][0]["api_key"] for told in (one, same, other)]
            secrets = [told["venues"][0]["api_secret"] for told in (one, same, other)]
    assert keys[0] == keys[1] != keys[2]
    assert secrets[0] == secrets[1] != secrets[2]


def test_several_venues_are_told_apart_by_their_real_names_also_with_tls() -> None:
    names = ("binance", "kraken")
    with serving("--venue", names[0], "--venue", names[1], "--tls") as (process, told):
        assert [venue["venue"] for venue in told["venues"]] == list(names)
        trusting = ssl.create_default_context(cafile=told["ca_file"])
        for base, context in ((told["base_url"], None), (told["tls_url"], trusting)):
            for host, path in (
                ("api.binance.com", "/api/v3/time"),
                ("api.kraken.com", "/0/public/Time"),
            ):
                with urllib.request.urlopen(
                    f"{base}/{host}{path}", timeout=WAIT_S, context=context
                ) as reply:
                    assert reply.status == 200
        for venue in told["venues"]:
            kinds = [json.loads(line)["kind"] for line in fetch(venue["ledger_url"]).splitlines()]
            assert kinds == ["request.received", "request.answered"] * 2
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=WAIT_S)
        assert not Path(told["ca_file"]).parent.exists()


def test_every_venue_that_there_is_can_be_named() -> None:
    from trading_tools.venue.names import VENUES

    shown = subprocess.run(
        [str(ORC), "venue", "serve", "--help"],
        capture_output=True,
        text=True,
        timeout=WAIT_S,
        check=True,
    ).stdout
    choices = re.search(r"--venue\[([a-z|]+)\]", re.sub(r"\s", "", shown))
    assert choices is not None
    assert set(choices[1].split("|")) == set(VENUES)


def test_a_key_of_several_lines_is_printed_so_that_it_can_be_copied() -> None:
    command = [str(ORC), "venue", "serve", "--venue", "coinbase"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        lines = []
        for line in process.stdout:
            lines.append(line)
            if line.startswith("symbols"):
                break
        start = lines.index("-----BEGIN EC PRIVATE KEY-----\n")
        assert lines[start - 1].startswith("API secret")
        assert lines[-2] == "-----END EC PRIVATE KEY-----\n"
    finally:
        process.kill()
        process.communicate(timeout=WAIT_S)
