from __future__ import annotations

import io
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console

from orchestrator.cli.live import LiveView
from orchestrator.run import events as ev
from tests.support.golden import assert_golden
from tests.support.recorded_runs import RecordedRun, normal_run, open_ledger
from trading_tools.audit.ledger import Ledger

AGENT = "trading-bot-specialist"


class Clock:
    """A monotonic clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with open_ledger(tmp_path) as opened:
        yield opened


def piped(width: int = 80) -> Console:
    return Console(file=io.StringIO(), width=width)


def terminal() -> Console:
    return Console(file=io.StringIO(), width=80, force_terminal=True, color_system=None)


def written(console: Console) -> str:
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def shown_now(view: LiveView) -> str:
    console = Console(file=io.StringIO(), width=80)
    console.print(view.now())
    return written(console)


def test_a_pipe_gets_one_plain_line_for_each_notable_event(ledger: Ledger) -> None:
    console = piped()
    with LiveView(console, clock=Clock()) as view:
        normal_run(ledger, listener=view)
        view.on_text("what the model writes is not told here")
    assert_golden("live_normal.txt", written(console))


def test_plain_lines_are_not_broken_at_the_width(ledger: Ledger) -> None:
    console = piped(width=20)
    with LiveView(console, clock=Clock()) as view:
        run = RecordedRun(ledger, "wide", view)
        run.open("a request", "an-agent-with-a-rather-long-name-that-goes-on")
    assert "an-agent-with-a-rather-long-name-that-goes-on  takes the request" in written(console)


def test_refusals_rejections_limits_and_questions_are_told(ledger: Ledger) -> None:
    console = piped()
    with LiveView(console, clock=Clock()) as view:
        run = RecordedRun(ledger, "all", view)
        run.open("a request", AGENT)
        run.refuse("run_command", {"command": "rm -rf /"}, "no rule allows it")
        frame = run.frame
        problems = ("status: 'done' is none of the four", "confidence: missing")
        run.reply({"type": "text", "text": "done"}, stop_reason="end_turn")
        run.journal.append(ev.HandoffRejected(frame, problems, "mend it", None))
        run.reply({"type": "text", "text": "hm"}, stop_reason="end_turn")
        run.journal.append(ev.ContextTrimmed(frame, "70% of the window is used", "# Request"))
        run.journal.append(ev.ModelFailed(frame, 4, "no network", 5))
        run.journal.append(ev.LimitHit("hops", "12", "12: a → b", "b was at work"))
        run.close("limited", "stopped at the limit", resumable=True)
        run.journal.append(ev.RunTaken(2, 99, "desk"))
        asked = run.ask_approval("place_order", {"side": "buy", "size_base": "1"}, "ask first")
        run.journal.append(ev.ApprovalDecided("a1", True, "you", "d" * 64))
        run.intend(asked, approval="a1")
        run.finish(asked, "filled")
        question = run.block("ask_user", {"question": "Which venue?"})
        run.reply(question)
        run.journal.append(ev.QuestionAsked(frame, question["id"], "Which venue?"))
        run.journal.append(ev.QuestionAnswered(frame, question["id"], "bybit"))
        run.close("failed", "a fault")
    assert_golden("live_everything.txt", written(console))


@pytest.mark.parametrize(("code", "said"), [(128, "  exit 128\n"), (0, "\n"), (None, "\n")])
def test_a_command_that_failed_says_its_exit_code(
    ledger: Ledger, code: int | None, said: str
) -> None:
    console = piped()
    with LiveView(console, clock=Clock()) as view:
        run = RecordedRun(ledger, "exit", view)
        run.open("a request", AGENT)
        block = run.block("bash", {"command": "git log"})
        run.reply(block)
        run.intend(block)
        data = None if code is None else {"exit_code": code}
        finished = ev.ToolFinished(run.frame, block["id"], "bash", "fatal", data, False)
        seq = run.journal.append(finished).seq
    assert written(console).endswith(f"bash git log  r{seq}{said}")


@settings(derandomize=True, max_examples=40, deadline=None)
@given(st.text(st.one_of(st.characters(), st.sampled_from("\x1b\x9b\r\n\u202e[]")), max_size=40))
def test_an_event_never_gives_more_lines_or_controls_than_it_is_worth(said: str) -> None:
    console = piped()
    with TemporaryDirectory() as folder, open_ledger(Path(folder)) as ledger:
        run = RecordedRun(ledger, "hostile", LiveView(console, clock=Clock()))
        run.open("a request", AGENT)
        run.call(f"t{said}", {"path": said}, said, is_error=True)
        run.refuse("x", {}, said)
        asked = run.ask_approval("x", {said: said}, said)
        run.journal.append(ev.ToolRefused(run.frame, asked["id"], "x", said))
        run.hand_off("needs_help", f"r{said}", to=AGENT)
    text = written(console)
    left = {char for char in text if unicodedata.category(char) in {"Cc", "Cf", "Cs"}}
    assert left <= {"\n", "\u200c", "\u200d"}
    assert text.count("\n") == 9


def test_an_event_of_a_newer_version_is_named(ledger: Ledger) -> None:
    console = piped()
    with LiveView(console, clock=Clock()) as view:
        run = RecordedRun(ledger, "newer", view)
        run.open("a request", AGENT)
        event = ledger.append("newer", "weather.changed", {"to": "rain"})
        view(event, run.state)
    assert written(console).endswith("weather.changed\n")


def test_the_live_part_shows_agent_call_times_and_spend(ledger: Ledger) -> None:
    clock, console = Clock(), terminal()
    with LiveView(console, clock=clock) as view:
        run = RecordedRun(ledger, "live", view)
        run.open("a request", AGENT)
        run.start_turn()
        clock.now += 3
        assert f"{AGENT} · thinks (turn 1)  3 s" in shown_now(view)
        assert "3 s · $0.00" in shown_now(view)
    assert "takes the request" in written(console)


def test_the_live_part_names_the_call_that_runs_and_how_many_more(ledger: Ledger) -> None:
    with LiveView(terminal(), clock=Clock()) as view:
        run = RecordedRun(ledger, "live", view)
        run.open("a request", AGENT)
        blocks = [run.block("read_file", {"path": f"src/{n}.py"}) for n in range(3)]
        run.reply(*blocks)
        for block in blocks:
            run.intend(block)
        assert "read_file src/0.py and 2 more" in shown_now(view)
        run.finish(blocks[0], "x")
        assert "read_file src/1.py and 1 more" in shown_now(view)
        assert "$0.04" in shown_now(view)


def test_only_the_last_lines_of_the_text_are_shown_and_its_controls_are_not_obeyed(
    ledger: Ledger,
) -> None:
    with LiveView(terminal(), clock=Clock()) as view:
        run = RecordedRun(ledger, "live", view)
        run.open("a request", AGENT)
        run.start_turn()
        for number in range(50):
            view.on_text(f"line {number} \x1b[2J\x1b]0;title\x07[bold]\n")
        lines = shown_now(view).splitlines()
    assert len(lines) == 4
    assert "line 49" in lines[-1]
    assert "[bold]" in lines[-1]
    assert "\x1b" not in "".join(lines)
    assert "\x07" not in "".join(lines)


def test_the_text_is_gone_once_the_reply_is_there(ledger: Ledger) -> None:
    with LiveView(terminal(), clock=Clock()) as view:
        run = RecordedRun(ledger, "live", view)
        run.open("a request", AGENT)
        view.on_text("half a thought")
        assert "half a thought" in shown_now(view)
        run.reply({"type": "text", "text": "half a thought, whole"}, stop_reason="end_turn")
        assert "half a thought" not in shown_now(view)


def test_the_terminal_is_free_while_a_person_is_asked(ledger: Ledger) -> None:
    console = terminal()
    with LiveView(console, clock=Clock()) as view:
        run = RecordedRun(ledger, "live", view)
        run.open("a request", AGENT)
        with view.paused():
            before = written(console)
            assert before.count("\x1b[?25l") == before.count("\x1b[?25h")
        assert written(console).count("\x1b[?25l") == 2
    assert written(console).count("\x1b[?25h") == 2
