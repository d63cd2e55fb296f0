"""`orc fork`: a copy of a run goes on from a point of it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from orchestrator.cli.choosing import model_for_run, model_of
from orchestrator.cli.output import leave, say
from orchestrator.cli.place import Place
from orchestrator.cli.run import Options, execute, new_run, run_options
from orchestrator.cli.runs import find_run

if TYPE_CHECKING:
    from orchestrator.catalogue.sessions import House, Session


@click.command("fork")
@click.argument("run")
@click.option("--at", type=int, metavar="SEQ", help="The last event that is taken over.")
@click.option("--model", metavar="M", help="The model that all agents talk to from there on.")
@run_options
def fork_command(
    run: str,
    at: int | None,
    model: str | None,
    workspace: Path | None,
    max_hops: int | None,
    max_usd: str | None,
    as_json: bool,
) -> None:
    """Go on with a copy of RUN from event SEQ, in files restored to that point.

    RUN itself stays as it is. `orc show RUN --events` has the numbers; without --at the copy goes
    on from the last point that leaves something to do. What RUN spent up to there counts towards
    the copy's limits.
    """
    options = Options(model=model, max_hops=max_hops, max_usd=max_usd, as_json=as_json)
    place = Place.find(workspace)
    parent, state = find_run(place, run)
    name = new_run()
    leave(
        execute(
            place,
            options,
            name,
            lambda house: _forked(house, parent, name, at, options),
            lambda settings, _: (
                model_of(place, settings) if model else model_for_run(place, settings, state)
            ),
        )
    )


@contextlib.contextmanager
def _forked(
    house: House, parent: str, name: str, at: int | None, options: Options
) -> Iterator[Session]:
    from orchestrator.catalogue.forks import fork
    from orchestrator.catalogue.sessions import limits_of

    with fork(house, parent, name, at, options.model) as session:
        say(f"run {name} is a fork of {parent}")
        session.take(limits_of(house.settings) if options.sets_limits else None)
        yield session
