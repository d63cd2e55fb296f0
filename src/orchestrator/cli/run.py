"""`orc run` and `orc resume`: a request becomes a run, or a standing run goes on."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import signal
import time
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from orchestrator.cli.choosing import model_for_request, model_for_run
from orchestrator.cli.options import JSON, WORKSPACE
from orchestrator.cli.output import CommandError, emit, leave, say
from orchestrator.cli.place import Place
from orchestrator.cli.text import unicode_of

if TYPE_CHECKING:
    from orchestrator.catalogue.sessions import House, Session
    from orchestrator.config.settings import Settings
    from orchestrator.models.port import Model
    from orchestrator.playbooks.library import Library

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Options:
    """What the command line says about how to run."""

    model: str | None = None
    max_hops: int | None = None
    max_usd: str | None = None
    as_json: bool = False
    take_over: bool = False

    def flags(self) -> dict[str, Any]:
        """As settings take them."""
        return {"limits.hops": self.max_hops, "limits.usd": self.max_usd}

    @property
    def sets_limits(self) -> bool:
        """Whether a limit was given; a run that stands else keeps those it has."""
        return any(value is not None for value in self.flags().values())


def run_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """The options of every command that drives a run."""
    for option in (
        JSON,
        click.option("--max-usd", metavar="X", help="Most that the model may cost, in USD."),
        click.option("--max-hops", type=int, metavar="N", help="Most handoffs."),
        WORKSPACE,
    ):
        function = option(function)
    return function


@click.command("run")
@click.argument("words", metavar="REQUEST", nargs=-1, required=True)
@click.option("--agent", metavar="A", help="The specialist that takes it; default: the router's.")
@click.option("--clean", is_flag=True, help="Start from HEAD, not from the files as they are.")
@click.option("--model", metavar="M", help="The model that all agents talk to.")
@click.option("--offline", is_flag=True, help="Without any model: only what needs none.")
@run_options
def run_command(
    words: tuple[str, ...],
    agent: str | None,
    clean: bool,
    model: str | None,
    offline: bool,
    workspace: Path | None,
    max_hops: int | None,
    max_usd: str | None,
    as_json: bool,
) -> None:
    """Turn REQUEST into verified work.

    The work happens on a branch of its own in a copy of your files as they are now; your files
    are not touched. The answer says what was checked, what was not, and how to merge.
    """
    request = unicode_of(" ".join(words))
    if not request.strip():
        raise CommandError("the request is empty", "orc run", "say what you want done")
    options = Options(model=model, max_hops=max_hops, max_usd=max_usd, as_json=as_json)
    place = Place.find(workspace)
    run = new_run()
    leave(
        execute(
            place,
            options,
            run,
            lambda house: _opened(house, run, request, agent, clean, model),
            lambda settings, library: model_for_request(
                place, settings, library, request, agent=agent, model=model, offline=offline
            ),
        )
    )


@click.command("resume")
@click.argument("run")
@click.option("--take-over", is_flag=True, help="End the process that drives it first.")
@run_options
def resume_command(
    run: str,
    take_over: bool,
    workspace: Path | None,
    max_hops: int | None,
    max_usd: str | None,
    as_json: bool,
) -> None:
    """Go on with RUN from where its record ends."""
    options = Options(max_hops=max_hops, max_usd=max_usd, as_json=as_json, take_over=take_over)
    leave(go_on(Place.find(workspace), run, options))


def new_run() -> str:
    """A name that no other run has."""
    return f"{datetime.now(UTC):%y%m%d}-{secrets.token_hex(3)}"


def go_on(place: Place, name: str, options: Options, model: Model | None = None) -> int:
    """Take up a standing run and drive it; an ended one only tells its outcome."""
    from orchestrator.cli.runs import find_run

    run, state = find_run(place, name)
    if state.closed is not None and not state.closed.resumable:
        return tell(place, run, options)
    if options.take_over:
        from orchestrator.run.takeover import end_owner

        ended = end_owner(place.state, run)
        say(f"ended {ended}" if ended else f"no process here drives run {run}")
        with place.open_ledger() as ledger:
            if elsewhere := ledger.evict(run):
                say(f"cut off {elsewhere}: it can record nothing more")
    return execute(
        place,
        options,
        run,
        lambda house: _taken_up(house, run, options),
        lambda settings, _: model or model_for_run(place, settings, state),
    )


@contextlib.contextmanager
def _opened(
    house: House, run: str, request: str, agent: str | None, clean: bool, model: str | None
) -> Iterator[Session]:
    from orchestrator.catalogue.sessions import begin, open_session

    with open_session(house, run, agent=agent, model=model, clean=clean) as session:
        begin(session, house, request, agent, model)
        yield session


@contextlib.contextmanager
def _taken_up(house: House, run: str, options: Options) -> Iterator[Session]:
    from orchestrator.catalogue.sessions import limits_of, take_up

    with take_up(house, run) as session:
        settling_s = session.settles_in_s() if options.take_over else 0.0
        session.take(limits_of(house.settings) if options.sets_limits else None)
        if settling_s > 0:
            say(f"waiting {settling_s:.0f} s: what was begun may take effect until then")
            time.sleep(settling_s)
        yield session


def execute(
    place: Place,
    options: Options,
    run: str,
    session_of: Callable[[House], contextlib.AbstractContextManager[Session]],
    model_for: Callable[[Settings, Library], Model],
) -> int:
    """Drive a session to its end, showing it as it goes; the exit code of its outcome."""
    from orchestrator.catalogue.services import market_data_of
    from orchestrator.catalogue.sessions import House
    from orchestrator.cli.live import live_view
    from orchestrator.cli.person import AtTerminal
    from orchestrator.models.port import ModelConfigError
    from orchestrator.workspace.watch import adopting

    started = time.monotonic()
    settings = place.settings(options.flags()).settings
    agents = place.catalogue()
    library = place.playbooks(agents)
    chosen = model_for(settings, library)
    check_price(options, settings)
    with place.open_ledger() as ledger, live_view(started) as view:
        house = House(
            project=place.project,
            state_dir=place.state,
            environ=place.environ,
            settings=settings,
            agents=agents,
            ledger=ledger,
            model=chosen,
            market_data=market_data_of(settings.market_data),
            playbooks=library.playbooks,
            person=AtTerminal(pausing=view.paused),
            listener=view.on_event,
            on_text=view.on_text,
        )
        try:
            with adopting(), session_of(house) as session:
                asyncio.run(until_stopped(session.drive(), chosen))
        except Stopped:
            say(f"stopped; `orc resume {run}` goes on")
        except ModelConfigError as error:
            fix = f"{error.fix}; then `orc resume {run}` goes on"
            raise CommandError(error.what, f"run {run}", fix) from None
    return tell(place, run, options)


class Stopped(Exception):
    """A person's signal ended what was being driven; it can go on."""


