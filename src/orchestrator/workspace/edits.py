"""A text file as agents see it, and the changes they make: pure, from text to text.

Opening and writing files, and who may, is `files`.
"""

from __future__ import annotations

from dataclasses import dataclass

BOM = b"\xef\xbb\xbf"

_SNIPPET = 4
_LINES_NAMED = 20


class EditError(Exception):
    """A change that cannot be made; the message tells the model what to send instead."""


@dataclass(frozen=True)
class Text:
    """Decoded text with `\\n` line ends, and what its file had around it.

    `crlf` says that every line ended in `\\r\\n`; a file of mixed line ends is kept byte for byte.
    """

    content: str
    bom: bool = False
    crlf: bool = False

    @classmethod
    def of(cls, data: bytes) -> Text:
        """Decode a file.

        Raises:
            EditError: it is not UTF-8 text.
        """
        bom = data.startswith(BOM)
        data = data[len(BOM) :] if bom else data
        if b"\0" in data:
            raise EditError("it is a binary file")
        try:
            text = data.decode("utf-8")
        except UnicodeDecodeError as error:
            raise EditError(f"it is not UTF-8 text (byte {error.start})") from None
        crlf = "\r\n" in text and text.count("\n") == text.count("\r\n")
        return cls(text.replace("\r\n", "\n") if crlf else text, bom, crlf)

    def data(self) -> bytes:
        """The file's bytes."""
        text = self.content.replace("\n", "\r\n") if self.crlf else self.content
        # Half of a surrogate pair, which JSON can spell, is no text: it becomes a question mark.
        return (BOM if self.bom else b"") + text.encode("utf-8", "replace")

    def with_content(self, content: str) -> Text:
        """The same file with other text; a pasted `\\r\\n` follows the file's own line ends."""
        return Text(content.replace("\r\n", "\n") if self.crlf else content, self.bom, self.crlf)


@dataclass(frozen=True)
class Edited:
    """The text after a change, and the lines to show for it (from 1, inclusive)."""

    content: str
    first: int
    last: int


def replace_once(content: str, old: str, new: str, where: str) -> Edited:
    """`content` with the single occurrence of `old` as `new`.

    Raises:
        EditError: `old` is empty, equal to `new`, absent, or there more than once.
    """
    if not old:
        raise EditError("No replacement was made: old_str is empty. Use insert or create instead.")
    if old == new:
        raise EditError("No replacement was made: old_str and new_str are the same.")
    starts = _occurrences(content, old)
    if not starts:
        raise EditError(
            f"No replacement was made: old_str did not appear verbatim in {where}. "
            f"{_hint(content, old)}"
        )
    if len(starts) > 1:
        lines = [content.count("\n", 0, start) + 1 for start in starts]
        named = ", ".join(map(str, lines[:_LINES_NAMED]))
        more = f" and {len(lines) - _LINES_NAMED} more" if len(lines) > _LINES_NAMED else ""
        raise EditError(
            f"No replacement was made: old_str appears {len(lines)} times in {where}, "
            f"on lines {named}{more}. Make it unique by taking in more of the lines around it."
        )
    start = starts[0]
    after = content[:start] + new + content[start + len(old) :]
    first = content.count("\n", 0, start) + 1
    return Edited(after, first, first + new.count("\n"))


def insert_after(content: str, line: int, text: str) -> Edited:
    """`content` with `text` as lines of its own after line `line`; 0 is the top.

    Raises:
        EditError: there is no such line.
    """
    lines = content.split("\n")
    ended = lines[-1] == ""
    if ended:
        lines.pop()
    if not 0 <= line <= len(lines):
        raise EditError(
            f"insert_line {line} is not in the file: it must be from 0 (the top) to {len(lines)}."
        )
    fresh = text.removesuffix("\n").split("\n")
    at_end = line == len(lines)
    lines[line:line] = fresh
    final = "\n" if ended or (at_end and text.endswith("\n")) or content == "" else ""
    return Edited("\n".join(lines) + final, line + 1, line + len(fresh))


def numbered(content: str, first: int = 1, last: int | None = None) -> str:
    """Lines `first` to `last` with their numbers, each `     n<tab>line`."""
    lines = _lines(content)
    last = len(lines) if last is None else min(last, len(lines))
    return "".join(
        f"{number:6}\t{lines[number - 1].removesuffix(chr(13))}\n"
        for number in range(max(1, first), last + 1)
    )


def snippet(edited: Edited) -> str:
    """The changed lines with a few around them, numbered."""
    return numbered(edited.content, edited.first - _SNIPPET, edited.last + _SNIPPET)


def line_count(content: str) -> int:
    """How many lines there are; a last line without line end is one."""
    return len(_lines(content))


def _lines(content: str) -> list[str]:
    lines = content.split("\n")
    if lines[-1] == "":
        lines.pop()
    return lines


def _occurrences(content: str, old: str) -> list[int]:
    found = []
    start = content.find(old)
    while start >= 0:
        found.append(start)
        start = content.find(old, start + 1)
    return found


def _hint(content: str, old: str) -> str:
    """What may be wrong with `old`: another indentation is the usual case."""
    wanted = [line.strip() for line in old.strip().split("\n")]
    lines = [line.strip() for line in content.split("\n")]
    for start in range(len(lines) - len(wanted) + 1):
        if lines[start : start + len(wanted)] == wanted and any(wanted):
            return f"Lines {start + 1}-{start + len(wanted)} differ from it in white space only."
    return "View the file and copy the text exactly, with its indentation."
