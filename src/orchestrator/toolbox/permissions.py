"""Who may call what: the rules `allow`, `ask` and `deny`, and the tools an agent is granted.

The rule language is Claude Code's: `Tool` or `Tool(specifier)`; deny is looked at first, then ask,
then allow, then the tool's default. Adding a deny rule never makes anything more allowed. What a
specifier covers is `bash_rules` and `path_rules`; asking a person is `orchestrator.run`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import Any, Literal

from orchestrator.toolbox.aliases import (
    EDIT_TOOL,
    EDITING_NAMES,
    PATH_TOOLS,
    READ_FILE,
    READING_NAMES,
    SEARCHES,
    is_alias,
    is_missing_here,
    our_name,
    split_rule,
)
from orchestrator.toolbox.bash_rules import Command, CommandPattern, matches
from orchestrator.toolbox.path_rules import PathPattern

Verdict = Literal["allow", "ask", "deny"]

BASH = "bash"
HAND_OFF = "hand_off"
UNLESS_DISALLOWED = frozenset({"ask_user", "read_receipt"})
"""Tools that every agent has unless it is refused them by name."""

_SHOWN = 80
_VIEW = "view"
_EDITS = frozenset({"create", "str_replace", "insert"})


@dataclass(frozen=True)
class Decision:
    """What the rules say of one call; `why` is a sentence for the model or a person."""

    verdict: Verdict
    rule: str | None
    why: str


@dataclass(frozen=True)
class Rule:
    """One rule as written; `specifier` is None where the whole tool is meant."""

    written: str
    name: str
    specifier: str | None

    @cached_property
    def tool(self) -> str:
        """Our name of the tool, or a pattern of names."""
        return our_name(self.name)

    @cached_property
    def command(self) -> CommandPattern:
        """The specifier as a pattern of shell commands."""
        return CommandPattern(self.specifier or "")

    @cached_property
    def path(self) -> PathPattern:
        """The specifier as a pattern of paths."""
        return PathPattern(self.specifier or "")

    @property
    def reads_only(self) -> bool:
        """Whether it speaks of reading files (`Read`)."""
        return self.name.casefold() in READING_NAMES

    @property
    def edits_only(self) -> bool:
        """Whether it speaks of changing files (`Edit`, `Write`, …)."""
        return self.name.casefold() in EDITING_NAMES

    def names(self, tool: str) -> bool:
        """Whether it speaks of `tool`; `mcp__server` speaks of all tools of that server."""
        if self.tool == tool or ("*" in self.tool and matches(self.tool, tool)):
            return True
        return self.tool.startswith("mcp__") and tool.startswith(f"{self.tool}__")


@dataclass(frozen=True)
class Rules:
    """All rules in force; `problems` names each that is badly written or of an unknown tool."""

    allow: tuple[Rule, ...] = ()
    ask: tuple[Rule, ...] = ()
    deny: tuple[Rule, ...] = ()
    defaults: Mapping[str, Verdict] = field(default_factory=dict)
    problems: tuple[str, ...] = ()
    reasons: Mapping[tuple[Verdict, str], str] = field(default_factory=dict)
    """What to say of a deny or ask rule, as written, beyond that it is one."""

    @classmethod
    def parse(
        cls,
        allow: Iterable[str] = (),
        ask: Iterable[str] = (),
        deny: Iterable[str] = (),
        *,
        defaults: Mapping[str, Verdict] | None = None,
        reasons: Mapping[tuple[Verdict, str], str] | None = None,
    ) -> Rules:
        """Read the three lists.

        `defaults` gives a tool's verdict where no rule matches; a tool that is not in it asks.
        Where it is given, it also tells which tools exist. A badly written rule is left out and
        named in `problems`; so is a rule for a tool that does not exist, which stays in force.
        """
        problems: list[str] = []
        lists = {}
        for listed, rules in (("allow", allow), ("ask", ask), ("deny", deny)):
            read = []
            for written in rules:
                rule = _read(written)
                problem = rule if isinstance(rule, str) else _problem(rule, listed, defaults)
                if problem:
                    problems.append(f"{listed} rule `{written}`: {problem}")
                if isinstance(rule, Rule):
                    read.append(rule)
            lists[listed] = tuple(read)
        return cls(
            lists["allow"],
            lists["ask"],
            lists["deny"],
            MappingProxyType(dict(defaults or {})),
            tuple(problems),
            MappingProxyType(dict(reasons or {})),
        )


def decide(rules: Rules, tool_name: str, arguments: Mapping[str, Any], subject: str) -> Decision:
    """What the rules say of calling `tool_name` with `arguments`.

    `subject` is what specifiers are matched against: the command of `bash`, for other tools what
    the tool names (`Tool.subject`).
    """
    call = _Call(our_name(tool_name), arguments, subject)
    for rule in rules.deny:
        if call.is_touched_by(rule):
            why = rules.reasons.get(("deny", rule.written), f"denied by the rule `{rule.written}`")
            return Decision("deny", rule.written, why)
    for rule in rules.ask:
        if call.is_touched_by(rule):
            why = f"{call.shown} needs a person: the rule `{rule.written}` says to ask"
            why = rules.reasons.get(("ask", rule.written), why)
            return Decision("ask", rule.written, why)
    forbids = [rule for rule in (*rules.deny, *rules.ask) if rule.names(BASH)]
    if call.tool == BASH and forbids and call.command.too_deep:
        why = f"{call.shown} needs a person: its commands lie too deep within each other to check"
        return Decision("ask", None, why)
    if call.tool == BASH and forbids and call.command.substitutes:
        why = (
            f"{call.shown} needs a person: what it runs is put together only when it runs, so it "
            "cannot be held against the rules"
        )
        return Decision("ask", None, why)
    allowed, why_not = call.allowed_by(rules.allow)
    if allowed:
        named = ", ".join(f"`{rule}`" for rule in allowed)
        noun = "rule" if len(allowed) == 1 else "rules"
        return Decision("allow", ", ".join(allowed), f"allowed by the {noun} {named}")
    default = rules.defaults.get(call.tool, "ask")
    if default == "allow":
        return Decision("allow", None, f"{call.shown} is allowed: no rule speaks against it")
    if default == "deny":
        return Decision("deny", None, f"{call.shown} is denied: {why_not}")
    return Decision("ask", None, f"{call.shown} needs a person: {why_not}")


@dataclass(frozen=True)
class _Call:
    tool: str
    arguments: Mapping[str, Any]
    subject: str

    @cached_property
    def command(self) -> Command:
        return Command(self.subject)

    @property
    def shown(self) -> str:
        if self.tool == BASH:
            return f"`{_short(self.subject)}`" if self.subject.strip() else BASH
        if self.tool in PATH_TOOLS:
            what = self.arguments.get("command") if self.tool == EDIT_TOOL else self.tool
            return f"`{_short(f'{what} {self._path}')}`"
        return f"{self.tool} with `{_short(self.subject)}`" if self.subject else self.tool

    @property
    def _path(self) -> str:
        path = self.arguments.get("path")
        return path if isinstance(path, str) else self.subject

    def is_touched_by(self, rule: Rule) -> bool:
        """Whether a deny or ask rule might speak of this call."""
        if not self._is_named_by(rule, in_doubt=True):
            return False
        if rule.specifier is None:
            return True
        if self.tool == BASH:
            return rule.command.is_exactly(self.subject) or rule.command.touches(self.command.runs)
        return self._fits(rule)

    def allowed_by(self, allow: tuple[Rule, ...]) -> tuple[tuple[str, ...], str]:
        """The rules that together allow this call; none, and what is missing."""
        mine = [rule for rule in allow if self._is_named_by(rule, in_doubt=False)]
        for rule in mine:
            if rule.specifier is None:
                return (rule.written,), ""
        if self.tool != BASH:
            fits = next((rule for rule in mine if self._fits(rule)), None)
            return ((fits.written,), "") if fits else ((), "no rule allows it")
        for rule in mine:
            if rule.command.is_exactly(self.subject):
                return (rule.written,), ""
        return self._parts_allowed_by(mine)

    def _parts_allowed_by(self, mine: list[Rule]) -> tuple[tuple[str, ...], str]:
        parts = self.command.script.parts
        if not mine or not parts:
            return (), "no rule allows it"
        used: dict[str, None] = {}
        for part in dict.fromkeys(parts):
            rule = next((rule for rule in mine if rule.command.allows(part)), None)
            if rule is None:
                words = " ".join(part.words)
                other = len(parts) > 1 and words
                return (), f"no rule allows `{_short(words)}`" if other else "no rule allows it"
            used[rule.written] = None
        if self.command.doubts:
            return (), f"{self.command.doubts[0]}, which rules for commands do not allow"
        return tuple(used), ""

    def _is_named_by(self, rule: Rule, *, in_doubt: bool) -> bool:
        """Whether the rule's tool is this one; `in_doubt` is the answer for an unknown command."""
        if rule.reads_only and self.tool in {READ_FILE, *SEARCHES}:
            return in_doubt or self.tool == READ_FILE
        if not rule.names(self.tool):
            return False
        if self.tool != EDIT_TOOL or not (rule.reads_only or rule.edits_only):
            return True
        command = self.arguments.get("command")
        if command != _VIEW and command not in _EDITS:
            return in_doubt
        return rule.reads_only is bool(command == _VIEW)

    def _fits(self, rule: Rule) -> bool:
        if self.tool in PATH_TOOLS:
            return rule.path.covers(self._path)
        return matches(rule.specifier or "", self.subject)