async def until_stopped(act: Coroutine[Any, Any, T], model: Model) -> T:
    """Drive to the end.

    Raises:
        Stopped: a person sent a signal.
    """
    task = asyncio.current_task()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError, RuntimeError, ValueError):
            loop.add_signal_handler(name, lambda: task.cancel() if task else None)
    try:
        return await act
    except asyncio.CancelledError:
        raise Stopped from None
    finally:
        await model.aclose()


def tell(place: Place, name: str, options: Options) -> int:
    """Say how a run stands, and give the exit code that means it."""
    from orchestrator.cli.runs import find_run, report_of
    from orchestrator.cli.view import print_report
    from orchestrator.run.report import exit_code

    run, state = find_run(place, name)
    report = report_of(place, run, state)
    if options.as_json:
        emit(report, True, str)
    else:
        print_report(report, state)
    return int(exit_code(report))


def check_price(options: Options, settings: Settings) -> None:
    """A budget in USD means nothing for a model whose price nobody knows."""
    if options.max_usd is None:
        return
    from orchestrator.catalogue.sessions import prices_of
    from orchestrator.models.port import Usage

    prices = prices_of(settings)
    for name in (options.model or settings.model.name, settings.model.router):
        if prices.price(name, Usage(output_tokens=1)) is not None:
            continue
        raise CommandError(
            f"the price of {name} is not known, so {options.max_usd} USD cannot be kept",
            "--max-usd",
            f'set `model.prices."{name}"` with input and output in USD per million tokens',
        )
