"""What else our tools are called: Claude Code's names, in which rules and agents are written.

Which tool an agent gets, and which call is allowed, is `permissions`.
"""

from __future__ import annotations

import re

EDIT_TOOL = "str_replace_based_edit_tool"
READ_FILE = "read_file"
SEARCHES = ("glob", "grep", "list_files")
PATH_TOOLS = frozenset({EDIT_TOOL, READ_FILE, *SEARCHES})

READING_NAMES = frozenset({"read", "view"})
EDITING_NAMES = frozenset({"edit", "write", "multiedit", "notebookedit"})

_ALIASES = {
    "bash": "bash",
    **dict.fromkeys(READING_NAMES | EDITING_NAMES, EDIT_TOOL),
    "grep": "grep",
    "glob": "glob",
    "ls": "list_files",
    "task": "hand_off",
    "agent": "hand_off",
    "askuserquestion": "ask_user",
}

_NOT_HERE = frozenset(
    {
        "webfetch", "websearch", "todowrite", "todoread", "bashoutput", "killbash", "killshell",
        "exitplanmode", "enterplanmode", "notebookread", "skill", "slashcommand", "lsp",
        "taskoutput", "taskstop", "toolsearch",
    }
)  # fmt: skip

_RULE = re.compile(r"\s*([A-Za-z0-9_*.-]+)\s*(?:\((.*)\))?\s*", re.DOTALL)


def our_name(name: str) -> str:
    """Our name of the tool that `name` means; another name is given back as it is."""
    return _ALIASES.get(name.casefold(), name)


def is_missing_here(name: str) -> bool:
    """Whether `name` is a tool of Claude Code that this harness has nothing for."""
    return name.casefold() in _NOT_HERE


def is_alias(name: str) -> bool:
    """Whether `name` is one of Claude Code's names of a tool we have."""
    return name.casefold() in _ALIASES


def split_rule(rule: str) -> tuple[str, str | None] | None:
    """Tool name and specifier of `Tool` or `Tool(specifier)`; None when it is neither."""
    match = _RULE.fullmatch(rule)
    return (match[1], match[2]) if match else None
