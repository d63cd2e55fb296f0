"""`orc tools`: the tools that agents have, and one call of one of them by hand.

Without a run there is no workspace and there are no receipts; tools that need them say so.
"""

from __future__ import annotations

import asyncio
import difflib
import json
import secrets
import sys
from collections.abc import Mapping
from contextlib import ExitStack
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, NoReturn

import click

from orchestrator.cli.options import JSON
from orchestrator.cli.output import CommandError, Exit, emit, leave, say
from orchestrator.cli.place import Place

if TYPE_CHECKING:
    from orchestrator.toolbox.tool import Tool, ToolError, ToolResult

BY_HAND = "by-hand"
"""The run under which decisions that a person records by hand are kept."""

_MOST_CHARACTERS = 10_000_000


@click.group("tools", invoke_without_command=True)
@JSON
@click.pass_context
def tools_command(context: click.Context, as_json: bool) -> None:
    """List the tools that agents have. `orc tools call NAME JSON` runs one."""
    if context.invoked_subcommand is not None:
        return
    from orchestrator.catalogue.tools import all_tools

    tools = list(all_tools().values())
    data = {
        "tools": [
            {
                "name": tool.name,
                "effect": tool.effect.value,
                "description": tool.description,
                "input_schema": tool.schema,
            }
            for tool in tools
        ]
    }

    def text() -> str:
        from orchestrator.cli.columns import columns

        rows = [(tool.name, tool.effect.value, tool.description.split("\n")[0]) for tool in tools]
        return columns(rows, ("NAME", "EFFECT", "DESCRIPTION"))

    emit(data, as_json, text)


@tools_command.command("call")
@click.argument("name")
@click.argument("arguments", metavar="JSON", default="{}")
@JSON
def call_command(name: str, arguments: str, as_json: bool) -> None:
    """Call the tool NAME with the arguments in JSON (an object; - reads it from stdin).

    Decimal numbers keep every digit. Tools that read or write the ledger use the project's.
    """
    tool = _tool(name)
    given = _arguments(name, arguments)
    _check(tool, given)
    result = _call(tool, given)

    def text() -> str:
        from orchestrator.cli.text import plain

        return plain(_pretty(result))

    data = result.data if result.data is not None else {"text": result.text}
    emit(data, as_json, text)
    if result.is_error:
        leave(Exit.NEGATIVE)


def _tool(name: str) -> Tool:
    from orchestrator.catalogue.tools import all_tools
    from orchestrator.toolbox.tool import Effect

    tools = all_tools()
    if name not in tools:
        near = difflib.get_close_matches(name, tools, n=3)
        fix = f"near it: {', '.join(near)}" if near else "`orc tools` lists them"
        raise CommandError(f"there is no tool {name!r}", "orc tools call", fix)
    tool = tools[name]
    if tool.effect not in {Effect.READ, Effect.WORKSPACE}:
        raise CommandError(
            "reaches the outside world", name, 'ask for it in `orc run "…"`, where it is approved'
        )
    return tool


def _arguments(name: str, text: str) -> Mapping[str, Any]:
    if text == "-":
        text = sys.stdin.read(_MOST_CHARACTERS + 1)
        if len(text) > _MOST_CHARACTERS:
            raise CommandError(f"more than {_MOST_CHARACTERS:,} characters", "stdin", "give less")
    try:
        found = json.loads(
            text,
            parse_float=Decimal,
            parse_constant=_no_number,
            object_pairs_hook=_without_repeats,
        )
    except (ValueError, ArithmeticError, RecursionError) as error:
        what = f"the arguments are not valid JSON: {error}"
        raise CommandError(what, name, """write them as in '{"name": 1.5}'""") from None
    if not isinstance(found, dict):
        what = "the arguments are not a JSON object"
        raise CommandError(what, name, """write them as in '{"name": 1.5}'""")
    return found


def _no_number(text: str) -> NoReturn:
    raise ValueError(f"{text} is no JSON number")


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise ValueError(f"{key!r} is given twice")
        found[key] = value
    return found


