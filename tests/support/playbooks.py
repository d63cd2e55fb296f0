"""The playbooks in force beside the agents that we ship."""

from __future__ import annotations

from pathlib import Path

from orchestrator.agents.catalogue import AgentCatalogue
from orchestrator.catalogue.playbook_library import library_of
from orchestrator.playbooks.files import own_files
from orchestrator.playbooks.library import Library
from orchestrator.playbooks.reading import read_playbook, shipped_playbooks

AGENTS = AgentCatalogue.discover(None, None)


def library(project: Path | None = None, user: Path | None = None) -> Library:
    """Those of a project, of a user and ours."""
    own = (read_playbook(path, source) for path, source in own_files(project, user))
    return library_of((*own, *shipped_playbooks()), AGENTS)
