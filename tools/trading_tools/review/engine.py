"""Applies rules to a file, and makes findings of what they hit.

Nothing here knows a rule. A rule that fails on strange code is told as a finding of its own, and
the others go on: this is the one place of the package where every exception is caught.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from trading_tools.review.dispatch import Dispatch
from trading_tools.review.findings import Finding, Severity
from trading_tools.review.model.module import Module
from trading_tools.review.model.project import Project
from trading_tools.review.parsing import Unreadable
from trading_tools.review.rule import Hit, Rule
from trading_tools.review.silence import silenced
from trading_tools.review.source import Source, column_of

UNREADABLE = "R01"
"""The finding of a file that could not be reviewed."""

FAILED = "R02"
"""The finding of a rule that failed."""

NOT_REVIEWED = frozenset({UNREADABLE, FAILED})
"""What says that a file, or a part of it, was not looked at."""

_HEADED = (
    ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.For, ast.AsyncFor, ast.While, ast.If,
    ast.With, ast.AsyncWith, ast.Try, ast.ExceptHandler,
)  # fmt: skip


@dataclass(frozen=True)
class Engine:
    """A set of rules, ready to be applied."""

    rules: tuple[Rule, ...]

    def review(self, source: Source, project: Project) -> list[Finding]:
        """The findings of one file, by place, without those that are silenced."""
        try:
            module = project.open(source)
        except Unreadable as error:
            return [unreadable(source.path, error.what, error.fix, source.physical(error.line))]
        found = _found(self._in_tests if module.is_test else self._everywhere, module)
        told = [_placed(each, source) for each in silenced(source, module.tree, found, self.rules)]
        told += [unreadable(source.path, *each) for each in source.unread]
        return sorted(told, key=lambda each: each.order)

    @cached_property
    def _everywhere(self) -> Dispatch:
        return Dispatch(self.rules)

    @cached_property
    def _in_tests(self) -> Dispatch:
        return Dispatch(rule for rule in self.rules if rule.in_tests)


def _placed(finding: Finding, source: Source) -> Finding:
    """A finding at the lines of its file, which in a notebook are not those of the text."""
    if not source.lines:
        return finding
    line, end = source.physical(finding.line), source.physical(finding.end_line)
    return replace(finding, line=line, end_line=end)


def unreadable(path: str, what: str, fix: str, line: int = 0) -> Finding:
    """The finding of a file, or of a part of it, that could not be reviewed."""
    why = "what cannot be read cannot be reviewed, and is no evidence of anything"
    return Finding(
        UNREADABLE,
        Severity.ERROR,
        path,
        max(line, 1),
        max(line, 1),
        f"{what}: not reviewed",
        why,
        fix,
    )


def _found(dispatch: Dispatch, module: Module) -> list[Finding]:
    """What rules find in a file; what one of them tells of one place twice is told once."""
    found: dict[tuple[str, int, int, str], Finding] = {}
    failed: set[str] = set()
    for asking, subjects in dispatch.of(module):
        rule, check = asking.rule, asking.visit.check
        if rule.id in failed:
            continue
        try:
            for subject in subjects:
                for hit in check(subject, module):
                    finding = _finding(rule, hit, module)
                    place = (rule.id, finding.line, finding.column, finding.message)
                    found.setdefault(place, finding)
        except Exception as error:  # noqa: BLE001 - the boundary: the other rules go on
            failed.add(rule.id)
            found[rule.id, 0, 0, ""] = _failed(rule, error, module)
    return list(found.values())


def _failed(rule: Rule, error: Exception, module: Module) -> Finding:
    said = f"{type(error).__name__}: {error}"
    what = f"rule {rule.id} failed here ({said}); this file lacks its findings"
    return Finding(
        FAILED, Severity.WARNING, module.source.path, 1, 1, what,
        "a fault of the rule, not of the file", "report it with the file",
    )  # fmt: skip


def _finding(rule: Rule, hit: Hit, module: Module) -> Finding:
    node: Any = hit.node
    source = module.source
    placed = hasattr(node, "lineno")
    line = node.lineno if placed else 1
    headed = not placed or isinstance(node, _HEADED)
    end = line if headed else node.end_lineno
    text = source.line(line)
    column = column_of(text, node.col_offset) + 1 if placed and not source.lines else 0
    ends = 0
    if column and end == line and not headed:
        ends = column_of(text, node.end_col_offset) + 1
    note = source.note(line)
    return Finding(
        rule=rule.id,
        severity=hit.severity or rule.severity,
        path=source.path,
        line=line,
        end_line=end,
        message=f"{hit.message} ({note})" if note else hit.message,
        why=rule.why,
        fix=rule.fix,
        column=column,
        end_column=ends,
        link=rule.link,
        context=module.context(node),
        excerpt=text,
        edits=hit.edits if hit.edits and _can_be_edited(node, module) else (),
    )


def _can_be_edited(node: ast.AST, module: Module) -> bool:
    """Not in notebooks and documents, nor in f-strings: Python 3.11 misplaces what is in them."""
    source = module.source
    if source.lines or source.fragment:
        return False
    return not any(isinstance(each, ast.JoinedStr) for each in module.parents(node))
