"""G31: what goes live is what was tested, pinned, and two people answer for it."""

from __future__ import annotations

import re
from pathlib import Path

from trading_tools.golive.check import Case, Check
from trading_tools.golive.code import Code, read_code
from trading_tools.golive.inputs.table import file_hash
from trading_tools.golive.verdict import Evidence, Finding, failed, no_evidence, of_file, passed

_PIN = re.compile(r"^\s*[A-Za-z0-9][\w.\-\[\],]*\s*(==|@)\s*\S+")
_OLD_DAYS = 180
"""How long the rehearsal of a rollback speaks for today's code."""


def _deployment(case: Case) -> Finding:
    code = read_code(case.project)
    if not isinstance(code, Code):
        return no_evidence(code, "keep the bot in git")
    here = Evidence(f"commit {code.commit}")
    if code.dirty:
        return failed(
            f"{len(code.dirty)} files are not committed, the first is {code.dirty[0]}"
            + (", which git ignores" if code.dirty[0] in code.unheld else ""),
            "commit what goes live",
            here,
        )
    config = case.project.config
    if config.bot.lock is None:
        return no_evidence("no lock file is declared", "name it under [bot] lock", here)
    lock = case.project.path(config.bot.lock)
    loose = _loose(lock)
    if isinstance(loose, str):
        return no_evidence(loose, "name the lock file under [bot] lock", here)
    pinned = of_file(lock, case.project.folder, file_hash(lock))
    if loose:
        return failed(
            f"{config.bot.lock} leaves {', '.join(loose[:3])} open",
            "pin each one with ==",
            here,
            pinned,
        )
    deployment = config.deployment
    missing = _missing(case)
    if missing:
        return no_evidence(
            f"not declared: {', '.join(missing)}", "add them to golive.toml", here, pinned
        )
    tested = deployment.rollback_tested
    if tested is not None and not 0 <= (case.now.date() - tested).days <= _OLD_DAYS:
        return no_evidence(
            f"the rollback was rehearsed on {tested}, not within the last {_OLD_DAYS} days",
            "rehearse it and put the day under [deployment] rollback_tested",
            here,
            pinned,
        )
    figures = {
        "approvers": sorted(set(deployment.approvers)),
        "rollback_tested": str(tested),
        "first_day_exposure_quote": str(config.limits.first_day_exposure_quote),
    }
    return passed(
        f"commit {code.commit[:10]} is clean, its dependencies are pinned",
        here,
        pinned,
        Evidence("golive.toml [deployment]", case.project.sha256, figures),
    )


def _missing(case: Case) -> list[str]:
    deployment, limits = case.project.config.deployment, case.project.config.limits
    said: dict[str, object] = {
        "two deployment.approvers": len(set(deployment.approvers)) >= 2,
        "deployment.rollback": deployment.rollback,
        "deployment.rollback_tested": deployment.rollback_tested,
        "limits.first_day_exposure_quote": limits.first_day_exposure_quote,
    }
    return [name for name, value in said.items() if not value]


def _loose(lock: Path) -> list[str] | str:
    """Requirements without a fixed version; other lock files are fixed by their nature."""
    try:
        lines = lock.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        return f"{lock.name} cannot be read: {error}"
    if lock.suffix not in {".txt", ".lock", ".in"} or lock.name in {"poetry.lock", "uv.lock"}:
        return []
    named = [line.split("#")[0].strip() for line in lines]
    wanted = [line for line in named if line and not line.startswith("-")]
    return [line.split(";")[0].strip(" \\") for line in wanted if not _PIN.match(line)]


CHECKS = (
    Check(
        "G31",
        "Clean commit, pinned dependencies, rollback and first-day caps",
        "RTS 6 art. 8 and 11 controlled deployment and change; requirement document 001, rule 6",
        _deployment,
    ),
)
