"""`orc review --agents`: the specialists are stand-ins that say what a test wants them to say."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from orchestrator.catalogue.specialists.panel import TOOLS
from orchestrator.workspace.seal import available_seal
from tests.support.command import Desk, Said, does, hand_off
from tests.support.command_line import ORC
from tests.support.messages_api import MessagesApi

DATA = Path(__file__).resolve().parents[2] / "data"
BOT = """\
import ccxt

exchange = ccxt.okx()


def close(position):
    side = "buy" if position > 0 else "sell"
    exchange.create_order("BTC/USDT", "market", side, abs(position))
"""
SIDE = '    side = "buy" if position > 0 else "sell"'
WIRE, RISK = "exchange-integration-specialist", "risk-engine-architect"
Json = dict[str, Any]


def claim(**given: Any) -> Json:
    return {
        "path": "bot.py",
        "line": 7,
        "quotation": SIDE,
        "severity": "error",
        "topic": "risk controls",
        "message": "A long position is closed by buying.",
        "why": "A long of 1 BTC becomes one of 2 BTC.",
        "fix": "Sell what is long, buy what is short.",
        **given,
    }


ABSENT = claim(line=8, quotation="exchange.create_market_order(side)", message="An old call.")


def answer(*claims: Json) -> Json:
    return hand_off(result="reviewed", context_forward={"findings": list(claims)})


def of(body: Json) -> str:
    """The agent that asks."""
    return str(body["system"][0]["text"]).split("\n")[0].removeprefix("You are ").rstrip(".")


def served(said: Callable[[str, int], Json]) -> MessagesApi:
    """Specialists who answer by `said`, from their name and how often they were asked."""
    asked: dict[str, int] = {}

    def script(body: Json, headers: object, n: int) -> Json:
        del headers, n
        name = of(body)
        asked[name] = asked.get(name, 0) + 1
        message = said(name, asked[name])
        for block in message["content"]:
            if "id" in block:
                block["id"] = f"toolu_{asked[name]}"
        return message

    return MessagesApi(script)


@pytest.fixture
def desk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Desk:
    made = Desk(tmp_path, monkeypatch, capfd)
    (made.project / "bot.py").write_text(BOT)
    return made


def review(desk: Desk, api: MessagesApi, *words: str) -> Said:
    with api:
        desk.serve(api)
        said = desk.orc("review", "bot.py", *words)
    assert api.refused == []
    return said


def test_every_way_out_tells_claims_and_what_was_rejected(desk: Desk) -> None:
    api = served(lambda name, n: answer(claim(), ABSENT) if name == RISK else answer())
    words = ("--ignore", "T11", "--agent", WIRE, "--agent", RISK, "--json")
    said = review(desk, api, *words)
    assert said.code == 0, said.err  # what nothing confirms does not decide
    (found,) = said.document["findings"]
    assert (found["rule"], found["line"], found["severity"]) == ("agents-risk", 7, "error")
    assert (found["sources"], found["standing"]) == ([RISK], "not confirmed")
    (rejected,) = said.document["rejected"]
    assert (rejected["agent"], rejected["line"]) == (RISK, 8)
    reason = "the quotation does not stand in bot.py"
    assert rejected["reason"] == reason
    assert [each["status"] for each in said.document["agents"]] == ["success", "success"]

    name = said.document["review"]
    again = ("review", "--resume", name, "--ignore", "T11")  # it has ended: nobody is asked
    sarif = desk.orc(*again, "--format", "sarif").document
    schema = json.loads((DATA / "sarif-2.1.0-rtm.5.json").read_text("utf-8"))
    jsonschema.Draft7Validator(schema).validate(sarif)
    (run,) = sarif["runs"]
    assert run["results"][0]["properties"]["confirmed"] is False
    assert reason in run["invocations"][0]["toolExecutionNotifications"][0]["message"]["text"]
    markdown = desk.orc(*again, "--format", "markdown").out
    assert markdown.count("\n## ") == 8  # the seven points, and who was asked
    assert f"({RISK}; not confirmed)" in markdown.split("## 4. Risk controls")[1]
    assert reason in markdown
    github = desk.orc(*again, "--format", "github").out.splitlines()
    assert github[0].startswith("::error file=bot.py,line=7,")
    assert github[1].startswith(f"::notice title=rejected%3A {RISK} said of bot.py%3A8::")
    text = desk.orc("show", name)
    assert f"= by:  {RISK}; not confirmed" in text.out
    assert f"  {reason}\n" in text.out
    assert text.out.endswith("1 error in 1 file, 1 not confirmed\n")
    assert desk.orc(*again, "--fail-on-unconfirmed").code == 1
    (desk.project / "bot.py").write_text("")  # the record speaks, not the disk
    assert desk.orc(*again, "--json").document["findings"] == [found]
    refused = desk.orc("resume", name)
    assert (refused.code, f"orc review --resume {name}" in refused.err) == (2, True)


def test_without_a_model_one_line_says_what_to_set(desk: Desk) -> None:
    said = desk.orc("review", "bot.py", "--agents")
    assert (said.code, said.out) == (2, "")
    assert len(said.err.splitlines()) == 1
    assert "set ANTHROPIC_API_KEY" in said.err


def test_an_agent_that_is_none_gets_the_nearest_name(desk: Desk) -> None:
    said = desk.orc("review", "bot.py", "--agent", "risk-engine-architekt")
    assert said.code == 2
    assert "did you mean risk-engine-architect" in said.err


def test_claims_in_another_form_go_back_to_be_mended(desk: Desk) -> None:
    api = served(lambda name, n: answer(claim(severity="fatal") if n == 1 else claim()))
    said = review(desk, api, "--agent", RISK, "--json")
    assert [each["rule"] for each in said.document["findings"]] == ["agents-risk", "T11"]
    assert said.document["agents"][0]["model_calls"] == 2
    sent = json.dumps(api.requests[1].body)
    assert "context_forward.findings.0.severity: Input should be 'error'" in sent


@pytest.mark.slow
def test_a_specialist_that_gives_no_review_makes_the_verdict_negative(desk: Desk) -> None:
    api = served(lambda name, n: hand_off(status="blocked", result="I cannot read it"))
    said = review(desk, api, "--ignore", "T11", "--agent", RISK)
    assert said.code == 1
    assert f"{RISK}: blocked, gave no review: I cannot read it" in said.out


def test_a_budget_is_shared_and_a_limit_is_told(desk: Desk) -> None:
    api = served(lambda name, n: answer())
    words = ("--ignore", "T11", "--agent", RISK, "--agent", WIRE, "--max-usd", "0.01")
    said = review(desk, api, *words, "--json")
    assert said.code == 4, said.err
    details = [each["detail"] for each in said.document["agents"]]
    assert all("the limit of usd (0.0050 USD)" in each for each in details), details
    assert api.requests == []
    raised = ("review", "--resume", said.document["review"], "--max-usd", "5", "--ignore", "T11")
    with served(lambda name, n: answer()) as other:
        desk.serve(other)
        assert desk.orc(*raised).code == 0


@pytest.mark.slow
def test_a_reviewer_may_read_and_nothing_else(desk: Desk) -> None:
    bash = does(("bash", {"command": "touch /workspace/owned"}))
    api = served(lambda name, n: bash if n == 1 else answer())
    said = review(desk, api, "--agent", RISK, "--json")
    offered = {tool["name"] for tool in api.requests[0].body["tools"]}
    assert offered <= {*TOOLS, "hand_off"}
    shown = desk.orc("show", said.document["agents"][0]["run"], "--json").document
    assert (shown["status"], shown["branch"]) == ("success", None)
    (result,) = api.requests[1].body["messages"][-1]["content"]
    assert result["is_error"] is True


@pytest.mark.slow
def test_secrets_in_reviewed_code_reach_no_request(desk: Desk) -> None:
    secret = "sk-ant-api03-" + "aB3" * 30
    (desk.project / "bot.py").write_text(f'{BOT}\nKEY = "{secret}"\n')
    api = served(lambda name, n: answer())
    review(desk, api, "--agent", RISK)
    assert secret not in json.dumps(api.requests[0].body)
    assert b"aB3aB3" not in (desk.project / ".orchestrator" / "ledger.sqlite").read_bytes()


@pytest.mark.slow
def test_a_check_of_another_text_than_the_reviewed_one_is_not_made(desk: Desk) -> None:
    subprocess.run(["git", "init", "-q"], check=True)
    subprocess.run(["git", "add", "bot.py"], check=True)
    (desk.project / "bot.py").write_text(BOT + "\nraise SystemExit\n")
    check = {"kind": "order-guard", "target": "bot.py:close", "params": {}}
    api = served(lambda name, n: answer(claim(check=check)))
    with api:
        desk.serve(api)
        said = desk.orc("review", "--staged", "--agent", RISK, "--ignore", "T11", "--json")
    (found,) = said.document["findings"]
    assert "not made: " in found["standing"]
    assert found["confirmed"] is False


@pytest.mark.slow
def test_a_killed_review_goes_on_and_asks_nobody_twice(desk: Desk) -> None:
    process: list[subprocess.Popen[bytes]] = []

    def said(name: str, n: int) -> Json:
        if name == RISK and n == 1:
            process[0].send_signal(signal.SIGKILL)
        return answer(claim()) if name == WIRE else answer()

    with served(said) as api:
        desk.serve(api)
        words = ["review", "bot.py", "--agent", WIRE, "--agent", RISK, "--model", "claude-opus-5-5"]
        process.append(subprocess.Popen([ORC, *words], stderr=subprocess.PIPE, env={**os.environ}))
        _, err = process[0].communicate(timeout=60)
        name = err.decode().split(":")[0].removeprefix("review ")
        done = desk.orc("review", "--resume", name, "--json")
    assert done.code == 1, done.err  # T11 is an error of the rules
    agents = {each["agent"]: each for each in done.document["agents"]}
    assert {each["status"] for each in agents.values()} == {"success"}
    asked = [of(each.body) for each in api.requests]
    assert asked.count(RISK) == 2  # the reply that the process did not live to record
    assert "agents-risk" in [each["rule"] for each in done.document["findings"]]


@pytest.mark.slow
@pytest.mark.skipif(available_seal().kind != "bubblewrap", reason="proofs need the strong seal")
@pytest.mark.parametrize(
    ("test", "confirmed", "standing"),
    [
        ("import bot\n\ndef test_it():\n    assert bot.limit() == 1\n", True, "test_it passes"),
        ("def test_it():\n    assert True\n", False, "passes before the change and after it"),
        ("def test_it():\n    assert False\n", False, "says nothing: it does not pass before"),
        ("import nothing_of_that_name\n", False, "says nothing: it does not pass before"),
        ("import os\nos._exit(0)\n", False, "did not come to its end under pytest"),
        ("def nothing():\n    pass\n", False, "says nothing: it does not pass before"),
    ],
)
def test_only_a_test_that_tells_the_change_from_what_was_before_confirms(
    desk: Desk, test: str, confirmed: bool, standing: str
) -> None:
    bot = desk.project / "bot.py"
    bot.write_text("def limit():\n    return 1\n")
    desk.commit()
    bot.write_text("def limit():\n    return 100\n")
    quoted = claim(line=2, quotation="return 100", test=test)
    with served(lambda name, n: answer(quoted)) as api:
        desk.serve(api)
        said = desk.orc("review", "--diff", "HEAD", "--agent", RISK, "--json")
    (found,) = said.document["findings"]
    assert (found["confirmed"], said.code) == (confirmed, int(confirmed))
    assert standing in found["standing"]
    assert not list((desk.project / ".orchestrator" / "review").iterdir())
