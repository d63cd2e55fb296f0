"""`orc tools` and `orc tools call`: no key, no run."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestrator.cli.tools import BY_HAND
from tests.support.command_line import CommandLine
from trading_tools.audit.ledger import Ledger

BET = '{"win_probability": 0.55, "win_return": 1.10}'


def test_the_list_says_what_each_tool_can_change(orc: CommandLine) -> None:
    tools = {tool["name"]: tool for tool in orc("tools", "--json").json["tools"]}
    assert tools["kelly_fraction"]["effect"] == "read"
    assert tools["bash"]["effect"] == "workspace"
    assert "win_probability" in tools["kelly_fraction"]["input_schema"]["properties"]
    lines = orc("tools").out.splitlines()
    assert lines[0].split() == ["NAME", "EFFECT", "DESCRIPTION"]
    assert [line.split()[0] for line in lines[1:]] == sorted(tools)


def test_a_call_prints_the_tools_own_result(orc: CommandLine) -> None:
    called = orc("tools", "call", "kelly_fraction", BET, "--json")
    assert (called.code, called.err) == (0, "")
    assert set(called.json) == {"full", "fraction", "edge", "why"}
    assert called.json["edge"] == "0.155"
    text = orc("tools", "call", "kelly_fraction", BET)
    assert "edge      0.155" in text.out.splitlines()


def test_a_table_in_a_result_is_a_line_for_each_row(orc: CommandLine) -> None:
    wanted = '{"venue": "kraken", "about": "limits"}'
    limits = orc("tools", "call", "exchange_facts", wanted, "--json").json["limits"]
    lines = orc("tools", "call", "exchange_facts", wanted).out.splitlines()
    first = lines.index(f"limits     {len(limits)}:") + 1
    for limit, line in zip(limits, lines[first:], strict=False):
        assert line.startswith(f"  - text: {limit['text']}; ")
    assert "quirks     []" in lines


def test_numbers_keep_every_digit_that_was_written(orc: CommandLine) -> None:
    size = (
        '{"bankroll_quote": 1000000000000.01, "fraction": 0.1, '
        '"price": 1, "step_size": 0.000000000001}'
    )
    called = orc("tools", "call", "position_size", size, "--json")
    assert called.json["size_base"] == "100000000000.001"


def test_the_arguments_may_come_from_stdin(orc: CommandLine) -> None:
    piped = orc("tools", "call", "kelly_fraction", "-", "--json", stdin=BET.encode())
    assert piped.json["edge"] == "0.155"


@pytest.mark.parametrize(
    ("name", "arguments", "what", "fix"),
    [
        ("kely_fraction", "{}", "there is no tool 'kely_fraction'", "near it: kelly_fraction"),
        ("nope", "{}", "there is no tool 'nope'", "`orc tools` lists them"),
        ("zzzzz", "{}", "there is no tool 'zzzzz'", "`orc tools` lists them"),
        ("kelly_fraction", "{", "the arguments are not valid JSON", "write them as in"),
        ("kelly_fraction", "[]", "the arguments are not a JSON object", "write them as in"),
        ("kelly_fraction", '{"a": NaN}', "NaN is no JSON number", "write them as in"),
        ("kelly_fraction", '{"a": 1, "a": 2}', "'a' is given twice", "write them as in"),
        ("kelly_fraction", "[" * 100_000, "the arguments are not valid JSON", "write them"),
        ("kelly_fraction", '{"a": 1e99999999999999999999}', "not valid JSON", "write them"),
        ("kelly_fraction", "{}", "win_probability is missing", "`orc tools --json`"),
        (
            "kelly_fraction",
            '{"win_probabilty": 0.5}',
            "unknown argument `win_probabilty`",
            "did you mean `win_probability`?",
        ),
        (
            "kelly_fraction",
            '{"win_probability": 65, "win_return": 1}',
            "65",
            "`orc tools --json` has what it takes",
        ),
        ("bash", '{"command": "ls"}', "works only in a run", "orc run"),
        (
            "check_component",
            '{"kind": "limiter"}',
            "works only in a run",
            "`orc check KIND TARGET`",
        ),
        ("review_code", '{"path": "x"}', "works only in a run", "`orc review PATH`"),
        ("go_live_gate", "{}", "works only in a run", "`orc golive`"),
        ("run_checks", "{}", "works only in a run", "orc run"),
        ("read_receipt", '{"receipt": 1}', "works only in a run", "orc run"),
        ("verify_ledger", "{}", "no ledger yet", "orc run"),
    ],
)
def test_a_call_that_cannot_work_is_a_usage_error(
    orc: CommandLine, name: str, arguments: str, what: str, fix: str
) -> None:
    failed = orc("tools", "call", name, arguments, "--json")
    assert failed.code == 2
    assert what in failed.error["what"]
    assert fix in failed.error["fix"]
    assert not (orc.project / ".orchestrator").exists()


def test_a_decision_by_hand_goes_into_the_projects_ledger(orc: CommandLine) -> None:
    call = ("tools", "call", "record_decision")
    made = orc(*call, '{"decision": "wait", "reason": "spread", "data": {"bps": 1.50}}', "--json")
    assert made.json["seq"] == 1
    again = orc(*call, '{"decision": "wait", "reason": "spread"}', "--json")
    assert again.json["seq"] == 2

    trail = orc("tools", "call", "read_trail", "--json").json
    assert [entry["seq"] for entry in trail["entries"]] == [1, 2]
    assert trail["entries"][0]["body"]["data"]["given"] == {"bps": "1.50"}
    assert orc("tools", "call", "verify_ledger", "--json").json["valid"] is True
    assert (orc.project / ".orchestrator" / ".gitignore").read_text() == "*\n"


def test_a_secret_is_not_recorded(orc: CommandLine) -> None:
    orc.monkeypatch.setenv("BYBIT_API_SECRET", "zq8Kd03mfLs92xvbTT10")
    made = orc(
        *("tools", "call", "record_decision"),
        '{"decision": "use zq8Kd03mfLs92xvbTT10", "reason": "it works"}',
    )
    assert made.code == 0
    assert "a secret was taken out" in made.err
    with Ledger.open(orc.project / ".orchestrator" / "ledger.sqlite", read_only=True) as ledger:
        (event,) = ledger.read(f"decisions/{BY_HAND}")
    assert "zq8Kd03mfLs92xvbTT10" not in str(event.body)


def test_a_state_folder_that_leads_elsewhere_is_refused(orc: CommandLine, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (orc.project / ".orchestrator").symlink_to(elsewhere)
    failed = orc("tools", "call", "record_decision", '{"decision": "a", "reason": "b"}', "--json")
    assert failed.code == 2
    assert "is a link to" in failed.error["what"]
    assert list(elsewhere.iterdir()) == []


def test_a_tool_runs_as_a_process_without_any_key(orc: CommandLine) -> None:
    called = orc.process("tools", "call", "kelly_fraction", "-", "--json", stdin=BET.encode())
    assert (called.code, called.err) == (0, "")
    assert called.json["edge"] == "0.155"
