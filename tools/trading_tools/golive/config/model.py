"""What `golive.toml` may say. Reading it is `reading`.

Every amount is a Decimal in the unit of its name; a fraction is of 1 (0.01 is one per cent). What
is left out is not assumed: the checks that need it have no evidence.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from decimal import Decimal
from importlib.resources import files
from pathlib import PurePosixPath
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from trading_tools.money import JsonDecimal

Amount = Annotated[JsonDecimal, Field(gt=0)]
Share = Annotated[JsonDecimal, Field(gt=0, le=1)]
File = Annotated[str, Field(min_length=1, description="Relative to golive.toml.")]
CheckId = Annotated[str, Field(pattern=r"^G\d\d$")]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


class Bot(_Part):
    """What is to go live."""

    name: str = Field(
        pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$",
        description="Its name; trials, waivers and signatures are recorded under it.",
        examples=["momentum"],
    )
    command: list[str] = Field(
        default=[], description="How it is started, for drills.", examples=[["python", "bot.py"]]
    )
    source: list[File] = Field(
        default=[], description="Its code, files and folders.", examples=[["bot.py", "src"]]
    )
    lock: File | None = Field(
        default=None, description="What pins its dependencies.", examples=["requirements.lock"]
    )
    kill: str = Field(
        default="TERM", description="How its kill switch is pulled: a signal or a command."
    )
    gateway: str | None = Field(
        default=None,
        description="The one module that may send orders, so that limits cannot be passed by.",
        examples=["bot.gateway"],
    )


class Venue(_Part):
    """A venue it trades on."""

    name: str = Field(description="As in `orc drill --venue`.", examples=["binance"])
    symbols: list[str] = Field(min_length=1, examples=[["BTC/USDT"]])
    order_types: list[Literal["limit", "market", "stop"]] = Field(
        default=["limit"], description="What it sends."
    )
    key_variable: str | None = Field(
        default=None,
        description="The environment variable that holds the API key; never the key itself.",
        examples=["BINANCE_API_KEY"],
    )
    secret_variable: str | None = Field(default=None, examples=["BINANCE_API_SECRET"])
    account: str | None = Field(
        default=None, description="The account's id at the venue, to tell live from test."
    )
    recv_window_ms: int = Field(default=5000, ge=1, le=60_000)
    markets: File | None = Field(
        default=None,
        description="A kept copy of the venue's market rules (JSON of ccxt's load_markets).",
        examples=["evidence/binance-markets.json"],
    )
    prices: dict[str, Amount] = Field(
        default={}, description="A price of each symbol, for the smallest order's arithmetic."
    )


class Limits(_Part):
    """What it may risk. Quote amounts are in one currency, that of the bankroll."""

    bankroll_quote: Amount | None = Field(default=None, examples=["10000"])
    min_order_quote: Amount | None = Field(
        default=None, description="The smallest order it sends.", examples=["50"]
    )
    min_fill: Share = Field(
        default=Decimal("0.5"), description="The smallest part of an entry that it keeps."
    )
    max_order_quote: Amount | None = Field(default=None, examples=["500"])
    max_position_quote: Amount | None = Field(
        default=None, description="The most in one symbol.", examples=["2000"]
    )
    max_exposure_quote: Amount | None = Field(
        default=None, description="The most in all symbols together.", examples=["5000"]
    )
    max_leverage: Amount = Field(default=Decimal(1), description="1 is none.")
    max_daily_loss_quote: Amount | None = Field(default=None, examples=["200"])
    max_drawdown_quote: Amount | None = Field(default=None, examples=["1000"])
    maintenance_margin: Share | None = Field(default=None, examples=["0.005"])
    stop_distance: Share | None = Field(
        default=None, description="How far its stop is from entry.", examples=["0.02"]
    )
    price_collar: Share | None = Field(
        default=None, description="How far a price may be from the mid.", examples=["0.02"]
    )
    max_slippage: Share | None = Field(
        default=None, description="How far a market order may go into the book.", examples=["0.003"]
    )
    max_orders_a_minute: int | None = Field(default=None, ge=1, examples=[30])
    max_orders_a_day: int | None = Field(default=None, ge=1, examples=[500])
    max_repeats: int | None = Field(
        default=None,
        ge=1,
        description="Of one and the same order, until a person enables it again.",
    )
    first_day_exposure_quote: Amount | None = Field(
        default=None, description="The cap of the first day with real money.", examples=["500"]
    )
    per_symbol_quote: dict[str, Amount] = Field(
        default={}, description="The most in a symbol, where it differs."
    )


class Sizing(_Part):
    """How its size is derived; recomputed by the exact Kelly formula p/a - q/b."""

    win_rate: Annotated[JsonDecimal, Field(gt=0, lt=1)] = Field(examples=["0.55"])
    win: Amount = Field(description="Gained per unit staked when it wins.", examples=["0.02"])
    loss: Amount = Field(description="Lost per unit staked when it loses.", examples=["0.01"])
    fees: Annotated[JsonDecimal, Field(ge=0, lt=1)] = Field(
        default=Decimal(0), description="Both ways, per unit staked; already in win and loss if 0."
    )
    sample_trades: int = Field(ge=1, description="How many trades the figures rest on.")
    multiplier: Share = Field(default=Decimal("0.5"), description="Of full Kelly; 0.5 is half.")
    cap: Amount | None = Field(default=None, description="The most of the bankroll in a position.")
    fraction: Amount = Field(
        description="Of the bankroll that it puts into a position.", examples=["0.02"]
    )


class Trades(_Part):
    """Trades from a file: CSV, Parquet, an export of freqtrade or vectorbt."""

    file: File = Field(examples=["evidence/paper.csv"])
    columns: dict[str, str] = Field(
        default={}, description="What the file calls closed_at, symbol, profit, price, …"
    )
    time_zone: str | None = Field(default=None, description="Of times that name none.")
    strategy: str | None = Field(default=None, description="Which one of an export with several.")
    commit: str | None = Field(
        default=None,
        pattern=r"^[0-9a-f]{7,64}$",
        description="The commit they were made with.",
    )


class Paper(Trades):
    """What it did on paper or in a venue's sandbox."""

    min_days: int = Field(default=14, ge=1)
    min_trades: int = Field(default=155, ge=30)
    model_slippage_bp: Annotated[JsonDecimal, Field(ge=0)] = Field(
        default=Decimal(2), description="Mean slippage that the backtest assumed, in basis points."
    )
    from_date: date | None = Field(default=None, alias="from", description="The window's begin.")

    @property
    def begin(self) -> datetime:
        """When its window begins, in UTC; at the beginning of all time where nobody says."""
        return datetime.combine(self.from_date or date(1970, 1, 1), time(), UTC)


