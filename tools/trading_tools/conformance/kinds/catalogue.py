"""Which kinds there are, and who knows their laws."""

from __future__ import annotations

import importlib

from trading_tools.conformance.inside.loading import Loaded
from trading_tools.conformance.kinds.laws import Laws
from trading_tools.conformance.kinds.params import Params


def laws_of(kind: str, loaded: Loaded, params: Params) -> Laws:
    """The laws of one component of this kind.

    Raises:
        CheckError: it is not such a component, or what it promises is not known.
    """
    module = importlib.import_module(f"trading_tools.conformance.kinds.{kind.replace('-', '_')}")
    found: Laws = module.laws(loaded, params)
    return found
