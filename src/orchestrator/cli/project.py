"""`orc init` and `orc trust`: a project's configuration, written and let take effect."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from orchestrator.cli.descent import inside_a_run
from orchestrator.cli.golive_files import CONFIG
from orchestrator.cli.options import JSON
from orchestrator.cli.output import CommandError, Exit, emit, leave, say
from orchestrator.cli.place import STATE, Place
from orchestrator.config.places import PROJECT_FILE

if TYPE_CHECKING:
    from orchestrator.config.trust import Trust


@click.command("init")
@JSON
@click.option("--golive", is_flag=True, help="Write a golive.toml for the gate here instead.")
def init_command(as_json: bool, golive: bool) -> None:
    """Write a commented orchestrator.toml with every key and its default."""
    if golive:
        from trading_tools.golive.config.model import template

        file = Path.cwd() / CONFIG
        after = f"wrote {file}\nSay in it what you know, then run `orc golive`."
    else:
        from orchestrator.config.template import template

        file = Place.find().project / PROJECT_FILE
        after = _after_init(file)
    try:
        with file.open("x", encoding="utf-8") as new:
            new.write(template())
    except FileExistsError:
        raise CommandError("exists already", str(file), "edit it, or remove it first") from None
    except OSError as error:
        why = error.strerror or str(error)
        raise CommandError(
            f"cannot be written: {why}", str(file), "make the folder writable"
        ) from None
    emit({"path": str(file)}, as_json, lambda: after)


def _after_init(file: Path) -> str:
    return (
        f"wrote {file}\n"
        f"Edit it, commit it, then run `orc trust`. {STATE}/ holds what `orc` records and keeps "
        "itself out of git; add it to .gitignore where other tools read that file."
    )


@click.command("trust")
@click.argument("folder", required=False, type=click.Path(path_type=Path), metavar="[DIR]")
@click.option("--yes", is_flag=True, help="Do not ask; for scripts of a person who has looked.")
@JSON
def trust_command(folder: Path | None, yes: bool, as_json: bool) -> None:
    """Let a project's orchestrator.toml, agents and hooks take effect as they stand now.

    Shows what they are, or what changed since you trusted them, and asks.
    """
    place = Place.find(folder)
    _only_a_person(place)
    trust = place.trust
    if trust.obstacle:
        raise CommandError(trust.obstacle, str(place.project), "keep agents in their own folder")
    if not trust.holds:
        _require_sound(place)
        from orchestrator.config.trust import remember

        if yes:
            # Before it is shown, so that whoever stops reading has still what was asked for.
            remember(place.project, place.user, trust)
            if not as_json:
                _show(place, trust, click.echo)
        else:
            try:
                _show(place, trust, say if as_json else click.echo)
            except BrokenPipeError:
                raise CommandError(
                    "what it covers could not be shown whole, so nothing changed",
                    "orc trust",
                    "read it to its end",
                ) from None
            if not _agreed():
                say("not trusted; nothing changed")
                leave(Exit.NEGATIVE)
            remember(place.project, place.user, trust)
    state = "nothing" if trust.state == "nothing" else "trusted"
    data = {
        "project": str(place.project),
        "state": state,
        "files": list(trust.files),
        "changes": trust.changes,
    }
    emit(data, as_json, lambda: _outcome(place, trust))


def _only_a_person(place: Place) -> None:
    # ORC_RUN is for other programs that drive runs: whatever they start decides nothing either.
    inside = "a run (ORC_RUN is set)" if place.environ.get("ORC_RUN") else inside_a_run()
    if inside is not None:
        raise CommandError(
            f"trust is for a person, and this process belongs to {inside}",
            "orc trust",
            "decide at your own terminal",
        )


def _require_sound(place: Place) -> None:
    """Settings that do not load are mended before they are trusted."""
    from orchestrator.config.load import load

    for notice in load(place.project, place.environ, trusted=True).notices:
        place.say_once(notice)


def _show(place: Place, trust: Trust, out: Callable[[str], None]) -> None:
    from orchestrator.cli.text import plain

    what = "changed since you trusted it" if trust.state == "changed" else "not trusted yet"
    out(f"{place.project}: {what}")
    out(plain(trust.changes))
    out("this covers:")
    for name in trust.files:
        out(f"  {plain(name)}")


def _agreed() -> bool:
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise CommandError(
            "nobody is there to ask", "orc trust", "look at the difference, then add --yes"
        )
    return click.confirm("Let this take effect?", default=False, err=True)


def _outcome(place: Place, trust: Trust) -> str:
    if trust.state == "nothing":
        return f"{place.project} brings nothing that needs trust"
    files = "1 file" if len(trust.files) == 1 else f"{len(trust.files)} files"
    return f"{place.project} is trusted as it stands now ({files})"
