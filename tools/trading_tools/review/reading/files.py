"""One file's bytes as Python text: its encoding, its size, and what kind of file it is."""

from __future__ import annotations

import io
import tokenize
from pathlib import PurePosixPath
from typing import Final

from trading_tools.review.parsing import Unreadable
from trading_tools.review.source import Source

MOST_BYTES: Final = 4_000_000
"""A larger file is generated, or data; a person never reads it, and nor do we."""

PYTHON: Final = frozenset({".py", ".pyw", ".pyi"})
NOTEBOOKS: Final = frozenset({".ipynb"})
DOCUMENTS: Final = frozenset({".md", ".markdown", ".mdx"})
TEXTS: Final = frozenset({".txt", ".rst"})
"""Read as Markdown where they are named one by one, never because a folder was."""

FOUND_IN_FOLDERS: Final = PYTHON | NOTEBOOKS


def source_of(path: str, raw: bytes, module: str = "") -> Source:
    """The Python in a file.

    Raises:
        Unreadable: too large, no text, or not what its name says.
    """
    if len(raw) > MOST_BYTES:
        what = f"has {len(raw):,} bytes, more than {MOST_BYTES:,}"
        raise Unreadable(what, 0, "leave it out, or take it apart")
    kind = PurePosixPath(path).suffix.lower()
    if kind in NOTEBOOKS:
        from trading_tools.review.reading.notebooks import notebook

        return notebook(path, _utf8(raw))
    if kind in DOCUMENTS or kind in TEXTS:
        from trading_tools.review.reading.documents import document

        return document(path, _utf8(raw))
    return Source(path, _decoded(raw), module=module)


def _decoded(raw: bytes) -> str:
    """By the encoding that the file declares, as Python reads it, with plain line ends."""
    if raw.isascii():
        text = raw.decode()
    else:
        try:
            encoding, _ = tokenize.detect_encoding(io.BytesIO(raw).readline)
            text = raw.decode(encoding)
        except SyntaxError as error:
            if b"coding" not in b"".join(raw.splitlines()[:2]):
                return _utf8(raw)
            raise Unreadable(f"has an unusable encoding: {error}", 1, "save it as UTF-8") from None
        except (UnicodeDecodeError, LookupError):
            return _utf8(raw)
    return _plain(text)


def _utf8(raw: bytes) -> str:
    try:
        return _plain(raw.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise Unreadable(
            "is not UTF-8", line, "save it as UTF-8, or declare its encoding"
        ) from None


def _plain(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text
