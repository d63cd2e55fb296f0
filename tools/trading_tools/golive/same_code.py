"""Whether a record was made with the code that is to go live."""

from __future__ import annotations

from trading_tools.golive.check import Case
from trading_tools.golive.code import Code, read_code
from trading_tools.golive.verdict import Evidence, Finding, failed, no_evidence


def same_code(case: Case, commit: str | None, table: str) -> Evidence | Finding:
    """The commit that the record of `[table]` is from, if the bot's files are still those.

    Args:
        table: `paper` or `backtest`, as golive.toml calls it.
    """
    did = "traded on paper" if table == "paper" else "was backtested"
    if commit is None:
        return no_evidence(f"golive.toml does not say which commit {did}", f"add [{table}] commit")
    now = read_code(case.project)
    if not isinstance(now, Code):
        return no_evidence(now, "keep the bot in git")
    if not now.paths:
        return no_evidence(
            "golive.toml does not say which files are the bot", "add [bot] source to golive.toml"
        )
    if now.unheld:
        return failed(
            f"{now.unheld[0]} is code of the bot that git ignores: nobody knows what {did}",
            f"commit it, then {_again(table)}",
        )
    changed = now.changed_since(commit)
    if isinstance(changed, str):
        return no_evidence(changed, f"name a commit of this repository under [{table}]")
    if changed:
        return failed(
            f"{', '.join(changed[:3])} changed since commit {commit[:10]} that {did}",
            f"{_again(table)}, or go live with that commit",
        )
    return Evidence(f"commit {now.commit}", None, {f"{table}_commit": commit})


def _again(table: str) -> str:
    return "trade this code on paper" if table == "paper" else "backtest this code"
