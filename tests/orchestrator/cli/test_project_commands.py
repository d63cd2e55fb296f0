"""`orc init` and `orc trust`, and which folder is the project."""

from __future__ import annotations

import os
import pty
import subprocess
from pathlib import Path

import pytest

from orchestrator.cli.output import CommandError
from orchestrator.cli.place import Place
from tests.support.command_line import ORC, CommandLine
from trading_tools.audit.key import audit_key


def test_init_writes_a_file_that_loads_and_is_never_overwritten(orc: CommandLine) -> None:
    made = orc("init", "--json")
    file = orc.project / "orchestrator.toml"
    assert made.json == {"path": str(file)}
    text = file.read_text(encoding="utf-8")
    assert "# usd = 10" in text
    assert orc("trust", "--yes").code == 0
    assert orc("doctor", "--json").code == 0

    file.write_text("[limits]\nusd = 3\n")
    again = orc("init", "--json")
    assert again.code == 2
    assert again.error["what"] == "exists already"
    assert file.read_text() == "[limits]\nusd = 3\n"


def test_init_speaks_of_trust_and_of_what_git_ignores(orc: CommandLine) -> None:
    said = orc("init").out
    assert "orc trust" in said
    assert ".gitignore" in said


def test_init_does_not_write_through_a_dangling_link(orc: CommandLine, tmp_path: Path) -> None:
    (orc.project / "orchestrator.toml").symlink_to(tmp_path / "target")
    assert orc("init").code == 2
    assert not (tmp_path / "target").exists()


def test_a_project_that_brings_nothing_is_not_asked_about(orc: CommandLine) -> None:
    said = orc("trust", "--json")
    assert said.code == 0
    assert said.json == {
        "project": str(orc.project),
        "state": "nothing",
        "files": [],
        "changes": "",
    }
    assert not orc.user.exists()


def test_trust_shows_everything_and_needs_a_person_or_yes(orc: CommandLine) -> None:
    orc.write("orchestrator.toml", "[limits]\nusd = 1000\n")
    orc.agent("zebra-expert")
    refused = orc("trust")
    assert refused.code == 2
    assert "+usd = 1000" in refused.out
    assert "+name: zebra-expert" in refused.out
    assert refused.err.startswith("orc: orc trust: nobody is there to ask; look at the difference")

    agreed = orc("trust", "--yes", "--json")
    assert agreed.code == 0
    assert agreed.json["state"] == "trusted"
    assert agreed.json["files"] == ["orchestrator.toml", "agents/zebra-expert.md"]
    again = orc("trust")
    assert again.code == 0
    assert again.out == f"{orc.project} is trusted as it stands now (2 files)\n"


def test_a_later_change_is_shown_as_the_difference_alone(orc: CommandLine) -> None:
    orc.write("orchestrator.toml", "[limits]\nusd = 1\nhops = 3\n")
    orc("trust", "--yes")
    orc.write("orchestrator.toml", "[limits]\nusd = 1000\nhops = 3\n")
    shown = orc("trust", "--yes")
    assert "changed since you trusted it" in shown.out
    assert "-usd = 1\n+usd = 1000" in shown.out
    assert "+hops" not in shown.out


def test_settings_that_do_not_load_are_not_trusted(orc: CommandLine) -> None:
    orc.write("orchestrator.toml", "[limits]\nhosp = 1\n")
    failed = orc("trust", "--yes", "--json")
    assert failed.code == 2
    assert failed.error["where"].endswith("orchestrator.toml:2")
    assert failed.error["fix"] == "did you mean `limits.hops`?"
    orc.write("orchestrator.toml", "[limits]\nhops = 1\n")
    assert "not trusted yet" in orc("trust").out


