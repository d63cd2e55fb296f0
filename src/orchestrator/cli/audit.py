"""`orc audit`: is the ledger what was written, what was written last, and handing it over."""

from __future__ import annotations

import contextlib
import difflib
import json
import os
import sys
from collections.abc import Iterable, Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from orchestrator.cli.options import JSON, WORKSPACE
from orchestrator.cli.output import CommandError, Exit, ReaderGone, emit, leave
from orchestrator.cli.place import Place
from trading_tools.audit.key import KEY_VARIABLE, audit_key

if TYPE_CHECKING:
    from trading_tools.audit.event import Event
    from trading_tools.audit.ledger import Ledger
    from trading_tools.audit.verify import Verification

CATALOGUE = "catalogue"

_HEADS = click.option(
    "--head",
    "heads",
    multiple=True,
    metavar="STREAM=HASH",
    help="A head kept elsewhere (the trailer of a commit) that the stream must contain.",
)
_LEDGER = click.option(
    "--ledger",
    "file",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="A ledger of its own, such as a bot's ledger.sqlite, in place of the project's.",
)


@click.group("audit")
def audit_command() -> None:
    """Check, show and hand over a ledger: the project's, or a bot's by --ledger."""


@audit_command.command("verify")
@_HEADS
@_LEDGER
@WORKSPACE
@JSON
def verify_command(
    heads: tuple[str, ...], file: Path | None, workspace: Path | None, as_json: bool
) -> None:
    """Verify every event, head and text. Exit code 1 where something is wrong."""
    from trading_tools.audit.verify import verify

    outside = _outside(heads)
    place = Place.find(workspace)
    with _opened(place, file) as ledger:
        _require_key(place, ledger)
        verdict = verify(ledger, heads=outside)
    _tell_verdict(_of_the_key(verdict), _name_of(place, file), as_json)


@audit_command.command("tail")
@click.option(
    "-n", "count", type=click.IntRange(1, 10_000), default=20, metavar="N", help="How many."
)
@click.option("--stream", metavar="S", help="Only this stream; default: all but the catalogue.")
@_LEDGER
@WORKSPACE
@JSON
def tail_command(
    count: int, stream: str | None, file: Path | None, workspace: Path | None, as_json: bool
) -> None:
    """Show the last events, oldest first."""
    with _opened(Place.find(workspace), file) as ledger:
        events = _last(ledger, stream, count)
    data = {"events": [event._asdict() for event in events]}
    emit(data, as_json, lambda: "\n".join(map(_line, events)) or "no events yet")


@audit_command.command("export")
@click.option("--stream", "streams", multiple=True, metavar="S", help="Only these streams.")
@click.option("--out", type=click.Path(path_type=Path), metavar="FILE", help="Default: stdout.")
@_LEDGER
@WORKSPACE
def export_command(
    streams: tuple[str, ...], out: Path | None, file: Path | None, workspace: Path | None
) -> None:
    """Write the ledger as JSON lines that anybody can verify."""
    from trading_tools.audit.export import export_lines

    with _opened(Place.find(workspace), file) as ledger:
        for name in streams:
            _require_stream(ledger, name)
        with contextlib.closing(export_lines(ledger, streams or None)) as lines:
            if out is None:
                _print(lines)
            else:
                _write(out, lines)


@audit_command.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--into",
    type=click.Path(path_type=Path),
    metavar="LEDGER",
    help="Also build a new ledger file from it; only where it verifies.",
)
@_HEADS
@JSON
def import_command(file: Path, into: Path | None, heads: tuple[str, ...], as_json: bool) -> None:
    """Verify an exported FILE without any ledger. Exit code 1 where something is wrong."""
    from trading_tools.audit.errors import LedgerError
    from trading_tools.audit.export import import_lines, verify_lines

    key = audit_key(os.environ)
    keys = [] if key is None else [key]
    outside = _outside(heads)
    try:
        if key is None and _is_keyed(file):
            raise _no_key(str(file))
        with file.open(encoding="utf-8") as lines:
            verdict = verify_lines(lines, keys=keys, heads=outside)
        if into is not None and verdict.valid:
            with file.open(encoding="utf-8") as lines:
                import_lines(lines, into)
    except LedgerError as error:
        what, _, fix = str(error).partition(": ")
        raise CommandError(what, str(file), fix or "get the file again") from None
    except OSError as error:
        where = str(error.filename or file)
        raise CommandError(error.strerror or str(error), where, "name a readable file") from None
    except UnicodeDecodeError:
        raise CommandError("is not UTF-8", str(file), "get the file again") from None
    _tell_verdict(_of_the_key(verdict), str(file), as_json)


@contextlib.contextmanager
def _opened(place: Place, file: Path | None) -> Iterator[Ledger]:
    """A file's ledger or the project's, to read. What goes wrong meanwhile is one line about it."""
    from trading_tools.audit.errors import LedgerError
    from trading_tools.audit.ledger import Ledger

    where = _name_of(place, file)
    try:
        with (
            (
                place.open_ledger(read_only=True)
                if file is None
                else Ledger.open(file, key=audit_key(place.environ), read_only=True)
            ) as ledger,
            ledger.store.database.failures(),
        ):
            yield ledger
    except LedgerError as error:
        said = str(error).removeprefix("the ledger ").removeprefix(where).strip(" :")
        what, sign, fix = said.partition("; " if "; " in said else ": ")
        raise CommandError(what, where, fix if sign else "see `orc doctor`") from None


