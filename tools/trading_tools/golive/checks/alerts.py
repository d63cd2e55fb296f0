"""G32: somebody is told. The gate itself sends no alert: it would reach people for a question.

That one arrived is what a person saw, so the day on which it was last seen is declared, and ages.
"""

from __future__ import annotations

import hashlib
import os
from datetime import timedelta
from typing import Final
from urllib.parse import urlsplit

from trading_tools.golive.check import Case, Check
from trading_tools.golive.verdict import Evidence, Finding, failed, no_evidence, passed

MOST_AGE: Final = timedelta(days=30)


def _alerts(case: Case) -> Finding:
    alerts = case.project.config.alerts
    name = alerts.webhook_variable
    if name is None:
        return no_evidence(
            "golive.toml does not say whom an alarm reaches", "add [alerts] webhook_variable"
        )
    address = os.environ.get(name, "").strip()
    if not address:
        return no_evidence(f"the environment has no {name}", f"set {name} to the address")
    try:
        parts = urlsplit(address)
        sound = parts.scheme == "https" and bool(parts.hostname)
    except ValueError:
        sound = False
    if not sound:
        return failed(f"{name} holds no https address", f"set {name} to the webhook's address")
    if alerts.tested is None:
        return no_evidence(
            "nobody says when an alarm was last seen to arrive",
            "send one, see it arrive, write the day under [alerts] tested",
        )
    age = case.now.date() - alerts.tested
    if age < timedelta(0):
        return failed(f"[alerts] tested is {alerts.tested}, in the future", "write the true day")
    if age > MOST_AGE:
        return no_evidence(
            f"an alarm was last seen to arrive {age.days} days ago, {MOST_AGE.days} at most",
            "send one again",
        )
    sha256 = hashlib.sha256(address.encode()).hexdigest()
    here = Evidence(f"the address in {name}", sha256, {"tested": str(alerts.tested)})
    return passed(f"an alarm was seen to arrive on {alerts.tested}, as declared", here)


CHECKS = (Check("G32", "Alerts arrive", "RTS 6 art. 16", _alerts),)
