"""`orc golive`: may this bot touch real money? Reading options and handing out reports is here.

What is asked and how it is answered is `trading_tools.golive`.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from orchestrator.cli.drill_progress import watched
from orchestrator.cli.golive_files import configured, gate_extra
from orchestrator.cli.golive_person import sign_command, verify_report, waive_command
from orchestrator.cli.options import JSON
from orchestrator.cli.output import CommandError, Exit, as_text, leave, say
from orchestrator.cli.place import Place
from orchestrator.cli.sheets import hand_out, sheets
from trading_tools.audit.key import audit_key

if TYPE_CHECKING:
    from trading_tools.golive.gate import Report

FORMATS = ("text", "json", "junit", "markdown", "html")


@click.group("golive", invoke_without_command=True)
@click.option(
    "--config",
    "file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Default: golive.toml.",
)
@click.option("--no-drills", is_flag=True, help="Leave the drills out: they have no evidence then.")
@click.option(
    "--contact-venues", is_flag=True, help="Ask the venues, with your keys, reading only."
)
@click.option(
    "--format",
    "formats",
    multiple=True,
    metavar="F[=FILE]",
    help=f"{', '.join(FORMATS)}; into a file, or (one of them) on stdout. Repeatable.",
)
@click.option(
    "--verify",
    "handed_over",
    type=click.Path(path_type=Path),
    metavar="REPORT",
    help="Check a report (JSON) that was handed over, against what lies here.",
)
@click.option(
    "--page",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    metavar="FILE",
    help="With --verify: the report's HTML page, on which who signed is written.",
)
@JSON
@click.pass_context
def golive_command(
    context: click.Context,
    file: Path | None,
    no_drills: bool,
    contact_venues: bool,
    formats: tuple[str, ...],
    handed_over: Path | None,
    page: Path | None,
    as_json: bool,
) -> None:
    """Say whether a bot may touch real money, with the evidence for each check."""
    if context.invoked_subcommand is not None:
        return
    if handed_over is not None:
        verify_report(handed_over, file, as_json, page)
    if page is not None:
        raise CommandError("--page goes with --verify", "orc golive", "name the report too")
    wanted = sheets(("json",) if as_json and not formats else formats or ("text",), FORMATS)
    report, said, pictures = _passed(file, not no_drills, contact_venues)
    if any(name == "html" for name, _ in wanted):
        pictures += _confidence()
    for name, target in wanted:
        hand_out(_rendered(report, said, pictures, name, target), target)
    if all(target is not None for _, target in wanted):
        say(_rendered(report, said, pictures, "text", None).partition("\n")[0])
    leave(Exit.DONE if report.go else Exit.NEGATIVE)


def _passed(
    file: Path | None, drills: bool, contact_venues: bool
) -> tuple[Report, dict[str, Any], list[str]]:
    place = Place.find()
    project = configured(place, file)
    with gate_extra("orc golive"):
        from trading_tools.golive.check import Case
        from trading_tools.golive.code import Code, read_code
        from trading_tools.golive.drilled import LEFT_OUT, drill_or_recall
        from trading_tools.golive.gate import pass_gate
        from trading_tools.golive.handover import record_report
        from trading_tools.golive.reports.figures import figures
        from trading_tools.golive.waivers import read_waivers
    with place.open_ledger() as ledger:
        ledger.require_key()  # a wrong key is told before minutes of drills, not after
        case = Case(
            project=project,
            now=datetime.now(UTC),
            ledger=ledger,
            drilled=drill_or_recall(project, ledger, watched) if drills else LEFT_OUT,
            audit_key=audit_key(place.environ),
            contact_venues=contact_venues,
        )
        code = read_code(project)
        commit = code.commit if isinstance(code, Code) else None
        deployment = project.config.deployment
        signers = project.path(deployment.signers) if deployment.signers else None
        waivers = read_waivers(ledger, project.config.bot.name, signers, case.now.date())
        report = pass_gate(case, commit, waivers)
        said = record_report(ledger, report, deployment.valid_days)
        return report, said, figures(case)


def _confidence() -> list[str]:
    from orchestrator.cli.calibration import states_of
    from orchestrator.cli.golive_confidence import reliability
    from orchestrator.run.calibration import gather

    drawn = reliability(gather(states_of(Place.find())))
    return [] if drawn is None else [drawn]


def _rendered(
    report: Report, said: dict[str, Any], pictures: list[str], name: str, target: Path | None
) -> str:
    from trading_tools.golive.reports import junit, markdown, page, text

    if name == "text":
        colour = target is None and sys.stdout.isatty() and "NO_COLOR" not in os.environ
        return text.text(report, shutil.get_terminal_size((100, 24)).columns, colour)
    renderers: dict[str, Callable[[], str]] = {
        "json": lambda: as_text(said),
        "junit": lambda: junit.junit(report),
        "markdown": lambda: markdown.markdown(report),
        "html": lambda: page.page(report, said, pictures),
    }
    return renderers[name]()


golive_command.add_command(waive_command)
golive_command.add_command(sign_command)
