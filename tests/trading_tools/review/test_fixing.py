"""`--fix` changes what it means to change and not a byte besides."""

from __future__ import annotations

from pathlib import Path

import pytest

from trading_tools.review.engine import Engine
from trading_tools.review.fixing import mend_file
from trading_tools.review.model.project import Project
from trading_tools.review.reading.files import source_of
from trading_tools.review.registry import chosen

ZONED = "from datetime import UTC, datetime\n"
OLD, NEW = "datetime.utcnow().date()", "datetime.now(UTC).date()"


def _mended(file: Path) -> bytes:
    for _ in range(2):  # twice is as once
        source = source_of(file.name, file.read_bytes())
        mend_file(file, Engine(chosen(["T01", "T31"])).review(source, Project()))
    return file.read_bytes()


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (f"{ZONED}x = {OLD}\n", "utf-8"),
        (f"{ZONED}x = {OLD}", "utf-8"),
        (f"{ZONED}x = {OLD}\n".replace("\n", "\r\n"), "utf-8"),
        (f"{ZONED}x = {OLD}\n".replace("\n", "\r"), "utf-8"),
        (f'{ZONED}s = """a\r\nb\rc"""\r\nx = {OLD}\n', "utf-8"),
        (f"{ZONED}x = {OLD}\n", "utf-8-sig"),
        (f"{ZONED}x = {OLD}\r\n", "utf-8-sig"),
        (f"# coding: latin-1\n{ZONED}x = 'größe', {OLD}\n", "latin-1"),
        (f"{ZONED}if x:\n\ty = '日本🎉', {OLD}, '\u2028', {OLD}\n\x0c\n", "utf-8"),
    ],
)
def test_line_ends_encoding_and_all_else_stay(tmp_path: Path, text: str, encoding: str) -> None:
    file = tmp_path / "late.py"
    file.write_bytes(text.encode(encoding))
    assert _mended(file) == text.replace(OLD, NEW).encode(encoding)


def test_a_number_behind_wide_letters_is_quoted_as_it_stands(tmp_path: Path) -> None:
    file = tmp_path / "fee.py"
    file.write_text('from decimal import Decimal\nx = "日本", Decimal(1.10)\n')
    assert _mended(file).decode().endswith('x = "日本", Decimal("1.10")\n')


@pytest.mark.parametrize(
    "line",
    [
        "age = datetime.utcnow() - started",  # a TypeError, were `started` left without a zone
        "def now(): return datetime.utcnow()",
        "text = datetime.utcnow().isoformat()",
        'shown = f"{datetime.utcnow().date()}"',
    ],
)
def test_what_would_not_be_sound_is_left(tmp_path: Path, line: str) -> None:
    file = tmp_path / "late.py"
    file.write_text(f"{ZONED}{line}\n")
    assert _mended(file).decode() == f"{ZONED}{line}\n"
