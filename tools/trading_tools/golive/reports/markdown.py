"""The report as Markdown, for a pull request or a wiki."""

from __future__ import annotations

from trading_tools.golive.gate import Report


def markdown(report: Report) -> str:
    """The verdict, then a table of all checks."""
    verdict = "GO" if report.go else "NO-GO"
    commit = f"commit `{report.commit}`" if report.commit else "no commit"
    lines = [
        f"# {verdict}: {_cell(report.bot)}",
        "",
        f"{report.at:%Y-%m-%d %H:%M} UTC, {commit}, configuration `{report.config_sha256}`.",
        "No evidence is not a pass. Only what is in the column of evidence was checked.",
        "",
        "| check | verdict | what was found | evidence | basis |",
        "|---|---|---|---|---|",
    ]
    for each in report.checked:
        detail = each.finding.detail
        if each.not_required is not None:
            detail += f" (not required: {each.not_required})"
        evidence = "; ".join(
            f"{one.what}{f' ({one.sha256[:10]})' if one.sha256 else ''}"
            for one in each.finding.evidence
        )
        cells = (
            f"{each.check.id} {each.check.title}",
            each.finding.verdict.value,
            detail,
            evidence,
        )
        lines.append(f"| {' | '.join(_cell(text) for text in (*cells, each.check.basis))} |")
    return "\n".join(lines) + "\n"


def _cell(text: str) -> str:
    """One line that no character of it breaks."""
    plain = " ".join(text.split())
    for mark in "\\`*_[]<>|":
        plain = plain.replace(mark, f"\\{mark}")
    return plain
