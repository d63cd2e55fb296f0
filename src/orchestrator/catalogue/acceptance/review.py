"""Whether a change brings new errors of the review rules, and whether a review answers them."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Final

from orchestrator.catalogue.workspace_review import code_in, review_files, review_new
from orchestrator.run.setting import Case, Finding
from orchestrator.workspace.errors import WorkspaceError
from orchestrator.workspace.workspace import Workspace

if TYPE_CHECKING:
    from trading_tools.review.findings import Finding as Fault

OF_CHANGE: Final = "review"
OF_FINDINGS: Final = "findings"
_MOST: Final = 8
_PLACE: Final = re.compile(
    r"(?<![\w/.-])(?:/workspace/)?((?:[\w.-]+/)*[\w-]+\.(?:py|ipynb|md))(?::(\d+))?"
)
_NEAR: Final = 2
"""Lines by which a mention may be off: a statement has several."""


async def no_new_error(case: Case) -> Finding:
    """The change brings no new error of the review rules."""
    workspace = case.services.get(Workspace)
    if not isinstance(workspace, Workspace):
        return Finding(
            OF_CHANGE, None, "this run has no workspace, so there is no change to review"
        )
    try:
        done = await asyncio.to_thread(review_new, workspace)
    except WorkspaceError as error:
        return Finding(OF_CHANGE, None, f"the change cannot be read: {error}")
    errors = [each for each in done.findings if each.severity == "error"]
    if not errors:
        looked = _counted(done.files, "file")
        return Finding(OF_CHANGE, True, f"no new error of the review rules in {looked}")
    told = "; ".join(_place(each) for each in errors[:_MOST])
    return Finding(
        OF_CHANGE,
        False,
        f"{_counted(len(errors), 'new error')} of the review rules: {told}",
        tuple(f"{_place(each)}: {each.message}. {each.fix}" for each in errors[:_MOST]),
    )


async def errors_answered(case: Case) -> Finding:
    """What a review names is there, and it speaks of each error of the rules in those files."""
    workspace = case.services.get(Workspace)
    if not isinstance(workspace, Workspace):
        return Finding(
            OF_FINDINGS, None, "this run has no workspace, so no finding can be looked up"
        )
    told = f"{case.handoff.result}\n{case.handoff.reasoning}"
    try:
        files = code_in(workspace, workspace.tree())
        absent = tuple(_absent(told, files))
        places = _named(f"{case.state.request}\n{told}", files)
        named = {path for path, _ in places if path in files}
        done = await asyncio.to_thread(review_files, workspace, sorted(named))
    except WorkspaceError as error:
        return Finding(OF_FINDINGS, None, f"the workspace cannot be read: {error}")
    if absent:
        missing = tuple(f"{each}: name a place that exists, or leave it out" for each in absent)
        return Finding(
            OF_FINDINGS, False, f"places that do not exist: {'; '.join(absent)}", missing
        )
    if not named:
        what = (
            "neither the request nor the review names a file of the project, so no rule was asked"
        )
        return Finding(OF_FINDINGS, None, what)
    open_ones = [
        each
        for each in done.findings
        if each.severity == "error" and not _answered(each, told, files)
    ]
    if open_ones:
        listed = "; ".join(_place(each) for each in open_ones[:_MOST])
        return Finding(
            OF_FINDINGS,
            False,
            f"errors of the review rules that the review does not speak of: {listed}",
            tuple(
                f"{_place(each)}: {each.message}. Confirm it or say why it is none"
                for each in open_ones[:_MOST]
            ),
        )
    count = sum(1 for each in done.findings if each.severity == "error")
    looked = _counted(len(named), "file")
    return Finding(
        OF_FINDINGS, True, f"{_counted(count, 'error')} of the rules in {looked}: answered"
    )


def _named(text: str, files: Mapping[str, bytes]) -> Iterator[tuple[str, int | None]]:
    """Files that a text names, and lines; a name without its folder stands for the one it fits."""
    for found in _PLACE.finditer(text):
        path = found[1]
        fitting = [each for each in files if each.endswith(f"/{path}")]
        whole = fitting[0] if path not in files and len(fitting) == 1 else path
        yield whole, int(found[2]) if found[2] else None


def _absent(told: str, files: Mapping[str, bytes]) -> Iterator[str]:
    """Places that a review names with a line that its file does not have."""
    for path, line in dict.fromkeys(_named(told, files)):
        if line is None:
            continue
        if path not in files or not 0 < line <= files[path].count(b"\n") + 1:
            yield f"{path}:{line}"


def _answered(fault: Fault, told: str, files: Mapping[str, bytes]) -> bool:
    """Whether a review speaks of an error: by its rule, or by its place."""
    if re.search(rf"\b{re.escape(fault.rule)}\b", told):
        return True
    return any(
        path == fault.path
        and line is not None
        and fault.line - _NEAR <= line <= fault.end_line + _NEAR
        for path, line in _named(told, files)
    )


def _place(fault: Fault) -> str:
    return f"{fault.path}:{fault.line} {fault.rule}"


def _counted(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
