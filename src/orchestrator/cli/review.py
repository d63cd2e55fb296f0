"""`orc review`: what in trading code, or in a change of it, loses money. Needs no model."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from orchestrator.cli.options import JSON, WORKSPACE
from orchestrator.cli.output import CommandError, Exit, as_text, leave
from orchestrator.cli.place import Place

if TYPE_CHECKING:
    from collections.abc import Sequence

    from orchestrator.catalogue.reviewing import Reviewed
    from trading_tools.review.findings import Finding
    from trading_tools.review.rule import Rule

FORMATS = ("text", "brief", "json", "sarif", "github", "markdown")


@click.command("review")
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@click.option("--diff", "revision", metavar="REV", help="Only what is new since a revision.")
@click.option("--staged", is_flag=True, help="Only what the index brings beyond the last commit.")
@click.option("--format", "form", type=click.Choice(FORMATS), help="Default: text.")
@click.option(
    "--fail-on",
    type=click.Choice(["error", "warning", "never"]),
    default="error",
    show_default=True,
    help="From which severity on the exit code is 1.",
)
@click.option("--select", metavar="IDS", help="Only these rules: T11,T31.")
@click.option("--extend", metavar="IDS", help="These too, which are off by default.")
@click.option("--ignore", metavar="IDS", help="Without these rules.")
@WORKSPACE
@JSON
def review_command(
    paths: tuple[Path, ...],
    revision: str | None,
    staged: bool,
    form: str | None,
    fail_on: str,
    select: str | None,
    extend: str | None,
    ignore: str | None,
    workspace: Path | None,
    as_json: bool,
) -> None:
    """Review PATHS, or what is new in them, for faults that lose money. No model is asked.

    Without PATHS it is the project. A folder is searched for Python and notebooks, without what git
    ignores; a file that is named is read whatever its name (Markdown for its Python blocks).
    """
    if revision is not None and staged:
        raise CommandError("--diff and --staged exclude each other", "orc review", "use one")
    if as_json and form not in {None, "json"}:
        raise CommandError(
            f"--json and --format {form} exclude each other", "orc review", "use one"
        )
    begun = time.perf_counter()
    place = Place.find(workspace)
    rules = _rules(select, extend, ignore)
    done = _reviewed(place, paths, revision, staged, rules)
    seconds = time.perf_counter() - begun
    sys.stdout.write(_told(done, "json" if as_json else form or "text", seconds))
    leave(_code(done.findings, fail_on))


def _rules(select: str | None, extend: str | None, ignore: str | None) -> Sequence[Rule]:
    from trading_tools.review.registry import UnknownRule, chosen

    def ids(text: str | None) -> list[str]:
        return [each.strip().upper() for each in (text or "").split(",") if each.strip()]

    try:
        return chosen(ids(select), ids(extend), ids(ignore))
    except UnknownRule as error:
        what, _, fix = str(error).partition(": ")
        raise CommandError(what, "orc review", fix) from None


def _reviewed(
    place: Place, paths: Sequence[Path], revision: str | None, staged: bool, rules: Sequence[Rule]
) -> Reviewed:
    from orchestrator.catalogue import reviewing

    here = Path.cwd()
    try:
        if revision is None and not staged:
            return reviewing.review_paths(paths or [place.project], rules, here, place.project)
        repository = reviewing.repository_of(place.project, place.environ)
        change = (
            reviewing.staged(repository, place.environ)
            if revision is None
            else reviewing.since(repository, place.environ, revision)
        )
        return reviewing.review_change(change.below(paths, here), rules, here)
    except reviewing.NotThere as error:
        raise CommandError(error.what, error.where, error.fix) from None


def _told(done: Reviewed, form: str, seconds: float) -> str:
    if form == "json":
        from trading_tools.review.reports.plain import as_json

        return as_text(as_json(done.findings, done.files, seconds))
    from trading_tools.review.reports.text import as_text as for_people

    colour = sys.stdout.isatty()
    return for_people(done.findings, done.files, colour=colour, brief=form == "brief") + "\n"


def _code(findings: Sequence[Finding], fail_on: str) -> Exit:
    failing = {"error": ("error",), "warning": ("error", "warning"), "never": ()}[fail_on]
    return Exit.NEGATIVE if any(each.severity in failing for each in findings) else Exit.DONE
