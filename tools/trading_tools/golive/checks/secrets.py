"""G03: no secret lies in the project, in its past or in its logs."""

from __future__ import annotations

from trading_tools.golive.check import Case, Check
from trading_tools.golive.secret_scan import ScanError, scan
from trading_tools.golive.verdict import Evidence, Finding, failed, no_evidence, passed

_SHOWN = 5


def _secrets(case: Case) -> Finding:
    try:
        found = scan(case.project.folder)
    except ScanError as error:
        return no_evidence(str(error), "keep the bot in git, and install the extra `gate`")
    looked = f"{found.files} files and {found.past_files} older versions of files"
    figures = {"files": found.files, "past_files": found.past_files, "too_large": found.skipped}
    here = Evidence("scan by detect-secrets and by key formats", None, figures)
    if found.leaks:
        shown = "; ".join(f"{each.where}:{each.line} {each.kind}" for each in found.leaks[:_SHOWN])
        return failed(
            f"{len(found.leaks)} lines look like secrets, in {looked}: {shown}",
            "revoke what was real (history keeps it for ever), mark what is none with "
            "`# pragma: allowlist secret`",
            here,
        )
    if found.skipped:
        return no_evidence(
            f"nothing in {looked}, but {found.skipped} files over 2 MB were not looked at",
            "take large files out of git",
            here,
        )
    return passed(f"nothing in {looked}", here)


CHECKS = (
    Check(
        "G03", "No secrets in tree, history and logs", "requirement document 001, rule 5", _secrets
    ),
)
