"""G13: no order reaches a venue but through the one module that keeps the limits."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from pathlib import PurePosixPath

from trading_tools.golive.call_paths import Place, sending
from trading_tools.golive.check import Case, Check
from trading_tools.golive.verdict import Evidence, Finding, failed, no_evidence, passed

_SHOWN = 5


def _gateway(case: Case) -> Finding:
    bot = case.project.config.bot
    if bot.gateway is None or not bot.source:
        missing = "which module may send orders" if bot.source else "which files are the bot"
        key = "gateway" if bot.source else "source"
        return no_evidence(f"golive.toml does not say {missing}", f"add [bot] {key}")
    found = sending(case.project.folder, tuple(bot.source))
    if found.unread:
        return no_evidence(
            f"{found.unread[0]} is no Python that can be read: its calls are not known",
            "check by hand what it sends, or mend it",
        )
    gates = [path for path in found.places if _is(path, bot.gateway)]
    if len(gates) != 1:
        what = "is none of its files" if not gates else f"may be {' or '.join(gates)}"
        return no_evidence(f"[bot] gateway {bot.gateway} {what}", "name the module in full")
    here = _evidence(case, found.places, gates[0])
    others = [each for path, all_ in found.places.items() if path != gates[0] for each in all_]
    past = [each for each in others if each.certain]
    if past:
        return failed(
            f"orders pass {gates[0]} by: {_shown(past)}", f"send them through {gates[0]}", here
        )
    if others:
        return no_evidence(
            "; ".join(
                f"{doubt} {_shown([each for each in others if each.doubt == doubt])}"
                for doubt in dict.fromkeys(each.doubt for each in others)
            ),
            "say by an annotation or a plain address what it is, or send through the gateway",
            here,
        )
    inside = found.places[gates[0]]
    if not inside:
        return no_evidence(
            f"no call that sends an order was recognised, not even in {gates[0]}",
            "check by hand how orders are sent",
            here,
        )
    return passed(
        f"{len(found.places)} files, and only {gates[0]} sends orders: {_shown(inside)}", here
    )


def _is(path: str, gateway: str) -> bool:
    dotted = ".".join(PurePosixPath(path).with_suffix("").parts)
    wanted = gateway.removesuffix(".py").replace("/", ".")
    return dotted == wanted or dotted.endswith(f".{wanted}")


def _evidence(case: Case, paths: Collection[str], gate: str) -> Evidence:
    """All files that were looked at, by one hash over theirs."""
    whole = hashlib.sha256()
    for path in paths:
        content = case.project.path(path).read_bytes()
        whole.update(f"{path} {hashlib.sha256(content).hexdigest()}\n".encode())
    return Evidence("the bot's code", whole.hexdigest(), {"files": len(paths), "gateway": gate})


def _shown(places: Sequence[Place]) -> str:
    listed = [f"{each.shown} ({each.path}:{each.line})" for each in places[:_SHOWN]]
    more = len(places) - _SHOWN
    return ", ".join(listed) + (f" and {more} more" if more > 0 else "")


CHECKS = (
    Check(
        "G13",
        "No order passes the gateway by",
        "SEC rule 15c3-5(b) and (d) direct and exclusive control",
        _gateway,
    ),
)
