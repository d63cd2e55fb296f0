"""A piece of Python to be reviewed, and how its lines lie in the file it comes from.

Where pieces come from (files, notebooks, Markdown) is `reading`.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Source:
    """Python text under the path that findings name.

    `lines` of a file that holds more than Python (a notebook) say for each line of `text` where it
    stands in that file; empty where they are the same. `notes` say for a line what a person would
    call its place ("code cell 3, line 2"). `fragment`: pieces of a document, that need not import
    what they use.
    """

    path: str
    text: str
    lines: tuple[int, ...] = ()
    notes: tuple[str, ...] = ()
    fragment: bool = False
    module: str = ""
    """The dotted name that other files import it by; "" where that is not known."""
    unread: tuple[tuple[str, str, int], ...] = ()
    """Parts that are no Python and stand blank in `text`: why, what to do, the line in the file."""
    _split: list[str] = field(default_factory=list, repr=False, compare=False)

    def line(self, number: int) -> str:
        """One line of the text, from 1; "" outside of it."""
        if not self._split:
            self._split.extend(self.text.split("\n"))
        return self._split[number - 1] if 0 < number <= len(self._split) else ""

    def physical(self, number: int) -> int:
        """The line in the file for one of the text."""
        if not self.lines:
            return number
        return self.lines[min(max(number, 1), len(self.lines)) - 1]

    def note(self, number: int) -> str:
        """What a person calls the place of a line; "" where its number says it."""
        return self.notes[number - 1] if 0 < number <= len(self.notes) else ""


def column_of(line: str, offset: int) -> int:
    """Python counts columns in bytes; people and editors count characters."""
    return offset if line.isascii() else len(line.encode()[:offset].decode(errors="ignore"))
