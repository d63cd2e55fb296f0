"""The tools that work in a run's workspace. Each asks for it as the service `WorkspaceRoot`."""

from __future__ import annotations

from orchestrator.toolbox.tool import Tool
from orchestrator.workspace.files import edit_files
from orchestrator.workspace.search import find_by_name, grep, list_files
from orchestrator.workspace.shell import bash

TOOLS: tuple[Tool, ...] = (bash, edit_files, find_by_name, grep, list_files)