def _name_of(place: Place, file: Path | None) -> str:
    return place.ledger_name if file is None else str(file)


def _require_key(place: Place, ledger: Ledger) -> None:
    """Without any key a keyed ledger cannot be judged; a wrong key is for the verdict to tell."""
    from trading_tools.audit.errors import KeyMismatch

    if audit_key(place.environ) is not None:
        return
    try:
        ledger.store.require_key()
    except KeyMismatch:
        raise _no_key(ledger.place) from None


def _no_key(where: str) -> CommandError:
    return CommandError(
        "is under a key", where, f"set {KEY_VARIABLE} to the key it was written with"
    )


def _is_keyed(file: Path) -> bool:
    """Whether the export says of itself that its ledger was under a key when it was made."""
    with file.open(encoding="utf-8") as lines:
        for line in lines:
            if not line.startswith('{"head":'):
                continue
            try:
                head = json.loads(line)["head"]
                if head["stream"] == CATALOGUE:
                    return bool(head["key_id"])
            except (ValueError, KeyError, TypeError):
                return False
    return False


def _of_the_key(verdict: Verification) -> Verification:
    """The verdict where a key was given: what it does not open is under another one."""
    if audit_key(os.environ) is None:
        return verdict
    problems = tuple(
        replace(
            found,
            problem=found.problem.replace("which was not given", "the key given is another one"),
        )
        for found in verdict.problems
    )
    return replace(verdict, problems=problems)


def _outside(heads: Iterable[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for text in heads:
        stream, sign, digest = text.rpartition("=")
        if not sign or not stream or not digest:
            raise CommandError(f"{text!r} is no head", "--head", "write STREAM=HASH")
        found[stream] = digest.lower()
    return found


def _tell_verdict(verdict: Verification, where: str, as_json: bool) -> None:
    data = {
        "valid": verdict.valid,
        "events": verdict.events,
        "streams": verdict.streams,
        "problems": [asdict(problem) for problem in verdict.problems],
    }

    def text() -> str:
        from orchestrator.cli.text import counted, one_line

        lines = [
            f"{one_line(p.stream, 200) or 'ledger'}:{p.seq}: {one_line(p.problem, 500)}"
            for p in verdict.problems
        ]
        state = "valid" if verdict.valid else "NOT VALID"
        counts = f"{counted(verdict.events, 'event')} in {counted(verdict.streams, 'stream')}"
        return "\n".join([*lines, f"{where}: {state}, {counts}"])

    emit(data, as_json, text)
    if not verdict.valid:
        leave(Exit.NEGATIVE)


def _require_stream(ledger: Ledger, name: str) -> None:
    known = [info.stream for info in ledger.streams()]
    if name not in [*known, CATALOGUE]:
        near = difflib.get_close_matches(name, known, n=3)
        fix = f"near it: {', '.join(near)}" if near else "there are none yet"
        if known and not near:
            fix = f"the last ones: {', '.join(known[-3:])}"
        raise CommandError(f"there is no stream {name!r}", ledger.place, fix)


def _last(ledger: Ledger, stream: str | None, count: int) -> list[Event]:
    if stream is not None:
        _require_stream(ledger, stream)
        head = ledger.head(stream)
        return ledger.read(stream, max(head.seq - count, 0) if head else 0)
    # Newest streams first: one that ended before all the events at hand cannot add any.
    found: list[Event] = []
    for info in sorted(ledger.streams(), key=lambda info: info.last_at, reverse=True):
        if len(found) == count and info.last_at < found[0].at:
            break
        found += ledger.read(info.stream, max(info.seq - count, 0))
        found = sorted(found, key=lambda event: (event.at, event.stream, event.seq))[-count:]
    return found


def _line(event: Event) -> str:
    from orchestrator.cli.text import one_line
    from trading_tools.audit.event import canonical_json

    body = one_line(canonical_json(event.body), 160)
    return f"{event.at}  {one_line(event.stream, 60)}:{event.seq}  {event.kind}  {body}"


def _print(lines: Iterable[str]) -> None:
    for line in lines:
        try:
            sys.stdout.write(line + "\n")
        except BrokenPipeError:
            # Not an error of the ledger, which is what the context around would make of it.
            raise ReaderGone from None


def _write(out: Path, lines: Iterable[str]) -> None:
    """Whole or not at all, and never over something that is there."""
    if os.path.lexists(out):
        raise CommandError("exists already", str(out), "name another file or remove it")
    part = out.with_name(f"{out.name}.part")
    try:
        with part.open("w", encoding="utf-8", newline="\n") as file:
            for line in lines:
                file.write(line + "\n")
        part.replace(out)
    except OSError as error:
        with contextlib.suppress(OSError):
            part.unlink()
        why = error.strerror or str(error)
        raise CommandError(f"cannot be written: {why}", str(out), "name another file") from None
