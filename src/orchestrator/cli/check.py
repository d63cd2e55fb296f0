"""`orc check`: is there a history that breaks a limiter, a breaker, a sizing function, a guard?

Reading the options and handing out the answer is here; the attack is `trading_tools.conformance`.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from orchestrator.cli.options import JSON
from orchestrator.cli.output import CommandError, Exit, emit, leave, say

if TYPE_CHECKING:
    from trading_tools.conformance.spec import CheckSpec, Finding, Outcome

_KINDS = ("limiter", "breaker", "kelly", "sizing", "backoff", "order-guard")


@click.command("check")
@click.argument("kind", type=click.Choice(_KINDS))
@click.argument("target")
@click.option(
    "--param",
    "params",
    multiple=True,
    metavar="K=V",
    help="What it promises, how it is made, how its calls are named (acquire=take). Repeatable.",
)
@click.option(
    "--seed",
    type=click.IntRange(0, 2**63 - 1),
    default=1,
    show_default=True,
    help="The histories follow from it.",
)
@click.option(
    "--histories",
    type=click.IntRange(1, 100_000),
    default=100,
    show_default=True,
    help="How many are tried for each property.",
)
@click.option(
    "--timeout",
    "timeout_s",
    type=click.FloatRange(1, 3_600),
    default=300,
    show_default=True,
    metavar="S",
    help="Seconds of real time for all of it.",
)
@click.option(
    "--write-test",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write what was broken as a test file that needs only pytest and your code.",
)
@JSON
def check_command(
    kind: str,
    target: str,
    params: tuple[str, ...],
    seed: int,
    histories: int,
    timeout_s: float,
    write_test: Path | None,
    as_json: bool,
) -> None:
    """Attack a component of yours with generated histories, and show the shortest that breaks it.

    TARGET is path/to/file.py:Name, package.module:Name, or page.md:Name for a page's Python blocks.
    """
    from trading_tools.conformance.report import text
    from trading_tools.conformance.spec import CheckSpec

    if write_test is not None and write_test.exists():
        raise CommandError(f"{write_test} exists already", "--write-test", "name a new file")
    spec = CheckSpec(kind, target, Path.cwd(), _given(params), seed, histories, timeout_s)
    outcome = _checked(spec)
    emit(outcome.to_dict(), as_json, lambda: text(outcome))
    if write_test is not None:
        _keep(spec, outcome, write_test)
    leave(Exit.NEGATIVE if outcome.broken else Exit.DONE)


def _checked(spec: CheckSpec) -> Outcome:
    from trading_tools.conformance.check import check
    from trading_tools.conformance.spec import CheckError

    try:
        return asyncio.run(check(spec, _progress if sys.stderr.isatty() else lambda _found: None))
    except CheckError as error:
        raise CommandError(error.what, f"check {spec.kind}", error.fix) from None
    except KeyboardInterrupt:
        raise click.Abort from None


def _progress(found: Finding) -> None:
    say(f"{found.verdict.value}: {found.title}")


def _given(params: tuple[str, ...]) -> dict[str, str]:
    given: dict[str, str] = {}
    for param in params:
        name, equals, value = param.partition("=")
        if not equals or not name.isidentifier():
            raise CommandError(f"--param {param} is not NAME=VALUE", "check", "write NAME=VALUE")
        given[name] = value
    return given


def _keep(spec: CheckSpec, outcome: Outcome, file: Path) -> None:
    from trading_tools.conformance.kept_test import kept_test

    written = kept_test(spec, outcome, file)
    if not written:
        say("nothing is broken: no test was written")
        return
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(written, "utf-8")
    except OSError as error:
        why = error.strerror or str(error)
        raise CommandError(f"it cannot be written: {why}", str(file), "name another file") from None
    say(f"wrote {file}: it fails until the code is mended")
