"""`orc review`: what in trading code, or in a change of it, loses money. Needs no model."""

from __future__ import annotations

import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from orchestrator.cli.options import JSON, WORKSPACE
from orchestrator.cli.output import CommandError, Exit, leave, say
from orchestrator.cli.place import Place
from orchestrator.cli.review_output import FORMATS, copies_of, told, write_text
from orchestrator.cli.text import counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from orchestrator.catalogue.reviewing import Change, Reviewed
    from orchestrator.cli.review_agents import Asked
    from trading_tools.review.findings import Finding
    from trading_tools.review.panel import Panel
    from trading_tools.review.rule import Rule
    from trading_tools.review.run import Target

_FAILING = {"error": ("error",), "warning": ("error", "warning"), "never": ()}


@click.command("review")
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path, readable=False))
@click.option("--diff", "revision", metavar="REV", help="Only what is new since a revision.")
@click.option("--staged", is_flag=True, help="Only what the index brings beyond the last commit.")
@click.option("--format", "form", type=click.Choice(FORMATS), help="Default: text.")
@click.option(
    "--write",
    "copies",
    multiple=True,
    metavar="FORM=FILE",
    help="A form into a file too. Repeatable.",
)
@click.option(
    "--fail-on",
    type=click.Choice(list(_FAILING)),
    default="error",
    show_default=True,
    help="From which severity on the exit code is 1.",
)
@click.option("--fix", "mend", is_flag=True, help="Mend what can be mended soundly.")
@click.option("--with", "tools", metavar="TOOLS", help="Merge ruff,bandit,detect-secrets in.")
@click.option("--select", metavar="IDS", help="Only these rules: T11,T31.")
@click.option("--extend", metavar="IDS", help="These too, which are off by default.")
@click.option("--ignore", metavar="IDS", help="Without these rules.")
@click.option("--baseline", type=click.Path(path_type=Path), metavar="FILE", help="Old findings.")
@click.option(
    "--write-baseline",
    "keep",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Keep what is found as old, and end with 0.",
)
@click.option("--agents", "ask", is_flag=True, help="Ask the fitting specialists too: a model.")
@click.option("--agent", "names", multiple=True, metavar="A", help="Ask this one. Repeatable.")
@click.option("--model", metavar="M", help="The model that the specialists talk to.")
@click.option("--max-usd", metavar="X", help="Most that the model may cost, in USD.")
@click.option(
    "--fail-on-unconfirmed",
    "strict",
    is_flag=True,
    help="Findings of specialists that nothing confirmed count for the exit code too.",
)
@click.option("--resume", metavar="REVIEW", help="Go on with a review by specialists.")
@WORKSPACE
@JSON
def review_command(
    paths: tuple[Path, ...],
    revision: str | None,
    staged: bool,
    form: str | None,
    copies: tuple[str, ...],
    fail_on: str,
    mend: bool,
    tools: str | None,
    select: str | None,
    extend: str | None,
    ignore: str | None,
    baseline: Path | None,
    keep: Path | None,
    ask: bool,
    names: tuple[str, ...],
    model: str | None,
    max_usd: str | None,
    strict: bool,
    resume: str | None,
    workspace: Path | None,
    as_json: bool,
) -> None:
    """Review PATHS, or what is new in them, for faults that lose money.

    No model is asked but with --agents, which gives the same text to specialists. Without PATHS it
    is the project. A folder is searched for Python and notebooks, without what git ignores; a file
    that is named is read whatever its name (Markdown for its Python blocks).
    """
    if revision is not None and staged:
        raise CommandError("--diff and --staged exclude each other", "orc review", "use one")
    if mend and staged:
        raise CommandError("--fix cannot mend the index", "orc review", "leave --staged out")
    if as_json and form not in {None, "json"}:
        fix = "use one of them"
        raise CommandError(f"--json and --format {form} exclude each other", "orc review", fix)
    files = copies_of(copies)
    asked = _asked(ask, names, model, max_usd, strict, resume)
    if resume is not None and (paths or revision or staged or mend or tools or names or model):
        what = "--resume goes on with what was given, to those who were asked"
        raise CommandError(what, "orc review", "give it alone, or with --max-usd and --format")
    begun = time.perf_counter()
    place = Place.find(workspace)
    rules = _rules(*([each.upper() for each in _ids(text)] for text in (select, extend, ignore)))
    if asked is not None and resume is not None:
        done, panel = _taken_up(place, asked, resume)
    else:
        change, done = _looked(place, paths, revision, staged, rules, tools)
        panel = None
        if mend and _mended(_beyond(done, baseline)):
            # What is left stands at other lines now.
            change, done = _looked(place, paths, revision, staged, rules, tools)
        if asked is not None:
            done, panel = _with_specialists(place, asked, done, change, staged)
    done = _beyond(done, baseline)
    if keep is not None:
        _keep(keep, done.findings)
        return
    seconds = time.perf_counter() - begun
    for kind, file in files:
        write_text(file, told(done, rules, kind, seconds, panel, shown=False))
    sys.stdout.write(told(done, rules, "json" if as_json else form or "text", seconds, panel))
    failing = [each for each in done.findings if each.severity in _FAILING[fail_on]]
    if any(each.confirmed or strict for each in failing):
        leave(Exit.NEGATIVE)
    leave(_code_of(panel))


