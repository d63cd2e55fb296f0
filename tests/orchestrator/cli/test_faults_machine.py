"""A hostile machine: no key, no network, no space, no rights, damaged files, odd environments."""

from __future__ import annotations

import os
import random
import resource
import socket
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.command import Desk, Said, does, endpoint, hand_off

ORC = Path(sys.executable).parent / "orc"
CREATE = "str_replace_based_edit_tool"


def finished(desk: Desk) -> None:
    with endpoint([hand_off(result="fine")]) as api:
        desk.serve(api)
        assert desk.orc("run", "Is it fine?").code == 0


def process(desk: Desk, *words: str, **given: Any) -> Said:
    """In a process of its own, so that limits and environment are only its."""
    done = subprocess.run(
        [str(ORC), *words],
        cwd=desk.project,
        capture_output=True,
        timeout=90,
        check=False,
        **given,
    )
    return Said(done.returncode, done.stdout.decode(), done.stderr.decode())


def one_line(said: Said, code: int = 2) -> str:
    """The error's one line, having checked its form."""
    assert said.code == code, (said.code, said.out, said.err)
    assert "Traceback" not in said.err
    assert set(said.document["error"]) == {"what", "where", "fix"}
    (line,) = [text for text in said.err.splitlines() if text.startswith("orc: ")]
    return line


@pytest.mark.slow
def test_a_closed_port_blocks_and_can_be_resumed(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port = listening.getsockname()[1]
    monkeypatch.setenv("ANTHROPIC_BASE_URL", f"http://127.0.0.1:{port}")
    monkeypatch.setenv("ORC_LIMITS_MINUTES", "0.05")
    said = desk.orc("run", "Is it fine?", "--json")
    assert said.code in {1, 4}
    assert said.document["status"] in {"blocked", "limited"}
    assert "Connect" in said.document["result"] or "wait" in said.document["result"]
    monkeypatch.delenv("ORC_LIMITS_MINUTES")
    with endpoint([hand_off(result="fine")]) as api:
        desk.serve(api)
        monkeypatch.setenv("ORC_LIMITS_MINUTES", "5")
        again = desk.orc("resume", "last", "--max-hops", "3", "--json")
    assert (again.code, again.document["result"]) == (0, "fine")


@pytest.mark.slow
def test_a_full_disk_is_one_line_and_the_ledger_stays_sound(desk: Desk) -> None:
    finished(desk)

    def full() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (150_000, 150_000))

    big = (CREATE, {"command": "create", "path": "big.txt", "file_text": "x" * 300_000})
    with endpoint([does(big), hand_off(result="fine")]) as api:
        desk.serve(api)
        said = process(desk, "run", "Is it fine?", "--agent", "python-expert", "--json",
                       preexec_fn=full)  # fmt: skip
    assert "Traceback" not in said.err, said.err
    assert said.code == 2, said
    assert "nothing was recorded" in said.document["error"]["fix"]
    assert desk.orc("audit", "verify", "--json").document["valid"] is True
    assert desk.orc("runs", "--json").code == 0


def test_a_ledger_that_is_no_database_is_one_line(desk: Desk) -> None:
    finished(desk)
    ledger = desk.project / ".orchestrator" / "ledger.sqlite"
    for path in ledger.parent.glob("ledger.sqlite-*"):
        path.unlink()
    ledger.write_bytes(b"not a database at all, no" * 100)
    for words in (
        ["run", "x"],
        ["resume", "last"],
        ["show"],
        ["runs"],
        ["stop", "last"],
        ["approve", "last", "a1"],
        ["answer", "last", "x"],
    ):
        with endpoint([hand_off()]) as api:
            desk.serve(api)
            assert "ledger" in one_line(desk.orc(*words, "--json")), words


def test_a_ledger_damaged_in_the_middle_is_told_and_not_written_over(desk: Desk) -> None:
    finished(desk)
    ledger = desk.project / ".orchestrator" / "ledger.sqlite"
    with sqlite3.connect(ledger) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()
    data, garbage = bytearray(ledger.read_bytes()), random.Random(7)
    for start in range(4096 * 2, len(data), 4096):
        data[start + 50 : start + 2000] = garbage.randbytes(1950)
    ledger.write_bytes(bytes(data))
    with endpoint([hand_off(result="fine")]) as api:
        desk.serve(api)
        for words in (["run", "Is it fine?"], ["resume", "last"], ["show"], ["runs"]):
            said = desk.orc(*words, "--json")
            assert "Traceback" not in said.err
            assert said.code == 2, (words, said)
            assert "ledger" in said.document["error"]["where"]
    assert desk.orc("audit", "verify", "--json").code in {1, 2}


def test_a_project_that_cannot_be_written_is_one_line(desk: Desk) -> None:
    if os.geteuid() == 0:
        desk.project.joinpath(".orchestrator").write_text("a file is in the place\n")
    else:
        desk.project.chmod(0o500)
    try:
        with endpoint([hand_off()]) as api:
            desk.serve(api)
            line = one_line(desk.orc("run", "Is it fine?", "--json"))
        assert ".orchestrator" in line
    finally:
        desk.project.chmod(0o700)


