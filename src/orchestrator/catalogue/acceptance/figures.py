"""Whether the figures of an answer, and the receipts it cites, are on record.

What a figure is stands in `orchestrator.run.claims`, what supports one in `recorded` there; here is
decided which texts of a run are evidence.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from operator import itemgetter
from typing import Any, cast

from orchestrator.catalogue import audit, risk
from orchestrator.catalogue.audit import Receipts
from orchestrator.run.claims import Figure, cited_receipts, figures
from orchestrator.run.parts import Receipt
from orchestrator.run.recorded import Evidence, Typed, typed
from orchestrator.run.setting import Case, Finding
from orchestrator.run.state import State
from orchestrator.toolbox.tool import Effect, ToolError
from orchestrator.workspace import tools as workspace

CHECK = "figures"
MOST = 20
"""Figures that are named one by one."""

CALCULATORS = frozenset(tool.name for tool in risk.TOOLS)
"""Tools whose results are computed field by field."""
READ_RECEIPT = "read_receipt"
READERS = frozenset({tool.name for tool in (*workspace.TOOLS, *audit.TOOLS)} | {"run_checks"})
"""Tools that may show what the run itself wrote before."""


async def receipts_exist(case: Case) -> Finding:
    """Every receipt that the ending cites is one of this run."""
    cited = cited_receipts(case.handoff.result, case.handoff.reasoning)
    unknown = [f"r{seq}" for seq in cited if seq not in case.state.receipts]
    if unknown:
        listed = ", ".join(unknown)
        have = ", ".join(f"r{seq}" for seq in case.state.receipts) or "none"
        return Finding(
            "receipts",
            False,
            f"receipts are cited that do not exist: {listed}",
            (f"no such receipt: {listed}; there are: {have}. Cite only what you have seen",),
        )
    return Finding("receipts", True, _existing(len(cited)), formal=True)


def _existing(count: int) -> str:
    if count == 0:
        return "no receipt is cited"
    return "the cited receipt exists" if count == 1 else f"all {count} cited receipts exist"


async def figures_supported(case: Case) -> Finding:
    """Each figure that claims a calculation, a measurement or data is on record.

    What the words around it call an input, and a call was given, is listed and does not decide.
    """
    unknown = _unknown(case)
    inputs = (
        _inputs(case.state) if any(figure.given for figure in unknown) else Evidence.of_inputs(())
    )
    claimed = [f for f in unknown if f.claims and not (f.given and inputs.supports(f))]
    others = tuple(_said(figure) for figure in unknown if figure not in claimed)[:MOST]
    if not claimed:
        detail = "each figure that claims something is in a receipt, a file read or the request"
        return Finding(CHECK, True, detail, unverified=others)
    named = ", ".join(dict.fromkeys(figure.text for figure in claimed[:MOST]))
    missing = tuple(
        f"{_said(figure)} is in no receipt, no file that was read and not in the request: have a "
        "tool compute or fetch it (what you type into a call yourself does not count), state it "
        "as the receipt has it, sign included, or say that it is an estimate, your own choice or "
        "an input you chose"
        for figure in claimed[:MOST]
    )
    return Finding(CHECK, False, f"nothing on record supports {named}", missing, others)


async def figures_listed(case: Case) -> Finding:
    """Figures that nothing supports are listed; they do not decide."""
    unknown = tuple(_said(figure) for figure in _unknown(case))[:MOST]
    detail = f"{len(unknown)} figures are not on record" if unknown else "no figure is off record"
    return Finding(CHECK, True, detail, unverified=unknown, formal=True)


def evidence(case: Case) -> Evidence:
    """The numbers on record: the request, answers of the user, and what calls brought to light.

    Failed and refused calls bring nothing. What agents of the run wrote into files or commands does
    not count when it is read back.
    """
    state = case.state
    given = [state.opened.request if state.opened else "", *state.answers.values()]
    own: dict[int, Typed] = {}
    written = Typed()
    writes = deque(sorted(_writes(state), key=itemgetter(0)))
    results: list[tuple[Typed, str]] = []
    for seq, receipt in sorted(state.receipts.items()):
        while writes and writes[0][0] < seq:
            # Small and round numbers stand everywhere: a 3 that was written says nothing of a 3.
            written |= typed(writes.popleft()[1]).telling()
        own[seq] = typed(_spoken(receipt.arguments))
        if receipt.is_error:
            continue
        repeats = own[seq] | written if receipt.tool in READERS else own[seq]
        if receipt.tool == READ_RECEIPT:
            repeats |= own.get(_integer(receipt.arguments.get("receipt")), Typed())
        results.append((repeats, _whole(case, receipt)))
        if receipt.tool in CALCULATORS:
            given += _computed(receipt)
    return Evidence.gather(given, results)


def _inputs(state: State) -> Evidence:
    """What calls were given."""
    return Evidence.of_inputs(typed(_spoken(r.arguments)) for r in state.receipts.values())


def _unknown(case: Case) -> list[Figure]:
    found = figures(case.handoff.result)
    if not found:
        return []
    known = evidence(case)
    unknown: dict[tuple[str, bool, bool], Figure] = {}
    for figure in found:
        if not known.supports(figure):
            unknown.setdefault((figure.text, figure.claims, figure.given), figure)
    return list(unknown.values())


def _said(figure: Figure) -> str:
    return f"{figure.text} in “{figure.sentence}”"


def _writes(state: State) -> Iterator[tuple[int, str]]:
    """What agents put into files and commands, with the event at which they did."""
    for at, intent in state.intents.values():
        if intent.effect == Effect.WORKSPACE.value:
            yield at, _spoken(intent.arguments)


def _spoken(value: Any) -> str:
    """The texts and numbers in a call's arguments, as meant and not as JSON writes them."""
    if isinstance(value, Mapping):
        return "\n".join(map(_spoken, (*value.keys(), *value.values())))
    if isinstance(value, list | tuple):
        return "\n".join(map(_spoken, value))
    return "" if value is None or isinstance(value, bool) else str(value)


def _whole(case: Case, receipt: Receipt) -> str:
    if receipt.whole is None:
        return receipt.text
    offered = cast("Receipts | None", case.services.get(Receipts))
    if offered is None:
        return receipt.text
    try:
        return offered.text(receipt.seq)
    except ToolError:
        return receipt.text


def _computed(receipt: Receipt) -> Iterator[str]:
    """The fields of a calculator's result that are not its arguments again."""
    if not isinstance(receipt.data, Mapping):
        return
    for name, value in receipt.data.items():
        if name not in receipt.arguments and _is_number(value):
            yield str(value)


def _is_number(value: Any) -> bool:
    if isinstance(value, bool):
        return False
    if isinstance(value, int | float):
        return True
    return isinstance(value, str) and value.lstrip("-").replace(".", "", 1).isdigit()


def _integer(value: Any) -> int:
    return value if isinstance(value, int) else -1
