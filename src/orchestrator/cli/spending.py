"""What a run used, as a person reads it: one line in all, then who and what.

Figures come from `orchestrator.run.spending`. A price that is not known is said in its place.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from orchestrator.cli.marks import CARE, QUIET, Marks, usd_text
from orchestrator.cli.text import counted, label
from orchestrator.router.briefing import ROUTER
from orchestrator.run.parts import ModelSpend
from orchestrator.run.spending import SpendTable, cost_text

_TOOLS_SHOWN = 4
_WIDE = 64
"""From this width on there is room for wider gaps."""

_THOUSAND, _MILLION = 1_000, 1_000_000


@dataclass(frozen=True, slots=True)
class _Column:
    head: str
    cells: Sequence[str]
    style: str = ""

    @property
    def width(self) -> int:
        return max(map(len, (self.head, *self.cells)))


def spend_lines(
    usage: Mapping[str, Any], known_usd: str, table: SpendTable, marks: Marks, width: int
) -> list[RenderableType]:
    """The part of a page that is about money, in at most `width` columns.

    Args:
        usage: `usage` of the run's report.
        known_usd: what is known of the cost, in USD.
        table: who and what used it.
        marks: the signs of the page.
        width: columns of the terminal that the part may take.
    """
    lines: list[RenderableType] = [Text(in_all(usage, marks))]
    if usage["cost_usd"] is None:
        known = f"{usd_text(known_usd)} is known; a model without a price was used"
        lines.append(Text(known, CARE))
    if len(table.agents) + (table.router is not None) > 1:
        lines += [_agents(table, width), Text()]
    if table.tools:
        lines.append(_tools(table, width))
    return lines


def in_all(usage: Mapping[str, Any], marks: Marks) -> str:
    """Model calls and tokens as the service counts them, on one line."""
    calls = counted(usage["model_calls"], "model call")
    if usage["attempts"] > usage["model_calls"]:
        calls += f" ({counted(usage['attempts'], 'attempt')})"
    facts = [calls, f"{usage['input_tokens']:,} tokens in"]
    if usage["cache_read_tokens"]:
        facts.append(f"{usage['cache_read_tokens']:,} cached")
    facts.append(f"{usage['output_tokens']:,} out")
    return f" {marks.dot} ".join(facts)


def short_number(number: int) -> str:
    """A count for a narrow column, rounded: `940`, `1.2k`, `48k`, `1.3M`."""
    for unit, sign in ((_MILLION, "M"), (_THOUSAND, "k")):
        # What would round up to a thousand of a unit belongs to the next one.
        if number >= unit or (sign == "M" and number >= unit - _THOUSAND // 2):
            part = f"{number / unit:.1f}"
            return (part if len(part) < 4 else f"{number / unit:.0f}") + sign
    return str(number)


def _agents(table: SpendTable, width: int) -> Table:
    rows: list[tuple[str, ModelSpend]] = [*table.agents]
    if table.router is not None:
        rows.append((ROUTER, table.router))
    spends = [spend for _, spend in rows]
    columns = [_Column("calls", [str(spend.model_calls) for spend in spends])]
    if any(spend.attempts > spend.model_calls for spend in spends):
        columns.append(_Column("tries", [str(spend.attempts) for spend in spends]))
    columns.append(_tokens("in", [spend.usage.input_tokens for spend in spends]))
    written = _tokens("written", [spend.usage.cache_write_tokens for spend in spends])
    columns += [
        _tokens("cached", [spend.usage.cache_read_tokens for spend in spends]),
        _tokens("out", [spend.usage.output_tokens for spend in spends]),
        _Column("cost", [usd_text(cost_text(spend)) for spend in spends]),
    ]
    names = [label(name) for name, _ in rows]
    with_written = [*columns[:-3], written, *columns[-3:]]
    fits = max(map(len, names)) + _numbers_width(with_written, width) <= width
    return _table("agent", names, with_written if fits else columns, width)


def _tools(table: SpendTable, width: int) -> Table:
    shown = table.tools[:_TOOLS_SHOWN]
    spends = [tool for _, tool in shown]
    columns = [_Column("calls", [str(tool.calls) for tool in spends])]
    if any(tool.errors for tool in spends):
        columns.append(_Column("errors", [_some(tool.errors) for tool in spends], CARE))
    if any(tool.refused for tool in spends):
        columns.append(_Column("refused", [_some(tool.refused) for tool in spends], CARE))
    columns.append(_tokens("characters read", [tool.characters for tool in spends]))
    grid = _table("tool", [label(name) for name, _ in shown], columns, width)
    if len(table.tools) > len(shown):
        grid.add_row(Text(f"and {len(table.tools) - len(shown)} more", QUIET))
    return grid


def _tokens(head: str, numbers: Sequence[int]) -> _Column:
    return _Column(head, [short_number(number) for number in numbers])


def _some(number: int) -> str:
    return str(number) if number else ""


def _table(head: str, names: Sequence[str], columns: Sequence[_Column], width: int) -> Table:
    """Names on the left, shortened where they must be, then the numbers, which never are."""
    room = max(width - _numbers_width(columns, width), 1)
    grid = Table.grid(padding=(0, _gap(width), 0, 0))
    grid.add_column(no_wrap=True, overflow="ellipsis", max_width=room)
    for column in columns:
        grid.add_column(no_wrap=True, justify="right", style=column.style, min_width=column.width)
    grid.add_row(Text(head, QUIET), *(Text(column.head, QUIET) for column in columns))
    for at, name in enumerate(names):
        grid.add_row(Text(name), *(column.cells[at] for column in columns))
    return grid


def _numbers_width(columns: Sequence[_Column], width: int) -> int:
    return sum(column.width + _gap(width) for column in columns)


def _gap(width: int) -> int:
    return 2 if width >= _WIDE else 1
