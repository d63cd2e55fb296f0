"""Which acceptance checks hold for which kind of job; the checks themselves are `acceptance`."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from orchestrator.catalogue.acceptance.act import acted
from orchestrator.catalogue.acceptance.change import changed, unasked
from orchestrator.catalogue.acceptance.claims import claims_read
from orchestrator.catalogue.acceptance.figures import (
    figures_listed,
    figures_supported,
    receipts_exist,
)
from orchestrator.catalogue.acceptance.golive import gate_passed
from orchestrator.catalogue.acceptance.review import errors_answered, no_new_error
from orchestrator.catalogue.acceptance.sizing import sizing_computed
from orchestrator.catalogue.acceptance.tests import verified
from orchestrator.catalogue.acceptance.verdict import verdict_supported
from orchestrator.run.setting import Check

CHECKS: Final[Mapping[str, tuple[Check, ...]]] = MappingProxyType(
    {
        "implement": (receipts_exist, changed, verified, no_new_error, sizing_computed),
        "review": (receipts_exist, unasked, errors_answered, figures_listed),
        "validate": (receipts_exist, unasked, verdict_supported, figures_supported),
        "golive": (receipts_exist, unasked, gate_passed, figures_listed),
        "answer": (receipts_exist, unasked, figures_supported),
        "act": (receipts_exist, acted),
        "claims": (receipts_exist, unasked, claims_read),
    }
)
"""By kind, in the order in which they are made: the cheap ones first."""
