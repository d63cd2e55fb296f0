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
from typing import TYPE_CHECKING

import click

from orchestrator.cli.drill_progress import watched
from orchestrator.cli.options import JSON
from orchestrator.cli.output import CommandError, Exit, as_text, leave
from orchestrator.cli.place import Place, audit_key
from orchestrator.cli.sheets import hand_out, sheets

if TYPE_CHECKING:
    from trading_tools.golive.config.reading import Project
    from trading_tools.golive.gate import Report

CONFIG = "golive.toml"
FORMATS = ("text", "json", "junit", "markdown")


@click.command("golive")
@click.option(
    "--config", "file", type=click.Path(path_type=Path), metavar="FILE", help=f"Default: {CONFIG}."
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
@JSON
def golive_command(
    file: Path | None,
    no_drills: bool,
    contact_venues: bool,
    formats: tuple[str, ...],
    as_json: bool,
) -> None:
    """Say whether a bot may touch real money, with the evidence for each check."""
    wanted = sheets(("json",) if as_json and not formats else formats or ("text",), FORMATS)
    report = _passed(file, not no_drills, contact_venues)
    for name, target in wanted:
        hand_out(_rendered(report, name, target), target)
    leave(Exit.DONE if report.go else Exit.NEGATIVE)


def _passed(file: Path | None, drills: bool, contact_venues: bool) -> Report:
    place = Place.find()
    project = _project(file or _nearest(place))
    try:
        from trading_tools.golive.check import Case
        from trading_tools.golive.code import Code, read_code
        from trading_tools.golive.drilled import LEFT_OUT, drill_or_recall
        from trading_tools.golive.gate import pass_gate
    except ModuleNotFoundError as error:
        raise CommandError(
            f"{error.name} is not installed", "orc golive", "pip install trading-orchestrator[gate]"
        ) from None
    with place.open_ledger() as ledger:
        case = Case(
            project=project,
            now=datetime.now(UTC),
            ledger=ledger,
            drilled=drill_or_recall(project, ledger, watched) if drills else LEFT_OUT,
            audit_key=audit_key(place.environ),
            contact_venues=contact_venues,
        )
        code = read_code(project)
        return pass_gate(case, code.commit if isinstance(code, Code) else None)


def _nearest(place: Place) -> Path:
    """The configuration of the current folder, else of the project."""
    here = Path(CONFIG)
    return here if here.exists() else place.project / CONFIG


def _project(file: Path) -> Project:
    from trading_tools.golive.config.reading import ConfigFault, read_project

    if not file.exists():
        fix = f"write {CONFIG} (`orc init --golive` writes a commented one), or name it by --config"
        raise CommandError("there is no such file", str(file), fix)
    try:
        return read_project(file)
    except ConfigFault as fault:
        first, *others = fault.faults
        more = "".join(f"; line {each.line}: {each.what}, {each.fix}" for each in others)
        raise CommandError(first.what, f"{file}:{first.line}", first.fix + more) from None


def _rendered(report: Report, name: str, target: Path | None) -> str:
    from trading_tools.golive.reports import junit, markdown, text

    if name == "text":
        colour = target is None and sys.stdout.isatty() and "NO_COLOR" not in os.environ
        return text.text(report, shutil.get_terminal_size((100, 24)).columns, colour)
    renderers: dict[str, Callable[[], str]] = {
        "json": lambda: as_text(report.as_json()),
        "junit": lambda: junit.junit(report),
        "markdown": lambda: markdown.markdown(report),
    }
    return renderers[name]()