def _check(tool: Tool, given: Mapping[str, Any]) -> None:
    """Refuse wrong arguments before anything is opened, with the schema as the way out."""
    unknown = [key for key in given if key not in tool.arguments.model_fields]
    if unknown:
        known = list(tool.arguments.model_fields)
        near = difflib.get_close_matches(unknown[0], known, n=1, cutoff=0.4)
        fix = f"did you mean `{near[0]}`?" if near else f"it takes: {', '.join(known) or 'nothing'}"
        raise CommandError(f"unknown argument `{unknown[0]}`", tool.name, fix)
    command = _BY_HAND.get(tool.name)
    if command is not None or tool.name in _needs_run():
        fix = f"use `{command}`" if command else 'ask for it in `orc run "…"`'
        raise CommandError("works only in a run", tool.name, fix)


_BY_HAND: Final[Mapping[str, str]] = {
    "check_component": "orc check KIND TARGET",
    "review_code": "orc review PATH",
    "go_live_gate": "orc golive",
}
"""Tools that work on a run's workspace, and the command that does the same without a run."""


def _needs_run() -> set[str]:
    """The other tools whose work is on a run's workspace or record."""
    from orchestrator.catalogue import audit, checks, orders
    from orchestrator.workspace import tools as workspace

    own = (*workspace.TOOLS, *checks.TOOLS, *orders.TOOLS, audit.read_receipt)
    return {tool.name for tool in own}


def _call(tool: Tool, given: Mapping[str, Any]) -> ToolResult:
    from orchestrator.catalogue import audit
    from orchestrator.toolbox.tool import Effect, ToolError, Unavailable

    with ExitStack() as held:
        services: dict[type, object] = {}
        if tool in audit.TOOLS:
            from trading_tools.audit.ledger import Ledger

            place = Place.find()
            reading = tool.effect is Effect.READ
            ledger = held.enter_context(place.open_ledger(read_only=reading))
            services[Ledger] = ledger
            if not reading:
                ledger.store.require_key()
                given = _without_secrets(place, given)
        key = f"{BY_HAND}:{secrets.token_hex(8)}"
        try:
            return asyncio.run(_called(tool, key, services, given))
        except Unavailable as error:
            what, fix = _for_people(tool, error), "nothing is wrong with the call"
            raise CommandError(what, tool.name, fix, Exit.NEGATIVE) from None
        except ToolError as error:
            fix = "`orc tools --json` has what it takes"
            raise CommandError(_for_people(tool, error), tool.name, fix) from None


async def _called(
    tool: Tool, key: str, services: Mapping[type, object], given: Mapping[str, Any]
) -> ToolResult:
    """One call, with the connections that it opens closed again."""
    from orchestrator.toolbox.tool import ToolContext
    from trading_tools.exchange.market_data import MarketData

    async with MarketData() as market_data:
        services = {**services, MarketData: market_data}
        context = ToolContext(run=BY_HAND, agent="person", key=key, services=services)
        return await tool.call(context, given)


def _for_people(tool: Tool, error: ToolError) -> str:
    """What a tool says to agents, without the words of the library that checks arguments."""
    text = str(error).removeprefix(f"{tool.name}: ")
    return text.replace(": Field required", " is missing").replace("Value error, ", "")


def _without_secrets(place: Place, given: Mapping[str, Any]) -> Mapping[str, Any]:
    """What is recorded for good must hold no secret."""
    from trading_tools.audit.redact import Redactor

    clean: Mapping[str, Any] = Redactor.from_environment(place.environ).value(dict(given))
    if clean != given:
        say("orc: a secret was taken out of the arguments before they were recorded")
    return clean


def _pretty(result: ToolResult) -> str:
    """A result's text, or a field a line where the text is but the object again."""
    from orchestrator.cli.text import value_text
    from trading_tools.audit.event import canonical_json

    if not isinstance(result.data, Mapping) or result.text != canonical_json(result.data):
        return result.text
    width = max(map(len, result.data), default=0)
    lines: list[str] = []
    for key, value in result.data.items():
        if isinstance(value, list) and value and all(isinstance(each, Mapping) for each in value):
            # A table in one line is for no reader: a row each, with its fields behind one another.
            lines.append(f"{key:{width}}  {len(value)}:")
            lines += [f"  - {_row(each)}" for each in value]
        else:
            lines.append(f"{key:{width}}  {value_text(value)}")
    return "\n".join(lines)


def _row(fields: Mapping[str, Any]) -> str:
    from orchestrator.cli.text import value_text

    return "; ".join(f"{key}: {value_text(value)}" for key, value in fields.items())
