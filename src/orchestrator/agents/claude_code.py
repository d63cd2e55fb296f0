"""An agent of ours as a subagent of Claude Code: `python -m orchestrator.agents.claude_code`.

Claude Code reads `.claude/agents/*.md`. It has other names for some of our tools and nothing for
others, and no harness around an agent; a closing note says what takes their place. Reading agent
files is `loader`.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from orchestrator.agents.definition import AgentDefinition
from orchestrator.agents.files import agent_files
from orchestrator.agents.loader import load_agent_file

MARK = "<!-- Made by `make claude-agents` from agents/"
"""How a rendered file's text begins, below its frontmatter; only such files are ever removed."""

_NAMES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "bash": ("Bash",),
        "str_replace_based_edit_tool": ("Read", "Edit", "Write"),
        "grep": ("Read", "Grep"),
        "glob": ("Glob",),
        # Claude Code once had LS; Glob took its place.
        "list_files": ("Glob",),
    }
)
_INSTEAD: Mapping[str, str] = MappingProxyType(
    {
        "hand_off": "end with the envelope as one JSON object and nothing else: `status`, "
        "`result`, `next_agent`, `context_forward`, `confidence`, `reasoning`",
        "read_receipt": "there are no receipts: cite the command and what it printed",
        "run_checks": "run the project's own checks from the shell (here `make lint` and "
        "`make test`)",
        "check_component": "`orc check KIND TARGET` in the shell",
        "ask_user": "put the question in `result`, with status `blocked`",
    }
)


class RenderError(Exception):
    """An agent file cannot be rendered; the message is the loader's own."""


def render(agent: AgentDefinition) -> str:
    """The agent's file for Claude Code: frontmatter, its instructions, the closing note."""
    front = [f"name: {agent.name}", f"description: {_quoted(agent.description)}"]
    if agent.tools is not None:
        names = [name for tool in agent.tools for name in _NAMES.get(tool, ())]
        front.append(f"tools: {', '.join(dict.fromkeys(names))}")
    if agent.disallowed_tools:
        refused = [name for tool in agent.disallowed_tools for name in _NAMES.get(tool, (tool,))]
        front.append(f"disallowedTools: {', '.join(dict.fromkeys(refused))}")
    front += [
        f"{key}: {value}"
        for key, value in (
            ("model", agent.model),
            ("effort", agent.effort),
            ("maxTurns", agent.max_turns),
        )
        if value is not None
    ]
    head = "\n".join(front)
    mark = f"{MARK}{agent.path.name}; change that file. -->"
    return f"---\n{head}\n---\n\n{mark}\n\n{agent.prompt}\n\n{_note(agent)}"


def rendered(source: Path) -> dict[str, str]:
    """Every agent of a folder, by the name of its rendered file.

    Raises:
        RenderError: a file does not load, or two agents have one name.
    """
    paths, problems = agent_files(source)
    if problems:
        raise RenderError(str(problems[0]))
    texts: dict[str, str] = {}
    for path in paths:
        loaded = load_agent_file(path, "project")
        if loaded.definition is None:
            raise RenderError("; ".join(map(str, loaded.problems)))
        name = f"{loaded.definition.name}.md"
        if name in texts:
            raise RenderError(f"{path}: another file is named {loaded.definition.name}; rename one")
        texts[name] = render(loaded.definition)
    return texts


def write(source: Path, target: Path) -> None:
    """Render a folder of agents into another; what was rendered from a file now gone goes too.

    Raises:
        RenderError: as `rendered`; nothing is written then.
    """
    texts = rendered(source)
    target.mkdir(parents=True, exist_ok=True)
    for path in sorted(target.glob("*.md")):
        if path.name not in texts and MARK in path.read_text(encoding="utf-8"):
            path.unlink()
    for name, text in texts.items():
        (target / name).write_text(text, encoding="utf-8")


def main(arguments: Sequence[str]) -> int:
    """`SOURCE TARGET`, both folders; the exit code."""
    if len(arguments) != 2:
        sys.stderr.write("usage: python -m orchestrator.agents.claude_code SOURCE TARGET\n")
        return 2
    try:
        write(Path(arguments[0]), Path(arguments[1]))
    except RenderError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def _quoted(text: str) -> str:
    """The text as a double-quoted YAML scalar, which a JSON string is."""
    return json.dumps(text, ensure_ascii=False)


def _note(agent: AgentDefinition) -> str:
    lines = [
        "## In Claude Code",
        "",
        "You work here without the harness: nothing is recorded or accepted by itself, commands",
        "are not sealed, and `/workspace` is the current folder. Where the text above names",
        "",
    ]
    tools = ("hand_off", *(agent.tools or ()))
    lines += [f"- `{tool}`: {_INSTEAD[tool]}" for tool in tools if tool in _INSTEAD]
    by_shell = [f"`{tool}`" for tool in tools if tool not in _NAMES and tool not in _INSTEAD]
    if by_shell:
        lines.append(f"- {', '.join(by_shell)}: `orc tools call NAME JSON` in the shell")
    lines += [
        "- the task board: it is there only if someone laid it out (`.claude/templates/`)",
        "",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
