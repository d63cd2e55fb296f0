"""Drills as the gate's evidence: what each check takes of them, and when a kept result counts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.golive import NOW, GateProject, check
from trading_tools.audit.ledger import Ledger
from trading_tools.drill.oracle.finding import Judged, Span
from trading_tools.drill.oracle.finding import Verdict as DrillVerdict
from trading_tools.drill.reports.outcome import Outcome
from trading_tools.drill.running import Drill
from trading_tools.drill.spec import DrillError
from trading_tools.golive.check import Case
from trading_tools.golive.config.reading import read_project
from trading_tools.golive.drilled import Drilled, binding, drill_or_recall, recorded
from trading_tools.golive.verdict import Finding, Verdict

KEY = b"0123456789abcdef"
SPANS = (Span("order", 0, 1_000), Span("exit", 2_000, 2_000))
WHY = "as the test says"
BOT = {"command": ["python", "bot.py"]}


@pytest.fixture
def project(tmp_path: Path) -> GateProject:
    found = GateProject(tmp_path / "bot")
    found.configure(bot=BOT)
    found.commit_all()
    return found


class Runner:
    """Judges every scenario that is asked for as a test says, and counts how often it was asked."""

    def __init__(self, judge: Callable[[str], DrillVerdict] = lambda _name: DrillVerdict.PASS):
        self.asked: list[Drill] = []
        self.judge = judge

    def __call__(self, asked: Drill) -> Outcome:
        self.asked.append(asked)
        judged = [
            Judged(each.name, venue, self.judge(each.name), WHY, "", (), 1.0, spans=SPANS)
            for venue in asked.venues
            for each in asked.scenarios
            if each.fits(venue)
        ]
        return Outcome(judged, asked.command, asked.seed, "namespace", 1.0)


def drilled(
    project: GateProject, run: Callable[[Drill], Outcome], key: bytes | None = KEY
) -> Drilled | Finding:
    found = read_project(project.folder / "golive.toml")
    with Ledger.open(project.folder.parent / "keyed.sqlite", key=key) as ledger:
        return drill_or_recall(found, ledger, run)


def verdict(project: GateProject, name: str, result: Drilled | Finding) -> Finding:
    found = read_project(project.folder / "golive.toml")
    return check(name).run(Case(project=found, now=NOW, drilled=result))


DRILLED = ["G22", "G24", "G25", "G26", "G27", "G28"]


@pytest.mark.parametrize("name", DRILLED)
def test_a_check_passes_when_its_scenarios_pass(project: GateProject, name: str) -> None:
    found = verdict(project, name, drilled(project, Runner()))
    assert found.verdict is Verdict.PASS
    assert found.evidence[0].sha256


@pytest.mark.parametrize(
    ("name", "scenario"),
    list(zip(DRILLED, ["kill", "d13", "d29", "d28", "d24", "d18"], strict=True)),
)
@pytest.mark.parametrize("came_to", [DrillVerdict.FAIL, DrillVerdict.NO_EVIDENCE])
def test_one_scenario_that_does_not_pass_decides_its_check_alone(
    project: GateProject, name: str, scenario: str, came_to: DrillVerdict
) -> None:
    runner = Runner(lambda each: came_to if each.startswith(scenario) else DrillVerdict.PASS)
    result = drilled(project, runner)
    for other in DRILLED:
        found = verdict(project, other, result)
        assert found.verdict.value == (came_to.value if other == name else "pass")
    assert f"; {scenario}" in verdict(project, name, result).detail


def test_one_reason_why_nothing_ran_is_the_same_answer_for_every_check(
    project: GateProject,
) -> None:
    result = drilled(project, Runner(lambda _name: DrillVerdict.NO_EVIDENCE))
    said = [verdict(project, name, result) for name in DRILLED]
    assert {(each.verdict, each.detail) for each in said} == {
        (Verdict.NO_EVIDENCE, "binance: as the test says")
    }


def test_a_venue_that_drills_do_not_have_leaves_its_checks_open(project: GateProject) -> None:
    venues = [{"name": name, "symbols": ["BTC/USDT"]} for name in ("binance", "okx")]
    project.configure(bot=BOT, venues=venues)
    found = verdict(project, "G26", drilled(project, Runner()))
    assert found.verdict is Verdict.NO_EVIDENCE
    assert "drills have no venue okx" in found.detail


def test_a_kept_result_spares_the_drills_while_nothing_has_changed(project: GateProject) -> None:
    runner = Runner()
    first, again = drilled(project, runner), drilled(project, runner)
    assert len(runner.asked) == 1
    assert isinstance(first, Drilled)
    assert isinstance(again, Drilled)
    assert again.judged == first.judged
    assert again.judged[0].spans == SPANS
    assert again.evidence.sha256 == first.evidence.sha256


def spoil_commit(project: GateProject) -> None:
    project.commit_all()


def spoil_tree(project: GateProject) -> None:
    project.write("bot.py", "print('other')\n")


def spoil_config(project: GateProject) -> None:
    project.configure(bot=BOT, limits={"max_order_quote": "400"})
    project.git("commit", "-q", "-a", "--amend", "--no-edit")


@pytest.mark.parametrize("spoil", [spoil_commit, spoil_tree, spoil_config])
def test_whatever_changes_the_bot_drills_again(
    project: GateProject, spoil: Callable[[GateProject], None]
) -> None:
    runner = Runner()
    drilled(project, runner)
    spoil(project)
    drilled(project, runner)
    assert len(runner.asked) == 2


def test_a_result_in_a_ledger_without_a_key_is_not_believed(project: GateProject) -> None:
    runner = Runner()
    for _ in range(2):
        drilled(project, runner, key=None)
    assert len(runner.asked) == 2


@pytest.mark.parametrize("opened_with", [KEY, None])
def test_a_result_under_a_key_that_is_not_ours_is_not_believed(
    project: GateProject, opened_with: bytes | None
) -> None:
    drilled(project, Runner(), key=b"of somebody else")
    bound = binding(read_project(project.folder / "golive.toml"))
    assert bound is not None
    with Ledger.open(project.folder.parent / "keyed.sqlite", key=opened_with) as ledger:
        assert recorded(ledger, "momentum", bound) is None


def test_a_bot_without_a_command_and_drills_that_cannot_be_made_are_no_evidence(
    project: GateProject,
) -> None:
    def cannot(asked: Drill) -> Outcome:
        raise DrillError("there is no bubblewrap; install it")

    said = verdict(project, "G28", drilled(project, cannot))
    assert (said.verdict, "no bubblewrap" in said.detail) == (Verdict.NO_EVIDENCE, True)
    project.configure()
    said = verdict(project, "G28", drilled(project, Runner()))
    assert (said.verdict, "how the bot is started" in said.detail) == (Verdict.NO_EVIDENCE, True)


def test_drills_that_were_interrupted_are_no_evidence(project: GateProject) -> None:
    runner = Runner()
    said = drilled(project, lambda asked: replace(runner(asked), interrupted=True))
    assert isinstance(said, Finding)
    assert said.verdict is Verdict.NO_EVIDENCE
