"""`orc drill`: a bot, unmodified, in a sealed network where the venues are ours and fail.

Reading the options and handing out the reports is here; a drill itself is `trading_tools.drill`.
"""

from __future__ import annotations

import os
import shlex
import shutil
import socket
import sys
from collections.abc import Callable, Sequence
from decimal import Decimal, InvalidOperation
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from orchestrator.cli.columns import columns
from orchestrator.cli.drill_progress import watched
from orchestrator.cli.options import JSON
from orchestrator.cli.output import CommandError, Exit, emit, leave
from orchestrator.cli.sheets import hand_out, sheets

if TYPE_CHECKING:
    from trading_tools.drill.reports.outcome import Outcome
    from trading_tools.drill.running import Drill
    from trading_tools.drill.scenarios.scenario import Scenario
    from trading_tools.drill.spec import Forward

FORMATS = ("text", "json", "junit", "html")
_ANSWERS_WITHIN_S = 5


@click.command("drill")
@click.option("--list", "as_list", is_flag=True, help="The scenarios, and on which venues.")
@click.option("--venue", "venues", multiple=True, metavar="V", help="Default: binance. Repeatable.")
@click.option(
    "--scenario",
    "scenarios",
    multiple=True,
    metavar="S",
    help="A name or its beginning (d01), or all, which is the default. Repeatable.",
)
@click.option(
    "--seed",
    type=click.IntRange(0, 2**63 - 1),
    default=1,
    show_default=True,
    help="Market, credentials and faults follow from it.",
)
@click.option(
    "--timeout",
    type=click.FloatRange(1, 86_400),
    metavar="S",
    help="Seconds that the bot gets in each run; default: what the scenario says.",
)
@click.option(
    "--market",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    metavar="FILE",
    help="Candles to replay, as CSV or JSON.",
)
@click.option("--env", "variables", multiple=True, metavar="N=V", help="A variable for the bot.")
@click.option(
    "--forward", "forwards", multiple=True, metavar="HOST:PORT", help="A local service it needs."
)
@click.option("--max-position", metavar="X", help="The most it may hold of one symbol, in base.")
@click.option("--expect-flat", is_flag=True, help="It holds nothing when it has ended.")
@click.option(
    "--kill",
    default="TERM",
    show_default=True,
    metavar="HOW",
    help="Its kill switch: a signal (TERM, INT, HUP, USR1, USR2, KILL) or a command.",
)
@click.option(
    "--memory",
    type=click.FloatRange(0.01, 100_000),
    metavar="GIB",
    help="The most that it may hold; default: half of the machine's.",
)
@click.option(
    "--clock-rate",
    type=click.FloatRange(1, 100),
    default=1,
    show_default=True,
    metavar="N",
    help="Let the bot's and the venues' clock run faster, by libfaketime.",
)
@click.option(
    "--format",
    "formats",
    multiple=True,
    metavar="F[=FILE]",
    help="text, json, junit or html; into a file, or (one of them) on stdout. Repeatable.",
)
@JSON
@click.argument("command", nargs=-1, metavar="-- CMD...")
def drill_command(as_list: bool, as_json: bool, formats: tuple[str, ...], **asked: Any) -> None:
    """Let a bot live through the disasters of real venues, and judge it by their ledgers."""
    if as_list:
        chosen = _scenarios(asked["scenarios"])
        emit([_listed(each) for each in chosen], as_json, lambda: _table(chosen))
        return
    wanted = sheets(("json",) if as_json and not formats else formats or ("text",), FORMATS)
    from trading_tools.drill.spec import DrillError

    try:
        outcome = watched(_asked(asked))
    except DrillError as error:
        what, _, fix = str(error).partition("; ")
        raise CommandError(what, "", fix or "see docs/drills.md") from None
    for name, file in wanted:
        hand_out(_rendered(outcome, name, file), file)
    leave(Exit.DONE if outcome.passed else Exit.NEGATIVE)


