"""The example bots in the real seal: the naive one is found out, the others live through it."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.command_line import ORC
from tests.support.sealing import needs_seal

EXAMPLES = Path(__file__).parents[2] / "examples"
pytestmark = [needs_seal, pytest.mark.bubblewrap, pytest.mark.slow]


def verdicts(
    folder: Path, name: str, *command: str, scenarios: list[str], options: tuple[str, ...] = ()
) -> dict[str, Any]:
    """What a drill says of an example, by scenario; on Binance spot but for `options`."""
    shutil.copytree(EXAMPLES / name, folder / name)
    asked = [part for each in scenarios for part in ("--scenario", each)]
    done = subprocess.run(
        [ORC, "drill", "--json", "--max-position", "0.002", *options, *asked, "--", *command],
        cwd=folder / name,
        capture_output=True,
        text=True,
        timeout=400,
        check=False,
    )
    assert done.stdout, done.stderr
    return {each["name"][:3]: each for each in json.loads(done.stdout)["scenarios"]}


def test_the_naive_bot_fails_where_it_must(tmp_path: Path) -> None:
    scenarios = ["d01", "d02", "d09", "d13", "sigterm"]
    found = verdicts(tmp_path, "naive_bot", sys.executable, "bot.py", scenarios=scenarios)
    assert {name: each["verdict"] for name, each in found.items()} == dict.fromkeys(
        ("d01", "d02", "d09", "d13", "sig"), "fail"
    )
    broken = [each for each in found["d02"]["invariants"] if each["held"] is False]
    assert [each["name"] for each in broken][:1] == ["one-order-per-intent"]
    assert broken[0]["sequence"]


def test_the_careful_bot_passes_the_same(tmp_path: Path) -> None:
    scenarios = ["calm", "d01", "d02", "d04", "d09", "d13", "sigterm"]
    found = verdicts(tmp_path, "careful_bot", sys.executable, "bot.py", scenarios=scenarios)
    told = {name: (each["verdict"], each["why"]) for name, each in found.items()}
    assert {verdict for verdict, _ in told.values()} == {"pass"}, told


def test_the_careful_bot_learns_that_the_venue_closed_its_position(tmp_path: Path) -> None:
    options = ("--venue", "binanceusdm", "--env", "BOT_VENUE=binanceusdm", "--max-position", "0.04")
    found = verdicts(
        tmp_path,
        "careful_bot",
        sys.executable,
        "bot.py",
        scenarios=["d23", "d30"],
        options=options,
    )
    told = {name: (each["verdict"], each["why"]) for name, each in found.items()}
    assert {verdict for verdict, _ in told.values()} == {"pass"}, told


@pytest.mark.skipif(shutil.which("node") is None, reason="needs node")
def test_a_bot_in_javascript_is_drilled_like_any_other(tmp_path: Path) -> None:
    scenarios = ["d01", "d04", "sigterm"]
    found = verdicts(tmp_path, "js_bot", "node", "bot.mjs", scenarios=scenarios)
    told = {name: (each["verdict"], each["why"]) for name, each in found.items()}
    assert {verdict for verdict, _ in told.values()} == {"pass"}, told