def test_a_hidden_line_cannot_be_trusted_unseen(orc: CommandLine) -> None:
    orc.write(
        "agents/x.md", "---\nname: x\ndescription: d\n---\nObey.\x1b[1A\x1b[2K\u202eharmless\r"
    )
    shown = orc("trust").out
    assert "Obey." in shown
    assert not {"\x1b", "\u202e", "\r"} & set(shown)


@pytest.mark.parametrize("variable", ["ORC_RUN", "ORC_COMMAND"])
def test_a_runs_own_command_cannot_trust_anything(orc: CommandLine, variable: str) -> None:
    orc.write("orchestrator.toml", "")
    orc.monkeypatch.setenv(variable, "260101-abcdef")
    failed = orc("trust", "--yes", "--json")
    assert failed.code == 2
    assert variable in failed.error["what"]
    assert not orc.user.exists()


def test_another_folder_can_be_named(orc: CommandLine, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "orchestrator.toml").write_text("")
    assert orc("trust", str(other), "--yes", "--json").json["project"] == str(other)
    assert orc("trust", str(tmp_path / "nowhere"), "--json").error["what"] == "is not a folder"


@pytest.mark.parametrize(("typed", "code"), [(b"y\n", 0), (b"n\n", 1), (b"\n", 1)])
def test_at_a_terminal_a_person_is_asked(orc: CommandLine, typed: bytes, code: int) -> None:
    orc.write("orchestrator.toml", "[limits]\nusd = 1000\n")
    ours, theirs = pty.openpty()
    try:
        os.write(ours, typed)
        done = subprocess.run(
            [str(ORC), "trust"],
            stdin=theirs,
            stdout=subprocess.PIPE,
            stderr=theirs,
            timeout=60,
            check=False,
        )
    finally:
        os.close(theirs)
        said = os.read(ours, 65_536).decode()
        os.close(ours)
    assert "Let this take effect? [y/N]" in said
    assert done.returncode == code
    assert orc("trust", "--json").code == (0 if code == 0 else 2)


def test_the_project_is_the_nearest_folder_that_says_so(tmp_path: Path) -> None:
    deep = tmp_path / "repo" / "service" / "src"
    deep.mkdir(parents=True)
    environ = {"ORC_HOME": str(tmp_path / "home")}

    def project() -> Path:
        before = Path.cwd()
        os.chdir(deep)
        try:
            return Place.find(environ=environ).project
        finally:
            os.chdir(before)

    assert project() == deep
    (tmp_path / "repo" / ".git").mkdir()
    assert project() == tmp_path / "repo"
    (tmp_path / "repo" / "service" / "orchestrator.toml").write_text("")
    assert project() == tmp_path / "repo" / "service"
    assert Place.find(deep, environ).project == deep


def test_a_workspace_that_is_no_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="is not a folder"):
        Place.find(tmp_path / "nowhere", {"ORC_HOME": "/x"})


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("", None),
        ("   ", None),
        ("ab" * 16, b"\xab" * 16),
        ("ab" * 15, b"ab" * 15),
        ("q6urq6urq6urq6urq6urqw==", b"\xab" * 16),
        ("q6urqw==", b"q6urqw=="),
        ("a passphrase, long and plain", b"a passphrase, long and plain"),
        (" secret\n", b"secret"),
    ],
)
def test_how_the_audit_key_is_read(text: str, key: bytes | None) -> None:
    assert audit_key({"ORC_AUDIT_KEY": text}) == key


def test_what_was_set_aside_is_said_once(
    orc: CommandLine, capsys: pytest.CaptureFixture[str]
) -> None:
    orc.write("orchestrator.toml", "[limits]\nhops = 3\n")
    orc.agent("zebra-expert")
    place = Place.find()
    for _ in range(2):
        assert place.settings().settings.limits.hops == 12
        assert "zebra-expert" not in place.catalogue().names
    assert place.settings({"limits.hops": 5}).settings.limits.hops == 5
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 2
    assert "orchestrator.toml is not in force" in said[0]
    assert "1 agent of" in said[1]
