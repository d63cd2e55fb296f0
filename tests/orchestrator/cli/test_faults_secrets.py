"""Secrets that get into a run by any way come out of it by none."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.support.command import Desk, Said, does, endpoint, hand_off
from tests.support.messages_answers import failure, message, text, tool_use

SHAPED = "sk-ant-" + "api03-" + "Zk3vQ9xW2mB7nR5tY8uL1pD4sF6gH0jK" + "AbCdEfGh-IjKlMn_op"
NAMED = "correct-horse-battery-7"
EDIT = "str_replace_based_edit_tool"


@pytest.fixture
def desk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Desk:
    monkeypatch.setenv("KRAKEN_API_SECRET", NAMED)
    made = Desk(tmp_path, monkeypatch, capfd)
    (made.project / "keys.txt").write_text(f"a = {NAMED}\nb = {SHAPED}\n")
    made.commit()
    return made


def nowhere(desk: Desk, said: Said, sent: str, *, files: bool = True) -> None:
    """Neither secret is in what was said, sent, recorded or committed by the run."""
    shown = [said.out, said.err, sent]
    for words in (["show"], ["show", "--events", "--json"], ["runs", "--json"], ["audit", "tail"]):
        told = desk.orc(*words)
        shown += [told.out, told.err]
    if files:
        log = ["git", "-C", str(desk.project), "log", "-p", "--all", "--not", "main"]
        shown.append(subprocess.run(log, capture_output=True, text=True, check=True).stdout)
    for place in (desk.project / ".orchestrator").glob("ledger.sqlite*"):
        shown.append(place.read_bytes().decode("utf-8", "replace"))
    for secret in (NAMED, SHAPED):
        for where in shown:
            assert secret not in where, where[max(0, where.find(secret) - 200) :][:400]


@pytest.mark.slow
def test_secrets_in_request_files_and_output_are_taken_out(desk: Desk) -> None:
    answers = [
        does(
            ("bash", {"command": "cat keys.txt; echo; rev keys.txt >/dev/null; ls"}),
            (EDIT, {"command": "view", "path": "keys.txt"}),
            ("grep", {"pattern": "="}),
            ("bash", {"command": "cat keys.txt no-such-file; exit 3"}),
            (EDIT, {"command": "view", "path": "keys.txt/more"}),
            ("bash", {"command": "for i in $(seq 2000); do cat keys.txt; done"}),
        ),
        hand_off(result="fine"),
    ]
    with endpoint(answers) as api:
        desk.serve(api)
        said = desk.orc("run", f"Is {SHAPED} fine, and {NAMED}?", "--agent", "python-expert")
        sent = "".join(request.raw.decode() for request in api.requests)
    assert said.code == 0
    assert "[redacted:" in sent
    nowhere(desk, said, sent)


@pytest.mark.parametrize("secret", [NAMED, SHAPED])
@pytest.mark.parametrize("way", ["text", "call", "envelope"])
def test_a_reply_with_a_secret_is_not_kept(desk: Desk, secret: str, way: str) -> None:
    reply = {
        "text": message(
            text(f"The key is {secret}"), tool_use("bash", {"command": "ls"}, "toolu_a")
        ),
        "call": message(tool_use("bash", {"command": f"echo {secret}"}, "toolu_a")),
        "envelope": hand_off(result=f"Use {secret}"),
    }[way]
    with endpoint([reply, hand_off(result="fine")]) as api:
        desk.serve(api)
        said = desk.orc("run", "Is it fine?", "--agent", "python-expert", "--json")
        assert api.refused == []
        sent = "".join(request.raw.decode() for request in api.requests)
    assert (said.code, said.document["result"]) == (0, "fine")
    nowhere(desk, said, sent)


def test_a_secret_in_an_error_of_the_service_is_not_shown(desk: Desk) -> None:
    for status, kind in ((400, "invalid_request_error"), (401, "authentication_error")):
        with endpoint([failure(status, kind, f"bad key {SHAPED} or {NAMED}")]) as api:
            desk.serve(api)
            said = desk.orc("run", "Is it fine?", "--json")
        assert said.code in {2, 70}
        nowhere(desk, said, "")


def test_a_secret_in_an_answer_of_the_person_is_taken_out(desk: Desk) -> None:
    with endpoint([does(("ask_user", {"question": "Which?"})), hand_off(result="fine")]) as api:
        desk.serve(api)
        assert desk.orc("run", "Is it fine?", "--agent", "python-expert").code == 3
        said = desk.orc("answer", "last", f"take {NAMED} or {SHAPED}", "--json")
        sent = "".join(request.raw.decode() for request in api.requests)
    assert said.code == 0
    nowhere(desk, said, sent)


def test_a_secret_in_a_name_of_a_file_is_taken_out(desk: Desk) -> None:
    (desk.project / f"{NAMED}.txt").write_text("x\n")
    answers = [
        does(("list_files", {}), ("glob", {"pattern": "*.txt"}), ("bash", {"command": "ls"})),
        hand_off(result="fine"),
    ]
    with endpoint(answers) as api:
        desk.serve(api)
        said = desk.orc("run", "Is it fine?", "--agent", "python-expert", "--json")
        sent = "".join(request.raw.decode() for request in api.requests)
    assert said.code == 0
    nowhere(desk, said, sent, files=False)


def test_what_only_looks_like_a_secret_survives(desk: Desk) -> None:
    kept = [
        "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "123e4567-e89b-42d3-a456-426614174000",
        "0x52908400098527886E0F7030069857D2E4169EE7",
        "toolu_01A09q90qw90lq917835lq9",
    ]
    (desk.project / "kept.txt").write_text("\n".join(kept) + "\n")
    with endpoint([does(("bash", {"command": "cat kept.txt"})), hand_off(result="fine")]) as api:
        desk.serve(api)
        desk.orc("run", "Is it fine?", "--agent", "python-expert")
        told = str(api.requests[1].body["messages"][-1])
    assert [text for text in kept if text not in told] == []
