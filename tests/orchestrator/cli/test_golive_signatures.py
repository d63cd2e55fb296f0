"""Waivers, signatures and handed-over reports: real keys, the real ssh-keygen, the real ledger."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.support.command_line import CommandLine, Outcome
from tests.support.golive import GateProject
from trading_tools.audit.ledger import Ledger

pytestmark = pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="needs ssh-keygen")
NOT_REQUIRED = {f"G{number:02}": "for this test only" for number in range(1, 33) if number != 15}
TODAY = datetime.now(UTC).date()
SOON = str(TODAY + timedelta(days=5))
REASON = "the backtest has no replay yet, ticket 12"


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A key each for ada and grace, and the file that says so."""
    folder = tmp_path_factory.mktemp("keys")
    lines = []
    for name in ("ada", "grace", "mallory"):
        words = [
            "ssh-keygen",
            "-q",
            "-t",
            "ed25519",
            "-N",
            "",
            "-C",
            name,
            "-f",
            str(folder / name),
        ]
        subprocess.run(words, check=True)
        lines.append(f"{name} {(folder / f'{name}.pub').read_text()}")
    (folder / "signers").write_text("".join(lines[:2]))
    return folder


@pytest.fixture
def project(
    tmp_path: Path, orc: CommandLine, keys: Path, monkeypatch: pytest.MonkeyPatch
) -> GateProject:
    """A bot of which only G15 is required, which has no evidence."""
    found = GateProject(tmp_path / "bot")
    found.write("approvers.keys", (keys / "signers").read_text())
    found.write(".gitignore", "go.json\ngo.html\n")
    found.configure(deployment={"signers": "approvers.keys"}, checks={"not_required": NOT_REQUIRED})
    found.commit_all()
    monkeypatch.chdir(found.folder)
    return found


def waive(
    orc: CommandLine, keys: Path, until: str = SOON, by: str = "ada", key: str = ""
) -> Outcome:
    return orc(
        "golive", "waive", "G15", "--reason", REASON, "--until", until, "--as", by,
        "--key", str(keys / (key or by)),
    )  # fmt: skip


def judge(orc: CommandLine) -> Outcome:
    return orc("golive", "--no-drills", "--format", "json=go.json")


def sign(orc: CommandLine, keys: Path, *names: str) -> None:
    for name in names:
        assert orc("golive", "sign", "go.json", "--as", name, "--key", str(keys / name)).code == 0


