"""`orc route`: rules where they are sure, the router model where there is one, else a guess."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from orchestrator.playbooks.files import shipped_dir
from orchestrator.playbooks.plain import shipped_files
from tests.support.command import chooses, of_router
from tests.support.command_line import CommandLine
from tests.support.messages_answers import failure, message, text
from tests.support.messages_api import MessagesApi

OPEN = "make the thing faster"


def serve(orc: CommandLine, api: MessagesApi) -> None:
    orc.monkeypatch.setenv("ANTHROPIC_BASE_URL", api.url)


def asked(body: Mapping[str, Any]) -> str:
    """The request that a router's message is about."""
    return str(body["messages"][0]["content"][0]["text"]).removeprefix("# Request\n\n")


def test_route_says_who_what_and_why(orc: CommandLine) -> None:
    routed = orc("route", "ask the risk-management-expert: check my stop sizes", "--json")
    assert routed.code == 0
    assert set(routed.json) == {"agent", "kind", "sure", "ranking", "why", "by", "playbook"}
    text = orc("route", "add a websocket reconnect to our Bybit connector")
    assert text.code == 0
    assert text.out.splitlines()[0].startswith("exchange-integration-specialist  (implement, ")


def test_route_of_a_file_is_one_line_a_request(orc: CommandLine) -> None:
    orc.write(
        "requests.jsonl",
        '\ufeff{"request": "add a Bybit connector", "id": 7}\n\n  is 0.2 the right Kelly?  \n'
        '{"request": "two\\nlines"}',
    )
    routed = orc("route", "--file", "requests.jsonl", "--json")
    assert routed.code == 0
    lines = [json.loads(line) for line in routed.out.splitlines()]
    assert len(lines) == 3
    assert lines[0]["agent"] == "exchange-integration-specialist"
    assert orc("route", "--file", "requests.jsonl").out == routed.out
    piped = orc("route", "--file", "-", stdin=(orc.project / "requests.jsonl").read_bytes())
    assert piped.out == routed.out


@pytest.mark.parametrize(
    ("content", "where"),
    [
        (b'plain\n{"request": 3}\n', "requests.jsonl:2"),
        (b'{"reqest": "x"}', "requests.jsonl:1"),
        (b'{"request": "x"', "requests.jsonl:1"),
        (b'\n\n{"request": " "}', "requests.jsonl:3"),
        (b"caf\xe9", "requests.jsonl:1"),
        (b"{" * 100_000, "requests.jsonl:1"),
    ],
)
def test_a_line_that_is_no_request_is_named(orc: CommandLine, content: bytes, where: str) -> None:
    (orc.project / "requests.jsonl").write_bytes(content)
    failed = orc("route", "--file", "requests.jsonl", "--json")
    assert failed.code == 2
    assert failed.error["where"] == where


@pytest.mark.parametrize(
    "arguments",
    [(), ("x", "--file", "y"), ("  ",), ("--file", "nowhere.txt"), ("--file", ".")],
)
def test_route_without_a_usable_request_is_refused(
    orc: CommandLine, arguments: tuple[str, ...]
) -> None:
    failed = orc("route", *arguments, "--json")
    assert failed.code == 2
    assert failed.error


def test_route_works_as_a_process_from_any_folder(orc: CommandLine) -> None:
    routed = orc.process("route", "review my stop loss code", "--json")
    assert (routed.code, routed.err) == (0, "")
    assert routed.json["kind"] == "review"


def test_where_rules_are_not_sure_the_router_model_decides(orc: CommandLine) -> None:
    with MessagesApi([chooses("webhook-expert", "review", why="it is about events")]) as api:
        serve(orc, api)
        routed = orc("route", OPEN, "--json")
    assert (routed.code, routed.err) == (0, "")
    assert [routed.json[key] for key in ("agent", "kind", "sure", "by", "why")] == [
        "webhook-expert",
        "review",
        True,
        "model",
        "it is about events",
    ]
    assert routed.json["ranking"][0]["agent"] == "webhook-expert"
    (request,) = api.requests
    assert of_router(request.body)
    assert request.body["model"] == "claude-haiku-5-5"
    assert request.body["output_config"]["format"]["type"] == "json_schema"
    assert "tools" not in request.body
    assert api.refused == []


def test_the_router_model_is_a_setting(orc: CommandLine) -> None:
    orc.monkeypatch.setenv("ORC_MODEL_ROUTER", "sonnet")
    with MessagesApi([chooses()]) as api:
        serve(orc, api)
        orc("route", OPEN)
    assert api.requests[0].body["model"] == "claude-sonnet-5-5"


@pytest.mark.parametrize("words", [("use the python-expert",), (OPEN, "--offline")])
def test_a_sure_request_and_an_offline_one_ask_nobody(
    orc: CommandLine, words: tuple[str, ...]
) -> None:
    with MessagesApi([]) as api:
        serve(orc, api)
        routed = orc("route", *words, "--json")
    assert routed.code == 0
    assert routed.json["by"] in {"rules", "guess"}
    assert api.requests == []


def test_without_a_model_it_is_a_guess_and_says_so(orc: CommandLine) -> None:
    routed = orc("route", "our redis is slow", "--json")
    assert (routed.json["by"], routed.json["sure"]) == ("guess", False)
    assert "a guess" in orc("route", "our redis is slow").out