class Backtest(Trades):
    """What the backtest does over the time of paper trading."""

    time_tolerance_s: Amount | None = Field(
        default=None,
        description="How far the close of the same trade may be from that on paper.",
        examples=[60],
    )
    max_profit_gap: Share | None = Field(
        default=None,
        description="How far the profits of both may differ, as a part of the backtest's.",
        examples=["0.1"],
    )


class Signals(_Part):
    """The function that says what to do, and candles to ask it with."""

    target: str = Field(
        pattern=r"^[^:]+:[A-Za-z_][\w.]*$",
        description="path/to/file.py:function; it is given candles and gives a value for each.",
        examples=["strategy.py:signals"],
    )
    candles: File = Field(
        description="CSV or Parquet with time, open, high, low, close and volume.",
        examples=["evidence/candles.csv"],
    )
    time_zone: str | None = Field(default=None, description="Of times that name none.")
    shape: Literal["rows", "columns"] = Field(
        default="rows",
        description="rows: a list of [time_ms, open, high, low, close, volume], as ccxt has them; "
        "columns: a dict of numpy arrays under these names.",
    )
    warm_up: int | None = Field(
        default=None,
        ge=1,
        description="How many candles it is given live; fewer need not give the same value.",
        examples=[399],
    )
    tolerance: Annotated[JsonDecimal, Field(ge=0, lt=1)] = Field(
        default=Decimal("0.001"),
        description="How much of a value may hang on candles before the warm-up.",
    )
    timeout_s: Annotated[JsonDecimal, Field(gt=0, le=3600)] = Decimal(120)


class Conformance(_Part):
    """Its components, to be attacked as `orc check` does."""

    breaker: str | None = Field(
        default=None,
        description="path/to/file.py:Class or package.module:Class.",
        examples=["desk/breaker.py:Breaker"],
    )
    breaker_params: dict[str, str] = Field(
        default={}, description="As in --param.", examples=[{"threshold": "5", "recovery": "30"}]
    )
    limiter: str | None = Field(default=None, examples=["desk/limiter.py:Limiter"])
    limiter_params: dict[str, str] = Field(
        default={}, description="As in --param.", examples=[{"rate": "10"}]
    )


class Returns(_Part):
    """The equity curve that is to be believed."""

    file: File = Field(examples=["evidence/equity.csv"])
    time: str | None = Field(default=None, description="What the file calls the time.")
    value: str | None = Field(default=None, description="What it calls the equity.")
    time_zone: str | None = None
    periods_a_year: Amount = Field(description="365 for days, 8760 for hours.", examples=[365])