def worth(orc: CommandLine) -> list[str]:
    """What speaks against the report; nothing where the go holds."""
    outcome = orc("golive", "--verify", "go.json", "--json")
    assert outcome.code == (0 if outcome.json["valid"] else 1)
    problems: list[str] = outcome.json["problems"]
    return problems


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where a go that nobody has signed is kept, once a test has made it."""
    return tmp_path_factory.mktemp("go") / "bot"


@pytest.fixture
def judged(orc: CommandLine, project: GateProject, keys: Path, kept: Path) -> GateProject:
    """A project with a go, as JSON and as a page: the first made, each other a copy of it."""
    if kept.exists():
        for each in project.folder.iterdir():
            shutil.rmtree(each) if each.is_dir() else each.unlink()
    else:
        waive(orc, keys)
        orc("golive", "--no-drills", "--format", "json=go.json", "--format", "html=go.html")
        assert worth(orc) == ["not signed by ada, grace"]
        shutil.copytree(project.folder, kept)
    shutil.copytree(kept, project.folder, dirs_exist_ok=True)
    return project


@pytest.fixture
def signed(orc: CommandLine, judged: GateProject, keys: Path) -> GateProject:
    """A project with a go that both approvers signed."""
    sign(orc, keys, "ada", "grace")
    return judged


def test_what_blocks_is_not_signed_until_a_waiver_lets_it_pass_and_says_who_answers(
    orc: CommandLine, project: GateProject, keys: Path
) -> None:
    assert judge(orc).code == 1
    refused = orc("golive", "sign", "go.json", "--as", "ada", "--key", str(keys / "ada"))
    assert "it is no go" in refused.err
    assert waive(orc, keys).code == 0
    assert judge(orc).code == 0
    said = json.loads((project.folder / "go.json").read_text())
    (waived,) = (each for each in said["checks"] if each["id"] == "G15")
    assert waived["verdict"] == "waived"
    assert waived["detail"].endswith(f"Waived by ada until {SOON}: {REASON}")


def test_a_waiver_without_a_reason_past_its_day_or_of_a_strange_key_is_refused(
    orc: CommandLine, project: GateProject, keys: Path
) -> None:
    assert "is not within the next 90 days" in waive(orc, keys, str(TODAY - timedelta(days=1))).err
    assert "is not within the next 90 days" in waive(orc, keys, str(TODAY + timedelta(days=91))).err
    told = waive(orc, keys, key="mallory").err
    assert "the signature is not ada's: ssh-keygen says 'Could not verify signature'" in told
    assert "there is no such key" in waive(orc, keys, key="nobody").err
    words = ("--reason", "later", "--until", SOON, "--as", "ada", "--key", str(keys / "ada"))
    assert "is no reason" in orc("golive", "waive", "G15", *words).err
    assert "there is no check 'G99'" in orc("golive", "waive", "G99", *words).err
    assert "'soon' is no day; write it as 2026-" in waive(orc, keys, "soon").err
    with Ledger.open(project.folder / ".orchestrator" / "ledger.sqlite") as ledger:
        assert not ledger.streams()


def test_a_waiver_counts_for_nothing_once_its_signer_is_taken_off_the_list(
    orc: CommandLine, project: GateProject, keys: Path
) -> None:
    waive(orc, keys)
    lines = (keys / "signers").read_text().splitlines(keepends=True)
    project.write("approvers.keys", lines[1])
    outcome = orc("golive", "--no-drills", "--json")
    (open_still,) = (each for each in outcome.json["checks"] if each["id"] == "G15")
    assert open_still["verdict"] == "no-evidence"
    assert "ada is not in approvers.keys" in open_still["detail"]


def test_a_failed_check_cannot_be_waived(
    orc: CommandLine, project: GateProject, keys: Path
) -> None:
    project.configure(
        deployment={"signers": "approvers.keys"},
        checks={"not_required": NOT_REQUIRED},
        limits={"max_order_quote": "9000"},
    )
    words = ("--reason", REASON, "--until", SOON, "--as", "ada", "--key", str(keys / "ada"))
    assert orc("golive", "waive", "G09", *words).code == 0
    outcome = orc("golive", "--no-drills", "--json")
    (failed,) = (each for each in outcome.json["checks"] if each["id"] == "G09")
    assert failed["verdict"] == "fail"


def test_a_go_that_both_approvers_signed_holds(orc: CommandLine, signed: GateProject) -> None:
    assert worth(orc) == []


@pytest.mark.parametrize("who", ["grace", "*"])
def test_one_key_is_one_person_whatever_names_it_has(
    orc: CommandLine, project: GateProject, keys: Path, who: str
) -> None:
    ada = (keys / "signers").read_text().splitlines()[0].removeprefix("ada ")
    project.write("approvers.keys", f"ada {ada}\n{who} {ada}\n")
    project.commit_all()
    waive(orc, keys)
    judge(orc)
    for name in ("ada", "grace"):
        words = ("golive", "sign", "go.json", "--as", name, "--key", str(keys / "ada"))
        assert orc(*words).code == 0
    assert worth(orc) == ["ada, grace signed with one and the same key"]


def test_a_go_ends_with_the_first_waiver_that_it_rests_on(
    orc: CommandLine, project: GateProject, keys: Path
) -> None:
    waive(orc, keys, until=str(TODAY))
    assert judge(orc).code == 0
    said = json.loads((project.folder / "go.json").read_text())
    assert said["valid_until"][:10] == str(TODAY + timedelta(days=1))


def change_code(project: GateProject) -> None:
    project.write("bot.py", "print('changed')\n")
    project.commit_all()


def change_tree(project: GateProject) -> None:
    project.write("bot.py", "print('changed')\n")


def change_report(project: GateProject) -> None:
    file = project.folder / "go.json"
    file.write_text(file.read_text().replace("200 trades", "900 trades"))


def lose_ledger(project: GateProject) -> None:
    shutil.rmtree(project.folder / ".orchestrator")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (change_code, "it speaks of commit"),
        (change_tree, "1 files differ from the commit, the first is bot.py"),
        (change_report, "the ledger does not know it"),
        (lose_ledger, "the ledger"),
    ],
)
def test_whatever_changes_afterwards_voids_the_go(
    orc: CommandLine, signed: GateProject, change: Callable[[GateProject], None], said: str
) -> None:
    change(signed)
    assert any(said in each for each in worth(orc))


def test_nobody_signs_for_another_or_another_ones_report(
    orc: CommandLine, judged: GateProject, keys: Path
) -> None:
    ada = ("--as", "ada", "--key", str(keys / "ada"))
    mallory = ("--as", "mallory", "--key", str(keys / "mallory"))
    assert "mallory is not among the approvers" in orc("golive", "sign", "go.json", *mallory).err
    change_report(judged)
    assert "made elsewhere or changed" in orc("golive", "sign", "go.json", *ada).err
    for file, why in (("requirements.lock", "is no report of the gate"), ("no.json", "cannot be")):
        said = orc("golive", "--verify", file).err
        assert said.startswith(f"orc: {file}: {why}")
        assert "`orc golive --format json=FILE` wrote" in said


def test_a_run_can_neither_waive_nor_sign(
    orc: CommandLine, project: GateProject, keys: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ORC_COMMAND", "1")
    outcome = waive(orc, keys)
    assert outcome.code == 2
    assert "a person decides that" in outcome.err


def test_a_ledger_that_cannot_be_checked_makes_no_go_hold(
    orc: CommandLine, project: GateProject, keys: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ORC_AUDIT_KEY", "0" * 32)
    waive(orc, keys)
    judge(orc)
    sign(orc, keys, "ada", "grace")
    assert worth(orc) == []
    for key in ("", "wrong"):
        monkeypatch.setenv("ORC_AUDIT_KEY", key)
        (problem, missing) = worth(orc)
        assert problem.startswith("the ledger cannot be believed: the ledger ")
        assert "is under key" in problem
        assert missing == "not signed by ada, grace"


@pytest.mark.parametrize("added", ['"verdict": "NO-GO", ', '"extra": NaN, '])
def test_a_report_that_two_readers_read_differently_is_none(
    orc: CommandLine, signed: GateProject, added: str
) -> None:
    report = signed.folder / "go.json"
    report.write_text(report.read_text().replace("{", "{" + added, 1))
    outcome = orc("golive", "--verify", "go.json")
    assert outcome.code == 2
    assert "is no report of the gate" in outcome.err


def test_a_person_whose_key_nobody_named_is_told_so(
    orc: CommandLine, project: GateProject, keys: Path
) -> None:
    outcome = waive(orc, keys, by="mallory")
    assert outcome.code == 2
    assert "mallory is not in approvers.keys; there are ada, grace" in outcome.err


def test_who_signed_is_written_on_the_page_of_that_report_and_of_no_other(
    orc: CommandLine, judged: GateProject, keys: Path
) -> None:
    page = judged.folder / "go.html"
    assert "signed by nobody" in page.read_text()
    sign(orc, keys, "ada")
    assert orc("golive", "--verify", "go.json", "--page", "go.html").code == 1
    assert "not to be relied on" in page.read_text()
    sign(orc, keys, "grace")
    assert orc("golive", "--verify", "go.json", "--page", "go.html").code == 0
    written = page.read_text()
    assert "the go held" in written
    assert all(f"<li>Signed by {name} at 20" in written for name in ("ada", "grace"))
    assert written.count('<div id="signatures">') == 1
    judge(orc)
    outcome = orc("golive", "--verify", "go.json", "--page", "go.html")
    assert outcome.code == 2
    assert "is no page of this report" in outcome.err
    assert page.read_text() == written
