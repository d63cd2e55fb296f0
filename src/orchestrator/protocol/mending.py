"""Mending the fields of one envelope: what can be read in one way only, and what cannot.

Finding the envelope is `envelopes`; whether the mended fields make a sound handoff is `parsing`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from math import isfinite
from typing import Any

from orchestrator.protocol.envelopes import FIELDS, field_name
from orchestrator.protocol.handoff import STATUSES
from orchestrator.protocol.lenient_json import UnreadableError, join_surrogates, read_object

MAX_CONTEXT_DEPTH = 16
"""Objects and arrays within each other in `context_forward`."""

_TOO_DEEP = f"nested more than {MAX_CONTEXT_DEPTH} deep: put it in a file and name the file"
_DECIMAL = re.compile(r"[+]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)\s*(%?)")
_NOBODY = frozenset({"", "null", "none", "nil"})
_SHOWN = 60


@dataclass(frozen=True)
class Mended:
    """The fields after mending; `problems` pairs a field's name with what is wrong with it."""

    fields: dict[str, Any]
    repairs: tuple[str, ...]
    problems: tuple[tuple[str, str], ...]


def mend(given: Mapping[str, Any], agents: Collection[str]) -> Mended:
    """Mend what was given as an envelope; `agents` are the names that `next_agent` may take."""
    mending = _Mending(agents)
    fields = mending.fields(given)
    return Mended(fields, tuple(mending.repairs), tuple(mending.blamed))


