"""A function becomes a tool: schema from the signature, effect declared, result an object.

What may be called by whom is `permissions`; running a call with limits and receipts is
`orchestrator.run`.
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, is_dataclass
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from typing import Any, TypeVar, cast, get_type_hints

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError, create_model

from orchestrator.toolbox.verdicts import Verdict
from trading_tools.audit.event import canonical_json

S = TypeVar("S")


class Effect(StrEnum):
    """What a call can change: decides how it is repeated after a crash and who must allow it."""

    READ = "read"
    WORKSPACE = "workspace"
    KEYED = "keyed"
    EXTERNAL = "external"


class ToolError(Exception):
    """A call failed in a way its caller can act on; the message goes to the model as the result."""


class Unavailable(ToolError):
    """Nothing is wrong with the call: what it needs outside cannot be had now."""


@dataclass(frozen=True, kw_only=True)
class ToolContext:
    """What a running call knows of its surroundings.

    `services` holds what the run offers by type (the workspace, the ledger, …); ask with
    `service`. `key` is the same for every attempt at the same intent, for services that honour
    idempotency keys. `begun_at` is when the attempt that is asked about was begun: given to a
    `reconcile`, which may need it to tell that a validity window has passed.
    """

    run: str
    agent: str
    key: str
    begun_at: datetime | None = None
    services: Mapping[type, object] = field(default_factory=dict)

    def service(self, kind: type[S]) -> S:
        """The run's instance of `kind`; a `ToolError` where this run has none."""
        found = self.services.get(kind)
        if found is None:
            raise ToolError(f"this run has no {kind.__name__.lower()}: the tool cannot work here")
        return cast("S", found)


@dataclass(frozen=True)
class ToolResult:
    """What came out: `text` is what a model reads, `data` the object behind it (JSON-able)."""

    text: str
    data: Any = None
    is_error: bool = False


Function = Callable[..., Any]
Reconcile = Callable[[ToolContext, Mapping[str, Any]], Awaitable[Verdict]]
Preview = Callable[[ToolContext, Mapping[str, Any]], Awaitable[str]]


@dataclass(frozen=True, kw_only=True)
class Tool:
    """A callable that agents may be given.

    `wire` replaces the schema for tools whose shape models are trained on; `subject` names what a
    permission pattern `Tool(pattern)` is matched against for given arguments. `reconcile` finds out
    what became of an external call whose outcome was not recorded; without it a person has to.
    `preview` tells the person who has to allow a call what it would really do; a `ToolError` of
    it refuses the call before anybody is asked.
    """

    name: str
    description: str
    effect: Effect
    arguments: type[BaseModel]
    function: Function
    timeout_s: float
    needs_context: bool
    wire: Mapping[str, Any] | None
    subject: Callable[[Mapping[str, Any]], str]
    reconcile: Reconcile | None = None
    preview: Preview | None = None

    @cached_property
    def schema(self) -> Mapping[str, Any]:
        """The JSON Schema of the arguments."""
        schema = self.arguments.model_json_schema()
        schema.pop("title", None)
        for prop in schema.get("properties", {}).values():
            prop.pop("title", None)
        return schema

    def wire_form(self) -> dict[str, Any]:
        """The tool as the Messages API takes it."""
        if self.wire is not None:
            return dict(self.wire)
        return {"name": self.name, "description": self.description, "input_schema": self.schema}

    def check(self, arguments: Mapping[str, Any]) -> BaseModel:
        """The arguments, validated.

        Raises:
            ToolError: they do not fit.
        """
        try:
            return self.arguments.model_validate(dict(arguments))
        except ValidationError as error:
            raise ToolError(_explain(self.name, error)) from None

    async def call(self, context: ToolContext, arguments: Mapping[str, Any]) -> ToolResult:
        """Check the arguments, run the function, render its result.

        Raises:
            ToolError: the arguments do not fit, or the function says it cannot.
        """
        checked = self.check(arguments)
        values = {name: getattr(checked, name) for name in type(checked).model_fields}
        if self.needs_context:
            values = {"context": context, **values}
        outcome = self.function(**values)
        if inspect.isawaitable(outcome):
            outcome = await outcome
        return render(outcome)


def tool(
    *,
    effect: Effect,
    name: str | None = None,
    description: str | None = None,
    timeout_s: float = 60.0,
    wire: Mapping[str, Any] | None = None,
    subject: Callable[[Mapping[str, Any]], str] | None = None,
    reconcile: Reconcile | None = None,
    preview: Preview | None = None,
) -> Callable[[Function], Tool]:
    """Make a tool of a (sync or async) function.

    The arguments are the function's parameters, annotated with pydantic types or
    `Annotated[..., Field(description=…)]`; a first parameter named `context` receives the
    `ToolContext`. The description is the docstring unless given. The function returns text, a
    `ToolResult`, a pydantic model, a dataclass or JSON-able data.
    """

    def make(function: Function) -> Tool:
        tool_name = name or function.__name__
        parameters = dict(inspect.signature(function).parameters)
        needs_context = parameters.pop("context", None) is not None
        hints = get_type_hints(function, include_extras=True)
        fields: dict[str, Any] = {}
        for key, parameter in parameters.items():
            default = ... if parameter.default is parameter.empty else parameter.default
            fields[key] = (hints[key], default)
        model = create_model(tool_name, __config__=ConfigDict(extra="forbid"), **fields)
        return Tool(
            name=tool_name,
            description=description or inspect.cleandoc(function.__doc__ or ""),
            effect=effect,
            arguments=model,
            function=function,
            timeout_s=timeout_s,
            needs_context=needs_context,
            wire=wire,
            subject=subject or (lambda arguments: canonical_json(dict(arguments))),
            reconcile=reconcile,
            preview=preview,
        )

    return make


def render(outcome: object) -> ToolResult:
    """Turn what a function returned into a result with a stable text."""
    if isinstance(outcome, ToolResult):
        return outcome
    if isinstance(outcome, str):
        return ToolResult(outcome, outcome)
    if isinstance(outcome, BaseModel) or (is_dataclass(outcome) and not isinstance(outcome, type)):
        data: Any = TypeAdapter(type(outcome)).dump_python(cast("Any", outcome), mode="json")
    else:
        data = outcome
    return ToolResult(canonical_json(data), data)


def _explain(name: str, error: ValidationError) -> str:
    faults = []
    for item in error.errors():
        where = ".".join(str(part) for part in item["loc"]) or "arguments"
        given = "" if item["type"] == "missing" else f", given {item['input']!r:.80}"
        faults.append(f"{where}: {item['msg']}{given}")
    return f"{name}: " + "; ".join(faults)
