"""The parts of a run's page, each a list of lines; an empty list leaves the part out.

The page itself, its head and the order of the parts are `view`; what to do next is `steps`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from orchestrator.cli import steps
from orchestrator.cli.marks import BAD, CARE, CITE, GOOD, NAME, QUIET, Marks
from orchestrator.cli.spending import spend_lines
from orchestrator.cli.text import (
    first_line,
    label,
    one_line,
    plain,
    short_arguments,
    value_text,
)
from orchestrator.run.claims import CITATION
from orchestrator.run.spending import spend_table
from orchestrator.run.state import State

_REQUEST_CHARACTERS = 200
_ARGUMENT_CHARACTERS = 2_000
_RECEIPTS_SHOWN = 6
_UNVERIFIED_SHOWN = 5
_NOTES_SHOWN = 3

Lines = list[RenderableType]


@dataclass(frozen=True, slots=True)
class Page:
    """What a page is made of; `width` is that of its parts, in columns."""

    document: Mapping[str, Any]
    state: State
    marks: Marks
    width: int


def request(page: Page) -> Lines:
    """What was asked, shortened."""
    opened = page.state.opened
    return [Text(one_line(opened.request, _REQUEST_CHARACTERS))] if opened else []


def result(page: Page) -> Lines:
    """The answer as it was given, whole; citations stand out."""
    if page.document["limit"] is not None:
        return []
    given = page.document["result"]
    if page.document["unmet"]:
        # The engine lists at the end what was not accepted; the checks below say the same.
        given = given.removesuffix("Not accepted: " + "; ".join(page.document["unmet"]))
    text = plain(given).strip()
    if not text:
        return []
    words = Text(text)
    words.highlight_regex(CITATION.pattern, CITE)
    return [words]


def waiting(page: Page) -> Lines:
    """What a person has to decide; of arguments nothing is left out unsaid."""
    wanted = page.document["waiting_for"]
    if wanted is None:
        return []
    agent = label(wanted["agent"])
    if wanted["kind"] == "question":
        return [Text(f"an answer to {agent}:"), Text(plain(wanted["text"]).strip(), NAME)]
    head = Text.assemble((f"approval {label(wanted['id'])}", NAME), ": ", agent, " wants to call ")
    head.append(label(wanted["tool"]), NAME)
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True, style=QUIET)
    table.add_column(overflow="fold")
    for name, value in wanted["arguments"].items():
        table.add_row(Text(label(str(name))), Text(_argument(value), NAME))
    until = f"open until {label(wanted['expires_at'])[:16].replace('T', ' ')} UTC"
    lines: Lines = [head, table] if wanted["arguments"] else [head]
    if wanted["shows"]:
        lines.append(Text(plain(wanted["shows"]).strip(), NAME))
    return [*lines, Text(f"{one_line(wanted['why'], 300)}; {until}", QUIET)]


def limit(page: Page) -> Lines:
    """Which limit bit, and what is left to do."""
    hit = page.document["limit"]
    if hit is None:
        return []
    lines: Lines = [
        Text.assemble(
            (label(hit["limit"]), CARE),
            f" {page.marks.dot} cap {one_line(hit['cap'], 80)}",
            f" {page.marks.dot} reached {one_line(hit['reached'], 300)}",
        )
    ]
    if hit["left"]:
        lines.append(Text(f"left to do: {one_line(hit['left'], 600)}"))
    return lines


def chain(page: Page) -> Lines:
    """Who did what, in order; who was called stands one step in."""
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True, overflow="ellipsis")
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True, justify="right", style=QUIET)
    table.add_column(style=CITE, overflow="fold")
    for depth, link in _indented(page.document["chain"]):
        status = str(link["status"])
        cited = " ".join(f"r{seq}" for seq in link["receipts"])
        table.add_row(
            _agent(page.marks, depth, link["agent"]),
            Text(status.replace("_", " "), _status_style(status)),
            f"{link['confidence']:.2f}",
            cited,
        )
    now = _at_work(page)
    if now is not None:
        agent, how = now
        depth = page.state.stack.depth - 1 if page.state.stack else 0
        table.add_row(_agent(page.marks, depth, agent), Text(how, CARE))
    return [table] if table.row_count else []


def checks(page: Page) -> Lines:
    """What the harness checked itself, and what has no support."""
    if not page.state.acceptance:
        return []
    last = page.state.acceptance[-1]
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True, max_width=26, overflow="ellipsis")
    table.add_column(overflow="fold")
    told = set()
    for check in last.checks:
        name, detail, met = str(check["check"]), str(check["detail"]), check["met"]
        told |= {f"{name}: {detail}", detail}
        mark, style, word = _standing(page.marks, met)
        row = Text.assemble((word, style), (one_line(detail, 240), QUIET))
        table.add_row(Text.assemble((mark, style), " ", one_line(name, 40)), row)
    more: Lines = [Text(f"  missing: {one_line(t, 240)}", BAD) for t in last.unmet if t not in told]
    more += [
        Text.assemble((f"{page.marks.asks} no receipt supports: ", CARE), one_line(text, 160))
        for text in last.unverified[:_UNVERIFIED_SHOWN]
    ]
    rest = len(last.unverified) - _UNVERIFIED_SHOWN
    if rest > 0:
        more.append(Text(f"  and {rest} more without support", QUIET))
    return [table, *more] if table.row_count else more


def receipts(page: Page) -> Lines:
    """Receipts that the chain cites, else the last ones."""
    known = page.state.receipts
    if not known:
        return []
    cited = [seq for link in page.document["chain"] for seq in link["receipts"] if seq in known]
    shown = list(dict.fromkeys(cited)) or list(known)[-_RECEIPTS_SHOWN:]
    table = Table.grid(padding=(0, 2, 0, 0), expand=True)
    table.add_column(no_wrap=True, style=CITE)
    table.add_column(ratio=1, no_wrap=True, overflow="ellipsis")
    for seq in shown[:_RECEIPTS_SHOWN]:
        receipt = known[seq]
        call = Text(f"{label(receipt.tool)} {short_arguments(receipt.arguments, 40)}".rstrip())
        said = first_line(receipt.text, 120)
        call.append(f"  {'error: ' if receipt.is_error else ''}{said}", _said(receipt.is_error))
        table.add_row(f"r{seq}", call)
    rest = len(known) - min(len(shown), _RECEIPTS_SHOWN)
    if rest:
        table.add_row("", Text(f"and {rest} more", QUIET))
    return [table]


def spend(page: Page) -> Lines:
    """Model calls, tokens and money, in all and by agent; calls by tool."""
    known = str(page.state.spend.cost_usd)
    table = spend_table(page.state)
    return spend_lines(page.document["usage"], known, table, page.marks, page.width)


def notes(page: Page) -> Lines:
    """What differs from the user's own files, and what the harness noted at the end."""
    state = page.state
    given = [str(note) for note in steps.workspace_of(state).get("notes") or ()]
    if state.closed is not None and state.closed.note:
        given.insert(0, state.closed.note)
    lines: Lines = [Text(one_line(note, 240)) for note in given[:_NOTES_SHOWN]]
    if len(given) > _NOTES_SHOWN:
        lines.append(Text(f"and {len(given) - _NOTES_SHOWN} more", QUIET))
    return lines


