"""Making long parts of an opening fit: what is left out is always said. Pure.

Who gets how many characters is `openings`.
"""

from __future__ import annotations

from collections.abc import Sequence

_MARK = 60  # characters that the note on what is left out may take


def shortened(text: str, most: int) -> str:
    """The text in at most `most` characters: its beginning and its end."""
    if len(text) <= most:
        return text
    room = max(most - _MARK, 0)
    head = room * 3 // 4
    tail = room - head
    note = f"\n[… {len(text) - room:,} characters left out here …]\n"
    return text[:head] + note + (text[-tail:] if tail else "")


def latest(text: str, most: int) -> str:
    """The end of a text, in at most `most` characters."""
    if len(text) <= most:
        return text
    room = max(most - _MARK, 0)
    kept = text[-room:] if room else ""
    return f"[… {len(text) - room:,} characters before this are left out …]\n{kept}"


def latest_lines(lines: Sequence[str], most: int) -> list[str]:
    """The last lines that fit into `most` characters, whole; how many stood before them."""
    room = most - _MARK
    kept: list[str] = []
    if sum(len(line) + 1 for line in lines) <= most:
        return list(lines)
    for line in reversed(lines):
        room -= len(line) + 1
        if room < 0:
            break
        kept.append(line)
    return [f"[… {len(lines) - len(kept):,} before these are left out …]", *reversed(kept)]


def newest_first(texts: Sequence[str], most: int) -> list[str]:
    """All texts, in at most `most` characters: the last may take half, the others share the rest.

    What one does not need the others have.
    """
    if sum(map(len, texts)) <= most:
        return list(texts)
    last = shortened(texts[-1], most // 2 if len(texts) > 1 else most)
    room, others = most - len(last), sorted(texts[:-1], key=len)
    most_each = 0
    for done, text in enumerate(others):
        most_each = room // (len(others) - done)
        if len(text) > most_each:
            break
        room -= len(text)
    return [*(shortened(text, max(most_each, _MARK)) for text in texts[:-1]), last]