def test_another_audit_key_is_one_line_and_nothing_is_written(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ORC_AUDIT_KEY", "ab" * 32)
    finished(desk)
    before = desk.orc("runs", "--json").document
    for key in ("cd" * 32, ""):
        monkeypatch.setenv("ORC_AUDIT_KEY", key)
        with endpoint([hand_off()]) as api:
            desk.serve(api)
            line = one_line(desk.orc("run", "Is it fine?", "--json"))
            assert "key" in line
            assert api.requests == []
    monkeypatch.setenv("ORC_AUDIT_KEY", "ab" * 32)
    assert desk.orc("runs", "--json").document == before
    assert desk.orc("audit", "verify", "--json").document["valid"] is True


def test_an_unknown_key_of_the_configuration_names_line_and_nearest(desk: Desk) -> None:
    user = desk.project.parent / "user"
    user.mkdir()
    (user / "config.toml").write_text("# mine\n[limits]\nhopps = 3\n")
    with endpoint([hand_off()]) as api:
        desk.serve(api)
        line = one_line(desk.orc("run", "Is it fine?", "--json"))
    assert "hopps" in line
    assert "hops" in line
    assert ":3" in line


def test_a_budget_below_one_call_is_a_limit_and_no_call_is_made(desk: Desk) -> None:
    with endpoint([hand_off(result="fine")]) as api:
        desk.serve(api)
        said = desk.orc("run", "Is it fine?", "--max-usd", "0.0001", "--json")
        assert api.requests == []
    assert (said.code, said.document["limit"]["limit"]) == (4, "usd")


@pytest.mark.parametrize(
    "missing",
    [("HOME",), ("HOME", "ORC_HOME", "USER", "LOGNAME"), ("TERM",), ("LANG", "LC_ALL")],
)
def test_a_bare_environment_is_enough(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, missing: tuple[str, ...]
) -> None:
    for name in missing:
        monkeypatch.delenv(name, raising=False)
    with endpoint([hand_off(result="fine")]) as api:
        desk.serve(api)
        said = desk.orc("run", "Is it fine?", "--json")
    assert (said.code, said.document["result"]) == (0, "fine"), said.err


def test_a_home_that_cannot_be_written_is_no_obstacle(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", "/proc/nowhere")
    monkeypatch.setenv("ORC_HOME", "/proc/nowhere/orc")
    with endpoint([hand_off(result="fine")]) as api:
        desk.serve(api)
        said = desk.orc("run", "Is it fine?", "--json")
    assert (said.code, said.document["result"]) == (0, "fine"), said.err
    (desk.project / "orchestrator.toml").write_text("[limits]\nusd = 5\n")
    one_line(desk.orc("trust", "--yes", "--json"))


@pytest.mark.parametrize("columns", ["1", "0", "-3", "wide", "20"])
def test_any_width_of_the_terminal_will_do(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, columns: str
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    monkeypatch.setenv("NO_COLOR", "1")
    with endpoint([does(("bash", {"command": "ls"})), hand_off(result="fine")]) as api:
        desk.serve(api)
        said = desk.orc("run", "Is it fine?")
    assert said.code == 0, said.err
    assert "\x1b" not in said.out + said.err
    assert desk.orc("show").code == 0


def test_a_project_under_a_path_with_blanks_and_unicode(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    odd = tmp_path / "mein Prüfstand – 取引 'x' $y"
    odd.mkdir()
    desk = Desk(odd, monkeypatch, capfd)
    (desk.project / "bin.dat").write_bytes(bytes(range(256)) * 10)
    (desk.project / "line\nbreak.txt").write_text("LB\n")
    (desk.project / os.fsdecode(b"latin-\xe9.txt")).write_text("L1\n")
    desk.commit()
    (desk.project / "uncommitted \xff.txt").write_text("U\n")
    answers = [
        does(
            ("bash", {"command": "ls; cat line*; cat latin*; cat bin.dat; cat unc*"}),
            ("list_files", {}),
            ("glob", {"pattern": "*"}),
            ("grep", {"pattern": "LB|L1|U"}),
            (CREATE, {"command": "view", "path": "bin.dat"}),
            (CREATE, {"command": "view", "path": "line\nbreak.txt"}),
            (CREATE, {"command": "create", "path": "new\nline.txt", "file_text": "N\n"}),
            (CREATE, {"command": "create", "path": "nul\0.txt", "file_text": "N\n"}),
        ),
        hand_off(result="fine"),
    ]
    with endpoint(answers) as api:
        desk.serve(api)
        said = desk.orc("run", "Is it fine?", "--agent", "python-expert", "--json")
        assert api.refused == []
        told = str(api.requests[1].body["messages"][-1])
    assert (said.code, said.document["result"]) == (0, "fine"), said
    assert "Prüfstand" not in told


@pytest.mark.parametrize("name", ["", "worktrees", "git", "locks", "ledger.sqlite"])
def test_a_clone_cannot_lead_our_files_elsewhere(desk: Desk, tmp_path: Path, name: str) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    link = desk.project / ".orchestrator" / name if name else desk.project / ".orchestrator"
    link.parent.mkdir(exist_ok=True)
    link.symlink_to(elsewhere)
    with endpoint([hand_off()]) as api:
        desk.serve(api)
        assert "is a link to" in one_line(desk.orc("run", "Is it fine?", "--json"))
        assert api.requests == []
    assert list(elsewhere.iterdir()) == []


@pytest.mark.slow
def test_a_reader_that_goes_away_is_no_fault(desk: Desk) -> None:
    finished(desk)
    for words in (f"{ORC} show --events --json | head -c 5", f"{ORC} runs >&-"):
        done = subprocess.run(
            ["bash", "-c", words], cwd=desk.project, capture_output=True, timeout=60, check=False
        )
        assert b"Traceback" not in done.stderr
        assert b"Exception ignored" not in done.stderr, done.stderr
