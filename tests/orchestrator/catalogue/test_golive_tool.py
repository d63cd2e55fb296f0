"""The tool that asks the gate, and the request that needs no model."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from orchestrator.catalogue.golive import TOOLS
from orchestrator.catalogue.tools import default_verdicts
from orchestrator.toolbox.tool import ToolContext, ToolError
from orchestrator.workspace.workspace import Workspace
from tests.support.command_line import CommandLine
from tests.support.repositories import AT, Repo
from trading_tools.audit.ledger import Ledger
from trading_tools.audit.trade import TradeAudit

(GATE,) = TOOLS
CONFIG = '[bot]\nname = "b"\n[[venues]]\nname = "binance"\nsymbols = ["BTC/USDT"]\n'


def context(folder: Path, files: dict[str, str]) -> tuple[ToolContext, Repo]:
    repo = Repo.at(folder, files)
    space = Workspace.create(
        repo.path, "r1", state_dir=repo.state_dir, clean=False, at=AT, environ=repo.environ
    )
    return ToolContext(run="r", agent="a", key="k", services={Workspace: space}), repo


async def test_it_says_the_same_of_the_users_folder_each_time_without_its_place(
    tmp_path: Path,
) -> None:
    text = CONFIG + '[returns]\nfile = "none.csv"\nperiods_a_year = 365\n'
    text += "[limits]\nmax_order_quote = 2\nmax_position_quote = 1\n"
    given, _ = context(tmp_path / "p", {"golive.toml": text})
    first, second = [await GATE.call(given, {}) for _ in range(2)]
    assert first == second
    assert isinstance(first.data, dict)
    assert first.data["verdict"] == "no-go"
    assert first.data["failed"] == [
        "G09 Risk limits are declared and consistent: max_order_quote 2 is above "
        "max_position_quote 1. To do: make the smaller limit the binding one"
    ]
    assert str(tmp_path) not in first.text
    assert "/workspace/none.csv" in first.text


async def test_the_bots_record_is_read_under_the_key_of_the_projects_ledger(
    tmp_path: Path,
) -> None:
    files = {"golive.toml": CONFIG + '[record]\nfile = "record.sqlite"\n', "record.sqlite": ""}
    given, repo = context(tmp_path / "p", files)
    key = b"0123456789abcdef"
    with Ledger.open(repo.path / "record.sqlite", key=key) as record:
        TradeAudit(record, "orders").order_intent(
            client_order_id="a",
            symbol="BTC/USDT",
            side="buy",
            order_type="market",
            size_base=Decimal(1),
            at=AT,
        )
    with Ledger.open(tmp_path / "own.sqlite", key=key) as own:
        services = {**given.services, Ledger: own}
        said = await GATE.call(ToolContext(run="r", agent="a", key="k", services=services), {})
    assert "G21 Audit record is whole and agrees with the venue: the chain of" in said.text


@pytest.mark.parametrize(
    ("text", "config", "said"),
    [
        (None, "golive.toml", "there is no golive.toml: `orc init --golive` writes one"),
        (CONFIG + "[limit]\n", "golive.toml", "line 6: unknown key limit, did you mean limits?"),
        (CONFIG, "/workspace/../../x.toml", "leads out of the project"),
    ],
)
async def test_what_cannot_be_asked_is_said_on_one_line(
    tmp_path: Path, text: str | None, config: str, said: str
) -> None:
    given, _ = context(tmp_path / "p", {"golive.toml": text} if text else {"a.txt": "a"})
    with pytest.raises(ToolError) as refused:
        await GATE.call(given, {"config": config})
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)


def test_it_runs_the_projects_code_and_is_free_only_in_a_seal() -> None:
    assert default_verdicts(sealed=True)["go_live_gate"] == "allow"
    assert default_verdicts(sealed=False)["go_live_gate"] == "ask"


def test_the_question_is_answered_without_a_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    orc = CommandLine(tmp_path, monkeypatch, capsys)
    (orc.project / "golive.toml").write_text(CONFIG)
    found = orc("run", "--offline", "--json", "Is my bot ready to go live?").json
    assert (found["kind"], found["verified"]) == ("golive", True)
    assert found["result"].startswith("NO-GO for b [r")
