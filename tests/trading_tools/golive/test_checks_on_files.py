"""The checks that need no venue: each passes on a sound project and says what others lack."""

import json
import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.support.golive import NOW, GateProject, equity_csv, paper_csv, steady
from trading_tools.audit.ledger import Ledger
from trading_tools.audit.trade import TradeAudit
from trading_tools.golive.trials import record_trial
from trading_tools.golive.verdict import Verdict

AT = datetime(2026, 11, 1, tzinfo=UTC)


@pytest.fixture
def project(tmp_path: Path) -> GateProject:
    found = GateProject(tmp_path / "bot")
    found.record_trials()
    return found


@pytest.mark.parametrize("name", ["G09", "G12", "G14", "G18", "G19", "G20", "G31"])
def test_a_sound_project_passes_and_the_pass_names_its_evidence(
    project: GateProject, name: str
) -> None:
    found = project.ask(name)
    assert found.verdict is Verdict.PASS, found
    assert found.evidence
    assert not found.fix


LIMITS: list[tuple[dict[str, Any], Verdict, str]] = [
    ({"max_order_quote": "2500"}, Verdict.FAIL, "2500 is above max_position_quote 2000"),
    ({"max_exposure_quote": "10001"}, Verdict.FAIL, "above bankroll_quote × max_leverage 10000"),
    ({"max_daily_loss_quote": "1000"}, Verdict.FAIL, "equals max_drawdown_quote (1000)"),
    ({"max_drawdown_quote": "20000"}, Verdict.FAIL, "20000 is above bankroll_quote"),
    ({"first_day_exposure_quote": "6000"}, Verdict.FAIL, "first_day_exposure_quote 6000 is above"),
    ({"per_symbol_quote": {"A": "3000", "B": "3000"}}, Verdict.FAIL, "adds up to 6000"),
    ({"max_orders_a_minute": 501}, Verdict.FAIL, "501 is above max_orders_a_day"),
    ({"max_leverage": 10}, Verdict.FAIL, "without stop_distance and maintenance_margin"),
    (
        {"max_leverage": 10, "stop_distance": "0.1", "maintenance_margin": "0.005"},
        Verdict.FAIL,
        "the stop at 0.1 is beyond liquidation at 0.095",
    ),
    ({"price_collar": None}, Verdict.NO_EVIDENCE, "not declared: price_collar"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "verdict", "said"), LIMITS)
def test_limits_that_contradict_each_other_fail_and_missing_ones_are_no_evidence(
    project: GateProject, change: dict[str, Any], verdict: Verdict, said: str
) -> None:
    found = project.ask("G09", limits=change)
    assert found.verdict is verdict
    assert said in found.detail


def test_a_bot_that_sends_market_orders_must_bound_its_slippage(project: GateProject) -> None:
    venue = {"name": "binance", "symbols": ["BTC/USDT"], "order_types": ["market"]}
    assert "not declared: max_slippage" in project.ask("G09", venues=[venue]).detail


@pytest.mark.parametrize(
    ("change", "verdict", "said"),
    [
        ({"fraction": "2.6"}, Verdict.FAIL, "above the 2.5 that the figures, multiplier and cap"),
        ({"fraction": "10"}, Verdict.FAIL, "at or above the fraction at which growth is zero"),
        ({"cap": "0.02"}, Verdict.FAIL, "above the 0.02 that"),
        ({"win_rate": "0.4"}, Verdict.FAIL, "no edge: full Kelly is -10"),
        ({"fees": "0.03"}, Verdict.FAIL, "after fees there is no bet"),
        ({"sample_trades": 29}, Verdict.NO_EVIDENCE, "the figures rest on 29 trades"),
    ],
)
def test_a_size_that_its_own_figures_do_not_justify_fails(
    project: GateProject, change: dict[str, Any], verdict: Verdict, said: str
) -> None:
    found = project.ask("G12", sizing=change)
    assert (found.verdict, said in found.detail) == (verdict, True), found.detail