def _asked(
    ask: bool,
    names: tuple[str, ...],
    model: str | None,
    max_usd: str | None,
    strict: bool,
    resume: str | None,
) -> Asked | None:
    """What is asked of specialists; None where none are to be asked."""
    if ask or names or resume is not None:
        from orchestrator.cli.review_agents import Asked

        return Asked(names=names, model=model, max_usd=max_usd)
    if model or max_usd or strict:
        what = "--model, --max-usd and --fail-on-unconfirmed are about specialists"
        raise CommandError(what, "orc review", "add --agents")
    return None


def _with_specialists(
    place: Place, asked: Asked, done: Reviewed, change: Change | None, staged: bool
) -> tuple[Reviewed, Panel | None]:
    from orchestrator.cli.review_agents import ask_specialists

    came = ask_specialists(place, asked, done, change, staged=staged)
    return (done, None) if came is None else (replace(done, findings=came.findings), came.panel)


def _taken_up(place: Place, asked: Asked, name: str) -> tuple[Reviewed, Panel]:
    from orchestrator.catalogue.reviewing import Reviewed
    from orchestrator.cli.review_agents import take_up

    came = take_up(place, asked, name)
    return Reviewed(came.findings, came.files), came.panel


def _code_of(panel: Panel | None) -> Exit:
    if panel is None:
        return Exit.DONE
    from orchestrator.cli.review_agents import code_of

    return code_of(panel)


def _ids(text: str | None) -> list[str]:
    return (text or "").replace(",", " ").split()


def _rules(select: list[str], extend: list[str], ignore: list[str]) -> Sequence[Rule]:
    from trading_tools.review.registry import UnknownRule, chosen

    try:
        rules = chosen(select, extend, ignore)
    except UnknownRule as error:
        what, _, fix = str(error).partition(": ")
        raise CommandError(what, "orc review", fix) from None
    if not rules:
        what = "--ignore leaves out every rule that --select takes"
        raise CommandError(what, "orc review", "leave one of them in")
    return rules


def _looked(
    place: Place,
    paths: Sequence[Path],
    revision: str | None,
    staged: bool,
    rules: Sequence[Rule],
    tools: str | None,
) -> tuple[Change | None, Reviewed]:
    """What the rules and other tools find, and the change that they looked at."""
    change = _change(place, paths, revision, staged)
    done = _reviewed(place, paths, change, rules)
    if change is None and not done.files and not tools:
        where = ", ".join(str(each) for each in paths) or str(place.project)
        fix = "name a folder or a file that holds some"
        raise CommandError("there is no Python to review, so nothing was checked", where, fix)
    return change, replace(done, findings=(*done.findings, *_of_others(tools, done, change)))


