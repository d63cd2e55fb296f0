"""Which projects may configure the harness: a cloned repository must not own the machine.

What a project brings (`brought`) takes effect only after a person trusted exactly these contents.
The texts are kept in the user's own folder, one file a project, so that a later change is shown
as a difference.
"""

from __future__ import annotations

import difflib
import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from orchestrator.config.brought import brought
from orchestrator.config.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Trust:
    """How a project stands.

    `nothing`: it brings nothing that needs trust. `changes` is a unified difference to what was
    trusted last (all of it, where nothing was). `obstacle` says why it cannot be trusted at all.
    """

    state: Literal["nothing", "trusted", "changed", "unknown"]
    files: tuple[str, ...]
    changes: str
    obstacle: str = ""

    @property
    def holds(self) -> bool:
        """Whether what the project brings may take effect."""
        return self.state in {"nothing", "trusted"}


def examine(project: Path, user: Path) -> Trust:
    """How `project` stands with the user whose folder is `user`.

    Raises:
        ConfigError: what was remembered cannot be read.
    """
    now = brought(project)
    if now.obstacle:
        return Trust("unknown", tuple(now.texts), "", now.obstacle)
    if not now.texts:
        return Trust("nothing", (), "")
    known = _remembered(project, user)
    if known == now.texts:
        return Trust("trusted", tuple(now.texts), "")
    changes = _difference(known, now.texts)
    return Trust("changed" if known else "unknown", tuple(now.texts), changes)


def remember(project: Path, user: Path, shown: Trust | None = None) -> tuple[str, ...]:
    """Trust what `project` brings as it stands now; the files that this covers.

    With `shown`, only if it still is what a person was shown.

    Raises:
        ConfigError: it changed meanwhile, cannot be trusted as a whole, or cannot be remembered.
    """
    now = brought(project)
    if now.obstacle:
        raise ConfigError(
            now.obstacle, str(project), "keep agents and hooks in folders of their own"
        )
    if shown is not None and _difference(_remembered(project, user), now.texts) != shown.changes:
        raise ConfigError("changed while you looked", str(project), "look at it again")
    file = _store(project, user)
    entry = {"project": _key(project), "files": now.texts}
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        part = file.with_suffix(f".{os.getpid()}.part")
        part.write_text(json.dumps(entry, indent=1, sort_keys=True), encoding="utf-8")
        part.replace(file)
    except OSError as error:
        why = error.strerror or str(error)
        raise ConfigError(
            f"cannot be written: {why}", str(file), "make the folder writable or set ORC_HOME"
        ) from None
    return tuple(now.texts)


def _difference(before: dict[str, str], after: dict[str, str]) -> str:
    lines: list[str] = []
    for name in sorted(before.keys() | after.keys()):
        lines += difflib.unified_diff(
            before.get(name, "").split("\n"),
            after.get(name, "").split("\n"),
            f"trusted/{name}" if name in before else "/dev/null",
            f"now/{name}" if name in after else "/dev/null",
            lineterm="",
        )
    return "\n".join(lines)


def _key(project: Path) -> str:
    return str(project.resolve()).encode("utf-8", "backslashreplace").decode("utf-8")


def _store(project: Path, user: Path) -> Path:
    name = hashlib.sha256(os.fsencode(project.resolve())).hexdigest()[:32]
    return user / "trust" / f"{name}.json"


def _remembered(project: Path, user: Path) -> dict[str, str]:
    file = _store(project, user)
    try:
        entry = json.loads(file.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except (OSError, ValueError, RecursionError) as error:
        raise ConfigError(
            f"cannot be read: {error}", str(file), "remove it and trust the project again"
        ) from None
    files = entry.get("files") if isinstance(entry, dict) else None
    if not isinstance(files, dict) or not all(isinstance(text, str) for text in files.values()):
        raise ConfigError(
            "is no record of trust", str(file), "remove it and trust the project again"
        )
    return files if entry.get("project") == _key(project) else {}
