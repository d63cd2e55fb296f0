"""Whether code that sizes positions was computed with, from the very inputs that it holds."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from orchestrator.catalogue.acceptance.sizing_code import sizing_names
from orchestrator.run.parts import Receipt
from orchestrator.run.recorded import numbers
from orchestrator.run.setting import Case, Finding
from orchestrator.workspace.errors import WorkspaceError
from orchestrator.workspace.tree_files import TreeFiles
from orchestrator.workspace.workspace import Workspace
from trading_tools.money import MoneyError, from_json, plain

CHECK = "sizing"

_BET: Final = ("win_probability", "win_return", "loss_return")
_CLAIMED: Final = ("claimed_fraction", "claimed_size_base")
INPUTS: Final[Mapping[str, tuple[tuple[str, ...], ...]]] = {
    "kelly_fraction": (_BET,),
    "validate_sizing": (_BET, _CLAIMED),
    "position_size": (("fraction", "multiplier", "cap_fraction"),),
}
"""By tool: groups of arguments, of which one must stand in the change or its configuration."""

_FILE = re.compile(r'^\+\+\+ "?b/(.*?)"?\t?$')
_HUNK = re.compile(r"^@@ -\d+(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")


@dataclass(frozen=True, slots=True)
class _Search:
    """What was looked for of a receipt, and what of it was not found."""

    receipt: Receipt
    sought: tuple[tuple[str, Decimal], ...]
    absent: tuple[tuple[str, Decimal], ...]

    def words(self) -> str:
        sought = ", ".join(f"{name}={plain(value)}" for name, value in self.sought)
        absent = ", ".join(f"{name}={plain(value)}" for name, value in self.absent)
        where = f"{self.receipt.tool} [r{self.receipt.seq}]"
        if not self.sought:
            return f"{where} was given no inputs that can be looked for"
        return f"of {where} ({sought}) the change lacks {absent}"


async def sizing_computed(case: Case) -> Finding:
    """Added sizing code has a sizing tool's receipt whose inputs stand in the change."""
    workspace = case.services.get(Workspace)
    if not isinstance(workspace, Workspace):
        return Finding(CHECK, None, "this run has no workspace, so there is no change to look at")
    try:
        names = tuple(_sizing_code(workspace))
        text = workspace.text_of_diff_and_configuration() if names else ""
    except WorkspaceError as error:
        return Finding(CHECK, None, f"the change cannot be read: {error}")
    if not names:
        return Finding(CHECK, True, "no sizing code was recognised in the change")
    found = ", ".join(names[:6])
    receipts = [r for r in case.state.receipts.values() if r.tool in INPUTS and not r.is_error]
    tools = ", ".join(INPUTS)
    if not receipts:
        return Finding(
            CHECK,
            False,
            f"the change sizes positions ({found}), and no sizing tool was used",
            (
                f"the change sizes positions ({found}) without a receipt of {tools}: call one with "
                "the very inputs that stand in your code, its tests or its configuration",
            ),
        )
    there = frozenset(
        abs(value) for number in numbers(text) for value in (number.written, number.worth)
    )
    searches = [search for receipt in receipts for search in _searches(receipt, there)]
    met = next((s for s in searches if s.sought and not s.absent), None)
    if met is not None:
        held = ", ".join(f"{name}={plain(value)}" for name, value in met.sought)
        where = f"{met.receipt.tool} [r{met.receipt.seq}]"
        return Finding(CHECK, True, f"{found} rests on {where} with {held}")
    tried = "; ".join(dict.fromkeys(search.words() for search in searches[:6]))
    return Finding(
        CHECK,
        False,
        f"the change sizes positions ({found}), but no receipt was computed from what it holds: "
        f"{tried}",
        (
            f"{tried}. Call {tools} with the win probability, win return and loss return (or the "
            "size) that stand in the added lines or the configuration, or put those there that "
            "you computed with",
        ),
    )


def _sizing_code(workspace: Workspace) -> Iterator[str]:
    added = dict(added_lines(workspace.diff()))
    files = TreeFiles.of(workspace.store.git(), workspace.tree(), workspace.layout.prefix)
    for path, content in files.read(added).items():
        for name in sizing_names(path, content.decode(errors="replace"), added[path]):
            yield f"{name} in {path}"


def added_lines(diff: str) -> Iterator[tuple[str, frozenset[int]]]:
    """The numbers of the lines that a unified diff adds, by file."""
    path, lines = "", set[int]()
    at = old = new = 0
    for line in diff.split("\n"):
        if old > 0 or new > 0:
            # Counted, because an added line may look like a header.
            if line.startswith("+"):
                lines.add(at)
            if not line.startswith(("-", "\\")):
                at, new = at + 1, new - 1
            if not line.startswith(("+", "\\")):
                old -= 1
        elif match := _FILE.match(line):
            if lines:
                yield path, frozenset(lines)
            path, lines = match[1], set()
        elif match := _HUNK.match(line):
            old, at, new = int(match[1] or 1), int(match[2]), int(match[3] or 1)
    if lines:
        yield path, frozenset(lines)


def _searches(receipt: Receipt, there: frozenset[Decimal]) -> Iterator[_Search]:
    for group in INPUTS[receipt.tool]:
        sought = tuple(_given(receipt.arguments, group))
        absent = tuple((name, value) for name, value in sought if abs(value) not in there)
        yield _Search(receipt, sought, absent)


def _given(arguments: Mapping[str, Any], names: tuple[str, ...]) -> Iterator[tuple[str, Decimal]]:
    """The arguments that say something: a total loss, the whole and no limit stand unsaid."""
    for name in names:
        try:
            value = from_json(arguments.get(name), name)
        except MoneyError:
            continue
        if abs(value) != 1:
            yield name, value
