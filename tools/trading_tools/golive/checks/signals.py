"""G16 and G17: a signal function that knows only the past, and little enough of it."""

from __future__ import annotations

from trading_tools.golive.check import Case, Check
from trading_tools.golive.inputs.candles import read_candles
from trading_tools.golive.inputs.table import InputError, file_hash
from trading_tools.golive.signals.asking import Answer, Asked, SignalError, Test, ask
from trading_tools.golive.verdict import Evidence, Finding, failed, no_evidence, of_file, passed


def _lookahead(case: Case) -> Finding:
    found = _asked(case, "truncation")
    if isinstance(found, Finding):
        return found
    answer, evidence = found
    if answer.difference is not None:
        return failed(
            f"it knows the future: {answer.difference}",
            "use nothing of later candles: no shift(-n), centred window or back-fill, no scaling "
            "over the whole",
            *evidence,
        )
    return passed(f"{answer.tried} histories cut short change nothing it said before", *evidence)


def _warm_up(case: Case) -> Finding:
    found = _asked(case, "warm-up")
    if isinstance(found, Finding):
        return found
    answer, evidence = found
    if answer.difference is not None:
        return failed(
            f"it hangs on where its history begins: {answer.difference}",
            "give it more candles live and say so in [signals] warm_up, or mend the indicator",
            *evidence,
        )
    return passed(f"{answer.tried} histories of other lengths give the same value", *evidence)


def _asked(case: Case, test: Test) -> tuple[Answer, tuple[Evidence, ...]] | Finding:
    signals = case.project.config.signals
    if signals is None:
        return no_evidence("no signal function is declared", "add [signals] to golive.toml")
    folder = case.project.folder
    code = case.project.path(signals.target.rpartition(":")[0])
    try:
        candles = read_candles(case.project.path(signals.candles), signals.time_zone)
        asked = Asked(
            test=test,
            target=signals.target,
            folder=folder,
            shape=signals.shape,
            warm_up=signals.warm_up,
            tolerance=float(signals.tolerance),
            timeout_s=float(signals.timeout_s),
        )
        answer = ask(asked, candles.rows)
        sha256 = file_hash(code) if code.is_file() else None
    except InputError as error:
        return no_evidence(str(error), "mend the file of [signals] candles")
    except SignalError as error:
        return no_evidence(f"[signals]: {error.what}", error.fix)
    evidence = (
        of_file(candles.source, folder, candles.sha256, candles=len(candles.rows)),
        Evidence(signals.target, sha256, {"tried": answer.tried, "held_by": answer.held_by}),
    )
    return answer, evidence


CHECKS = (
    Check("G16", "No lookahead in signals", "freqtrade's lookahead analysis", _lookahead),
    Check(
        "G17", "Signals do not depend on the warm-up", "freqtrade's recursive analysis", _warm_up
    ),
)