def test_a_win_rate_that_paper_trading_does_not_bear_out_fails(project: GateProject) -> None:
    lines = paper_csv().splitlines()
    lost = [line.removesuffix("0.5") + "-0.5" for line in lines[1:108]]
    project.write("paper.csv", "\n".join([lines[0], *lost, *lines[108:]]) + "\n")
    found = project.ask("G12")
    assert found.verdict is Verdict.FAIL
    assert found.detail.startswith("93 of 200 trades on paper won: at a win rate of 0.55 so few")
    assert project.ask("G12", sizing={"win_rate": "0.52", "fraction": "1"}).verdict is Verdict.PASS


@pytest.mark.parametrize(("limit", "least", "most"), [("200", 0.99, 1), ("8000", 0, 0.01)])
def test_the_chance_of_the_declared_drawdown_is_told_with_the_size(
    project: GateProject, limit: str, least: float, most: float
) -> None:
    found = project.ask("G12", limits={"max_drawdown_quote": limit})
    assert least <= found.evidence[0].figures["chance_of_max_drawdown_in_a_year"] <= most
    assert "chance of max_drawdown_quote within a year" in found.detail


def test_no_sizing_is_no_evidence(project: GateProject) -> None:
    assert project.ask("G12", sizing=None).verdict is Verdict.NO_EVIDENCE


@pytest.mark.parametrize("name", ["G18", "G19", "G20"])
def test_without_a_count_of_trials_no_statistic_is_evidence(tmp_path: Path, name: str) -> None:
    found = GateProject(tmp_path / "bot").ask(name)
    assert found.verdict is Verdict.NO_EVIDENCE
    assert "the number of trials is unknown" in found.detail


def test_a_record_that_luck_explains_fails(project: GateProject) -> None:
    project.write("equity.csv", equity_csv([each - 0.0019 for each in steady(800, 1)]))
    for name in ("G18", "G20"):
        assert project.ask(name).verdict is Verdict.FAIL


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (equity_csv([0.0] * 9), "without variation there is no ratio"),
        ("time,equity\n", "0 values; at least 2 are needed"),
        ("when,equity\n1,2\n", "no column for the time"),
    ],
)
def test_returns_that_say_nothing_are_no_evidence(
    project: GateProject, text: str, said: str
) -> None:
    project.write("equity.csv", text)
    found = project.ask("G18")
    assert found.verdict is Verdict.NO_EVIDENCE
    assert said in found.detail


def test_trials_that_are_missing_from_the_table_leave_overfitting_open(
    project: GateProject,
) -> None:
    project.record_trials(4)
    found = project.ask("G19")
    assert found.verdict is Verdict.NO_EVIDENCE
    assert "4 trials are recorded, the file has 3" in found.detail


def spoil_paper(text: str) -> Callable[[GateProject], None]:
    return lambda project: project.write("paper.csv", text)


def change_the_bot(project: GateProject) -> None:
    project.write("bot.py", "print('changed')\n")


def test_a_spot_market_is_not_the_perpetual_that_was_traded_on_paper(project: GateProject) -> None:
    venues = [{"name": "binance", "symbols": ["BTC/USDT:USDT"]}]
    found = project.ask("G14", venues=venues)
    assert found.verdict is Verdict.FAIL
    assert "it traded BTC/USDT on paper, which golive.toml does not list" in found.detail
    project.write("paper.csv", paper_csv(symbol="BTC/USDT:USDT"))
    assert project.ask("G14", venues=venues).verdict is Verdict.PASS


@pytest.mark.parametrize(
    ("spoil", "paper", "verdict", "said"),
    [
        (spoil_paper(paper_csv(100)), {}, Verdict.NO_EVIDENCE, "100 trades on"),
        (spoil_paper(paper_csv(slippage_bp=8)), {}, Verdict.FAIL, "the model has 2"),
        (spoil_paper(paper_csv(slippage_bp=1.9)), {}, Verdict.NO_EVIDENCE, "the model has 2"),
        (spoil_paper(paper_csv(symbol="DOGE/USDT")), {}, Verdict.FAIL, "it traded DOGE/USDT"),
        (spoil_paper("closed_at,profit\n"), {}, Verdict.NO_EVIDENCE, "0 trades on 0 days"),
        (change_the_bot, {}, Verdict.FAIL, "bot.py changed since commit"),
        (None, {"commit": "0123456789"}, Verdict.NO_EVIDENCE, "commit 0123456789 is not in this"),
        (None, {"commit": None}, Verdict.NO_EVIDENCE, "does not say which commit traded on paper"),
        (None, {"from": "2026-11-15"}, Verdict.NO_EVIDENCE, "needed: 155"),
        (None, {"file": "nowhere.csv"}, Verdict.NO_EVIDENCE, "there is no such file"),
    ],
)  # fmt: skip
def test_paper_trading_that_shows_too_little_or_another_bot(
    project: GateProject,
    spoil: Callable[[GateProject], None] | None,
    paper: dict[str, Any],
    verdict: Verdict,
    said: str,
) -> None:
    if spoil is not None:
        spoil(project)
    found = project.ask("G14", paper=paper)
    assert (found.verdict, said in found.detail) == (verdict, True), found.detail


