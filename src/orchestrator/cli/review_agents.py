"""`orc review --agents`: gives what is reviewed to specialists, and takes a review up again."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from orchestrator.cli.choosing import model_of
from orchestrator.cli.output import CommandError, Exit, say
from orchestrator.cli.place import Place
from orchestrator.cli.run import Options, Stopped, check_price, new_run, until_stopped
from orchestrator.cli.text import label, short_arguments
from orchestrator.run.events import RunClosed, ToolIntended

if TYPE_CHECKING:
    from orchestrator.catalogue.reviewing import Change, Reviewed
    from orchestrator.catalogue.sessions import House
    from orchestrator.catalogue.specialists.asking import Piece
    from orchestrator.catalogue.specialists.panel import Outcome
    from orchestrator.config.settings import Settings
    from orchestrator.run.state import State
    from trading_tools.audit.event import Event
    from trading_tools.review.panel import Panel

_WORST = ("failed", "limited", "waiting")
_CODES = {"failed": Exit.FAULT, "limited": Exit.LIMITED, "waiting": Exit.WAITING}


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What the command line says about the specialists."""

    names: tuple[str, ...] = ()
    model: str | None = None
    max_usd: str | None = None


def ask_specialists(
    place: Place, asked: Asked, done: Reviewed, change: Change | None, *, staged: bool
) -> Outcome | None:
    """What rules and specialists find in what was reviewed; None where there is no text."""
    from orchestrator.catalogue.specialists.choosing import fitting
    from orchestrator.catalogue.specialists.panel import begin_review

    pieces = _pieces(place, done, change)
    if not pieces:
        say("orc: no specialist is asked: there is no text to review")
        return None
    known = place.catalogue()
    for name in asked.names:
        if known.get(name) is None:
            near = ", ".join(known.nearest(name))
            fix = f"did you mean {near}?" if near else "`orc agents` lists them"
            raise CommandError(f"there is no agent {name!r}", "--agent", fix)
    names = asked.names or fitting((_touched(each) for each in pieces), known.names)
    if not names:
        what = "none of the specialists who review is among the agents here"
        raise CommandError(what, "--agents", "name one with --agent; `orc agents` lists them")
    name = new_run()
    return _driven(
        place,
        asked,
        name,
        f"review {name}: {', '.join(names)}",
        lambda house: begin_review(
            house,
            name,
            tuple(dict.fromkeys(names)),
            pieces,
            done.findings,
            files=done.files,
            staged=staged,
            model=asked.model,
        ),
    )


def take_up(place: Place, asked: Asked, name: str) -> Outcome:
    """Go on with a review that stands in the ledger."""
    from orchestrator.catalogue.specialists.panel import outcome_of, resume_review
    from orchestrator.catalogue.specialists.record import NoReview, Review, reviews_in

    with place.open_ledger(read_only=True) as ledger:
        try:
            review = Review.read(ledger, name)
        except NoReview:
            known = ", ".join(reviews_in(ledger)[-3:])
            fix = f"the last ones: {known}" if known else "`orc review --agents` begins one"
            raise CommandError(f"there is no review {name!r}", "--resume", fix) from None
        if review.closed:
            return outcome_of(ledger, review)
    raised = asked.max_usd is not None
    return _driven(
        place,
        asked,
        name,
        f"review {name} goes on",
        lambda house: resume_review(house, name, raised=raised),
    )


def show_review(place: Place, name: str, as_json: bool) -> tuple[str, ...]:
    """Tell what a review came to so far; the streams that this stands in."""
    from orchestrator.catalogue.reviewing import Reviewed
    from orchestrator.catalogue.specialists.panel import outcome_of
    from orchestrator.catalogue.specialists.record import Review
    from orchestrator.cli.review_output import told
    from trading_tools.review.registry import chosen

    with place.open_ledger(read_only=True) as ledger:
        review = Review.read(ledger, name)
        came = outcome_of(ledger, review)
    done = Reviewed(came.findings, came.files)
    sys.stdout.write(told(done, chosen(), "json" if as_json else "text", 0.0, came.panel))
    return name, *(run for _, run in review.members)


def code_of(panel: Panel) -> Exit:
    """What specialists who gave no answer make of a review in which nothing else is wrong."""
    silent = [each.status for each in panel.members if not each.done]
    worst = next((each for each in _WORST if each in silent), None)
    if worst is not None:
        return _CODES[worst]
    return Exit.NEGATIVE if silent else Exit.DONE


def _driven(
    place: Place,
    asked: Asked,
    name: str,
    told: str,
    act: Callable[[House], Coroutine[Any, Any, Outcome]],
) -> Outcome:
    from orchestrator.catalogue.sessions import House
    from orchestrator.models.port import ModelConfigError
    from orchestrator.workspace.watch import adopting

    options = Options(model=asked.model, max_usd=asked.max_usd)
    settings: Settings = place.settings(options.flags()).settings
    model = model_of(place, settings)
    check_price(options, settings)
    say(told)
    with place.open_ledger() as ledger:
        house = House(
            project=place.project,
            state_dir=place.state,
            environ=place.environ,
            settings=settings,
            agents=place.catalogue(),
            ledger=ledger,
            model=model,
            listener=_tell,
        )
        again = f"`orc review --resume {name}` goes on"
        try:
            with adopting():
                return asyncio.run(until_stopped(act(house), model))
        except ModelConfigError as error:
            raise CommandError(error.what, f"review {name}", f"{error.fix}; then {again}") from None
        except Stopped:
            what = "stopped before it was done"
            raise CommandError(what, f"review {name}", again, Exit.NEGATIVE) from None


def _tell(event: Event, state: State) -> None:
    """A line for what a specialist did; several speak at once, so each line names its own."""
    agent = state.opened.agent if state.opened else ""
    if event.kind == ToolIntended.KIND:
        say(
            f"  {agent}: {label(event.body['tool'])} {short_arguments(event.body['arguments'], 60)}"
        )
    elif event.kind == RunClosed.KIND:
        say(f"  {agent}: {event.body['status']}")


def _pieces(place: Place, done: Reviewed, change: Change | None) -> Sequence[Piece]:
    """The reviewed files as text; what is no UTF-8 the rules have told already."""
    from orchestrator.catalogue.specialists.asking import Piece
    from trading_tools.review.reading.finding import from_disk

    pieces = []
    for target in done.targets:
        raw = from_disk(target.file) if change is None else change.after.get(target.file)
        text = _text(raw)
        if text is None:
            continue
        before = None if change is None else _text(change.before.get(target.file))
        added = change is not None and before is None
        path = _path(target.file, place.project)
        pieces.append(Piece(path, target.shown, text, before, added))
    return pieces


def _text(raw: bytes | None) -> str | None:
    try:
        return None if raw is None else raw.decode("utf-8")
    except UnicodeDecodeError:
        return None


def _path(file: Path, project: Path) -> str:
    return file.relative_to(project).as_posix() if file.is_relative_to(project) else str(file)


def _touched(piece: Piece) -> str:
    """The lines of a piece that a change brought; all of them where there is no change."""
    if piece.before is None:
        return piece.text
    old = set(piece.before.split("\n"))
    return "\n".join(line for line in piece.text.split("\n") if line not in old)
