"""The figures as tables, on the terminal and as `docs/benchmarks.md`. Misses are shown as such."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

    from benchmarks.chain import Cost

TITLES = {
    "bare": "bare loop over the SDK (the floor)",
    "journal": "bare loop + 15-line SQLite journal",
    "aiohttp": "bare loop over the SDK's aiohttp client",
    "streamed": "bare loop by `messages.stream`",
    "engine": "**orchestrator**: ledger, redaction, checks",
    "pydantic_ai": "pydantic-ai",
    "pydantic_ai_dbos": "pydantic-ai, durable by DBOS (SQLite)",
    "openai_agents": "openai-agents (LiteLLM)",
    "openai_agents_session": "openai-agents, SQLiteSession in a file",
    "langgraph": "langgraph",
    "langgraph_sqlite": "langgraph, SQLite checkpointer",
}


BUSY = """
**The machine was busy with other work**: times are too long, and ratios cannot be relied on. Run it
again on an idle one.
"""


@dataclass(frozen=True)
class Figure:
    """One measured thing; `aim` is what we want of it, `met` None where there is no aim."""

    what: str
    measured: str
    aim: str = ""
    met: bool | None = None

    def verdict(self) -> str:
        """For the last column."""
        return {True: "met", False: "**missed**", None: ""}[self.met]


@dataclass(frozen=True)
class Report:
    """Everything that one run of the benchmarks found."""

    date: str
    machine: str
    busy: bool
    """Whether more was at work than the machine has cores, before we began."""
    rounds: int
    costs: Sequence[Cost]
    absent: Sequence[str]
    figures: Sequence[Figure]

    def versions(self) -> Mapping[str, str]:
        """Packages and their versions, by name."""
        found = {name: v for cost in self.costs for name, v in cost.versions.items()}
        return dict(sorted(found.items()))

    def chain_rows(self) -> list[tuple[str, ...]]:
        """The contenders, the cheapest first, then those that are not installed."""
        floor = next(cost for cost in self.costs if cost.name == "bare")
        rows: list[tuple[str, ...]] = [
            (
                TITLES[cost.name],
                f"{cost.cpu_ms:.1f}",
                f"{cost.ratio:.2f}×",
                f"{cost.low:.2f} to {cost.high:.2f}",
                f"{cost.wall_ms:.1f}",
                f"{cost.request_bytes / floor.request_bytes:.2f}×",
            )
            for cost in sorted(self.costs, key=lambda cost: cost.ratio)
        ]
        empty = ("not installed", "", "", "", "")
        return rows + [(TITLES[name], *empty) for name in self.absent]


CHAIN_HEAD = ("contender", "CPU ms a run", "ratio", "quartiles", "wall ms", "request bytes")
FIGURE_HEAD = ("what", "measured", "aim", "")


def show(console: Console, report: Report) -> None:
    """Print both tables."""
    from rich.table import Table

    rows = [(f.what, f.measured, f.aim, f.verdict()) for f in report.figures]
    for head, lines in ((CHAIN_HEAD, report.chain_rows()), (FIGURE_HEAD, rows)):
        table = Table(*head)
        for line in lines:
            table.add_row(*(cell.replace("**", "") for cell in line))
        console.print(table)


def markdown(report: Report) -> str:
    """The page."""
    versions = ", ".join(f"{name} {version}" for name, version in report.versions().items())
    figures = [(f.what, f.measured, f.aim, f.verdict()) for f in report.figures]
    return f"""\
# Benchmarks

Written by `make bench` on {report.date}: {report.machine}.
Do not edit, run it again. Figures of another machine differ; the ratios, measured side by side,
differ less.
{BUSY if report.busy else ""}
## A chain of three agents

Nine model calls, six tool calls, two handoffs, against a local stand-in of the Messages API without
latency. Every contender is a process of its own, sends the same system prompts and offers the same
functions as tools; they take turns, {report.rounds} rounds of five runs. CPU is the contender's own
process, all threads; a ratio is that of the medians of one round, and the table has the median
round and the quartiles. The stand-in streams where it is asked to: an event for each 24 characters.

{_table(CHAIN_HEAD, report.chain_rows())}

How each one works is its module in `benchmarks/contenders/`: the bare loop has no record, no limits
and no checks. The orchestrator's runs are recorded in a ledger file event by event, with redaction,
permissions, prices, limits, routing and acceptance; only the git workspace and the process's start
are left out, which the row `orc run` has. Its requests go over aiohttp itself, as those of
`orc run` do; what the SDK's own aiohttp client saves is a row of its own. Peers are used as their
own docs say; `make bench-peers` installs them. Versions: {versions}.

## The rest

{_table(FIGURE_HEAD, figures)}

How it is measured: `benchmarks/crowd.py` (many runs at once), `benchmarks/parts.py` (ledger, fold,
router; CPU), `benchmarks/commands.py` (processes; wall, medians that take turns).
"""


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
