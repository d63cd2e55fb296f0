"""The tool `go_live_gate`: what speaks against letting the project's bot touch real money.

Only the door; the gate is `trading_tools.golive`. It looks at the user's own folder, not at the
run's copy: evidence often lies in files that git ignores, and the verdict is on what is there.
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Final, cast

from pydantic import Field

from orchestrator.toolbox.tool import Effect, Tool, ToolContext, ToolError, ToolResult, render, tool
from orchestrator.workspace.workspace import Workspace

if TYPE_CHECKING:
    from pathlib import Path

    from trading_tools.audit.ledger import Ledger
    from trading_tools.golive.config.reading import Project
    from trading_tools.golive.gate import Checked, Report
    from trading_tools.golive.reports.to_do import Step

LONGEST_S: Final = 900.0
_ROOT: Final = "/workspace"


@tool(effect=Effect.READ, timeout_s=LONGEST_S)
async def go_live_gate(
    context: ToolContext,
    config: Annotated[
        str, Field(description="The bot's golive.toml, /workspace/… or relative to it.")
    ] = "golive.toml",
) -> ToolResult:
    """Ask the go-live gate about the project as its folder lies there, and change nothing.

    32 checks, each pass, fail or no-evidence with what was measured. A no-go is nobody's to argue
    away: missing evidence blocks, a failed check cannot be waived. Drills are not run here: a
    result kept by `orc golive` counts where commit and configuration are still the same.
    Returns: `verdict` (go, no-go), `bot`, `commit`, `counts`; lines of `id title: detail` for what
    `failed`, what is `blocking` (the failed first, then what lacks evidence), and what `passed`.
    """
    from trading_tools.audit.ledger import Ledger

    workspace = context.service(Workspace)
    ledger = cast("Ledger | None", context.services.get(Ledger))
    folder = workspace.layout.project
    file = (folder / config.removeprefix(_ROOT).lstrip("/")).resolve()
    if not file.is_relative_to(folder):
        raise ToolError(f"go_live_gate: {config} leads out of the project: name a file in it")
    report = await asyncio.to_thread(_passed, file, ledger, config)
    return render(_with_root(_data(report), str(folder)))


def _passed(file: Path, ledger: Ledger | None, shown: str) -> Report:
    from trading_tools.golive.config.reading import ConfigFault, read_project

    if not file.is_file():
        raise ToolError(
            f"go_live_gate: there is no {shown}: `orc init --golive` writes one, and what the bot "
            "is, may risk and has shown must be put into it by a person"
        )
    try:
        return _asked(read_project(file), ledger)
    except ConfigFault as fault:
        told = "; ".join(f"line {each.line}: {each.what}, {each.fix}" for each in fault.faults)
        raise ToolError(f"go_live_gate: {shown} cannot be used: {told}") from None
    except ModuleNotFoundError as error:
        raise ToolError(
            f"go_live_gate: {error.name} is not installed: pip install trading-orchestrator[gate]"
        ) from None


def _asked(project: Project, ledger: Ledger | None) -> Report:
    from trading_tools.golive.check import Case
    from trading_tools.golive.code import Code, read_code
    from trading_tools.golive.drilled import recall
    from trading_tools.golive.gate import NO_WAIVERS, pass_gate
    from trading_tools.golive.waivers import read_waivers

    now = datetime.now(UTC)
    code = read_code(project)
    commit = code.commit if isinstance(code, Code) else None
    named = project.config.deployment.signers
    signers = project.path(named) if named else None
    waivers = NO_WAIVERS
    if ledger is not None:
        waivers = read_waivers(ledger, project.config.bot.name, signers, now.date())
    case = Case(
        project=project,
        now=now,
        ledger=ledger,
        audit_key=None if ledger is None else ledger.store.signer.key,
        drilled=recall(project, ledger),
    )
    return pass_gate(case, commit, waivers)


def _data(report: Report) -> dict[str, object]:
    from trading_tools.golive.reports.to_do import steps

    blocking = report.blocking
    failed = [each for each in blocking if each.finding.verdict == "fail"]
    lacking = [each for each in blocking if each.finding.verdict != "fail"]
    passed = [each for each in report.checked if not each.blocks]
    return {
        "verdict": "go" if report.go else "no-go",
        "bot": report.bot,
        "commit": report.commit,
        "config_sha256": report.config_sha256,
        "counts": {"failed": len(failed), "lacking": len(lacking), "passed": len(passed)},
        "failed": [_line(each) for each in failed],
        "blocking": "\n".join([*map(_line, failed), *map(_step, steps(report))]),
        "passed": "\n".join(map(_line, passed)),
    }


def _step(step: Step) -> str:
    named = "; ".join(f"{each.id} {each.title}" for each in step.checks)
    return f"{named}: {'; '.join(step.details)}. To do: {step.fix}"


def _line(each: Checked) -> str:
    said = f"{each.check.id} {each.check.title}: {each.finding.detail}"
    if each.not_required is not None:
        return f"{said} (not required: {each.not_required})"
    return f"{said}. To do: {each.finding.fix}" if each.blocks else said


def _with_root(data: dict[str, object], folder: str) -> dict[str, object]:
    def shown(value: object) -> object:
        if isinstance(value, list):
            return [shown(each) for each in value]
        return value.replace(folder, _ROOT) if isinstance(value, str) else value

    return {name: shown(value) for name, value in data.items()}


TOOLS: Final[tuple[Tool, ...]] = (go_live_gate,)
