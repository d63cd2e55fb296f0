"""The Python blocks of a Markdown document, each on its own lines.

All else is blank, so a line of the text is the same line of the document. Blocks of one document
are one piece: what one of them defines, the next one uses. A block that does not parse (a fragment,
a sketch with dots in it) is left out; documents may show such.
"""

from __future__ import annotations

import ast
import textwrap
import warnings
from typing import Final

from trading_tools.review.source import Source

_PYTHON: Final = frozenset({"python", "py", "python3", "py3"})


def document(path: str, text: str) -> Source:
    """The Python in a document; an empty text where there is none."""
    from markdown_it import MarkdownIt

    lines = text.split("\n")
    out = [""] * len(lines)
    for token in MarkdownIt("commonmark").parse(_without_head(text)):
        if token.type != "fence" or token.map is None:
            continue
        language = token.info.strip().lower().replace("{", " ").replace(",", " ").split()
        if not language or language[0].strip(".}") not in _PYTHON:
            continue
        code = textwrap.dedent(token.content)
        if _parses(code):
            first = token.map[0] + 1
            for place, line in enumerate(code.split("\n")):
                if first + place < len(out):
                    out[first + place] = line
    return Source(path, "\n".join(out), fragment=True)


def _without_head(text: str) -> str:
    """A document's frontmatter as blank lines: it is YAML, and can hold fences as text."""
    if not text.startswith("---\n"):
        return text
    end = text.find("\n---", 4)
    if end < 0:
        return text
    head = text[: end + 4]
    return "\n" * head.count("\n") + text[end + 4 :]


def _parses(code: str) -> bool:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True
