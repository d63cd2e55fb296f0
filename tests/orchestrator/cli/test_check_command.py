"""`orc check`: what it prints, its exit codes, and the test that it keeps."""

from __future__ import annotations

from pathlib import Path

from tests.support.command_line import CommandLine
from tests.trading_tools.conformance.checking import SAMPLES

BAD = f"{SAMPLES}/breakers.py:ManyProbes"


def test_a_broken_property_is_exit_code_1_with_its_history(orc: CommandLine) -> None:
    found = orc("check", "breaker", BAD, "--histories", "10", "--json")

    assert found.code == 1
    assert found.json["verdict"] == "broken"
    (broken,) = [each for each in found.json["findings"] if each["verdict"] == "broken"]
    assert broken["name"] == "one-probe"
    steps = broken["counterexample"]["steps"]
    assert [set(step) for step in steps] == [{"at_s", "call", "came"}] * len(steps)
    assert steps[-1]["call"] == "2 requests ask at the same time"


def test_the_text_says_that_held_is_no_proof(orc: CommandLine) -> None:
    found = orc("check", "backoff", f"{SAMPLES}/backoffs.py:full_jitter", "--histories", "5")

    assert found.code == 0
    assert "that is no proof, another seed tries others" in found.out
    assert "held by: " in found.out


def test_what_cannot_be_checked_is_exit_code_2_and_one_line(orc: CommandLine) -> None:
    found = orc("check", "limiter", f"{SAMPLES}/breakers.py:Nothing", "--json")

    assert found.code == 2
    assert "has no Nothing" in found.error["what"]
    again = orc("check", "limiter", "limits.py:X", "--param", "rate", "--json")
    assert again.code == 2
    assert "--param rate is not NAME=VALUE" in again.error["what"]


def test_a_kept_test_is_written_and_never_over_a_file(orc: CommandLine, tmp_path: Path) -> None:
    file = tmp_path / "kept" / "test_breaker.py"
    words = ("check", "breaker", BAD, "--histories", "5", "--write-test", str(file))

    first = orc(*words)
    assert first.code == 1
    assert "it fails until the code is mended" in first.err
    written = file.read_text("utf-8")
    assert "def test_one_probe():" in written
    again = orc(*words)
    assert again.code == 2
    assert "exists already" in again.err
    assert file.read_text("utf-8") == written
