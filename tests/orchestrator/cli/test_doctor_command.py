"""`orc doctor`: says what works, what does not and what to do, and never a secret."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.support.command_line import CommandLine, Outcome
from trading_tools.audit.ledger import Ledger


def _by_name(outcome: Outcome) -> dict[str, dict[str, Any]]:
    return {check["name"]: check for check in outcome.json["checks"]}


def test_an_empty_folder_on_a_sound_machine_is_well(orc: CommandLine) -> None:
    seen = orc("doctor", "--json")
    assert (seen.code, seen.err) == (0, "")
    assert seen.json["ok"] is True
    checks = _by_name(seen)
    assert set(checks) >= {
        *("python", "platform", "installation", "packages", "git", "seal", "model", "project"),
        *("configuration", "trust", "agents", "ledger", "audit key", "user folder"),
    }
    assert all(set(check) == {"name", "state", "found", "fix"} for check in checks.values())
    assert checks["python"]["state"] == "ok"
    assert checks["model"]["state"] == "warn"
    assert "ANTHROPIC_API_KEY" in checks["model"]["fix"]
    assert list(orc.project.iterdir()) == []


def test_the_text_has_a_line_for_each_and_a_verdict(orc: CommandLine) -> None:
    seen = orc("doctor")
    *lines, gap, verdict = seen.out.splitlines()
    assert all(line.split()[0] in {"ok", "warn", "fail"} for line in lines)
    assert gap == ""
    assert verdict.startswith("nothing needed is broken, ")


def test_keys_and_passwords_are_never_printed(orc: CommandLine) -> None:
    orc.monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-very-secret-thing")
    orc.monkeypatch.setenv("ANTHROPIC_BASE_URL", "http://me:hunter2hunter2@127.0.0.1:9/v?k=token99")
    orc.monkeypatch.setenv("ORC_AUDIT_KEY", "short-secret")
    refused = orc("doctor", "--json")
    assert "holds a user name or password" in _by_name(refused)["model"]["found"]
    orc.monkeypatch.setenv("ANTHROPIC_BASE_URL", "http://127.0.0.1:9/v?k=token99")
    seen = orc("doctor", "--json")
    model = _by_name(seen)["model"]
    assert model["state"] == "ok"
    assert "key in ANTHROPIC_API_KEY" in model["found"]
    assert "endpoint http://127.0.0.1:9" in model["found"]
    assert _by_name(seen)["audit key"]["state"] == "warn"
    for secret in ("very-secret", "hunter2", "token99", "short-secret"):
        assert secret not in refused.out + refused.err + seen.out + seen.err


def test_a_project_that_is_not_trusted_is_told(orc: CommandLine) -> None:
    orc.write("orchestrator.toml", "[limits]\nusd = 3\n")
    checks = _by_name(orc("doctor", "--json"))
    assert checks["trust"]["state"] == "warn"
    assert "orc trust" in checks["trust"]["fix"]
    orc("trust", "--yes")
    checks = _by_name(orc("doctor", "--json"))
    assert checks["trust"]["state"] == "ok"
    assert checks["configuration"]["found"] == f"from {orc.project / 'orchestrator.toml'}"


def test_a_broken_configuration_is_broken(orc: CommandLine) -> None:
    orc.user.mkdir()
    (orc.user / "config.toml").write_text("[limits]\nusd = 'x'\n")
    seen = orc("doctor", "--json")
    assert seen.code == 1
    assert seen.json["ok"] is False
    check = _by_name(seen)["configuration"]
    assert check["state"] == "fail"
    assert "config.toml:2: limits.usd" in check["found"]


def test_without_git_runs_cannot_work(orc: CommandLine, tmp_path: Path) -> None:
    orc.monkeypatch.setenv("PATH", str(tmp_path))
    seen = orc("doctor", "--json")
    assert seen.code == 1
    assert _by_name(seen)["git"]["fix"].startswith("install git")


def test_the_state_of_the_ledger(orc: CommandLine) -> None:
    file = orc.project / ".orchestrator" / "ledger.sqlite"
    with Ledger.open(file, key=b"a passphrase of many words") as ledger:
        ledger.append("run-1", "test.step", {})
    wrong = orc("doctor", "--json")
    assert wrong.code == 1
    assert _by_name(wrong)["ledger"]["fix"] == "set ORC_AUDIT_KEY as it was"
    assert _by_name(wrong)["audit key"]["state"] == "warn"
    assert "set ORC_AUDIT_KEY" in _by_name(wrong)["audit key"]["fix"]

    orc.monkeypatch.setenv("ORC_AUDIT_KEY", "a passphrase of many words")
    right = orc("doctor", "--json")
    assert right.code == 0
    assert _by_name(right)["ledger"]["found"].startswith("1 stream at ")

    file.write_bytes(b"no database" * 100)
    broken = orc("doctor", "--json")
    assert broken.code == 1
    assert "not a database" in _by_name(broken)["ledger"]["found"]


def test_it_answers_as_a_process(orc: CommandLine) -> None:
    seen = orc.process("doctor", "--json")
    assert seen.code == 0
    assert seen.json["ok"] is True


def test_what_is_installed_is_not_missing(orc: CommandLine) -> None:
    extra = _by_name(orc("doctor", "--json"))["extra agents"]
    assert (extra["state"], "vcrpy" in extra["found"]) == ("ok", True)
