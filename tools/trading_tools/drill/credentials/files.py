"""Configuration files of a bot's copy with drill credentials in the place of real ones.

Text is changed where a value stands and nowhere else, so that comments and form stay. What was
replaced is told by file and name, never by value.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from trading_tools.audit.redact import is_credential_name
from trading_tools.audit.secret_shapes import is_random
from trading_tools.drill.credentials.environment import replacement
from trading_tools.drill.credentials.names import Keys, Role, names_a_variable, role_of

_ENV_STYLE = re.compile(r"\.?env(\..+)?|.+\.env")
_SUFFIXES = frozenset(
    {".json", ".json5", ".jsonc", ".yaml", ".yml", ".toml", ".ini", ".cfg", ".conf", ".properties"}
)
_KEY_FILES = frozenset({".pem", ".key"})
_LARGEST = 1 << 18
_LONGEST_NAME = 32

# A name, a sign, a value on the same line: ini, env, TOML, YAML and JSON alike.
_NAMED = (
    r"""(?P<quote>["']?)\b(?P<name>[A-Za-z_][A-Za-z0-9_.\-]{0,80})(?P=quote)[ \t]*[=:][ \t]*"""
    r"""(?:"(?P<double>[^"\n]*)"(?!")|'(?P<single>[^'\n]*)'(?!')|(?P<bare>"""
)
_BARE = r"""[^\s"'#;,{}\[\]|>&*!][^\s#;,{}\]]*"""
_PAIR = re.compile(rf"{_NAMED}{_BARE}))")
_VARIABLE = re.compile(rf"{_NAMED}{_BARE}|(?=[ \t]*$)))", re.MULTILINE)
_SECTION = re.compile(
    r"""^[ \t]*(?:-[ \t]*)?["']?(?P<title>[A-Za-z][\w.\-]*)["']?[ \t]*:[ \t]*[{]?[ \t]*(?:#.*)?$"""
    r"""|^[ \t]*\[+(?P<head>[^\]\n]+)\]+""",
    re.MULTILINE,
)
_PEM = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?-----END [A-Z ]*PRIVATE KEY-----", re.S)
_KEY_NAME = re.compile(r"organizations/[^\s\"'/]+/apiKeys/[^\s\"'/]+")
_FROM_ELSEWHERE = re.compile(r"^\$|\$\{?\w|%\(|\{\{|env[:(]|file:|/run/secrets", re.IGNORECASE)
_PLACEHOLDER = re.compile(r"(?i)[<\[(].*|x{3,}.*|.*(your|change|insert|enter|here|todo).*|\.{3,}")


@dataclass(frozen=True)
class Replaced:
    """A credential that was replaced: in which file, under which name."""

    path: Path
    name: str


def replace_in_files(root: Path, keys: Keys, skipped: frozenset[Path]) -> list[Replaced]:
    """Replace credentials in the configuration files below `root`, a copy of a bot's folder.

    `skipped` are paths within that are not part of the copy.
    """
    found: list[Replaced] = []
    for path in _files(root, skipped):
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            continue  # not ours to read, or no text
        changed, names = replaced_in(text, keys, env_style=bool(_ENV_STYLE.fullmatch(path.name)))
        if names:
            path.chmod(path.stat().st_mode | 0o200)
            path.write_text(changed, encoding="utf-8")
            found += [Replaced(path.relative_to(root), name) for name in names]
    return found


def replaced_in(text: str, keys: Keys, *, env_style: bool) -> tuple[str, list[str]]:
    """The text of one file with drill credentials, and the names that were given one.

    `env_style` files hold variables: all that have a credential's name are replaced. In others a
    name as plain as `key` counts only where a secret is named too.
    """
    names: list[str] = []
    text = _with_private_keys(text, keys, names)
    pattern = _VARIABLE if env_style else _PAIR
    roles = {role_of(match["name"]) for match in pattern.finditer(text)}
    paired = env_style or {Role.KEY, Role.SECRET} <= roles
    pieces, done = [], 0
    for match, near in _pairs(pattern, text, keys):
        group = next(name for name in ("double", "single", "bare") if match[name] is not None)
        value = match[group]
        if names_a_variable(match["name"], value):
            continue
        if not _is_one(value, paired=paired, env_style=env_style):
            continue
        new = replacement(match["name"], value, keys, near)
        if new is None or new == value:
            continue
        names.append(match["name"])
        pieces += [text[done : match.start(group)], _escaped(new, group)]
        done = match.end(group)
    return "".join([*pieces, text[done:]]), names


def _pairs(
    pattern: re.Pattern[str], text: str, keys: Keys
) -> Iterator[tuple[re.Match[str], str | None]]:
    """Each name with a value, and the venue that was mentioned last before it."""
    near: str | None = None
    titles = _SECTION.finditer(text)
    sections = deque((match.start(), match["title"] or match["head"]) for match in titles)
    for match in pattern.finditer(text):
        while sections and sections[0][0] < match.start():
            near = keys.mentioned(sections.popleft()[1]) or near
        if is_credential_name(match["name"]):
            yield match, near
        else:
            said = match["double"] or match["single"] or match["bare"] or ""
            near = (keys.mentioned(said) if len(said) < _LONGEST_NAME else None) or near


def _is_one(value: str, *, paired: bool, env_style: bool) -> bool:
    """Whether a value under a credential's name is one, or the place of one."""
    if _FROM_ELSEWHERE.search(value) or value.startswith("-----BEGIN"):
        return False
    if value.lower() in {"null", "none", "true", "false", "~"}:
        return False
    if env_style:
        return True
    return is_random(value) or (
        paired
        and (
            not value
            or bool(_PLACEHOLDER.fullmatch(value))
            or (len(value) >= 16 and " " not in value)
        )
    )


def _with_private_keys(text: str, keys: Keys, names: list[str]) -> str:
    """PEM keys and the names of keys that go with them, whatever they are called."""
    if keys.private_key is None or keys.private_key_name is None:
        return text

    def pem(match: re.Match[str]) -> str:
        lines = (keys.private_key or "").strip().split("\n")
        if "\n" not in match[0]:
            return "\\n".join(lines)
        indent = text[text.rfind("\n", 0, match.end()) + 1 :]
        return ("\n" + indent[: len(indent) - len(indent.lstrip())]).join(lines)

    changed, keys_found = _PEM.subn(pem, text)
    changed, names_found = _KEY_NAME.subn(keys.private_key_name, changed)
    names += ["private key"] * bool(keys_found) + ["key name"] * bool(names_found)
    return changed


def _escaped(value: str, group: str) -> str:
    """A value as it stands in quotes or bare; one of several lines is always in double quotes."""
    if "\n" not in value:
        return value
    line = value.replace("\n", "\\n")
    return line if group == "double" else f'"{line}"'


def _files(root: Path, skipped: frozenset[Path]) -> Iterator[Path]:
    waiting = [root]
    while waiting:
        folder = waiting.pop()
        for path in sorted(folder.iterdir()):
            if path.is_symlink() or path.relative_to(root) in skipped:
                continue
            if path.is_dir():
                waiting.append(path)
            elif _is_configuration(path) and path.stat().st_size <= _LARGEST:
                yield path


def _is_configuration(path: Path) -> bool:
    return (
        path.suffix.lower() in _SUFFIXES | _KEY_FILES or _ENV_STYLE.fullmatch(path.name) is not None
    )
