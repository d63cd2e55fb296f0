"""What a project brings that could steer the harness: settings, agents, playbooks, hooks.

Everything that `load`, the agents' catalogue and the playbooks' library would read of a project is
in here with its text; what has to be trusted is exactly this. Remembering it is `trust`.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from orchestrator.config.places import PLAYBOOK_SUFFIXES, PROJECT_FILE, PROJECT_PLAYBOOKS

MOST_FILES = 2_000

_FILES = (PROJECT_FILE, ".claude/settings.json", ".claude/settings.local.json")
_AGENTS = ("agents", ".claude/agents")
_HOOKS = (".claude/hooks",)
_MOST_BYTES = 2_000_000
# Folders in which agents are not looked for.
_FOREIGN = frozenset({"node_modules", "__pycache__", "site-packages"})


@dataclass(slots=True)
class Brought:
    """Texts by name relative to the project; a hash stands for what is large or binary.

    A link is named too, with where it leads. `obstacle` says why this cannot be trusted as a
    whole; empty where it can.
    """

    texts: dict[str, str] = field(default_factory=dict)
    obstacle: str = ""


def brought(project: Path) -> Brought:
    """What `project` brings as it stands now; never raises for what lies in it."""
    found = Brought()
    for name in (".claude", *_AGENTS, *_HOOKS, PROJECT_PLAYBOOKS):
        _note_link(found, project, project / name)
    for file in _candidates(project):
        if len(found.texts) >= MOST_FILES:
            found.obstacle = f"it brings more than {MOST_FILES:,} agent files, playbooks and hooks"
            break
        _note_link(found, project, file)
        text = _text(file)
        if text is not None:
            found.texts[_name(project, file)] = text
    return found


def _candidates(project: Path) -> Iterator[Path]:
    yield from (project / name for name in _FILES)
    for name in _AGENTS:
        for file in _below(project / name, all_folders=False):
            if file.name.lower().endswith(".md") and not file.name.startswith("."):
                yield file
    for file in _below(project / PROJECT_PLAYBOOKS, all_folders=False):
        if file.suffix.lower() in PLAYBOOK_SUFFIXES:
            yield file
    for name in _HOOKS:
        yield from _below(project / name, all_folders=True)


def _below(folder: Path, *, all_folders: bool) -> Iterator[Path]:
    """The files below a folder, links to folders followed, each folder once."""
    seen: set[str] = set()
    for root, folders, names in os.walk(folder, followlinks=True):
        real = os.path.realpath(root)
        if real in seen:
            folders.clear()
            continue
        seen.add(real)
        kept = [n for n in folders if all_folders or (n[0] != "." and n not in _FOREIGN)]
        folders[:] = sorted(kept)
        yield from (Path(root) / name for name in sorted(names))


def _note_link(found: Brought, project: Path, path: Path) -> None:
    if path.is_symlink():
        found.texts[f"{_name(project, path)} (a link)"] = f"{os.readlink(path)}\n"  # noqa: PTH115


def _name(project: Path, path: Path) -> str:
    # Undecodable names must go into a JSON file.
    text = path.relative_to(project).as_posix()
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def _text(file: Path) -> str | None:
    """The file's text, or what stands for it; None where there is no such file."""
    try:
        if not stat.S_ISREG(file.stat().st_mode):
            return "[not a regular file]\n"
        content = file.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        return f"[cannot be read: {error.strerror}]\n"
    if len(content) <= _MOST_BYTES:
        try:
            return content.decode("utf-8")
        except UnicodeDecodeError:
            pass
    return f"[{len(content)} bytes, sha256 {hashlib.sha256(content).hexdigest()}]\n"