def test_none_of_ours_is_no_agent(orc: CommandLine) -> None:
    with MessagesApi([chooses("none of ours", why="a cat")] * 2) as api:
        serve(orc, api)
        routed = orc("route", "feed the cat", "--json")
        assert (routed.code, routed.json["agent"], routed.json["sure"]) == (0, None, True)
        assert orc("route", "feed the cat").out.startswith("none of ours  (answer, sure, ")


def test_a_question_is_shown_and_nothing_is_sure(orc: CommandLine) -> None:
    with MessagesApi([chooses(question="which thing?")] * 2) as api:
        serve(orc, api)
        routed = orc("route", OPEN, "--json")
        assert (routed.json["question"], routed.json["sure"]) == ("which thing?", False)
        assert "it would ask: which thing?" in orc("route", OPEN).out


def test_a_useless_answer_is_sent_back_once_then_it_is_a_guess(orc: CommandLine) -> None:
    with MessagesApi([message(text("hm")), chooses("api-expert")]) as api:
        serve(orc, api)
        assert orc("route", OPEN, "--json").json["agent"] == "api-expert"
    with MessagesApi([message(text("hm"))] * 2) as api:
        serve(orc, api)
        routed = orc("route", OPEN, "--json")
    assert (routed.code, routed.json["by"]) == (0, "guess")
    assert routed.json["why"].startswith("the router model gave no answer that can be used; ")
    assert api.refused == []


def test_a_secret_in_the_request_does_not_leave_the_machine(orc: CommandLine) -> None:
    orc.monkeypatch.setenv("VENUE_API_KEY", "hunter2hunter2")
    with MessagesApi([chooses()]) as api:
        serve(orc, api)
        orc("route", f"{OPEN} with hunter2hunter2")
    assert b"hunter2hunter2" not in api.requests[0].raw


def test_a_wrong_key_and_an_unknown_router_model_are_told(orc: CommandLine) -> None:
    with MessagesApi([failure(401, "authentication_error", "invalid x-api-key")]) as api:
        serve(orc, api)
        failed = orc("route", OPEN, "--json")
    assert (failed.code, failed.error["what"]) == (2, "invalid x-api-key")
    with MessagesApi([failure(404, "not_found_error", "model: claude-haiku-5-5")]) as api:
        serve(orc, api)
        failed = orc("route", OPEN, "--json")
    assert failed.code == 2
    assert "model.router" in failed.error["fix"]


def test_a_service_that_is_away_leaves_a_guess_that_says_so(orc: CommandLine) -> None:
    away = failure(529, "overloaded_error", "Overloaded", headers={"x-should-retry": "false"})
    with MessagesApi([away]) as api:
        serve(orc, api)
        routed = orc("route", OPEN, "--json")
    assert (routed.code, routed.json["by"]) == (0, "guess")
    assert "Overloaded" in routed.json["why"]


def test_many_requests_are_asked_at_once_and_told_in_order(orc: CommandLine) -> None:
    def script(body: dict[str, Any], headers: Any, n: int) -> Any:
        del headers, n
        return chooses(why=asked(body))

    requests = [f"request {n} of the thing" for n in range(30)]
    orc.write("requests.txt", "\n".join([*requests, "use the api-expert"]))
    with MessagesApi(script) as api:
        serve(orc, api)
        routed = orc("route", "--file", "requests.txt")
    lines = [json.loads(line) for line in routed.out.splitlines()]
    assert [line["why"] for line in lines[:30]] == requests
    assert (lines[30]["agent"], lines[30]["by"]) == ("api-expert", "rules")
    assert len(api.requests) == 30
    systems = {json.dumps(request.body["system"]) for request in api.requests}
    assert len(systems) == 1


def test_odd_requests_leave_no_trace(orc: CommandLine) -> None:
    odd = ["\x00\x1b[31m", "{" * 5_000, "\ud83d", "é" * 100_000, "]}{[", "\u202e right to left"]
    orc.write("odd.jsonl", "\n".join(json.dumps({"request": one}) for one in odd))
    with MessagesApi([chooses()] * len(odd)) as api:
        serve(orc, api)
        routed = orc("route", "--file", "odd.jsonl")
    assert (routed.code, routed.err) == (0, "")
    agents = [json.loads(line)["agent"] for line in routed.out.splitlines()]
    assert agents == ["python-expert"] * len(odd)
    offline = orc("route", "--file", "odd.jsonl", "--offline")
    assert (offline.code, len(offline.out.splitlines())) == (0, len(odd))


def test_a_playbook_that_takes_a_request_is_read_once(orc: CommandLine) -> None:
    opened: Counter[Path] = Counter()
    really = Path.open

    def counted(path: Path, *given: Any, **more: Any) -> Any:
        opened[path] += 1
        return really(path, *given, **more)

    shipped_files.cache_clear()
    orc.monkeypatch.setattr(Path, "open", counted)
    routed = orc("route", "verify the ledger", "--offline", "--json")
    assert routed.json["playbook"] == "verify-ledger"
    assert {times for path, times in opened.items() if path.parent == shipped_dir()} == {1}


def test_without_a_model_nothing_heavy_is_loaded(orc: CommandLine) -> None:
    program = (
        "import sys\n"
        "from orchestrator.cli import main\n"
        "sys.argv = ['orc', 'route', 'why is redis slow?']\n"
        "try:\n    main.entry()\n"
        "except SystemExit:\n    pass\n"
        "print({'anthropic', 'asyncio', 'sqlmodel', 'ccxt', 'aiohttp'} & set(sys.modules))\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    assert done.stdout.decode().splitlines()[-1] == "set()"
