"""The documented keys of `orchestrator.toml` and who may set them.

Reading files and the environment is `load`; trust is `trust`.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

USER_ONLY = frozenset({"model.base_url", "model.provider", "orders.live", "orders.sandbox"})
"""Keys that a project may never set: where credentials go, and real money."""


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ModelPrice(_Table):
    """What a model costs, in USD for a million tokens; overrides the built-in price list."""

    input: Annotated[Decimal, Field(ge=0, description="USD per million input tokens")]
    output: Annotated[Decimal, Field(ge=0, description="USD per million output tokens")]


class ModelSettings(_Table):
    """Which model agents talk to."""

    provider: Literal["anthropic", "bedrock", "vertex"] = Field(
        "anthropic", description="Who serves the model. Only from the user's own file."
    )
    name: str = Field(
        "claude-opus-5-5", description="Model of agents whose file names none.", min_length=1
    )
    router: str = Field("claude-haiku-5-5", description="Model that routes requests.")
    effort: Literal["low", "medium", "high", "xhigh", "max"] | None = Field(
        None, description="Effort asked of the model; absent: the model's own default."
    )
    base_url: str | None = Field(
        None,
        description="Another Messages-API endpoint. Only from the user's own file or "
        "ANTHROPIC_BASE_URL.",
    )
    prices: dict[str, ModelPrice] = Field(
        default_factory=dict, description="Prices of models that the built-in list does not know."
    )


class LimitSettings(_Table):
    """What a run may use at most."""

    hops: int = Field(12, ge=0, description="Accepted handoffs to another agent.")
    turns: int = Field(40, ge=1, description="Model calls in one agent's frame.")
    tool_calls: int = Field(300, ge=0, description="Tool calls in the whole run.")
    minutes: Decimal = Field(Decimal(60), gt=0, description="Wall time in minutes.")
    usd: Decimal = Field(Decimal(10), ge=0, description="Model cost in USD.")
    max_tokens: int = Field(16_000, ge=1024, description="Output tokens of one reply.")


class WorkspaceSettings(_Table):
    """How a project is verified."""

    verify: str | None = Field(
        None, description="Command that proves the project works, for example `pytest -q`."
    )
    setup: str | None = Field(None, description="Command run once in the worktree before verify.")
    python: str | None = Field(
        None, description="The project's interpreter; absent: its .venv where there is one."
    )
    command_timeout_s: int = Field(120, ge=1, description="Time limit of an agent's command, s.")
    verify_timeout_s: int = Field(900, ge=1, description="Time limit of the verify command, s.")


class PermissionSettings(_Table):
    """Who may do what, in Claude Code's rule language: `Tool` or `Tool(specifier)`."""

    allow: tuple[str, ...] = Field((), description="Calls that need no question.")
    ask: tuple[str, ...] = Field((), description="Calls that wait for a person.")
    deny: tuple[str, ...] = Field((), description="Calls that are never made; these win.")
    approval_minutes: int = Field(
        1440, ge=1, description="How long an approval request stays open, in minutes."
    )


class OrderSettings(_Table):
    """Where orders may go. Only from the user's own file."""

    sandbox: Literal["ask", "deny"] = Field("ask", description="Orders to venue sandboxes.")
    live: Literal["ask", "deny"] = Field("deny", description="Orders with real money.")


class Settings(_Table):
    """All of `orchestrator.toml`."""

    model: ModelSettings = ModelSettings()
    limits: LimitSettings = LimitSettings()
    workspace: WorkspaceSettings = WorkspaceSettings()
    permissions: PermissionSettings = PermissionSettings()
    orders: OrderSettings = OrderSettings()


def config_schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of `orchestrator.toml`, for editors."""
    schema = Settings.model_json_schema()
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "https://trading-orchestrator.dev/schema/config.json",
        **schema,
        "title": "orchestrator.toml",
    }