def test_what_is_not_committed_does_not_go_live(project: GateProject) -> None:
    project.configure()
    project.commit_all()
    (project.folder / "golive.toml").write_text(
        (project.folder / "golive.toml").read_text() + "\n", encoding="utf-8"
    )
    found = project.ask_as_it_is("G31")
    assert found.verdict is Verdict.FAIL
    assert "1 files are not committed, the first is golive.toml" in found.detail


@pytest.mark.parametrize(
    ("change", "verdict", "said"),
    [
        ({"approvers": ["ada", "ada"]}, Verdict.NO_EVIDENCE, "two deployment.approvers"),
        ({"rollback_tested": "2025-11-01"}, Verdict.NO_EVIDENCE, "not within the last 180 days"),
        ({"rollback_tested": "2027-11-01"}, Verdict.NO_EVIDENCE, "not within the last 180 days"),
    ],
)  # fmt: skip
def test_a_deployment_that_nobody_prepared_is_no_evidence(
    project: GateProject, change: dict[str, Any], verdict: Verdict, said: str
) -> None:
    found = project.ask("G31", deployment=change)
    assert (found.verdict, said in found.detail) == (verdict, True), found.detail


def test_a_dependency_without_a_version_fails(project: GateProject) -> None:
    project.write("requirements.lock", "ccxt>=4\naiohttp==3.14.5\n")
    assert "leaves ccxt>=4 open" in project.ask("G31").detail


def audited(project: GateProject, orders: list[str], key: bytes | None = None) -> dict[str, Any]:
    with Ledger.open(project.folder / "orders.sqlite", key=key) as ledger:
        trail = TradeAudit(ledger, "orders")
        for name in orders:
            trail.order_intent(
                client_order_id=name,
                symbol="BTC/USDT",
                side="buy",
                order_type="limit",
                size_base=Decimal(1),
                price_quote=Decimal(5),
                at=AT,
            )
    return {"file": "orders.sqlite", "venue_history": "history.json"}


def history(project: GateProject, *names: str | None) -> None:
    project.write(
        "history.json", json.dumps([{"id": "1", "clientOrderId": name} for name in names])
    )


def test_a_record_that_has_all_of_the_venues_orders_passes(project: GateProject) -> None:
    record = audited(project, ["a", "b"])
    history(project, "a")
    assert project.ask("G21", record=record).verdict is Verdict.PASS


def test_a_list_of_the_venue_that_has_no_order_agrees_with_nothing(project: GateProject) -> None:
    record = audited(project, ["a", "b"])
    history(project)
    found = project.ask("G21", record=record)
    assert found.verdict is Verdict.NO_EVIDENCE
    assert "the venue's list has none of the 2 orders" in found.detail


def test_a_file_that_names_no_symbols_is_no_evidence_for_several(project: GateProject) -> None:
    project.write("paper.csv", paper_csv(symbol=""))
    venues = [{"name": "binance", "symbols": ["BTC/USDT", "ETH/USDT"]}]
    found = project.ask("G14", venues=venues)
    assert found.verdict is Verdict.NO_EVIDENCE
    assert "does not say which symbols" in found.detail


@pytest.mark.parametrize("name", ["G18", "G20"])
def test_a_handful_of_periods_proves_nothing_however_good_they_were(
    project: GateProject, name: str
) -> None:
    project.write("equity.csv", equity_csv([1.0, 0.95, 1.02]))
    found = project.ask(name)
    assert found.verdict is Verdict.NO_EVIDENCE
    assert "3 periods" in found.detail