def _asked(options: dict[str, Any]) -> Drill:
    from trading_tools.drill.oracle.positions import Declared
    from trading_tools.drill.running import Drill
    from trading_tools.exchange.facts.book import ended
    from trading_tools.venue.names import VENUES

    command, memory = options["command"], options["memory"]
    if not command:
        raise CommandError("there is no command", "orc drill", "give the bot's after --")
    venues = tuple(dict.fromkeys(options["venues"] or ("binance",)))
    for name in venues:
        if name not in VENUES:
            near = get_close_matches(name, VENUES, 1) or sorted(VENUES)
            what = ended(name) or f"no venue {name!r}"
            raise CommandError(what, "--venue", f"use {', '.join(near)}")
    scenarios = _scenarios(options["scenarios"])
    if not any(each.fits(venue) for each in scenarios for venue in venues):
        names = ", ".join(each.name for each in scenarios)
        where = ", ".join(venues)
        raise CommandError(f"{names} cannot happen on {where}", "--scenario", "see --list")
    return Drill(
        command=tuple(command),
        folder=Path.cwd(),
        venues=venues,
        scenarios=scenarios,
        seed=options["seed"],
        timeout_s=options["timeout"],
        at_once=os.cpu_count() or 1,
        market=_market(options["market"]),
        variables=dict(_pair(each) for each in options["variables"]),
        forwards=tuple(_forward(each) for each in options["forwards"]),
        declared=Declared(_size(options["max_position"]), options["expect_flat"]),
        kill=_kill(options["kill"]),
        **({"memory_bytes": int(memory * 2**30)} if memory else {}),
        clock_rate=options["clock_rate"],
    )


def _scenarios(names: Sequence[str]) -> tuple[Scenario, ...]:
    from trading_tools.drill.scenarios.catalogue import SCENARIOS, UnknownScenario, scenario

    if not names or "all" in names:
        return SCENARIOS
    try:
        return tuple(dict.fromkeys(scenario(name) for name in names))
    except UnknownScenario as error:
        what, _, fix = str(error).partition(": ")
        raise CommandError(what, "--scenario", fix) from None


def _market(file: Path | None) -> Path | None:
    from trading_tools.venue.market.candle_files import CandleFileError, read_candles

    if file is None:
        return None
    try:
        read_candles(file)
    except CandleFileError as error:
        what, _, fix = str(error).partition("; ")
        raise CommandError(what, "--market", fix) from None
    return file.resolve()


def _forward(text: str) -> Forward:
    """A service that answers: a bot without its database dies of that, and shows nothing else."""
    from trading_tools.drill.spec import DrillError, Forward

    try:
        forward = Forward.parse(text)
    except DrillError as error:
        what, _, fix = str(error).partition("; ")
        raise CommandError(what, "", fix) from None
    try:
        socket.create_connection((forward.host, forward.port), _ANSWERS_WITHIN_S).close()
    except OSError as error:
        what = f"nothing answers there ({error.strerror or error})"
        raise CommandError(what, f"--forward {text}", "start the service first") from None
    return forward


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise CommandError(f"{text!r} is no variable", "--env", "write NAME=VALUE")
    return name, value


def _size(text: str | None) -> Decimal | None:
    if text is None:
        return None
    try:
        size = Decimal(text)
    except InvalidOperation:
        size = Decimal("NaN")
    if not size.is_finite() or size < 0:
        raise CommandError(f"{text!r} is no size", "--max-position", "write a number of base units")
    return size


def _kill(how: str) -> str:
    from trading_tools.drill.running import SIGNALS

    name = how.upper().removeprefix("SIG")
    if name in SIGNALS:
        return name
    try:
        words = shlex.split(how)
    except ValueError as error:
        raise CommandError(f"{how!r}: {error}", "--kill", "write it as in a shell") from None
    if not words:
        raise CommandError("there is no command", "--kill", f"one of {', '.join(SIGNALS)}")
    if shutil.which(words[0]) is None:
        fix = f"name a program, or one of {', '.join(SIGNALS)}"
        raise CommandError(f"there is no program {words[0]!r}", "--kill", fix)
    return how


def _rendered(outcome: Outcome, name: str, file: Path | None) -> str:
    from orchestrator.cli.output import as_text
    from trading_tools.drill.reports import junit, page, text

    if name == "text":
        colour = file is None and sys.stdout.isatty() and "NO_COLOR" not in os.environ
        return text.text(outcome, shutil.get_terminal_size((100, 24)).columns, colour)
    renderers: dict[str, Callable[[], str]] = {
        "json": lambda: as_text(outcome.as_json()),
        "junit": lambda: junit.junit(outcome),
        "html": lambda: page.page(outcome),
    }
    return renderers[name]()


def _listed(each: Scenario) -> dict[str, Any]:
    return {
        "name": each.name,
        "title": each.title,
        "story": each.story,
        "links": list(each.links),
        "venues": sorted(each.venues),
        "invariants": [invariant.value for invariant in each.invariants],
        "seconds": each.seconds,
    }


def _table(chosen: Sequence[Scenario]) -> str:
    rows = [
        (each.name, f"{each.seconds} s", ", ".join(sorted(each.venues)) or "all", each.title)
        for each in chosen
    ]
    return columns(rows, ("SCENARIO", "TIME", "VENUES", "WHAT HAPPENS"))
