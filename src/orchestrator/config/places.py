"""Where configuration files are. Kept apart from reading them, which loads far more."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from orchestrator.config.errors import ConfigError

PROJECT_FILE = "orchestrator.toml"
USER_FILE = "config.toml"
PROJECT_PLAYBOOKS = ".claude/playbooks"
PLAYBOOK_SUFFIXES = frozenset({".yaml", ".yml"})
"""Where a project has playbooks, and how their files end: for reading them and for trust alike."""


def user_dir(environ: Mapping[str, str]) -> Path:
    """The user's own folder: `ORC_HOME`, else `orchestrator` below the XDG configuration folder.

    Raises:
        ConfigError: `ORC_HOME` is not absolute (it would mean another folder in each project), or
            there is no home folder.
    """
    if own := environ.get("ORC_HOME"):
        if not Path(own).is_absolute():
            raise ConfigError(f"{own!r} is not absolute", "ORC_HOME", "give the whole path")
        return Path(own)
    # The XDG base directory specification has relative paths ignored.
    base = Path(environ.get("XDG_CONFIG_HOME", ""))
    if base.is_absolute():
        return base / "orchestrator"
    home = Path(environ.get("HOME", ""))
    try:
        home = home if home.is_absolute() else Path.home()
    except RuntimeError:
        raise ConfigError("there is no home folder", "HOME", "set HOME or ORC_HOME") from None
    return home / ".config" / "orchestrator"
