"""What a bot sees and reaches from within the seal: one bot looks round, the tests ask it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.drills import drill, needs_seal, said, write_bot
from trading_tools.drill.recording import Recording, SealKind

pytestmark = [pytest.mark.bubblewrap, needs_seal]

_LOOK = """
    import json, os, pathlib, socket, subprocess, sys, urllib.request

    import requests

    def tried(act):
        try:
            return act()
        except Exception as error:
            return type(error).__name__

    def touch(path):
        pathlib.Path(path).write_text("x")
        return "written"

    def send():
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            return s.sendto(b"x", ("8.8.8.8", 53))

    def lookup(name):
        return socket.gethostbyname(name)

    def others():
        own = str(os.getpid())
        return [
            pathlib.Path("/proc", pid, "cmdline").read_text()
            for pid in os.listdir("/proc") if pid.isdigit() and pid != own
        ]

    home = pathlib.Path.home()
    setting = pathlib.Path("/proc/sys/kernel/core_pattern")
    url = "https://api.binance.com/api/v3/time"
    print(json.dumps({
        "urllib": tried(lambda: urllib.request.urlopen(url).status),
        "requests": tried(lambda: requests.get(url).status_code),
        "plain": tried(lambda: requests.get(url.replace("https", "http")).url),
        "other port": tried(lambda: requests.get("https://stream.binance.com:9443/x").status_code),
        "unknown": tried(lambda: lookup("api.elsewhere.example")),
        "address": tried(lambda: socket.create_connection(("1.1.1.1", 443), 2)),
        "address6": tried(lambda: socket.create_connection(("2606:4700::1111", 443), 2)),
        "udp": tried(send),
        "folder": os.getcwd(),
        "listed": sorted(os.listdir(".")),
        "own file": tried(lambda: touch("made-by-the-bot")),
        "root": tried(lambda: touch("/made-by-the-bot")),
        "kernel": tried(lambda: setting.write_text(setting.read_text())),
        "home file": tried(lambda: touch(home / "made-by-the-bot")),
        "modules": tried(lambda: pathlib.Path("node_modules/lib/index.js").read_text()),
        "modules file": tried(lambda: touch("node_modules/made-by-the-bot")),
        "notes": tried((home / "notes.txt").read_text),
        "ssh": os.listdir(home / ".ssh"),
        "npmrc": (home / ".npmrc").read_text(),
        "tmp": tried(lambda: touch("/tmp/x")),
        "run": os.listdir("/run"),
        "others": others(),
        "uid": os.getuid(),
        "key": os.environ["BINANCE_API_KEY"],
        "own key": os.environ["BOT_KRAKEN_SECRET"],
        "set": os.environ["SETTING"],
        "env": pathlib.Path(".env").read_text(),
        "config": json.loads(pathlib.Path("config.json").read_text()),
        "environment": sorted(os.environ),
    }))
