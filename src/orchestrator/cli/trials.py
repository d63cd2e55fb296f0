"""`orc trials`: what was tried before a strategy was chosen, so that its record can be judged."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from orchestrator.cli.columns import columns
from orchestrator.cli.golive_files import gate_extra
from orchestrator.cli.options import JSON
from orchestrator.cli.output import CommandError, emit
from orchestrator.cli.place import Place
from orchestrator.cli.text import counted

if TYPE_CHECKING:
    from trading_tools.golive.trials import Trials


@click.group("trials")
def trials_command() -> None:
    """Record and list what was tried, the discarded too: without the count no ratio is evidence."""


@trials_command.command("record")
@click.argument("bot")
@click.argument("equity", type=click.Path(path_type=Path))
@click.option("--param", "parameters", multiple=True, metavar="K=V", help="Repeatable.")
@click.option("--time-zone", metavar="ZONE", help="Of times that name none, such as UTC.")
@JSON
def record_command(
    bot: str, equity: Path, parameters: tuple[str, ...], time_zone: str | None, as_json: bool
) -> None:
    """Record a trial of BOT whose equity curve is in the file EQUITY."""
    with gate_extra("orc trials"):
        from trading_tools.golive.inputs.equity import read_equity
        from trading_tools.golive.inputs.table import InputError
        from trading_tools.golive.trials import record_trial
        from trading_tools.stats.errors import StatsError
        from trading_tools.stats.samples import moments
    said = dict(_pair(text) for text in parameters)
    try:
        curve = read_equity(equity, time_zone)
        sample = moments(curve.returns)
    except (InputError, StatsError) as error:
        raise CommandError(str(error), "", "nothing was recorded") from None
    with Place.find().open_ledger() as ledger:
        event = record_trial(ledger, bot, said, sample.sharpe, sample.count, curve.sha256)
    told = {"bot": bot, "seq": event.seq, "sharpe": f"{sample.sharpe:.6f}", "periods": sample.count}
    emit(
        told,
        as_json,
        lambda: (
            f"trial {event.seq} of {bot}: Sharpe ratio {sample.sharpe:.4f} a period over "
            f"{counted(sample.count, 'period')}"
        ),
    )


@trials_command.command("list")
@click.argument("bot")
@JSON
def list_command(bot: str, as_json: bool) -> None:
    """The trials of BOT, oldest first."""
    from trading_tools.golive.trials import Trials, read_trials

    place = Place.find()
    trials = Trials(())
    if place.has_ledger():
        with place.open_ledger(read_only=True) as ledger:
            trials = read_trials(ledger, bot)
    emit(_told(bot, trials), as_json, lambda: _table(bot, trials))


def _told(bot: str, trials: Trials) -> dict[str, Any]:
    spread = trials.sharpe_variance
    return {
        "bot": bot,
        "count": trials.count,
        "sharpe_variance": None if spread is None else f"{spread:.9g}",
        "trials": [
            {
                "seq": each.seq,
                "at": each.at,
                "parameters": dict(each.parameters),
                "sharpe": f"{each.sharpe:.6f}",
                "periods": each.periods,
                "sha256": each.sha256,
            }
            for each in trials.all
        ],
    }


def _table(bot: str, trials: Trials) -> str:
    if not trials.all:
        return f"nothing was recorded for {bot}; `orc trials record {bot} EQUITY.csv` does"
    rows = [
        (
            str(each.seq),
            each.at[:16].replace("T", " "),
            f"{each.sharpe:.4f}",
            str(each.periods),
            " ".join(f"{key}={value}" for key, value in sorted(each.parameters.items())),
        )
        for each in trials.all
    ]
    table = columns(rows, ("SEQ", "AT (UTC)", "SHARPE", "PERIODS", "PARAMETERS"))
    return f"{table}\n{counted(trials.count, 'different trial')}"


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise CommandError(f"{text!r} is no parameter", "--param", "write NAME=VALUE")
    return name, value
