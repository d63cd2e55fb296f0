"""The forms in which `orc review` tells what it found."""

from __future__ import annotations

import os
import shutil
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from orchestrator.cli.output import CommandError, as_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from orchestrator.catalogue.reviewing import Reviewed
    from trading_tools.review.findings import Finding
    from trading_tools.review.panel import Panel
    from trading_tools.review.rule import Rule

FORMATS: Final = ("text", "brief", "json", "sarif", "github", "markdown")


def copies_of(words: Sequence[str]) -> list[tuple[str, Path]]:
    """The forms and files of `--write FORM=FILE`."""
    copies = []
    for word in words:
        form, _, file = word.partition("=")
        if form not in FORMATS or not file:
            fix = f"write FORM=FILE, the form one of {', '.join(FORMATS)}"
            raise CommandError(f"{word!r} is no form with a file", "--write", fix)
        copies.append((form, Path(file)))
    return copies


def write_text(path: Path, text: str) -> None:
    """Write a file that the user named; what cannot be written is one line."""
    try:
        path.write_text(text, "utf-8", errors="backslashreplace")
    except OSError as error:
        why = error.strerror or str(error)
        fix = "name a file in a folder that is there and can be written"
        raise CommandError(f"cannot be written ({why})", str(path), fix) from None


def _without_secrets(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    if not findings:
        return ()
    from trading_tools.audit.redact import Redactor
    from trading_tools.review.rules.t42_secret import secrets_quoted

    environment = Redactor.from_environment(os.environ)
    code = Redactor(("secret", each) for each in secrets_quoted(findings))

    def clean(text: str) -> str:
        return code.text(environment.text(text))

    return tuple(
        replace(each, message=clean(each.message), excerpt=clean(each.excerpt)) for each in findings
    )


def told(
    done: Reviewed,
    rules: Sequence[Rule],
    form: str,
    seconds: float,
    panel: Panel | None = None,
    *,
    shown: bool = True,
) -> str:
    """The findings in one of the forms; each is imported when it is asked for.

    `panel` are the specialists who were asked too; `shown` text may be for a terminal. A report
    goes where the code does not: secrets in quoted lines are taken out.
    """
    done = replace(done, findings=_without_secrets(done.findings))
    if form == "json":
        from trading_tools.review.reports.plain import as_json

        return as_text(as_json(done.findings, done.files, seconds, panel))
    if form == "sarif":
        from importlib.metadata import version

        from trading_tools.review.reports.sarif import as_sarif

        return as_text(as_sarif(done.findings, rules, version("trading-orchestrator"), panel))
    if form == "github":
        from trading_tools.review.reports.github import as_annotations

        return as_annotations(done.findings, panel)
    if form == "markdown":
        from trading_tools.review.reports.markdown import as_markdown

        return as_markdown(done.findings, rules, done.files, panel)
    from trading_tools.review.reports.text import as_text as for_people

    seen = shown and sys.stdout.isatty()
    return (
        for_people(
            done.findings,
            done.files,
            colour=seen and "NO_COLOR" not in os.environ,
            brief=form == "brief",
            width=shutil.get_terminal_size().columns if seen else None,
            panel=panel,
        )
        + "\n"
    )
