"""`orc` with its ledger on a PostgreSQL server: a whole run, and one owner on all machines."""

from __future__ import annotations

import pytest

from tests.support.command import Desk, does, endpoint, hand_off
from tests.support.postgresql import Server
from trading_tools.audit.ledger import Ledger

pytestmark = pytest.mark.slow
QUESTION = does(("ask_user", {"question": "Which venue?"}))


@pytest.fixture
def url(postgresql: Server, monkeypatch: pytest.MonkeyPatch) -> str:
    url = postgresql.database()
    monkeypatch.setenv("ORC_LEDGER_URL", url)
    return url


def test_a_run_is_driven_shown_replayed_and_verified(desk: Desk, url: str) -> None:
    assert desk.orc("runs", "--json").document == []
    written = {"command": "create", "path": "note.md", "file_text": "x" * 40_000}
    turns = [does(("str_replace_based_edit_tool", written)), hand_off(result="It is written.")]
    with endpoint(turns) as api:
        desk.serve(api)
        said = desk.orc("run", "Is it fine?", "--agent", "python-expert", "--json")
    assert said.document["result"] == "It is written.", said
    run = said.document["run"]
    assert [row["run"] for row in desk.orc("runs", "--json").document] == [run]
    assert desk.orc("show", run, "--json").document["head"] == said.document["head"]
    assert desk.orc("audit", "verify", "--json").document["valid"] is True
    assert not (desk.project / ".orchestrator" / "ledger.sqlite").exists()
    assert "stream at postgresql:///" in desk.orc("doctor", "--json").out


def test_trials_that_were_recorded_are_listed(desk: Desk, url: str) -> None:
    del url
    days = "".join(f"2026-01-{day:02}T00:00Z,{1000 + day % 3}\n" for day in range(1, 20))
    (desk.project / "equity.csv").write_text("time,equity\n" + days)
    assert desk.orc("trials", "list", "momentum", "--json").document["count"] == 0
    said = desk.orc("trials", "record", "momentum", "equity.csv", "--param", "n=1", "--json")
    assert said.code == 0, said
    assert desk.orc("trials", "list", "momentum", "--json").document["count"] == 1


def test_a_run_that_another_machine_drives_is_refused_until_it_is_cut_off(
    desk: Desk, url: str
) -> None:
    with endpoint([QUESTION, hand_off(result="Bybit it is.")]) as api:
        desk.serve(api)
        assert desk.orc("run", "Which venue?", "--agent", "python-expert", "--json").code == 3
        run = desk.orc("runs", "--json").document[0]["run"]
        # The lock file of another machine is not here: only the server knows of its process.
        with Ledger.open(url) as elsewhere, elsewhere.holding(run):
            for words in (("resume", run), ("answer", run, "bybit")):
                refused = desk.orc(*words, "--json")
                assert refused.code == 2
                assert "driven elsewhere" in refused.document["error"]["what"], refused
            taken = desk.orc("resume", run, "--take-over", "--json")
            assert taken.code == 3, taken
            assert "cut off" in taken.err
        assert desk.orc("answer", run, "bybit", "--json").document["result"] == "Bybit it is."


def test_a_server_that_is_not_there_is_one_line(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ORC_LEDGER_URL", "postgresql://desk:a-secret-word@127.0.0.1:1/ledger")
    with endpoint([hand_off()]) as api:
        desk.serve(api)
        for words in (("runs",), ("show", "last"), ("audit", "verify"), ("run", "Is it fine?")):
            said = desk.orc(*words, "--json")
            assert said.code == 2, said
            assert "start the server" in said.document["error"]["fix"]
            assert "a-secret-word" not in said.out + said.err