def _change(
    place: Place, paths: Sequence[Path], revision: str | None, staged: bool
) -> Change | None:
    """The change to review; None where files are reviewed as they are."""
    from orchestrator.catalogue import reviewing

    if revision is None and not staged:
        return None
    try:
        repository = reviewing.repository_of(place.project, place.environ)
        change = (
            reviewing.staged(repository, place.environ)
            if revision is None
            else reviewing.since(repository, place.environ, revision)
        )
        return change.below(paths, Path.cwd())
    except reviewing.NotThere as error:
        raise CommandError(error.what, error.where, error.fix) from None


def _reviewed(
    place: Place, paths: Sequence[Path], change: Change | None, rules: Sequence[Rule]
) -> Reviewed:
    from orchestrator.catalogue import reviewing

    if change is not None:
        return reviewing.review_change(change, rules, Path.cwd())
    try:
        return reviewing.review_paths(paths or [place.project], rules, Path.cwd(), place.project)
    except reviewing.NotThere as error:
        raise CommandError(error.what, error.where, error.fix) from None


def _of_others(tools: str | None, done: Reviewed, change: Change | None) -> list[Finding]:
    """What other tools find; of a change what stands at the lines that it touches."""
    if not tools:
        return []
    from orchestrator.catalogue.reviewing import on_disk
    from trading_tools.review.engine import UNREADABLE

    unread = {each.path for each in done.findings if each.rule == UNREADABLE}
    targets = [each for each in done.targets if each.shown not in unread]
    if change is None:
        return _asked_of(tools, targets)
    touched = on_disk(change, targets)
    for each in targets:
        if each.shown not in touched and each.file in change.after:
            say(f"orc: {each.shown}: not looked at by {tools}: the file differs from the index")
    return [
        each
        for each in _asked_of(tools, [each for each in targets if each.shown in touched])
        if each.path not in touched
        or any(line in touched[each.path] for line in range(each.line, each.end_line + 1))
    ]


def _asked_of(tools: str, targets: Sequence[Target]) -> list[Finding]:
    from trading_tools.review.others import ToolMissing, findings_of

    found: list[Finding] = []
    for name in _ids(tools):
        try:
            found += findings_of(name, targets)
        except ToolMissing as error:
            what, _, fix = str(error).partition(": ")
            raise CommandError(what, "--with", fix or "leave it out") from None
    return sorted(found, key=lambda each: each.order)


def _beyond(done: Reviewed, baseline: Path | None) -> Reviewed:
    """What a baseline does not hold."""
    if baseline is None:
        return done
    from trading_tools.review.comparing import BaselineError, read_baseline, without

    try:
        known = read_baseline(baseline)
    except BaselineError as error:
        where, _, told_of = str(error).partition(": ")
        what, _, fix = told_of.partition(": ")
        raise CommandError(what, where, fix) from None
    return replace(done, findings=tuple(without(done.findings, known)))


def _keep(path: Path, findings: Sequence[Finding]) -> None:
    from trading_tools.review.comparing import baseline_text

    write_text(path, baseline_text(findings))
    say(f"{counted(len(findings), 'finding')} kept as old in {path}")


def _mended(done: Reviewed) -> bool:
    """Write what can be mended; whether any file changed."""
    from trading_tools.review.fixing import mend_file

    files = {each.shown: each.file for each in done.targets}
    by_path: dict[str, list[Finding]] = {}
    for each in done.findings:
        if each.edits and each.path in files:
            by_path.setdefault(each.path, []).append(each)
    made: set[Finding] = set()
    for path, found in by_path.items():
        # Another tool has not seen what ours need: an import that it would take away as unused.
        ours = [each for each in found if ":" not in each.rule]
        try:
            made.update(mend_file(files[path], ours or found))
        except OSError as error:
            say(f"orc: {path}: cannot be written ({error.strerror}), and is as it was")
    say(f"{len(made)} mended in {counted(len({each.path for each in made}), 'file')}")
    return bool(made)
