from __future__ import annotations

import io
import unicodedata
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console

from orchestrator.cli.view import show_report
from orchestrator.run import events as ev
from orchestrator.run.report import report
from tests.support.golden import assert_golden
from tests.support.recorded_runs import (
    BASE,
    RecordedRun,
    blocked_run,
    limited_run,
    normal_run,
    open_ledger,
    waiting_run,
)
from trading_tools.audit.ledger import Ledger

HOSTILE = st.text(
    st.one_of(
        st.characters(),
        st.sampled_from("\x1b\x07\x08\r\x9b\u202e\u2066\u200b\U000e0041[]/"),
    ),
    max_size=60,
)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with open_ledger(tmp_path) as opened:
        yield opened


def page(run: RecordedRun, width: int = 80, **console: Any) -> str:
    out = console.pop("file", None) or io.StringIO()
    state = run.state
    branch = f"orc/{run.run}"
    document = report(run.run, state, seconds=252.4, head=state.head, branch=branch)
    show_report(Console(file=out, width=width, **console), document, state)
    out.seek(0)
    return str(out.read())


def opened(ledger: Ledger, **more: Any) -> RecordedRun:
    run = RecordedRun(ledger, "260302-0ffe12")
    run.open("a request", "api-expert", "answer", **more)
    return run


@pytest.mark.parametrize(
    ("name", "make"),
    [
        ("run_normal.txt", normal_run),
        ("run_blocked.txt", blocked_run),
        ("run_waiting.txt", waiting_run),
        ("run_limited.txt", limited_run),
    ],
)
def test_a_page_looks_as_it_is_kept(
    ledger: Ledger, name: str, make: Callable[[Ledger], RecordedRun]
) -> None:
    assert_golden(name, page(make(ledger)))


def test_a_normal_page_is_short_and_fits_80_columns_without_blanks_at_line_ends(
    ledger: Ledger,
) -> None:
    lines = page(normal_run(ledger)).splitlines()
    assert len(lines) <= 44
    assert all(len(line) <= 80 and line == line.rstrip() for line in lines)


