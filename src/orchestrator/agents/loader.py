"""One agent file from disk to a definition: what is in the way becomes a problem, never a trace.

Which folders are searched, and who wins where names clash, is `catalogue`.
"""

from __future__ import annotations

import re
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from orchestrator.agents.definition import AgentDefinition, LoadedAgent, Problem
from orchestrator.agents.fields import KNOWN_KEYS, FieldReader, name_fault, slug
from orchestrator.agents.frontmatter import Frontmatter, read_frontmatter

if TYPE_CHECKING:
    from orchestrator.agents.definition import Severity, Source

MAX_BYTES = 1_000_000

# Pages that lie beside agent files without being one; with frontmatter they may still be.
_PAGES = frozenset({"readme", "changelog", "contributing", "license", "agents", "claude", "index"})
_HEADING = re.compile(r"#{1,6}[ \t]+(.*?)[ \t#]*")
_CODE_FENCE = re.compile(r"[ \t]*(```|~~~)")
_MAX_NAME = 64
_MAX_DESCRIPTION = 400


def load_agent_file(path: Path, source: Source) -> LoadedAgent:
    """Read the agent at `path`, as leniently as can be; never raises.

    Every oddity is in the result's problems; `definition` is None where there is an `error` among
    them, or a note that the file is a page and no agent.
    """
    read = _read_text(path)
    if isinstance(read, Problem):
        return LoadedAgent(path, None, (read,))
    text, problems = read
    if not text.strip():
        return LoadedAgent(path, None, (*problems, _fault(path, "the file is empty")))
    front = read_frontmatter(text, KNOWN_KEYS)
    problems += [Problem(path, r.line, r.message, r.fix, r.severity) for r in front.remarks]
    if front.fields is None:
        return _from_prose(path, source, front.body, problems)
    return _from_fields(path, source, front, problems)


def _from_fields(
    path: Path, source: Source, front: Frontmatter, problems: list[Problem]
) -> LoadedAgent:
    reader = FieldReader(path, front.fields or {}, front.lines, problems)
    name = reader.name()
    if name == "":
        name = _named(path, slug(path.stem), "the frontmatter has no name", problems)
    if name is None:
        return LoadedAgent(path, None, tuple(problems))
    description = reader.text("description")
    prompt = front.body.strip()
    if not description:
        description = _first_paragraph(prompt)
        message = "there is no description, so other loaders skip the file"
        fix = "add 'description:' and say when the agent should be used"
        problems.append(Problem(path, front.lines.get("description", 1), message, fix))
    if not prompt:
        message = "there are no instructions below the frontmatter"
        problems.append(Problem(path, 1, message, "write what the agent should know and do"))
    reader.colour()
    definition = AgentDefinition(
        name=name,
        description=description,
        prompt=prompt,
        tools=reader.tools("tools"),
        disallowed_tools=reader.tools("disallowedTools") or (),
        model=reader.model(),
        effort=reader.effort(),
        max_turns=reader.max_turns(),
        path=path,
        source=source,
        triggers=reader.triggers(),
    )
    return LoadedAgent(path, definition, tuple(sorted(problems, key=lambda p: p.line)))


def _from_prose(path: Path, source: Source, body: str, problems: list[Problem]) -> LoadedAgent:
    """An agent without frontmatter: its first heading is the name, its first words describe it."""
    if path.stem.lower() in _PAGES:
        note = _fault(
            path, "this is a page without frontmatter, not an agent", "none needed", "note"
        )
        return LoadedAgent(path, None, (*problems, note))
    heading, line = _first_heading(body)
    found = slug(heading)
    candidate = found if found and len(found) <= _MAX_NAME else slug(path.stem)
    name = _named(path, candidate, "there is no frontmatter", problems, line)
    if name is None:
        return LoadedAgent(path, None, tuple(problems))
    definition = AgentDefinition(
        name=name,
        description=_first_paragraph(body) or heading,
        prompt=body.strip(),
        tools=None,
        disallowed_tools=(),
        model=None,
        effort=None,
        max_turns=None,
        path=path,
        source=source,
    )
    return LoadedAgent(path, definition, tuple(problems))


def _named(path: Path, name: str, why: str, problems: list[Problem], line: int = 1) -> str | None:
    """`name` as the agent's, with the warning that it was not written down."""
    if not name or name_fault(name):
        problems.append(_fault(path, f"{why}, and the file name {path.name!r} gives no name"))
        return None
    message = f"{why}: the agent is called '{name}' here, and other loaders skip the file"
    fix = f"begin the file with '---', 'name: {name}', 'description: …', '---'"
    problems.append(Problem(path, line, message, fix))
    return name


def _first_heading(text: str) -> tuple[str, int]:
    fenced = False
    for number, line in enumerate(text.split("\n"), 1):
        if _CODE_FENCE.match(line):
            fenced = not fenced
        elif not fenced and (found := _HEADING.fullmatch(line)) and found[1]:
            return found[1], number
    return "", 1


def _first_paragraph(text: str) -> str:
    """The first prose of `text`, on one line, cut at a word where it is long."""
    for block in re.split(r"\n[ \t]*\n", text):
        lines = [line.strip() for line in block.split("\n")]
        words = " ".join(line for line in lines if line and not _HEADING.fullmatch(line)).split()
        prose = " ".join(words)
        if prose and not _CODE_FENCE.match(prose) and prose.strip("-*_= "):
            short = prose[: _MAX_DESCRIPTION + 1].rpartition(" ")[0]
            return prose if len(prose) <= _MAX_DESCRIPTION else f"{short} …"
    return ""


def _read_text(path: Path) -> tuple[str, list[Problem]] | Problem:
    """The file's text with plain line ends, or the problem that keeps it from being read."""
    try:
        # Asked before opening: a pipe or device would block.
        if not stat.S_ISREG(path.stat().st_mode):
            kind = "a directory" if path.is_dir() else "not a regular file"
            return _fault(path, f"this is {kind}", "an agent is one markdown file")
        with path.open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        return _fault(path, f"the file cannot be read: {why}", "check the path and its permissions")
    if len(raw) > MAX_BYTES:
        return _fault(path, f"the file is larger than {MAX_BYTES:,} bytes", "keep it to one agent")
    if b"\0" in raw:
        return _fault(
            path, "this is not a text file (it holds zero bytes)", "save it as UTF-8 text"
        )
    problems: list[Problem] = []
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        text = raw.decode("utf-8-sig", errors="replace")
        message = f"byte {raw[error.start]:#04x} is not UTF-8; such bytes were replaced by '\ufffd'"
        problems.append(Problem(path, line, message, "save the file as UTF-8"))
    return text.replace("\r\n", "\n").replace("\r", "\n"), problems


def _fault(
    path: Path,
    message: str,
    fix: str = "write frontmatter with name and description, and the instructions below",
    severity: Severity = "error",
) -> Problem:
    return Problem(path, 1, message, fix, severity)