def next_steps(page: Page) -> list[tuple[str, str]]:
    """What can be done from here, and the command for it."""
    return [(step.what, step.command) for step in steps.next_steps(page.document, page.state)]


def _argument(value: Any) -> str:
    text = value_text(value)
    if len(text) <= _ARGUMENT_CHARACTERS:
        return text
    rest = len(text) - _ARGUMENT_CHARACTERS
    return f"{text[:_ARGUMENT_CHARACTERS]} [… {rest:,} more characters; `--json` has them all]"


def _indented(links: list[Mapping[str, Any]]) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """Links with the depth of their frame, read off the handoffs' own rules."""
    waiting: list[str] = []
    for position, link in enumerate(links):
        yield len(waiting), link
        after = links[position + 1]["agent"] if position + 1 < len(links) else None
        named, status = link["next_agent"], link["status"]
        calls = status in {"needs_help", "blocked"} and named is not None
        helped = status == "needs_help" and named is None and after not in {None, *waiting[-1:]}
        if calls or helped:
            waiting.append(link["agent"])
        elif named is None and waiting:
            waiting.pop()


def _at_work(page: Page) -> tuple[str, str] | None:
    """The agent whose part is not over, and how it stands."""
    stack = page.state.stack
    how = {
        "waiting": "waits for you",
        "limited": "stopped here",
        "stopped": "stopped here",
        "running": "at work",
        "blocked": "stopped here",
        "failed": "stopped here",
    }.get(page.document["status"])
    if stack is None or not stack.depth or how is None:
        return None
    return stack.top.agent, how


def _agent(marks: Marks, depth: int, name: str) -> Text:
    lead = f"{'  ' * (depth - 1)}{marks.branch} " if depth else ""
    return Text.assemble((lead, QUIET), (one_line(name, 40), NAME))


def _standing(marks: Marks, met: bool | None) -> tuple[str, str, str]:
    if met is None:
        return marks.unknown, CARE, "not checked: "
    return (marks.met, GOOD, "") if met else (marks.unmet, BAD, "not met: ")


def _status_style(status: str) -> str:
    return {"success": GOOD, "complete": GOOD, "needs_help": CARE}.get(status, BAD)


def _said(is_error: bool) -> str:
    return CARE if is_error else QUIET