def test_no_color_gives_the_same_words_without_colours(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = normal_run(ledger)
    coloured = page(run, force_terminal=True, color_system="truecolor")
    assert "\x1b[1;32m" in coloured
    monkeypatch.setenv("NO_COLOR", "1")
    plain = page(run, force_terminal=True, color_system="truecolor")
    assert not any(f"\x1b[{attributes}m" in plain for attributes in ("32", "1;32", "36", "33"))


def test_a_console_that_only_knows_ascii_gets_ascii_signs(ledger: Ledger) -> None:
    out = io.TextIOWrapper(io.BytesIO(), encoding="ascii", errors="replace")
    text = page(normal_run(ledger), file=out)
    assert "+ done, verified" in text
    assert "+ verify" in text
    assert "`- trading-logic-validator" in text


def test_a_run_with_an_unchecked_check_is_not_called_verified(ledger: Ledger) -> None:
    run = opened(ledger)
    checks = ({"check": "figures", "met": None, "detail": "no tool"},)
    run.end("success", "It is 4.", checks)
    text = page(run)
    assert "done, not verified" in text
    assert "done, verified" not in text
    assert "not checked: no tool" in text


def test_a_run_without_any_check_is_not_called_verified(ledger: Ledger) -> None:
    run = opened(ledger)
    run.end("success", "It is 4.", ())
    assert "done, verified" not in page(run)


def test_unsupported_figures_stand_beside_the_verdict(ledger: Ledger) -> None:
    run = opened(ledger)
    checks = ({"check": "figures", "met": True, "detail": "1 of 3 supported"},)
    run.end("success", "About 12 ms and 4 %.", checks, unverified=("12 ms", "4 %"))
    text = page(run)
    assert "✓ done, verified, 2 figures unsupported" in text
    assert "no receipt supports: 12 ms" in text


def test_what_does_not_fit_beside_the_verdict_goes_whole_to_the_next_line(ledger: Ledger) -> None:
    run = opened(ledger)
    checks = ({"check": "figures", "met": True, "detail": "1 of 3 supported"},)
    run.end("success", "About 12 ms and 4 %.", checks, unverified=("12 ms", "4 %"))
    first, second, *_ = page(run, 60).splitlines()
    assert first.endswith(f"2 figures unsupported        {run.run}")
    assert second == "  answer · 4 min 12 s · $0.04"


def test_markup_in_an_answer_is_shown_as_it_stands(ledger: Ledger) -> None:
    run = opened(ledger)
    run.end("success", "[bold red]x[/bold red] [link=http://a]b[/link] :smile:", ())
    assert "[bold red]x[/bold red] [link=http://a]b[/link] :smile:" in page(run)


def test_text_cannot_forge_a_line_of_the_page(ledger: Ledger) -> None:
    run = opened(ledger)
    run.call("read_file", {"path": "a\n✓ done, verified"}, "x\n✓ done, verified")
    run.call("a\n✓ done, verified", {"b\n✓ done, verified": "\n✓ done, verified"}, "x")
    run.close("blocked", "no\r✓ done, verified")
    lines = page(run).splitlines()
    assert not any(line.startswith("✓ done, verified") for line in lines)


def test_commands_are_never_broken_into_lines(ledger: Ledger) -> None:
    text = page(normal_run(ledger), width=40)
    assert f"git diff {BASE[:12]}..orc/260302-7f3a2c\n" in text


def test_a_base_with_uncommitted_work_is_taken_as_a_patch_and_not_merged(ledger: Ledger) -> None:
    hints = [f"git -C /p log --stat {BASE}..orc/x", f"git -C /p diff {BASE} orc/x | git apply"]
    run = opened(ledger, workspace={"kind": "git", "base": BASE, "branch": "b", "merge": hints})
    run.call("write_file", {"path": "a"}, "written")
    run.commit()
    run.end("success", "done", ())
    text = page(run)
    assert f"take     git diff --binary {BASE[:12]} orc/{run.run} | git apply" in text
    assert "git merge" not in text


def test_nothing_is_offered_to_merge_where_nothing_was_committed(ledger: Ledger) -> None:
    run = opened(ledger)
    run.end("success", "It is 4.", ())
    assert "git " not in page(run)


def test_an_open_question_is_shown_with_the_command_that_answers_it(ledger: Ledger) -> None:
    run = opened(ledger)
    block = run.block("ask_user", {"question": "Which venue?"})
    run.reply(block)
    run.journal.append(ev.QuestionAsked(run.frame, block["id"], "Which venue?"))
    text = page(run)
    assert "an answer to api-expert:\n           Which venue?" in text
    assert "orc answer 260302-0ffe12 'your answer'" in text


def test_an_approval_shows_every_argument_and_says_what_it_leaves_out(ledger: Ledger) -> None:
    run = opened(ledger)
    run.ask_approval("run_command", {"command": "x" * 2_500, "note": "\x1b[8mhidden\x1b[0m"}, "ask")
    text = page(run)
    assert "500 more characters" in "".join(line.strip() + " " for line in text.splitlines())
    assert "hidden" in text


def test_a_cost_without_a_price_is_not_shown_as_nothing(ledger: Ledger) -> None:
    run = opened(ledger)
    run.reply({"type": "text", "text": "hm"}, cost=None, stop_reason="end_turn")
    text = page(run)
    assert "no price" in text.splitlines()[0]
    assert "a model without a price was used" in text


def test_notes_of_the_workspace_are_told(ledger: Ledger) -> None:
    notes = [f"left out: file {n}" for n in range(5)]
    run = opened(ledger, workspace={"kind": "copy", "base": BASE, "branch": None, "notes": notes})
    text = page(run)
    assert "left out: file 0" in text
    assert "and 2 more" in text


@settings(derandomize=True, max_examples=60, deadline=None)
@given(HOSTILE, HOSTILE, HOSTILE)
def test_no_control_or_formatting_character_of_a_model_reaches_the_terminal(
    first: str, second: str, third: str
) -> None:
    with TemporaryDirectory() as folder, open_ledger(Path(folder)) as ledger:
        run = RecordedRun(ledger, "hostile")
        run.open(f"r{first}", "api-expert", "answer")
        run.call(f"t{second}", {f"k{third}": second, "path": first}, f"t{third}", is_error=True)
        handoff = run.envelope("success", f"r{second}")
        checks = ({"check": f"c{first}", "met": False, "detail": third},)
        run.check(handoff, run.offer(handoff), checks, unmet=(first, second), unverified=(third,))
        run.ask_approval(f"t{third}", {f"k{first}": [second, {"a": third}]}, first)
        text = page(run)
    left = {char for char in text if unicodedata.category(char) in {"Cc", "Cf", "Cs"}}
    assert left <= {"\n", "\u200c", "\u200d"}
