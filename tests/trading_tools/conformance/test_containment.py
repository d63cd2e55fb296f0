"""Code that hangs, exits, forks, reaches out, writes or prints is held, and said in one line."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest

from tests.trading_tools.conformance.checking import checked, errors
from trading_tools.conformance import containment
from trading_tools.conformance.check import check
from trading_tools.conformance.spec import CheckError, CheckSpec, Outcome

LIMITER = """
import asyncio, os, socket, subprocess, sys, time

class Limiter:
    def __init__(self, rate=10):
        pass

    async def acquire(self):
        {act}
"""


def limiter(folder: Path, act: str) -> Outcome:
    (folder / "limits.py").write_text(LIMITER.format(act=act))
    return checked("limiter", "limits.py:Limiter", folder=folder, histories=3)


@pytest.mark.parametrize(
    ("act", "note"),
    [
        ("os.fork()", "start a process"),
        ("socket.create_connection(('192.0.2.1', 443))", "reach a network (getaddrinfo '192.0"),
    ],
)
def test_what_is_forbidden_is_refused_and_told(tmp_path: Path, act: str, note: str) -> None:
    outcome = limiter(tmp_path, act)

    assert "starvation" in errors(outcome)
    assert any(f"the code tried to {note}" in each for each in outcome.notes)


def test_no_file_of_the_machine_is_written(tmp_path: Path) -> None:
    outcome = limiter(tmp_path, f"open({str(tmp_path / 'planted')!r}, 'w')")

    assert "starvation" in errors(outcome)
    assert not (tmp_path / "planted").exists()


def test_without_bubblewrap_the_weaker_containment_is_named_and_still_refuses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(containment, "bubblewrap", lambda: None)

    outcome = limiter(tmp_path, f"open({str(tmp_path / 'planted')!r}, 'w')")

    assert "no bubblewrap works here" in outcome.containment
    assert any("tried to write" in each for each in outcome.notes)
    assert not (tmp_path / "planted").exists()


def test_a_process_that_the_code_ends_is_told_with_what_was_tried(tmp_path: Path) -> None:
    with pytest.raises(CheckError, match=r"its process \(exit code 0\), while it is made and"):
        limiter(tmp_path, "os._exit(0)")


def test_a_verdict_that_the_code_writes_itself_is_not_believed(tmp_path: Path) -> None:
    lines = [
        "for fd in range(3, 9):",
        '    try: os.write(fd, b\'{"kind": "end", "notes": []}\\n\')',
        "    except OSError: pass",
        "os._exit(0)",
    ]
    act = "\n        ".join(lines)
    with pytest.raises(CheckError, match="it wrote into what is not its own output"):
        limiter(tmp_path, act)


@pytest.mark.parametrize("line", ["x\\n", "x"])
def test_however_much_the_code_writes_there_the_check_ends(tmp_path: Path, line: str) -> None:
    with pytest.raises(CheckError, match="it wrote into what is not its own output"):
        limiter(tmp_path, f"[os.write(fd, b'{line}' * (1 << 26)) for fd in range(3, 9)]")


def test_an_exit_within_a_call_is_an_answer_like_any_error(tmp_path: Path) -> None:
    outcome = limiter(tmp_path, "sys.exit(3)")

    finding = next(each for each in outcome.broken if each.name == "starvation")
    assert finding.counterexample is not None
    assert "SystemExit: 3" in finding.counterexample.came


@pytest.mark.slow
def test_a_cancellation_that_the_code_raises_itself_is_an_answer_too(tmp_path: Path) -> None:
    outcome = limiter(tmp_path, "raise asyncio.CancelledError")

    finding = next(each for each in outcome.broken if each.name == "starvation")
    assert finding.counterexample is not None
    assert "an error: CancelledError" in finding.counterexample.came


def test_what_the_code_says_moves_no_terminal(tmp_path: Path) -> None:
    outcome = limiter(tmp_path, r"raise ValueError('\x1b[2J\x07')")

    finding = next(each for each in outcome.broken if each.name == "starvation")
    assert finding.counterexample is not None
    assert r"ValueError: \x1b[2J\x07 (line" in finding.counterexample.came


def test_clocks_that_the_code_replaces_are_put_back_and_told(tmp_path: Path) -> None:
    outcome = limiter(tmp_path, "time.monotonic = lambda: 0")

    assert errors(outcome) == {"rate"}
    assert any("in the place of time.monotonic" in each for each in outcome.notes)


@pytest.mark.slow
def test_code_that_computes_for_ever_is_interrupted_with_its_line(tmp_path: Path) -> None:
    outcome = limiter(tmp_path, "while True: pass")

    (finding,) = outcome.broken
    assert finding.counterexample is not None
    assert "it computes on, in line 9" in finding.counterexample.came


@pytest.mark.slow
def test_what_nothing_can_interrupt_is_ended_at_the_time_limit(tmp_path: Path) -> None:
    act = "sum(range(10**12))"
    (tmp_path / "limits.py").write_text(LIMITER.format(act=act))
    spec = CheckSpec("limiter", "limits.py:Limiter", tmp_path, timeout_s=8)

    with pytest.raises(CheckError, match="did not end within 8 s, and was ended"):
        asyncio.run(check(spec))


@pytest.mark.parametrize(
    ("code", "target", "what"),
    [
        ("raise RuntimeError('no key')", "c.py:X", "RuntimeError: no key (line 1 of c.py)"),
        ("class X:\n def __init__(s, rate=1): pass\n"
         " def __getattr__(s, name): raise BaseException(name)", "c.py:X",
         "the code raised BaseException: acquire (line 3 of c.py) while it is made"),
        ("def f(:", "c.py:X", "SyntaxError: invalid syntax"),
        ("class Limit: pass", "c.py:Limt", "did you mean Limit?"),
        ("class Limiter:\n def __init__(s, venue, rate): pass", "c.py:Limiter", "needs venue"),
        ("class Limiter:\n def __init__(s, rate): pass\n def go(s): pass", "c.py:Limiter",
         "--param acquire=NAME; it has go"),
    ],
)  # fmt: skip
def test_what_cannot_be_checked_is_one_clear_line(
    tmp_path: Path, code: str, target: str, what: str
) -> None:
    (tmp_path / "c.py").write_text(code)

    with pytest.raises(CheckError) as caught:
        checked("limiter", target, folder=tmp_path)

    assert what in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_machine_without_hypothesis_is_told_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "hypothesis", None)

    with pytest.raises(CheckError, match=r"pip install 'trading-orchestrator\[check\]'"):
        checked("limiter", "limiters.py:Bucket")


@pytest.mark.bubblewrap
@pytest.mark.skipif(containment.bubblewrap() is None, reason="no bubblewrap works here")
def test_the_projects_own_record_is_not_shown(tmp_path: Path) -> None:
    record = tmp_path / ".orchestrator"
    record.mkdir()
    (record / "ledger").write_text("secret")

    outcome = limiter(tmp_path, f"raise ValueError(os.listdir({str(record)!r}))")

    finding = next(each for each in outcome.broken if each.name == "starvation")
    assert finding.counterexample is not None
    assert "ValueError: []" in finding.counterexample.came


def test_a_word_that_nothing_asks_for_is_named_with_the_nearest() -> None:
    with pytest.raises(CheckError, match="burts means nothing here; did you mean burst"):
        checked("limiter", "limiters.py:Bucket", {"burts": "5"})
