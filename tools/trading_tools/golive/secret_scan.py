"""Where secrets lie in a project: what git tracks, all that it ever tracked, and its logs.

Finding them is detect-secrets' work, run as a program of its own, beside the key formats that our
own redaction knows. A value that was found is never shown, nor kept. A line that is marked with
`# pragma: allowlist secret` holds none.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from trading_tools.audit.redact import Redactor, has_mark

MOST_BYTES = 2_000_000
"""Of one file; larger ones are data, and are counted as not looked at."""

_WAIT_S = 300
_ALLOWED = "pragma: allowlist secret"
_VARIABLE = re.compile(
    r"\s*(key|secret)_variable\s*=\s*[\"'][A-Z][A-Z0-9]*(_[A-Z0-9]+)+[\"']\s*(#.*)?"
)
"""A line of golive.toml that names the variable which holds a secret."""
_NOISY = ("HexHighEntropyString", "Base64HighEntropyString", "IPPublicDetector")
"""Detectors that take hashes, vectors and addresses for secrets."""


class ScanError(Exception):
    """The scan could not be made; the message says why."""


@dataclass(frozen=True)
class Leak:
    """A line that holds a secret: `where` is a path, with the commit where it is of the past."""

    where: str
    line: int
    kind: str


@dataclass(frozen=True)
class Scan:
    """What was looked at, and what was found."""

    leaks: tuple[Leak, ...]
    files: int
    past_files: int
    skipped: int


def scan(folder: Path) -> Scan:
    """Look through a project under git.

    Raises:
        ScanError: no repository, or no detect-secrets.
    """
    with tempfile.TemporaryDirectory(prefix="orc-secrets-") as scratch:
        copies = Path(scratch)
        names: dict[str, str] = {}
        skipped = 0
        now = {name: folder / name for name in _tracked(folder)}
        now |= {str(path.relative_to(folder)): path for path in sorted(folder.rglob("*.log"))}
        for name, path in now.items():
            content = _readable(path)
            skipped += content is None
            _keep(copies, names, name, content)
        files = len(names)
        for name, content in _past(folder):
            skipped += content is None
            _keep(copies, names, name, content)
        leaks = sorted({*_detected(copies, names), *_known_shapes(copies, names)}, key=_place)
        return Scan(tuple(leaks), files, len(names) - files, skipped)


def _place(leak: Leak) -> tuple[str, int, str]:
    return leak.where, leak.line, leak.kind


def _keep(copies: Path, names: dict[str, str], name: str, content: bytes | None) -> None:
    """Put the content where the scan looks, under a name that keeps its ending."""
    if content is None or b"\0" in content[:8_000]:
        return
    copy = f"{len(names):06}{Path(name).suffix}"
    names[copy] = name
    (copies / copy).write_bytes(content)


def _readable(path: Path) -> bytes | None:
    if path.is_symlink() or not path.is_file():
        return b""
    return path.read_bytes() if path.stat().st_size <= MOST_BYTES else None


def _tracked(folder: Path) -> list[str]:
    listed = _git(folder, "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    return [name for name in listed.decode(errors="surrogateescape").split("\0") if name]


def _past(folder: Path) -> Iterator[tuple[str, bytes | None]]:
    """Each content of the history once, with the path and the commit that it was seen in."""
    raw = _git(
        folder, "log", "--all", "--no-renames", "--raw", "--no-abbrev", "-z", "--format=%x01%H", "."
    )
    staged = _git(folder, "ls-files", "-s").decode(errors="replace").splitlines()
    here = {line.split()[1] for line in staged}
    wanted: dict[str, str] = {}
    commit = ""
    fields = iter(raw.decode(errors="replace").split("\0"))
    for field in fields:
        if "\x01" in field:
            commit = field.rpartition("\x01")[2].strip()
        elif field.lstrip("\n").startswith(":"):
            blob = field.split()[3]
            name = next(fields, "")
            if set(blob) != {"0"} and blob not in here:
                wanted.setdefault(blob, f"{name} in commit {commit[:10]}")
    yield from _contents(folder, wanted)


def _contents(folder: Path, wanted: dict[str, str]) -> Iterator[tuple[str, bytes | None]]:
    process = subprocess.Popen(
        ["git", "cat-file", "--batch"],
        cwd=folder,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    with process:
        for blob, name in wanted.items():
            process.stdin.write(f"{blob}\n".encode())
            process.stdin.flush()
            header = process.stdout.readline().split()
            if len(header) != 3:
                continue
            content = process.stdout.read(int(header[2]) + 1)[:-1]
            if header[1] == b"blob":
                yield name, content if len(content) <= MOST_BYTES else None
        process.stdin.close()


def _detected(copies: Path, names: dict[str, str]) -> Iterator[Leak]:
    words = ["scan", "--all-files", "--no-verify"]
    for plugin in _NOISY:
        words += ["--disable-plugin", plugin]
    try:
        done = subprocess.run(
            [sys.executable, "-m", "detect_secrets", *words, "."],
            cwd=copies,
            capture_output=True,
            text=True,
            timeout=_WAIT_S,
            check=True,
        )
        results = json.loads(done.stdout)["results"]
    except subprocess.CalledProcessError as error:
        raise ScanError(f"detect-secrets failed: {error.stderr.strip()[-200:]}") from error
    except (subprocess.TimeoutExpired, ValueError, KeyError) as error:
        raise ScanError(f"detect-secrets gave no answer: {error}") from error
    for copy, found in results.items():
        lines = (copies / copy).read_text(encoding="utf-8", errors="replace").split("\n")
        for each in found:
            line = lines[each["line_number"] - 1]
            if each["type"] == "Secret Keyword" and _VARIABLE.fullmatch(line):
                continue
            yield Leak(names[Path(copy).name], each["line_number"], each["type"])


def _known_shapes(copies: Path, names: dict[str, str]) -> Iterator[Leak]:
    redactor = Redactor()
    for copy, name in names.items():
        text = (copies / copy).read_text(encoding="utf-8", errors="replace")
        if not has_mark(redactor.text(text)) or has_mark(text):
            continue
        for number, line in enumerate(text.splitlines(), start=1):
            if _ALLOWED not in line and has_mark(redactor.text(line)):
                yield Leak(name, number, "key format")


def _git(folder: Path, *words: str) -> bytes:
    try:
        done = subprocess.run(
            ["git", "-c", "core.fsmonitor=false", *words],
            cwd=folder,
            capture_output=True,
            timeout=_WAIT_S,
            check=True,
        )
    except subprocess.CalledProcessError as error:
        raise ScanError(error.stderr.decode(errors="replace").strip()[:200]) from error
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ScanError(f"git gave no answer: {error}") from error
    return done.stdout
