"""`orc golive` and `orc trials` as a person and a CI service meet them."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from tests.support.command_line import CommandLine
from tests.support.golive import GateProject, equity_csv, steady

ALL = [f"G{number:02}" for number in range(1, 33)]


@pytest.fixture
def project(tmp_path: Path, orc: CommandLine, monkeypatch: pytest.MonkeyPatch) -> GateProject:
    found = GateProject(tmp_path / "bot")
    found.configure()
    found.commit_all()
    monkeypatch.chdir(found.folder)
    return found


def test_every_question_of_the_gate_is_answered_and_missing_evidence_blocks(
    orc: CommandLine, project: GateProject
) -> None:
    outcome = orc("golive", "--no-drills", "--json")
    assert outcome.code == 1
    assert outcome.json["verdict"] == "no-go"
    assert [each["id"] for each in outcome.json["checks"]] == ALL
    assert outcome.json["commit"] == project.git("rev-parse", "HEAD")
    by_id = {each["id"]: each for each in outcome.json["checks"]}
    assert by_id["G09"]["verdict"] == "pass"
    assert by_id["G09"]["evidence"][0]["sha256"] == outcome.json["config_sha256"]
    assert by_id["G18"]["verdict"] == "no-evidence"


def test_trials_that_are_recorded_become_evidence(orc: CommandLine, project: GateProject) -> None:
    for number in (1, 2):
        assert orc("trials", "record", "momentum", "equity.csv", "--param", f"n={number}").code == 0
    listed = orc("trials", "list", "momentum", "--json").json
    assert listed["count"] == 2
    assert [each["parameters"] for each in listed["trials"]] == [{"n": "1"}, {"n": "2"}]
    checks = {each["id"]: each for each in orc("golive", "--no-drills", "--json").json["checks"]}
    assert checks["G20"]["verdict"] == "pass"
    assert "of the best" not in checks["G20"]["detail"]


def test_a_check_that_is_not_required_is_told_with_its_reason_and_does_not_block(
    orc: CommandLine, project: GateProject
) -> None:
    project.configure(checks={"not_required": dict.fromkeys(ALL, "for this test only")})
    project.commit_all()
    outcome = orc("golive", "--no-drills")
    assert outcome.code == 0
    assert outcome.out.startswith("GO for momentum\n")
    assert outcome.out.count("not required: for this test only") == len(ALL)


def test_a_check_that_failed_blocks_though_it_is_not_required(
    orc: CommandLine, project: GateProject
) -> None:
    reasons = dict.fromkeys(ALL, "for this test only")
    project.configure(checks={"not_required": reasons}, limits={"max_order_quote": "9000"})
    project.commit_all()
    outcome = orc("golive", "--no-drills")
    assert outcome.code == 1
    assert outcome.out.startswith("NO-GO for momentum: 1 of 32 checks stand in the way\n")


def test_what_failed_comes_first_then_each_thing_to_do_once_and_the_next_step_last(
    orc: CommandLine, project: GateProject
) -> None:
    project.configure(limits={"max_order_quote": "9000"})
    project.commit_all()
    told = orc("golive", "--no-drills").out
    lines = told.splitlines()
    assert lines[3].startswith("FAIL         G09")
    assert told.index("FAIL") < told.index("NO EVIDENCE for") < told.index("\nPASS")
    assert told.count("the venues were not asked") == 1
    assert told.count("the drills were left out") == 1
    step = told.partition("→ run `orc golive` without --no-drills")[2].partition("→")[0]
    assert re.findall(r"G\d\d", step) == ["G07", "G22", "G24", "G25", "G26", "G27", "G28"]
    assert lines[-1].startswith("Next: make the smaller limit the binding one (G09)")


def test_reports_go_to_files_and_stdout(orc: CommandLine, project: GateProject) -> None:
    outcome = orc("golive", "--no-drills", "--format", "junit=gate.xml", "--format", "markdown")
    assert outcome.code == 1
    suite = ET.parse(project.folder / "gate.xml").getroot()
    blocking = int(suite.get("errors", "0")) + int(suite.get("failures", "0"))
    assert len(suite.findall("testcase")) == len(ALL)
    assert len(suite.findall("testcase/error")) + len(suite.findall("testcase/failure")) == blocking
    assert outcome.out.startswith("# NO-GO: momentum\n")
    assert outcome.out.count("\n| G") == len(ALL)
    assert "NO-GO for" not in outcome.err


def test_the_verdict_is_told_where_every_report_goes_to_a_file(
    orc: CommandLine, project: GateProject
) -> None:
    outcome = orc("golive", "--no-drills", "--format", f"json={project.folder / 'go.json'}")
    assert outcome.out == ""
    assert outcome.err.splitlines()[-1].startswith("NO-GO for momentum: ")


def test_the_page_has_all_checks_the_pictures_and_nothing_from_elsewhere(
    orc: CommandLine, project: GateProject
) -> None:
    for name in ("equity.csv", "other.csv"):
        project.write("other.csv", equity_csv(steady(700, 9)))
        assert orc("trials", "record", "momentum", name).code == 0
    project.configure(checks={"not_required": {"G15": "<script>alert(1)</script>"}})
    orc("golive", "--no-drills", "--format", "html=gate.html")
    page = (project.folder / "gate.html").read_text()
    assert [name for name in ALL if f"<code>{name}</code>" not in page] == []
    assert page.count("<figure>") == 3
    assert "<script" not in page
    assert "http" not in page.replace("http-equiv", "")


@pytest.mark.parametrize(
    ("words", "where"),
    [
        (("golive", "--no-drills", "--config", "nowhere.toml"), "nowhere.toml"),
        (("golive", "--no-drills", "--format", "pdf"), "--format"),
        (("golive", "--no-drills", "--format", "text", "--format", "junit"), "--format"),
        (("golive", "--no-drills", "--format", "junit=nowhere/gate.xml"), "nowhere/gate.xml"),
        (("trials", "record", "momentum", "equity.csv", "--param", "n"), "--param"),
    ],
)
def test_what_cannot_be_asked_is_one_clear_line(
    orc: CommandLine, project: GateProject, words: tuple[str, ...], where: str
) -> None:
    outcome = orc(*words, "--json")
    assert outcome.code == 2
    assert outcome.error["where"] == where


def test_a_configuration_with_three_faults_names_them_in_one_line(
    orc: CommandLine, project: GateProject
) -> None:
    project.write("golive.toml", "[bot]\nnam = 1\n")
    error = orc("golive", "--no-drills", "--json").error
    assert error["where"].endswith("golive.toml:1")
    assert error["what"] == "bot.name is missing"
    assert "line 2: unknown key bot.nam, did you mean name?" in error["fix"]


def test_an_equity_file_that_says_nothing_records_no_trial(
    orc: CommandLine, project: GateProject
) -> None:
    project.write("flat.csv", "time,equity\n2026-01-01,1\n2026-01-02,1\n2026-01-03,1\n")
    outcome = orc("trials", "record", "momentum", "flat.csv", "--time-zone", "UTC")
    assert outcome.code == 2
    assert "without variation" in outcome.err
    zoneless = orc("trials", "record", "momentum", "flat.csv").err
    assert "(`orc trials record`: --time-zone UTC)" in zoneless
    assert orc("trials", "list", "momentum").out.startswith("nothing was recorded for momentum")
