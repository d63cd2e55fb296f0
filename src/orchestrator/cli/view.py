"""A run's report as a person reads it: one page, labels on the left, no boxes.

What it says comes from the report and the state alone; the words "done, verified" stand only where
the report's `verified` is true. The parts of the page are `sections`.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from orchestrator.cli import sections
from orchestrator.cli.marks import (
    BAD,
    CARE,
    GOOD,
    NAME,
    QUIET,
    console_for,
    marks_for,
    print_trimmed,
    span_text,
    usd_text,
)
from orchestrator.cli.sections import Page
from orchestrator.cli.text import label
from orchestrator.run.state import State

LABEL_WIDTH = 9

_PARTS: tuple[tuple[str, Callable[[Page], list[RenderableType]]], ...] = (
    ("request", sections.request),
    ("result", sections.result),
    ("waits for", sections.waiting),
    ("limit", sections.limit),
    ("chain", sections.chain),
    ("checks", sections.checks),
    ("receipts", sections.receipts),
    ("spend", sections.spend),
    ("note", sections.notes),
)

_HEADS: Mapping[str, tuple[str, str, str]] = {
    "blocked": ("unmet", "blocked", BAD),
    "needs_help": ("unmet", "needs help", BAD),
    "failed": ("unmet", "failed", BAD),
    "waiting": ("asks", "waits for you", CARE),
    "limited": ("care", "stopped at a limit", CARE),
    "running": ("agent", "running", NAME),
    "stopped": ("care", "stopped, not finished", CARE),
}


def print_report(document: Mapping[str, Any], state: State) -> None:
    """Print the page of a run on stdout."""
    show_report(console_for(sys.stdout), document, state)


def show_report(console: Console, document: Mapping[str, Any], state: State) -> None:
    """Print the page of a run.

    Args:
        console: where to; its width, colours and encoding decide how it looks.
        document: as `orchestrator.run.report.report` gives it.
        state: the state that the document was made of.
    """
    width = console.width - LABEL_WIDTH - 2
    given = Page(document, state, marks_for(console), width)
    rows = Table.grid(padding=(0, 2, 0, 0), expand=True)
    rows.add_column(width=LABEL_WIDTH, no_wrap=True, style=QUIET)
    rows.add_column(ratio=1, overflow="fold")
    for part, make in _PARTS:
        lines = make(given)
        if lines:
            rows.add_row("")
            rows.add_row(part, Group(*lines))
    print_trimmed(console, Group(_head(given), rows))
    _print_steps(console, sections.next_steps(given))


def _print_steps(console: Console, steps: list[tuple[str, str]]) -> None:
    """Commands are never broken into lines, so that they can be copied."""
    if steps:
        console.print()
    width = max((len(what) for what, _ in steps), default=0)
    for position, (what, command) in enumerate(steps):
        part = "next" if position == 0 else ""
        line = Text.assemble((f"{part:<{LABEL_WIDTH}}  {what:<{width}}  ", QUIET), command)
        console.print(line, soft_wrap=True)


def _head(given: Page) -> RenderableType:
    document = given.document
    mark, words, style = _verdict(document)
    sign = getattr(given.marks, mark)
    left = Text.assemble((f"{sign} {words}", f"{NAME} {style}"))
    if document["verified"] and document["unchecked"]:
        left.append(f", but not: {', '.join(_names(document['unchecked']))}", CARE)
    unverified = len(document["unverified"])
    if unverified and document["status"] in {"success", "complete"}:
        figures = "1 figure" if unverified == 1 else f"{unverified} figures"
        left.append(f", {figures} unsupported", CARE)
    facts = [label(document["kind"])] if document["kind"] else []
    facts.append(span_text(document["seconds"]))
    facts.append(usd_text(document["usage"]["cost_usd"]))
    told = Text(f" {given.marks.dot} ".join(facts), QUIET)
    run = Text(label(document["run"]), NAME)
    head = Table.grid(expand=True, padding=(0, 0, 0, 2))
    head.add_column(ratio=1)
    head.add_column(justify="right", no_wrap=True)
    whole = Text.assemble(left, "   ", told)
    if whole.cell_len + 2 + run.cell_len <= given.width + LABEL_WIDTH + 2:
        head.add_row(whole, run)
    else:
        head.add_row(left, run)
        head.add_row(Text.assemble("  ", told), "")
    return head


def _names(unchecked: Sequence[str]) -> list[str]:
    """The checks' names, which stand before the reasons."""
    return [label(text.partition(":")[0]) for text in unchecked]


def _verdict(document: Mapping[str, Any]) -> tuple[str, str, str]:
    if document["verified"]:
        return "met", "done, verified", GOOD
    status = document["status"]
    if status in {"success", "complete"}:
        return "unknown", "done, not verified", CARE
    return _HEADS.get(status, ("unmet", label(status), BAD))