class Statistics(_Part):
    """What the record must show."""

    min_deflated_sharpe: Annotated[JsonDecimal, Field(ge=Decimal("0.9"), lt=1)] = Decimal("0.95")
    max_overfitting: Annotated[JsonDecimal, Field(gt=0, le=Decimal("0.5"))] = Decimal("0.2")
    confidence: Annotated[JsonDecimal, Field(ge=Decimal("0.9"), lt=1)] = Decimal("0.95")
    trial_returns: File | None = Field(
        default=None,
        description="Returns of all that was tried, a column each; for the overfitting check.",
        examples=["evidence/trials.parquet"],
    )


class Drills(_Part):
    """How it is drilled."""

    timeout_s: Amount | None = Field(default=None, description="What it gets in each run.")
    max_position_base: Annotated[JsonDecimal, Field(ge=0)] | None = None
    expect_flat: bool = False
    market: File | None = Field(default=None, description="Candles that make it act.")
    variables: dict[str, str] = Field(default={}, description="Set for it in drills.")
    forward: list[str] = Field(default=[], description="Local services it needs, HOST:PORT.")


class Record(_Part):
    """Its own trade audit, written by the kit, and what the venue says of the same time."""

    file: File = Field(examples=["state/ledger.sqlite"])
    stream: str = Field(default="orders")
    venue_history: File | None = Field(
        default=None,
        description="The venue's own list of orders (JSON of ccxt's fetch_orders), to compare.",
    )
    venue_fills: File | None = Field(
        default=None, description="Its trades with their fees (JSON of ccxt's fetch_my_trades)."
    )
    funding: File | None = Field(
        default=None, description="Funding paid (JSON of ccxt's fetch_funding_history)."
    )


class Deployment(_Part):
    """How it is brought live."""

    approvers: list[str] = Field(default=[], description="Who must sign; at least two.")
    signers: File | None = Field(
        default=None,
        description="Whose key is whose, in OpenSSH's form: `ada ssh-ed25519 AAAA…`.",
        examples=["approvers.keys"],
    )
    valid_days: int = Field(default=7, ge=1, le=30, description="How long a go speaks for the bot.")
    rollback: str | None = Field(default=None, description="The command that was rehearsed.")
    rollback_tested: date | None = None


class Alerts(_Part):
    """Whom an alarm reaches."""

    webhook_variable: str | None = Field(
        default=None, description="The environment variable that holds the address."
    )
    tested: date | None = Field(default=None, description="When an alarm was last seen to arrive.")


class Checks(_Part):
    """Which checks are required. Those left out are still reported, as not required."""

    not_required: dict[CheckId, Annotated[str, Field(min_length=10)]] = Field(
        default={},
        description="Check and reason, such as G19 = 'one strategy, nothing was chosen'.",
        examples=[{"G19": "one strategy, nothing was chosen"}],
    )


def template() -> str:
    """A commented `golive.toml` with every key; it loads as it is."""
    return (files(__package__) / "template.toml").read_text(encoding="utf-8")


class GoLive(_Part):
    """All of `golive.toml`."""

    bot: Bot
    venues: list[Venue] = Field(min_length=1)
    limits: Limits = Limits()
    sizing: Sizing | None = None
    paper: Paper | None = None
    backtest: Backtest | None = None
    signals: Signals | None = None
    conformance: Conformance = Conformance()
    returns: Returns | None = None
    statistics: Statistics = Statistics()
    drills: Drills = Drills()
    record: Record | None = None
    deployment: Deployment = Deployment()
    alerts: Alerts = Alerts()
    checks: Checks = Checks()

    @model_validator(mode="after")
    def _inside(self) -> GoLive:
        for what, name in self.files():
            path = PurePosixPath(name)
            if path.is_absolute() or ".." in path.parts:
                raise ValueError(f"{what} = {name!r}; give a path below golive.toml")
        names = [venue.name for venue in self.venues]
        doubled = sorted({name for name in names if names.count(name) > 1})
        if doubled:
            raise ValueError(f"venues: {doubled[0]} is there twice; list its symbols in one")
        return self

    def files(self) -> Iterator[tuple[str, str]]:
        """The files that are named, each with its key."""
        for name in self.bot.source:
            yield "bot.source", name
        named = {
            "bot.lock": self.bot.lock,
            "paper.file": self.paper and self.paper.file,
            "backtest.file": self.backtest and self.backtest.file,
            "signals.target": self.signals and self.signals.target.rpartition(":")[0],
            "signals.candles": self.signals and self.signals.candles,
            "returns.file": self.returns and self.returns.file,
            "statistics.trial_returns": self.statistics.trial_returns,
            "drills.market": self.drills.market,
            "record.file": self.record and self.record.file,
            "record.venue_history": self.record and self.record.venue_history,
            "record.venue_fills": self.record and self.record.venue_fills,
            "record.funding": self.record and self.record.funding,
            "deployment.signers": self.deployment.signers,
        }
        yield from ((key, name) for key, name in named.items() if name)
        for venue in self.venues:
            if venue.markets:
                yield "venues.markets", venue.markets
