"""Who signed a report, put on its HTML page afterwards: names and times are the ledger's.

The page itself is `page`; what the signatures are worth is `handover`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from html import escape
from typing import Final

from trading_tools.golive.handover import Handover

_BLOCK: Final = re.compile(r'<div id="signatures">.*?</div>', re.DOTALL)


class NotItsPage(ValueError):
    """A page of another report, or no page of the gate."""


def unsigned(report_sha256: str) -> str:
    """The place for signatures on the page of a report, by the report's name."""
    return (
        f'<div id="signatures"><p>Report <code>{report_sha256}</code>: signed by nobody when this '
        "page was made. Signatures are given to the report as JSON (<code>orc golive sign</code>); "
        "<code>orc golive --verify REPORT --page PAGE</code> checks them and writes them here.</p>"
        "</div>"
    )


def signed(page: str, report_sha256: str, found: Handover, at: datetime) -> str:
    """The page with who signed the report, and what the report was worth at a time.

    Raises:
        NotItsPage: the page does not name this report.
    """
    place = _BLOCK.search(page)
    if place is None or f"<code>{report_sha256}</code>" not in place[0]:
        raise NotItsPage
    block = "\n".join(_block(report_sha256, found, at))
    return page[: place.start()] + block + page[place.end() :]


def _block(report_sha256: str, found: Handover, at: datetime) -> Iterator[str]:
    yield f'<div id="signatures"><p>Report <code>{report_sha256}</code>.</p>'
    if found.signatures:
        yield "<ul>"
        yield from (
            f"<li>Signed by {escape(each.by)} at {escape(each.at[:16])}Z with the key "
            f"<code>{escape(each.key)}</code></li>"
            for each in found.signatures
        )
        yield "</ul>"
    when = f"{at:%Y-%m-%d %H:%M} UTC"
    if found.valid:
        yield f"<p>Checked at {when}: the go held.</p></div>"
        return
    yield f"<p>Checked at {when}: not to be relied on.</p><ul>"
    yield from (f"<li>{escape(problem)}</li>" for problem in found.problems)
    yield "</ul></div>"
