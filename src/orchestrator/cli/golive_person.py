"""What only a person does at the gate: waive missing evidence, sign a go, check one handed over."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from orchestrator.cli.descent import inside_a_run
from orchestrator.cli.golive_files import configured
from orchestrator.cli.options import JSON
from orchestrator.cli.output import CommandError, Exit, emit, leave
from orchestrator.cli.place import Place

if TYPE_CHECKING:
    from trading_tools.golive.handover import Handover

_CONFIG = click.option(
    "--config",
    "file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Default: golive.toml.",
)
_BY = click.option("--as", "by", required=True, metavar="NAME", help="As in the file of signers.")
_KEY = click.option(
    "--key",
    type=click.Path(path_type=Path),
    required=True,
    metavar="FILE",
    help="The SSH key to sign with.",
)


@click.command("waive")
@click.argument("check")
@click.option("--reason", required=True, help="Why its evidence can be missing.")
@click.option(
    "--until", required=True, metavar="DAY", help="The last day it counts, as 2026-12-10."
)
@_BY
@_KEY
@_CONFIG
@JSON
def waive_command(
    check: str, reason: str, until: str, by: str, key: Path, file: Path | None, as_json: bool
) -> None:
    """Answer, by name and until a day, for missing evidence of CHECK."""
    from trading_tools.golive.check import all_checks
    from trading_tools.golive.signing import SigningError
    from trading_tools.golive.waivers import Waiver, WaiverError, waive

    _only_a_person()
    place = Place.find()
    project = configured(place, file)
    if check not in {each.id for each in all_checks()}:
        raise CommandError(f"there is no check {check!r}", "orc golive waive", "name one, as G15")
    signers = project.config.deployment.signers
    if signers is None:
        fix = "name the file of your approvers' public keys"
        raise CommandError("[deployment] signers is missing", str(project.file), fix)
    waiver = Waiver(project.config.bot.name, check, reason, _day(until), by)
    with place.open_ledger() as ledger:
        try:
            waive(ledger, waiver, key, project.path(signers), datetime.now(UTC).date())
        except (WaiverError, SigningError) as error:
            raise CommandError(str(error), f"waiver of {check}", "nothing was recorded") from None
    emit(waiver.said(), as_json, lambda: f"{check} is waived by {by} until {waiver.until}")


@click.command("sign")
@click.argument("report", type=click.Path(path_type=Path))
@_BY
@_KEY
@_CONFIG
@JSON
def sign_command(report: Path, by: str, key: Path, file: Path | None, as_json: bool) -> None:
    """Put your name under REPORT, a go from `orc golive --format json=REPORT`."""
    from trading_tools.golive.handover import HandoverError, sign_report
    from trading_tools.golive.signing import SigningError

    _only_a_person()
    place = Place.find()
    project = configured(place, file)
    said = _report(report)
    with place.open_ledger() as ledger:
        try:
            sign_report(ledger, project, said, by, key)
        except (HandoverError, SigningError) as error:
            raise CommandError(str(error), str(report), "nothing was signed") from None
    emit({"report": str(report), "by": by}, as_json, lambda: f"{report} is signed by {by}")


def verify_report(report: Path, file: Path | None, as_json: bool, page: Path | None) -> None:
    """What a report is worth for what lies here; exit code 0 only for a go that holds.

    `page` is its HTML page, on which that is written too.
    """
    from trading_tools.golive.handover import check_report

    place = Place.find()
    project = configured(place, file)
    said = _report(report)
    with place.open_ledger() as ledger:
        found = check_report(ledger, project, said, datetime.now(UTC))
    if page is not None:
        _write_on(page, said, found)
    emit(found.as_json(), as_json, lambda: _told(found))
    leave(Exit.DONE if found.valid else Exit.NEGATIVE)


def _write_on(page: Path, said: dict[str, Any], found: Handover) -> None:
    from trading_tools.golive.handover import digest
    from trading_tools.golive.reports.signed import NotItsPage, signed

    try:
        text = signed(page.read_text(encoding="utf-8"), digest(said), found, datetime.now(UTC))
        page.write_text(text, encoding="utf-8")
    except (NotItsPage, UnicodeDecodeError):
        fix = "name the HTML page that was made with it"
        raise CommandError("is no page of this report", str(page), fix) from None
    except OSError as error:
        why = error.strerror or str(error)
        raise CommandError(f"cannot be written ({why})", str(page), "name another") from None


def _told(found: Handover) -> str:
    first = "the go holds" if found.valid else f"not to be relied on: it says {found.verdict!r}"
    lines = [first, *(f"  {problem}" for problem in found.problems)]
    lines += [f"  signed by {each.by} at {each.at[:16]}Z" for each in found.signatures]
    return "\n".join(lines)


def _report(file: Path) -> dict[str, Any]:
    fix = "name a report that `orc golive --format json=FILE` wrote"
    try:
        said = json.loads(file.read_bytes(), object_pairs_hook=_once, parse_constant=_no_number)
    except OSError as error:
        why = error.strerror or str(error)
        raise CommandError(f"cannot be read ({why})", str(file), fix) from None
    except (ValueError, RecursionError):
        said = None
    if not isinstance(said, dict) or "checks" not in said:
        raise CommandError("is no report of the gate", str(file), fix)
    return said


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object that all readers read alike: of a key that is there twice each takes another."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key is there twice")
    return found


def _no_number(text: str) -> Any:
    raise ValueError(f"{text} is no JSON")


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise CommandError(f"{text!r} is no day", "--until", "write it as 2026-12-10") from None


def _only_a_person() -> None:
    found = inside_a_run()
    if found:
        fix = "a person decides that, at a terminal of his own"
        raise CommandError(f"was started by {found}", "orc golive", fix)
