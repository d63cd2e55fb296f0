"""Where a command works: the project, its state, the user's own folder, the environment.

From a place come the ledger, the settings in force, agents and playbooks. What a project brings
counts only while it is trusted; what was set aside is said once on stderr.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from orchestrator.cli.output import CommandError, say
from orchestrator.cli.text import counted
from orchestrator.config.places import PROJECT_FILE, PROJECT_PLAYBOOKS, user_dir
from orchestrator.config.trust import Trust, examine
from trading_tools.audit.key import audit_key

if TYPE_CHECKING:
    from orchestrator.agents.catalogue import AgentCatalogue
    from orchestrator.config.load import Loaded
    from orchestrator.playbooks import reading
    from orchestrator.playbooks.format import Playbook
    from orchestrator.playbooks.library import Library
    from orchestrator.playbooks.plain import PlainFile
    from trading_tools.audit.ledger import Ledger

STATE = ".orchestrator"
LEDGER = "ledger.sqlite"
URL_VARIABLE = "ORC_LEDGER_URL"


@dataclass(frozen=True, kw_only=True)
class Place:
    """A project (or a folder that is none yet) as one command of one user sees it."""

    project: Path
    user: Path
    environ: Mapping[str, str]
    _said: set[str] = field(default_factory=set, repr=False, compare=False)

    @classmethod
    def find(cls, workspace: Path | None = None, environ: Mapping[str, str] | None = None) -> Place:
        """The place of `workspace`, which is taken as it is, else of the current folder.

        From the current folder upwards the first one counts that holds `orchestrator.toml`, a git
        repository or a ledger of ours; where there is none, the current folder itself.

        Raises:
            CommandError: `workspace` is no folder, or the current folder is gone.
        """
        environ = os.environ if environ is None else environ
        if workspace is not None:
            if not workspace.is_dir():
                raise CommandError("is not a folder", str(workspace), "name the project's folder")
            project = workspace.resolve()
        else:
            project = _project_of(_here())
        return cls(project=project, user=user_dir(environ), environ=environ)

    @property
    def state(self) -> Path:
        """The folder of everything we keep in a project."""
        return self.project / STATE

    @property
    def ledger_file(self) -> Path:
        """Where the project's ledger is, or will be, unless it is on a server."""
        return self.state / LEDGER

    @property
    def ledger_url(self) -> str | None:
        """The server that keeps the ledger, from `ORC_LEDGER_URL` alone; None for the file.

        It holds a password and says where everything goes, so no project may set it.
        """
        return self.environ.get(URL_VARIABLE, "").strip() or None

    @property
    def ledger_name(self) -> str:
        """Where the ledger is, for messages: no password."""
        if self.ledger_url is None:
            return str(self.ledger_file)
        from trading_tools.audit.server import shown_address

        return shown_address(self.ledger_url)

    def has_ledger(self) -> bool:
        """Whether there is a ledger yet.

        Raises:
            LedgerError: the server cannot be reached.
        """
        if self.ledger_url is None:
            return self.ledger_file.exists()
        from trading_tools.audit.errors import LedgerMissing

        try:
            self.open_ledger(read_only=True).close()
        except LedgerMissing:
            return False
        return True

    @cached_property
    def trust(self) -> Trust:
        """How the project stands with this user; found out once."""
        return examine(self.project, self.user)

    def open_ledger(self, *, read_only: bool = False) -> Ledger:
        """The project's ledger under the key of the environment; made where there is none.

        Raises:
            CommandError: read-only and no ledger yet, or the state folder is a link elsewhere.
            LedgerError: it cannot be opened.
        """
        from trading_tools.audit.ledger import Ledger

        for entry in (self.state, *_entries(self.state)):
            if entry.is_symlink():
                raise CommandError(
                    f"is a link to {entry.readlink()}",
                    str(entry),
                    "a project must not choose where our files go; remove the link",
                )
        key = audit_key(self.environ)
        if self.ledger_url is not None:
            return Ledger.open(self.ledger_url, key=key, read_only=read_only)
        if read_only and not self.ledger_file.exists():
            raise CommandError(
                "no ledger yet", str(self.project), 'the first `orc run "…"` here starts one'
            )
        return Ledger.open(self.ledger_file, key=key, read_only=read_only)

    def settings(self, flags: Mapping[str, Any] | None = None) -> Loaded:
        """The settings in force; `flags` maps dotted keys to values of the command line.

        Raises:
            ConfigError: a file in force or a value does not fit.
        """
        from orchestrator.config.load import load

        loaded = load(self.project, self.environ, flags, trusted=self.trust.holds)
        for notice in loaded.notices:
            self.say_once(notice)
        return loaded

    def catalogue(self) -> AgentCatalogue:
        """All agents that may be used here: the project's own only while it is trusted."""
        from orchestrator.agents.catalogue import AgentCatalogue, bundled_agents_dir

        if self.trust.holds:
            return AgentCatalogue.discover(self.project, self.user)
        shipped = bundled_agents_dir().resolve()
        own = [
            name
            for name in self.trust.files
            if name.lower().endswith(".md")
            and not (self.project / name).resolve().is_relative_to(shipped)
        ]
        if own:
            self._say_untrusted(len(own), "agent")
        return AgentCatalogue.discover(None, self.user)

    def playbooks(self, agents: AgentCatalogue) -> Library:
        """The playbooks that may take a request here beside `agents`.

        The project's own only while it is trusted. What keeps one out is said.
        """
        from orchestrator.catalogue.playbook_library import library_of
        from orchestrator.playbooks.files import shipped_dir

        if not self.trust.holds and (own := self._own_playbooks()):
            self._say_untrusted(own, "playbook")
        library = library_of(self._playbooks_read, agents)
        for problem in library.problems:
            # One of ours lacks its agent's tools where the user has another agent of that name.
            if not problem.path.is_relative_to(shipped_dir()):
                self.say_once(f"playbook not in force: {problem}")
        return library

    def written_playbooks(self, requests: Sequence[str]) -> tuple[Playbook, ...]:
        """The playbooks as they are written, without a look at whether they can work here.

        None where no request holds what any of them is asked by, which costs little to tell.
        """
        from orchestrator.playbooks.asked import any_is_asked
        from orchestrator.playbooks.plain import shipped_files

        if not any_is_asked(requests, (*self._own_files, *shipped_files())):
            return ()
        from orchestrator.playbooks.library import Library

        return Library.of(self._playbooks_read).playbooks

    @cached_property
    def _own_files(self) -> tuple[PlainFile, ...]:
        """Playbooks of the user and, while it is trusted, of the project; each read once."""
        from orchestrator.playbooks.files import own_files
        from orchestrator.playbooks.plain import read_plain

        files = own_files(self.project if self.trust.holds else None, self.user)
        return tuple(read_plain(path, source) for path, source in files)

    @cached_property
    def _playbooks_read(self) -> tuple[reading.Loaded, ...]:
        """The strongest first."""
        from orchestrator.playbooks.reading import playbook_of, shipped_playbooks

        return (*map(playbook_of, self._own_files), *shipped_playbooks())

    def _own_playbooks(self) -> int:
        """How many the project brings, trusted or not."""
        return sum(
            name.startswith(f"{PROJECT_PLAYBOOKS}/") and not name.endswith("(a link)")
            for name in self.trust.files
        )

    def _say_untrusted(self, number: int, what: str) -> None:
        some = counted(number, what)
        self.say_once(f"{some} of {self.project} not in force: look, then run `orc trust`")

    def say_once(self, notice: str) -> None:
        """Say it on stderr, unless this place has said so before."""
        if notice not in self._said:
            self._said.add(notice)
            say(f"orc: {notice}")


def _entries(folder: Path) -> list[Path]:
    if folder.is_symlink() or not folder.is_dir():
        return []
    return sorted(folder.iterdir())


def _here() -> Path:
    try:
        return Path.cwd().resolve()
    except OSError:
        raise CommandError(
            "the current folder is gone", "working directory", "change to a folder that exists"
        ) from None


def _project_of(start: Path) -> Path:
    for folder in (start, *start.parents):
        marks = (folder / PROJECT_FILE, folder / ".git", folder / STATE / LEDGER)
        if any(os.path.lexists(mark) for mark in marks):
            return folder
    return start