@pytest.mark.parametrize("name", ["G18", "G20"])
def test_a_record_of_the_future_fails(project: GateProject, name: str) -> None:
    first, *rows = equity_csv(steady(800, 1)).splitlines()
    days = (NOW + timedelta(days=number) for number in range(len(rows)))
    later = [f"{day:%Y-%m-%d}T00:00:00Z{row[20:]}" for day, row in zip(days, rows, strict=True)]
    project.write("equity.csv", "\n".join([first, *later]))
    found = project.ask(name)
    assert found.verdict is Verdict.FAIL
    assert "in the future" in found.detail


@pytest.mark.parametrize("price", ["0", "-100"])
def test_a_fill_without_a_price_is_no_good_fill(project: GateProject, price: str) -> None:
    lines = paper_csv().splitlines()
    cells = lines[-1].split(",")
    cells[3] = price
    project.write("paper.csv", "\n".join([*lines[:-1], ",".join(cells)]))
    found = project.ask("G14")
    assert found.verdict is Verdict.NO_EVIDENCE
    assert "a positive price is needed" in found.detail


def test_figures_beyond_all_reason_are_judged_and_not_a_crash(project: GateProject) -> None:
    assert project.ask("G12", sizing={"loss": "1e-60"}).verdict is not Verdict.NO_EVIDENCE


def test_trials_that_are_all_alike_say_nothing_of_what_luck_can_do(project: GateProject) -> None:
    with Ledger.open(project.ledger_file) as ledger:
        for number in range(200):
            record_trial(ledger, "copies", {"n": str(number)}, 0.05, 800, "00")
    found = project.ask("G18", bot={"name": "copies"})
    assert found.verdict is Verdict.NO_EVIDENCE
    assert "all have one and the same ratio" in found.detail


@pytest.mark.parametrize(
    ("names", "verdict", "said"),
    [
        (["a", "x"], Verdict.FAIL, "1 orders at the venue are in no record, the first is x"),
        (["a", None], Verdict.FAIL, "1 of the venue's orders have no client order id"),
    ],
)
def test_an_order_that_the_record_does_not_know_fails(
    project: GateProject, names: list[str | None], verdict: Verdict, said: str
) -> None:
    record = audited(project, ["a"])
    history(project, *names)
    found = project.ask("G21", record=record)
    assert (found.verdict, said in found.detail) == (verdict, True), found.detail


def test_a_record_whose_key_was_not_given_is_no_evidence_and_no_broken_chain(
    project: GateProject,
) -> None:
    record = audited(project, ["a"], key=b"0123456789abcdef")
    history(project, "a")
    found = project.ask("G21", record=record)
    assert (found.verdict, "ORC_AUDIT_KEY" in found.fix) == (Verdict.NO_EVIDENCE, True)


def test_a_record_with_a_broken_chain_fails(project: GateProject) -> None:
    record = audited(project, ["a", "b"])
    history(project, "a")
    base = sqlite3.connect(project.folder / "orders.sqlite")
    for (trigger,) in base.execute(
        "select name from sqlite_master where type = 'trigger'"
    ).fetchall():
        base.execute(f'drop trigger "{trigger}"')
    base.execute("update audit_event set body = replace(body, 'buy', 'sell') where seq = 2")
    base.commit()
    base.close()
    found = project.ask("G21", record=record)
    assert found.verdict is Verdict.FAIL
    assert "the chain is broken: orders 2" in found.detail


@pytest.mark.parametrize(
    ("record", "said"),
    [
        ({"file": "nowhere.sqlite"}, "nowhere.sqlite is not there"),
        ({"file": "bot.py"}, "bot.py"),
        ({"file": "orders.sqlite", "stream": "other"}, "the ledger has no stream other"),
        ({"file": "orders.sqlite"}, "the venue's own list is missing"),
    ],
)
def test_a_record_that_cannot_be_read_or_compared_is_no_evidence(
    project: GateProject, record: dict[str, Any], said: str
) -> None:
    audited(project, ["a"])
    found = project.ask("G21", record=record)
    assert (found.verdict, said in found.detail) == (Verdict.NO_EVIDENCE, True), found.detail
