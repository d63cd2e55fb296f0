"""Lists of runs, the timeline of one, and one receipt, as a person reads them."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from orchestrator.cli.marks import (
    BAD,
    CARE,
    CITE,
    GOOD,
    NAME,
    QUIET,
    Marks,
    console_for,
    marks_for,
    usd_text,
)
from orchestrator.cli.spending import in_all
from orchestrator.cli.telling import tell
from orchestrator.cli.text import counted, label, one_line, plain, value_text
from orchestrator.run.parts import Receipt
from orchestrator.run.report import is_verified, kind_of, status_of
from orchestrator.run.spending import spend_body
from orchestrator.run.state import State
from trading_tools.audit.event import Event
from trading_tools.audit.ledger import StreamInfo

_STYLES: Mapping[str, str] = {
    "success": GOOD,
    "complete": GOOD,
    "blocked": BAD,
    "needs_help": BAD,
    "failed": BAD,
    "running": NAME,
}

_SUMMED = ("model_calls", "attempts", "input_tokens", "output_tokens", "cache_read_tokens")


def summary(info: StreamInfo, state: State, *, owned: bool) -> dict[str, Any]:
    """One run of `orc runs --json`. `agents` are those that took over, in order.

    `inherited` is what of the figures a fork has from its parent, null for a run of its own.
    """
    agents = [state.route.agent] if state.route else []
    agents += [to for _, to, _ in state.handoffs]
    return {
        "run": info.stream,
        "opened_at": info.opened_at,
        "last_at": info.last_at,
        "status": status_of(state, owned=owned),
        "verified": is_verified(state),
        "unchecked": list(state.acceptance[-1].unchecked) if state.acceptance else [],
        "kind": kind_of(state),
        "agents": agents,
        **spend_body(state.spend),
        "inherited": spend_body(state.spend.inherited) if state.copied else None,
        "request": state.opened.request if state.opened else "",
    }


def print_runs(rows: Sequence[Mapping[str, Any]], console: Console | None = None) -> None:
    """A few lines a run: how it stands, what it was about, who took part, what was not checked."""
    console = console or console_for(sys.stdout)
    marks = marks_for(console)
    if not rows:
        console.print("no runs yet; `orc run REQUEST` starts one")
        return
    table = Table.grid(padding=(0, 2, 0, 0), expand=True)
    for column in ("run", "when", "status", "kind"):
        table.add_column(column, no_wrap=True)
    table.add_column("cost", no_wrap=True, justify="right", ratio=1)
    for row in rows:
        status = str(row["status"])
        words = "done, verified" if row["verified"] else status.replace("_", " ")
        table.add_row(
            Text(label(row["run"]), NAME),
            Text(label(row["opened_at"])[:16].replace("T", " ") + " UTC", QUIET),
            Text(words, _STYLES.get(status, CARE)),
            Text(label(row["kind"] or "")),
            usd_text(row["cost_usd"]),
        )
    lines = console.render_lines(table, pad=False)
    for row, line in zip(rows, lines, strict=True):
        console.print(Text.assemble(*((part.text, part.style or "") for part in line)))
        about = Text(f"  {one_line(row['request'], max(console.width - 2, 20))}")
        path = f" {marks.goes} ".join(label(agent) for agent in row["agents"])
        console.print(about, no_wrap=True, overflow="ellipsis")
        if path:
            console.print(Text(f"  {path}", QUIET), no_wrap=True, overflow="ellipsis")
        if row["verified"] and row["unchecked"]:
            names = (label(text.partition(":")[0]) for text in row["unchecked"])
            text = Text(f"  verified, but not: {', '.join(names)}", CARE)
            console.print(text, no_wrap=True, overflow="ellipsis")
    console.print()
    for told in _totals(rows, marks):
        console.print(Text(told, QUIET), no_wrap=True, overflow="ellipsis")


def _totals(rows: Sequence[Mapping[str, Any]], marks: Marks) -> tuple[str, str]:
    """What the listed runs used in all; runs without a known price are counted apart.

    What a fork has from its parent is the parent's.
    """
    priced = [row for row in rows if row["cost_usd"] is not None]
    own = (Decimal(row["cost_usd"]) - _inherited(row, "cost_usd") for row in priced)
    money = usd_text(str(sum(own, Decimal(0)))) if priced else "no price"
    if priced and len(priced) < len(rows):
        money += f" and {counted(len(rows) - len(priced), 'run')} without a price"
    used = {name: sum(row[name] - int(_inherited(row, name)) for row in rows) for name in _SUMMED}
    return f"{counted(len(rows), 'run')} {marks.dot} {money}", in_all(used, marks)


def _inherited(row: Mapping[str, Any], name: str) -> Decimal:
    return Decimal(row["inherited"][name]) if row["inherited"] else Decimal(0)


def print_timeline(recorded: Iterable[Event], console: Console | None = None) -> None:
    """Every event worth telling: its number, its time (UTC), and what happened."""
    console = console or console_for(sys.stdout)
    marks = marks_for(console)
    state = State()
    for event in recorded:
        state.apply(event)
        lead = f"{event.seq:>4}  {event.at[11:19]}  "
        for line in tell(event, state, turns=True):
            text = Text.assemble((lead, QUIET), line.text(marks))
            console.print(text, soft_wrap=True)
            lead = " " * len(lead)


def print_receipt(receipt: Receipt, text: str, console: Console | None = None) -> None:
    """A call, its arguments, and all that it came to."""
    console = console or console_for(sys.stdout)
    head = Text.assemble((f"r{receipt.seq}", CITE), "  ", (label(receipt.tool), NAME))
    head.append(f"  by {label(receipt.agent)}", QUIET)
    if receipt.is_error:
        head.append("  error", BAD)
    console.print(head, soft_wrap=True)
    for name, value in receipt.arguments.items():
        shown = Text.assemble((f"  {label(str(name))}: ", QUIET), value_text(value))
        console.print(shown, soft_wrap=True)
    console.print()
    console.print(Text(plain(text).rstrip("\n")), soft_wrap=True)
