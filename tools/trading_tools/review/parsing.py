"""Text to syntax tree: every way in which that can fail is one line that says where.

Python itself warns on the way (an escape that is none, `is` with a literal): such warnings are
other tools' business and are not shown.
"""

from __future__ import annotations

import ast
import re
import warnings
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from trading_tools.review.source import Source

_CONFLICT: Final = re.compile(r"^(<{7}|>{7}|={7})( |$)", re.MULTILINE)
_PRINT: Final = re.compile(
    r"^\s*(print [^=(]|exec [^=(]|except \w[\w.]*, \w+:|raise \w+, )", re.MULTILINE
)


class Unreadable(Exception):
    """A piece of text cannot be reviewed: why, and at which of its lines (0: none)."""

    def __init__(self, what: str, line: int, fix: str) -> None:
        super().__init__(f"{what} (line {line}); {fix}" if line else f"{what}; {fix}")
        self.what = what
        self.line = line
        self.fix = fix


def parse(source: Source) -> ast.Module:
    """The syntax tree of a source.

    Raises:
        Unreadable: there is none.
    """
    text = source.text
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise Unreadable("holds a null byte", line, "save it as plain text")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(text)
    except SyntaxError as error:
        raise _explained(error, text) from None
    except (RecursionError, MemoryError):
        # The parser's stack is the machine's: MemoryError is its word for "too deep".
        raise Unreadable("is nested too deeply to be parsed", 0, "take it apart") from None
    except ValueError as error:
        raise Unreadable(f"cannot be parsed: {error}", 0, "mend it") from None


def _explained(error: SyntaxError, text: str) -> Unreadable:
    line = error.lineno or 0
    conflict = _CONFLICT.search(text)
    if conflict:
        at = text.count("\n", 0, conflict.start()) + 1
        return Unreadable("holds a merge conflict", at, "resolve it")
    old = _PRINT.search(text)
    if old:
        at = text.count("\n", 0, old.start()) + 1
        return Unreadable("is Python 2", at, "port it to Python 3")
    return Unreadable(f"is no valid Python: {error.msg}", line, "mend the syntax")