"""
_REAL = "zq81Hs0dkWn27dhaPl20sd8fQx"


class Look:
    """What one bot saw, and the folder that it was started in."""

    def __init__(self, folder: Path, recording: Recording) -> None:
        self.folder = folder
        self.recording = recording
        self.saw = said(recording)

    def __getitem__(self, name: str) -> Any:
        return self.saw[name]


@pytest.fixture(scope="module")
def look(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Look]:
    home, folder = tmp_path_factory.mktemp("home"), tmp_path_factory.mktemp("bot")
    (home / ".ssh").mkdir()
    (home / ".ssh" / "id_ed25519").write_text("a key")
    (home / ".npmrc").write_text("//registry/:_authToken=abc")
    (home / "notes.txt").write_text("no secret")
    (folder / "node_modules" / "lib").mkdir(parents=True)
    (folder / "node_modules" / "lib" / "index.js").write_text("library")
    (folder / ".orchestrator").mkdir()
    (folder / ".env").write_text(f"# mine\nBINANCE_SECRET={_REAL}\nPAIR=BTC/USDT\n")
    exchange = f'{{"name": "binance", "key": "{_REAL}", "secret": ""}}'
    (folder / "config.json").write_text(f'{{"exchange": {exchange}}}')
    command = write_bot(folder, _LOOK)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOME", str(home))
        patch.setenv("BINANCE_API_KEY", _REAL)
        patch.setenv("BOT_KRAKEN_SECRET", _REAL)
        patch.setenv("SSH_AUTH_SOCK", "/tmp/agent.sock")
        patch.setenv("https_proxy", "http://proxy.example:3128")
        yield Look(folder, drill(command, folder, variables={"SETTING": "chosen"}))


def test_the_venue_answers_at_its_real_name_over_tls(look: Look) -> None:
    assert (look["urllib"], look["requests"]) == (200, 200)
    assert look.recording.seal is SealKind.NAMESPACE
    assert look.recording.tls_refused == 0


def test_plain_http_leads_to_tls(look: Look) -> None:
    assert look["plain"] == "https://api.binance.com/api/v3/time"


def test_the_venues_other_ports_are_open(look: Look) -> None:
    assert look["other port"] == 404


def test_no_other_address_can_be_reached(look: Look) -> None:
    assert look["address"] == look["address6"] == look["udp"] == "OSError"


def test_an_unknown_host_has_no_address_and_is_told(look: Look) -> None:
    assert look["unknown"] == "gaierror"
    assert look.recording.unknown_hosts == ("api.elsewhere.example",)


def test_the_bot_works_in_a_copy_at_the_same_path(look: Look) -> None:
    assert look["folder"] == str(look.folder)
    assert look["own file"] == "written"
    assert not (look.folder / "made-by-the-bot").exists()


def test_all_else_is_read_only(look: Look) -> None:
    assert look["root"] == look["home file"] == look["modules file"] == "OSError"


def test_the_kernels_settings_are_read_only_for_root_too(look: Look) -> None:
    assert look["kernel"] in {"OSError", "PermissionError"}


def test_installed_modules_and_plain_files_of_the_home_are_visible(look: Look) -> None:
    assert (look["modules"], look["notes"]) == ("library", "no secret")


def test_credentials_of_the_home_are_hidden(look: Look) -> None:
    assert (look["ssh"], look["npmrc"]) == ([], "")


def test_our_own_record_is_not_in_the_copy(look: Look) -> None:
    assert ".orchestrator" not in look["listed"]


def test_scratch_space_is_private_and_sockets_of_services_are_gone(look: Look) -> None:
    assert look["tmp"] == "written"
    assert look["run"] == ["drill"]
    assert not Path("/tmp/x").exists()


def test_the_drills_own_process_is_not_visible(look: Look) -> None:
    assert not [line for line in look["others"] if "drill.inside" in line]


def test_the_environment_has_drill_credentials_and_what_was_set(look: Look) -> None:
    assert look["key"] not in {_REAL, ""}
    assert look["own key"] == "".join(
        "0" if c.isdigit() else "X" if c.isupper() else "x" for c in _REAL
    )
    assert look["set"] == "chosen"
    assert {"BINANCE_SECRET", "API_KEY"} <= set(look["environment"])
    assert not {"SSH_AUTH_SOCK", "https_proxy"} & set(look["environment"])


def test_configuration_files_have_drill_credentials_and_stay_as_they_are_outside(
    look: Look,
) -> None:
    assert look["config"]["exchange"]["key"] == look["key"]
    assert look["config"]["exchange"]["secret"] != ""
    assert _REAL in (look.folder / ".env").read_text()
    assert _REAL not in look.recording.bot.output


def test_what_was_replaced_is_told_by_name(look: Look) -> None:
    assert look.recording.replaced == (
        "BINANCE_API_KEY in the environment",
        "BOT_KRAKEN_SECRET in the environment",
        "BINANCE_SECRET in .env",
        "key in config.json",
        "secret in config.json",
    )
