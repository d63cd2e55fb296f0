"""The playbooks in force beside the agents that we ship."""

from __future__ import annotations

from pathlib import Path

from orchestrator.agents.catalogue import AgentCatalogue
from orchestrator.catalogue.playbook_library import library_of
from orchestrator.playbooks.files import files_of, shipped_dir
from orchestrator.playbooks.library import Library
from orchestrator.playbooks.reading import read_playbook

AGENTS = AgentCatalogue.discover(None, None)


def library(project: Path | None = None, user: Path | None = None) -> Library:
    """Those of a project, of a user and ours."""
    files = files_of(project, user, shipped_dir())
    return library_of((read_playbook(path, source) for path, source in files), AGENTS)