class _Mending:
    """One pass over the fields of one envelope, collecting repairs and problems."""

    def __init__(self, agents: Collection[str]) -> None:
        self.agents = agents
        self.repairs: list[str] = []
        self.blamed: list[tuple[str, str]] = []

    def fields(self, given: Mapping[str, Any]) -> dict[str, Any]:
        fields, extra = self.named(given)
        mend = {
            "status": self.status,
            "result": self.text,
            "next_agent": self.next_agent,
            "context_forward": self.context,
            "confidence": self.confidence,
            "reasoning": self.text,
        }
        for name, value in list(fields.items()):
            # A context of null or a reason of null says "none", which is what leaving it out says.
            if value is None and name in ("context_forward", "reasoning"):
                del fields[name]
                self.repairs.append(f"{name}: null read as none given")
            else:
                fields[name] = mend[name](name, value)
        if extra:
            self.keep(extra, fields)
        return fields

    def named(self, given: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
        """The six fields under their own names, and what else was given."""
        fields: dict[str, Any] = {}
        extra: dict[str, Any] = {}
        for key, value in given.items():
            name = field_name(str(key))
            if name not in FIELDS:
                near = get_close_matches(name, FIELDS, n=1, cutoff=0.8)
                if near and near[0] not in given:
                    self.blame(show(key), f"not a field; did you mean {near[0]}?")
                extra[str(key)] = value
                continue
            if name in fields and fields[name] != value:
                self.blame(name, "given twice, with different values")
            if name != key:
                self.repairs.append(f"{name}: was spelled {show(key)}")
            fields[name] = value
        return fields, extra

    def keep(self, extra: Mapping[str, Any], fields: dict[str, Any]) -> None:
        """Move what has no field of its own to the context: it still reaches the receiver."""
        context = fields.setdefault("context_forward", {})
        if not isinstance(context, dict):
            return
        for key, value in extra.items():
            if key in context:
                self.blame(show(key), "not a field, and context_forward has one of that name")
            else:
                context[key] = self.json("context_forward", value, 1)
                self.repairs.append(f"context_forward: took in the unknown field {show(key)}")

    def status(self, name: str, value: Any) -> Any:
        if not isinstance(value, str) or value in STATUSES:
            return value
        plain = re.sub(r"[\s-]+", "_", value.strip().lower())
        if plain not in STATUSES:
            return value
        self.repairs.append(f"{name}: was written {show(value)}")
        return plain

    def text(self, name: str, value: Any) -> Any:
        if isinstance(value, str):
            whole = join_surrogates(value)
            if whole != value:
                self.repairs.append(f"{name}: half of a surrogate pair")
            return whole
        if isinstance(value, Mapping | list):
            self.repairs.append(f"{name}: was an {_kind(value)}, written as JSON text")
            return json.dumps(self.json(name, value, 0), ensure_ascii=False)
        return value

    def next_agent(self, name: str, value: Any) -> Any:
        if not isinstance(value, str) or value in self.agents:
            return value
        plain = _agent_key(value)
        same = [agent for agent in self.agents if _agent_key(agent) == plain]
        if len(same) == 1:
            self.repairs.append(f"{name}: {show(value)} read as {same[0]}")
            return same[0]
        if plain in _NOBODY:
            self.repairs.append(f"{name}: {show(value)} read as null")
            return None
        self.blame(name, f"no agent is named {show(value)}; {_nearest(value, self.agents)}")
        return value

    def context(self, name: str, value: Any) -> Any:
        if isinstance(value, str) and value.strip().startswith("{"):
            text = value.strip()
            try:
                reading = read_object(text)
            except UnreadableError as error:
                self.blame(name, f"was text that is not readable as an object: {error.reason}")
                return {}
            if reading.end == len(text):
                self.repairs += [f"{name}: was text that holds an object", *reading.repairs]
                value = reading.value
        if not isinstance(value, Mapping):
            return value
        return self.json(name, value, 0)

    def confidence(self, name: str, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        found = _DECIMAL.fullmatch(value.strip())
        if found is None:
            return value
        number = float(value.strip().rstrip("% ")) / (100 if found.group(1) else 1)
        self.repairs.append(f"{name}: was the text {show(value)}")
        return number

    def json(self, name: str, value: Any, depth: int) -> Any:
        """The value as plain JSON data: finite numbers, whole characters, bounded depth."""
        if depth > MAX_CONTEXT_DEPTH:
            if (name, _TOO_DEEP) not in self.blamed:
                self.blame(name, _TOO_DEEP)
            return None
        if isinstance(value, Mapping):
            return {
                self.text(name, str(key)): self.json(name, inner, depth + 1)
                for key, inner in value.items()
            }
        if isinstance(value, list | tuple):
            return [self.json(name, inner, depth + 1) for inner in value]
        if isinstance(value, str):
            return self.text(name, value)
        if isinstance(value, float) and not isfinite(value):
            self.repairs.append(f"{name}: {value} read as null")
            return None
        if value is None or isinstance(value, bool | int | float):
            return value
        self.blame(name, f"holds {show(value)}, which is not JSON")
        return None

    def blame(self, name: str, problem: str) -> None:
        self.blamed.append((name, problem))


def _agent_key(name: str) -> str:
    return re.sub(r"[\s_]+", "-", name.strip(" \t\r\n@`'\"→").lower())


def _nearest(name: str, agents: Collection[str]) -> str:
    if not agents:
        return "there is no other agent, so it must be null"
    by_key = {_agent_key(agent): agent for agent in sorted(agents)}
    near = get_close_matches(_agent_key(name), list(by_key), n=3, cutoff=0.4)
    if near:
        return "nearest: " + ", ".join(by_key[key] for key in near)
    first = sorted(agents)[:12]
    return "there are: " + ", ".join(first) + (", …" if len(agents) > len(first) else "")


def show(value: object) -> str:
    """The value as a message shows it, short whatever its size."""
    # Cut before `repr`, which would otherwise render all of something huge.
    if isinstance(value, str):
        return repr(value if len(value) <= _SHOWN else value[:_SHOWN] + "…")
    if value is None:
        return "null"
    if isinstance(value, bool | float):
        return json.dumps(value)
    if isinstance(value, int):
        return str(value) if abs(value) < 10**_SHOWN else "an enormous number"
    if isinstance(value, Mapping | list):
        return f"an {_kind(value)}"
    return f"a {type(value).__name__}"


def _kind(value: object) -> str:
    return "object" if isinstance(value, Mapping) else "array"
