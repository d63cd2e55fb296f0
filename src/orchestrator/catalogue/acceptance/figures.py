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


def sources(case: Case) -> Iterator[Evidence]:
    """The numbers on record, source by source: each is read only when it is asked for.

    Sources are the request, answers of the user, and what calls brought to light, the latest first.
    Failed and refused calls bring nothing. What agents of the run wrote into files or commands does
    not count when it is read back.
    """
    state = case.state
    given = [state.opened.request if state.opened else "", *state.answers.values()]
    yield Evidence.gather(given, ())
    good = [receipt for _, receipt in sorted(state.receipts.items()) if not receipt.is_error]
    for receipt in reversed(good):
        if receipt.tool not in READERS:
            computed = _computed(receipt) if receipt.tool in CALCULATORS else ()
            yield Evidence.gather(computed, [(_given_to(receipt), _whole(case, receipt))])
    written = Typed()
    writes = deque(sorted(_writes(state), key=itemgetter(0)))
    for receipt in good:
        if receipt.tool not in READERS:
            continue
        while writes and writes[0][0] < receipt.seq:
            # Small and round numbers stand everywhere: a 3 that was written says nothing of a 3.
            written |= typed(writes.popleft()[1]).telling()
        repeats = _given_to(receipt) | written
        if receipt.tool == READ_RECEIPT:
            named = state.receipts.get(_integer(receipt.arguments.get("receipt")))
            repeats |= _given_to(named) if named else Typed()
        yield Evidence.gather((), [(repeats, _whole(case, receipt))])


def _inputs(state: State) -> Evidence:
    """What calls were given."""
    return Evidence.of_inputs(map(_given_to, state.receipts.values()))


def _given_to(receipt: Receipt) -> Typed:
    """What the caller of a tool wrote itself."""
    return typed(_spoken(receipt.arguments))


def _unknown(case: Case) -> list[Figure]:
    """The figures that no source supports, each reading once."""
    found = list(figures(case.handoff.result))
    known = sources(case)
    while found and (source := next(known, None)) is not None:
        found = [figure for figure in found if not source.supports(figure)]
    unknown: dict[tuple[str, bool, bool], Figure] = {}
    for figure in found:
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