def granted(
    agent_tools: tuple[str, ...] | None, disallowed: tuple[str, ...], available: Collection[str]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The tools an agent gets, sorted, and the names that could not be honoured, as written.

    `agent_tools` None or `*` is all; `disallowed` wins. Names are ours or Claude Code's, or
    `mcp__server__*`. `Read` without `Edit` or `Write` gives no right to change files: it becomes
    `read_file`, or where that does not exist the tools to search with, and is then also named.
    `hand_off` is always granted, `ask_user` and `read_receipt` unless disallowed by name.
    """
    unknown: dict[str, None] = {}
    refused: set[str] = set()
    for name in disallowed:
        found = _named(name, available)
        if not found and not is_missing_here(name) and not is_alias(name):
            unknown[name] = None
        refused |= found
        if name.casefold() in READING_NAMES:
            refused.add(READ_FILE)
    wanted: set[str] = set(available) if agent_tools is None else set()
    for name in agent_tools or ():
        found = _readers(available) if name.casefold() in READING_NAMES else _named(name, available)
        if not found or (name.casefold() in READING_NAMES and READ_FILE not in found):
            unknown[name] = None
        wanted |= found
    if agent_tools and not EDITING_NAMES.isdisjoint(map(str.casefold, agent_tools)):
        for name in [name for name in unknown if name.casefold() in READING_NAMES]:
            del unknown[name]
    given = ((wanted | UNLESS_DISALLOWED) - refused | {HAND_OFF}) & set(available)
    return tuple(sorted(given)), tuple(unknown)


def _named(name: str, available: Collection[str]) -> set[str]:
    """The available tools that `name` means; a `Tool(specifier)` means none but for handoffs."""
    parts = split_rule(name)
    if parts is None:
        return set()
    tool = our_name(parts[0])
    if parts[1] is not None and tool != HAND_OFF:
        return set()
    if tool == "*":
        return set(available)
    plain = tool.casefold()
    if not plain.startswith("mcp__"):
        return {one for one in available if one.casefold() == plain}
    return {one for one in available if _is_of_server(plain, one.casefold())}


def _is_of_server(name: str, tool: str) -> bool:
    return matches(name, tool) or tool.startswith(f"{name}__")


def _readers(available: Collection[str]) -> set[str]:
    return {READ_FILE} if READ_FILE in available else set(SEARCHES) & set(available)


def _read(written: str) -> Rule | str:
    """The rule, or what is wrong with its form."""
    parts = split_rule(written)
    if parts is None:
        return "not of the form `Tool` or `Tool(specifier)`"
    name, specifier = parts
    if specifier is not None and not specifier.strip():
        return "nothing between the parentheses; leave them out to mean the whole tool"
    whole = specifier is not None and specifier.strip() in {"*", "**"}
    return Rule(written, name, None if whole else specifier)


def _problem(rule: Rule, listed: str, defaults: Mapping[str, Verdict] | None) -> str | None:
    """What a person should know of a rule that can be read."""
    if rule.specifier is not None and rule.tool in PATH_TOOLS and rule.path.problem:
        return rule.path.problem
    if rule.specifier is not None and rule.tool == BASH and rule.command.problem:
        exact_allow = listed == "allow" and "*" not in rule.specifier
        return None if exact_allow else rule.command.problem
    if is_missing_here(rule.name):
        return f"there is no tool {rule.name} here"
    if "*" in rule.name or rule.tool.startswith("mcp__") or is_alias(rule.name):
        return None
    if defaults is not None and not any(map(rule.names, _known(defaults))):
        return f"there is no tool {rule.name} here"
    return None


def _known(defaults: Mapping[str, Verdict]) -> Iterator[str]:
    yield from defaults
    yield from (BASH, HAND_OFF, *PATH_TOOLS, *UNLESS_DISALLOWED)


def _short(text: str) -> str:
    line = " ".join(text[: 4 * _SHOWN].split())
    return line if len(line) <= _SHOWN else f"{line[: _SHOWN - 1]}…"
