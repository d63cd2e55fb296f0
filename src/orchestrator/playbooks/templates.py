"""Filling the places of a template and holding conditions against what is known.

Known are the slots that are given and the results of steps. No computing happens here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from decimal import Context, Decimal, InvalidOperation
from typing import Any

from orchestrator.playbooks.format import PLACE
from orchestrator.playbooks.values import plain

_SHORT = Context(prec=6)
_COMPARED = re.compile(r"(<=|>=|!=|=|<|>|says\b)\s*(.+)")
_WHOLE = 4_000  # characters of one value in an answer


class Absent(LookupError):
    """A place of a template that nothing fills."""


class Known:
    """What conditions and templates can speak of.

    `slots` are plain texts by slot and by `slot.part`, `results` the data of steps that came back
    well, `failed` the errors of those that did not.
    """

    def __init__(
        self, slots: Mapping[str, Any], results: Mapping[str, Any], failed: Mapping[str, str]
    ) -> None:
        self._values: dict[str, Any] = {**slots, **results}
        self._steps = results
        self._failed = failed

    def holds(self, when: Mapping[str, str]) -> bool:
        """Whether all conditions hold; one that compares with what is not there does not."""
        return all(self._one(key, condition) for key, condition in when.items())

    def fill(self, template: str) -> str:
        """The template with its places filled.

        Raises:
            Absent: a place has no value.
        """
        return PLACE.sub(
            lambda place: _shown(self._at(place[1]), place[2]), template.replace("{{", "\0")
        ).replace("\0", "{")

    def argument(self, given: Any) -> Any:
        """An argument of a call, its places filled.

        Raises:
            Absent: a place has no value.
        """
        if isinstance(given, list | tuple):
            for one in given:
                with suppress(Absent):
                    return self.argument(one)
            raise Absent(str(given))
        if not isinstance(given, str):
            return given
        whole = PLACE.fullmatch(given)
        if whole and not whole[2]:
            return self._at(whole[1])
        return self.fill(given)

    def _one(self, key: str, condition: str) -> bool:
        if condition == "failed":
            return key in self._failed
        if condition == "done":
            return key in self._steps
        try:
            value = self._at(key)
        except Absent:
            return condition == "missing"
        if condition in ("given", "missing"):
            return condition == "given"
        compared = _COMPARED.fullmatch(condition.strip())
        if compared is None:
            return False
        try:
            other = self.fill(compared[2])
            if compared[1] == "says":
                return other.lower() in _shown(value, None).lower()
            return _compare(value, compared[1], other)
        except Absent:
            return False

    def _at(self, path: str) -> Any:
        head, *rest = path.split(".")
        if path in self._values:
            return self._values[path]
        if head not in self._values:
            raise Absent(path)
        return _down(self._values[head], rest, path)


def _down(value: Any, path: list[str], whole: str) -> Any:
    for place, name in enumerate(path):
        if name == "*" and isinstance(value, list):
            found = []
            for item in value:
                with suppress(Absent):  # items of several kinds may stand together
                    found.append(_down(item, path[place + 1 :], whole))
            return _present(found, whole)
        if isinstance(value, Mapping) and name in value:
            value = value[name]
        elif isinstance(value, list) and name == "last" and value:
            value = value[-1]
        elif isinstance(value, list) and name.isdigit() and int(name) < len(value):
            value = value[int(name)]
        else:
            raise Absent(whole)
    return _present(value, whole)


def _present(value: Any, whole: str) -> Any:
    if value is None or value in ("", [], {}):
        raise Absent(whole)
    return value


def _shown(value: Any, form: str | None) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        if form == "lines":
            return _listed([_shown(item, None) for item in value])
        return "; ".join(_shown(item, form) for item in value)[:_WHOLE]
    if isinstance(value, Mapping):
        return "; ".join(f"{key}: {_shown(item, form)}" for key, item in value.items())[:_WHOLE]
    if form is None:
        return str(value)[:_WHOLE]
    number = _decimal(value)
    if number is None:
        return str(value)[:_WHOLE]
    if form == "percent":
        return f"{plain(_SHORT.plus(number * 100))}%"
    return plain(_SHORT.plus(number))


def _listed(items: list[str]) -> str:
    """A line for each item; what there is no room for is counted, never cut in silence."""
    lines: list[str] = []
    room = _WHOLE
    for item in items:
        room -= len(item) + 3
        if room < 0:
            lines.append(f"- and {len(items) - len(lines)} more")
            break
        lines.append(f"- {item}")
    return "\n".join(lines)


def _compare(value: Any, sign: str, other: str) -> bool:
    left, right = _decimal(value), _decimal(other)
    if left is None or right is None:
        same = _shown(value, None).lower() == other.strip().lower()
        return same if sign == "=" else not same if sign == "!=" else False
    return {
        "=": left == right,
        "!=": left != right,
        "<": left < right,
        "<=": left <= right,
        ">": left > right,
        ">=": left >= right,
    }[sign]


def _decimal(value: Any) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal):
        return None
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return None
    return number if number.is_finite() else None
