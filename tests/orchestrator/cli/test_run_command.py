"""`orc run` from the outside: a project, an endpoint, and what comes out."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.support.command import Desk, Said, does, endpoint, hand_off
from tests.support.messages_answers import failure, say

ALLOWED = {"ORC_PERMISSIONS_ALLOW": "bash\nrun_checks"}
KELLY = {"win_probability": 0.55, "win_return": 0.024, "loss_return": -0.018}


@pytest.fixture
def desk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Desk:
    for name, value in ALLOWED.items():
        monkeypatch.setenv(name, value)
    made = Desk(tmp_path, monkeypatch, capfd)
    made.commit()
    return made


def edit(path: str, text: str) -> tuple[str, dict[str, str]]:
    return (
        "str_replace_based_edit_tool",
        {"command": "create", "path": path, "file_text": text},
    )


GOOD_TEST = (
    "from desk.fresh import answer\n\n\ndef test_answer() -> None:\n    assert answer() == 42\n"
)
GOOD_CODE = '"""Fresh."""\n\n\ndef answer() -> int:\n    return 42\n'


def git(desk: Desk, *words: str) -> str:
    done = subprocess.run(
        ["git", "-C", str(desk.project), *words], capture_output=True, text=True, check=True
    )
    return done.stdout


def test_an_implementation_is_verified_and_stands_on_its_branch(desk: Desk) -> None:
    before = git(desk, "status", "--porcelain")
    answers = [
        does(edit("desk/fresh.py", GOOD_CODE), edit("tests/test_fresh.py", GOOD_TEST)),
        hand_off(result="answer() is there, with a test"),
    ]
    with endpoint(answers) as api:
        desk.serve(api)
        said = desk.orc("run", "Add a module with the answer", "--agent", "python-expert", "--json")
    assert said.code == 0, said.err
    report = said.document
    assert report["status"] == "success"
    assert report["kind"] == "implement"
    assert report["unmet"] == []
    assert report["unchecked"] == []
    assert report["verified"] is True
    assert api.refused == []
    log = git(desk, "log", "--format=%B", report["branch"])
    assert f"Orc-Run: {report['run']}" in log
    assert "desk/fresh.py" in git(desk, "diff", "--name-only", f"main..{report['branch']}")
    assert git(desk, "status", "--porcelain") == before
    assert not (desk.project / "desk" / "fresh.py").exists()


def test_a_review_of_code_in_which_no_rule_finds_an_error_is_verified(desk: Desk) -> None:
    answers = [does(("bash", {"command": "cat desk/market.py"})), hand_off(result="it reads well")]
    with endpoint(answers) as api:
        desk.serve(api)
        said = desk.orc(
            "run", "Review the code of desk/market.py", "--agent", "python-expert", "--json"
        )
    assert (said.code, said.document["kind"]) == (0, "review")
    assert said.document["unchecked"] == []
    assert said.document["verified"] is True


def test_failing_tests_do_not_end_as_success(desk: Desk) -> None:
    bad = GOOD_CODE.replace("42", "41")
    answers = [
        does(edit("desk/fresh.py", bad), edit("tests/test_fresh.py", GOOD_TEST)),
        hand_off(),
    ]
    with endpoint(answers) as api:
        desk.serve(api)
        said = desk.orc("run", "Add a module with the answer", "--agent", "python-expert", "--json")
    assert said.code == 1
    assert said.document["status"] == "blocked"
    assert any("test_answer" in text for text in said.document["unmet"])


def test_a_change_of_white_space_is_no_change(desk: Desk) -> None:
    touched = (desk.project / "desk" / "indicators.py").read_text() + "\n"
    answers = [does(edit("desk/indicators.py", touched)), hand_off()]
    with endpoint(answers) as api:
        desk.serve(api)
        said = desk.orc("run", "Add a docstring", "--agent", "python-expert", "--json")
    assert said.document["status"] == "blocked"
    assert said.document["unmet"]


def test_deleting_a_test_needs_a_person(desk: Desk) -> None:
    gone = [("bash", {"command": "rm tests/test_indicators.py"})]
    answers = [does(edit("desk/fresh.py", GOOD_CODE), *gone), hand_off()]
    with endpoint(answers) as api:
        desk.serve(api)
        said = desk.orc("run", "Add a module", "--agent", "python-expert", "--json")
    assert said.document["status"] == "blocked"
    assert any("test_indicators" in text for text in said.document["unmet"])


def test_sizing_code_needs_a_receipt_with_its_inputs(desk: Desk) -> None:
    sizing = (
        '"""Sizing."""\n\nfrom decimal import Decimal\n\nWIN_PROBABILITY = Decimal("0.55")\n'
        'WIN_RETURN = Decimal("0.024")\nLOSS_RETURN = Decimal("-0.018")\n\n\n'
        "def kelly_fraction() -> Decimal:\n"
        "    p, b, a = WIN_PROBABILITY, WIN_RETURN, -LOSS_RETURN\n"
        "    return p / a - (1 - p) / b\n"
    )
    answers = [
        does(edit("desk/sizing.py", sizing)),
        hand_off(),
        does(("kelly_fraction", KELLY)),
        hand_off("toolu_second"),
    ]
    with endpoint(answers) as api:
        desk.serve(api)
        said = desk.orc("run", "Add Kelly sizing", "--agent", "python-trading-expert", "--json")
    sent_back = str(api.requests[2].body["messages"][-1])
    assert "receipt" in sent_back
    assert said.document["status"] == "success", said.document


def test_an_unsupported_figure_blocks_an_answer_and_a_supported_one_does_not(desk: Desk) -> None:
    with endpoint([hand_off(result="The Kelly fraction is 0.4167.")]) as api:
        desk.serve(api)
        said = desk.orc(
            "run", "What is the Kelly fraction?", "--agent", "trading-logic-validator", "--json"
        )
    assert said.document["status"] == "blocked"
    given = {"win_probability": 0.65, "win_return": 1.5, "loss_return": -1}
    answers = [does(("kelly_fraction", given)), hand_off(result="The Kelly fraction is 0.4167.")]
    with endpoint(answers) as api:
        desk.serve(api)
        said = desk.orc(
            "run",
            "What is the Kelly fraction at 0.65 and 1.5?",
            "--agent",
            "trading-logic-validator",
            "--json",
        )
    assert (said.code, said.document["status"]) == (0, "success")
    assert said.document["verified"] is True


def test_storms_of_529_are_waited_out_and_counted(desk: Desk) -> None:
    busy = failure(529, "overloaded_error", "Overloaded", headers={"retry-after": "0"})
    with endpoint([busy, busy, hand_off(result="fine")]) as api:
        desk.serve(api)
        said = desk.orc("run", "Is it fine?", "--agent", "python-expert", "--json")
    assert said.code == 0
    assert said.document["usage"]["model_calls"] == 1
    assert said.document["usage"]["attempts"] == 3


def test_a_wrong_key_is_one_clear_line_and_nothing_is_lost(desk: Desk) -> None:
    with endpoint([failure(401, "authentication_error", "invalid x-api-key")]) as api:
        desk.serve(api)
        said = desk.orc("run", "Is it fine?", "--json")
        assert said.code == 2
        assert set(said.document["error"]) == {"what", "where", "fix"}
    with endpoint([hand_off(result="fine")]) as api:
        desk.serve(api)
        again = desk.orc("resume", "last", "--json")
    assert (again.code, again.document["result"]) == (0, "fine")


def test_no_key_is_told_before_anything_is_opened(desk: Desk) -> None:
    said = desk.orc("run", "Is it fine?")
    assert said.code == 2
    assert "ANTHROPIC_API_KEY" in said.err
    assert len(said.err.strip().splitlines()) == 1
    assert desk.orc("runs", "--json").code in {0, 2}


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (["run", "  "], "empty"),
        (["run", "x", "--agent", "python-exprt"], "python-expert"),
        (["run", "x", "--max-usd", "much"], "usd"),
        (["run", "x", "--max-hops", "-1"], "hops"),
        (["run", "x", "--workspace", "/nowhere"], "/nowhere"),
        (["run", "x", "--model", "made-up-1", "--max-usd", "1"], "price"),
        (["frobnicate"], "frobnicate"),
    ],
)
def test_bad_input_is_one_clear_line(desk: Desk, words: list[str], hint: str) -> None:
    with endpoint([hand_off()]) as api:
        desk.serve(api)
        told_in_one_line(desk.orc(*words, "--json"), hint)


def test_a_run_that_is_not_there_is_named_in_one_clear_line(desk: Desk) -> None:
    with endpoint([hand_off()]) as api:
        desk.serve(api)
        desk.orc("run", "Is it fine?")
    told_in_one_line(desk.orc("show", "nothing", "--json"), "nothing")


def told_in_one_line(said: Said, hint: str) -> None:
    assert said.code == 2, said.err
    assert hint in said.err
    assert "Traceback" not in said.err
    assert said.document["error"]["fix"]


def test_agents_that_end_in_prose_are_blocked_with_the_reason(desk: Desk) -> None:
    with endpoint([say("All done, trust me.")]) as api:
        desk.serve(api)
        said = desk.orc("run", "Is it fine?", "--json")
    assert (said.code, said.document["status"]) == (1, "blocked")
    assert "envelope" in said.document["result"]


def test_a_limit_is_exit_code_four_and_says_what_is_left(desk: Desk) -> None:
    there = hand_off(status="success", next_agent="api-expert")
    back = hand_off(status="success", next_agent="python-expert")
    with endpoint([there, back] * 10) as api:
        desk.serve(api)
        said = desk.orc(
            "run", "Is it fine?", "--agent", "python-expert", "--max-hops", "2", "--json"
        )
    assert (said.code, said.document["status"]) == (4, "limited")
    limit = said.document["limit"]
    assert (limit["limit"], limit["cap"]) == ("hops", "2")
    assert "python-expert" in limit["left"]


def test_a_secret_of_the_environment_is_nowhere(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = "hunter2-hunter2-hunter2"
    monkeypatch.setenv("BYBIT_API_SECRET", secret)
    (desk.project / "leak.txt").write_text(f"the key is {secret}\n")
    answers = [does(("bash", {"command": "cat leak.txt"})), hand_off(result="it is a key")]
    with endpoint(answers) as api:
        desk.serve(api)
        said = desk.orc("run", f"What is in leak.txt? I use {secret}", "--json")
    assert said.code == 0
    assert secret not in said.out + said.err
    assert secret not in str([request.body for request in api.requests])
    kept = b"".join(p.read_bytes() for p in (desk.project / ".orchestrator").glob("*.sqlite*"))
    assert secret.encode() not in kept


def test_outside_git_the_work_is_a_plain_copy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ORC_PERMISSIONS_ALLOW", "bash")
    desk = Desk(tmp_path, monkeypatch, capfd)
    answers = [
        does(edit("desk/fresh.py", GOOD_CODE), edit("tests/test_fresh.py", GOOD_TEST)),
        hand_off(),
    ]
    with endpoint(answers) as api:
        desk.serve(api)
        said = desk.orc("run", "Add a module", "--agent", "python-expert", "--json")
        assert "a copy of the user's folder" in str(api.requests[0].body["messages"])
    assert (said.code, said.document["branch"]) == (0, None)


def test_uncommitted_work_is_part_of_the_base(desk: Desk) -> None:
    (desk.project / "desk" / "draft.py").write_text("DRAFT = 1\n")
    answers = [does(("bash", {"command": "cat desk/draft.py"})), hand_off(result="a draft")]
    with endpoint(answers) as api:
        desk.serve(api)
        desk.orc("run", "What is in the draft?", "--agent", "python-expert")
        assert "DRAFT = 1" in str(api.requests[1].body["messages"][-1])
    with endpoint(answers) as api:
        desk.serve(api)
        desk.orc("run", "What is in the draft?", "--agent", "python-expert", "--clean")
        assert "No such file" in str(api.requests[1].body["messages"][-1])


def test_paths_that_are_not_the_agents_are_refused_by_name(desk: Desk) -> None:
    paths = ["../outside.txt", "/etc/passwd", ".git/config", ".claude/task.md", ".orchestrator/x"]
    answers = [does(*(edit(path, "x\n") for path in paths)), hand_off(result="ok")]
    with endpoint(answers) as api:
        desk.serve(api)
        desk.orc("run", "Is it fine?", "--agent", "python-expert")
        results = api.requests[1].body["messages"][-1]["content"]
    for path, result in zip(paths, results, strict=True):
        assert result["is_error"] is True
        assert Path(path).name in str(result["content"])
