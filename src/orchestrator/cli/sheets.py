"""Reports by `--format F[=FILE]`: which go where, and handing them out."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from orchestrator.cli.output import CommandError, say


def sheets(formats: Sequence[str], known: Sequence[str]) -> list[tuple[str, Path | None]]:
    """Which reports go where; at most one of them goes to stdout.

    Raises:
        CommandError: an unknown format, two for one stdout, or a file that cannot be written.
    """
    wanted: list[tuple[str, Path | None]] = []
    for text in formats:
        name, _, file = text.partition("=")
        if name not in known:
            raise CommandError(f"no format {name!r}", "--format", f"one of {', '.join(known)}")
        wanted.append((name, _writable(Path(file)) if file else None))
    if sum(file is None for _, file in wanted) > 1:
        fix = f"write the others into files: {wanted[-1][0]}=FILE"
        raise CommandError("several reports for one stdout", "--format", fix)
    return wanted


def hand_out(report: str, file: Path | None) -> None:
    """A report to its file, or to stdout.

    Raises:
        CommandError: the file cannot be written.
    """
    if file is None:
        sys.stdout.write(report)
        return
    try:
        file.write_text(report, encoding="utf-8")
    except OSError as error:
        raise CommandError(str(error.strerror), str(file), "name another file") from None
    say(f"wrote {file}")


def _writable(file: Path) -> Path:
    """The file, if a report can go there: what takes minutes is not to be lost at its end."""
    made = not file.exists()
    try:
        file.open("a").close()
    except OSError as error:
        raise CommandError(str(error.strerror), str(file), "name another file") from None
    if made:
        file.unlink()
    return file
