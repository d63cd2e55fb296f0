"""Whether requests hold what any playbook is asked by, told by the files' `asks` alone.

It errs on one side: a file that is no sound playbook counts as well. Whether a playbook takes a
request is `matching`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from orchestrator.playbooks.phrases import holds_any
from orchestrator.playbooks.plain import PlainFile
from orchestrator.playbooks.tokens import tokens_of


def any_is_asked(requests: Sequence[str], files: Iterable[PlainFile]) -> bool:
    """Whether a phrase of some file's `asks` stands in some request."""
    tokens = [tokens_of(request) or () for request in requests]
    return any(holds_any(asks, each) for asks in map(_asks, files) for each in tokens)


def _asks(file: PlainFile) -> tuple[str, ...]:
    asks = file.data.get("asks") if isinstance(file.data, dict) else None
    return tuple(one for one in asks if isinstance(one, str)) if isinstance(asks, list) else ()
