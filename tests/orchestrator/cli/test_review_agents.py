"""`orc review --agents`: claims looked up, merged, confirmed; the specialists are stand-ins."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.support.command import Desk, Said, hand_off
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


def claim(**given: Any) -> dict[str, Any]:
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


@pytest.fixture
def desk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Desk:
    made = Desk(tmp_path, monkeypatch, capfd)
    (made.project / "bot.py").write_text(BOT)
    return made


def served(**said: list[dict[str, Any]]) -> MessagesApi:
    """Each specialist, by the first word of its name, claims these; the others nothing."""

    def script(body: dict[str, Any], headers: object, n: int) -> dict[str, Any]:
        del headers, n
        name = body["system"][0]["text"].split("\n")[0]
        word = name.removeprefix("You are ").split("-")[0]
        return hand_off(result="reviewed", context_forward={"findings": said.get(word, [])})

    return MessagesApi(script)


def review(desk: Desk, api: MessagesApi, *words: str) -> Said:
    with api:
        desk.serve(api)
        return desk.orc("review", "bot.py", "--agent", WIRE, "--agent", RISK, *words)


def test_a_claim_that_nothing_confirms_is_told_and_does_not_decide(desk: Desk) -> None:
    said = review(desk, served(risk=[claim()]), "--ignore", "T11", "--json")
    assert said.code == 0, said.err
    (found,) = said.document["findings"]
    assert (found["rule"], found["line"], found["severity"]) == ("agents-risk", 7, "error")
    assert (found["sources"], found["standing"]) == ([RISK], "not confirmed")
    assert [each["status"] for each in said.document["agents"]] == ["success", "success"]
