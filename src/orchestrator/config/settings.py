"""The documented keys of `orchestrator.toml` and who may set them.

Reading files and the environment is `load`; trust is `trust`.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

USER_ONLY = frozenset(
    {
        "model.base_url",
        "model.provider",
        "orders.gateway",
        "orders.live",
        "orders.max_exposure_quote",
        "orders.max_order_quote",
        "orders.max_orders_a_day",
        "orders.price_collar_percent",
        "orders.sandbox",
        "orders.simulator",
    }
)
"""Keys that a project may never set: where credentials go, and real money."""

LISTS = frozenset({"permissions.allow", "permissions.ask", "permissions.deny"})
"""Keys whose entries add up over the sources."""

TABLES = frozenset({"model.prices"})
"""Keys that are tables of names of the user's own; they add up too."""

SCHEMA_ID = "urn:trading-orchestrator:schema:config:1"

Rule = Annotated[str, Field(min_length=1, max_length=1_000)]
_SECONDS_A_DAY = 86_400


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    @field_validator("*", mode="before")
    @classmethod
    def _no_truth_value(cls, value: object) -> object:
        # Pydantic takes true for 1, and no key is a truth value.
        if isinstance(value, bool):
            raise ValueError("true and false do not fit here")
        return value


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
    router: str = Field("claude-haiku-5-5", description="Model that routes requests.", min_length=1)
    effort: Literal["low", "medium", "high", "xhigh", "max"] | None = Field(
        None,
        description="Effort asked of the model; absent: the model's own default.",
        examples=["high"],
    )
    base_url: str | None = Field(
        None,
        description="Another Messages-API endpoint, as https://host. Only from the user's own file "
        "or ANTHROPIC_BASE_URL.",
        pattern=r"^https?://[^\s/]+",
    )
    context_window: int | None = Field(
        None,
        ge=16_000,
        le=100_000_000,
        description="Tokens that the model can hold, prompt and reply together; absent: what is "
        "known of the model, and 128000 for one that is not known.",
        examples=[200_000],
    )
    context_editing: Literal["auto", "on", "off"] = Field(
        "auto",
        description="Whether the service is asked to leave out old tool results when the window "
        "fills; auto: where Anthropic itself serves the model.",
    )
    prices: dict[str, ModelPrice] = Field(
        default_factory=dict,
        description="Prices by model id, for models that the built-in list does not know.",
    )


class LimitSettings(_Table):
    """What a run may use at most."""

    hops: int = Field(12, ge=0, le=1_000, description="Accepted handoffs to another agent.")
    turns: int = Field(40, ge=1, le=10_000, description="Model calls in one agent's frame.")
    tool_calls: int = Field(300, ge=0, le=100_000, description="Tool calls in the whole run.")
    minutes: Decimal = Field(
        Decimal(60), gt=0, le=100_000, description="Wall time of a run, in minutes."
    )
    usd: Decimal = Field(
        Decimal(10), ge=0, le=1_000_000, description="Model cost of a run, in USD."
    )
    max_tokens: int = Field(
        16_000, ge=1024, le=1_000_000, description="Output tokens of one reply."
    )


class WorkspaceSettings(_Table):
    """How a project is verified."""

    verify: str | None = Field(
        None,
        description="Command that proves the project works, for example `pytest -q`; absent: "
        "it is detected.",
        min_length=1,
        examples=["pytest -q"],
    )
    setup: str | None = Field(
        None,
        description="Command run once in the worktree before verify.",
        min_length=1,
        examples=["make build"],
    )
    python: str | None = Field(
        None,
        description="The project's interpreter; absent: its .venv where there is one.",
        min_length=1,
        examples=[".venv/bin/python"],
    )
    command_timeout_s: int = Field(
        120, ge=1, le=3_600, description="Time limit of an agent's command, in seconds."
    )
    verify_timeout_s: int = Field(
        900, ge=1, le=_SECONDS_A_DAY, description="Time limit of the verify command, in seconds."
    )


class PermissionSettings(_Table):
    """Who may do what, in Claude Code's rule language: `Tool` or `Tool(specifier)`.

    The rules of all sources add up.
    """

    allow: tuple[Rule, ...] = Field((), description="Calls that need no question.")
    ask: tuple[Rule, ...] = Field((), description="Calls that wait for a person.")
    deny: tuple[Rule, ...] = Field((), description="Calls that are never made; these win.")
    approval_minutes: int = Field(
        1440,
        ge=1,
        le=525_600,
        description="How long an approval request stays open, in minutes.",
    )


class MarketDataSettings(_Table):
    """How old market data may be, in seconds, before a venue is asked again."""

    ticker_s: int = Field(30, ge=0, le=3_600, description="Tickers, in seconds.")
    order_book_s: int = Field(30, ge=0, le=3_600, description="Order books, in seconds.")
    candles_s: int = Field(
        60, ge=0, le=3_600, description="Candles, in seconds; a newly closed one is asked for."
    )
    markets_s: int = Field(
        900, ge=0, le=86_400, description="Lists of markets, limits and fees, in seconds."
    )


class OrderSettings(_Table):
    """Where orders may go, and how large they may be. Only from the user's own file."""

    sandbox: Literal["ask", "deny"] = Field("ask", description="Orders to venue sandboxes.")
    live: Literal["ask", "deny"] = Field("deny", description="Orders with real money.")
    simulator: str = Field(
        "http://127.0.0.1:7340",
        description="Where `orc venue serve` listens; on this machine alone.",
        pattern=r"^http://(127\.0\.0\.1|localhost|\[::1\])(:[0-9]{1,5})?$",
    )
    gateway: str | None = Field(
        None,
        description="What orders to sandboxes and live venues go through, as https://host: the "
        "venue's own host is then the first part of the path.",
        pattern=r"^https?://[^\s/@]+$",
    )
    max_order_quote: Decimal = Field(
        Decimal(1_000), gt=0, le=10**12, description="Most that one order may be worth."
    )
    max_exposure_quote: Decimal = Field(
        Decimal(5_000),
        gt=0,
        le=10**12,
        description="Most that orders at a place and venue may come to, filled or open, others' "
        "open ones too; live, all that is held counts.",
    )
    max_orders_a_day: int = Field(
        200, ge=1, le=100_000, description="Orders at a place and venue in one day (UTC)."
    )
    price_collar_percent: Decimal = Field(
        Decimal(5), gt=0, le=100, description="How far a price may be from the middle of the book."
    )


class Settings(_Table):
    """All of `orchestrator.toml`."""

    model: ModelSettings = ModelSettings()
    limits: LimitSettings = LimitSettings()
    workspace: WorkspaceSettings = WorkspaceSettings()
    permissions: PermissionSettings = PermissionSettings()
    market_data: MarketDataSettings = MarketDataSettings()
    orders: OrderSettings = OrderSettings()


def config_schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of `orchestrator.toml`, for editors."""
    schema = Settings.model_json_schema()
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": SCHEMA_ID,
        **schema,
        "title": "orchestrator.toml",
    }
