"""The search process: reads a question from standard input, answers with JSON lines.

A search runs in a process of its own because Python's regular expressions cannot be interrupted: a
pattern that explodes is ended with the process (`search`). Standard library only, so that it starts
quickly: `python -S -P -m orchestrator.workspace.scan`.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass

from orchestrator.workspace.beneath import open_folder, read_file
from orchestrator.workspace.globs import chosen
from orchestrator.workspace.listing import files

MAX_FILE_BYTES = 2 * 2**20


@dataclass(frozen=True, kw_only=True)
class Question:
    """What to look for. `start` is a folder or file from `root`; `glob` chooses among file paths.

    At most `limit` matching lines are answered, the rest counted.
    """

    root: str
    start: str
    pattern: str
    glob: str | None
    ignore_case: bool
    context: int
    limit: int


@dataclass(frozen=True)
class Line:
    """A line of a file: `matched`, or one of the context of a match."""

    path: str
    number: int
    text: str
    matched: bool


@dataclass(frozen=True)
class Rest:
    """What the lines do not show: further matches, and how many files were searched."""

    more: int
    files: int


def search(question: Question) -> Iterator[Line | Rest]:
    """Lines with their context, in order; at last the rest."""
    expression = re.compile(question.pattern, re.IGNORECASE if question.ignore_case else 0)
    left, more, searched = question.limit, 0, 0
    for path in _files(question):
        searched += 1
        lines = _lines(question.root, path)
        hits = [number for number, line in enumerate(lines) if expression.search(line)]
        taken = hits[:left]
        left -= len(taken)
        more += len(hits) - len(taken)
        shown: set[int] = set()
        for hit in taken:
            shown |= set(range(hit - question.context, hit + question.context + 1))
        for number in sorted(shown & set(range(len(lines)))):
            yield Line(path, number + 1, lines[number], number in taken)
    yield Rest(more, searched)


def _files(question: Question) -> Iterator[str]:
    try:
        yield from chosen(files(question.root, question.start), question.start, question.glob)
    except NotADirectoryError:
        yield question.start


def _lines(root: str, path: str) -> list[str]:
    """A file's lines; none for one that is binary, too large or gone."""
    *parts, name = path.split("/")
    try:
        folder = open_folder(root, parts)
        try:
            data, _found = read_file(folder, name, MAX_FILE_BYTES)
        finally:
            os.close(folder)
    except OSError:
        return []
    if len(data) > MAX_FILE_BYTES or b"\0" in data:
        return []
    lines = data.decode("utf-8", "replace").split("\n")
    if lines[-1] == "":
        lines.pop()
    return [line.removesuffix("\r") for line in lines]


def main() -> None:
    """Answer one question."""
    question = Question(**json.load(sys.stdin))
    for found in search(question):
        sys.stdout.write(json.dumps(list(vars(found).values())) + "\n")


if __name__ == "__main__":
    main()
