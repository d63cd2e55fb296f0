"""Which projects may configure the harness: a cloned repository must not own the machine.

What a project brings (its `orchestrator.toml`, its agents, its Claude settings) takes effect only
after a person trusted exactly these contents. The hash and the texts are kept per user, so that a
later change is shown as a difference.
"""

from __future__ import annotations

import difflib
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from orchestrator.config.load import PROJECT_FILE, ConfigError

_FOLDERS = ("agents", ".claude/agents")
_FILES = (PROJECT_FILE, ".claude/settings.json", ".claude/settings.local.json")
_MOST_BYTES = 2_000_000


@dataclass(frozen=True, slots=True)
class Trust:
    """How a project stands.

    `nothing`: it brings nothing that needs trust. `changes` is a unified difference to what was
    trusted last (all of it, where nothing was).
    """

    state: Literal["nothing", "trusted", "changed", "unknown"]
    files: tuple[str, ...]
    changes: str

    @property
    def holds(self) -> bool:
        """Whether what the project brings may take effect."""
        return self.state in {"nothing", "trusted"}


def examine(project: Path, user: Path) -> Trust:
    """How `project` stands with the user whose folder is `user`."""
    texts = _texts(project)
    if not texts:
        return Trust("nothing", (), "")
    known = _load(user).get(str(project.resolve()), {})
    if known == texts:
        return Trust("trusted", tuple(texts), "")
    lines: list[str] = []
    for name in sorted(known.keys() | texts.keys()):
        before, after = known.get(name, ""), texts.get(name, "")
        lines += difflib.unified_diff(
            before.splitlines(), after.splitlines(), f"trusted/{name}", f"now/{name}", lineterm=""
        )
    return Trust("changed" if known else "unknown", tuple(texts), "\n".join(lines))


def remember(project: Path, user: Path) -> tuple[str, ...]:
    """Trust what `project` brings as it stands now; the files that this covers."""
    texts = _texts(project)
    store = _load(user)
    store[str(project.resolve())] = texts
    file = _store(user)
    try:
        user.mkdir(parents=True, exist_ok=True)
        part = file.with_suffix(".part")
        part.write_text(json.dumps(store, indent=1, sort_keys=True), encoding="utf-8")
        part.replace(file)
    except OSError as error:
        raise ConfigError(
            f"cannot be written ({error})", str(file), "make the folder writable or set ORC_HOME"
        ) from None
    return tuple(texts)


def _texts(project: Path) -> dict[str, str]:
    """What the project brings, by relative name: text, or a hash where it is large or binary."""
    files = [project / name for name in _FILES]
    for folder in _FOLDERS:
        files += sorted((project / folder).glob("*.md"))
    found: dict[str, str] = {}
    for file in files:
        if not file.is_file():
            continue
        content = file.read_bytes()
        name = file.relative_to(project).as_posix()
        try:
            text = content.decode("utf-8") if len(content) <= _MOST_BYTES else None
        except UnicodeDecodeError:
            text = None
        found[name] = text if text is not None else f"sha256:{hashlib.sha256(content).hexdigest()}"
    return found


def _store(user: Path) -> Path:
    return user / "trust.json"


def _load(user: Path) -> dict[str, dict[str, str]]:
    file = _store(user)
    try:
        loaded = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise ConfigError(
            f"cannot be read ({error})", str(file), "remove it and trust your projects again"
        ) from None
    return loaded if isinstance(loaded, dict) else {}
