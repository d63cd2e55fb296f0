"""A person at a pseudo-terminal decides and answers; odd terminals and odd requests."""

from __future__ import annotations

import contextlib
import os
import pty
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.command import Desk, does, endpoint, hand_off
from tests.support.messages_api import MessagesApi

ORC = Path(sys.executable).parent / "orc"
ASKS = does(("bash", {"command": "echo it-was-run"}))
QUESTION = does(("ask_user", {"question": "Which venue?"}))


@pytest.fixture
def desk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Desk:
    monkeypatch.setenv("ORC_PERMISSIONS_ASK", "bash")
    made = Desk(tmp_path, monkeypatch, capfd)
    made.commit()
    return made


class Terminal:
    """`orc` on a pseudo-terminal: stdin and stderr (and stdout, unless it is a pipe)."""

    def __init__(self, desk: Desk, *words: str, pipe: bool = False) -> None:
        self._ours, theirs = pty.openpty()
        self.said = ""
        self.process = subprocess.Popen(
            [str(ORC), *words],
            cwd=desk.project,
            stdin=theirs,
            stdout=subprocess.PIPE if pipe else theirs,
            stderr=theirs,
            start_new_session=True,
        )
        os.close(theirs)

    def until(self, words: str) -> str:
        """Read until these words were said."""
        end = time.monotonic() + 60
        while words not in self.said and time.monotonic() < end:
            if not self._read(0.2) and self.process.poll() is not None:
                break
        assert words in self.said, self.said
        return self.said

    def type(self, text: bytes) -> None:
        os.write(self._ours, text)

    def ended(self) -> int:
        """Read to the end; the exit code."""
        end = time.monotonic() + 60
        while self.process.poll() is None and time.monotonic() < end:
            self._read(0.1)
        while self._read(0.1):
            pass
        return self.process.wait(60)

    def _read(self, patience_s: float) -> bool:
        if not select.select([self._ours], [], [], patience_s)[0]:
            return False
        with contextlib.suppress(OSError):
            data = os.read(self._ours, 65_536)
            self.said += data.decode(errors="replace")
            return bool(data)
        return False

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(60)
        if self.process.stdout:
            self.process.stdout.close()
        os.close(self._ours)


@contextlib.contextmanager
def terminal(desk: Desk, api: MessagesApi, *words: str, pipe: bool = False) -> Iterator[Terminal]:
    desk.serve(api)
    more = ("run", "Is it fine?", "--agent", "python-expert", *words)
    made = Terminal(desk, *more, pipe=pipe)
    try:
        yield made
    finally:
        made.close()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("typed", "told"), [(b"y\n", "it-was-run"), (b"\n", "denied"), (b"nonsense\n", "denied")]
)
def test_a_call_is_made_only_where_the_person_says_yes(desk: Desk, typed: bytes, told: str) -> None:
    with (
        endpoint([ASKS, hand_off(result="all fine")]) as api,
        terminal(desk, api, "--json", pipe=True) as screen,
    ):
        screen.until("Allow this one call? [y/N]")
        assert "echo it-was-run" in screen.said
        screen.type(typed)
        assert screen.ended() == 0
        assert told in str(api.requests[1].body["messages"][-1])
        assert api.refused == []
        assert screen.process.stdout is not None
        assert screen.process.stdout.read().strip().startswith(b"{")


@pytest.mark.slow
def test_a_question_is_answered_at_the_terminal(desk: Desk) -> None:
    with (
        endpoint([QUESTION, hand_off(result="all fine")]) as api,
        terminal(desk, api) as screen,
    ):
        screen.until("Which venue?")
        screen.type("Kraken – bitte\n".encode())
        assert screen.ended() == 0
        assert "Kraken – bitte" in str(api.requests[1].body["messages"][-1])
        assert "all fine" in screen.said


@pytest.mark.slow
@pytest.mark.parametrize("typed", [b"\x04", b"\n"])
def test_no_answer_leaves_the_question_open(desk: Desk, typed: bytes) -> None:
    with endpoint([QUESTION]) as api, terminal(desk, api) as screen:
        screen.until("Which venue?")
        screen.type(typed)
        assert screen.ended() == 3
    with endpoint([hand_off(result="all fine")]) as api:
        desk.serve(api)
        assert desk.orc("answer", "last", "Kraken", "--json").code == 0


@pytest.mark.slow
@pytest.mark.parametrize("kind", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_at_a_question_ends_the_run_and_leaves_it_open(
    desk: Desk, kind: signal.Signals
) -> None:
    with endpoint([ASKS]) as api, terminal(desk, api) as screen:
        screen.until("Allow this one call?")
        screen.process.send_signal(kind)
        code = screen.ended()
        assert code in {1, 3, 130}, (code, screen.said)
        assert "Traceback" not in screen.said
    with endpoint([hand_off(result="all fine")]) as api:
        desk.serve(api)
        assert desk.orc("approve", "last", "a1", "--yes", "--json").code == 0


@pytest.mark.slow
@pytest.mark.parametrize("term", ["dumb", "", "xterm-256color", "made-up-terminal"])
def test_any_terminal_will_do(desk: Desk, monkeypatch: pytest.MonkeyPatch, term: str) -> None:
    monkeypatch.setenv("TERM", term)
    monkeypatch.setenv("COLUMNS", "12")
    monkeypatch.setenv("NO_COLOR", "1")
    with endpoint([hand_off(result="all fine")]) as api, terminal(desk, api) as screen:
        assert screen.ended() == 0, screen.said
    assert "\x1b[3" not in screen.said


@pytest.mark.parametrize(
    "request_text",
    [
        "Is it fine? " + "word " * 20_000,
        "Is it fine? \x00\x1b[2J",
        "Is it fine? " + "\U0001f4c8" * 50,
        "--help me? Is it fine?",
        "Is it fine? {}%s$HOME`id`",
    ],
)
def test_any_request_is_only_text(desk: Desk, request_text: str) -> None:
    with endpoint([hand_off(result="all fine")]) as api:
        desk.serve(api)
        said = desk.orc("run", "--json", "--", request_text)
        assert api.refused == []
    assert said.code == 0, said.err[-500:]
    assert said.document["result"] == "all fine"


def test_a_request_that_is_not_unicode_is_told_or_mended(desk: Desk) -> None:
    with endpoint([hand_off(result="all fine")]) as api:
        desk.serve(api)
        said = desk.orc("run", os.fsdecode(b"Is it fine\xff?"), "--json")
        assert api.refused == []
        assert said.code == 0, said
        for words in (
            ["show", "\udcff"],
            ["run", "x", "--workspace", "/no/\udcff"],
            ["route", "\udcff"],
        ):
            told = desk.orc(*words, "--json")
            assert told.document
            assert told.code in {0, 2}, told


def test_a_person_may_start_orc_by_another_program(desk: Desk) -> None:
    with endpoint([QUESTION, hand_off(result="Bybit it is.")]) as api:
        desk.serve(api)
        assert desk.orc("run", "Which venue?", "--agent", "python-expert", "--json").code == 3
        done = subprocess.run(
            ["timeout", "60", str(ORC), "answer", "last", "bybit", "--json"],
            cwd=desk.project,
            capture_output=True,
            text=True,
            timeout=90,
            check=False,
        )
    assert done.returncode == 0, done.stderr
